"""Bytes of live values, batteries, clocks, units and comfort limits; little-endian throughout.

Every decoder raises ``FrameError`` with ``length`` or ``range``: with an outdated table of services
another characteristic may have answered, so a length is checked before a value is believed.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
import re
from typing import Final, NamedTuple

from ..mibeacon.limits import plausible
from ..model.errors import FrameError
from ..model.fields import Field
from .spec import Values

EMPTY: Final = 2100  # mV at which the display says "low"
_PER_PERCENT: Final = 10  # mV
_LATENCY: Final = 0.5  # s from here to the device
_HOUR: Final = 3600
_QUARTER: Final = 900
_DAY_OF_HOURS: Final = 24
# h; what is more was negative before 24 were added. 13 is also -11, and 14 is -10: where more live.
_EASTERNMOST: Final = 13
_CLASSIC: Final = 5
_QUARTERED: Final = 6
_FAHRENHEIT: Final = 1
_COLDEST: Final = -60.0  # °C
_HOTTEST: Final = 125.0
_UNSET: Final = bytes.fromhex("aabbccddeeff99887766")
_STATUS: Final = 7
_STATUS_TEXT: Final = 2
_TEXT: Final = re.compile(r"T=(-?\d+(?:\.\d+)?)\s+H=(\d+(?:\.\d+)?)")
_PLANT_SIZES: Final = (16, 24)
_TAIL: Final = 10

type Live = Mapping[Field, float]


class Unit(StrEnum):
    """The unit of the temperatures on a display."""

    CELSIUS = "celsius"
    FAHRENHEIT = "fahrenheit"


class Moment(NamedTuple):
    """A time: Unix seconds, and the offset of the time zone then, in seconds east."""

    unix: float
    offset: int


class Dial(NamedTuple):
    """What a clock shows: Unix seconds and its zone in seconds east, None where it has none."""

    unix: int
    offset: int | None

    def ahead(self, moment: Moment) -> float:
        """Return by how many seconds the shown time is ahead of the true one."""
        zone = whole_hours(moment.offset) if self.offset is None else self.offset
        return self.unix + zone - moment.unix - moment.offset


def whole_hours(offset: int) -> int:
    """Return the part of a zone that a clock can hold, in seconds; the rest is put on the time."""
    return offset - offset % _HOUR


class Comfort(NamedTuple):
    """The limits of the face on the display, in °C and %."""

    temperature_high: float
    temperature_low: float
    humidity_high: float
    humidity_low: float


def _number(data: bytes, at: int, size: int, *, signed: bool = False) -> int:
    return int.from_bytes(data[at : at + size], "little", signed=signed)


def _sized(data: bytes, *sizes: int) -> bytes:
    if len(data) not in sizes:
        raise FrameError("length")
    return data


def believable(celsius: float, humidity: float = 0.0) -> None:
    """Raise ``FrameError`` for what no sensor measures."""
    if not (_COLDEST <= celsius <= _HOTTEST and 0 <= humidity <= 100):
        raise FrameError("range")


# --- live values and battery ---------------------------------------------------------------


def _climate(celsius: float, humidity: float) -> dict[Field, float]:
    believable(celsius, humidity)
    return {Field.TEMPERATURE: celsius, Field.HUMIDITY: humidity}


def _ebe0(data: bytes) -> Live:
    size = len(_sized(data, 3, 5, 6))
    raw = _number(data, 0, 2, signed=True)
    if size == 6:
        found = _climate(raw / 10, _number(data, 2, 2) / 10)
    else:
        found = _climate(raw / 100, data[2])
    if size > 3:
        millivolt = _number(data, size - 2, 2)
        found[Field.VOLTAGE] = millivolt / 1000
        found[Field.BATTERY] = battery_of(millivolt)
    return found


def _text(data: bytes) -> Live:
    match = _TEXT.search(data.decode("ascii", "replace"))
    if match is None:
        raise FrameError("length")
    return _climate(float(match[1]), float(match[2]))


def _qingping(data: bytes) -> Live:
    at = len(_sized(data, 6, 7)) - 4
    return _climate(
        _number(data, at, 2, signed=True) / 10, _number(data, at + 2, 2) / 10
    )


def _qingping_fine(data: bytes) -> Live:
    _sized(data, 5)
    return _climate(_number(data, 1, 2, signed=True) / 100, _number(data, 3, 2) / 100)


def _plant(data: bytes) -> Live:
    found = dict(_pot(data))
    found[Field.ILLUMINANCE] = _number(data, 3, 4)
    return found


def _pot(data: bytes) -> Live:
    _sized(data, *_PLANT_SIZES)
    # Not in real-time mode, or before the first measurement.
    blank = not any(data) or (len(data) == _PLANT_SIZES[0] and not any(data[_TAIL:]))
    if blank or data.startswith(_UNSET):
        raise FrameError("range")
    celsius, moisture = _number(data, 0, 2, signed=True) / 10, data[7]
    believable(celsius, moisture)
    return {
        Field.TEMPERATURE: celsius,
        Field.MOISTURE: moisture,
        Field.CONDUCTIVITY: _number(data, 8, 2),
    }


_LIVE: Final[Mapping[Values, Callable[[bytes], Live]]] = {
    Values.EBE0: _ebe0,
    Values.TEXT: _text,
    Values.PLANT: _plant,
    Values.POT: _pot,
    Values.QINGPING: _qingping,
    Values.QINGPING_FINE: _qingping_fine,
}


def live(values: Values, data: bytes) -> Live:
    """Decode live values."""
    found = _LIVE[values](data)
    within(found)
    return found


def within(found: Mapping[Field, float]) -> None:
    """Raise ``FrameError`` for numbers that no sensor reports."""
    if not all(plausible(field, value) for field, value in found.items()):
        raise FrameError("range")


def battery_of(millivolt: int) -> int:
    """Return the level of a coin cell in % from its voltage: 2.1 V is empty, 3.1 V is full."""
    return max(0, min(100, (millivolt - EMPTY) // _PER_PERCENT))


def battery(data: bytes) -> int:
    """Decode a battery in %: one byte, or the first one of a plant's status."""
    _sized(data, 1, _STATUS)
    if data[0] > 100:
        raise FrameError("range")
    return data[0]


