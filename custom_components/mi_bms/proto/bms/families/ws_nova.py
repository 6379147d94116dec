"""Wattstunde Nova Core: scrambled E&J-like ASCII frames, big endian. Source: what aiobmsble reads.

Every byte that the digits stand for is combined with a key that the frame itself holds: its fourth byte,
which is 00 in plain. How the checksum is made is not known. Rows: ``dialects/ej54``.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, Match
from ..codec import Bit, Draft, Num, Text, decode
from ..contract import Context, Family, Pacing, Talk, Wire
from ..dialects import ej, ej54
from ..framing import MarkFramer, TranslatingFramer, unhex

LISTING: Final = Listing(
    title="Wattstunde Nova Core",
    brands=("Wattstunde",),
    match=(Match(service="fff0", ouis=("60:6E:41", "10:23:81")),),
)

_LEAST: Final = 238  # characters
_bytes = unhex(1, -3)


_POLL: Final = ej54.ask(
    Num(Field.CYCLE_CHARGE, 74, ">u4", 0.001),
    Bit(Field.HEATER, 108, 0xFFFF_FFFF, ">u4"),
)
_SERIAL: Final = Text("serial_number", 91, 16)


def plain(frame: bytes) -> bytes:
    """Return the bytes of a frame without their scrambling."""
    body = _bytes(frame)
    return bytes(byte ^ body[3] for byte in body)


def check(frame: bytes) -> None:
    """Check digits and length; no checksum is known, so the first bytes have to make sense."""
    ej.check_digits(frame)
    if len(frame) < _LEAST:
        raise FrameError("short")
    if not plain(frame).startswith(b"\x01\x54"):
        raise FrameError("head")


def framer(_context: Context) -> TranslatingFramer:
    """Make the framer: gives the plain bytes of a frame."""
    return TranslatingFramer(MarkFramer(b":", b"~", check, most=512), after=plain)


def inform(_context: Context) -> Talk[Draft]:
    """Read the serial number, which is part of every answer."""
    return decode((_SERIAL,), (yield _POLL) or b"", Draft())


FAMILY: Final = Family(
    id="ws_nova",
    wires=(Wire(service="fff0", notify=("fff1",), write="fff1"),),
    framer=framer,
    plan=(_POLL,),
    inform=inform,
    probe=_POLL,
    pacing=Pacing(timeout=2.0),
)
