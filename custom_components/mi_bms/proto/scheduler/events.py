"""What happens to a battery: small facts, each applied to its record once.

Pure. Whoever sees something (an advert, a link that opens, the end of a poll, a wish of the user)
makes the event and hands it to ``Scheduler.apply``, which passes it on to ``Battery.apply``. Times
are seconds of a clock that runs on evenly; when it happened is the other argument of ``apply``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from .link_state import Coverage, Failure


@dataclass(frozen=True, slots=True)
class Advert:
    """The battery was heard, with ``rssi`` dBm."""

    rssi: int
    scanner: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Our connection came about; ``scanner`` is None where no scanner tells who has it."""

    scanner: str | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """Our connection ended, by us or by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """The scheduler orders a read: over the open link, or over a new one expected at ``scanner``.

    ``borrows``: the link may take a slot that is kept for others. ``astray``: the scanner is silent
    while another one that hears the battery is not.
    """

    scanner: str | None = None
    borrows: bool = False
    astray: bool = False


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The scheduler orders the link to be closed, even in the middle of a read."""


@dataclass(frozen=True, slots=True)
class Released:
    """That was carried out: the slot is free again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A poll gave a sample; ``idle``: no current flows, so the battery may soon sleep.

    ``seconds`` is how long the poll took, connecting included.
    """

    seconds: float
    idle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """A poll gave a sample that was not believed, after ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A poll gave nothing; whatever was open is closed.

    The scheduler fills in what it knows beside: ``longest`` is the longest pause in seconds,
    ``steady`` that something else than the battery is to blame, ``chance`` (0 … 1) the jitter.
    """

    failure: Failure
    longest: float = 300.0
    steady: bool = False
    chance: float = 0.5


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody looked at the scanners around the battery: silence is no event of its own."""

    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Paused:
    """The user wants the battery left alone: switched off, or released to its app until a time."""

    until: float = inf


@dataclass(frozen=True, slots=True)
class Resumed:
    """The user wants the battery back, or the time of a release is over."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A form of ours talks to the battery itself, until a time at most."""

    until: float


@dataclass(frozen=True, slots=True)
class Returned:
    """The form has finished, or its time is over."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants the battery read next, whatever the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """The interval changed, in seconds, counted from the last read; so did ``grace`` where it is given."""

    interval: float
    grace: float | None = None


@dataclass(frozen=True, slots=True)
class Cured:
    """The scanner where the battery failed works again, for another one."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A scanner that can connect hears the battery again."""


@dataclass(frozen=True, slots=True)
class Learned:
    """An earlier run learned how the battery talks and sleeps: longest silence in s, and how many."""

    habits: Mapping[str, tuple[float, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """An earlier run read the battery, ``age`` seconds ago."""

    age: float
    idle: bool


type Event = (
    Advert
    | Opened
    | Closed
    | Ordered
    | Dismissed
    | Released
    | Read
    | Doubted
    | Failed
    | Looked
    | Paused
    | Resumed
    | Lent
    | Returned
    | Asked
    | Paced
    | Cured
    | Reached
    | Learned
    | Restored
)
