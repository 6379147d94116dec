"""Creabest VB: frames ``~`` + hex digits + CR, big endian. Source: what aiobmsble reads.

The digits stand for version, device, 46, command or return code, length word, information, checksum. The
length counts the characters of the information, with a check digit in front of it; the checksum is the
negated sum of the characters before it. An answer does not say which question it belongs to.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, Match
from ..checksum import negated_sum16
from ..codec import Cells, Count, Draft, Flags, Num, Probes, Row, decode, decode_extra
from ..contract import Ask, Context, Family, Talk, Wire, extra
from ..framing import MarkFramer, TranslatingFramer, unhex
from ..raw import integer

LISTING: Final = Listing(
    title="Creabest VB",
    brands=("Creabest",),
    match=(Match(name="VB?????????", service="fff0", discover="VB[0-9A-Z]????????"),),
    # Asked early or late: its names are narrower than CBT Power's.
    order=40,
)

_DIGITS: Final = frozenset(b"0123456789ABCDEF")
_REPLY: Final = b"\x22"  # version byte of an answer
_FRAME: Final = 18  # characters around the information
_REALTIME: Final = b"~11014642E00201FD35\r"
_SETTINGS: Final = b"~11014681A006010001FC71\r"


def check(frame: bytes) -> None:
    """Check digits, length word and checksum of an answer."""
    if len(frame) % 2 or len(frame) < _FRAME or not _DIGITS.issuperset(frame[1:-1]):
        raise FrameError("digits")
    length = int(frame[9:13], 16)
    nibbles = (length >> 8 & 15) + (length >> 4 & 15) + (length & 15)
    if length & 0xFFF != len(frame) - _FRAME or length >> 12 != -nibbles & 15:
        raise FrameError("length")
    if negated_sum16(frame[1:-5]) != int(frame[-5:-1], 16):
        raise FrameError("checksum")


def framer(_context: Context) -> TranslatingFramer:
    """Make the framer: gives the bytes of an answer without the checksum."""
    return TranslatingFramer(
        MarkFramer(b"~", b"\r", check, most=1024), after=unhex(1, -5)
    )


def _shape(body: bytes) -> tuple[int, int]:
    """Return the numbers of cells and temperatures; raises where the rest would not fit."""
    cells = Count(6).read(body)
    probes = Count(7 + 2 * cells).read(body)
    if len(body) < 8 + 2 * cells + 2 * probes + 21:
        raise FrameError("short")
    return cells, probes


def _is_realtime(body: bytes) -> bool:
    """Return whether an answer can be the one with the values."""
    try:
        _shape(body)
    except FrameError:
        return False
    return body[:1] == _REPLY and not body[3]


_ASK_REALTIME: Final = Ask(request=_REALTIME, reply=_is_realtime)
_TAIL: Final[tuple[Row, ...]] = (
    Num(Field.CURRENT, 0, ">i2", 0.1),
    Num(Field.VOLTAGE, 2, ">u2", 0.1),
    Num(Field.CYCLES, 7, ">u2"),
    Flags(15, ">u6", mask=0xFFF0_00FF_000F),
)


def poll(context: Context) -> Talk[Draft]:
    """Read values and design capacity."""
    body = (yield _ASK_REALTIME) or b""
    cells, probes = _shape(body)
    at = 8 + 2 * cells
    rows: tuple[Row, ...] = (
        Cells(7, Count(6)),
        Probes(at, probes, ">i2", 0.1),
    )
    draft = decode(rows, body, Draft())
    tail = body[at + 2 * probes :]
    decode(_TAIL, tail, draft)
    draft.put(Field.BATTERY_LEVEL, min(integer(tail, 4, ">u2"), 100))

    def is_settings(frame: bytes) -> bool:
        # The values once more, late, are no settings.
        again = len(frame) == len(body) and frame[6:7] == body[6:7]
        return frame[:1] == _REPLY and not frame[3] and not again

    settings = yield from extra(context, Ask(request=_SETTINGS, reply=is_settings))
    return decode_extra((Num(Field.DESIGN_CAPACITY, 6, ">u2", 0.1),), settings, draft)


FAMILY: Final = Family(
    id="cbtpwr_vb",
    # The two characteristics are in two services.
    wires=(Wire(service="ffe0", notify=("ffe4",), write="ffe9"),),
    framer=framer,
    dialogue=poll,
    probe=_ASK_REALTIME,
    chunk=20,
)
