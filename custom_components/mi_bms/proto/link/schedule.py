"""Decide which battery is read when, so that all share the radios' few connection slots.

Pure: facts and times (seconds of a clock that runs on evenly) in, decisions out. The caller asks
``decide`` whenever something happened or the time it named has come, carries out every order, and
reports the end of each read with ``succeeded``, ``doubted`` or ``failed`` and of each closing with
``released``. An order is a promise: the scheduler counts its slot until one of these comes.

The rules. Earliest deadline first, the deadline being one interval after a read was due: it does not
move while a battery waits, so each one becomes the most urgent in the end. A link stays open after a
read only while slots are spare; one that stays open is given up as soon as somebody waits for a slot.
A battery that fails is tried ever more rarely, after the healthy ones, and one at a time per radio.
When several batteries fail at one radio and none succeeds, the radio is the likely culprit: then
tries stay frequent, and the first success brings all of them back.
"""

from collections.abc import Callable, Iterable, Mapping
from math import ceil, inf
from typing import Final

from ..model.availability import Failure
from .backoff import pause_after
from .pack import Decision, Order, Pack, Phase, Settings
from .quality import Quality
from .slots import Radio, Slots

SICK: Final = 2  # batteries that fail at a radio in a row, none succeeding
HEADROOM: Final = 2.0  # slots kept for rotation, as a multiple of what the reads take
NO_SLOT_PAUSE: Final = 5.0  # s
DOUBT_PAUSE: Final = 2.0  # s until an unbelievable sample is checked
WAKE_EVERY: Final = 60.0  # s; a flickering advert must not undo the pauses
LOOK: Final = 30.0  # s; the longest time without looking again
WAITING_LOOK: Final = 1.0  # s; while somebody waits for a slot
CROWDED: Final = 120.0  # s without held links at a radio after one had to be given up

_NO_LINK: Final = frozenset({Failure.CONNECT, Failure.LOST})


