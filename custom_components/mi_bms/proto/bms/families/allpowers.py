"""Allpowers / VOLIX power stations: pushed status frames, big endian. Source: what aiobmsble and owners' own readers read.

Frames ``A5 65 B1 00 01 len cmd <len bytes> xor``; settings, which may come glued to a status, and names
have the same head. Some have been seen without length, command and sum, so 15 bytes or more that are no
such frame are a status too. Outputs stand where batteries have FETs: AC for charge, DC for discharge.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, names
from ..checksum import xor8
from ..codec import Bit, Custom, Draft, Num, Row
from ..contract import Ask, Family, Mode, Pacing, Wire
from ..framing import WholeFramer
from ..raw import integer

LISTING: Final = Listing(
    title="Allpowers power station",
    brands=("Allpowers", "VOLIX"),
    match=(
        *names("AP R*", service="fff0", brands=("Allpowers",)),
        *names("VOLIX-*", service="fff0", brands=("VOLIX",)),
        # Some of these speak otherwise.
        *names("AP S*", sure=False, brands=("Allpowers",)),
    ),
)

_HEAD: Final = b"\xa5\x65\xb1"
_SETTINGS: Final = _HEAD + b"\x00\x01\x06\x03"
_SHORTEST: Final = 15
_AROUND: Final = 8  # bytes around the data of a frame that says its length
_STATUS: Final = 0x01
_UNKNOWN: Final = 0xFFFF


def _check(frame: bytes) -> None:
    """Tell status frames from others."""
    if not frame.startswith(_HEAD):
        raise FrameError("head")
    if len(frame) < _SHORTEST or frame.startswith(_SETTINGS):
        raise FrameError("length")
    if len(frame) == frame[5] + _AROUND:
        if xor8(frame):
            raise FrameError("checksum")
        if frame[6] != _STATUS:
            raise FrameError("command")


def _power(body: bytes, draft: Draft) -> None:
    """Read input and output power, and the time that is left while more goes out than in."""
    inward, outward = integer(body, 9, ">u2"), integer(body, 11, ">u2")
    power = inward - outward
    minutes = integer(body, 13, ">u2")
    draft.put(Field.INPUT_POWER, inward)
    draft.put(Field.OUTPUT_POWER, outward)
    draft.put(Field.POWER, power)
    draft.put(Field.BATTERY_CHARGING, power > 0)
    if power < 0 and minutes != _UNKNOWN:
        draft.put(Field.RUNTIME, minutes * 60)


_ROWS: Final[tuple[Row, ...]] = (
    Bit(Field.DISCHRG_MOSFET, 7, 0x01),
    Bit(Field.CHRG_MOSFET, 7, 0x02),
    Num(Field.BATTERY_LEVEL, 8, ">u1"),
    Custom(_power),
)


FAMILY: Final = Family(
    id="allpowers",
    wires=(Wire(service="fff0", notify=("fff1",)),),
    framer=lambda _context: WholeFramer(_check),
    plan=(Ask(reply=_HEAD, rows=_ROWS),),
    mode=Mode.PUSH,
    pacing=Pacing(timeout=5.0),
)
