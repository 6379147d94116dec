"""Seplos V3 and CEG: Modbus RTU device 00 is the system, 01 to 16 are packs. Source: what aiobmsble and ESPHome components read.

Big endian, except that 32-bit numbers have their low word first. States and alarms are coils (function
01), values are input registers (function 04). The limiting FET is no balancer: which cells balance is
in coils of the packs. The extremes of the system and everything of the packs are optional: some answer
with an exception, and the system has told the sums. A pack that does not answer its coils is no fault; it then counts as not balancing while its limiting FET is off, and as not known otherwise. Long
because 45 alarm bits have a name, and system and packs have tables of their own.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..alarms import Alarm
from ..catalogue import Listing, Match, names
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
    decode,
    decode_extra,
)
from ..contract import Ask, Context, Family, Talk, Wire, extra, unless_refused
from ..dialects.modbus import COILS, INPUTS, body, framer, question
from ..dialects.seplos import AMBIENT, TEMPERATURES, VOLTAGES
from ..raw import integer
from ..settings import seplos as settings
from ..settings.asking import asking

LISTING: Final = Listing(
    title="Seplos V3",
    brands=("Seplos", "CEG"),
    match=(
        Match(name="SP??B*", service="fff0", discover="SP[0-9A-Z]?B*"),
        Match(name="SP1??B*", service="fff0"),
        Match(name="ST*", service="fff0", discover="ST[0-9]*"),
        *names("XZHX*", "CSY*", service="fff0"),
    ),
)

_SYSTEM: Final = 0
_MODULE: Final = 0xE0  # the pack that is connected to
_MOST_PACKS: Final = 16
_PACKS: Final = Count(44, ">u2", most=_MOST_PACKS)
_NO_PROBE: Final = (0, 0xFFFF)
_LONG: Final = 44  # bytes of the block that are 32-bit numbers
_SILENT: Final = "no_balancing"

# Byte of the block -> what its bits mean, lowest bit first; None is a state.
_BITS: Final[Mapping[int, tuple[Alarm | None, ...]]] = {
    1: tuple(VOLTAGES.values()),
    2: tuple(TEMPERATURES.values()),
    3: (
        *AMBIENT.values(),
        Alarm.MOSFET_OVERTEMPERATURE_WARNING,
        Alarm.MOSFET_OVERTEMPERATURE,
    ),
    4: (
        Alarm.CHARGE_OVERCURRENT_WARNING,
        Alarm.CHARGE_OVERCURRENT,
        Alarm.CHARGE_OVERCURRENT,
        Alarm.DISCHARGE_OVERCURRENT_WARNING,
        Alarm.DISCHARGE_OVERCURRENT,
        Alarm.DISCHARGE_OVERCURRENT,
        Alarm.SHORT_CIRCUIT,
    ),
    5: (
        Alarm.SHORT_CIRCUIT,
        None,
        Alarm.CHARGE_OVERCURRENT,
        Alarm.DISCHARGE_OVERCURRENT,
    ),
    6: (
        None,
        None,
        Alarm.LEVEL_LOW_WARNING,
        Alarm.LEVEL_LOW,
        Alarm.CELL_IMBALANCE,
    ),
    8: (
        Alarm.LEVEL_LOW_WARNING,
        None,
        None,
        None,
        None,
        Alarm.LEVEL_LOW,
    ),
    9: (
        Alarm.TEMPERATURE_SENSOR_FAULT,
        Alarm.FRONTEND_FAULT,
        Alarm.CHARGE_MOSFET_FAULT,
        Alarm.DISCHARGE_MOSFET_FAULT,
        Alarm.CELL_FAULT,
        Alarm.WIRE_FAULT,
        Alarm.HARDWARE_FAULT,
        Alarm.FIRE_SENSOR,
    ),
}
_ALARMS: Final = {
    8 * (9 - byte) + bit: alarm
    for byte, words in _BITS.items()
    for bit, alarm in enumerate(words)
    if alarm is not None
}
# The bytes with nothing but alarms make the problem code; the others mix in states.
_CODE: Final = 0xFFFF00FF00FF0000FF
# Bits of the mixed bytes that nobody has a word for: of the ambient temperature and of the latched currents.
_UNNAMED: Final = 0x80 << 48 | 0xF2 << 32

_VALUES: Final[tuple[Row, ...]] = (
    Num(Field.VOLTAGE, 0, ">u4", 0.01),
    Num(Field.CURRENT, 4, ">i4", 0.1),
    Num(Field.CYCLE_CHARGE, 8, ">u4", 0.01),
    Num(Field.FULL_CHARGE, 12, ">u4", 0.01),
    Num(Field.TOTAL_CHARGE, 16, ">u4", 10),
    Num(Field.DESIGN_CAPACITY, 20, ">u4", 0.01),
    Num(Field.PACK_COUNT, 44, ">u2"),
    Num(Field.CYCLES, 46, ">u2"),
    Num(Field.BATTERY_LEVEL, 48, ">u2", 0.1),
    Num(Field.BATTERY_HEALTH, 50, ">u2", 0.1),
)
_EXTREMES: Final[tuple[Row, ...]] = (Num(Field.TEMPERATURE, 20, ">i2", 0.1),)
_LIMITING_AT: Final = 7
_LIMITING: Final = 0x04


def _balancing(data: bytes, draft: Draft) -> None:
    """Read from the limiting FET that nothing balances; the coils of the packs know more."""
    if not integer(data, _LIMITING_AT, ">u1") & _LIMITING:
        draft.put(Field.BALANCER, False)


_STATES: Final[tuple[Row, ...]] = (
    Flags(1, ">u9", _ALARMS, mask=_CODE, serious=_UNNAMED),
    Bit(Field.DISCHRG_MOSFET, 7, 0x01),
    Bit(Field.CHRG_MOSFET, 7, 0x02),
    Bit(Field.HEATER, 7, 0x08),
    Custom(_balancing),
)
_PACK: Final[tuple[Row, ...]] = (
    Num(Field.VOLTAGE, 0, ">u2", 0.01),
    Num(Field.CURRENT, 2, ">i2", 0.01),
    Num(Field.CYCLE_CHARGE, 4, ">u2", 0.01),
    Num(Field.DESIGN_CAPACITY, 6, ">u2", 0.01),
    Num(Field.TOTAL_CHARGE, 8, ">u2", 10),
    Num(Field.BATTERY_LEVEL, 10, ">u2", 0.1),
    Num(Field.BATTERY_HEALTH, 12, ">u2", 0.1),
    Num(Field.CYCLES, 14, ">u2"),
)
_PACK_CELLS: Final[tuple[Row, ...]] = (
    Cells(0, 16),
    Probes(32, 4, ">u2", 0.1, -2731, places=(Place.CELL,), absent=_NO_PROBE),
    Probes(
        48,
        2,
        ">u2",
        0.1,
        -2731,
        places=(Place.AMBIENT, Place.MOSFET),
        absent=_NO_PROBE,
    ),
)


def _swap(data: bytes) -> bytes:
    """Bring the words of the 32-bit numbers into order."""
    pairs = (data[at + 2 : at + 4] + data[at : at + 2] for at in range(0, _LONG, 4))
    return b"".join(pairs) + data[_LONG:]


def _ask(device: int, register: int, count: int, function: int = INPUTS) -> Ask:
    """Ask the system or a pack."""
    return question(register, count, device=device, function=function)


_ASK_VALUES: Final = _ask(_SYSTEM, 0x2000, 26)


def _poll(context: Context) -> Talk[Draft]:
    """Read the system, then each of its packs."""
    data = _swap(body((yield _ASK_VALUES)))
    draft = decode(_VALUES, data, Draft())
    frame = yield from unless_refused(context, _ask(_SYSTEM, 0x2200, 80, COILS))
    if frame is None:
        draft.unknown.add(Field.PROBLEM)
    else:
        decode(_STATES, body(frame), draft)
    frame = yield from extra(context, _ask(_SYSTEM, 0x2100, 22))
    draft = decode_extra(_EXTREMES, frame and body(frame), draft)
    for device in range(1, _PACKS.read(data) + 1):
        draft.packs.append((yield from _read_pack(context, device)))
    masks = [pack.values.get(Field.BALANCER) for pack in draft.packs]
    if masks and None not in masks:
        draft.values[Field.BALANCER] = any(masks)
    return draft


def _read_pack(context: Context, device: int) -> Talk[Draft]:
    """Read a pack; one that does not tell keeps its place, since the system has told the sums."""
    pack = Draft()
    for register, count, rows in ((0x1000, 17, _PACK), (0x1100, 26, _PACK_CELLS)):
        frame = yield from extra(context, _ask(device, register, count))
        pack = decode_extra(rows, frame and body(frame), pack)
    yield from _read_balancer(context, device, pack)
    return pack


def _read_balancer(context: Context, device: int, pack: Draft) -> Talk[None]:
    """Read which cells balance; packs that do not tell are not asked again on this connection."""
    if context.state.get(_SILENT):
        return
    frame = yield from extra(
        context, question(0x1230, 16, device=device, function=COILS, tries=1)
    )
    if frame is None:
        context.state[_SILENT] = True
    else:
        pack.put(Field.BALANCER, integer(body(frame), 0, "<u2"))


FAMILY: Final = Family(
    id="seplos",
    wires=(Wire(service="fff0", notify=("fff1",), write="fff2"),),
    framer=lambda _context: framer(
        bytes((*range(_MOST_PACKS + 1), _MODULE)), bytes((COILS, INPUTS))
    ),
    dialogue=_poll,
    settings=asking(
        body,
        replace(_ask(_MODULE, 0x1300, 53), rows=settings.FIRST),
        replace(_ask(_MODULE, 0x1335, 53), rows=settings.SECOND),
    ),
    probe=_ASK_VALUES,
)
