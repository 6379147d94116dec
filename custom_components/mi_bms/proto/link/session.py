"""Run a family's dialogue over an open connection: the only place where steps become I/O.

One ``Session`` serves one device over any number of connections. On each new connection it chooses
the wire, subscribes, settles and logs in; every ``read`` then runs one poll. A question is written up
to ``tries`` times, each wait twice as long as the one before, because these modules lose first
commands and answer slowly. While no write type has been proven, a last try uses the other one. Only a
valid frame that the question accepts ends a wait; a sample is complete or there is none.

What was learned of a device (write type, protocol variant) is kept in a ``Memory`` owned by the caller.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Final

from ..bms.codec import Draft, text
from ..bms.contract import (
    Ask,
    Context,
    Family,
    Note,
    Pause,
    Read,
    Step,
    Subscribe,
    Talk,
    Tell,
    Wire,
)
from ..bms.derive import finish
from ..bms.framing import Framer
from ..bms.uuids import expand
from ..model.errors import AuthNeeded, FrameError, MiBmsError, NoAnswer, Unsupported
from ..model.fields import Field
from ..model.sample import BmsSample, DeviceInfo
from .gatt import GattLink

QUEUE: Final = 64  # frames that wait for somebody to ask for them
DIAGNOSE_EVERY: Final = 20  # polls between two readings of the rarely changing extras
PROBE_TRIES: Final = 2

_NOTIFY: Final = frozenset({"notify", "indicate"})
_WRITE: Final = frozenset({"write", "write-without-response"})

# Device information service: characteristic -> field.
_INFO: Final = {
    "2a24": "model",
    "2a25": "serial_number",
    "2a26": "fw_version",
    "2a27": "hw_version",
    "2a28": "sw_version",
    "2a29": "manufacturer",
}


@dataclass(frozen=True, slots=True)
class Device:
    """Name the device: some dialogues need its advertised name or its address."""

    name: str
    address: str


@dataclass(slots=True)
class Memory:
    """Keep what was learned of one device, across connections; ``rejects`` counts bad frames."""

    response: dict[str, bool] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    rejects: Counter[str] = field(default_factory=Counter)
    counters: dict[str, int] = field(default_factory=dict)
    polls: int = 0
    diagnose: bool = True


def choose_wire(family: Family, link: GattLink) -> Wire:
    """Take the first of a family's wires that the device has; raises ``Unsupported``."""
    for wire in family.wires:
        needed = (*wire.notify, *((wire.write,) if wire.write else ()))
        if not all(uuid in link.characteristics for uuid in needed):
            continue
        if any(_NOTIFY.isdisjoint(link.properties(uuid)) for uuid in wire.notify):
            continue
        if wire.write is None or not _WRITE.isdisjoint(link.properties(wire.write)):
            return wire
    raise Unsupported("characteristics")


async def read_device_info(link: GattLink) -> DeviceInfo:
    """Read the standard device information (service 180A), as far as the device has it."""
    found = {}
    for short, name in _INFO.items():
        if expand(short) in link.characteristics:
            found[name] = text(await link.read(expand(short)))
    return DeviceInfo(**found)


def merge_info(base: DeviceInfo, better: DeviceInfo) -> DeviceInfo:
    """Put what ``better`` knows over what ``base`` knows."""
    known = {item.name: getattr(better, item.name) for item in fields(better)}
    return replace(
        base, **{name: value for name, value in known.items() if value is not None}
    )


