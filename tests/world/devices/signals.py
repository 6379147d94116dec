"""What the simulated world measures: values over time, and how a device puts them into bytes.

A part is one piece of an advert: a ``Number`` follows a measured quantity that drifts, a ``Script``
steps through ready bytes. Each knows which fields it tells a receiver. Everything is built from
plain mappings, as a scenario file holds them; whatever is wrong there raises ``ValueError`` that
names the place.
"""

from collections.abc import Mapping
import dataclasses
from dataclasses import dataclass
import math
from random import Random
import struct
from typing import Final, Literal

type Spec = Mapping[str, object]
type Told = dict[str, object]
type Types = type | tuple[type, ...]

NUMBER: Final = (int, float)
PULL_SECONDS: Final = (
    600.0  # a walk forgets a deviation from its start within about this time
)

# kind → (bytes, signed)
INTEGERS: Final[Mapping[str, tuple[int, bool]]] = {
    "u8": (1, False),
    "s8": (1, True),
    "u16": (2, False),
    "s16": (2, True),
    "u24": (3, False),
    "u32": (4, False),
    "s32": (4, True),
}
KINDS: Final = (*INTEGERS, "f32", "script")

NUMBER_KEYS: Final[Mapping[str, Types]] = {
    "kind": str,
    "field": str,
    "scale": NUMBER,
    "offset": NUMBER,
    "digits": int,
    "step": NUMBER,
    "start": NUMBER,
    "drift": NUMBER,
    "slope": NUMBER,
    "low": NUMBER,
    "high": NUMBER,
    "big": bool,
    "tells": Mapping,
    "truth": bool,
}
SCRIPT_KEYS: Final[Mapping[str, Types]] = {"kind": str, "steps": (list, tuple)}
STEP_KEYS: Final[Mapping[str, Types]] = {"hex": str, "tells": Mapping}


@dataclass
class Walk:
    """Drift slowly and believably about a start value.

    ``drift`` is the standard deviation gathered in one minute, ``slope`` a steady change per hour.
    """

    rng: Random
    start: float
    drift: float = 0.0
    slope: float = 0.0
    low: float = -math.inf
    high: float = math.inf
    value: float = dataclasses.field(init=False)
    seen: float | None = dataclasses.field(init=False, default=None)

    def __post_init__(self) -> None:
        """Begin at the start value."""
        self.value = self.start

    def sample(self, now: float) -> float:
        """Return the value now; the step depends on the time gone by since the last call."""
        elapsed = 0.0 if self.seen is None else max(0.0, now - self.seen)
        self.seen = now
        change = self.slope * elapsed / 3600
        self.start += change
        self.value += change
        if self.drift:
            self.value += (self.start - self.value) * min(1.0, elapsed / PULL_SECONDS)
            self.value += self.rng.gauss(0.0, self.drift) * math.sqrt(elapsed / 60)
        self.value = min(max(self.value, self.low), self.high)
        return self.value

    def put(self, value: float) -> None:
        """Move to another value."""
        self.start = self.value = value


class Quantities:
    """Hold what one device measures: parts that name the same field share one walk."""

    def __init__(self, seed: str) -> None:
        """Start empty; all chance of the device comes from ``seed``."""
        self.rng = Random(seed)
        self.walks: dict[str, Walk] = {}

    def walk(self, field: str | None, figures: Mapping[str, float]) -> Walk:
        """Return the walk of a field, made at its first mention."""
        if field is not None and field in self.walks:
            return self.walks[field]
        made = Walk(self.rng, **figures)
        if field is not None:
            self.walks[field] = made
        return made

    def put(self, field: str, value: float) -> bool:
        """Set a field to a value; False = nothing measures it."""
        if field not in self.walks:
            return False
        self.walks[field].put(value)
        return True


@dataclass
class Number:
    """Be one number of an advert; its field is what the bytes say, not what was measured."""

    kind: str
    walk: Walk
    field: str | None = None
    scale: float = 1
    offset: float = 0
    digits: int = 0
    step: float = 0
    order: Literal["little", "big"] = "little"
    tells: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return 4 if self.kind == "f32" else INTEGERS[self.kind][0]

    def compose(self, now: float) -> tuple[bytes, Told]:
        """Return the bytes of the value now and the fields that they tell."""
        value = self.walk.sample(now)
        if self.step:
            value = (
                round(value / self.step) * self.step
            )  # what a device shows is coarser than its wire
        if self.kind == "f32":
            data = struct.pack("<f" if self.order == "little" else ">f", value)
        else:
            size, signed = INTEGERS[self.kind]
            top = 1 << 8 * size - signed
            raw = min(
                max(round((value - self.offset) / self.scale), -top if signed else 0),
                top - 1,
            )
            data, value = (
                raw.to_bytes(size, self.order, signed=signed),
                raw * self.scale + self.offset,
            )
        told: Told = dict(self.tells)
        if self.field is not None:
            told[self.field] = (
                round(value, self.digits) if self.digits else round(value)
            )
        return data, told


