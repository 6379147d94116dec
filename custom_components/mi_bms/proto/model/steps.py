"""The steps of every dialogue over GATT: batteries, activation, functions of sensors, actions.

A dialogue is a generator. It yields steps and gets what each one brought; the error of a step is raised
at its ``yield``, so a dialogue may catch ``NoAnswer`` and try another way. It never sees a connection or
a clock: ``gatt.runner`` carries the steps out. UUIDs are full lower-case strings, four hex digits only
where the runner is told to expand them; ``service/characteristic`` names the one inside a service.
"""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from .errors import BROKEN

type Accept = bytes | Callable[[bytes], bool] | None

STEPS: Final = 1000  # of one dialogue; the longest of a battery has some 200
WRITES: Final = 200  # of one dialogue; the longest of a battery has some 60


class Notification(NamedTuple):
    """One notification and the characteristic it came from."""

    uuid: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Write:
    """Write a characteristic (None: the one that the runner writes to) without waiting for an answer.

    ``response`` asks the device to confirm, None leaves that to the runner; where only the other type
    of write is offered, that one is used. ``optional`` passes over a characteristic that is missing.
    """

    data: bytes
    uuid: str | None = None
    response: bool | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Read a characteristic; the step results in its value, or None when it is optional and missing."""

    uuid: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Listen to a characteristic; later steps get what it says."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Take what comes; the step results in a list of ``Notification``, also of what came before it.

    It ends with ``count`` of them or after ``seconds``. ``source`` takes those of one characteristic.
    """

    seconds: float
    count: int = 1
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Permit:
    """Ask whether to go on, and wait for that; the step results in no bytes, or None where it is forbidden."""

    may: Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the user how far it has come; with ``seconds``, all that follows ends within that time."""

    stage: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Write a question and wait for its answer; the step results in that frame.

    ``request`` None waits for a frame that comes by itself (also one already in the queue).
    ``reply`` says which frame is the answer: its first bytes, or a function, or None for any.
    An ``optional`` question without answer results in None; any other raises. ``source`` restricts to
    frames of one characteristic, ``write`` is the one written to if not the runner's.
    """

    request: bytes | None = None
    reply: Accept = None
    optional: bool = False
    tries: int | None = None
    timeout: float | None = None
    source: str | None = None
    write: str | None = None

    def accepts(self, frame: bytes) -> bool:
        """Return whether a frame answers this question."""
        if self.reply is None:
            return True
        if isinstance(self.reply, bytes):
            return frame.startswith(self.reply)
        try:
            return self.reply(frame)
        except BROKEN:
            return False


type Step = Write | Read | Subscribe | Wait | Pause | Permit | Report | Ask
type Talk[T] = Generator[Step, bytes | None, T]  # of who asks and reads
type Listening[T] = Generator[Step, list[Notification] | bytes | None, T]  # and waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """The times of a dialogue in seconds.

    ``settle`` is the pause before the first command of a connection, for modules that lose it otherwise.
    ``timeout`` is the wait of the first try and doubles with each further one; ``gap`` is the least
    pause between two questions; ``deadline`` bounds a whole poll, login included.
    """

    settle: float = 0.1
    gap: float = 0.0
    timeout: float = 1.0
    tries: int = 3
    deadline: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a kind of device wants to be talked to.

    ``response`` is the preferred write type, ``chunk`` the most bytes per write, ``operation`` the
    longest that one write, read or subscription may take (s). ``echo_is_unpaired``: it echoes what
    it is asked until it is paired. ``queue`` notifications wait for somebody to take them; a dialogue
    of more than ``steps`` or ``writes`` comes to no end.
    """

    pacing: Pacing = field(default_factory=Pacing)
    response: bool = True
    chunk: int | None = None
    operation: float | None = None
    echo_is_unpaired: bool = False
    queue: int = 128
    steps: int = STEPS
    writes: int = WRITES