class Line:
    """Be one conversation on one connection: subscriptions, framers and frames that wait."""

    def __init__(
        self, family: Family, link: GattLink, context: Context, memory: Memory
    ) -> None:
        """Belong to one family and one connection."""
        self.family = family
        self.link = link
        self.context = context
        self.memory = memory
        self.ready = False
        self.spoke = -float("inf")  # loop time of the last exchange
        self._framers: dict[str, Framer] = {}
        self._queue: deque[tuple[str, bytes]] = deque(maxlen=QUEUE)
        self._news = asyncio.Event()
        self._request: bytes | None = None
        self._echoed = False
        self._foreign = False
        self._rejects: Counter[str] = Counter()

    async def subscribe(self, uuid: str) -> None:
        """Listen to a characteristic with a fresh framer."""
        make = self.family.framers.get(uuid, self.family.framer)
        self._framers[uuid] = make(self.context)
        await self.link.subscribe(uuid, lambda chunk: self._notified(uuid, chunk))

    def _notified(self, uuid: str, chunk: bytes) -> None:
        """Take one notification."""
        if chunk == self._request and self.family.echo_is_unpaired:
            self._echoed = True
            return
        framer = self._framers[uuid]
        before = framer.rejects.total()
        for frame in framer.feed(chunk):
            self._queue.append((uuid, frame))
        if framer.rejects.total() != before:
            self._count()
        self._news.set()

    def _count(self) -> None:
        """Bring the counts of bad frames up to date."""
        for framer in self._framers.values():
            self.memory.rejects.update(framer.rejects)
            self._rejects.update(framer.rejects)
            framer.rejects.clear()

    def begin(self, request: bytes | None) -> None:
        """Start a question: what came before a request belongs to another one."""
        self._request = request
        self._echoed = self._foreign = False
        self._rejects.clear()
        if request is not None:
            self._queue.clear()

    def restart(self) -> None:
        """Forget unfinished frames: they belong to a try that has been given up."""
        for framer in self._framers.values():
            framer.reset()

    def take(self, ask: Ask) -> bytes | None:
        """Take the first waiting frame that answers a question."""
        for item in self._queue:
            uuid, frame = item
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
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None
        return frame

    @property
    def echoed(self) -> bool:
        """Say whether the device gave the question back instead of an answer."""
        return self._echoed

    def failure(self) -> MiBmsError:
        """Give the error for a question without answer: what came tells more than silence."""
        if self._echoed:
            return AuthNeeded()
        broken = {
            reason: count
            for reason, count in self._rejects.items()
            if reason != "noise"
        }
        if broken:
            return FrameError(max(broken, key=lambda reason: broken[reason]))
        if self._foreign:
            return FrameError("other_reply")
        return FrameError("noise") if self._rejects else NoAnswer()


