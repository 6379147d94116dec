"""Carry out the steps of a family's dialogue on one connection: the only place where they become I/O.

A question is written up to ``tries`` times, each wait twice as long as the one before, because these
modules lose first commands and answer slowly. A module that lost the first command of a connection is
given time to settle from then on; one that answered before and then not at all is asked twice as
often for some polls. While no write type has been proven, a last try uses the
other one. Only a valid frame that the question accepts ends a wait; an optional question is also
ended by a refusal. A device gets a bounded number of steps: one that always answers and never comes
to an end would be written to for ever.
"""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from ..bms.alarms import Alarm
from ..bms.contract import (
    Ask,
    Context,
    Family,
    Note,
    Read,
    Step,
    Subscribe,
    Talk,
    Tell,
    Wire,
)
from ..bms.framing import BROKEN, REFUSALS, Framer
from ..bms.uuids import expand
from ..model.errors import (
    FrameError,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
    Unsupported,
)
from .link import GattLink, Notified

QUEUE: Final = 128  # frames that wait for somebody to ask for them

STEPS: Final = 1000  # of one dialogue; the longest has some 200
WRITES: Final = 200  # of one dialogue; the longest has some 60

RAW: Final = 32  # notifications; the longest answers come in about 20

_NOTIFY: Final = frozenset({"notify", "indicate"})
_WRITE: Final = frozenset({"write", "write-without-response"})


@dataclass(slots=True)
class Memory:
    """Keep what was learned of one device, across connections.

    ``rejects`` counts bad frames, ``raw`` are the last bytes that it said, as they came.
    """

    response: dict[str, bool] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    rejects: Counter[str] = field(default_factory=Counter)
    counters: dict[str, int] = field(default_factory=dict)
    alarms: frozenset[Alarm] | None = None  # when the counters were read
    settle: bool = False  # a first command got lost that came at once
    polls: int = 0
    deaf: int = 0  # good polls until questions are no longer repeated more often
    diagnose: bool = True
    wire: int = 0  # place among those that fit
    raw: deque[bytes] = field(default_factory=lambda: deque(maxlen=RAW))


def fitting_wires(family: Family, link: GattLink) -> list[Wire]:
    """Return those of a family's wires that the device has; raises ``Unsupported`` for none.

    Wires that only name the same characteristics in another way are one.
    """
    found: dict[tuple[str, ...], Wire] = {}
    for wire in family.wires:
        if _fits(wire, link):
            uuids = (*wire.notify, wire.write or "")
            found.setdefault(tuple(uuid.rpartition("/")[2] for uuid in uuids), wire)
    if not found:
        raise Unsupported("characteristics")
    return list(found.values())


def _fits(wire: Wire, link: GattLink) -> bool:
    """Return whether a device has the characteristics of a wire, and they can do what they are for."""
    needed = (*wire.notify, *((wire.write,) if wire.write else ()))
    if not all(uuid in link.characteristics for uuid in needed):
        return False
    if any(_NOTIFY.isdisjoint(link.properties(uuid)) for uuid in wire.notify):
        return False
    return wire.write is None or not _WRITE.isdisjoint(link.properties(wire.write))


class Ear:
    """Subscribe to each characteristic of a connection once; a later listener takes over."""

    def __init__(self, link: GattLink) -> None:
        """Belong to one connection."""
        self.link = link
        self._listeners: dict[str, Notified] = {}

    async def listen(self, uuid: str, notified: Notified) -> None:
        """Pass the notifications of a characteristic to ``notified`` from now on."""

        def heard(chunk: bytes) -> None:
            self._listeners[uuid](chunk)

        fresh = uuid not in self._listeners
        self._listeners[uuid] = notified
        if fresh:
            await self.link.subscribe(uuid, heard)


