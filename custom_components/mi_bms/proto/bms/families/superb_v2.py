"""Super-B Epsilon V2: one question, answers of 24 bytes by type, big endian, no checksum.

The answers come on two characteristics. The battery counts the time to empty itself and FFFFFFFF means that
it is not discharged. Source: what aiobmsble reads.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, Match
from ..codec import Draft, Num, Row, decode
from ..contract import Ask, Context, Family, Talk, Wire, gather
from ..framing import WholeFramer

LISTING: Final = Listing(
    title="Super-B Epsilon V2",
    brands=("Super-B",),
    match=(Match(name="Epsilon*", mfr=(0x50BE,), mfr_data=b"Epsilon V2"),),
    # Asked early or late: its adverts say the version, the older ones' say nothing.
    order=40,
)

_SIZE: Final = 24
_TALK: Final = "cf9ccdfa-eee9-43ce-87a5-82b54af5324e"
_REQUEST: Final = b"\x21\x54\x00"

_ROWS: Final[dict[int, tuple[Row, ...]]] = {
    0x00: (
        Num(Field.BATTERY_LEVEL, 1, ">u1"),
        Num(Field.CYCLES, 18, ">u1"),
        Num(Field.BATTERY_HEALTH, 19, ">u1"),
        Num(Field.RUNTIME, 20, ">u4", absent=(0xFFFF_FFFF,)),
    ),
    0x02: (
        Num(Field.CURRENT, 6, ">i4", 0.001),
        Num(Field.VOLTAGE, 10, ">u2", 0.001),
    ),
}


def check(frame: bytes) -> None:
    """Check the length."""
    if len(frame) != _SIZE:
        raise FrameError("length")


def tag(frame: bytes) -> int | None:
    """Return the type of an answer that is of use."""
    return frame[0] if frame[0] in _ROWS else None


def poll(_context: Context) -> Talk[Draft]:
    """Ask until both types have come."""
    found = yield from gather(_REQUEST, tag, lambda found: found.keys() == _ROWS.keys())
    if found.keys() != _ROWS.keys():
        raise FrameError("incomplete")
    draft = Draft()
    for kind, rows in _ROWS.items():
        decode(rows, found[kind], draft)
    return draft


FAMILY: Final = Family(
    id="superb_v2",
    wires=(
        Wire(
            service="cf9ccdf7-eee9-43ce-87a5-82b54af5324e",
            notify=(_TALK, "e0fef452-9d2b-4005-a1e3-69fe1102b436"),
            write=_TALK,
        ),
    ),
    framer=lambda _context: WholeFramer(check),
    dialogue=poll,
    probe=Ask(request=_REQUEST, reply=lambda frame: tag(frame) is not None),
    never=frozenset({Field.RUNTIME}),
)
