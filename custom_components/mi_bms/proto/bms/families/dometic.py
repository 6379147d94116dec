"""Dometic / Büttner: a stream of 8-byte frames for several packs, big endian. Source: what aiobmsble reads.

Three characteristic pairs (A, B, C) with a start-up of their own: what comes on C goes back as it is,
what comes on B is answered with one byte whose bit 5 toggles, A takes commands in ASCII and gives text
and data frames ``23 85 pack type <4 bytes>`` without a checksum. Untested on hardware. Long because the
start-up on three pairs of characteristics and the collecting of several packs are its own.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final, override

from ...model.errors import FrameError, NoAnswer, Unreachable
from ...model.fields import Field
from ..catalogue import Listing, Match, Password, Secret
from ..codec import Cells, Custom, Draft, Num, Probes, Row, decode
from ..contract import Ask, Context, Family, Mode, Pacing, Subscribe, Talk, Wire, Write
from ..framing import LengthFramer, WholeFramer, fixed
from ..raw import integer

LISTING: Final = Listing(
    title="Dometic battery",
    brands=("Dometic", "Büttner"),
    match=(Match(mfr=(2117,), mfr_data=bytes.fromhex("1485")),),
    password=Password(kind=Secret.TEXT, longest=32),
)

_A_TX, _A_RX, _B_TX, _B_RX, _C_TX, _C_RX = (
    f"0000{short}-0000-1000-8000-008025000000"
    for short in ("0001", "0002", "0003", "0004", "0009", "000a")
)
_DATA: Final = b"\x23\x85"
_TEXTS: Final = (b"MST+", b"+++")
_CLOSING: Final = b"+++"
_NET: Final = b"APP+NET"
_TOGGLE, _TOGGLED, _PACKS = 0x20, "toggled", "packs"


class _Stream(LengthFramer):
    """Cut what comes on A: a text is one notification, data frames are 8 bytes."""

    @override
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take one notification; give the text or the frames in it."""
        if chunk.strip().startswith(_TEXTS):
            yield chunk.strip()
        else:
            yield from super().feed(chunk)


