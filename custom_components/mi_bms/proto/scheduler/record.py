"""What is known of one battery, as plain facts. Pure; all times are seconds of one even clock.

Everything that is told of a battery (its state, whether its values hold, when it is read again, the
diagnosis) is worked out from these facts when somebody asks: nothing that follows is kept.
"""

from dataclasses import dataclass, field
from math import inf
from typing import Final

from ..model.availability import Cadence
from .link_state import Coverage, Failure, LinkState, Phase
from .pace import Raised
from .quality import Quality

QUIET: Final = (
    180.0  # s without an advert until a battery counts as quiet, to begin with
)
NAP: Final = 43_200.0  # s; how long a sleep is believed before its pattern is learned
GRACE_INTERVALS: Final = 4
MIN_GRACE: Final = 120.0  # s
TIMED: Final = 5  # durations known before an interval is raised for them
SUSPECT: Final = 2  # own failures in a row; one is normal on a shared scanner
SLACK: Final = 1.25  # interval over duration of a read, at least


@dataclass(slots=True, kw_only=True, eq=False)
class Record:
    """The facts of one battery.

    ``interval`` (s) is how often it is to be read, ``grace`` (s) how long its last values hold without
    a new poll, ``keeps`` that its family gains from a link that stays open. ``born`` is when listening
    began: an unheard battery is of no known state before it could be silent.
    """

    address: str
    interval: float
    born: float
    keeps: bool = False
    grace: float = MIN_GRACE

    # Heard: by which scanner how strongly (dBm), and what silences are normal for it.
    heard_at: float | None = None
    heard_by: dict[str, int] = field(default_factory=dict)
    talk: Cadence = field(default_factory=lambda: Cadence(QUIET))
    naps: Cadence = field(default_factory=lambda: Cadence(NAP))
    coverage: Coverage = field(default_factory=Coverage)
    deaf: bool = False  # this silence could not have been ended by any scanner
    risen: bool = False  # from a sleep, and not read since
    unread: bool = False  # since it was silent
    woken_at: float = -inf  # when the plan was last put aside because it is heard again

    # Read: also in an earlier run, then before ``born``.
    read_at: float | None = None
    idle: bool = False
    doubts: int = 0  # samples in a row that were not believed
    quality: Quality = field(default_factory=Quality)

    # Failed. Two counts, since not every failure is the battery's own: a slot that is lacking has to
    # be told to the user, but must not make a healthy battery wait longer than the others.
    failures: int = 0  # in a row, of any kind: for what is told
    failure: Failure | None = None  # the last of them
    own_failures: int = 0  # in a row, the battery's own: for rank and pauses
    stalled: int = 0  # those since it last came further than before
    unconnected: bool = False  # the last own one came before there was a connection
    failed_at: str | None = None  # the scanner of the last own one
    retry_at: float = -inf
    held_at: float | None = None  # since when somebody else is taken to hold it

    # Left alone: by wish of the user, for a form of ours; -inf is "not". They stand apart, so that the
    # end of a form cannot end what the user wished meanwhile.
    away_until: float = -inf
    lent_until: float = -inf
    kept_until: float = -inf  # its values hold so long, whatever happens

    # Connected.
    phase: Phase = Phase.CLOSED
    linked: bool = False  # the link is open, as far as anybody told
    scanner: str | None = None  # where the link is, or is expected
    served_by: str | None = None  # the scanner of the newest link, open or not
    started: float = -inf  # the last read
    kept: bool = False  # the link stays open until the next read
    borrows: bool = False
    astray: bool = False

    # Planned.
    due: float = -inf
    urgent: bool = False
    pathless: bool = False  # no scanner that can connect hears it
    lacking_since: float | None = None  # a slot

    # What the last look gave: for how long that has been so, and what has changed since.
    seen: LinkState | None = None
    since: float = 0.0
    there: bool | None = None

    @property
    def paused(self) -> bool:
        """Return whether the user switched reading off, for good."""
        return self.away_until == inf

    @property
    def alone_until(self) -> float:
        """Return until when the scheduler stays away, whoever wished it; -inf when nobody did."""
        return max(self.away_until, self.lent_until)

    @property
    def was_read(self) -> bool:
        """Return whether it was read since the start."""
        return self.read_at is not None and self.read_at > self.born

    @property
    def known_at(self) -> float:
        """Return when it was last read, or when this run began: what was read before is nobody's delay."""
        return self.born if self.read_at is None else max(self.born, self.read_at)

    @property
    def sleeper(self) -> bool:
        """Return whether the battery is known to fall asleep now and then."""
        return self.naps.silences > 0

    @property
    def suspect(self) -> bool:
        """Return whether it failed so often that it may not stand in others' way."""
        return self.own_failures >= SUSPECT

    @property
    def effective(self) -> float:
        """Return the interval that can be kept, in seconds."""
        raised = self.raised
        return raised.possible if raised else self.interval

    @property
    def raised(self) -> Raised | None:
        """Return the wanted and the possible interval when reads take too long, None when they do not."""
        seconds = self.quality.seconds
        if seconds is None or self.quality.timed < TIMED:
            return None
        possible = round(seconds * SLACK, 1)
        return Raised(self.interval, possible) if possible > self.interval else None

    def learned(self) -> dict[str, tuple[float, int]]:
        """Return what is worth keeping for the next start."""
        return {"talk": self.talk.learned(), "naps": self.naps.learned()}
