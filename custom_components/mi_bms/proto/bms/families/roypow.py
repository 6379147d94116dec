"""RoyPow, Epoch, Lion Energy Safari, PowerUrus: big endian, XOR. Source: what aiobmsble, the board maker's app and a charger with these boards read.

Frame ``EA D1 01 len … xor F5``; the length counts everything behind it, the XOR begins with it. The
module mixes ``AT+STAT`` lines into the stream. FETs and defects stand behind the counted
probes. Long because its alarms are spread over six bytes, two of which have to be combined.
"""

from collections.abc import Mapping
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Place
from ..alarms import Alarm
from ..catalogue import Listing, names
from ..checksum import xor8
from ..codec import Bit, Cells, Count, Custom, Draft, Flags, Num, Probes, Row, decode
from ..contract import Ask, Family, Wire
from ..framing import LengthFramer, length_at
from ..raw import integer, scaled

LISTING: Final = Listing(
    title="RoyPow battery",
    brands=("RoyPow", "Epoch", "Lion Energy", "PowerUrus"),
    match=names(" [BS]12*", " [BS]24*", " UT*", service="ffe0"),
)

_HEAD: Final = b"\xea\xd1\x01"


def _check(frame: bytes) -> None:
    """Check the end byte and the XOR."""
    if frame[-1] != 0xF5:
        raise FrameError("end")
    if xor8(frame[3:-2]) != frame[-2]:
        raise FrameError("checksum")


def _cells(body: bytes, draft: Draft) -> None:
    """Read the cells: as many as the frame is long."""
    decode((Cells(9, (len(body) - 9) // 2, empty=()),), body, draft)


def _current(body: bytes, draft: Draft) -> None:
    """Read the current: a byte with the sign, then the magnitude in 0.01 A."""
    sign = -1 if integer(body, 6, ">u1") & 1 else 1
    draft.put(Field.CURRENT, sign * integer(body, 7, ">u2") / 100)


_COUNT: Final = Count(13, most=10)
_OTHERS: Final = ((0x10, Place.MOSFET), (0x20, Place.AMBIENT))

# Over-voltage, under-voltage and temperature: one byte each.
_PROTECTIONS: Final[Mapping[int, Alarm]] = {
    16: Alarm.CELL_OVERVOLTAGE,
    17: Alarm.PACK_OVERVOLTAGE,
    20: Alarm.LEVEL_HIGH,
    8: Alarm.CELL_UNDERVOLTAGE,
    9: Alarm.PACK_UNDERVOLTAGE,
}
_CURRENTS: Final[Mapping[int, Alarm]] = {
    0: Alarm.SHORT_CIRCUIT,
    1: Alarm.DISCHARGE_OVERCURRENT,
    2: Alarm.CHARGE_OVERCURRENT,
    4: Alarm.AMBIENT_OVERTEMPERATURE,
    5: Alarm.AMBIENT_UNDERTEMPERATURE,
}
_DEFECTS: Final[Mapping[int, Alarm]] = {
    0: Alarm.TEMPERATURE_SENSOR_FAULT,
    1: Alarm.FRONTEND_FAULT,
    2: Alarm.DISCHARGE_MOSFET_FAULT,
    3: Alarm.CHARGE_MOSFET_FAULT,
}
_HOT, _COLD = 0x10, 0x20
# Which probe, and whether it is too hot or too cold: one bit each.
_TEMPERATURES: Final = (
    (0x01, Alarm.CHARGE_OVERTEMPERATURE, Alarm.CHARGE_UNDERTEMPERATURE),
    (0x02, Alarm.DISCHARGE_OVERTEMPERATURE, Alarm.DISCHARGE_UNDERTEMPERATURE),
    (0x04, Alarm.MOSFET_OVERTEMPERATURE, Alarm.MOSFET_UNDERTEMPERATURE),
)


def _probes(body: bytes, draft: Draft) -> None:
    """Read the probes: the cells', then that of the MOSFETs and the outer one where they are told."""
    count, told = _COUNT.read(body), integer(body, 6, ">u1")
    behind = tuple(place for mask, place in _OTHERS if told & mask)
    places = (Place.CELL,) * (count - len(behind)) + behind
    decode((Probes(14, count, ">u1", 1, -40, places, absent=(0, 0xFF)),), body, draft)


def _temperatures(body: bytes, draft: Draft) -> None:
    """Read the words of the temperatures; their bits count with the others."""
    bits = integer(body, 11, ">u1")
    for mask, hot, cold in _TEMPERATURES:
        if bits & mask:
            draft.alarms |= {hot} if bits & _HOT else set()
            draft.alarms |= {cold} if bits & _COLD else set()


def _switches(body: bytes, draft: Draft) -> None:
    """Read FETs and defects, which stand behind the counted probes."""
    at = 20 + _COUNT.read(body)
    rows: tuple[Row, ...] = (
        Bit(Field.CHRG_MOSFET, at, 0x04),
        Bit(Field.DISCHRG_MOSFET, at, 0x02),
        Flags(at + 1, ">u1", _DEFECTS, shift=32),
    )
    decode(rows, body, draft)


def _capacities(body: bytes, draft: Draft) -> None:
    """Read the three capacities in mAh; a counting byte stands between their two words."""
    for at, name in (
        (12, Field.DESIGN_CAPACITY),
        (18, Field.FULL_CHARGE),
        (24, Field.CYCLE_CHARGE),
    ):
        high, low = integer(body, at, ">u2"), integer(body, at + 3, ">u2")
        if high or low or name is Field.CYCLE_CHARGE:
            draft.put(name, scaled(high << 16 | low, 0.001))


def _ask(command: int, *rows: Row, optional: bool = False) -> Ask:
    """Make the question of a command."""
    core = bytes((4, 0xFF, command))
    return Ask(
        request=_HEAD + core + bytes((xor8(core), 0xF5)),
        reply=lambda frame: frame[4:6] == bytes((0xFF, command)),
        rows=rows,
        optional=optional,
    )


_PLAN: Final = (
    _ask(
        0x03,
        Custom(_current),
        Flags(9, ">u3", _PROTECTIONS),
        Custom(_temperatures),
        Flags(12, ">u1", _CURRENTS, shift=24),
        Num(Field.TEMP_SENSORS, 13, ">u1"),
        Custom(_probes),
        Custom(_switches),
    ),
    _ask(
        0x04,
        Num(Field.BATTERY_LEVEL, 7, ">u1"),
        Num(Field.CYCLES, 9, ">u2"),
        Custom(_capacities),
        Num(Field.RUNTIME, 30, ">u2", 60, absent=(0xFFFF,)),
        Num(Field.VOLTAGE, 47, ">u2", 0.01),
    ),
    _ask(0x02, Custom(_cells), optional=True),
)

FAMILY: Final = Family(
    id="roypow",
    wires=(Wire(service="ffe0", notify=("ffe1",), write="ffe1"),),
    framer=lambda _context: LengthFramer(
        (_HEAD,), length_at(3, 4), _check, noise=(b"AT+STAT\r\n",)
    ),
    plan=_PLAN,
    tail=2,
    probe=_ask(0x02),
)
