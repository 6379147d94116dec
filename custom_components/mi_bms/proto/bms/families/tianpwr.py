"""TianPower: frames of 20 bytes, big endian, no checksum. Source: what aiobmsble and ESPHome components read.

Request ``55 04 type AA``, reply ``55 14 type <16 bytes> AA``. Status and capacity, which holds the alarms, are
needed for a sample. The two lowest bits of the current word
are no reliable FET states and no faults, so they are left out. Untested on hardware. Long because 47 alarm bits have a name.
"""

from collections.abc import Mapping
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Place
from ..alarms import Alarm
from ..catalogue import Listing, names
from ..codec import (
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
    decode_extra,
)
from ..contract import Ask, Context, Family, Pacing, Talk, Wire, extra
from ..framing import LengthFramer, fixed

LISTING: Final = Listing(
    title="TianPower BMS", brands=("TianPower",), match=names("TP_*")
)

_SOFTWARE, _HARDWARE = 0x81, 0x82
_STATUS, _CAPACITY, _SWITCHES, _TEMPERATURES, _CELLS = 0x83, 0x84, 0x85, 0x87, 0x88
_PER_FRAME: Final = 8
_MOST_CELLS, _MOST_PROBES = 24, 6

_VOLTAGE_BIT, _CURRENT_BIT, _TEMPERATURE_BIT = 48, 32, 16
_ALARMS: Final[Mapping[int, Alarm]] = {
    _VOLTAGE_BIT + 0: Alarm.CELL_OVERVOLTAGE,
    _VOLTAGE_BIT + 1: Alarm.CELL_UNDERVOLTAGE,
    _VOLTAGE_BIT + 2: Alarm.PACK_OVERVOLTAGE,
    _VOLTAGE_BIT + 3: Alarm.PACK_UNDERVOLTAGE,
    _VOLTAGE_BIT + 4: Alarm.CELL_OVERVOLTAGE_WARNING,
    _VOLTAGE_BIT + 5: Alarm.CELL_UNDERVOLTAGE_WARNING,
    _VOLTAGE_BIT + 6: Alarm.PACK_OVERVOLTAGE_WARNING,
    _VOLTAGE_BIT + 7: Alarm.PACK_UNDERVOLTAGE_WARNING,
    _VOLTAGE_BIT + 8: Alarm.CELL_IMBALANCE,
    _CURRENT_BIT + 2: Alarm.CHARGE_OVERCURRENT,
    _CURRENT_BIT + 3: Alarm.SHORT_CIRCUIT,
    _CURRENT_BIT + 4: Alarm.DISCHARGE_OVERCURRENT,
    _CURRENT_BIT + 5: Alarm.DISCHARGE_OVERCURRENT,
    _CURRENT_BIT + 6: Alarm.CHARGE_OVERCURRENT_WARNING,
    _CURRENT_BIT + 7: Alarm.DISCHARGE_OVERCURRENT_WARNING,
    _TEMPERATURE_BIT + 0: Alarm.CHARGE_OVERTEMPERATURE,
    _TEMPERATURE_BIT + 1: Alarm.CHARGE_UNDERTEMPERATURE,
    _TEMPERATURE_BIT + 2: Alarm.DISCHARGE_OVERTEMPERATURE,
    _TEMPERATURE_BIT + 3: Alarm.DISCHARGE_UNDERTEMPERATURE,
    _TEMPERATURE_BIT + 4: Alarm.AMBIENT_OVERTEMPERATURE,
    _TEMPERATURE_BIT + 5: Alarm.AMBIENT_UNDERTEMPERATURE,
    _TEMPERATURE_BIT + 6: Alarm.MOSFET_OVERTEMPERATURE,
    _TEMPERATURE_BIT + 7: Alarm.MOSFET_UNDERTEMPERATURE,
    _TEMPERATURE_BIT + 8: Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    _TEMPERATURE_BIT + 9: Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    _TEMPERATURE_BIT + 10: Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    _TEMPERATURE_BIT + 11: Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    _TEMPERATURE_BIT + 12: Alarm.AMBIENT_OVERTEMPERATURE_WARNING,
    _TEMPERATURE_BIT + 13: Alarm.AMBIENT_UNDERTEMPERATURE_WARNING,
    _TEMPERATURE_BIT + 14: Alarm.MOSFET_OVERTEMPERATURE_WARNING,
    _TEMPERATURE_BIT + 15: Alarm.MOSFET_UNDERTEMPERATURE_WARNING,
    0: Alarm.CELL_IMBALANCE,
    1: Alarm.CHARGE_MOSFET_FAULT,
    2: Alarm.MEMORY_FAULT,
    3: Alarm.COMMUNICATION_FAULT,
    4: Alarm.MEMORY_FAULT,
    5: Alarm.HARDWARE_FAULT,
    6: Alarm.HARDWARE_FAULT,
    7: Alarm.LEVEL_LOW,
    8: Alarm.MOSFET_OVERTEMPERATURE,
    9: Alarm.MOSFET_OVERTEMPERATURE_WARNING,
    10: Alarm.HARDWARE_FAULT,
    11: Alarm.FRONTEND_FAULT,
    12: Alarm.CELL_FAULT,
    13: Alarm.TEMPERATURE_SENSOR_FAULT,
    14: Alarm.CHARGE_MOSFET_FAULT,
    15: Alarm.DISCHARGE_MOSFET_FAULT,
}
_FAULTS: Final = 0x7FFF_FFFC_FFFF_FFFF  # without sleep and the two lowest current bits


