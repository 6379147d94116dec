"""What a battery family is: how it is reached, asked, paced and understood, without any I/O.

A family is one constant ``FAMILY``. Either it has a ``plan`` (a tuple of questions with decode rows),
or a ``dialogue``: a generator that yields steps and gets the answers, and returns a draft. The session
has the steps (``model.steps``) carried out; a generator never sees a socket or a clock.

Flow: choose a wire, subscribe, ``login`` once per connection, then ``dialogue`` per poll.
Frames that nobody waits for stay in a short queue until the next question is written.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from ..model import steps
from ..model.errors import FrameError, NoAnswer
from ..model.fields import Field
from ..model.steps import Manner, Pacing, Pause, Read, Step, Subscribe, Talk, Write
from .codec import Draft, Row, decode, decode_extra
from .control import Control
from .framing import REFUSALS, Framer
from .uuids import expand

# What a family needs of the steps comes through this door, too.
__all__ = ["Pacing", "Pause", "Read", "Step", "Subscribe", "Talk", "Write"]

type Note = bool | int | float | str | bytes

# A note in the memory of a device that speaks °C or °F as it is set, and does not say which.
CELSIUS: Final = "celsius"


MISSES: Final = 3
REST: Final = 3600  # s
ENOUGH: Final = 0.5  # of the time of a poll, for what it can do without


class Mode(StrEnum):
    """Describe how a battery gives its data."""

    POLL = "poll"  # a question per set of values
    PUSH = "push"  # by itself, after subscribing
    STREAM = "stream"  # by itself, after a start command


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Name one GATT alternative: service, notify characteristics, write characteristic.

    Four-digit UUIDs are expanded. All of ``notify`` are subscribed in order, ``later`` ones only by a
    ``Subscribe`` step. A family lists its alternatives; the first whose characteristics exist is taken.
    """

    service: str
    notify: tuple[str, ...]
    write: str | None = None
    later: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Expand the UUIDs."""
        object.__setattr__(self, "service", expand(self.service))
        object.__setattr__(self, "notify", tuple(map(expand, self.notify)))
        object.__setattr__(self, "later", tuple(map(expand, self.later)))
        object.__setattr__(self, "write", self.write and expand(self.write))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(steps.Ask):
    """Ask as the step of that name does; ``rows`` are what a plan reads of the answer."""

    rows: tuple[Row, ...] = ()


@dataclass(slots=True, kw_only=True)
class Context:
    """Tell a dialogue whom it talks to.

    ``address`` is upper case with colons. ``now`` is unix time in seconds, for devices that want to be
    told. ``state`` is forgotten with the connection, ``memory`` is kept for the device: note there what
    need not be found out again (the answering protocol variant, a register that is never answered).
    ``spent`` returns the share of the poll's time that is gone, 0 to 1. ``heard`` is told what is known
    after each answer of a plan.
    """

    name: str
    address: str
    secret: str | None
    wire: Wire
    now: int
    characteristics: Collection[str]
    state: dict[str, Note] = field(default_factory=dict)
    memory: dict[str, Note] = field(default_factory=dict)
    spent: Callable[[], float] = lambda: 0.0
    heard: Callable[[Draft], None] = lambda _draft: None

    @property
    def mac(self) -> bytes:
        """Return the address as six bytes, most significant first."""
        return bytes.fromhex(self.address.replace(":", ""))


type Dialogue[T] = Callable[[Context], Talk[T]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family(Manner):
    """Describe one battery family; its listing stands beside it in its file.

    ``framer`` makes a fresh framer per connection and notify characteristic, ``framers`` overrides it by
    UUID. Plan rows read ``frame[body:len - tail]``. ``inform`` reads what the battery says of itself,
    ``diagnose`` rarely changing extras (counters), ``settings`` its limits, all besides the poll; ``control``
    is how it is switched.
    ``alive`` must run every ``alive_every`` seconds while a connection is held. ``probe`` is the safe
    first question for a device that may be of this family. A frame that came by itself within ``fresh``
    seconds before a poll is as good as the next one. Fields in ``never`` are not derived.
    ``standard_info`` False: the standard device information of this family holds rubbish.
    """

    id: str
    wires: tuple[Wire, ...]
    framer: Callable[[Context], Framer]
    framers: Mapping[str, Callable[[Context], Framer]] = field(default_factory=dict)
    plan: tuple[Ask, ...] = ()
    body: int = 0
    tail: int = 0
    dialogue: Dialogue[Draft] | None = None
    login: Dialogue[None] | None = None
    inform: Dialogue[Draft] | None = None
    diagnose: Dialogue[Draft] | None = None
    settings: Dialogue[Draft] | None = None
    control: Control | None = None
    alive: Dialogue[None] | None = None
    alive_every: float = 0.0
    probe: Ask | None = None
    mode: Mode = Mode.POLL
    fresh: float = 0.0
    interval: float = 30.0
    uncertain: bool = False
    never: frozenset[Field] = frozenset()
    standard_info: bool = True

    def poll(self, context: Context) -> Talk[Draft]:
        """Start the dialogue of one poll: the family's own, or the one that follows the plan."""
        return self.dialogue(context) if self.dialogue else self._follow(context)

    def _follow(self, context: Context) -> Talk[Draft]:
        """Ask every question of the plan and decode its answer."""
        draft = Draft()
        for ask in self.plan:
            if ask.optional:
                frame = yield from extra(context, ask)
                body = frame and frame[self.body : len(frame) - self.tail]
                draft = decode_extra(ask.rows, body, draft)
            else:
                frame = (yield ask) or b""
                decode(ask.rows, frame[self.body : len(frame) - self.tail], draft)
            context.heard(draft)
        return draft


