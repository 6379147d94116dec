"""HumsiENK BMC, also sold by ECO-WORTHY and DC HOUSE: little endian, 16-bit sum. Source: what aiobmsble reads.

Frame ``AA cmd len <len bytes> sum sum`` in both directions; a first command has to wake the board. Long
because 26 alarm bits have a name.
"""

from collections.abc import Mapping
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Place
from ..alarms import Alarm
from ..catalogue import Listing, Match, names
from ..checksum import low_high, sum16
from ..codec import Bit, Cells, Custom, Draft, Flags, Num, Probes, Row, Text, decode
from ..contract import Ask, Context, Family, Talk, Wire
from ..control import Confidence, Control, Switch, Target, writer
from ..framing import LengthFramer, length_at
from ..raw import integer

LISTING: Final = Listing(
    title="HumsiENK BMC",
    brands=("HumsiENK", "ECO-WORTHY", "DC HOUSE"),
    match=(
        Match(name="HS*", service="0001", discover="HS[0-9A-F]*", brands=("HumsiENK",)),
        *names("ECO????", service="0001", brands=("ECO-WORTHY",)),
        *names("DCH????", service="0001", brands=("DC HOUSE",)),
    ),
)

_ALARMS: Final[Mapping[int, Alarm]] = {
    0: Alarm.CHARGE_OVERCURRENT,
    1: Alarm.CHARGE_OVERTEMPERATURE,
    2: Alarm.CHARGE_UNDERTEMPERATURE,
    3: Alarm.CELL_OVERVOLTAGE,
    4: Alarm.PACK_OVERVOLTAGE,
    5: Alarm.FRONTEND_FAULT,
    8: Alarm.CHARGE_OVERCURRENT_WARNING,
    9: Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    10: Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    11: Alarm.CELL_OVERVOLTAGE_WARNING,
    12: Alarm.PACK_OVERVOLTAGE_WARNING,
    13: Alarm.CELL_IMBALANCE_WARNING,
    14: Alarm.CELL_IMBALANCE,
    16: Alarm.DISCHARGE_OVERCURRENT,
    17: Alarm.DISCHARGE_OVERTEMPERATURE,
    18: Alarm.DISCHARGE_UNDERTEMPERATURE,
    19: Alarm.CELL_UNDERVOLTAGE,
    20: Alarm.SHORT_CIRCUIT,
    21: Alarm.PACK_UNDERVOLTAGE,
    24: Alarm.DISCHARGE_OVERCURRENT_WARNING,
    25: Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    26: Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    27: Alarm.CELL_UNDERVOLTAGE_WARNING,
    28: Alarm.PACK_UNDERVOLTAGE_WARNING,
    29: Alarm.MOSFET_OVERTEMPERATURE_WARNING,
    30: Alarm.MOSFET_OVERTEMPERATURE,
}
_CHARGE_ON, _HEATER_ON, _DISCHARGE_ON = 1 << 7, 1 << 15, 1 << 23
_PREDISCHARGE_ON: Final = 1 << 31
_STATES: Final = _CHARGE_ON | _HEATER_ON | _DISCHARGE_ON


def _check(frame: bytes) -> None:
    """Check the sum."""
    if low_high(sum16(frame[1:-2])) != frame[-2:]:
        raise FrameError("checksum")


def _uptime(body: bytes, draft: Draft) -> None:
    """Read the time since start: days, hours, minutes."""
    days, hours, minutes = body[3:5], integer(body, 5, ">u1"), integer(body, 6, ">u1")
    since = int.from_bytes(days, "little") * 24 + hours
    draft.put(Field.UPTIME, since * 3600 + minutes * 60)


def _disconnected(body: bytes, draft: Draft) -> None:
    """Read which cells are disconnected: a problem that has no bit in the code."""
    if integer(body, 14, "<u3"):
        draft.put(Field.PROBLEM, True)
        draft.alarms.add(Alarm.WIRE_FAULT)


def _request(command: int, data: bytes = b"") -> bytes:
    """Build a request."""
    core = bytes((command, len(data))) + data
    return b"\xaa" + core + low_high(sum16(core))


def _ask(command: int, *rows: Row, optional: bool = False) -> Ask:
    """Make the question of a command."""
    return Ask(
        request=_request(command),
        reply=bytes((0xAA, command)),
        rows=rows,
        optional=optional,
    )


_PLAN: Final = (
    _ask(
        0x21,
        Num(Field.VOLTAGE, 3, "<u4", 0.001),
        Num(Field.CURRENT, 7, "<i4", 0.001),
        Num(Field.BATTERY_LEVEL, 11, ">u1"),
        Num(Field.BATTERY_HEALTH, 12, ">u1"),
        Num(Field.CYCLE_CHARGE, 13, "<u4", 0.001),
        Num(Field.DESIGN_CAPACITY, 17, "<u4", 0.001),
        Num(Field.CYCLES, 21, "<u2"),
        Probes(23, 6, ">i1", places=(*(Place.CELL,) * 4, Place.MOSFET, Place.AMBIENT)),
    ),
    _ask(
        0x20,
        Custom(_uptime),
        Flags(7, "<u4", _ALARMS, mask=0xFFFF_FFFF ^ _STATES),
        Bit(Field.PRECHRG_MOSFET, 7, _PREDISCHARGE_ON, "<u4"),
        Bit(Field.CHRG_MOSFET, 7, _CHARGE_ON, "<u4"),
        Bit(Field.HEATER, 7, _HEATER_ON, "<u4"),
        Bit(Field.DISCHRG_MOSFET, 7, _DISCHARGE_ON, "<u4"),
        Num(Field.BALANCER, 11, "<u3"),
        Custom(_disconnected),
        optional=True,
    ),
    _ask(0x22, Cells(3, 24, "<u2"), optional=True),
)


def _login(_context: Context) -> Talk[None]:
    """Wake the board; what it says to that does not matter."""
    yield _ask(0x00, optional=True)


def _inform(_context: Context) -> Talk[Draft]:
    """Read the model and the version of the hardware."""
    draft = Draft()
    for command, name in ((0x11, "model"), (0xF5, "hw_version")):
        frame = (yield _ask(command)) or b""
        decode((Text(name, 3),), frame[:-2], draft)
    return draft


def _switch(target: Target, command: int) -> Switch:
    """Make the row of a target."""
    return Switch(
        target=target,
        confidence=Confidence.EXPERIMENTAL,
        source="aiobmsble's protocol page, confirmed there on a device",
        on=(_request(command, b"\x01"),),
        off=(_request(command, b"\0"),),
    )


_CONTROL: Final = Control(
    switches=(_switch(Target.CHARGE, 0x50), _switch(Target.DISCHARGE, 0x51)),
    write=writer(lambda request, frame: frame[1] == request[1]),
)

FAMILY: Final = Family(
    id="humsienk",
    wires=(Wire(service="0001", notify=("0003",), write="0002"),),
    framer=lambda _context: LengthFramer((b"\xaa",), length_at(2, 5), _check),
    plan=_PLAN,
    tail=2,
    login=_login,
    inform=_inform,
    control=_CONTROL,
    probe=_ask(0x00),
)
