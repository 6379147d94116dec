"""PowerBoozt and Dörr Power: E&J-like ASCII frames, big endian. Source: what aiobmsble reads.

The stream is strewn with 00 bytes that do not belong to it. The checksum is computed over the bytes that
the digits stand for, without the first one. Rows: ``dialects/ej54``. What stands where relatives have the
remaining capacity is more than the full one, and is not read.
"""

from typing import Final

from ...model.errors import FrameError
from ..catalogue import Listing, Match, names
from ..checksum import inverted_sum8
from ..contract import Context, Family, Pacing, Wire
from ..dialects import ej, ej54
from ..framing import MarkFramer, TranslatingFramer, unhex

LISTING: Final = Listing(
    title="PowerBoozt battery",
    brands=("PowerBoozt",),
    match=(
        *names("BT-Battery*", service="fff0", mfr=(32516,)),
        Match(name="BT-Battery*", service="fff0", own_address=True),
        Match(name="BT-Battery*", service="fff0", sure=False),
    ),
)

_bytes = unhex(1, -1)
_POLL: Final = ej54.ask()


def check(frame: bytes) -> None:
    """Check digits, length and checksum of a frame."""
    ej.check_layout(frame)
    body = _bytes(frame)
    if inverted_sum8(body[1:-1]) != body[-1]:
        raise FrameError("checksum")


def framer(_context: Context) -> TranslatingFramer:
    """Make the framer: drops the 00 bytes, gives the bytes of a frame."""
    return TranslatingFramer(
        MarkFramer(b":", b"~", check),
        before=lambda chunk: chunk.replace(b"\0", b""),
        after=_bytes,
    )


FAMILY: Final = Family(
    id="pwrboozt",
    wires=(
        Wire(service="fff0", notify=("fff1",), write="fff2"),
        # Dörr Power
        Wire(service="fff0", notify=("fff6",), write="fff6"),
    ),
    framer=framer,
    plan=(_POLL,),
    probe=_POLL,
    pacing=Pacing(timeout=2.0),
)
