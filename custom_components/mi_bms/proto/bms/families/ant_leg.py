"""ANT BMS, legacy protocol (AA 55 AA FF): one frame of 140 bytes, big endian. Source: what aiobmsble, batmon-ha and ESPHome components read.

Request ``DB DB addr val val sum``; the reply ends with the 16-bit sum of everything behind its head.
The time at offset 87 is the time since start, not the time to empty. Boards with a password may want it
before anything else, two of its eight characters at a time, and acknowledge nothing. Untested on hardware. Long because that
password and switches come on top of the rows.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import BmsSample
from ..catalogue import Listing, Password, Secret, names
from ..checksum import high_low, sum8, sum16
from ..codec import Cells, Count, Custom, Draft, Num, Probes, Row, decode
from ..contract import Ask, Context, Family, Talk, Wire, Write
from ..control import Confidence, Control, Switch, Target, writer
from ..dialects.ant import NOT_FITTED, read_codes
from ..dialects.ant_closed import UNAUTHORIZED, Spoken, answer, greet, tell
from ..framing import LengthFramer, fixed
from ..raw import integer

LISTING: Final = Listing(
    title="ANT BMS (legacy)",
    brands=("ANT",),
    match=names("ANT[!@]BLE[!23]*", "ANT[!@]BLE2[!4]*", service="ffe0", sure=False),
    password=Password(kind=Secret.TEXT, longest=8, refusal=UNAUTHORIZED),
)

_HEAD: Final = b"\xaa\x55\xaa\xff"
_READ: Final = bytes((0, 0, 0))  # address and value
_ASK: Final = Ask(request=b"\xdb\xdb" + _READ + bytes((sum8(_READ),)), reply=_HEAD)


_PASSWORD: Final = (0xF1, 0xF2, 0xF3, 0xF4)


def _check(frame: bytes) -> None:
    """Check the sum of a reply."""
    if high_low(sum16(frame[4:-2])) != frame[-2:]:
        raise FrameError("checksum")


def _codes(body: bytes, draft: Draft) -> None:
    """Read the codes of FETs and balancer."""
    read_codes(body, 103, integer(body, 132, ">u4"), draft, charge_first=True)


def _capacity(body: bytes, draft: Draft) -> None:
    """Estimate the design capacity to 10 Ah, for boards that do not send it."""
    level, charge = integer(body, 74, ">u1"), integer(body, 79, ">u4")
    if Field.DESIGN_CAPACITY not in draft.values and level and charge:
        draft.put(Field.DESIGN_CAPACITY, round(charge / level / 1e5) * 10)


_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.VOLTAGE, 4, ">u2", 0.1),
    Cells(6, Count(123)),
    Num(Field.CELL_COUNT, 123, ">u1"),
    Num(Field.CURRENT, 70, ">i4", -0.1),
    Num(Field.BATTERY_LEVEL, 74, ">u1"),
    Num(Field.DESIGN_CAPACITY, 75, ">u4", 1e-6, absent=(0,)),
    Num(Field.CYCLE_CHARGE, 79, ">u4", 1e-6),
    Num(Field.TOTAL_CHARGE, 83, ">u4", 0.001),
    Num(Field.UPTIME, 87, ">u4"),
    # The last two of the six are usually not wired.
    Probes(91, 4, absent=(NOT_FITTED,)),
    Probes(99, 2, absent=(NOT_FITTED, 0)),
    Custom(_codes),
    Custom(_capacity),
)


def _login(context: Context) -> Talk[None]:
    """Say the password to a board that is silent without it."""
    yield from greet(context, _WORD)


def _say(context: Context) -> Talk[None]:
    """Say the password; it is not acknowledged."""
    for n, address in enumerate(_PASSWORD):
        yield Write(_write(address, (context.secret or "").encode()[2 * n : 2 * n + 2]))


_WORD: Final = Spoken(_say, range(8, 9))


def _poll(context: Context) -> Talk[Draft]:
    """Read the one frame that there is."""
    return decode(_ROWS, (yield from answer(context, _ASK, _WORD)), Draft())


def _write(address: int, value: bytes) -> bytes:
    """Build a request that writes."""
    core = bytes((address,)) + value
    return b"\xa5\xa5" + core + bytes((sum8(core),))


_APPLY: Final = _write(0xFF, b"\0\0")


def _switch(target: Target, address: int) -> Switch:
    """Make the row of a target; what was written has to be applied."""
    return Switch(
        target=target,
        confidence=Confidence.EXPERIMENTAL,
        source="switched by esphome-ant-bms and VictronMPPT-ESPHOME",
        on=(_write(address, b"\0\x01"), _APPLY),
        off=(_write(address, b"\0\0"), _APPLY),
        told=True,
    )


_WRITER: Final = writer()


def _command(
    context: Context, switch: Switch, on: bool, sample: BmsSample
) -> Talk[bool]:
    """Send a command; boards that anybody may read can want the password before it."""
    yield from tell(context, _WORD)
    return (yield from _WRITER(context, switch, on, sample))


_CONTROL: Final = Control(
    switches=(_switch(Target.CHARGE, 0xFA), _switch(Target.DISCHARGE, 0xF9)),
    write=_command,
)


FAMILY: Final = Family(
    id="ant_leg",
    wires=(Wire(service="ffe0", notify=("ffe1",), write="ffe1"),),
    framer=lambda _context: LengthFramer((_HEAD,), fixed(140), _check),
    dialogue=_poll,
    login=_login,
    control=_CONTROL,
    probe=_ASK,
    response=False,
)
