"""Decide which battery is read when, so that all share the scanners' few connection slots.

Pure: events and times (seconds of a clock that runs on evenly) in, decisions out. The caller hands
each event to ``apply``, asks ``decide`` whenever something happened or the time it named has come,
and carries out every order; the end of each read is ``Read``, ``Doubted`` or ``Failed``, of each
closing ``Released``. An order is a promise: the scheduler counts its slot until one of these comes.

The rules. Earliest deadline first, the deadline being one interval after a read was due: it does not
move while a battery waits, so each one becomes the most urgent in the end. A link stays open after a
read only while slots are spare; one that stays open is given up as soon as somebody waits for a slot.
Of a scanner that others use, too, slots stay free. One of these is borrowed for a single read, of a
battery that is well and whose data would get too old otherwise.

A battery that fails is tried ever more rarely, after the healthy ones, and one at a time per scanner.
When several batteries fail at one scanner and none succeeds, the scanner is the likely culprit: then
tries stay frequent, and the first success brings all of them back.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import product
from math import inf
from typing import Final

from .battery import Battery
from .decision import Decision, Order, Settings
from .events import (
    Cured,
    Dismissed,
    Doubted,
    Event,
    Failed,
    Ordered,
    Reached,
    Read,
    Resumed,
    Returned,
)
from .keeping import Keeping
from .link_state import NO_LINK, LinkState, Phase
from .quality import Health, Quality
from .slots import Guests, Scanner, Slots
from .visits import Visit, Visits

LOOK: Final = 30.0  # s; the longest time without looking again
WAITING_LOOK: Final = 1.0  # s; while somebody waits for a slot


class Scheduler:
    """The schedule of all batteries of an installation."""

    def __init__(
        self, chance: Callable[[], float], settings: Settings | None = None
    ) -> None:
        """Take a source of chance (0 … 1) for the jitter, and the settings."""
        self.settings = settings or Settings()
        self.batteries: dict[str, Battery] = {}
        self.visits = Visits()
        self._chance = chance
        self._health = Health()
        self._keeping = Keeping()
        self._guests = Guests()
        # Batteries that are to be read close together.
        self.groups: list[frozenset[str]] = []
        self._silent: frozenset[str] = frozenset()
        self._connect_at: dict[str, float] = {}

    @property
    def scanners(self) -> Mapping[str, Quality]:
        """Return how well each scanner lately served."""
        return self._health.scanners

    def sick(self, scanner: str | None) -> bool:
        """Return whether a scanner is silent, or connecting there lately fails for several batteries and works for none."""
        return scanner is not None and (
            scanner in self._silent or self._health.sick(scanner)
        )

    def add(self, battery: Battery, now: float) -> None:
        """Schedule a battery from now on."""
        battery.due = now
        self.batteries[battery.address] = battery

    def remove(self, address: str) -> None:
        """Schedule a battery no longer; whatever is open to it, the caller closes."""
        self.batteries.pop(address, None)
        self._health.forget(address)

    def apply(self, address: str, event: Event, now: float) -> bool:
        """Take what happened to a battery; return whether there is something to decide at once.

        Of a battery that was removed meanwhile it concerns nobody any more.
        """
        if (battery := self.batteries.get(address)) is None:
            return False
        if isinstance(event, Failed):
            event = self._weighed(battery, event, now)
        worth = battery.apply(event, now)
        if isinstance(event, Read | Doubted) and battery.scanner is not None:
            for one in self._health.good(battery.scanner, event.seconds):
                other = self.batteries[one]
                # Where it failed elsewhere since, this scanner's cure is no news for it.
                if other.own_failures and other.failed_at == battery.scanner:
                    other.apply(Cured(), now)
        return worth

    def _weighed(self, battery: Battery, event: Failed, now: float) -> Failed:
        """Count a failure against the scanner, and add what it says of the battery's next pause."""
        scanner, failure = battery.scanner, event.failure
        if not battery.blames(failure):
            return event
        if scanner is not None:
            alone = battery.address if failure in NO_LINK else None
            self._health.bad(scanner, alone)
        # Whoever holds a battery lets it go at any time: then it is to be there again soon.
        held = battery.state(now) is LinkState.HELD
        return replace(
            event,
            longest=self.settings.longest_pause,
            steady=held or self.sick(scanner),
            chance=self._chance(),
        )

    def decide(self, now: float, scanners: Iterable[Scanner]) -> Decision:
        """Decide what to do now; every order counts as carried out from here on."""
        batteries = self.batteries.values()
        slots = self._slots(now, scanners)
        for battery in batteries:
            self._look(battery, now, slots)
        self._gather(now)
        # What somebody else is to have goes first: the slots that frees are there for those that wait.
        release = [one for one in batteries if one.must_close(now)]
        read = [
            self._order(one, now)
            for one in batteries
            if one.phase is Phase.HELD and one.ready_at(now) <= now
        ]
        # Twice: those that have waited long go before the batteries, all others where none waits.
        visits = self._let_in(now, slots, slots.scanners)
        waiting, again = self._start(now, slots, read)
        needed = {one.source for who in waiting for one in slots.paths(who.address)}
        visits += self._let_in(now, slots, needed)
        leave = self.visits.overdue(now, needed)
        guests: list[Battery | Visit] = [*waiting, *self.visits.waiting]
        release += self._keeping.make_room(now, slots, guests, release, batteries)
        # Those that are read over their held link just now are no longer held.
        for battery in batteries:
            if battery.phase is Phase.HELD and battery not in release:
                battery.kept = self._keeping.keep(
                    battery, now, slots, self.settings.hold_up_to, batteries
                )
                release += [] if battery.kept else [battery]
        for battery in release:
            battery.apply(Dismissed(), now)
        return Decision(
            read=tuple(read),
            release=tuple(one.address for one in release),
            again=min(again, self._again(now, bool(guests))),
            visits=tuple(visits),
            leave=tuple(leave),
        )

    def _let_in(self, now: float, slots: Slots, needed: Collection[str]) -> list[Visit]:
        # Their connects are staggered with those of the batteries.
        barred = {one for one in slots.scanners if self._turn(one) > now}
        started = self.visits.start(now, slots, needed=needed, barred=barred)
        self._connect_at |= {one.scanner: now for one in started if one.scanner}
        return started

    def _turn(self, scanner: str) -> float:
        """Return when the next connect may start at a scanner."""
        return self._connect_at.get(scanner, -inf) + self.settings.stagger

    def _slots(self, now: float, scanners: Iterable[Scanner]) -> Slots:
        known = tuple(scanners)
        batteries = self.batteries.values()
        ours: Mapping[str, str | None] = self.visits.under_way | {
            one.address: one.scanner
            for one in batteries
            if one.phase is not Phase.CLOSED
        }
        self._guests.note(known, self.visits.ours(now), now)
        shared = self._guests.shared(self.batteries, now - self.settings.shared_for)
        # Where a connection of ours ends soon, the stack may find a slot that is not free yet.
        moving = {
            one.scanner
            for one in batteries
            if one.phase in {Phase.READING, Phase.CLOSING}
        }.union(self.visits.under_way.values())
        slots = Slots(known, ours, shared, self.settings.reserve, moving)
        self._silent = frozenset(
            one.source
            for one in known
            if one.silent
            and any(slots.astray(address, one.source) for address in one.hears)
        )
        self.visits.look(slots)
        return slots

    def _look(self, battery: Battery, now: float, slots: Slots) -> None:
        """End what has run out: a release that is over, a battery out of reach that is heard again."""
        if -inf < battery.away_until <= now:
            battery.apply(Resumed(), now)
        if -inf < battery.lent_until <= now:
            battery.apply(Returned(), now)
        # A battery that is connected does not advertise: that says nothing of its path.
        closed = battery.phase is Phase.CLOSED
        pathless = closed and not slots.paths(battery.address)
        if battery.pathless and not pathless and battery.own_failures:
            battery.apply(Reached(), now)
        battery.pathless = pathless

    def _gather(self, now: float) -> None:
        """Bring those forward that are to be read together with one whose turn has come.

        By no more than half of the shorter interval: of two that are read equally often each brings the
        other forward once, and from then on they stay together.
        """
        for group in self.groups:
            ours = [self.batteries[one] for one in group if one in self.batteries]
            due = [one for one in ours if one.ready_at(now) <= now]
            for battery, other in product(due, ours):
                most = min(battery.effective, other.effective) / 2
                if now < other.due <= now + most and not other.suspect:
                    other.due = now

    def _order(
        self, battery: Battery, now: float, event: Ordered | None = None
    ) -> Order:
        is_open = battery.phase is Phase.HELD
        held = battery.state(now) is LinkState.HELD
        battery.apply(event or Ordered(), now)
        return Order(
            address=battery.address,
            scanner=battery.scanner,
            open=is_open,
            # A second attempt in the same read would block the scanner for others.
            gentle=battery.own_failures > 0 or held,
        )

    def _start(
        self, now: float, slots: Slots, read: list[Order]
    ) -> tuple[list[Battery], float]:
        """Start what may start, add it to ``read``; return who waits for a slot and when a turn comes."""
        waiting: list[Battery] = []
        again = inf
        patience = self.settings.patience
        for battery in sorted(
            self._ready(now), key=lambda one: one.rank(now, patience)
        ):
            borrow = battery.may_borrow(now)
            scanner = slots.way(battery.address, borrow)
            lacks = scanner is None and slots.lacks(battery.address, borrow)
            if not lacks:
                battery.lacking_since = None
            elif battery.lacking_since is None:
                battery.lacking_since = now
            if scanner is None:
                waiting += [battery] if lacks else []
                again = min(again, now + WAITING_LOOK)
                continue
            # Those that fail take 20 s each: two at once would leave a scanner without a slot.
            if battery.suspect and self._trying(scanner):
                continue
            if (turn := self._turn(scanner)) > now:
                again = min(again, turn)
                continue
            self._connect_at[scanner] = now
            order = Ordered(
                scanner=scanner,
                # Wherever the stack may go: the scanner that is expected may not be the one it takes.
                borrows=not slots.roomy(battery.address),
                astray=slots.astray(battery.address, scanner),
            )
            slots.take(scanner)
            read.append(self._order(battery, now, order))
        return waiting, again

    def _ready(self, now: float) -> list[Battery]:
        """Return who may be read over a new link; nobody else can lack a slot."""
        ready = []
        for battery in self.batteries.values():
            closed = battery.phase is Phase.CLOSED and not battery.pathless
            if closed and battery.ready_at(now) <= now:
                ready.append(battery)
            else:
                battery.lacking_since = None
        return ready

    def _trying(self, scanner: str) -> bool:
        return any(
            one.phase is Phase.READING and one.scanner == scanner and one.suspect
            for one in self.batteries.values()
        )

    def _again(self, now: float, somebody_waits: bool) -> float:
        # Silences grow long and scanners change without any event.
        times = [now + LOOK]
        if somebody_waits:
            times.append(now + WAITING_LOOK)
        for battery in self.batteries.values():
            idle = battery.phase is Phase.HELD or (
                battery.phase is Phase.CLOSED and not battery.pathless
            )
            if idle and (ready := battery.ready_at(now)) > now:
                times.append(ready)
            times += [
                until
                for until in (battery.away_until, battery.lent_until)
                if until > now
            ]
        return min(times)