def extra(context: Context, ask: Ask) -> Talk[bytes | None]:
    """Ask what a sample can do without; None when no answer came.

    A question that this device did not answer ``MISSES`` times in a row costs time and is left alone
    for ``REST`` seconds. Nothing is asked when most of the time of a poll is spent.
    """
    request = (ask.request or b"").hex()
    missed, when = f"missed {request}", f"asked {request}"
    misses = int(context.memory.get(missed, 1))
    since = context.now - int(context.memory.get(when, 0))
    if context.spent() > ENOUGH or (misses > MISSES and 0 <= since < REST):
        return None
    # One that was answered the last time may just have been lost.
    tries = ask.tries or (1 if misses or context.spent() > ENOUGH / 2 else 2)
    context.memory[when] = context.now
    frame = yield replace(ask, optional=True, tries=tries)
    context.memory[missed] = 0 if frame is not None else misses + 1
    return frame


def unless_refused(context: Context, ask: Ask) -> Talk[bytes | None]:
    """Ask what a sample needs; None when the device says that it has no such thing.

    Silence and broken answers raise: they hide whether something is wrong.
    """
    refused = f"refused {(ask.request or b'').hex()}"
    since = context.now - int(context.memory.get(refused, -REST))
    if 0 <= since < REST:
        return None
    try:
        return (yield ask)
    except FrameError as error:
        if error.reason not in REFUSALS:
            raise
    context.memory[refused] = context.now
    return None


def unless_silent(context: Context, ask: Ask) -> Talk[bytes | None]:
    """Ask what a sample can do without; None when the device says nothing.

    For protocols where anything else in place of the answer makes the whole doubtful: that raises.
    """
    if context.spent() > ENOUGH:
        return None
    silent = f"silent {(ask.request or b'').hex()}"
    tries = 1 if context.memory.get(silent) else ask.tries
    try:
        frame = yield replace(ask, tries=tries)
    except NoAnswer:
        context.memory[silent] = True
        return None
    context.memory[silent] = False
    return frame


def gather[K](
    request: bytes | None,
    tag: Callable[[bytes], K | None],
    need: Callable[[Mapping[K, bytes]], bool],
    *,
    tries: int = 3,
    timeout: float = 2.0,
) -> Talk[dict[K, bytes]]:
    """Collect several frames that one question (or none) brings: tag -> latest frame.

    ``tag`` names a frame, None for one of no interest; ``need`` says when the set is complete. Silence
    of ``timeout`` seconds asks again. The set may be incomplete after all tries; an empty one raises
    what the session found (``NoAnswer`` or ``FrameError``).
    """
    found: dict[K, bytes] = {}
    for attempt in range(tries):
        step = Ask(
            request=request,
            reply=lambda frame: tag(frame) is not None,
            tries=1,
            timeout=timeout,
            optional=bool(found) or attempt < tries - 1,
        )
        frame = yield step
        while frame is not None and (key := tag(frame)) is not None:
            found[key] = frame
            if need(found):
                return found
            frame = yield Ask(reply=step.reply, timeout=timeout, optional=True)
    return found


def either(asks: Sequence[Ask]) -> Talk[tuple[int, bytes]]:
    """Ask in turn until a question is answered; gives its place and the answer.

    For devices of which one variant answers: only the last question has to be answered.
    """
    for place, ask in enumerate(asks[:-1]):
        frame = yield replace(ask, optional=True)
        if frame is not None:
            return place, frame
    frame = yield asks[-1]
    return len(asks) - 1, frame or b""
