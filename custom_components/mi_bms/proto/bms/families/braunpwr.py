"""KS48x00 boards (Braun Power, Docan, Vanvolt, BEMORY, VoltPolska): big endian.

Source: what aiobmsble and an ESPHome component read. Request ``7B cmd 00 7D``, reply
``7B cmd len <len bytes> 7D``. There is no checksum: length, command and end byte are all that protects
the data, so that only silence may stand in place of an answer. Long because 15 alarm bits have a name,
and cells and temperatures may be missing.
"""

from collections.abc import Mapping
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Place
from ..alarms import Alarm
from ..catalogue import Listing, names
from ..codec import (
    Bit,
    Cells,
    Count,
    Custom,
    Draft,
    Flags,
    Num,
    Probes,
    Row,
    Text,
    decode,
)
from ..contract import Ask, Context, Family, Talk, Wire, unless_silent
from ..framing import LengthFramer, length_at
from ..raw import integer
from ..settings import braunpwr as settings
from ..settings.asking import asking

LISTING: Final = Listing(
    title="KS48 BMS",
    brands=("Braun Power", "Docan", "Vanvolt", "BEMORY", "VoltPolska"),
    match=names("HSKS-*", "BL-*", "KS-*", service="ff00", mfr=(0x007B,))
    + names("Vanvolt-*", service="ff00", mfr=(0x007B,), brands=("Vanvolt",)),
)

_STATUS, _CELLS, _PROBES, _HARDWARE, _SOFTWARE = 0x01, 0x02, 0x03, 0x74, 0xF4

_ALARMS: Final[Mapping[int, Alarm]] = {
    0: Alarm.OVERCURRENT,
    2: Alarm.PACK_OVERVOLTAGE,
    3: Alarm.PACK_UNDERVOLTAGE,
    4: Alarm.CHARGE_OVERTEMPERATURE,
    5: Alarm.CHARGE_UNDERTEMPERATURE,
    6: Alarm.DISCHARGE_OVERTEMPERATURE,
    7: Alarm.DISCHARGE_UNDERTEMPERATURE,
    8: Alarm.CHARGE_OVERCURRENT,
    9: Alarm.DISCHARGE_OVERCURRENT,
    10: Alarm.SHORT_CIRCUIT,
    11: Alarm.FRONTEND_FAULT,
    12: Alarm.MOSFET_LOCKED,
    13: Alarm.CHARGE_MOSFET_FAULT,
    14: Alarm.DISCHARGE_MOSFET_FAULT,
}


def _balancer(frame: bytes, draft: Draft) -> None:
    """Read the balancing cells: 1 to 16 in the first word, further ones in the second."""
    mask = integer(frame, 25, ">u2") | integer(frame, 27, ">u2") << 16
    draft.put(Field.BALANCER, mask)


def _nominal(frame: bytes, draft: Draft) -> None:
    """Read the nominal capacity; boards that leave it out have one capacity only."""
    raw = integer(frame, 19, ">u2") or integer(frame, 17, ">u2")
    draft.put(Field.DESIGN_CAPACITY, raw / 100)


def _check(frame: bytes) -> None:
    """Check the end byte."""
    if frame[-1] != 0x7D:
        raise FrameError("end")


def _ask(command: int, *rows: Row, optional: bool = False) -> Ask:
    """Make the question of a command."""
    return Ask(
        request=bytes((0x7B, command, 0, 0x7D)),
        reply=bytes((0x7B, command)),
        rows=rows,
        optional=optional,
    )


_ASK_STATUS: Final = _ask(
    _STATUS,
    Num(Field.BATTERY_LEVEL, 4, ">u1"),
    Num(Field.VOLTAGE, 5, ">u2", 0.01),
    Num(Field.CURRENT, 13, ">i2", 0.01),
    Num(Field.CYCLE_CHARGE, 15, ">u2", 0.01),
    # The learned capacity, and the nominal one where the board tells both.
    Num(Field.FULL_CHARGE, 17, ">u2", 0.01, absent=(0,)),
    Custom(_nominal),
    Num(Field.CYCLES, 23, ">u2"),
    Custom(_balancer),
    Bit(Field.CHRG_MOSFET, 29, 0x0004, ">u2"),
    Bit(Field.DISCHRG_MOSFET, 29, 0x0008, ">u2"),
    Flags(31, ">u2", _ALARMS),
    Num(Field.BATTERY_HEALTH, 34, ">u1"),
)
_FURTHER: Final = (
    _ask(_CELLS, Num(Field.CELL_COUNT, 3, ">u1"), Cells(4, Count(3))),
    _ask(
        _PROBES,
        Num(Field.TEMP_SENSORS, 3, ">u1"),
        Probes(
            4,
            Count(3),
            ">u2",
            0.1,
            -2731,
            places=(Place.CELL,),
            absent=(0, 0xFFFF),
        ),
    ),
)


def _poll(context: Context) -> Talk[Draft]:
    """Read the status, and cells and temperatures unless the board says nothing to that."""
    status = (yield _ASK_STATUS) or b""
    draft = decode(_ASK_STATUS.rows, status[:-1], Draft())
    for ask in _FURTHER:
        if (frame := (yield from unless_silent(context, ask))) is not None:
            decode(ask.rows, frame[:-1], draft)
    return draft


def _inform(_context: Context) -> Talk[Draft]:
    """Read the names of hardware and software."""
    draft = Draft()
    if (frame := (yield _ask(_HARDWARE, optional=True))) is not None:
        decode((Text("hw_version", 3),), frame[:-1], draft)
    if (frame := (yield _ask(_SOFTWARE, optional=True))) is not None:
        draft.info["sw_version"] = ".".join(str(byte) for byte in frame[3:-1])
    return draft


FAMILY: Final = Family(
    id="braunpwr",
    wires=(Wire(service="ff00", notify=("ff01",), write="ff02"),),
    framer=lambda _context: LengthFramer((b"\x7b",), length_at(2, 4), _check),
    dialogue=_poll,
    inform=_inform,
    settings=asking(
        lambda frame: frame[:-1],
        _ask(0x05, *settings.VOLTAGES),
        _ask(0x04, *settings.BALANCING),
        _ask(0x06, *settings.TEMPERATURES),
    ),
    probe=_ASK_STATUS,
)
