"""How a battery stands, told from its adverts, the outcome of its polls and the scanners around it.

Pure: times are seconds of any clock that runs on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Final

from ..model.availability import MULTIPLE, Cadence
from ..model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    MiBmsError,
    Unreachable,
    Unsupported,
)


class Failure(StrEnum):
    """Describe why a poll gave nothing."""

    NOT_HEARD = "not_heard"
    NO_SLOT = "no_slot"
    CONNECT = "connect"
    LOST = "lost"
    SILENT = "silent"
    GARBLED = "garbled"
    AUTH = "auth"
    PAIRING = "pairing"
    UNSUPPORTED = "unsupported"


class LinkState(StrEnum):
    """Describe how a battery stands; the words from ``no_receiver`` on say why it is unreachable."""

    AWAKE = "awake"
    ASLEEP = "asleep"
    HELD = "held"  # by another client
    PAUSED = "paused"  # by the user
    NO_RECEIVER = "no_receiver"  # none hears it
    ADVERTS_ONLY = "adverts_only"  # only scanners hear it that cannot connect
    NO_SLOT = "no_slot"
    CONNECT_FAILED = "connect_failed"
    SILENT = "silent"  # connected, without a valid answer
    AUTH = "auth"  # wants a password, or another one
    PAIRING = "pairing"  # talks over a paired link only

    @property
    def unreachable(self) -> bool:
        """Return whether somebody may have to do something about it."""
        return self not in {self.AWAKE, self.ASLEEP, self.HELD, self.PAUSED}


_REASONS: Final = {
    "not_heard": Failure.NOT_HEARD,
    "no_slot": Failure.NO_SLOT,
    "connect": Failure.CONNECT,
    "pairing": Failure.PAIRING,
}


# What a person has to do first, whatever the scanner does.
_WANTS: Final = {Failure.AUTH: LinkState.AUTH, Failure.PAIRING: LinkState.PAIRING}


_OBSTACLES: Final = {
    Failure.NOT_HEARD: LinkState.NO_RECEIVER,
    Failure.NO_SLOT: LinkState.NO_SLOT,
    Failure.CONNECT: LinkState.CONNECT_FAILED,
    Failure.LOST: LinkState.CONNECT_FAILED,
    Failure.SILENT: LinkState.SILENT,
    Failure.GARBLED: LinkState.SILENT,
    Failure.UNSUPPORTED: LinkState.SILENT,
}


QUIET: Final = (
    180.0  # s without an advert until a battery counts as quiet, to begin with
)


DOZE: Final = 60.0  # s; the same for a battery that has reason to sleep


NAP: Final = 43_200.0  # s; how long a sleep is believed before its pattern is learned


MISSES: Final = (
    2  # failures in a row that mean something; one is normal on a shared scanner
)


STRONG: Final = -75  # dBm; from here on a failing connect is not the distance


HELD_AT_MOST: Final = (
    3600.0  # s; a silence, or a refusal, that lasts longer is not somebody's app
)


GRACE_INTERVALS: Final = 4


MIN_GRACE: Final = 120.0  # s


def failure_of(err: MiBmsError) -> Failure:
    """Return the word for what a poll raised."""
    if isinstance(err, Unreachable):
        return _REASONS.get(err.reason, Failure.LOST)
    if isinstance(err, AuthNeeded | AuthRejected):
        return Failure.AUTH
    if isinstance(err, Unsupported):
        return Failure.UNSUPPORTED
    return Failure.GARBLED if isinstance(err, FrameError) else Failure.SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Name the scanners around a battery now.

    ``working`` receive anything at all, ``hearing`` of them receive the battery, ``connecting`` of
    these can connect. ``troubled``: connecting lately fails there for other batteries too. ``crowded``:
    the battery has been waiting for a slot for some time.
    """

    working: frozenset[str]
    hearing: frozenset[str]
    connecting: frozenset[str]
    troubled: bool = False
    crowded: bool = False


