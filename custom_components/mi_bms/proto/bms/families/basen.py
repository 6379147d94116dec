"""Basen wall and rack packs: little endian, 16-bit sum, CR LF. Source: what batmon-ha and ESPHome components read.

Frame ``3A|3B 16 type n <n bytes> sum sum 0D 0A``; requests have one data byte 00. Untested on hardware.
Long because 22 alarm bits, cells on three pages whose last may be empty, and two answers that may be
missing.
"""

from collections.abc import Mapping
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..alarms import Alarm
from ..catalogue import Listing
from ..checksum import low_high, sum16
from ..codec import Bit, Custom, Draft, Flags, Num, Probes, Row, decode, decode_extra
from ..contract import Ask, Context, Family, Talk, Wire, extra, unless_silent
from ..framing import LengthFramer, length_at
from ..raw import integer

LISTING: Final = Listing(title="Basen BMS", brands=("Basen",), manual=True)

_STATUS, _GENERAL, _BALANCING = 0x2A, 0x2B, 0xFE
_CELLS: Final = (0x24, 0x25, 0x26)
_PER_PAGE: Final = 12
_HIGHEST: Final = "highest_cell"

_END: Final = b"\r\n"


def _request(kind: int, start: int = 0x3A) -> bytes:
    """Build a request."""
    core = bytes((0x16, kind, 1, 0))
    return bytes((start,)) + core + low_high(sum16(core)) + _END


def _check(frame: bytes) -> None:
    """Check the sum and the end of a frame."""
    if not frame.endswith(_END):
        raise FrameError("end")
    if low_high(sum16(frame[1:-4])) != frame[-4:-2]:
        raise FrameError("checksum")


def _ask(kind: int, *, start: int = 0x3A) -> Ask:
    """Make the question of a type; both start bytes occur in answers."""
    return Ask(
        request=_request(kind, start),
        reply=lambda frame: frame[2] == kind,
    )


# Charge state, discharge state, charge warnings, discharge warnings: one byte each.
_ALARMS: Final[Mapping[int, Alarm]] = {
    0: Alarm.CHARGE_OVERCURRENT,
    1: Alarm.CHARGE_OVERTEMPERATURE,
    2: Alarm.CHARGE_UNDERTEMPERATURE,
    3: Alarm.CELL_OVERVOLTAGE,
    4: Alarm.PACK_OVERVOLTAGE,
    8: Alarm.DISCHARGE_OVERCURRENT,
    9: Alarm.DISCHARGE_OVERTEMPERATURE,
    10: Alarm.DISCHARGE_UNDERTEMPERATURE,
    11: Alarm.PACK_UNDERVOLTAGE,
    12: Alarm.LEVEL_LOW,
    13: Alarm.SHORT_CIRCUIT,
    16: Alarm.CHARGE_OVERCURRENT_WARNING,
    17: Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    18: Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    19: Alarm.CELL_IMBALANCE_WARNING,
    24: Alarm.DISCHARGE_OVERCURRENT_WARNING,
    25: Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    26: Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    27: Alarm.CELL_IMBALANCE_WARNING,
    29: Alarm.LEVEL_LOW_WARNING,
    30: Alarm.PACK_UNDERVOLTAGE_WARNING,
    31: Alarm.LEVEL_LOW_WARNING,
}
_TIME_WARNING: Final = 1 << 28  # a warning that nobody has a word for
_STATES: Final = 1 << 7 | 1 << 15 | 1 << 20  # the two FETs, and "fully charged"

_STATUS_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.CURRENT, 4, "<i4", 0.001),
    Num(Field.VOLTAGE, 8, "<u4", 0.001),
    Probes(12, 4, ">i1"),
    Num(Field.CYCLE_CHARGE, 16, "<u4", 0.001),
    Bit(Field.CHRG_MOSFET, 20, 0x80),
    Bit(Field.DISCHRG_MOSFET, 21, 0x80),
    Flags(20, "<u4", _ALARMS, mask=0xFFFF_FFFF ^ _STATES, harmless=_TIME_WARNING),
    Num(Field.BATTERY_LEVEL, 24, ">u1"),
)
_GENERAL_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.DESIGN_CAPACITY, 4, "<u4", 0.001, absent=(0,)),
    Num(Field.FULL_CHARGE, 12, "<u4", 0.001, absent=(0,)),
    Num(Field.CYCLES, 26, "<u2"),
)


def _general(frame: bytes, draft: Draft) -> None:
    """Read the capacities; what is left of the nominal one is the health."""
    decode(_GENERAL_ROWS, frame, draft)
    full, nominal = (
        draft.number(Field.FULL_CHARGE),
        draft.number(Field.DESIGN_CAPACITY),
    )
    if full and nominal:
        draft.put(Field.BATTERY_HEALTH, min(100.0, round(full / nominal * 100, 1)))


def _cells(context: Context) -> Talk[list[float | None]]:
    """Read the cell pages; a last cell that has died reads 0 and has to stay visible."""
    highest = int(context.memory.get(_HIGHEST, 0))
    millivolts: list[int] = []
    for page, kind in enumerate(_CELLS):
        first = page * _PER_PAGE
        if page == 0 or first < highest:
            frame = yield _ask(kind)
        else:
            frame = yield from unless_silent(context, _ask(kind))
        if frame is None:
            break
        data = frame[4:-4]
        found = [integer(data, at, "<u2") for at in range(0, len(data) - 1, 2)]
        millivolts += found[:_PER_PAGE]
        if page and not any(found) and first >= highest:
            break
    last = max((n for n, raw in enumerate(millivolts, 1) if raw), default=0)
    context.memory[_HIGHEST] = highest = max(highest, last)
    return [raw / 1000 for raw in millivolts[:highest]]


def _balancing(body: bytes, draft: Draft) -> None:
    """Read which cells are balancing; some boards repeat their states there, which name cells that are none."""
    mask = integer(body, 8, "<u5")
    if not mask >> len(draft.cells):
        draft.put(Field.BALANCER, mask)


def _poll(context: Context) -> Talk[Draft]:
    """Read status, capacities, cells and balancing; only status and cells have to come."""
    frame = yield _ask(_STATUS, start=0x3B)
    draft = decode(_STATUS_ROWS, frame or b"", Draft())
    general = yield from extra(context, _ask(_GENERAL))
    draft = decode_extra((Custom(_general),), general, draft)
    draft.cells = yield from _cells(context)
    balancing = yield from extra(context, _ask(_BALANCING))
    return decode_extra((Custom(_balancing),), balancing and balancing[:-4], draft)


def _inform(_context: Context) -> Talk[Draft]:
    """Read the serial number."""
    frame = yield _ask(_GENERAL)
    number = integer(frame or b"", 22, "<u2")
    return Draft(info={"serial_number": str(number)} if number else {})


FAMILY: Final = Family(
    id="basen",
    wires=(Wire(service="fa00", notify=("fa01",), write="fa02"),),
    framer=lambda _context: LengthFramer(
        (b"\x3a\x16", b"\x3b\x16"), length_at(3, 8), _check
    ),
    dialogue=_poll,
    inform=_inform,
    probe=_ask(_STATUS, start=0x3B),
    uncertain=True,
)
