"""Records of a sensor's memory: one per hour, corrupt ones are dropped and counted.

A thermometer's has 14 bytes (index, time, highest and lowest temperature and humidity), a plant
sensor's 16. Times are Unix seconds or seconds since power-on; a record's time is the end of its hour.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field as default
from typing import Final, NamedTuple

from ..model.errors import FrameError
from ..model.fields import Field
from .codec import believable, within

SIZE: Final = 14
PLANT_SIZE: Final = 16
HOUR: Final = 3600
_STATE: Final = 8
_NEAR: Final = 15.0  # K between the newest hour and now
_TENTHS: Final = 10
_HUNDREDTHS: Final = 100
_UNSET: Final = bytes.fromhex("aabbccddeeff99887766554433221110")
_SLACK: Final = 2 * HOUR  # clocks of displays are wrong now and then


class Span(NamedTuple):
    """The lowest and the highest value of an hour."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: its end in Unix seconds, and what was measured."""

    end: float
    values: Mapping[Field, Span]


def by_start(
    hours: Iterable[Hour], field: Field, starts: Collection[int]
) -> dict[int, Span]:
    """Return what a field was in those of the hours that begin at ``starts`` (Unix seconds).

    A device's hours may begin at any minute: the one that most of it lies in decides.
    """
    found: dict[int, Span] = {}
    for hour in hours:
        start = int(hour.end - HOUR / 2) // HOUR * HOUR
        if start in starts and (span := hour.values.get(field)):
            found[start] = span
    return found


@dataclass(slots=True)
class History:
    """What was read of a memory: hours in order of time, and how many records were corrupt."""

    hours: list[Hour] = default(default_factory=list)
    dropped: int = 0
    complete: bool = True


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record of a thermometer: temperatures are raw, the resolution is found out later."""

    index: int
    time: int
    high: int
    low: int
    humidity_high: int
    humidity_low: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What a memory says of itself."""

    newest: int
    count: int

    @property
    def oldest(self) -> int:
        """Return the index of the oldest record."""
        return max(0, self.newest - self.count + 1)


def _number(data: bytes, at: int, size: int, *, signed: bool = False) -> int:
    return int.from_bytes(data[at : at + size], "little", signed=signed)


def stored(data: bytes) -> Stored:
    """Decode index of the newest record and number of records; ``FrameError`` for a wrong length."""
    if len(data) != _STATE:
        raise FrameError("length")
    return Stored(_number(data, 0, 4), _number(data, 4, 4))


def record(data: bytes) -> StoredRecord:
    """Decode one record of a thermometer; ``FrameError`` if it is none."""
    if len(data) != SIZE:
        raise FrameError("length")
    found = StoredRecord(
        _number(data, 0, 4),
        _number(data, 4, 4),
        _number(data, 8, 2, signed=True),
        _number(data, 11, 2, signed=True),
        data[10],
        data[13],
    )
    blank = not any(data[8:]) or not data.strip(b"\xff")
    upside_down = found.low > found.high or found.humidity_low > found.humidity_high
    if blank or upside_down or found.humidity_high > 100:
        raise FrameError("range")
    return found


def resolution(newest: StoredRecord, celsius: float | None) -> int:
    """Return how many steps of a record make 1 K: the right number lies closer to the live temperature."""
    if celsius is None:
        return _TENTHS
    middle = (newest.high + newest.low) / 2
    apart = {steps: abs(middle / steps - celsius) for steps in (_TENTHS, _HUNDREDTHS)}
    best = min(apart, key=apart.__getitem__)
    return best if apart[best] <= _NEAR else _TENTHS


def hour(found: StoredRecord, steps: int, start: float) -> Hour:
    """Return the hour of a record, dated and scaled; ``start`` is the Unix time of the memory's zero."""
    low, high = found.low / steps, found.high / steps
    believable(low)
    believable(high)
    return Hour(
        start + found.time,
        {
            Field.TEMPERATURE: Span(low, high),
            Field.HUMIDITY: Span(found.humidity_low, found.humidity_high),
        },
    )


def plant_hour(data: bytes, start: float, *, light: bool) -> Hour:
    """Decode one record of a plant sensor; ``FrameError`` if it is none."""
    if len(data) != PLANT_SIZE:
        raise FrameError("length")
    if not any(data) or not data.strip(b"\xff") or data == _UNSET:
        raise FrameError("range")
    celsius, moisture = _number(data, 4, 2, signed=True) / 10, data[11]
    believable(celsius, moisture)
    found: dict[Field, float] = {
        Field.TEMPERATURE: celsius,
        Field.MOISTURE: moisture,
        Field.CONDUCTIVITY: _number(data, 12, 2),
    }
    if light:
        found[Field.ILLUMINANCE] = _number(data, 7, 4)
    within(found)
    values = {field: Span(value, value) for field, value in found.items()}
    return Hour(start + _number(data, 0, 4), values)


def ordered(
    hours: Iterable[Hour], since: float | None, now: float
) -> tuple[list[Hour], int]:
    """Return the hours after ``since`` in order, and how many lie in the future."""
    all_hours = sorted(hours, key=lambda one: one.end)
    past = [one for one in all_hours if 0 < one.end <= now + _SLACK]
    wanted = [one for one in past if since is None or one.end > since]
    return wanted, len(all_hours) - len(past)
