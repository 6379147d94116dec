"""JBD / Xiaoxiang: binary frames, all numbers big endian. Source: what aiobmsble, batmon-ha, ESPHome components and owners' own readers read.

Request ``DD A5|5A reg len data chk 77``, reply ``DD reg status len data chk 77``; the checksum is the
two's complement of the 16-bit sum of everything between its place and the second byte: register,
length, data in a request, status, length, data in a reply. Status 00 is fine, 80 refuses, 81 wants a
password. A second frame type, ``FF AA cmd len data sum8``, is the Bluetooth module's: see
``jbd_module``. An unbonded module of the newest kind echoes every written frame.
"""

from collections.abc import Collection, Mapping
from typing import Final

from ...model.errors import AuthNeeded, FrameError, NoAnswer
from ...model.fields import Field
from ...model.sample import Place
from ..alarms import Alarm
from ..checksum import high_low, negated_sum16, sum8
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
from ..contract import Ask, Context, Family, Pacing, Talk, Wire, extra
from ..control import EFFECTS, Control, Target
from ..framing import LengthFramer
from ..raw import integer, number, scaled
from ..settings import jbd as settings
from .jbd_module import login, wants_password

BASIC: Final = 0x03
CELLS: Final = 0x04
HARDWARE: Final = 0x05
COUNTERS: Final = 0xAA

_OK: Final = 0x00
_REFUSED: Final = 0x80
_LOCKED: Final = 0x81
# The last two: the request came with a bad checksum, or the password was wrong.
_STATUSES: Final = (_OK, _REFUSED, _LOCKED, 0x82, 0x83)


def request(register: int) -> bytes:
    """Return the question for one register."""
    return _framed(0xA5, bytes((register, 0)))


def write(register: int, data: bytes) -> bytes:
    """Return the command that writes one register, for user decisions only."""
    return _framed(0x5A, bytes((register, len(data))) + data)


def _framed(kind: int, core: bytes) -> bytes:
    return bytes((0xDD, kind)) + core + high_low(negated_sum16(core)) + b"\x77"


def _total(frame: bytes) -> int | None:
    """Return the length of either frame type; 0 when the head cannot be one."""
    if len(frame) < 4:
        return None
    if frame[0] == 0xFF:
        return frame[3] + 5
    return frame[3] + 7 if frame[2] in _STATUSES else 0


def _check(frame: bytes) -> None:
    """Check the end byte and the checksum of either frame type."""
    if frame[0] == 0xFF:
        if sum8(frame[2:-1]) != frame[-1]:
            raise FrameError("checksum")
        return
    if frame[-1] != 0x77:
        raise FrameError("end")
    if high_low(negated_sum16(frame[2:-3])) != frame[-3:-1]:
        raise FrameError("checksum")


def framer(_context: Context) -> LengthFramer:
    """Return the framer of both frame types."""
    return LengthFramer((b"\xdd", b"\xff\xaa"), _total, _check)


def _question(register: int, *, tries: int | None = None) -> Ask:
    """Return the question for a register."""
    return Ask(
        request=request(register),
        # A request that arrived damaged is asked again.
        reply=lambda frame: frame[1] == register and frame[2] in _STATUSES[:3],
        tries=tries,
    )


def ask(register: int, *, tries: int | None = None) -> Talk[bytes]:
    """Ask for a register and return its data; raise ``AuthNeeded`` or ``FrameError`` for a refusal."""
    frame = yield _question(register, tries=tries)
    return payload(frame or b"")


def payload(frame: bytes) -> bytes:
    """Return the data of a reply; raise for another status than 00."""
    status = integer(frame, 2, ">u1")
    if status == _LOCKED:
        raise AuthNeeded
    if status != _OK:
        raise FrameError("status")
    return frame[4:-3]


PROTECTIONS: Final[Mapping[int, Alarm]] = {
    0: Alarm.CELL_OVERVOLTAGE,
    1: Alarm.CELL_UNDERVOLTAGE,
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
    12: Alarm.MOSFET_LOCKED,  # by the switch command
    13: Alarm.CHARGE_TIMEOUT,
}
WARNINGS: Final[Mapping[int, Alarm]] = {  # bit 15 is set in a healthy pack
    **{n: Alarm(f"{word}_warning") for n, word in PROTECTIONS.items() if n < 10},
    10: Alarm.CELL_IMBALANCE_WARNING,
    11: Alarm.LEVEL_LOW_WARNING,
}
NO_PROBE: Final = (0, 0xFFFF)

