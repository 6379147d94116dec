"""What a meter takes of a sample, and what flowed between two such points in time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any, Final, NamedTuple, Self

from ..model.fields import Field
from ..model.sample import BmsSample

HOUR: Final = 3600.0
FASTEST: Final = 5.0  # times the capacity per hour; more in the mean is no battery's
_STRONGEST: Final = 3000.0  # A, of a battery that does not tell its capacity
_LEVEL_STEP: Final = 0.01  # of the capacity, where the charge follows from the level
_FINEST: Final = 3  # decimals of a charge
_LOST: Final = (
    0.1  # of what flowed: charge that went in and is not there, and voltages between
)
_UNLIKE: Final = 0.0  # a factor that no current has


class Moved(NamedTuple):
    """What went into a battery and out of it: Wh and Ah, none negative."""

    energy_in: float = 0.0
    energy_out: float = 0.0
    charge_in: float = 0.0
    charge_out: float = 0.0

    def part(self, share: float) -> Moved:
        """Return a share of it."""
        return Moved(*(one * share for one in self))

    def plus(self, other: Moved) -> Moved:
        """Return both together."""
        return Moved(*(one + more for one, more in zip(self, other, strict=True)))


class Lifetime(NamedTuple):
    """What a battery itself counts of its life, in the order of ``Moved``; None where it does not."""

    energy_in: float | None = None  # Wh
    energy_out: float | None = None
    charge_in: float | None = None  # Ah
    charge_out: float | None = None


UNCOUNTED: Final = Lifetime()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The power (W) and current (A) of a battery at one time, plus = charging, with what tells of longer times.

    ``mono`` is the time on a clock that runs on, None for a point of an earlier run; ``wall`` is
    in unix seconds. ``charge`` (Ah) is what is left, to ``step``; ``counted``: by the battery itself,
    and not made from its level. ``factor`` is by what the user's corrections multiply the current.
    """

    mono: float | None
    wall: float
    power: float
    current: float
    voltage: float
    charge: float | None = None
    step: float = 0.0
    counted: bool = False
    capacity: float | None = None
    level: float | None = None
    counters: Lifetime = UNCOUNTED
    factor: float = 1.0

    @classmethod
    def of(
        cls, sample: BmsSample, mono: float, wall: float, factor: float = 1.0
    ) -> Self | None:
        """Return what a sample says, None without a voltage and a current."""
        volts, amperes = _number(sample, Field.VOLTAGE), _number(sample, Field.CURRENT)
        if volts is None or amperes is None:
            return None
        charge = _number(sample, Field.CYCLE_CHARGE)
        capacity = _number(sample, Field.DESIGN_CAPACITY) or _number(
            sample, Field.FULL_CHARGE
        )
        counted = Field.CYCLE_CHARGE not in sample.derived
        counters = Lifetime(
            _number(sample, Field.ENERGY_IN),
            _number(sample, Field.ENERGY_OUT),
            _number(sample, Field.TOTAL_CHARGED),
            _number(sample, Field.TOTAL_CHARGE),
        )
        return cls(
            mono=mono,
            wall=wall,
            power=volts * amperes,
            current=amperes,
            voltage=volts,
            charge=charge,
            step=_step(charge) if counted else _LEVEL_STEP * (capacity or 0.0),
            # What was counted with a current that the user scales is wrong as well.
            counted=charge is not None and counted and abs(factor) == 1,
            capacity=capacity,
            level=_number(sample, Field.BATTERY_LEVEL),
            # They count what the board measures, which the user says is wrong.
            counters=counters if factor == 1 else UNCOUNTED,
            factor=factor,
        )

    @property
    def at_end(self) -> bool:
        """Return whether the battery is full or empty, where its count is set anew."""
        if self.level is not None and not 0 < self.level < 100:
            return True
        if self.charge is None:
            return False
        return self.charge <= 0 or (
            self.capacity is not None and self.charge >= self.capacity
        )

    @property
    def excessive(self) -> bool:
        """Return whether hardly any battery gives such a current."""
        return 0 < FASTEST * (self.capacity or 0.0) < abs(self.current)

    def cut(self) -> Self:
        """Return it as the end of what is known: only that time passed since then is counted."""
        return replace(
            self, charge=None, counted=False, counters=UNCOUNTED, factor=_UNLIKE
        )

    def like(self, other: Point | None) -> bool:
        """Return whether another current is of the same kind."""
        if other is None or other.current * self.current <= 0:
            return False
        return abs(other.current) >= abs(self.current) / 2

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values; a clock that runs on means nothing in the next run."""
        kept = asdict(self)
        del kept["mono"]
        return kept | {"counters": list(self.counters)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return what was stored and found sound."""
        return cls(**data | {"mono": None, "counters": Lifetime(*data["counters"])})


def _number(sample: BmsSample, name: Field) -> float | None:
    value = sample.values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isfinite(value) else None


