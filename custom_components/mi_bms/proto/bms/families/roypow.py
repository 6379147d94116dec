"""RoyPow, Epoch, Lion Energy Safari, PowerUrus: big endian, XOR. Source: what aiobmsble reads.

Frame ``EA D1 01 len … xor F5``; the length counts everything behind it, the XOR begins with it. The
module mixes ``AT+STAT`` lines into the stream.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, names
from ..checksum import xor8
from ..codec import Bit, Cells, Count, Custom, Draft, Flags, Num, Probes, Row, decode
from ..contract import Ask, Family, Wire
from ..framing import LengthFramer, length_at
from ..raw import integer

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


def _charge(body: bytes, draft: Draft) -> None:
    """Read the remaining charge in mAh; the bytes of the low word are swapped."""
    draft.put(
        Field.CYCLE_CHARGE,
        (integer(body, 24, ">u2") << 16 | integer(body, 26, "<u2")) / 1000,
    )


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
        Flags(9, ">u3"),
        Num(Field.TEMP_SENSORS, 13, ">u1"),
        Probes(14, Count(13, most=10), ">u1", 1, -40, absent=(0, 0xFF)),
        Bit(Field.CHRG_MOSFET, 24, 0x04),
        Bit(Field.DISCHRG_MOSFET, 24, 0x02),
    ),
    _ask(
        0x04,
        Num(Field.BATTERY_LEVEL, 7, ">u1"),
        Num(Field.CYCLES, 9, ">u2"),
        Custom(_charge),
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