_COUNTED: Final = (
    Alarm.SHORT_CIRCUIT,
    Alarm.CHARGE_OVERCURRENT,
    Alarm.DISCHARGE_OVERCURRENT,
    Alarm.CELL_OVERVOLTAGE,
    Alarm.CELL_UNDERVOLTAGE,
    Alarm.CHARGE_OVERTEMPERATURE,
    Alarm.CHARGE_UNDERTEMPERATURE,
    Alarm.DISCHARGE_OVERTEMPERATURE,
    Alarm.DISCHARGE_UNDERTEMPERATURE,
    Alarm.PACK_OVERVOLTAGE,
    Alarm.PACK_UNDERVOLTAGE,
)


def production_date(body: bytes, draft: Draft) -> None:
    """Read the packed date at offset 10; an impossible one is left out."""
    raw = integer(body, 10, ">u2")
    year, month, day = 2000 + (raw >> 9), raw >> 5 & 15, raw & 31
    if 1 <= month <= 12 and day:
        draft.info["production_date"] = f"{year}-{month:02}-{day:02}"


def _software(body: bytes, draft: Draft) -> None:
    """Read the version: high nibble, low nibble."""
    raw = integer(body, 18, ">u1")
    draft.info["sw_version"] = f"{raw >> 4}.{raw & 15}"


def _balancer(body: bytes, draft: Draft) -> None:
    """Read the balancing cells; in either word the lowest bit is the lowest cell."""
    draft.put(Field.BALANCER, integer(body, 12, ">u2") | integer(body, 14, ">u2") << 16)


# What stops a MOSFET although nobody has locked it.
_STOPS: Final[Mapping[Target, frozenset[Alarm]]] = {
    Target.CHARGE: frozenset(
        {
            Alarm.CELL_OVERVOLTAGE,
            Alarm.PACK_OVERVOLTAGE,
            Alarm.CHARGE_OVERTEMPERATURE,
            Alarm.CHARGE_UNDERTEMPERATURE,
            Alarm.CHARGE_OVERCURRENT,
            Alarm.CHARGE_TIMEOUT,
            Alarm.FRONTEND_FAULT,
        }
    ),
    Target.DISCHARGE: frozenset(
        {
            Alarm.CELL_UNDERVOLTAGE,
            Alarm.PACK_UNDERVOLTAGE,
            Alarm.DISCHARGE_OVERTEMPERATURE,
            Alarm.DISCHARGE_UNDERTEMPERATURE,
            Alarm.DISCHARGE_OVERCURRENT,
            Alarm.SHORT_CIRCUIT,
            Alarm.FRONTEND_FAULT,
        }
    ),
}


def released(target: Target, conducts: bool, alarms: Collection[str]) -> bool | None:
    """Return whether nobody has locked a MOSFET; None where a protection would explain it as well."""
    if conducts or Alarm.MOSFET_LOCKED not in alarms:
        return True
    return None if not _STOPS[target].isdisjoint(alarms) else False


def _commands(body: bytes, draft: Draft) -> None:
    """Read what was switched off by command, as far as it can be known."""
    for target in (Target.CHARGE, Target.DISCHARGE):
        conducts = bool(draft.values[EFFECTS[target]])
        if (on := released(target, conducts, draft.alarms)) is not None:
            draft.switches[target] = on


CHARGES: Final[tuple[tuple[Field, int, str], ...]] = (
    (Field.CURRENT, 2, ">i2"),
    (Field.CYCLE_CHARGE, 4, ">u2"),
    (Field.DESIGN_CAPACITY, 6, ">u2"),
)

