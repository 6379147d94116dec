"""PowerXtreme: Topband data with a coarser current, started and kept alive by ASCII commands.

Answers begin with ``<`` and the letter of the command; everything else is data. Protocol:
``dialects/topband``. Source: what aiobmsble reads.
"""

from typing import Final

from ..catalogue import Listing, Match
from ..codec import Draft, Text, decode
from ..contract import Ask, Context, Family, Mode, Pacing, Talk, Wire, Write
from ..dialects import topband

LISTING: Final = Listing(
    title="PowerXtreme battery",
    brands=("PowerXtreme",),
    match=(Match(service="fff0", mfr=(76,), sure=False),),
    # Asked early or late: its maker id is Apple's: last.
    order=90,
)

_TEXTS: Final = (("serial_number", b"M:SR"), ("model", b"N:NA"))


def _ask(command: bytes) -> Ask:
    """Make the question of a command whose answer is text."""
    head = b"<" + command[:1]
    return Ask(
        request=b"<" + command + b">",
        reply=lambda frame: frame.startswith(head) and not topband.is_data(frame),
        optional=True,
        tries=2,
        timeout=1.0,
    )


def login(_context: Context) -> Talk[None]:
    """Start the stream."""
    yield Write(b"<B:ST>")
    yield Write(b"<H:ST>")


def alive(_context: Context) -> Talk[None]:
    """Keep the stream alive; the answer may be missing."""
    yield Write(b"<I:WA>")


def inform(_context: Context) -> Talk[Draft]:
    """Read serial number and model."""
    draft = Draft()
    for name, command in _TEXTS:
        if answer := (yield _ask(command)):
            decode((Text(name, 0),), answer[2:-1].removeprefix(b":"), draft)
    return draft


FAMILY: Final = Family(
    id="pwrxtreme",
    wires=(Wire(service="fff0", notify=("fff1",), write="fff2"),),
    framer=lambda _context: topband.framer(answers=True),
    plan=(topband.pushed(0.1),),
    login=login,
    inform=inform,
    alive=alive,
    alive_every=3.0,
    mode=Mode.STREAM,
    probe=_ask(b"N:NA"),
    pacing=Pacing(timeout=5.0, deadline=15.0),
)