class Scheduler:
    """Schedule the reads of all batteries of an installation."""

    def __init__(
        self, chance: Callable[[], float], settings: Settings | None = None
    ) -> None:
        """Take a source of chance (0 … 1) for the jitter, and the settings."""
        self.settings = settings or Settings()
        self.packs: dict[str, Pack] = {}
        self.radios: dict[str, Quality] = {}
        self._chance = chance
        # Radio -> who else was seen there, and when last; None: somebody it did not name.
        self._others: dict[str, dict[str | None, float]] = {}
        self._connect_at: dict[str, float] = {}
        self._crowded_at: dict[str, float] = {}
        self._failing: dict[str, set[str]] = {}

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
        for failing in self._failing.values():
            failing.discard(address)

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

    def wake(self, address: str, now: float) -> bool:
        """Read a battery at once because it advertises again; False when that was lately tried."""
        if (pack := self.packs.get(address)) is None:
            return False
        pack.asleep = False
        if now - pack.woken_at < WAKE_EVERY:
            return False
        pack.woken_at = now
        self._back(pack, now)
        return True

    def elsewhere(self, address: str, held: bool) -> None:
        """Say whether another client holds a battery; then tries stay gentle but regular."""
        self.packs[address].held_elsewhere = held

    def connected(self, address: str, radio: str | None) -> None:
        """Note which radio the stack took."""
        if (pack := self.packs.get(address)) is not None:
            pack.radio = radio or pack.radio

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
        if pack.radio is not None:
            self._quality(pack.radio).good(seconds)
            self._cured(pack.radio, now)

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
        aborted = pack.phase is Phase.CLOSING
        radio = pack.radio
        self.lost(address)
        pack.urgent = False
        if aborted:
            return
        if failure is Failure.NO_SLOT:
            pack.retry_at = now + NO_SLOT_PAUSE
            return
        pack.quality.bad()
        pack.failures += 1
        # A battery that can be connected again is on its way back.
        forward = pack.failure in _NO_LINK and failure not in _NO_LINK
        pack.stalled = 1 if forward else pack.stalled + 1
        pack.failure, pack.failed_at = failure, radio
        if radio is not None:
            self._quality(radio).bad()
            if failure in _NO_LINK:
                self._failing.setdefault(radio, set()).add(address)
        pack.retry_at = now + pause_after(
            pack,
            failure,
            now,
            longest=self.settings.longest_pause,
            steady=self.sick(radio) or pack.held_elsewhere,
            chance=self._chance(),
        )

    def lost(self, address: str) -> None:
        """Note that a held link broke; no failure yet, the next read will tell."""
        if (pack := self.packs.get(address)) is not None:
            pack.phase, pack.radio, pack.kept = Phase.CLOSED, None, False

    released = lost

    def decide(self, now: float, radios: Iterable[Radio]) -> Decision:
        """Decide what to do now; every order counts as carried out from here on."""
        slots = self._slots(now, radios)
        for pack in self.packs.values():
            self._look(pack, now, slots)
        release = [pack for pack in self.packs.values() if self._must_close(pack)]
        read = [self._order(pack, now) for pack in self._due_links(now)]
        waiting, again = self._start(now, slots, read)
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
        )

    def _slots(self, now: float, radios: Iterable[Radio]) -> Slots:
        known = tuple(radios)
        ours: Mapping[str, str | None] = {
            pack.address: pack.radio
            for pack in self.packs.values()
            if pack.phase is not Phase.CLOSED
        }
        for radio in known:
            others = self._others.setdefault(radio.source, {})
            others |= dict.fromkeys(radio.allocated, now)
            # A slot of ours may count as taken for a moment after its link was closed.
            if radio.slots - radio.free > len(radio.allocated):
                others[None] = now
        shared = {
            source
            for source, others in self._others.items()
            if self._shared(others, now)
        }
        return Slots(known, ours, shared, self.settings.reserve)

    def _shared(self, others: Mapping[str | None, float], now: float) -> bool:
        """Say whether others lately used a radio; a battery that was just added is no other any more."""
        return any(
            address not in self.packs and now - at <= self.settings.shared_for
            for address, at in others.items()
        )

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

    def _must_close(self, pack: Pack) -> bool:
        return pack.away_until is not None and pack.phase in {
            Phase.HELD,
            Phase.READING,
        }

    def _due_links(self, now: float) -> list[Pack]:
        return [
            pack
            for pack in self.packs.values()
            if pack.phase is Phase.HELD and pack.ready_at <= now
        ]

    def _order(self, pack: Pack, now: float, radio: str | None = None) -> Order:
        is_open = pack.phase is Phase.HELD
        pack.phase, pack.started = Phase.READING, now
        pack.radio = radio or pack.radio
        return Order(
            address=pack.address,
            radio=pack.radio,
            open=is_open,
            gentle=pack.failures > 0 or pack.held_elsewhere,
        )

    def _start(
        self, now: float, slots: Slots, read: list[Order]
    ) -> tuple[list[Pack], float]:
        """Start what may start, add it to ``read``; give those that wait for a slot and when a turn comes."""
        waiting: list[Pack] = []
        again = inf
        ready = [
            pack
            for pack in self.packs.values()
            if pack.phase is Phase.CLOSED and pack.ready_at <= now and not pack.pathless
        ]
        for pack in sorted(ready, key=lambda pack: self._rank(pack, now)):
            radio = slots.path(pack.address)
            if radio is None or not slots.room(radio):
                waiting.append(pack)
                continue
            if pack.suspect and self._trying(radio):
                continue
            turn = self._connect_at.get(radio, -inf) + self.settings.stagger
            if turn > now:
                again = min(again, turn)
                continue
            self._connect_at[radio] = now
            slots.take(radio)
            read.append(self._order(pack, now, radio))
        return waiting, again

    def _rank(self, pack: Pack, now: float) -> tuple[bool, float]:
        """Order those that wait: suspects last unless they have waited long, then by deadline."""
        patient = now - pack.ready_at < self.settings.patience
        return pack.suspect and not pack.urgent and patient, pack.deadline

    def _trying(self, radio: str) -> bool:
        return any(
            pack.phase is Phase.READING and pack.radio == radio and pack.suspect
            for pack in self.packs.values()
        )

    def _make_room(
        self, now: float, slots: Slots, waiting: list[Pack], leaving: list[Pack]
    ) -> list[Pack]:
        """Give up held links for those that wait, the one that is needed last first."""
        given: list[Pack] = []
        coming = len(leaving) + sum(
            pack.phase is Phase.CLOSING for pack in self.packs.values()
        )
        for pack in waiting[coming:]:
            near = {radio.source for radio in slots.paths(pack.address)}
            soon = any(
                other.phase is Phase.READING and not other.kept and other.radio in near
                for other in self.packs.values()
            )
            if soon and now - pack.ready_at < pack.effective / 4:
                continue
            held = [
                other
                for other in self.packs.values()
                if other.phase is Phase.HELD
                and other.radio in near
                and other not in given
                and other not in leaving
            ]
            if held:
                # One whose link is not kept anyway goes first, and says nothing of a crowd.
                victim = max(held, key=lambda other: (not other.keeps, other.due))
                given.append(victim)
                if victim.keeps:
                    self._crowded_at[victim.radio or ""] = now
        return given

    def _keep(self, pack: Pack, now: float, slots: Slots) -> bool:
        """Say whether a link may stay open: the family gains, and enough slots are left for the others."""
        radio = pack.radio
        pack.kept = (
            pack.keeps
            and pack.effective <= self.settings.hold_up_to
            and radio in slots.radios
            and now - self._crowded_at.get(radio, -inf) >= CROWDED
            and self._spare(pack, radio, slots) >= 0
        )
        return pack.kept

    def _spare(self, pack: Pack, radio: str, slots: Slots) -> int:
        """Give how many slots of a radio are left over when this link stays and the rest rotates."""
        rotating = [
            other
            for other in self.packs.values()
            if other is not pack
            and not other.kept
            and other.ready_at < inf
            and radio == (other.radio or slots.home(other.address))
        ]
        load = sum(
            (other.quality.seconds or 1.0) / other.effective for other in rotating
        )
        need = min(len(rotating), ceil(load * HEADROOM))
        returning = sum(
            other.phase is not Phase.CLOSED and other.radio == radio
            for other in rotating
        )
        return slots.room(radio) + returning - need

    def _again(self, now: float, waiting: list[Pack]) -> float:
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

    def _quality(self, radio: str) -> Quality:
        return self.radios.setdefault(radio, Quality())

    def sick(self, radio: str | None) -> bool:
        """Say whether connecting at a radio lately fails for several batteries and works for none."""
        return radio is not None and len(self._failing.get(radio, ())) >= SICK

    def _cured(self, radio: str, now: float) -> None:
        """Bring back those that failed for the radio's sake, now that it works."""
        failing = self._failing.pop(radio, set())
        if len(failing) < SICK:
            return
        for address in failing:
            pack = self.packs[address]
            if pack.failures and pack.failed_at == radio:
                self._back(pack, now)