def _count(body: bytes, draft: Draft) -> None:
    """Read the number of cells."""
    draft.put(Field.CELL_COUNT, Count(3, most=_MOST_CELLS).read(body))


def _mosfets(body: bytes, draft: Draft) -> None:
    """Read both FETs where they stand alike: of two readers each takes the other bit for the charging one."""
    if (state := body[4] & 3) in (0, 3):
        draft.put(Field.CHRG_MOSFET, bool(state))
        draft.put(Field.DISCHRG_MOSFET, bool(state))


_STATUS_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.BATTERY_LEVEL, 3, ">u2"),
    Num(Field.VOLTAGE, 5, ">u2", 0.01),
    # What stands at 7 is called an average but lies above every probe.
    Probes(9, 2, scale=0.1, places=(Place.AMBIENT, Place.MOSFET)),
    Num(Field.CURRENT, 13, ">i2", 0.01),
    Num(Field.BATTERY_HEALTH, 17, ">u2"),
)
_CAPACITY_ROWS: Final[tuple[Row, ...]] = (
    Custom(_count),
    Num(Field.TEMP_SENSORS, 4, ">u1"),
    Num(Field.DESIGN_CAPACITY, 5, ">u2", 0.01),
    Num(Field.CYCLE_CHARGE, 7, ">u2", 0.01),
    Num(Field.CYCLES, 9, ">u2"),
    Flags(11, ">u8", _ALARMS, mask=_FAULTS),
)
_SWITCH_ROWS: Final[tuple[Row, ...]] = (
    Custom(_mosfets),
    Num(Field.BALANCER, 13, ">u2"),
)


def _check(frame: bytes) -> None:
    """Check the end byte."""
    if frame[-1] != 0xAA:
        raise FrameError("end")


def _ask(kind: int, *, optional: bool = False) -> Ask:
    """Make the question of a type."""
    return Ask(
        request=bytes((0x55, 4, kind, 0xAA)),
        reply=bytes((0x55, 20, kind)),
        optional=optional,
    )


def _extra(context: Context, kind: int) -> Talk[bytes | None]:
    """Ask for a type and return its frame without the end byte, if there is one."""
    frame = yield from extra(context, _ask(kind))
    return frame and frame[:-1]


def _poll(context: Context) -> Talk[Draft]:
    """Read all values, then as many cells and probes as there are."""
    draft = decode(_STATUS_ROWS, ((yield _ask(_STATUS)) or b"")[:-1], Draft())
    decode(_CAPACITY_ROWS, ((yield _ask(_CAPACITY)) or b"")[:-1], draft)
    frame = yield from _extra(context, _SWITCHES)
    draft = decode_extra(_SWITCH_ROWS, frame, draft)
    probes = min(int(draft.number(Field.TEMP_SENSORS) or 0), _MOST_PROBES)
    if probes:
        frame = yield from _extra(context, _TEMPERATURES)
        rows = (Probes(3, probes, scale=0.1, places=(Place.CELL,)),)
        draft = decode_extra(rows, frame, draft)
    cells = int(draft.number(Field.CELL_COUNT) or 0)
    for page in range(-(-cells // _PER_FRAME)):
        fitted = min(_PER_FRAME, cells - page * _PER_FRAME)
        frame = yield from _extra(context, _CELLS + page)
        if frame is None:
            draft.cells += [None] * fitted
        else:
            decode((Cells(3, fitted, empty=()),), frame, draft)
    if not any(draft.cells):
        draft.cells.clear()
    return draft


def _inform(_context: Context) -> Talk[Draft]:
    """Read the versions of software and hardware."""
    draft = Draft()
    for kind, name in ((_SOFTWARE, "sw_version"), (_HARDWARE, "hw_version")):
        if (frame := (yield _ask(kind, optional=True))) is not None:
            decode((Text(name, 3),), frame[:-1], draft)
    return draft


FAMILY: Final = Family(
    id="tianpwr",
    wires=(Wire(service="ff00", notify=("ff01",), write="ff02"),),
    framer=lambda _context: LengthFramer((b"\x55\x14",), fixed(20), _check),
    dialogue=_poll,
    inform=_inform,
    pacing=Pacing(deadline=30.0),
    probe=_ask(_STATUS),
)
