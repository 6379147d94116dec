"""Keep a database small: dead-bands per quantity, and how many rows a day they lead to.

Pure: times are seconds of any clock that runs on. A value is written when it left the dead-band
around the one written last; a value that is no number, when it changed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from .fields import Field
from .reading import Value
from .sample import BmsSample

DAY: Final = 86_400.0
_NEARLY: Final = 1 - 1e-6
TIME_STEP: Final = timedelta(minutes=15)
REMEMBERED: Final = 120  # samples; more say nothing new of the noise
ENOUGH: Final = 10

DEAD_BANDS: Final[Mapping[Field, float]] = {
    field: step for field in Field if (step := field.quantity.step)
}

# What the user may set a dead-band of his own for -> the fields that follow it.
STEPS: Final[Mapping[Field, tuple[Field, ...]]] = {
    Field.VOLTAGE: (Field.VOLTAGE,),
    Field.CURRENT: (Field.CURRENT, Field.BALANCE_CURRENT, Field.HEATER_CURRENT),
    Field.POWER: (Field.POWER, Field.INPUT_POWER, Field.OUTPUT_POWER),
    Field.BATTERY_LEVEL: (Field.BATTERY_LEVEL,),
    Field.CELL_VOLTAGE: (
        Field.CELL_VOLTAGE,
        Field.DELTA_VOLTAGE,
        Field.MAX_CELL_VOLTAGE,
        Field.MIN_CELL_VOLTAGE,
    ),
    Field.TEMPERATURE: (
        Field.TEMPERATURE,
        Field.PROBE_TEMPERATURE,
        Field.MIN_CELL_TEMPERATURE,
    ),
}


class Detail(StrEnum):
    """Describe how much of what a battery tells is worth a row."""

    ALL = "all"
    NORMAL = "normal"
    SPARING = "sparing"
    OWN = "own"


_FACTORS: Final[Mapping[Detail, float]] = {
    Detail.ALL: 0.0,
    Detail.NORMAL: 1.0,
    Detail.SPARING: 5.0,
    Detail.OWN: 1.0,
}


def bands(
    detail: Detail, steps: Mapping[Field, float] | None = None
) -> Mapping[Field, float]:
    """Return the dead-band of each field for a detail, in the unit of the field.

    ``steps`` are the user's own, by the fields of ``STEPS``; only ``Detail.OWN`` heeds them.
    """
    found = {name: band * _FACTORS[detail] for name, band in DEAD_BANDS.items()}
    if detail is Detail.OWN and steps:
        for quantity, step in steps.items():
            found |= dict.fromkeys(STEPS[quantity], step)
    return found


class Shown(NamedTuple):
    """Describe an entity: how its value is found in a sample, and the dead-band it is written with."""

    value: Callable[[BmsSample], Value | None]
    band: float = 0.0


class RowsPerDay:
    """Estimate the rows that a battery writes a day, for dead-bands and intervals still to be chosen."""

    def __init__(self) -> None:
        """Start without a sample."""
        self._samples: deque[tuple[float, BmsSample]] = deque(maxlen=REMEMBERED)

    def take(self, sample: BmsSample, now: float) -> None:
        """Remember a sample."""
        self._samples.append((now, sample))

    def estimate(self, shown: Iterable[Shown], interval: float) -> float | None:
        """Return the rows per day when it is read every ``interval`` seconds; None after few samples.

        The remembered samples are played to the entities, thinned to the interval if enough are left.
        For another interval than theirs the share of values that change is taken to be the same.
        """
        if len(self._samples) < ENOUGH:
            return None
        taken = list(self._thinned(interval))
        if len(taken) < ENOUGH:
            taken = [sample for _, sample in self._samples]
        rows = sum(_written([one.value(s) for s in taken], one.band) for one in shown)
        return rows / (len(taken) - 1) * DAY / interval

    def _thinned(self, interval: float) -> Iterator[BmsSample]:
        next_at = self._samples[0][0]
        for at, sample in self._samples:
            # Polls are never quite on time.
            if at >= next_at - interval / 10:
                next_at = at + interval
                yield sample


def _written(values: Sequence[Value | None], band: float) -> int:
    """Return how many of an entity's values are written.

    The first one is, too, which happens once a start and not all day.
    """
    rows, written = 0, values[0]
    for value in values:
        if worth_a_row(value, written, band):
            rows, written = rows + 1, value
    return rows


def time_to_tell(
    at: datetime | None, told: datetime | None, *, late: bool
) -> datetime | None:
    """Return which time of a last reading to show: the exact one when it is late, else one in steps.

    ``told`` is what is shown now. While all is well the exact time says nothing that is worth a row.
    """
    if at is None or told is None:
        return at
    # A clock that was put back must not hold an old time in the future.
    worth = late or at < told or at - told >= TIME_STEP
    return at if worth else told


def worth_a_row(value: object, written: object, band: float) -> bool:
    """Return whether a value is worth writing; flags are compared, not subtracted."""
    if (
        isinstance(value, int | float)
        and isinstance(written, int | float)
        and not isinstance(value, bool)
    ):
        # Of numbers with a point the difference is a little off.
        return value != written and abs(value - written) >= band * _NEARLY
    return value != written


def rounded(rows: float) -> int:
    """Return rows with as many digits as an estimate is worth: one, or two where the first is a 1."""
    digits = str(round(rows))
    spare = len(digits) - (2 if digits.startswith("1") else 1)
    return int(round(rows, -max(0, spare)))