@dataclass
class Script:
    """Step through ready bytes, one step per frame, for ever; each step tells its own fields."""

    steps: tuple[tuple[bytes, Mapping[str, object]], ...]
    at: int = -1

    @property
    def size(self) -> int:
        """Return the number of bytes of the longest step."""
        return max(len(data) for data, _ in self.steps)

    def compose(self, now: float) -> tuple[bytes, Told]:
        """Return the next step's bytes and fields."""
        self.at = (self.at + 1) % len(self.steps)
        data, tells = self.steps[self.at]
        return data, dict(tells)


type Part = Number | Script


def options(spec: Spec, allowed: Mapping[str, Types], where: str) -> dict[str, object]:
    """Return a copy of a mapping after checking its keys and types."""
    for key, value in spec.items():
        if key not in allowed:
            raise ValueError(
                f"{where}: unknown key {key!r} (known: {', '.join(sorted(allowed))})"
            )
        wanted = allowed[key]
        kinds = wanted if isinstance(wanted, tuple) else (wanted,)
        if not isinstance(value, kinds) or (
            isinstance(value, bool) and bool not in kinds
        ):
            names = " or ".join(kind.__name__ for kind in kinds)
            raise ValueError(f"{where}: {key} = {value!r} is not of type {names}")
    return dict(spec)


def make_part(spec: Spec, quantities: Quantities, where: str) -> Part:
    """Build one part from its table."""
    kind = spec.get("kind")
    if kind not in KINDS:
        raise ValueError(f"{where}: kind = {kind!r} is not one of {', '.join(KINDS)}")
    return (
        _make_script(spec, where)
        if kind == "script"
        else _make_number(str(kind), spec, quantities, where)
    )


def _make_script(spec: Spec, where: str) -> Script:
    options(spec, SCRIPT_KEYS, where)
    steps = spec.get("steps")
    if (
        not isinstance(steps, (list, tuple))
        or not steps
        or not all(isinstance(step, Mapping) for step in steps)
    ):
        raise ValueError(
            f"{where}: a script needs steps = [{{hex = …, tells = {{…}}}}, …]"
        )
    ready = []
    for step in steps:
        got = options(step, STEP_KEYS, where)
        tells = got.get("tells", {})
        ready.append(
            (
                unhex(str(got.get("hex", "")), where),
                tells if isinstance(tells, Mapping) else {},
            )
        )
    return Script(tuple(ready))


def _make_number(kind: str, spec: Spec, quantities: Quantities, where: str) -> Number:
    got = options(spec, NUMBER_KEYS, where)
    field = str(got["field"]) if "field" in got else None
    if "start" not in got and field not in quantities.walks:
        raise ValueError(f"{where}: a number needs start")
    scale = _figure(got, "scale", 1)
    if scale <= 0:
        raise ValueError(f"{where}: scale = {scale} must be positive")
    figures: dict[str, float] = {
        key: _figure(got, key, 0)
        for key in ("start", "drift", "slope", "low", "high")
        if key in got
    }
    digits = got.get(
        "digits", max(0, -math.floor(math.log10(scale)), int(kind == "f32"))
    )
    tells = got.get("tells")
    return Number(
        kind=kind,
        walk=quantities.walk(field, figures),
        field=field if got.get("truth", True) else None,
        scale=scale,
        offset=_figure(got, "offset", 0),
        digits=digits if isinstance(digits, int) else 0,
        step=_figure(got, "step", 0),
        order="big" if got.get("big") else "little",
        tells=tells if isinstance(tells, Mapping) else {},
    )


def _figure(got: Spec, key: str, other: float) -> float:
    value = got.get(key, other)
    return value if isinstance(value, NUMBER) else other


def unhex(text: str, where: str, *sizes: int) -> bytes:
    """Read hex digits; the number of bytes must be one of ``sizes`` where any are given."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{where}: {text!r} is not hex") from None
    if sizes and len(data) not in sizes:
        wanted = " or ".join(str(2 * size) for size in sizes)
        raise ValueError(f"{where}: has {2 * len(data)} hex digits, needs {wanted}")
    return data