# Register 03 up to the number of probes: the part that all relatives share.
COMMON: Final[tuple[Row, ...]] = (
    Num(Field.VOLTAGE, 0, ">u2", 0.01),
    *(Num(name, at, raw, 0.01) for name, at, raw in CHARGES),
    Num(Field.CYCLES, 8, ">u2"),
    Custom(production_date),
    Custom(_balancer),
    Flags(16, ">u2", PROTECTIONS),
    Custom(_software),
    Num(Field.BATTERY_LEVEL, 19, ">u1"),
    Bit(Field.CHRG_MOSFET, 20, 0x01),
    Bit(Field.DISCHRG_MOSFET, 20, 0x02),
    Custom(_commands),
    Num(Field.CELL_COUNT, 21, ">u1"),
    Num(Field.TEMP_SENSORS, 22, ">u1"),
)


def _tail(body: bytes, draft: Draft) -> None:
    """Read what newer boards append: the unit of all charges, warnings, and the learned capacity."""
    at = 23 + 2 * integer(body, 22, ">u1")
    if len(body) <= at:
        return
    warned = Flags(at + 1, ">u2", WARNINGS, mask=0, optional=True, eased=True)
    decode((warned,), body, draft)
    scale = 0.01
    if body[at] & 0x80:
        # Big packs count in 100 mA and 100 mAh; the voltage keeps its unit.
        scale = 0.1
        for name, place, raw in CHARGES:
            draft.put(name, scaled(number(body, place, raw), scale))
    if len(body) >= at + 9:
        decode(
            (Num(Field.FULL_CHARGE, at + 3, ">u2", scale, absent=(0,)),), body, draft
        )


ROWS: Final[tuple[Row, ...]] = (
    *COMMON,
    Probes(
        23,
        Count(22, most=16),
        ">u2",
        0.1,
        -2731,
        places=(Place.CELL,),
        absent=NO_PROBE,
    ),
    Custom(_tail),
)


def read_cells(context: Context, draft: Draft) -> Talk[None]:
    """Ask for the cells and compare their number with what register 03 said; dead cells stay.

    Without a good answer the draft has no cells: the rest is worth a sample.
    """
    frame = yield from extra(context, _question(CELLS, tries=3))
    if frame is None or frame[2] != _OK:
        return
    body = frame[4:-3]
    said = draft.number(Field.CELL_COUNT)
    count = len(body) // 2
    if len(body) % 2 == 0 and count and (not said or count >= said):
        decode((Cells(0, int(said or count), empty=()),), body, draft)


def inform(_context: Context) -> Talk[Draft]:
    """Read versions, production date and the name of the hardware, which some boards refuse."""
    draft = Draft()
    body = yield from ask(BASIC)
    decode((Custom(production_date), Custom(_software)), body, draft)
    try:
        name = yield from ask(HARDWARE)
    except FrameError, NoAnswer:
        return draft
    return decode((Text("hw_version", 0),), name, draft)


def diagnose(_context: Context) -> Talk[Draft]:
    """Read how often each protection has tripped; many boards refuse outside factory mode."""
    draft = Draft()
    body = yield from ask(COUNTERS, tries=1)
    for n, alarm in enumerate(_COUNTED):
        draft.counters[alarm] = integer(body, 2 * n, ">u2")
    return draft


def ask_basic(context: Context) -> Talk[bytes]:
    """Ask for register 03; silence of a module that wants a password becomes ``AuthNeeded``."""
    try:
        return (yield from ask(BASIC))
    except NoAnswer:
        if not context.secret and (yield from wants_password()):
            raise AuthNeeded from None
        raise


def poll(context: Context) -> Talk[Draft]:
    """Read values and cells."""
    body = yield from ask_basic(context)
    draft = decode(ROWS, body, Draft())
    context.memory[settings.TENTHS] = settings.in_tenths(body)
    context.heard(draft)
    yield from read_cells(context, draft)
    return draft


def family(
    family_id: str, wires: tuple[Wire, ...], control: Control | None = None
) -> Family:
    """Make a family that speaks this protocol over the given wires."""
    return Family(
        id=family_id,
        wires=wires,
        framer=framer,
        dialogue=poll,
        login=login,
        inform=inform,
        diagnose=diagnose,
        settings=settings.reader(_question),
        control=control,
        probe=Ask(request=request(BASIC), reply=bytes((0xDD, BASIC, _OK))),
        # The first command after connecting is often lost, and answers may take seconds.
        pacing=Pacing(settle=0.2, timeout=1.0, tries=3, deadline=20.0),
        response=False,
        echo_is_unpaired=True,
    )