class _Marked(WholeFramer):
    """Put a letter before each notification, so that the dialogue knows what it belongs to."""

    def __init__(self, mark: bytes) -> None:
        """Take the letter."""
        super().__init__()
        self._mark = mark

    @override
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take one notification."""
        for frame in super().feed(chunk):
            yield self._mark + frame


def _current(body: bytes, draft: Draft) -> None:
    """Read the current: above 32767 the rest is a discharge."""
    raw = integer(body, 6, ">u2")
    draft.put(Field.CURRENT, (raw if raw <= 32767 else 32767 - raw) / 100)


_CAPACITY: Final = 0x07
_ROWS: Final[dict[int, tuple[Row, ...]]] = {
    0x02: (Num(Field.VOLTAGE, 4, ">u2", 0.01), Custom(_current)),
    0x0B: (Num(Field.BATTERY_LEVEL, 4, ">u1"),),
    0x0C: (Probes(4, 1, ">u2", 0.1, -500, absent=(0, 0xFFFF)),),
    0x0E: (Num(Field.BATTERY_HEALTH, 4, ">u1"),),
    0x36: (Num(Field.CYCLE_CAPACITY, 4, ">u2"),),
    0x56: (Cells(4, 2, empty=()),),
    0x57: (Cells(4, 2, empty=()),),
}


def _toggle(context: Context) -> Write:
    """Make the next byte for B: FF first, then DF, and so on."""
    toggled = bool(context.state.get(_TOGGLED))
    context.state[_TOGGLED] = not toggled
    return Write(bytes((0xFF ^ (_TOGGLE if toggled else 0),)), _B_TX)


def _next(context: Context, seconds: float) -> Talk[bytes | None]:
    """Return the next frame or text of A, None after a silence; answer B and C on the way."""
    while (frame := (yield Ask(timeout=seconds, optional=True))) is not None:
        if frame.startswith(b"C"):
            yield Write(frame[1:], _C_TX)
        elif frame.startswith(b"B"):
            yield _toggle(context)
        elif frame.startswith(_CLOSING):
            raise Unreachable("closed")
        else:
            return frame
    return None


def _say(context: Context, request: bytes, reply: bytes) -> Talk[None]:
    """Write a text until its answer comes; what comes meanwhile on B and C is answered."""
    for _ in range(3):
        yield Write(request)
        while (frame := (yield from _next(context, 2.0))) is not None:
            if frame.startswith(reply):
                return
    raise NoAnswer


def _login(context: Context) -> Talk[None]:
    """Open the three pairs in their order, give the password and start the stream."""
    for uuid, mark in ((_C_RX, b"C"), (_B_RX, b"B")):
        yield Subscribe(uuid)
        # On a connection that is already open nothing comes a second time.
        frame = yield Ask(reply=mark, timeout=3.0, optional=True)
        if frame is not None:
            yield (Write(frame[1:], _C_TX) if mark == b"C" else _toggle(context))
    yield Subscribe(_A_RX)
    password = b"=" + context.secret.encode() if context.secret else b""
    yield from _say(context, b"APP+AEN" + password, b"MST+AEN")
    yield from _say(context, _NET, b"MST+NET=")
    yield from _say(context, b"APP+RDN=1", b"MST+DCO=")


def _alive(context: Context) -> Talk[None]:
    """Keep the battery from closing the connection."""
    yield Write(_NET)
    yield _toggle(context)


def _pack(context: Context, pack: int, frames: dict[tuple[int, int], bytes]) -> Draft:
    """Read one pack; its capacity is sent rarely, so it is remembered."""
    draft = Draft()
    for kind, rows in _ROWS.items():
        decode(rows, frames[pack, kind], draft)
    note = f"capacity_{pack}"
    if (frame := frames.get((pack, _CAPACITY))) is not None:
        context.memory[note] = integer(frame, 4, ">u4")
    if capacity := int(context.memory.get(note, 0)):
        draft.put(Field.DESIGN_CAPACITY, capacity)
    return draft


def _heard(seen: Counter[tuple[int, int]], packs: set[int], times: int) -> bool:
    """Return whether every frame of every pack came so many times; without a pack none did."""
    return bool(packs) and all(
        seen[pack, kind] >= times for pack in packs for kind in _ROWS
    )


def _poll(context: Context) -> Talk[Draft]:
    """Collect frames until every pack that was ever heard on this connection is complete.

    The first time a second round is awaited, because a further pack may begin late.
    """
    found: dict[tuple[int, int], bytes] = {}
    seen: Counter[tuple[int, int]] = Counter()
    known = context.state.get(_PACKS)
    packs = set(known) if isinstance(known, bytes) else set()
    rounds = 1 if packs else 2
    while not _heard(seen, packs, rounds):
        once = _heard(seen, packs, 1)
        frame = yield from _next(context, 1.0 if once else 20.0)
        if frame is None and once:
            break
        if frame is None:
            raise FrameError("incomplete") if found else NoAnswer
        if frame.startswith(_DATA):
            key = frame[2], frame[3]
            found[key] = frame
            seen[key] += 1
            packs |= {frame[2]} if frame[3] in _ROWS else set()
    context.state[_PACKS] = bytes(packs)
    draft = Draft(packs=[_pack(context, pack, found) for pack in sorted(packs)])
    energies = [pack.number(Field.CYCLE_CAPACITY) or 0 for pack in draft.packs]
    draft.put(Field.CYCLE_CAPACITY, sum(energies))
    return draft


FAMILY: Final = Family(
    id="dometic",
    wires=(Wire(service="fefb", notify=(), later=(_C_RX, _B_RX, _A_RX), write=_A_TX),),
    framer=lambda _context: _Stream((_DATA,), fixed(8)),
    framers={
        _B_RX: lambda _context: _Marked(b"B"),
        _C_RX: lambda _context: _Marked(b"C"),
    },
    dialogue=_poll,
    login=_login,
    alive=_alive,
    alive_every=24.0,
    mode=Mode.STREAM,
    pacing=Pacing(deadline=45.0),
)
