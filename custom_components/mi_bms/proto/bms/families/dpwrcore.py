"""D-powercore (DXB-) and Fliteboard (TBA-): frames in acknowledged pages, big endian. Source: what aiobmsble reads.

A page has 20 bytes: payload length (bit 7: acknowledge), page number and number of pages in one byte,
payload. Every page of an answer has to be written back with bit 7 set, or the next one does not come.
Inside, ``3A 05 03 cmd len len <data> sum sum 0D 0A`` with a sum that starts at 8. Untested on hardware.
Packs that want to be unlocked acknowledge that and mostly give no verdict. Long because the pages with
their acknowledges are a transport of its own, and because of the lock.
"""

from contextlib import suppress
from functools import partial
from re import fullmatch
from typing import Final

from ...model.errors import FrameError, NoAnswer
from ...model.fields import Field
from ..catalogue import Listing, names
from ..checksum import high_low, sum16
from ..codec import Cells, Count, Draft, Flags, Num, Probes, Row, decode
from ..contract import Ask, Context, Family, Talk, Wire, Write, unless_silent
from ..framing import WholeFramer
from ..raw import integer

LISTING: Final = Listing(
    title="D-powercore battery",
    brands=("D-powercore", "Fliteboard"),
    match=names("DXB-*", "TBA-*"),
)

_PAGE: Final = 20
_MOST_PAYLOAD: Final = 18
_ACKNOWLEDGE: Final = 0x80
_HEAD: Final = b"\x3a\x05\x03"
_END: Final = b"\r\n"
_UNLOCK, _ACCEPTED, _REFUSED = 0x64, 0x32, 0x33
_OPEN: Final = "TBA-"  # names of packs without a lock
_VERDICT: Final = 0.3  # s; it follows the acknowledge at once or never

_ROWS: Final[tuple[tuple[int, tuple[Row, ...]], ...]] = (
    (
        0x60,
        (
            Num(Field.VOLTAGE, 6, ">u2", 0.1),
            Num(Field.CURRENT, 8, ">i2", 0.1),
            Num(Field.FULL_CHARGE, 10, ">u2", 0.001, absent=(0,)),
            Num(Field.CYCLE_CHARGE, 12, ">u2", 0.001),
            Num(Field.BATTERY_LEVEL, 14, ">u1"),
            Flags(15, ">u1"),
        ),
    ),
    (
        0x61,
        (
            Num(Field.CYCLES, 8, ">u2"),
            Probes(12, 1, ">u2", 0.1, -2731.5, absent=(0, 0xFFFF)),
        ),
    ),
    (0x62, (Num(Field.CELL_COUNT, 6, ">u1"), Cells(7, Count(6)))),
)


def _sum(core: bytes) -> bytes:
    """Compute the sum over command, length and data."""
    return high_low(sum16(core) + 8 & 0xFFFF)


def _request(command: int, data: bytes = b"") -> bytes:
    """Build the page of a request; its payload length counts two bytes more, its length field is 0."""
    core = bytes((command, 0, 0)) + data
    payload = b"\x3a\x03\x05" + core + _sum(core) + _END
    return (bytes((len(payload) + 2, 0x11)) + payload).ljust(_PAGE, b"\0")


def _check_page(page: bytes) -> None:
    """Check the size of a page."""
    if len(page) != _PAGE or page[0] & ~_ACKNOWLEDGE > _MOST_PAYLOAD:
        raise FrameError("length")


def _acknowledge(page: bytes) -> bytes:
    """Make the acknowledge of a page."""
    return bytes((page[0] | _ACKNOWLEDGE,)) + page[1:]


def _is_page(number: int, replies: bytes, page: bytes) -> bool:
    """Tell page ``number`` of an answer; the first one also has to be of one of the reply commands."""
    if page[0] & _ACKNOWLEDGE or page[1] >> 4 != number:
        return False
    return number > 1 or (page[2:5] == _HEAD and page[5] in replies)


def _frame(payload: bytes) -> bytes:
    """Check a collected frame and give it without sum and end."""
    end = integer(payload, 4, ">u2") + 6
    if payload[end + 2 : end + 4] != _END:
        raise FrameError("end")
    if _sum(payload[3:end]) != payload[end : end + 2]:
        raise FrameError("checksum")
    return payload[:end]


def _ask(command: int) -> Ask:
    """Make the question of a command; the answer is its first page."""
    return Ask(request=_request(command), reply=partial(_is_page, 1, bytes((command,))))


def _rest(page: bytes) -> Talk[bytes]:
    """Acknowledge all pages of an answer and give the frame they hold."""
    payload = page[2 : 2 + page[0]]
    for number in range(2, (page[1] & 0x0F) + 1):
        request = _acknowledge(page)
        reply = partial(_is_page, number, b"")
        page = (yield Ask(request=request, reply=reply)) or b""
        payload += page[2 : 2 + page[0]]
    yield Write(_acknowledge(page))
    return _frame(payload)


def _login(context: Context) -> Talk[None]:
    """Unlock with the number at the end of the name."""
    number = context.name[-4:]
    if context.name.startswith(_OPEN) or not fullmatch("[0-9A-Fa-f]{4}", number):
        return
    request = _request(_UNLOCK, bytes.fromhex(number))
    verdict = partial(_is_page, 1, bytes((_UNLOCK, _ACCEPTED, _REFUSED)))
    page = yield Ask(
        request=request,
        reply=lambda page: page == _acknowledge(request) or verdict(page),
        optional=True,
        tries=2,
    )
    if page is not None and not verdict(page):
        # Many give none: only one that comes and refuses is a refusal.
        page = yield Ask(reply=verdict, timeout=_VERDICT, optional=True)
    if page is None:
        return
    yield Write(_acknowledge(page))
    frame = _frame(page[2 : 2 + page[0]])
    # The verdict is the command of the answer, or its only data byte.
    if _REFUSED in (frame[3], *frame[6:7]):
        raise FrameError("refused")


def _poll(context: Context) -> Talk[Draft]:
    """Read the main values, and what else there is: cycles, temperature and cells."""
    (first, rows), *further = _ROWS
    page = yield _ask(first)
    draft = decode(rows, (yield from _rest(page or b"")), Draft())
    for command, rows in further:
        page = yield from unless_silent(context, _ask(command))
        if page is not None:
            with suppress(NoAnswer):
                decode(rows, (yield from _rest(page)), draft)
    return draft


FAMILY: Final = Family(
    id="dpwrcore",
    wires=(Wire(service="fff0", notify=("fff4",), write="fff3"),),
    framer=lambda _context: WholeFramer(_check_page),
    dialogue=_poll,
    login=_login,
)