class Session:
    """Talk to one device of a known family; give it the connection each time."""

    def __init__(
        self,
        family: Family,
        *,
        clock: Callable[[], float],
        memory: Memory | None = None,
    ) -> None:
        """Take the family, a clock in unix seconds (some devices want to be told), and what is known."""
        self.family = family
        self.memory = Memory() if memory is None else memory
        self._clock = clock
        self._line: Line | None = None
        self._lock = asyncio.Lock()

    async def read(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> BmsSample:
        """Poll once; gives a complete sample or raises one of the errors of ``model.errors``."""
        async with self._lock:
            draft = await self._bounded(link, device, secret, self.family.poll)
            await self._extras(link, device, secret)
            draft.counters = {**self.memory.counters, **draft.counters}
            self.memory.polls += 1
            return finish(draft, self.family.never)

    async def identify(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> DeviceInfo:
        """Read what the device says of itself: standard characteristics, then the family's own words."""
        async with self._lock:
            info = await read_device_info(link)
            if self.family.inform is None:
                return info
            draft = await self._bounded(link, device, secret, self.family.inform)
            return merge_info(info, DeviceInfo(**draft.info))

    async def log_in(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> None:
        """Connect the conversation and give the password, without polling."""
        async with self._lock, asyncio.timeout(self.family.pacing.deadline):
            await self._open(link, device, secret)

    async def diagnose(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> dict[str, int]:
        """Read the lifetime counters; raises ``Unsupported`` when the family has none."""
        if self.family.diagnose is None:
            raise Unsupported("diagnose")
        async with self._lock:
            draft = await self._bounded(link, device, secret, self.family.diagnose)
        self.memory.counters = draft.counters
        return dict(draft.counters)

    async def switch(
        self,
        link: GattLink,
        device: Device,
        wanted: dict[Field, bool],
        secret: str | None = None,
    ) -> dict[Field, bool]:
        """Switch FETs on or off by the user's decision; gives what the device acknowledged."""
        control = self.family.control
        if (
            control is None
            or not wanted
            or any(name not in self.family.controls for name in wanted)
        ):
            raise Unsupported("control")
        async with self._lock:
            draft = await self._bounded(
                link, device, secret, lambda context: control(context, wanted)
            )
        return {name: bool(draft.values[name]) for name in wanted}

    async def keep_alive(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> None:
        """Tell a held connection that somebody is there; does nothing for families that need no such thing."""
        alive = self.family.alive
        if alive is not None:
            async with self._lock:
                await self._bounded(link, device, secret, alive)

    async def _extras(self, link: GattLink, device: Device, secret: str | None) -> None:
        """Read the rarely changing extras from the second poll on; a refusal is remembered."""
        diagnose = self.family.diagnose
        if (
            diagnose is None
            or not self.memory.diagnose
            or self.memory.polls % DIAGNOSE_EVERY != 1
        ):
            return
        try:
            draft = await self._bounded(link, device, secret, diagnose)
        except FrameError, NoAnswer, AuthNeeded:
            self.memory.diagnose = False
        else:
            self.memory.counters = draft.counters

    async def _bounded[T](
        self,
        link: GattLink,
        device: Device,
        secret: str | None,
        talk: Callable[[Context], Talk[T]],
    ) -> T:
        """Run a dialogue on a ready line within the family's deadline."""
        line: Line | None = None
        try:
            async with asyncio.timeout(self.family.pacing.deadline):
                line = await self._open(link, device, secret)
                return await _converse(line, talk(line.context))
        except TimeoutError:
            self._forget()
            raise (line.failure() if line else NoAnswer()) from None
        except MiBmsError:
            self._forget()
            raise

    def _forget(self) -> None:
        """Let the next call log in anew: after a failure nothing is certain."""
        if self._line is not None:
            self._line.ready = False

    async def _open(self, link: GattLink, device: Device, secret: str | None) -> Line:
        """Give the line of a connection: subscribed, settled and logged in."""
        if self._line is None or self._line.link is not link:
            context = Context(
                name=device.name,
                address=device.address.upper(),
                secret=secret or None,
                wire=choose_wire(self.family, link),
                now=int(self._clock()),
                characteristics=frozenset(link.characteristics),
                memory=self.memory.notes,
            )
            self._line = await _begin(self.family, link, context, self.memory)
        line = self._line
        line.context.now = int(self._clock())
        line.context.secret = secret or None
        if not line.ready:
            line.context.state.clear()
            if self.family.login is not None:
                await _converse(line, self.family.login(line.context))
            line.ready = True
        return line


async def _begin(
    family: Family, link: GattLink, context: Context, memory: Memory
) -> Line:
    """Subscribe to a wire and let the module settle."""
    line = Line(family, link, context, memory)
    for uuid in context.wire.notify:
        await line.subscribe(uuid)
    await asyncio.sleep(family.pacing.settle)
    return line


async def _converse[T](line: Line, talk: Talk[T]) -> T:
    """Carry out the steps of a dialogue; errors of a step are thrown into it."""
    reply: bytes | None = None
    error: MiBmsError | None = None
    try:
        while True:
            try:
                step = talk.send(reply) if error is None else talk.throw(error)
            except StopIteration as done:
                result: T = done.value
                return result
            reply = error = None
            try:
                reply = await _perform(line, step)
            except MiBmsError as failure:
                error = failure
    finally:
        talk.close()


async def _perform(line: Line, step: Step) -> bytes | None:
    """Carry out one step."""
    match step:
        case Ask():
            return await _ask(line, step)
        case Tell():
            await _tell(line, step)
        case Read():
            uuid = expand(step.uuid)
            if uuid in line.link.characteristics:
                return await line.link.read(uuid)
            if not step.optional:
                raise Unsupported("characteristics")
        case Subscribe():
            await line.subscribe(expand(step.uuid))
        case Pause():
            await asyncio.sleep(step.seconds)
    return None


async def _tell(line: Line, step: Tell) -> None:
    """Write without waiting for anything."""
    uuid = _target(line, step.write)
    if step.optional and uuid not in line.link.characteristics:
        return
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
        plan += [(mode, timeout) for mode in other]
    for response, seconds in plan:
        line.restart()
        await _write(line, uuid, request, response=response)
        frame = await line.wait(ask, seconds)
        line.spoke = asyncio.get_running_loop().time()
        if frame is not None:
            line.memory.response[uuid] = response
            return frame
        if line.echoed:
            return None
    return None


def _target(line: Line, uuid: str | None) -> str:
    """Give the characteristic to write to; raises ``Unsupported`` when there is none."""
    target = line.context.wire.write if uuid is None else expand(uuid)
    if target is None:
        raise Unsupported("write")
    return target


def _modes(line: Line, uuid: str) -> list[bool]:
    """Give the write types to use, best first: only the proven one, or both while none is proven."""
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
    for at in range(0, len(data), max(most, 1)):
        await line.link.write(uuid, data[at : at + most], response=response)
    line.spoke = loop.time()


async def probe(
    link: GattLink,
    device: Device,
    families: Iterable[Family],
    *,
    clock: Callable[[], float],
) -> str | None:
    """Find the family of a device by asking; only read-only questions, the first valid answer decides.

    The order of ``families`` is the order of asking. Gives the id, or None when nothing fits; a device
    that wants a password or a pairing first raises ``AuthNeeded``.
    """
    for family in families:
        if family.probe is None:
            continue
        try:
            wire = choose_wire(family, link)
        except Unsupported:
            continue
        context = Context(
            name=device.name,
            address=device.address.upper(),
            secret=None,
            wire=wire,
            now=int(clock()),
            characteristics=frozenset(link.characteristics),
        )
        line = await _begin(family, link, context, Memory())
        if await _answers(line, family.probe):
            return family.id
    return None


async def _answers(line: Line, question: Ask) -> bool:
    """Say whether a device answers a family's first question."""
    try:
        return (
            await _perform(line, replace(question, tries=PROBE_TRIES, optional=True))
            is not None
        )
    except FrameError, NoAnswer:
        return False