class Line:
    """Be one conversation on one connection: framers and frames that wait."""

    def __init__(
        self, family: Family, ear: Ear, context: Context, memory: Memory
    ) -> None:
        """Belong to one family and one connection."""
        self.family = family
        self.link = ear.link
        self.context = context
        self.memory = memory
        self.ready = False
        self.fresh = True  # nothing was written yet
        self.began = asyncio.get_running_loop().time()  # of this poll
        self.spoke = -float("inf")  # loop time of the last exchange
        self.ear = ear
        self._framers: dict[str, Framer] = {}
        self._queue: deque[tuple[str, bytes, float]] = deque(maxlen=QUEUE)
        self._news = asyncio.Event()
        self._request: bytes | None = None
        self._echoed = False
        self._foreign = False
        self._partial = False
        self._rejects: Counter[str] = Counter()

    async def subscribe(self, uuid: str) -> None:
        """Listen to a characteristic with a fresh framer."""
        make = self.family.framers.get(uuid, self.family.framer)
        self._framers[uuid] = make(self.context)
        await self.ear.listen(uuid, lambda chunk: self._notified(uuid, chunk))

    def _notified(self, uuid: str, chunk: bytes) -> None:
        """Take one notification."""
        self.memory.raw.append(chunk)
        if chunk == self._request and self.family.echo_is_unpaired:
            self._echoed = True
            return
        framer = self._framers[uuid]
        before = framer.rejects.total()
        now = asyncio.get_running_loop().time()
        for frame in framer.feed(chunk):
            self._queue.append((uuid, frame, now))
        if framer.rejects.total() != before:
            self._count()
        self._news.set()

    def _count(self) -> None:
        """Bring the counts of bad frames up to date."""
        for framer in self._framers.values():
            self.memory.rejects.update(framer.rejects)
            self._rejects.update(framer.rejects)
            framer.rejects.clear()

    def count_time(self) -> None:
        """Tell the dialogue which share of its time is gone."""
        gone = asyncio.get_running_loop().time() - self.began
        self.context.spent = gone / self.family.pacing.deadline

    def begin(self, request: bytes | None) -> None:
        """Start a question: what came before a request belongs to another one."""
        self._request = request
        self._echoed = self._foreign = self._partial = False
        self._rejects.clear()
        if request is not None:
            self.clear()

    def clear(self, fresh: float = 0.0) -> None:
        """Drop the frames that wait: all, or those that came more than ``fresh`` seconds ago."""
        since = asyncio.get_running_loop().time() - fresh
        while self._queue and (not fresh or self._queue[0][2] < since):
            self._queue.popleft()

    def restart(self) -> None:
        """Forget unfinished frames: they belong to a try that has been given up."""
        for framer in self._framers.values():
            self._partial |= framer.pending
            framer.reset()

    def take(self, ask: Ask) -> bytes | None:
        """Take the first waiting frame that answers a question."""
        for item in self._queue:
            uuid, frame, _ = item
            if ask.source in (None, uuid) and ask.accepts(frame):
                self._queue.remove(item)
                return frame
            self._foreign = True
        return None

    async def wait(self, ask: Ask, seconds: float) -> bytes | None:
        """Wait for the answer; None when it does not come in time."""
        try:
            async with asyncio.timeout(seconds):
                while (frame := self.take(ask)) is None:
                    if ask.optional and self.refused:
                        return None
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None
        return frame

    @property
    def refused(self) -> bool:
        """Return whether the device refused the question."""
        return not REFUSALS.isdisjoint(self._rejects)

    @property
    def echoed(self) -> bool:
        """Return whether the device gave the question back instead of an answer."""
        return self._echoed

    def failure(self) -> MiBmsError:
        """Return the error for a question without answer: what came tells more than silence."""
        if self._echoed:
            return PairingNeeded()
        broken = Counter(
            {reason: n for reason, n in self._rejects.items() if reason != "noise"}
        )
        if broken:
            return FrameError(broken.most_common(1)[0][0])
        if self._foreign:
            return FrameError("other_reply")
        if self._partial or any(framer.pending for framer in self._framers.values()):
            return FrameError("short")
        return FrameError("noise") if self._rejects else NoAnswer()


async def begin(family: Family, ear: Ear, context: Context, memory: Memory) -> Line:
    """Subscribe to a wire."""
    line = Line(family, ear, context, memory)
    for uuid in context.wire.notify:
        await line.subscribe(uuid)
    return line


async def _settle(line: Line, *, wanted: bool) -> bool:
    """Let the module settle before its first command if that is wanted; True if this is the first."""
    first, line.fresh = line.fresh, False
    if first and wanted:
        await asyncio.sleep(line.family.pacing.settle)
    return first


async def converse[T](line: Line, talk: Talk[T]) -> T:
    """Carry out the steps of a dialogue; errors of a step are thrown into it."""
    reply: bytes | None = None
    error: MiBmsError | None = None
    left = Counter(steps=STEPS, writes=WRITES)
    try:
        while True:
            line.count_time()
            try:
                step = talk.send(reply) if error is None else talk.throw(error)
            except StopIteration as done:
                result: T = done.value
                return result
            except BROKEN:
                raise FrameError("broken") from None
            _spend(left, step)
            reply = error = None
            try:
                reply = await perform(line, step)
            except MiBmsError as failure:
                error = failure
    finally:
        talk.close()


