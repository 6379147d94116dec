"""What a battery can be at all, and how fast it can change; the tables behind the gate.

The figures are physics with room to spare: a defect that a person has to see must pass, a bit that
flipped on the way must not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from ..model.fields import Field, Limits
from ..model.sample import BmsSample

RANGES: Final[Mapping[Field, Limits]] = {
    field: limits for field in Field if (limits := field.quantity.battery)
}
CELLS: Final = frozenset({Field.MAX_CELL_VOLTAGE, Field.MIN_CELL_VOLTAGE})
PROBE: Final = (-50.0, 150.0)  # °C
C_RATE: Final = (
    30.0  # times the capacity per hour; no cell gives more for a whole sample
)
SMALLEST: Final = 5.0  # Ah; below it a capacity is no measure of the current


class Jump(NamedTuple):
    """Hold what a value may change between two samples: always, as a share of itself, per second."""

    always: float
    share: float = 0.0
    per_second: float = 0.0

    def allows(self, old: float, new: float, seconds: float) -> bool:
        """Return whether a value may have changed so within a time."""
        most = self.always + self.share * abs(old) + self.per_second * seconds
        return abs(new - old) <= most


JUMPS: Final[Mapping[Field, Jump]] = {
    Field.VOLTAGE: Jump(0.5, 0.12, 0.01),
    Field.MAX_CELL_VOLTAGE: Jump(0.4, 0.0, 0.005),
    Field.MIN_CELL_VOLTAGE: Jump(0.4, 0.0, 0.005),
    Field.DELTA_VOLTAGE: Jump(0.4, 0.0, 0.005),
    Field.TEMPERATURE: Jump(10, 0.0, 0.1),
    Field.BATTERY_HEALTH: Jump(5, 0.0, 0.001),
    Field.CYCLES: Jump(2, 0.0, 0.001),
    Field.TOTAL_CHARGE: Jump(5, 0.01, 0.1),
    Field.TOTAL_CHARGED: Jump(5, 0.01, 0.1),
    Field.ENERGY_IN: Jump(250, 0.01, 10),
    Field.ENERGY_OUT: Jump(250, 0.01, 10),
    Field.ENERGY_TOTAL: Jump(250, 0.01, 10),
    Field.DESIGN_CAPACITY: Jump(0, 0.02),
    Field.FULL_CHARGE: Jump(0, 0.05),
    Field.CELL_COUNT: Jump(0),
    Field.PACK_COUNT: Jump(0),
    Field.BALANCE_CURRENT: Jump(5),
    Field.HEATER_CURRENT: Jump(20),
}
CELL_JUMP: Final = JUMPS[Field.MAX_CELL_VOLTAGE]
PROBE_JUMP: Final = JUMPS[Field.TEMPERATURE]


class Chemistry(StrEnum):
    """Name what the cells are made of, as far as their voltage tells."""

    UNKNOWN = "unknown"
    LFP = "lfp"
    LITHIUM_ION = "lithium_ion"
    LTO = "lto"


# Chemistry -> highest voltage of a cell, even of one that is being destroyed. The lowest is 0 for
# all: a broken wire, which the user has to see.
HIGHEST: Final[Mapping[Chemistry, float]] = {
    Chemistry.UNKNOWN: 5.9,
    Chemistry.LFP: 4.6,
    Chemistry.LITHIUM_ION: 5.1,
    Chemistry.LTO: 3.4,
}
# Between these levels (%) the curves of the chemistries lie apart.
_FLAT: Final = (25.0, 90.0)
_CURVES: Final = (
    (1.9, 2.7, Chemistry.LTO),
    (3.05, 3.42, Chemistry.LFP),
    (3.5, 4.2, Chemistry.LITHIUM_ION),
)
_VOTES: Final = 20
_MAJORITY: Final = 0.9


@dataclass(slots=True)
class Guess:
    """Learn the chemistry of a battery from what its cells show."""

    votes: dict[Chemistry, int]

    def __init__(self) -> None:
        """Start without an idea."""
        self.votes = {}

    def learn(self, sample: BmsSample) -> None:
        """Take a good sample; only the flat part of the curve tells."""
        if (chemistry := chemistry_of(sample)) is not None:
            self.votes[chemistry] = self.votes.get(chemistry, 0) + 1

    @property
    def chemistry(self) -> Chemistry:
        """Return the chemistry once it is clear."""
        total = sum(self.votes.values())
        if total < _VOTES:
            return Chemistry.UNKNOWN
        best = max(self.votes, key=lambda name: self.votes[name])
        return best if self.votes[best] >= _MAJORITY * total else Chemistry.UNKNOWN


def chemistry_of(sample: BmsSample) -> Chemistry | None:
    """Return what the cells of one sample seem to be made of; None where their voltage does not tell."""
    level = number(sample, Field.BATTERY_LEVEL)
    cells = [volts for volts in sample.cells if volts]
    if level is None or not cells or not _FLAT[0] <= level <= _FLAT[1]:
        return None
    mean = sum(cells) / len(cells)
    return next((one for low, high, one in _CURVES if low <= mean <= high), None)


def number(sample: BmsSample, name: Field) -> float | None:
    """Return a numeric field, or None."""
    value = sample.values.get(name)
    return value if isinstance(value, (int, float)) else None


def capacity(sample: BmsSample) -> float | None:
    """Return the capacity in Ah, None when it is unknown or too small to be one."""
    found = number(sample, Field.FULL_CHARGE) or number(sample, Field.DESIGN_CAPACITY)
    return found if found is not None and found >= SMALLEST else None
