"""How often a battery is read: faster when much happens, slower when nothing does.

Pure: the facts of the last sample in, an interval in seconds out.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..model.fields import Field
from ..model.sample import BmsSample

SHORTEST: Final = 5.0  # s; between two samples a display board needs its time too
LONGEST: Final = 3600.0  # s
BUSY: Final = 0.3  # part of the capacity per hour; more is a heavy load or charge
IDLE: Final = 0.01  # part of the capacity per hour; less is what the electronics take
IDLE_AMPERES: Final = 1.0  # of a battery that does not tell its capacity
BUSY_AMPERES: Final = 30.0
FASTER: Final = 3.0
SLOWER: Final = 4.0
NEARLY_EMPTY: Final = 10.0  # %
NEARLY_FULL: Final = 95.0  # %
APART: Final = (
    0.1  # V between cells; at the ends of the curve a cell is soon at its limit
)
COLD: Final = 2.0  # °C; below it charging harms
HOT: Final = 50.0  # °C


class Flow(StrEnum):
    """How much goes in or out."""

    IDLE = "idle"
    NORMAL = "normal"
    BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The user's interval and how far it may be left, all in seconds."""

    interval: float
    fastest: float = SHORTEST
    slowest: float = LONGEST

    def after(self, sample: BmsSample) -> float:
        """Return the interval that fits what a sample shows."""
        if near_limit(sample) or flow(sample) is Flow.BUSY:
            return max(self.interval / FASTER, min(self.fastest, self.interval))
        if flow(sample) is Flow.IDLE:
            return min(self.interval * SLOWER, max(self.slowest, self.interval))
        return self.interval


@dataclass(frozen=True, slots=True)
class Raised:
    """An interval that cannot be kept: what was wanted and what is possible, in seconds."""

    wanted: float
    possible: float


def flow(sample: BmsSample) -> Flow:
    """Return how the current compares to the capacity; without a current it is normal."""
    current = _number(sample, Field.CURRENT)
    if current is None:
        return Flow.NORMAL
    capacity = _number(sample, Field.FULL_CHARGE) or _number(
        sample, Field.DESIGN_CAPACITY
    )
    if abs(current) <= (capacity * IDLE if capacity else IDLE_AMPERES):
        return Flow.IDLE
    if abs(current) >= (capacity * BUSY if capacity else BUSY_AMPERES):
        return Flow.BUSY
    return Flow.NORMAL


def near_limit(sample: BmsSample) -> bool:
    """Return whether a protection may act soon, or already has."""
    warmth = [probe.celsius for probe in sample.probes if probe.celsius is not None]
    if max(warmth, default=COLD) >= HOT:
        return True
    # A standing problem of a battery at rest would have it read fast for weeks.
    if flow(sample) is Flow.IDLE:
        return False
    charges = (_number(sample, Field.CURRENT) or 0.0) > 0
    cold = charges and min(warmth, default=HOT) <= COLD
    return cold or _troubled(sample) or _at_an_end(sample)


def _troubled(sample: BmsSample) -> bool:
    """Return whether it tells of a problem, or its cells are apart."""
    known = [volts for volts in sample.cells if volts is not None]
    apart = bool(known) and max(known) - min(known) >= APART
    return apart or bool(sample.values.get(Field.PROBLEM)) or bool(sample.alarms)


def _at_an_end(sample: BmsSample) -> bool:
    """Return whether it is nearly empty and discharged, or nearly full and charged."""
    level = _number(sample, Field.BATTERY_LEVEL)
    current = _number(sample, Field.CURRENT) or 0.0
    if level is None:
        return False
    if current < 0:
        return level <= NEARLY_EMPTY
    return current > 0 and level >= NEARLY_FULL


def _number(sample: BmsSample, name: Field) -> float | None:
    value = sample.values.get(name)
    return value if isinstance(value, int | float) else None
