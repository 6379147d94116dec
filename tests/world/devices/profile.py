"""Which current the world around a battery asks for, over time; positive = charging."""

from collections.abc import Mapping
from dataclasses import dataclass
import math


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Describe which current the outside asks for: ``constant``, ``sine`` or ``steps`` of [seconds, A]."""

    kind: str = "constant"
    current: float = 0.0
    amplitude: float = 0.0
    period: float = 600.0
    steps: tuple[tuple[float, float], ...] = ()

    def at(self, seconds: float) -> float:
        """Return the current asked for at a time."""
        if self.kind == "sine":
            return self.current + self.amplitude * math.sin(
                2 * math.pi * seconds / self.period
            )
        if self.kind == "steps":
            left = seconds % sum(length for length, _ in self.steps)
            for length, current in self.steps:
                if left < length:
                    return current
                left -= length
        return self.current


def make_profile(spec: object, where: str) -> Profile:
    """Build a profile from its table (None = rest); raise ``ValueError`` that names what is wrong."""
    if spec is None:
        return Profile()
    if not isinstance(spec, Mapping):
        raise ValueError(f"{where}: profile must be a table")  # noqa: TRY004
    known = {"kind", "current", "amplitude", "period", "steps"}
    if extra := set(spec) - known:
        raise ValueError(
            f"{where}: profile has unknown keys {', '.join(sorted(extra))}"
        )
    kind = spec.get("kind", "constant")
    if kind not in {"constant", "sine", "steps"}:
        raise ValueError(
            f"{where}: profile kind = {kind!r} is not constant, sine or steps"
        )
    figures = {
        key: value
        for key, value in spec.items()
        if key in {"current", "amplitude", "period"}
    }
    if (
        not all(isinstance(value, (int, float)) for value in figures.values())
        or figures.get("period", 1) == 0
    ):
        raise ValueError(
            f"{where}: profile needs numbers for {', '.join(figures)}, and a period above 0"
        )
    steps = spec.get("steps", ())
    if not isinstance(steps, (list, tuple)) or (kind == "steps" and not steps):
        raise ValueError(f"{where}: profile steps must be [[seconds, ampere], …]")
    try:
        rows = tuple((float(length), float(current)) for length, current in steps)
    except TypeError, ValueError:
        raise ValueError(
            f"{where}: profile steps must be [[seconds, ampere], …]"
        ) from None
    if any(length <= 0 for length, _ in rows):
        raise ValueError(f"{where}: profile steps must last longer than 0 s")
    return Profile(kind=str(kind), steps=rows, **figures)