@dataclass(slots=True, kw_only=True)
class LinkHistory:
    """Follow one battery; ``grace`` is how long (s) its last values hold without a new poll.

    ``begun`` is when listening began: an unheard battery is of no known state before it could be silent.

    Tell it every advert, every outcome of a poll and every pause; give ``Coverage`` with each question.
    """

    grace: float = MIN_GRACE
    begun: float = -inf
    talk: Cadence = field(default_factory=lambda: Cadence(QUIET))
    naps: Cadence = field(default_factory=lambda: Cadence(NAP))
    heard_at: float | None = None
    heard_by: dict[str, int] = field(default_factory=dict)
    read_at: float | None = None
    idle: bool = False
    failures: int = 0
    failure: Failure | None = None
    away_until: float | None = None
    linked: bool = False
    since: float = 0.0
    _deaf: bool = False
    _risen: bool = False
    _unread: bool = False  # since it was silent
    _refused_at: float | None = None
    _kept_until: float = -inf
    _state: LinkState | None = None
    _there: bool | None = None

    def hear(self, now: float, rssi: int, scanner: str) -> bool:
        """Take one advert; True when it ends a silence, so that the battery is worth a poll now."""
        if quiet := self._sign(now):
            # Who heard it long ago may be gone for good.
            self.heard_by.clear()
        self.heard_by[scanner] = rssi
        return quiet

    def link(self, now: float, *, is_open: bool) -> None:
        """Take that our connection opened or closed: while it is open no advert is to be expected."""
        self._sign(now)
        self.linked = is_open

    def succeeded(self, now: float, *, idle: bool) -> None:
        """Take a good poll; ``idle``: no current flows, so the battery may soon sleep."""
        self._sign(now)
        self.read_at, self.idle, self._risen = now, idle, False
        self._unread = False
        self.answered()

    def answered(self) -> None:
        """Take that it was connected and answered, whatever it said."""
        self.failures, self.failure, self._refused_at = 0, None, None

    def failed(self, failure: Failure) -> None:
        """Take a poll that gave nothing."""
        self.failures += 1
        self.failure = failure

    def pause(self, now: float, coverage: Coverage, until: float = inf) -> None:
        """Take the user's wish to stay away; with an end, the last values hold that long and a grace."""
        if until < inf and self.available(now, coverage):
            self._kept_until = until + self.grace
        else:
            self._kept_until = min(self._kept_until, now + self.grace)
        self.away_until = until

    def resume(self, now: float) -> None:
        """Take the end of a pause."""
        if self._kept_until > now:
            self._kept_until = now + self.grace
        self.away_until = None
        self.answered()

    def restore(self, now: float, age: float, *, idle: bool) -> None:
        """Take what was read ``age`` seconds before, in an earlier run."""
        self.read_at, self.idle = now - max(age, 0.0), idle

    @property
    def sleeper(self) -> bool:
        """Return whether the battery is known to switch its radio off now and then."""
        return self.naps.silences > 0

    def state(self, now: float, coverage: Coverage) -> LinkState | None:
        """Return how the battery stands, None while that is not known; ``since`` tells from when on."""
        if self._unheard(coverage):
            # A silence that no scanner could have ended teaches nothing.
            self._deaf = True
        state = self._judge(now, coverage)
        if state is not self._state:
            self._state, self.since = state, now
        return state

    def available(self, now: float, coverage: Coverage) -> bool:
        """Return whether the last values still hold."""
        if self.read_at is None:
            return False
        if now - self.read_at < self.grace or now < self._kept_until:
            return True
        # What was lost after it had been heard again comes back with a poll only.
        lost = self._unread and self._there is False
        state = self.state(now, coverage)
        # It may well sleep where nothing is known yet.
        sleeps = state is None and self._sleeps(now - self.read_at)
        return (state is LinkState.ASLEEP or sleeps) and not lost

    def turn(self, now: float, coverage: Coverage) -> bool | None:
        """Return True when the battery has just come back, False when it was just lost, else None."""
        there = self.available(now, coverage)
        before, self._there = self._there, there
        if before is None or before is there:
            return None
        return there

    def learned(self) -> dict[str, tuple[float, int]]:
        """Return what is worth keeping for the next start."""
        return {"talk": self.talk.learned(), "naps": self.naps.learned()}

    def relearn(self, learned: Mapping[str, tuple[float, int]]) -> None:
        """Go on with what an earlier run has learned, as far as it is known."""
        if "talk" in learned:
            self.talk = Cadence.again(QUIET, None, learned["talk"])
        if "naps" in learned:
            self.naps = Cadence.again(NAP, None, learned["naps"])

    def _sign(self, now: float) -> bool:
        """Take a sign of life; True when it ends a silence that was longer than usual."""
        before, self.heard_at = self.heard_at, now
        quiet = (
            before is None
            or self._state is LinkState.ASLEEP
            or self._silent(now - before)
        )
        # A shorter one is what a battery is like that is hardly heard.
        slept = before is None or now - before >= QUIET
        if quiet:
            self._rise(now, before, slept=slept)
        self._deaf = False
        if (quiet and slept) or self.linked:
            # Neither a sleep nor the silence of a connection is how it usually talks.
            self.talk.heard_at = None
        self.talk.hear(now)
        return quiet

    def _rise(self, now: float, before: float | None, *, slept: bool) -> None:
        """Take the end of a silence, after the last sign of life ``before``, if there was one."""
        last = self.read_at if before is None else before
        if last is not None and not self._risen and self._sleeps(now - last):
            # What it said last holds until it was read again, if that does not take long.
            self._kept_until = max(self._kept_until, now + self.grace)
            self._risen = True
        self._unread = True
        if before is not None and slept and self.idle and not self._deaf:
            self.naps.heard_at = before
            self.naps.hear(now)
        if self.failure not in _WANTS:
            self.answered()
        # The next question has to be answered anew.
        self._state = None

    def _silent(self, silence: float) -> bool:
        """Return whether a silence is longer than this battery's usual one."""
        if self.linked:
            return False
        limit = self.talk.limit
        if self.idle or self.sleeper:
            limit = min(limit, max(DOZE, self.talk.longest * MULTIPLE))
        return silence >= limit

    def _judge(self, now: float, coverage: Coverage) -> LinkState | None:
        if self.away_until is not None and now < self.away_until:
            return LinkState.PAUSED
        if self.failure in _WANTS:
            return _WANTS[self.failure]
        if self.heard_at is None and not self._silent(now - self.begun):
            return None
        if self.heard_at is None or self._silent(now - self.heard_at):
            return self._silence(now, coverage)
        # Between two adverts nothing has changed.
        only = coverage.hearing or self._state is LinkState.ADVERTS_ONLY
        if only and not coverage.connecting and not self.linked:
            return LinkState.ADVERTS_ONLY
        if self.failure is None or self.failures < MISSES:
            return LinkState.NO_SLOT if coverage.crowded else LinkState.AWAKE
        obstacle = _OBSTACLES[self.failure]
        if obstacle is LinkState.CONNECT_FAILED and self._refuses(coverage):
            if self._refused_at is None:
                self._refused_at = now
            if now - self._refused_at < HELD_AT_MOST:
                return LinkState.HELD
        return obstacle

    def _silence(self, now: float, coverage: Coverage) -> LinkState:
        """Explain why nothing is heard of a battery."""
        last = self.read_at if self.heard_at is None else self.heard_at
        if last is None or self._unheard(coverage):
            return LinkState.NO_RECEIVER
        silence = now - last
        if self.idle or self.sleeper:
            return LinkState.ASLEEP if self._sleeps(silence) else LinkState.NO_RECEIVER
        # A battery that works does not fall silent while current flows, unless somebody is connected.
        if self._strong and self.read_at is not None and silence < HELD_AT_MOST:
            return LinkState.HELD
        return LinkState.NO_RECEIVER

    def _sleeps(self, silence: float) -> bool:
        """Return whether a silence fits a sleep: none flows, or it is known for it, and not for too long."""
        return (self.idle or self.sleeper) and silence < self.naps.limit

    def _unheard(self, coverage: Coverage) -> bool:
        """Return whether none of the scanners that usually hear the battery works."""
        return not (
            coverage.working & self.heard_by.keys()
            if self.heard_by
            else coverage.working
        )

    @property
    def _strong(self) -> bool:
        return max(self.heard_by.values(), default=STRONG - 1) >= STRONG

    def _refuses(self, coverage: Coverage) -> bool:
        """Return whether a battery that used to work refuses, although neither signal nor scanner is bad."""
        return self._strong and self.read_at is not None and not coverage.troubled
