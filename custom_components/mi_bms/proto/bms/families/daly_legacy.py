"""Daly smart BMS, the old protocol: frames of 13 bytes, big endian. Source: what batmon-ha reads.

Request ``A5 80 cmd 08`` and 8 bytes, reply ``A5 01 cmd 08`` and 8 bytes, then the sum of the rest.
Boards differ in the commands they know; only the main one has to be answered.
Untested on hardware. Long because boards know different commands, and cells and temperatures come in
numbered series.
"""

from collections.abc import Mapping
from typing import Final

from ...model.errors import FrameError, NoAnswer
from ...model.fields import Field
from ..catalogue import Listing, Match
from ..checksum import sum8
from ..codec import Bit, Cells, Draft, Flags, Num, Probes, Row, decode, decode_extra
from ..contract import Ask, Context, Family, Pacing, Talk, Wire, Write, extra
from ..control import Confidence, Control, Switch, Target, writer
from ..dialects.daly import (
    CURRENTS_AND_LEVEL,
    DIFFERENCES,
    IDS,
    MODULES,
    MOSFETS,
    PARTS,
    TEMPERATURES,
    VOLTAGES,
    bits,
)
from ..framing import LengthFramer, check_sum8, fixed

LISTING: Final = Listing(
    title="Daly smart BMS (legacy)",
    brands=("Daly",),
    match=(
        Match(name="DL-*", service="fff0", sure=False),
        Match(mfr=IDS, sure=False),
    ),
)

_WAKE: Final = "02f00000-0000-0000-0000-00000000ff01"
_MAIN: Final = 0x90
_CELLS: Final = 0x95
_TEMPERATURES: Final = 0x96
_ANSWERED: Final = "answered"
_NO_PROBE: Final = (0, 0xFF)  # -40 and 215 °C
# Times that a series is asked for: of six frames one gets lost easily, and none can be asked for alone.
_SERIES: Final = 4

_ALARMS: Final = bits(
    VOLTAGES,
    TEMPERATURES,
    CURRENTS_AND_LEVEL,
    DIFFERENCES,
    MOSFETS,
    PARTS,
    MODULES,
    (),
)

# Command -> rows of its 8 data bytes; each is asked in this order, and only the main one has to be answered.
_PLAN: Final[Mapping[int, tuple[Row, ...]]] = {
    0x90: (
        Num(Field.VOLTAGE, 0, ">u2", 0.1),
        # The wire counts discharging as positive.
        Num(Field.CURRENT, 4, ">u2", -0.1, -30000, absent=(0,)),
        Num(Field.BATTERY_LEVEL, 6, ">i2", 0.1),
    ),
    0x93: (
        Bit(Field.CHRG_MOSFET, 1),
        Bit(Field.DISCHRG_MOSFET, 2),
        Num(Field.CYCLE_CHARGE, 4, ">i4", 0.001),
    ),
    0x94: (
        Num(Field.CELL_COUNT, 0, ">u1"),
        Num(Field.TEMP_SENSORS, 1, ">u1"),
        Bit(Field.CHARGER, 2),
        Num(Field.CYCLES, 5, ">i2"),
    ),
    # Which bit is which cell is not known: only whether any is balancing.
    0x97: (Bit(Field.BALANCER, 0, (1 << 64) - 1, ">u8"),),
    # The last byte is a fault code without names.
    0x98: (Flags(0, ">u8", _ALARMS),),
}


def _request(command: int, data: bytes = b"") -> bytes:
    """Build a request."""
    core = bytes((0xA5, 0x80, command, 8)) + data.ljust(8, b"\0")
    return core + bytes((sum8(core),))


def _ask(command: int) -> Ask:
    """Ask for a command."""
    return Ask(request=_request(command), reply=bytes((0xA5, 0x01, command, 8)))


def _series(context: Context, command: int, count: int, each: int) -> Talk[bytes]:
    """Collect numbered answers that hold ``each`` bytes; empty where they do not come, all and in order."""
    for _ in range(_SERIES):
        first = yield from extra(context, _ask(command))
        data = yield from _numbered(first, command, -(-count // each), each)
        if data or first is None:
            return data
    return b""


def _numbered(frame: bytes | None, command: int, last: int, each: int) -> Talk[bytes]:
    """Collect the answers from the first one on, up to the last, so that none is left for the next question."""
    found: list[bytes] = []
    while frame is not None:
        found.append(frame)
        if frame[4] >= last or len(found) == last:
            break
        frame = yield Ask(reply=bytes((0xA5, 0x01, command, 8)), optional=True)
    whole = [one[4] for one in found] == [*range(1, last + 1)]
    return b"".join(one[5 : 5 + each] for one in found) if whole else b""


def _main(context: Context, ask: Ask) -> Talk[bytes | None]:
    """Ask the main question; a board that ever answered it has to answer it every time."""
    try:
        frame = yield ask
    except NoAnswer:
        if context.memory.get(_ANSWERED):
            raise
        return None
    context.memory[_ANSWERED] = True
    return frame


def _poll(context: Context) -> Talk[Draft]:
    """Ask every command; a level out of range shows a corrupt answer."""
    draft = Draft()
    for command, rows in _PLAN.items():
        frame = yield from (_main if command == _MAIN else extra)(
            context, _ask(command)
        )
        draft = decode_extra(rows, frame and frame[4:-1], draft)
    if not draft.values:
        raise NoAnswer
    if not 0 <= (draft.number(Field.BATTERY_LEVEL) or 0) <= 100:
        raise FrameError("range")
    cells = int(draft.number(Field.CELL_COUNT) or 0)
    if cells and (data := (yield from _series(context, _CELLS, 2 * cells, 6))):
        decode((Cells(0, cells, empty=()),), data, draft)
    sensors = int(draft.number(Field.TEMP_SENSORS) or 0)
    if sensors and (data := (yield from _series(context, _TEMPERATURES, sensors, 7))):
        decode((Probes(0, sensors, ">u1", 1, -40, absent=_NO_PROBE),), data, draft)
    return draft


def _login(context: Context) -> Talk[None]:
    """Wake the module with an empty write."""
    yield Write(b"", _WAKE if _WAKE in context.characteristics else None)


def _switch(target: Target, number: int) -> Switch:
    """Make the row of a target."""
    off, on = (_request(number, bytes((value,))) for value in (0, 1))
    return Switch(
        target=target,
        confidence=Confidence.EXPERIMENTAL,
        source="captured over the cable (python-daly-bms, dalymon); switched by dbus-serialbattery, batmon-ha",
        on=(on,),
        off=(off,),
    )


_CONTROL: Final = Control(
    switches=(_switch(Target.CHARGE, 0xDA), _switch(Target.DISCHARGE, 0xD9)),
    # The first byte of the data is the state, the rest is left over from something else.
    write=writer(
        lambda request, frame: frame[2] == request[2] and frame[4] == request[4]
    ),
)

FAMILY: Final = Family(
    id="daly_legacy",
    wires=(
        Wire(service="fff0", notify=("fff1",), write="fff2"),
        Wire(service="ff00", notify=("ff01",), write="ff02"),
    ),
    framer=lambda _context: LengthFramer((b"\xa5\x01",), fixed(13), check_sum8),
    dialogue=_poll,
    login=_login,
    control=_CONTROL,
    probe=_ask(0x90),
    pacing=Pacing(timeout=0.7, tries=2, deadline=30.0),
    response=False,
    uncertain=True,
)
