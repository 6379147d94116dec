"""ATORCH CW20 meter: pushed frames ``FF 55 01 type ...``, big endian, no checksum known. Source: what batmon-ha reads.

Two layouts differ in the width of voltage and current, and nothing says which one a frame has. Frames are
longer than the 28 bytes that are read. Untested on hardware.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, names
from ..codec import Draft, Num, Probes, Row, decode
from ..contract import Ask, Context, Family, Mode, Pacing, Talk, Wire
from ..framing import LengthFramer, fixed
from ..raw import integer

LISTING: Final = Listing(
    title="ATORCH CW20 meter",
    brands=("ATORCH",),
    match=names("CW20*", service="ffe0"),
)

_HEAD: Final = b"\xff\x55\x01"
_SIZE: Final = 28
_MOST_TENTHS: Final = 10_000  # V
_MOST_MILLIAMPERE: Final = 1_000_000
# A padded voltage of up to 1000 V, read without its first byte.
_PADDED_LOOK: Final = _MOST_TENTHS >> 8

_TEMPERATURE: Final = Probes(24, 1, ">u2")
_COMPACT: Final[tuple[Row, ...]] = (
    Num(Field.VOLTAGE, 4, ">u2", 0.1),
    Num(Field.CURRENT, 6, ">i2", 0.001),
    Num(Field.TOTAL_CHARGE, 8, ">u3", 0.01),
    Num(Field.ENERGY_TOTAL, 11, ">u4", 10),
    _TEMPERATURE,
)
_PADDED: Final[tuple[Row, ...]] = (
    Num(Field.VOLTAGE, 4, ">u3", 0.1),
    Num(Field.CURRENT, 7, ">i3", 0.001),
    Num(Field.TOTAL_CHARGE, 10, ">u3", 0.01),
    Num(Field.ENERGY_TOTAL, 13, ">u4", 10),
    _TEMPERATURE,
)


def check(frame: bytes) -> None:
    """Refuse a frame in which another one begins: pieces were lost."""
    if _HEAD in frame[1:]:
        raise FrameError("cut")


def layout(frame: bytes) -> tuple[Row, ...]:
    """Choose the layout: the compact one if its values make sense, unless they are a padded frame's."""
    narrow, wide = integer(frame, 4, ">u2"), integer(frame, 4, ">u3")
    padded = (
        0 < wide <= _MOST_TENTHS and abs(integer(frame, 7, ">i3")) <= _MOST_MILLIAMPERE
    )
    if 0 < narrow <= _MOST_TENTHS and not (padded and narrow <= _PADDED_LOOK):
        return _COMPACT
    if padded:
        return _PADDED
    raise FrameError("range")


def poll(_context: Context) -> Talk[Draft]:
    """Take the next frame."""
    frame = (yield Ask()) or b""
    return decode(layout(frame), frame, Draft())


FAMILY: Final = Family(
    id="cw20",
    wires=(Wire(service="ffe0", notify=("ffe1",)),),
    framer=lambda _context: LengthFramer((_HEAD,), fixed(_SIZE), check),
    dialogue=poll,
    mode=Mode.PUSH,
    pacing=Pacing(timeout=5.0, deadline=10.0),
    uncertain=True,
)
