"""Decide which battery is read when, so that all share the scanners' few connection slots.

Pure: facts and times (seconds of a clock that runs on evenly) in, decisions out. The caller asks
``decide`` whenever something happened or the time it named has come, carries out every order, and
reports the end of each read with ``succeeded``, ``doubted`` or ``failed`` and of each closing with
``released``. An order is a promise: the scheduler counts its slot until one of these comes.

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
from math import ceil, inf
from typing import Final

from .backoff import pause_after
from .battery import Decision, Order, Pack, Phase, Settings
from .link_state import Failure
from .quality import Health, Quality
from .slots import Guests, Scanner, Slots
from .visits import Visit, Visits

HEADROOM: Final = 2.0  # slots kept for rotation, as a multiple of what the reads take
NO_SLOT_PAUSE: Final = 5.0  # s
DOUBT_PAUSE: Final = 2.0  # s until an unbelievable sample is checked
ASTRAY_PAUSE: Final = (
    1.0  # s; each failure at a silent scanner lets the stack take another one sooner
)
WAKE_EVERY: Final = 60.0  # s; a flickering advert must not undo the pauses
LOOK: Final = 30.0  # s; the longest time without looking again
WAITING_LOOK: Final = 1.0  # s; while somebody waits for a slot
CROWDED: Final = 120.0  # s without held links at a scanner after one had to be given up

_NO_LINK: Final = frozenset({Failure.CONNECT, Failure.LOST})


class Scheduler:
    """Schedule the reads of all batteries of an installation."""

    def __init__(
        self, chance: Callable[[], float], settings: Settings | None = None
    ) -> None:
        """Take a source of chance (0 … 1) for the jitter, and the settings."""
        self.settings = settings or Settings()
        self.packs: dict[str, Pack] = {}
        self._health = Health()
        self._chance = chance
        self.visits = Visits()
        self._guests = Guests()
        self._silent: frozenset[str] = frozenset()
        self._connect_at: dict[str, float] = {}
        self._crowded_at: dict[str, float] = {}

    @property
    def scanners(self) -> Mapping[str, Quality]:
        """Return how well each scanner lately served."""
        return self._health.scanners

    def sick(self, scanner: str | None) -> bool:
        """Return whether a scanner is silent, or connecting there lately fails for several batteries and works for none."""
        return scanner is not None and (
            scanner in self._silent or self._health.sick(scanner)
        )

    def add(
        self, address: str, now: float, interval: float, *, keeps: bool = False
    ) -> None:
        """Schedule a battery from now on; ``keeps``: its family gains from a link that stays open."""
        self.packs[address] = Pack(
            address=address, interval=interval, keeps=keeps, born=now, due=now
        )

    def remove(self, address: str) -> None:
        """Forget a battery; whatever is open to it, the caller closes."""
        self.packs.pop(address, None)
        self._health.forget(address)

    def pace(self, address: str, interval: float) -> None:
        """Change the interval of a battery, counted from its last read."""
        pack = self.packs[address]
        if pack.read_at is not None and interval != pack.interval:
            pack.due = pack.started + interval
        pack.interval = interval

    def pause(self, address: str, until: float = inf) -> None:
        """Stay away from a battery; a link to it is closed by the next decision."""
        self.packs[address].away_until = until
        self.packs[address].urgent = False

    def resume(self, address: str, now: float) -> None:
        """Come back to a battery at once."""
        pack = self.packs[address]
        pack.away_until = None
        self._back(pack, now)

    def refresh(self, address: str) -> bool:
        """Read a battery next, whatever the plan; False while it is paused."""
        pack = self.packs[address]
        pack.urgent = pack.away_until is None
        return pack.urgent

    def sleep(self, address: str) -> None:
        """Leave a battery in peace until ``wake``."""
        self.packs[address].asleep = True

    def wake(self, address: str, now: float, *, slept: bool = True) -> bool:
        """Read a battery at once because it advertises again; False when that was lately tried.

        Without ``slept`` it was only missed for a moment.
        """
        if (pack := self.packs.get(address)) is None:
            return False
        pack.asleep = False
        # One that is hardly heard wakes with each advert: it is read no more often for that.
        usual = 0.0 if slept or pack.failures else pack.effective
        if now - pack.woken_at < max(WAKE_EVERY, usual):
            return False
        pack.woken_at = now
        self._back(pack, now)
        return True

    def elsewhere(self, address: str, held: bool) -> None:
        """Take whether another client holds a battery; then tries stay gentle but regular."""
        self.packs[address].held_elsewhere = held

    def connected(self, address: str, scanner: str | None) -> None:
        """Note which scanner the stack took."""
        if (pack := self.packs.get(address)) is not None:
            pack.scanner = scanner or pack.scanner
            # It does connect, however quiet it is.
            pack.astray = False

    def succeeded(self, address: str, now: float, seconds: float) -> None:
        """Note a sample and how long the whole read took; the next decision keeps or closes the link."""
        if (pack := self.packs.get(address)) is None:
            return
        pack.quality.good(seconds)
        pack.read_at = now
        pack.failures = pack.stalled = 0
        pack.failure, pack.failed_at, pack.retry_at = None, None, -inf
        pack.doubts = 0
        pack.held_elsewhere = pack.urgent = pack.asleep = False
        pack.due = max(pack.started + pack.effective, now)
        if pack.phase is Phase.READING:
            pack.phase = Phase.HELD
        if pack.scanner is not None:
            for one in self._health.good(pack.scanner, seconds):
                other = self.packs[one]
                if other.failures and other.failed_at == pack.scanner:
                    self._back(other, now)

    def doubted(self, address: str, now: float, seconds: float) -> None:
        """Note a sample that was not believed: the link works, and it is soon read again."""
        if (pack := self.packs.get(address)) is None:
            return
        read_at, doubts = pack.read_at, pack.doubts
        self.succeeded(address, now, seconds)
        pack.read_at, pack.doubts = read_at, doubts + 1
        if not doubts:
            # A battery that goes on lying gets no more turns than an honest one.
            pack.due = min(pack.due, now + DOUBT_PAUSE)

    def failed(self, address: str, now: float, failure: Failure) -> None:
        """Note a read that gave nothing; the caller has closed whatever was open."""
        if (pack := self.packs.get(address)) is None:
            return
        aborted = pack.phase is not Phase.READING
        scanner = pack.scanner
        self.lost(address)
        pack.urgent = False
        if aborted:
            return
        if failure is Failure.NO_SLOT:
            pack.retry_at = now + NO_SLOT_PAUSE
            return
        pack.quality.bad()
        if pack.astray and failure in _NO_LINK:
            pack.retry_at = now + ASTRAY_PAUSE
            return
        pack.failures += 1
        # A battery that can be connected again is on its way back.
        forward = pack.failure in _NO_LINK and failure not in _NO_LINK
        pack.stalled = 1 if forward else pack.stalled + 1
        pack.failure, pack.failed_at = failure, scanner
        if scanner is not None:
            self._health.bad(scanner, address if failure in _NO_LINK else None)
        pack.retry_at = now + pause_after(
            pack,
            failure,
            now,
            longest=self.settings.longest_pause,
            steady=self.sick(scanner) or pack.held_elsewhere,
            chance=self._chance(),
        )

    def lost(self, address: str) -> None:
        """Note that a held link broke; no failure yet, the next read will tell."""
        if (pack := self.packs.get(address)) is not None:
            pack.phase, pack.scanner, pack.kept = Phase.CLOSED, None, False

    released = lost

    def decide(self, now: float, scanners: Iterable[Scanner]) -> Decision:
        """Decide what to do now; every order counts as carried out from here on."""
        slots = self._slots(now, scanners)
        for pack in self.packs.values():
            self._look(pack, now, slots)
        release = [pack for pack in self.packs.values() if pack.must_close]
        read = [
            self._order(pack, now)
            for pack in self.packs.values()
            if pack.phase is Phase.HELD and pack.ready_at <= now
        ]
        visits = self._let_in(now, slots, slots.scanners)
        waiting, again = self._start(now, slots, read)
        needed = {
            scanner.source for pack in waiting for scanner in slots.paths(pack.address)
        }
        visits += self._let_in(now, slots, needed)
        leave = self.visits.overdue(now, needed)
        waiting += self.visits.waiting
        release += self._make_room(now, slots, waiting, release)
        release += [
            pack
            for pack in self.packs.values()
            if pack.phase is Phase.HELD
            and pack not in release
            and not self._keep(pack, now, slots)
        ]
        for pack in release:
            pack.phase = Phase.CLOSING
        return Decision(
            read=tuple(read),
            release=tuple(pack.address for pack in release),
            again=min(again, self._again(now, waiting)),
            visits=tuple(visits),
            leave=tuple(leave),
        )

    def _let_in(self, now: float, slots: Slots, needed: Collection[str]) -> list[Visit]:
        barred = {one for one in slots.scanners if self._turn(one) > now}
        started = self.visits.start(now, slots, needed=needed, barred=barred)
        self._connect_at |= {one.scanner: now for one in started if one.scanner}
        return started

    def _turn(self, scanner: str) -> float:
        """Return when the next connect may start at a scanner."""
        return self._connect_at.get(scanner, -inf) + self.settings.stagger

    def _slots(self, now: float, scanners: Iterable[Scanner]) -> Slots:
        known = tuple(scanners)
        ours: Mapping[str, str | None] = self.visits.under_way | {
            pack.address: pack.scanner
            for pack in self.packs.values()
            if pack.phase is not Phase.CLOSED
        }
        self._guests.note(known, self.visits.ours(now), now)
        shared = self._guests.shared(self.packs, now - self.settings.shared_for)
        moving = {
            pack.scanner
            for pack in self.packs.values()
            if pack.phase in {Phase.READING, Phase.CLOSING}
        }.union(self.visits.under_way.values())
        slots = Slots(known, ours, shared, self.settings.reserve, moving)
        self._silent = frozenset(
            scanner.source
            for scanner in known
            if any(slots.astray(address, scanner.source) for address in scanner.hears)
        )
        self.visits.look(slots)
        return slots

    def _look(self, pack: Pack, now: float, slots: Slots) -> None:
        """End what has run out: a pause that is over, a battery out of reach that is heard again."""
        if pack.away_until is not None and pack.away_until <= now:
            pack.away_until = None
            self._back(pack, now)
        # A battery that is connected does not advertise: that says nothing of its path.
        pathless = pack.phase is Phase.CLOSED and not slots.paths(pack.address)
        if pack.pathless and not pathless and (pack.failures or pack.asleep):
            self.wake(pack.address, now)
        pack.pathless = pathless

    def _order(self, pack: Pack, now: float, scanner: str | None = None) -> Order:
        is_open = pack.phase is Phase.HELD
        pack.phase, pack.started = Phase.READING, now
        pack.scanner = scanner or pack.scanner
        return Order(
            address=pack.address,
            scanner=pack.scanner,
            open=is_open,
            gentle=pack.failures > 0 or pack.held_elsewhere,
        )

    def _start(
        self, now: float, slots: Slots, read: list[Order]
    ) -> tuple[list[Pack | Visit], float]:
        """Start what may start, add it to ``read``; give those that wait for a slot and when a turn comes."""
        waiting: list[Pack | Visit] = []
        again = inf
        ready = [
            pack
            for pack in self.packs.values()
            if pack.phase is Phase.CLOSED and pack.ready_at <= now and not pack.pathless
        ]
        patience = self.settings.patience
        was = {pack.address: pack.lacking_since for pack in ready}
        for pack in self.packs.values():
            pack.lacking_since = None
        for pack in sorted(ready, key=lambda pack: pack.rank(now, patience)):
            scanner = slots.way(pack.address, pack.may_borrow(now))
            if scanner is None:
                if slots.lacks(pack.address, pack.may_borrow(now)):
                    waiting.append(pack)
                    since = was[pack.address]
                    pack.lacking_since = now if since is None else since
                again = min(again, now + WAITING_LOOK)
                continue
            if pack.suspect and self._trying(scanner):
                continue
            if (turn := self._turn(scanner)) > now:
                again = min(again, turn)
                continue
            self._connect_at[scanner] = now
            # Wherever the stack may go: the scanner that is expected may not be the one it takes.
            pack.borrows = not slots.roomy(pack.address)
            pack.astray = slots.astray(pack.address, scanner)
            slots.take(scanner)
            read.append(self._order(pack, now, scanner))
        return waiting, again

    def _trying(self, scanner: str) -> bool:
        return any(
            pack.phase is Phase.READING and pack.scanner == scanner and pack.suspect
            for pack in self.packs.values()
        )

    def _make_room(
        self,
        now: float,
        slots: Slots,
        waiting: list[Pack | Visit],
        leaving: list[Pack],
    ) -> list[Pack]:
        """Return up held links for those that wait, the one that is needed last first."""
        given: list[Pack] = []
        coming = len(leaving) + sum(
            pack.phase is Phase.CLOSING for pack in self.packs.values()
        )
        for pack in waiting[coming:]:
            near = {scanner.source for scanner in slots.paths(pack.address)}
            soon = any(
                other.phase is Phase.READING
                and not other.kept
                and other.scanner in near
                for other in self.packs.values()
            )
            if soon and now - pack.ready_at < pack.effective / 4:
                continue
            held = [
                other
                for other in self.packs.values()
                if other.phase is Phase.HELD
                and other.scanner in near
                and other not in given
                and other not in leaving
            ]
            if held:
                # One whose link is not kept anyway goes first, and says nothing of a crowd.
                victim = max(held, key=lambda other: (not other.keeps, other.due))
                given.append(victim)
                if victim.keeps:
                    self._crowded_at[victim.scanner or ""] = now
        return given

    def _keep(self, pack: Pack, now: float, slots: Slots) -> bool:
        """Return whether a link may stay open: the family gains, and enough slots are left for the others."""
        scanner = pack.scanner
        pack.kept = (
            pack.keeps
            and pack.effective <= self.settings.hold_up_to
            and scanner in slots.scanners
            and not pack.borrows
            and now - self._crowded_at.get(scanner, -inf) >= CROWDED
            and self._spare(pack, scanner, slots) >= 0
        )
        return pack.kept

    def _spare(self, pack: Pack, scanner: str, slots: Slots) -> int:
        """Return how many slots of a scanner are left over when this link stays and the rest rotates."""
        rotating = [
            other
            for other in self.packs.values()
            if other is not pack
            and not other.kept
            and other.ready_at < inf
            and scanner == (other.scanner or slots.home(other.address))
        ]
        load = sum(
            (other.quality.seconds or 1.0) / other.effective for other in rotating
        )
        need = min(len(rotating), ceil(load * HEADROOM))
        returning = sum(
            other.phase is not Phase.CLOSED and other.scanner == scanner
            for other in rotating
        )
        return slots.room(scanner) + returning - need

    def _again(self, now: float, waiting: list[Pack | Visit]) -> float:
        times = [now + LOOK]
        if waiting:
            times.append(now + WAITING_LOOK)
        for pack in self.packs.values():
            idle = pack.phase is Phase.HELD or (
                pack.phase is Phase.CLOSED and not pack.pathless
            )
            if idle and pack.ready_at > now:
                times.append(pack.ready_at)
            if pack.away_until is not None:
                times.append(pack.away_until)
        return min(times)

    def _back(self, pack: Pack, now: float) -> None:
        pack.failures, pack.stalled, pack.retry_at = 0, 0, -inf
        if pack.phase is Phase.CLOSED:
            pack.due = min(pack.due, now)
