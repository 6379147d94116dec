"""Parcels and words on one connection, in spite of lost, repeated and overtaking notifications.

Sending: announce, wait for READY, send all fragments, wait for SUCCESS; the receiver may ask for
single fragments again. Receiving is the same seen from the other side. Both characteristics are heard
as one queue, because a word may overtake the acknowledgement that was sent before it. Where the other
side goes on, it has evidently got what went before, even if its acknowledgement was lost.
"""

from collections import deque
from collections.abc import Collection, Sequence
from typing import Final

from ..model.errors import ActivationError
from ..model.steps import Listening, Pause, Write
from . import words
from .contract import CONTROL, DATA, STEP, ErrorCode, hear
from .frames import (
    READY,
    SINGLE_SUCCESS,
    SUCCESS,
    Ack,
    AckCode,
    Begin,
    Fragment,
    Frame,
    Manage,
    Parcel,
    Single,
    begin,
    cut,
    lost,
    manage_back,
    parse,
)
from .words import ControlWord

RESENDS: Final = 3
SILENCE: Final = 0.5  # s without a fragment before missing ones are asked for
GAP: Final = 0.015  # s between our fragments: proxies queue only a few
MOST_FRAGMENTS: Final = 16
MOST_STRAYS: Final = 64  # notifications of no use before a connection counts as broken


class Transfer:
    """Parcels and words of one connection; missing fragments are asked for ``resends`` times (0 = never)."""

    def __init__(self, resends: int = RESENDS) -> None:
        """Start on a fresh connection."""
        self._resends = resends
        self._held: deque[Frame | ControlWord] = deque()
        self._awaited: ControlWord | None = None
        self._strays = 0
        self._busy = False

    def tell(self, word: ControlWord) -> Listening[None]:
        """Write a control word."""
        yield Write(words.encode(word), CONTROL)

    def await_from_now(self, word: ControlWord) -> None:
        """Keep this word, whenever it comes from now on; others without meaning are passed over."""
        self._awaited = word

    def expect(self) -> Listening[ControlWord]:
        """Return the awaited word once it comes."""
        while not isinstance(event := (yield from self._next(STEP)), ControlWord):
            self._other(event)
        return event

    def send(
        self, kind: Parcel, data: bytes, *, seconds: float = STEP
    ) -> Listening[None]:
        """Send a parcel; ``seconds`` is the wait for the device to be ready."""
        pieces = cut(data)
        yield Write(begin(kind, len(pieces)), DATA)
        started = False
        asked = 0
        while True:
            event = yield from self._next(STEP if started else seconds)
            match event:
                case Ack(code=AckCode.READY) if not started:
                    yield from self._put(pieces)
                    started = True
                case Ack(code=AckCode.LOST) if asked < self._resends:
                    # Also stands for a lost READY: nobody misses what was not announced.
                    yield from self._put(_wanted(pieces, event.missing))
                    started = True
                    asked += 1
                case Ack(code=AckCode.SUCCESS) if started:
                    return
                case Begin() | Single() | ControlWord() if started:
                    self._held.append(event)
                    return
                case _:
                    self._other(event)

    def receive(self, kind: Parcel, *, seconds: float = STEP) -> Listening[bytes]:
        """Return a parcel; ``seconds`` is the wait for its announcement."""
        while True:
            event = yield from self._next(seconds)
            match event:
                case Single() if event.kind == kind:
                    yield Write(SINGLE_SUCCESS, DATA)
                    return event.data
                case Begin() if event.kind == kind:
                    return (yield from self._collect(event))
                case _:
                    self._other(event)

    def _collect(self, announced: Begin) -> Listening[bytes]:
        """Return an announced parcel, put together from its fragments."""
        numbers = range(1, announced.count + 1)
        if not 1 <= len(numbers) <= MOST_FRAGMENTS:
            raise ActivationError(ErrorCode.GARBAGE)
        parts: dict[int, bytes] = {}
        left = self._resends
        yield Write(READY, DATA)
        while missing := [number for number in numbers if number not in parts]:
            event = yield from self._next(SILENCE if left else STEP)
            match event:
                case None if left:
                    left -= 1
                    # Where nothing came at all, our READY may be what got lost.
                    again = READY if not parts and left % 2 else lost(missing)
                    yield Write(again, DATA)
                case Fragment() if event.number in numbers:
                    parts.setdefault(event.number, event.data)
                case Begin() if event == announced and not parts:
                    yield Write(READY, DATA)
                case _:
                    self._other(event)
        yield Write(SUCCESS, DATA)
        return b"".join(parts[number] for number in numbers)

    def _put(self, pieces: Sequence[bytes]) -> Listening[None]:
        """Send fragments one after the other."""
        for piece in pieces:
            yield Write(piece, DATA)
            yield Pause(GAP)

    def _next(self, seconds: float) -> Listening[Frame | ControlWord | None]:
        """Return the next frame or awaited word, None after silence; raises what a word of failure means."""
        if self._held:
            return self._held.popleft()
        while (heard := (yield from hear(seconds))) is not None:
            if heard.uuid.endswith(CONTROL):
                if (word := self._word(heard.data)) is not None:
                    return word
            elif heard.uuid.endswith(DATA) and (frame := parse(heard.data)) is not None:
                if not isinstance(frame, Manage):
                    return frame
                yield Write(manage_back(frame), DATA)
            self._stray()
        return None

    def _word(self, data: bytes) -> ControlWord | None:
        """Return the awaited word, None for others; raises what a word of failure means."""
        if (number := words.decode(data)) is None:
            return None
        if (failed := words.failure(number)) is not None:
            raise failed
        return self._awaited if number == self._awaited else None

    def _other(self, event: Frame | ControlWord | None) -> None:
        """Handle what was not waited for: silence and a refusal end the run, the rest does no harm."""
        match event:
            case None:
                raise ActivationError(
                    ErrorCode.BUSY if self._busy else ErrorCode.TIMEOUT
                )
            case Ack(code=AckCode.BUSY):
                self._busy = True
            case Ack(code=AckCode.TIMEOUT | AckCode.CANCEL):
                raise ActivationError(ErrorCode.CANCELLED)
        self._stray()

    def _stray(self) -> None:
        """Count a notification of no use."""
        self._strays += 1
        if self._strays > MOST_STRAYS:
            raise ActivationError(ErrorCode.GARBAGE)


def _wanted(pieces: Sequence[bytes], missing: Collection[int]) -> list[bytes]:
    """Return the fragments that are asked for."""
    return [piece for number, piece in enumerate(pieces, 1) if number in missing]