def firmware(data: bytes) -> str:
    """Decode the text of a firmware."""
    told = data.rstrip(b"\0 ").decode("ascii", "replace")
    if not told or len(told) > 32 or not (told.isascii() and told.isprintable()):
        raise FrameError("length")
    return told


def plant_firmware(data: bytes) -> str:
    """Decode the firmware at the end of a plant's status: five characters."""
    return firmware(_sized(data, _STATUS)[_STATUS_TEXT:])


# --- clock ---------------------------------------------------------------------------------


def dial(data: bytes) -> Dial:
    """Decode a clock of 4, 5 or 6 bytes: Unix seconds, hours and quarters of hours of the zone."""
    size = len(_sized(data, 4, _CLASSIC, _QUARTERED))
    unix = _number(data, 0, 4)
    if size == 4:
        return Dial(unix, None)
    hours = _number(data, 4, 1, signed=True)
    if size == _CLASSIC:
        return Dial(unix, hours * _HOUR)
    if hours > _EASTERNMOST:
        hours -= _DAY_OF_HOURS
    return Dial(unix, hours * _HOUR + data[5] * _QUARTER)


def set_dial(moment: Moment, size: int = _CLASSIC) -> bytes:
    """Encode a clock: its zone has whole hours, so odd minutes are put on the time itself."""
    hours, odd = divmod(moment.offset, _HOUR)
    seconds = int(moment.unix + _LATENCY) + odd
    if size == _QUARTERED:
        return seconds.to_bytes(4, "little") + bytes((hours % _DAY_OF_HOURS, 0))
    return seconds.to_bytes(4, "little") + hours.to_bytes(1, "little", signed=True)


def set_local_dial(moment: Moment) -> bytes:
    """Encode the command for a clock that knows local time only."""
    seconds = int(moment.unix + _LATENCY) + moment.offset
    return b"\x05\x09" + seconds.to_bytes(4, "little")


# --- display -------------------------------------------------------------------------------


def unit(data: bytes) -> Unit:
    """Decode the unit of a display; everything but 1 is °C."""
    _sized(data, 1)
    return Unit.FAHRENHEIT if data[0] == _FAHRENHEIT else Unit.CELSIUS


def set_unit(wanted: Unit, celsius: int) -> bytes:
    """Encode the unit of a display."""
    return bytes((_FAHRENHEIT if wanted is Unit.FAHRENHEIT else celsius,))


def comfort(data: bytes) -> Comfort:
    """Decode the comfort limits, high before low."""
    size = len(_sized(data, 6, 8))
    high, low = (_number(data, at, 2, signed=True) for at in (0, 2))
    if size == 6:
        return Comfort(high / 100, low / 100, data[4], data[5])
    return Comfort(
        high / 10, low / 10, _number(data, 4, 2) / 10, _number(data, 6, 2) / 10
    )


def set_comfort(limits: Comfort, size: int) -> bytes:
    """Encode the comfort limits in so many bytes."""
    fine = ((0, 2, 100), (1, 2, 100), (2, 1, 1), (3, 1, 1))
    coarse = tuple((index, 2, 10) for index in range(4))
    parts = fine if size == 6 else coarse
    return b"".join(
        round(limits[index] * scale).to_bytes(width, "little", signed=index < 2)
        for index, width, scale in parts
    )
