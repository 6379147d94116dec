"""One battery: its record, what each event changes in it, and what follows for its turn.

Pure. ``apply`` is the only way in: an event changes the record once, and everybody (the scheduler, the
states shown, the diagnosis) reads the same record. What follows from it is a function of the record
and the time; how it stands and whether its values hold is worked out in ``standing``.
"""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any, ClassVar, Final

from ..model.availability import Cadence
from . import events, standing
from .backoff import pause_after
from .link_state import NO_LINK, WANTS, Failure, LinkState, Phase
from .record import NAP, QUIET, Record

BORROW: Final = 2.0  # intervals; older data let a battery use a slot kept for others
NO_SLOT_PAUSE: Final = 5.0  # s
DOUBT_PAUSE: Final = 2.0  # s until an unbelievable sample is checked
ASTRAY_PAUSE: Final = (
    1.0  # s; each failure at a silent scanner lets the stack take another one sooner
)
WAKE_EVERY: Final = 60.0  # s; a flickering advert must not undo the pauses


class Battery(Record):
    """One battery; from outside only the scheduler writes to it, and only what it plans."""

    __slots__ = ()

    def apply(self, event: events.Event, now: float) -> bool:
        """Take what happened; return whether there is something to decide at once because of it."""
        return bool(self._EFFECTS[type(event)](self, event, now))

    # --- what follows from the record ----------------------------------------------------------

    def state(self, now: float) -> LinkState | None:
        """Return how the battery stands, None while that is not known."""
        return standing.state(self, now)

    def available(self, now: float) -> bool:
        """Return whether the last values still hold."""
        return standing.available(self, now)

    def since_when(self, now: float) -> float:
        """Return from when on it has stood as it does."""
        return self.since if self.state(now) is self.seen else now

    def ready_at(self, now: float) -> float:
        """Return when the battery may be read next; infinite while it sleeps or is paused for good."""
        if (until := self.alone_until) > now:
            return max(until, self.due)
        # Somebody waits for it: neither the plan nor a pause after failures holds it back.
        if self.urgent:
            return -inf
        # Connecting to one that sleeps fails for certain, and takes a slot for 20 s.
        if standing.asleep(self, now):
            return inf
        return max(self.due, self.retry_at)

    def waited(self, now: float) -> float:
        """Return how many seconds the battery has waited for its turn; negative before it is due."""
        return now - self.ready_at(now)

    def rank(self, now: float, patience: float) -> tuple[bool, float]:
        """Return what those that wait are sorted by: suspects last unless they have waited long, then by deadline."""
        last = self.suspect and not self.urgent and self.waited(now) < patience
        # An interval after it was due its data are too old. That does not move while it waits, so
        # each battery becomes the most urgent in the end.
        return last, -inf if self.urgent else self.ready_at(now) + self.effective

    def must_close(self, now: float) -> bool:
        """Return whether somebody else is to have the battery although we are connected."""
        return self.phase in {Phase.HELD, Phase.READING} and self.alone_until > now

    def may_borrow(self, now: float) -> int:
        """Return how many slots that are kept for others may be used for one read."""
        # A suspect would most likely fail, and hold a slot of others for 20 s meanwhile.
        old = now - self.known_at >= BORROW * self.effective
        return int(old and not self.suspect)

    def blames(self, failure: Failure) -> bool:
        """Return whether a failure of the read that is under way is the battery's, or its scanner's."""
        # A silent scanner was tried although it may be without power: see ``Slots.way``.
        lost_way = self.astray and failure in NO_LINK
        ours = self.phase is Phase.READING
        return ours and failure is not Failure.NO_SLOT and not lost_way

    # --- what is heard and what the link does --------------------------------------------------

    def _hear(self, event: events.Advert, now: float) -> bool:
        before = self.heard_at
        if quiet := self._sign(now):
            # Who heard it long ago may be gone for good.
            self.heard_by.clear()
            self._wake(now, slept=before is None or now - before >= QUIET)
        self.heard_by[event.scanner] = event.rssi
        return quiet

    def _sign(self, now: float) -> bool:
        """Take a sign of life; return whether it ends a silence that was longer than usual."""
        before, self.heard_at = self.heard_at, now
        quiet = (
            before is None
            # Some scanners tell an advert late, with its own time: who was seen asleep wakes all the same.
            or self.seen is LinkState.ASLEEP
            or standing.silent(self, now - before)
        )
        # A shorter one is what a battery is like that is hardly heard.
        slept = before is None or now - before >= QUIET
        if quiet:
            self._rise(now, before, slept=slept)
        self.deaf = False
        if (quiet and slept) or self.linked:
            # Neither a sleep nor the silence of a connection is how it usually talks.
            self.talk.heard_at = None
        self.talk.hear(now)
        return quiet

    def _rise(self, now: float, before: float | None, *, slept: bool) -> None:
        """Take the end of a silence, after the last sign of life ``before``, if there was one."""
        last = self.read_at if before is None else before
        if last is not None and not self.risen and standing.sleeps(self, now - last):
            # What it said last holds until it was read again, if that does not take long.
            self.kept_until = max(self.kept_until, now + self.grace)
            self.risen = True
        self.unread = True
        # Only a silence that somebody could have ended teaches how long it sleeps.
        if before is not None and slept and self.idle and not self.deaf:
            self.naps.heard_at = before
            self.naps.hear(now)
        if self.failure not in WANTS:
            self._answered()
        # The next look has to find anew how it stands.
        self.seen = None

    def _wake(self, now: float, *, slept: bool) -> None:
        """Put the plan aside because the battery is heard again."""
        # One that is hardly heard wakes with each advert: it is read no more often for that.
        usual = 0.0 if slept or self.own_failures else self.effective
        if now - self.woken_at >= max(WAKE_EVERY, usual):
            self.woken_at = now
            self._back(now)

    def _reached(self, _event: events.Reached, now: float) -> None:
        self._wake(now, slept=True)

    def _opened(self, event: events.Opened, now: float) -> None:
        self._sign(now)
        self.linked = True
        # Where no scanner tells who is connected, it is the one that was to be expected.
        self.scanner = self.served_by = event.scanner or self.scanner
        # It does connect, however quiet the scanner is.
        self.astray = False

    def _closed(self, _event: events.Closed, now: float) -> None:
        self._sign(now)
        self.linked = False
        # A held link that breaks is no failure: the next read will tell. Any other end of a link is
        # the end of a read or of an order to close, and these tell of themselves.
        if self.phase is Phase.HELD:
            self._free()

    def _ordered(self, event: events.Ordered, now: float) -> None:
        self.phase, self.started = Phase.READING, now
        if event.scanner is not None:
            self.scanner = event.scanner
            self.borrows, self.astray = event.borrows, event.astray

    def _dismissed(self, _event: events.Dismissed, _now: float) -> None:
        self.phase = Phase.CLOSING

    def _released(self, _event: events.Released, _now: float) -> None:
        self._free()

    def _free(self) -> None:
        self.phase, self.scanner, self.kept = Phase.CLOSED, None, False

    # --- what a poll gave -----------------------------------------------------------------------

    def _read(self, event: events.Read, now: float) -> None:
        self._sign(now)
        self._served(event.seconds, now)
        self.read_at, self.idle = now, event.idle
        self.risen = self.unread = False
        self.doubts = 0

    def _doubted(self, event: events.Doubted, now: float) -> None:
        self._served(event.seconds, now)
        if not self.doubts:
            # A battery that goes on lying gets no more turns than an honest one.
            self.due = min(self.due, now + DOUBT_PAUSE)
        self.doubts += 1

    def _served(self, seconds: float, now: float) -> None:
        """Take that it was connected and answered, whatever it said."""
        self._answered()
        self.quality.good(seconds)
        self.own_failures = self.stalled = 0
        self.failed_at, self.unconnected, self.retry_at = None, False, -inf
        self.urgent = False
        # From the start of the read: its duration must not stretch the interval.
        self.due = max(self.started + self.effective, now)
        # An order to close that came meanwhile stands.
        if self.phase is Phase.READING:
            self.phase = Phase.HELD

    def _answered(self) -> None:
        self.failures, self.failure, self.held_at = 0, None, None

    def _failed(self, event: events.Failed, now: float) -> None:
        failure, scanner = event.failure, self.scanner
        reading, own = self.phase is Phase.READING, self.blames(failure)
        self._free()
        self.urgent = False
        if not reading:
            # It was closed because somebody wished so: that says nothing of the battery.
            return
        self.failures += 1
        self.failure = failure
        if failure is not Failure.NO_SLOT:
            self.quality.bad()
        if not own:
            # No fault of the battery, so it waits no longer each time.
            no_slot = failure is Failure.NO_SLOT
            self.retry_at = now + (NO_SLOT_PAUSE if no_slot else ASTRAY_PAUSE)
            return
        self.own_failures += 1
        # A battery that can be connected again is on its way back.
        forward = self.unconnected and failure not in NO_LINK
        self.stalled = 1 if forward else self.stalled + 1
        self.unconnected, self.failed_at = failure in NO_LINK, scanner
        self.retry_at = now + pause_after(
            self,
            failure,
            now,
            longest=event.longest,
            steady=event.steady,
            chance=event.chance,
        )

    def _looked(self, event: events.Looked, now: float) -> None:
        self.coverage = event.coverage
        # A silence that no scanner could have ended teaches nothing.
        self.deaf = self.deaf or standing.unheard(self)
        # Both before ``seen`` and ``there`` change: they are worked out from the last look, too.
        stands, there = self.state(now), self.available(now)
        if stands is LinkState.HELD and self.held_at is None:
            self.held_at = now
        if stands is not self.seen:
            self.seen, self.since = stands, now
        self.there = there

    # --- what is wished -------------------------------------------------------------------------

    def _paused(self, event: events.Paused, now: float) -> None:
        # While an app has it for some minutes its values hold: they were good, and it comes back.
        # Of one that was switched off nobody knows when it comes back.
        if event.until < inf and self.available(now):
            self.kept_until = event.until + self.grace
        else:
            self.kept_until = min(self.kept_until, now + self.grace)
        self.away_until = event.until
        self.urgent = False

    def _resumed(self, _event: events.Resumed, now: float) -> None:
        if self.kept_until > now:
            self.kept_until = now + self.grace
        self.away_until = -inf
        self._answered()
        self._back(now)
        # It was silent while the app had it, which looks like sleep: it is tried all the same.
        self.urgent = True

    def _lent(self, event: events.Lent, _now: float) -> None:
        self.lent_until = event.until
        self.urgent = False

    def _returned(self, _event: events.Returned, now: float) -> None:
        self.lent_until = -inf
        self._back(now)

    def _asked(self, _event: events.Asked, now: float) -> bool:
        # Not even who asks for a reading ends a pause.
        self.urgent = self.alone_until <= now
        return self.urgent

    def _paced(self, event: events.Paced, _now: float) -> None:
        if self.was_read and event.interval != self.interval:
            self.due = self.started + event.interval
        self.interval = event.interval
        if event.grace is not None:
            self.grace = event.grace

    def _cured(self, _event: events.Cured, now: float) -> None:
        self._back(now)

    def _back(self, now: float) -> None:
        """Forget why it had to wait."""
        self.own_failures, self.stalled, self.retry_at = 0, 0, -inf
        if self.phase is Phase.CLOSED:
            self.due = min(self.due, now)

    # --- what an earlier run knew ----------------------------------------------------------------

    def _learned(self, event: events.Learned, _now: float) -> None:
        habits = event.habits
        if "talk" in habits:
            self.talk = Cadence.again(QUIET, None, habits["talk"])
        if "naps" in habits:
            self.naps = Cadence.again(NAP, None, habits["naps"])

    def _restored(self, event: events.Restored, now: float) -> None:
        self.read_at, self.idle = now - max(event.age, 0.0), event.idle

    _EFFECTS: ClassVar[
        Mapping[type[Any], Callable[[Battery, Any, float], bool | None]]
    ] = {
        events.Advert: _hear,
        events.Opened: _opened,
        events.Closed: _closed,
        events.Ordered: _ordered,
        events.Dismissed: _dismissed,
        events.Released: _released,
        events.Read: _read,
        events.Doubted: _doubted,
        events.Failed: _failed,
        events.Looked: _looked,
        events.Paused: _paused,
        events.Resumed: _resumed,
        events.Lent: _lent,
        events.Returned: _returned,
        events.Asked: _asked,
        events.Paced: _paced,
        events.Cured: _cured,
        events.Reached: _reached,
        events.Learned: _learned,
        events.Restored: _restored,
    }
