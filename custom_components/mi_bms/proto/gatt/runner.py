"""Carry out dialogues: the one place of ``proto`` where bytes leave and time passes.

What odd modules need is done here, for all who talk. A write has the type that its characteristic
offers and no more bytes than it takes. A question is written up to ``tries`` times, each wait twice as
long as the one before, because these modules lose first commands and answer slowly. A module that lost
the first command of a connection is given time to settle from then on; one that answered before and
then not at all is asked twice as often for some polls. While no write type has been proven, a last try
uses the other one. Only a valid frame that the question accepts ends a wait; an optional question is
also ended by a refusal. A connection that broke is followed by a fresh one where the work allows it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from ..bms.framing import Framer
from ..model.errors import (
    BROKEN,
    LOST,
    FrameError,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
    Unsupported,
)
from ..model.steps import (
    Ask,
    Manner,
    Notification,
    Pacing,
    Pause,
    Permit,
    Read,
    Step,
    Subscribe,
    Wait,
    Write,
)
from .inbox import Inbox, now
from .link import GattLink, Notified

RAW: Final = 32  # notifications; the longest answers come in about 20
PLAIN: Final = Manner(pacing=Pacing(settle=0.0), queue=512)

_TYPES: Final = {True: "write", False: "write-without-response"}


@dataclass(slots=True)
class Quirks:
    """What was learned of how to talk to one device, across connections.

    ``response`` are the proven write types, ``settle`` tells that a first command got lost that came at
    once, ``deaf`` counts the good polls until questions are no longer repeated more often. ``rejects``
    counts bad frames, ``raw`` are the last bytes that it said, as they came.
    """

    response: dict[str, bool] = field(default_factory=dict)
    settle: bool = False
    deaf: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    raw: deque[bytes] = field(default_factory=lambda: deque(maxlen=RAW))


class Runner:
    """What carries out dialogues on one connection."""

    def __init__(
        self,
        link: GattLink,
        manner: Manner = PLAIN,
        quirks: Quirks | None = None,
        *,
        name: Callable[[str], str] = str,
        target: str | None = None,
        framer: Callable[[str], Framer] | None = None,
        listeners: dict[str, Notified] | None = None,
        progress: Callable[[Any], None] = lambda _: None,
    ) -> None:
        """Take an open connection and how its device wants to be talked to.

        ``name`` returns the link's name of a characteristic, or raises ``Unsupported``; ``target`` is
        written to where a step names none; ``framer`` makes what cuts notifications into frames.
        ``listeners`` are those of the connection's runner before: each characteristic is subscribed
        to once.
        """
        self.link = link
        self.listeners = {} if listeners is None else listeners
        self._manner = manner
        self._quirks = Quirks() if quirks is None else quirks
        self._name, self._target, self._framer = name, target, framer
        self._progress = progress
        self.inbox = Inbox(manner.queue, self._quirks.rejects, self._quirks.raw)
        self._limit = asyncio.timeout(None)
        self._began = 0.0
        self._within: float | None = None
        self._fresh = True  # nothing was written yet
        self._spoke = -float("inf")  # loop time of the last exchange

    async def run[T](
        self, talk: Generator[Step, Any, T], within: float | None = None
    ) -> T:
        """Carry out a dialogue and return its result; after ``within`` seconds it has failed.

        Raises what the dialogue raises, and ``FrameError`` when it stumbles over bytes or has no end.
        """
        self._began, self._within = now(), within
        try:
            async with asyncio.timeout(within) as self._limit:
                return await self._carry_out(talk)
        except TimeoutError:
            raise self.inbox.failure() from None
        finally:
            talk.close()

    def spent(self) -> float:
        """Return the share of a dialogue's time that is gone, 0 to 1."""
        return (now() - self._began) / self._within if self._within else 0.0

    async def _carry_out[T](self, talk: Generator[Step, Any, T]) -> T:
        answer: list[Notification] | bytes | None = None
        error: MiBmsError | None = None
        left = Counter(steps=self._manner.steps, writes=self._manner.writes)
        while True:
            try:
                step = talk.send(answer) if error is None else talk.throw(error)
            except StopIteration as done:
                result: T = done.value
                return result
            except BROKEN:
                raise FrameError("broken") from None
            left["steps"] -= 1
            left["writes"] -= isinstance(step, Write) or (
                isinstance(step, Ask) and step.request is not None
            )
            # One that always answers and never comes to an end would be written to for ever.
            if min(left.values()) < 0:
                raise FrameError("endless")
            answer = error = None
            # Only the dialogue knows what a failed step means: it may go another way.
            try:
                answer = await self._perform(step)
            except MiBmsError as failure:
                error = failure

    async def _perform(self, step: Step) -> list[Notification] | bytes | None:
        """Carry out one step."""
        match step:
            case Ask():
                return await self._ask(step)
            case Wait():
                return await self.inbox.collect(step)
            case Read():
                return await self._read(step)
            case Write():
                await self._tell(step)
            case Subscribe():
                await self._subscribe(self._name(step.uuid))
            case Pause():
                await asyncio.sleep(step.seconds)
            case Permit():
                return b"" if await step.may() else None
            case _:
                if step.seconds is not None:
                    self._limit.reschedule(now() + step.seconds)
                self._progress(step.stage)
        return None

    def _goal(self, uuid: str | None) -> str:
        """Return the characteristic to write to; raises ``Unsupported`` when there is none."""
        goal = self._target if uuid is None else self._name(uuid)
        if goal is None:
            raise Unsupported("write")
        return goal

    async def _in_time[T](self, operation: Awaitable[T]) -> T:
        """Raise ``NoAnswer`` for an operation that comes to no end."""
        try:
            async with asyncio.timeout(self._manner.operation):
                return await operation
        except TimeoutError as err:
            raise NoAnswer from err

    async def _subscribe(self, uuid: str) -> None:
        """Listen to a characteristic, with a fresh framer."""
        # Half a frame of the conversation before must not become part of the first one of this.
        if self._framer is not None:
            self.inbox.framers[uuid] = self._framer(uuid)
        ours, listeners = partial(self.inbox.put, uuid), self.listeners

        def notified(chunk: bytes) -> None:
            # A device may speak before it has confirmed the subscription.
            listeners.get(uuid, ours)(chunk)

        if uuid not in listeners:
            try:
                await self._in_time(self.link.subscribe(uuid, notified))
            except Unreachable as err:
                if err.reason == LOST:
                    raise
                # Some modules refuse what comes first, before they have settled.
                await asyncio.sleep(self._manner.pacing.settle)
                await self._in_time(self.link.subscribe(uuid, notified))
        listeners[uuid] = ours

    async def _read(self, step: Read) -> bytes | None:
        uuid = self._name(step.uuid)
        if uuid not in self.link.characteristics:
            if step.optional:
                return None
            raise Unsupported("characteristics")
        value = await self._in_time(self.link.read(uuid))
        self._quirks.raw.append(value)
        return value

    async def _tell(self, step: Write) -> None:
        """Write without waiting for anything."""
        uuid = self._goal(step.uuid)
        if step.optional and uuid not in self.link.characteristics:
            return
        # Nobody would notice that it got lost.
        await self._settle(wanted=True)
        await self._write(uuid, step.data, self._types(uuid, step.response)[0])

    async def _settle(self, *, wanted: bool) -> bool:
        """Let the module settle before its first command if that is wanted; True if this is the first."""
        first, self._fresh = self._fresh, False
        if first and wanted:
            await asyncio.sleep(self._manner.pacing.settle)
        return first

    def _types(self, uuid: str, wanted: bool | None = None) -> list[bool]:
        """Return the write types to use, best first: only the proven one, or both while none is proven."""
        if wanted is None and uuid in self._quirks.response:
            return [self._quirks.response[uuid]]
        best = self._manner.response if wanted is None else wanted
        offered = self.link.properties(uuid)
        # Stacks refuse a type of write that a characteristic does not offer.
        if _TYPES[best] not in offered and _TYPES[not best] in offered:
            best = not best
        return [best, not best]

    async def _write(self, uuid: str, data: bytes, response: bool) -> None:
        """Write data after the pause that the device wants, in pieces where it takes no more at once."""
        if (wait := self._spoke + self._manner.pacing.gap - now()) > 0:
            await asyncio.sleep(wait)
        most = self._manner.chunk or len(data)
        if not response:
            most = min(most, self.link.max_write(uuid))
        # An empty write is one write all the same: it wakes some modules.
        for at in range(0, len(data) or 1, max(most, 1)):
            piece = data[at : at + most]
            await self._in_time(self.link.write(uuid, piece, response=response))
        self._spoke = now()

    async def _ask(self, ask: Ask) -> bytes | None:
        """Write a question until its answer comes."""
        pacing, inbox = self._manner.pacing, self.inbox
        timeout = pacing.timeout if ask.timeout is None else ask.timeout
        inbox.begin(ask.request, echo_is_unpaired=self._manner.echo_is_unpaired)
        if ask.request is None:
            frame = await inbox.answer(ask, timeout)
        else:
            frame = await self._ask_aloud(ask, ask.request, timeout)
        if frame is None and not ask.optional:
            raise inbox.failure()
        return frame

    async def _ask_aloud(
        self, ask: Ask, request: bytes, timeout: float
    ) -> bytes | None:
        """Write a request as often as its tries allow; the last resort is the other write type."""
        uuid, quirks, inbox = self._goal(ask.write), self._quirks, self.inbox
        plan = self._plan(ask, timeout, self._types(uuid))
        fresh = await self._settle(wanted=quirks.settle)
        for attempt, (response, seconds) in enumerate(plan):
            # A late answer to the try before is as good; half of one would spoil the next.
            inbox.restart()
            try:
                await self._write(uuid, request, response)
            except Unreachable as err:
                if response == plan[0][0] or isinstance(err, PairingNeeded):
                    raise
                # Many modules refuse the write type that they do not offer: no harm was done.
                return None
            frame = await inbox.answer(ask, seconds)
            self._spoke = now()
            if frame is not None:
                quirks.response[uuid] = response
                quirks.settle |= fresh and attempt > 0
                return frame
            if inbox.echoed or (ask.optional and inbox.refused):
                return None
        return None

    def _plan(
        self, ask: Ask, timeout: float, types: list[bool]
    ) -> list[tuple[bool, float]]:
        """Return the write type and the wait (s) of each try."""
        first, *other = types
        tries = self._manner.pacing.tries if ask.tries is None else ask.tries
        plan = [(first, timeout * 2**n) for n in range(tries)]
        if ask.optional:
            return plan
        if self._quirks.deaf:
            # It was heard before, so it is not slow but loses much: asking again beats waiting.
            plan = [(first, timeout)] * tries + plan
        return plan + [(response, timeout) for response in other]


class Use(Protocol):
    """What opens a connection, lets some work use it, and closes it whatever happens."""

    async def __call__[T](self, work: Callable[[GattLink], Awaitable[T]], /) -> T:
        """Return the result of the work; raises ``Unreachable`` when there is no connection."""


async def persist[T](
    use: Use,
    work: Callable[[GattLink], Awaitable[T]],
    *,
    attempts: int,
    pause: float,
    worth: Callable[[MiBmsError], bool],
    brought: Callable[[], int] = lambda: 0,
) -> T:
    """Do some work, if need be on several fresh connections with a pause between them.

    Raises what ended the last one, or what is not ``worth`` another. A connection that ``brought``
    more than was there before does not count.
    """
    left = attempts
    while True:
        before = brought()
        try:
            return await use(work)
        except MiBmsError as err:
            # A device that breaks off each time but brings something is read to its end.
            more = brought() > before
            left = attempts if more else left - 1 if worth(err) else 0
            if not left:
                raise
        await asyncio.sleep(pause)