def _spend(left: Counter[str], step: Step) -> None:
    """Count a step; raises ``FrameError`` when a dialogue comes to no end."""
    left["steps"] -= 1
    left["writes"] -= isinstance(step, Tell) or (
        isinstance(step, Ask) and step.request is not None
    )
    if min(left.values()) < 0:
        raise FrameError("endless")


async def perform(line: Line, step: Step) -> bytes | None:
    """Carry out one step."""
    match step:
        case Ask():
            return await _ask(line, step)
        case Tell():
            await _tell(line, step)
        case Read():
            uuid = expand(step.uuid)
            if uuid in line.link.characteristics:
                value = await line.link.read(uuid)
                line.memory.raw.append(value)
                return value
            if not step.optional:
                raise Unsupported("characteristics")
        case Subscribe():
            await line.subscribe(expand(step.uuid))
        case _:
            await asyncio.sleep(step.seconds)
    return None


async def _tell(line: Line, step: Tell) -> None:
    """Write without waiting for anything."""
    uuid = _target(line, step.write)
    if step.optional and uuid not in line.link.characteristics:
        return
    # Nobody would notice that it got lost.
    await _settle(line, wanted=True)
    await _write(line, uuid, step.data, response=_modes(line, uuid)[0])


async def _ask(line: Line, ask: Ask) -> bytes | None:
    """Write a question until its answer comes."""
    pacing = line.family.pacing
    timeout = pacing.timeout if ask.timeout is None else ask.timeout
    line.begin(ask.request)
    if ask.request is None:
        frame = await line.wait(ask, timeout)
    else:
        frame = await _ask_aloud(line, ask, ask.request, timeout)
    if frame is None and not ask.optional:
        raise line.failure()
    return frame


async def _ask_aloud(
    line: Line, ask: Ask, request: bytes, timeout: float
) -> bytes | None:
    """Write a request as often as its tries allow; the last resort is the other write type."""
    uuid = _target(line, ask.write)
    first, *other = _modes(line, uuid)
    tries = line.family.pacing.tries if ask.tries is None else ask.tries
    plan = [(first, timeout * 2**n) for n in range(tries)]
    if not ask.optional:
        if line.memory.deaf:
            # It was heard before, so it is not slow but loses much: asking again beats waiting.
            plan = [(first, timeout)] * tries + plan
        plan += [(mode, timeout) for mode in other]
    fresh = await _settle(line, wanted=line.memory.settle)
    for attempt, (response, seconds) in enumerate(plan):
        line.restart()
        try:
            await _write(line, uuid, request, response=response)
        except Unreachable:
            if response == first:
                raise
            # Many modules refuse the write type that they do not offer: no harm was done.
            return None
        frame = await line.wait(ask, seconds)
        line.spoke = asyncio.get_running_loop().time()
        if frame is not None:
            line.memory.response[uuid] = response
            line.memory.settle |= fresh and attempt > 0
            return frame
        if line.echoed or (ask.optional and line.refused):
            return None
    return None


def _target(line: Line, uuid: str | None) -> str:
    """Return the characteristic to write to; raises ``Unsupported`` when there is none."""
    target = line.context.wire.write if uuid is None else expand(uuid)
    if target is None:
        raise Unsupported("write")
    return target


def _modes(line: Line, uuid: str) -> list[bool]:
    """Return the write types to use, best first: only the proven one, or both while none is proven."""
    if uuid in line.memory.response:
        return [line.memory.response[uuid]]
    offered = line.link.properties(uuid)
    best = line.family.response
    if ("write" if best else "write-without-response") not in offered:
        best = not best
    return [best, not best]


async def _write(line: Line, uuid: str, data: bytes, *, response: bool) -> None:
    """Write data after the pause that the device wants, in pieces where it takes no more at once."""
    loop = asyncio.get_running_loop()
    if (wait := line.spoke + line.family.pacing.gap - loop.time()) > 0:
        await asyncio.sleep(wait)
    most = line.family.chunk or len(data)
    if not response:
        most = min(most, line.link.max_write(uuid))
    # An empty write is one write all the same: it wakes some modules.
    for at in range(0, len(data) or 1, max(most, 1)):
        await line.link.write(uuid, data[at : at + most], response=response)
    line.spoke = loop.time()
