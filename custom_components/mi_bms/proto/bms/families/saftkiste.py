"""Batterieschmiede "Saftkiste": Nordic UART, little endian, lowest byte of CRC-32. Source: what aiobmsble reads.

Login ``F0 FF 10`` + password of six characters + unix time + check; replies ``F0 FF type … check``
come in one notification each and do not tell their length. Untested on hardware.
"""

from re import fullmatch
from typing import Final

from ...model.errors import AuthNeeded, AuthRejected, FrameError, NoAnswer
from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, Match, Password, Secret
from ..checksum import crc32
from ..codec import Bit, Cells, Draft, Flags, Num, Probes, Row, decode
from ..contract import Ask, Context, Family, Talk, Wire
from ..framing import WholeFramer
from ..uuids import NUS, NUS_NOTIFY, NUS_WRITE

LISTING: Final = Listing(
    title="Saftkiste",
    brands=("Batterieschmiede",),
    match=(Match(mfr=(4660,), mfr_data=bytes(range(1, 8))),),
    password=Password(kind=Secret.TEXT, longest=6),
)

_HEAD: Final = b"\xf0\xff"
_ACCEPTED, _VALUES, _SECOND, _LOGIN, _START = 0x00, 0x02, 0x03, 0x10, 0x43
_TYPES: Final = frozenset({_ACCEPTED, _VALUES, _SECOND, _LOGIN, _START})
_START_DATA: Final = bytes.fromhex("0101e7806996")

_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.CYCLE_CHARGE, 7, "<u4", 0.001),
    Num(Field.DESIGN_CAPACITY, 11, "<u2"),
    Num(Field.VOLTAGE, 13, "<u2", 0.001),
    Num(Field.CURRENT, 15, "<i2", 0.01),
    Cells(17, 4, "<u2"),
    Num(Field.CYCLES, 25, "<u2"),
    Probes(27, 2, "<i2", 0.01, places=(Place.CELL, Place.PCB)),
    Bit(Field.HEATER, 31),
    Num(Field.BALANCER, 33, ">u1"),
    Flags(38, "<u2"),
)


def _check(frame: bytes) -> None:
    """Check head, type and the last byte."""
    if len(frame) < 4 or not frame.startswith(_HEAD) or frame[2] not in _TYPES:
        raise FrameError("head")
    if crc32(frame[:-1]) & 0xFF != frame[-1]:
        raise FrameError("checksum")


def _reply(kind: int) -> bytes:
    """Return the head of a reply."""
    return _HEAD + bytes((kind,))


def _login(context: Context) -> Talk[None]:
    """Return the password and start; without a password the battery may answer all the same."""
    if context.secret:
        if not fullmatch(r"[A-Z0-9]{6}", context.secret):
            raise AuthRejected
        request = (
            _reply(_LOGIN) + context.secret.encode() + context.now.to_bytes(4, "little")
        )
        frame = yield Ask(request=request + bytes((crc32(request) & 0xFF,)))
        if frame is None or frame[2] != _ACCEPTED:
            raise AuthRejected
    yield Ask(
        request=_reply(_START) + _START_DATA,
        reply=_reply(_START),
        optional=not context.secret,
        tries=None if context.secret else 1,
    )


def _poll(context: Context) -> Talk[Draft]:
    """Read the values; the second frame has to come, but what it says is unknown."""
    try:
        frame = yield Ask(request=_reply(_VALUES), reply=_reply(_VALUES))
    except NoAnswer:
        if not context.secret:
            raise AuthNeeded from None
        raise
    yield Ask(request=_reply(_SECOND), reply=_reply(_SECOND))
    return decode(_ROWS, (frame or b"")[:-1], Draft())


FAMILY: Final = Family(
    id="saftkiste",
    wires=(Wire(service=NUS, notify=(NUS_NOTIFY,), write=NUS_WRITE),),
    framer=lambda _context: WholeFramer(_check),
    dialogue=_poll,
    login=_login,
)
