"""What the scheduler knows of a battery, and what it orders; all times in seconds."""

from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Final

from .link_state import Failure
from .pace import Raised
from .quality import Quality
from .visits import Visit

TIMED: Final = 5  # durations known before an interval is raised for them
SUSPECT: Final = 2  # failures in a row; one is normal on a shared scanner
BORROW: Final = 2.0  # intervals; older data let a battery use a slot kept for others
SLACK: Final = 1.25  # interval over duration of a read, at least


class Phase(StrEnum):
    """Describe what a battery's connection is doing."""

    CLOSED = "closed"
    READING = "reading"  # from the order on, connecting included
    HELD = "held"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Hold what is the same for all batteries; times in seconds.

    ``reserve`` slots of a scanner stay free when others used it within ``shared_for``. ``stagger`` is
    the least time between two connects at one scanner, ``longest_pause`` the longest after failures.
    Links of batteries with a longer interval than ``hold_up_to`` are not kept.
    """

    reserve: int = 1
    shared_for: float = 3600.0
    stagger: float = 0.5
    longest_pause: float = 300.0
    patience: float = 300.0
    hold_up_to: float = 120.0


@dataclass(slots=True, kw_only=True)
class Pack:
    """Hold what the scheduler knows of a battery; read it, but let the scheduler write it."""

    address: str
    interval: float
    keeps: bool
    born: float
    due: float
    phase: Phase = Phase.CLOSED
    scanner: str | None = None
    started: float = -inf
    read_at: float | None = None
    failures: int = 0
    failure: Failure | None = None
    stalled: int = 0
    doubts: int = 0
    failed_at: str | None = None
    retry_at: float = -inf
    away_until: float | None = None
    asleep: bool = False
    held_elsewhere: bool = False
    urgent: bool = False
    pathless: bool = False
    kept: bool = False
    borrows: bool = False
    astray: bool = False
    woken_at: float = -inf
    lacking_since: float | None = None  # a slot
    quality: Quality = field(default_factory=Quality)

    @property
    def effective(self) -> float:
        """Return the interval that can be kept, in seconds."""
        raised = self.raised
        return raised.possible if raised else self.interval

    @property
    def raised(self) -> Raised | None:
        """Say that reads take longer than the interval allows, None when they do not."""
        seconds = self.quality.seconds
        if seconds is None or self.quality.timed < TIMED:
            return None
        possible = round(seconds * SLACK, 1)
        return Raised(self.interval, possible) if possible > self.interval else None

    @property
    def suspect(self) -> bool:
        """Return whether it failed so often that it may not stand in others' way."""
        return self.failures >= SUSPECT

    def rank(self, now: float, patience: float) -> tuple[bool, float]:
        """Order those that wait: suspects last unless they have waited long, then by deadline."""
        patient = now - self.ready_at < patience
        return self.suspect and not self.urgent and patient, self.deadline

    @property
    def must_close(self) -> bool:
        """Return whether somebody else is to have the battery although we are connected."""
        return self.away_until is not None and self.phase in {
            Phase.HELD,
            Phase.READING,
        }

    def may_borrow(self, now: float) -> int:
        """Return how many slots that are kept for others may be used for one read."""
        known = self.born if self.read_at is None else self.read_at
        return int(not self.suspect and now - known >= BORROW * self.effective)

    @property
    def ready_at(self) -> float:
        """Return when the battery may be read next; infinite while it sleeps or is paused for good."""
        if self.away_until is not None:
            return max(self.away_until, self.due)
        if self.urgent:
            return -inf
        return inf if self.asleep else max(self.due, self.retry_at)

    @property
    def deadline(self) -> float:
        """Return when its data become too old, for the order among those that wait."""
        return -inf if self.urgent else self.ready_at + self.effective


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Tell to read a battery: over its open link, or over a new one that is expected at ``scanner``.

    ``gentle``: it failed before, so one attempt to connect is enough.
    """

    address: str
    scanner: str | None
    open: bool
    gentle: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Tell what to do now: reads to start, links to close (even in the middle), when to ask again.

    ``visits`` have their turn from now on, ``leave`` are visits that must end.
    """

    read: tuple[Order, ...]
    release: tuple[str, ...]
    again: float
    visits: tuple[Visit, ...] = ()
    leave: tuple[Visit, ...] = ()