def _step(charge: float | None) -> float:
    """Return to what a charge seems to be counted: the place of its last digit."""
    text = f"{charge or 0.0:.{_FINEST}f}".rstrip("0")
    return float(10.0 ** -len(text.partition(".")[2]))


def drawn(before: Point, after: Point, seconds: float) -> Moved:
    """Return what flowed between two points when power and current changed evenly."""
    energy_in, energy_out = _areas(before.power, after.power, seconds)
    charge_in, charge_out = _areas(before.current, after.current, seconds)
    return Moved(energy_in, energy_out, charge_in, charge_out)


def _areas(first: float, second: float, seconds: float) -> tuple[float, float]:
    """Return the areas above and below zero of a straight line, per hour."""
    hours = seconds / HOUR
    if first * second >= 0:
        area = (first + second) / 2 * hours
        return max(area, 0.0), max(-area, 0.0)
    # It crosses zero: one triangle on either side.
    zero = hours * abs(first) / (abs(first) + abs(second))
    one, other = first / 2 * zero, second / 2 * (hours - zero)
    return (one, -other) if first > 0 else (other, -one)


def bridged(before: Point, after: Point, seconds: float) -> Moved | None:
    """Return what flowed in a gap as the battery itself counted it, None where it cannot tell."""
    volts = (before.voltage + after.voltage) / 2
    fastest = FASTEST * after.capacity if after.capacity else _STRONGEST
    most = fastest * seconds / HOUR
    moved = _counted(before.counters, after.counters, volts)
    change = _change(before, after, most)
    # Lifetime of whole Ah may have turned just now.
    if moved and max(moved.charge_in, moved.charge_out) <= most + 1:
        if change is None or _agrees(moved, change, before, after, volts):
            return moved
    if change is None:
        return None
    up, down = max(change, 0.0), max(-change, 0.0)
    return Moved(up * volts, down * volts, up, down)


def _change(before: Point, after: Point, most: float) -> float | None:
    """Return by what the charge changed as the battery itself counts it, None where it cannot tell."""
    if before.charge is None or after.charge is None:
        return None
    change = after.charge - before.charge
    possible = abs(change) <= most + after.step and before.capacity == after.capacity
    # Where it is full or empty the count is set anew.
    if not (before.counted and after.counted and possible) or after.at_end:
        return None
    return change


def _agrees(
    moved: Moved, change: float, before: Point, after: Point, volts: float
) -> bool:
    """Return whether counters say the same as the charge; those of some boards stand still for ever."""
    energies, charges = after.counters[:2], after.counters[2:]
    coarse = max(
        *(_step(one) for one in charges if one is not None),
        *(_step(one) / volts for one in energies if one is not None),
        *(before.step, after.step),
    )
    through = moved.charge_in + moved.charge_out
    apart = abs(moved.charge_in - moved.charge_out - change)
    return apart <= 2 * coarse + _LOST * through


def _counted(before: Lifetime, after: Lifetime, volts: float) -> Moved | None:
    """Return by what the battery's counters grew, None unless both of a kind did."""
    energy, charge = _grew(before[:2], after[:2]), _grew(before[2:], after[2:])
    if volts <= 0 or (energy is None and charge is None):
        return None
    if charge is None:
        charge = [one / volts for one in energy or ()]
    if energy is None:
        energy = [one * volts for one in charge]
    return Moved(*energy, *charge)


def _grew(
    before: Sequence[float | None], after: Sequence[float | None]
) -> list[float] | None:
    """Return by what counters grew, None unless all of them are known and none fell."""
    grew = [
        new - old
        for old, new in zip(before, after, strict=True)
        if old is not None and new is not None and new >= old
    ]
    return grew if len(grew) == len(before) else None


def at_rest(before: Point, after: Point) -> bool:
    """Return whether the charge shows that nothing flowed between two points."""
    if before.charge is None or after.charge is None:
        return False
    return abs(after.charge - before.charge) <= 2 * min(before.step, after.step) + 1e-9


def true_spike(before: Point | None, odd: Point, after: Point) -> bool:
    """Return whether an excessive current is shown by the point after it, or by what the charge did."""
    if odd.like(after):
        return True
    if before is None or not (before.counted and after.counted):
        return False
    parts = [(before, odd), (odd, after), (before, after)]
    nets = []
    for one, other in parts:
        hours = max(0.0, elapsed(one, other) or 0.0) / HOUR
        nets.append((one.current + other.current) / 2 * hours)
    change = (after.charge or 0.0) - (before.charge or 0.0)
    with_it, without = nets[0] + nets[1], nets[2]
    return abs(change - with_it) < abs(change - without)


def elapsed(before: Point, after: Point) -> float | None:
    """Return the seconds between two points, None where nobody knows.

    The clock on the wall counts over a restart only: it may be put.
    """
    if before.mono is not None and after.mono is not None:
        return after.mono - before.mono
    passed = after.wall - before.wall
    return passed if passed > 0 else None
