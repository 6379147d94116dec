"""Saihang, Anenji, Aninerel: Modbus RTU behind two bytes A5, one read, big endian. Source: what aiobmsble reads.

The alarm word is inverted. Temperatures count from 2730, not 2731.
"""

from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, Match, names
from ..codec import Bit, Cells, Count, Custom, Draft, Num, Probes
from ..contract import Ask, Context, Family, Wire
from ..dialects.modbus import REGISTERS, check_modbus, modbus_read
from ..framing import LengthFramer
from ..raw import integer

LISTING: Final = Listing(
    title="Saihang battery",
    brands=("Saihang", "Anenji", "Aninerel"),
    match=(*names("SH*", service="fffa"), Match(service="fffa", sure=False)),
)

_HEAD: Final = b"\xa5\xa5"
_REGISTERS: Final = 72
_SIZE: Final = 2 * _REGISTERS
_ZERO: Final = -2730  # of tenths of a kelvin
_NOT_FITTED: Final = (0, 0xFFFF)


def _size(frame: bytes) -> int | None:
    """Return the length of a reply or of an exception."""
    if len(frame) < 5:
        return None
    return 7 if frame[3] & 0x80 else frame[4] + 7


def _framer(_context: Context) -> LengthFramer:
    """Make the framer; the checksum leaves out the head."""
    return LengthFramer((_HEAD,), _size, lambda frame: check_modbus(frame[2:]))


def _alarms(data: bytes, draft: Draft) -> None:
    """Read the alarms, which are the bits that are not set."""
    draft.flag(~integer(data, 26, ">u2") & 0xFFFF)


_ASK: Final = Ask(
    # Devices answer number 00; the maker's text says 01.
    request=_HEAD + modbus_read(0, 0, _REGISTERS),
    # Settings may follow behind the values.
    reply=lambda frame: frame[3] == REGISTERS and frame[4] >= _SIZE,
    rows=(
        Num(Field.CURRENT, 0, ">i4", 0.01),
        Num(Field.VOLTAGE, 4, ">u4", 0.01),
        Num(Field.BATTERY_LEVEL, 8, ">u2"),
        Num(Field.BATTERY_HEALTH, 10, ">u2"),
        Num(Field.CYCLE_CHARGE, 12, ">u4", 0.01),
        Num(Field.FULL_CHARGE, 16, ">u4", 0.01, absent=(0,)),
        Num(Field.DESIGN_CAPACITY, 20, ">u4", 0.01),
        Num(Field.CYCLES, 24, ">u2"),
        Custom(_alarms),
        Bit(Field.CHRG_MOSFET, 32, 1 << 9, ">u2"),
        Bit(Field.DISCHRG_MOSFET, 32, 1 << 10, ">u2"),
        Bit(Field.CHARGER, 32, 1 << 13, ">u2"),
        Num(Field.BALANCER, 36, ">u2"),
        Num(Field.CELL_COUNT, 38, ">u2"),
        Cells(40, Count(38, ">u2", most=20)),
        Num(Field.TEMP_SENSORS, 80, ">u2"),
        Probes(
            82,
            Count(80, ">u2", most=10),
            ">u2",
            0.1,
            _ZERO,
            (Place.CELL,),
            absent=_NOT_FITTED,
        ),
        Probes(
            102,
            2,
            ">u2",
            0.1,
            _ZERO,
            (Place.MOSFET, Place.AMBIENT),
            absent=_NOT_FITTED,
        ),
    ),
)

FAMILY: Final = Family(
    id="saihang",
    wires=(Wire(service="fffa", notify=("fffc",), write="fffb"),),
    framer=_framer,
    plan=(_ASK,),
    body=5,
    tail=2,
    probe=_ASK,
)
