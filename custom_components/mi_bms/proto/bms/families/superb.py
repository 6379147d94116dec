"""Super-B Epsilon, first generation: pushed frames of 20 bytes, big endian, no checksum. Source: what aiobmsble reads."""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, names
from ..codec import Bit, Custom, Draft, Num
from ..contract import Ask, Context, Family, Mode, Pacing, Wire
from ..framing import WholeFramer
from ..raw import integer

LISTING: Final = Listing(
    title="Super-B Epsilon", brands=("Super-B",), match=names("Epsilon-*")
)

_SIZE: Final = 20
_OK: Final = 0x01


def _is_frame(frame: bytes) -> bool:
    return len(frame) == _SIZE


def check(frame: bytes) -> None:
    """Check the length."""
    if not _is_frame(frame):
        raise FrameError("length")


def framer(_context: Context) -> WholeFramer:
    """Make the framer: each notification is a frame."""
    return WholeFramer(check)


def _problem(body: bytes, draft: Draft) -> None:
    """Read the bit that says all is well; without it there is one problem of unknown kind."""
    draft.flag(~integer(body, 1, ">u1") & _OK)


def _runtime(body: bytes, draft: Draft) -> None:
    """Read the time to empty, which is only true while discharging."""
    if (draft.number(Field.CURRENT) or 0) < 0:
        draft.put(Field.RUNTIME, integer(body, 4, ">u4"))


_PUSHED: Final = Ask(
    reply=_is_frame,
    rows=(
        Custom(_problem),
        Bit(Field.BALANCER, 1, 0x80),
        Num(Field.BATTERY_LEVEL, 2, ">u1"),
        Num(Field.BATTERY_HEALTH, 3, ">u1"),
        Num(Field.CURRENT, 8, ">f4"),
        Num(Field.VOLTAGE, 12, ">f4"),
        Custom(_runtime),
    ),
)

FAMILY: Final = Family(
    id="superb",
    wires=(
        Wire(
            service="74b9c2d1-dc6d-42cf-a2e9-7398b8fc2e70",
            notify=("6edadbe4-4f53-4a5a-96ed-02f93db93790",),
        ),
    ),
    framer=framer,
    plan=(_PUSHED,),
    mode=Mode.PUSH,
    pacing=Pacing(timeout=5.0, deadline=10.0),
)
