"""Let single connections in between the batteries' reads: a sensor's button, a look at a device.

Pure. A visit waits in a queue until a scanner that hears its device has a slot that no battery needs;
after ``PATIENCE`` it goes before the next battery, but then the batteries have the scanner for
``REST``. One visit at a time per scanner, two in all, one per device. A visit that lasts longer than
``LASTS`` ends when a battery waits for its slot; one that somebody watches at a form has longer,
may use the slots that are kept for others, and goes beside another one where no battery waits.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from .slots import Slots

PATIENCE: Final = 15.0  # s that batteries go first
REST: Final = (
    30.0  # s at a scanner for the batteries, after a visit that went before them
)
LASTS: Final = 40.0  # s that a visit may take while a battery waits for its slot
# To ask a battery as every type takes minutes.
WATCHED_LASTS: Final = 600.0
AT_ONCE: Final = 2
LINGERS: Final = 30.0  # s that a scanner may go on to count a connection that is closed


@dataclass(eq=False, slots=True, kw_only=True)
class Visit:
    """One visit; times in seconds, ``scanner`` is where it is under way."""

    address: str
    since: float
    watched: bool = False
    heard: bool = False
    scanner: str | None = None
    started: float = 0.0
    leaving: bool = False

    def waited(self, now: float) -> float:
        """Return how many seconds it has waited, as a battery does."""
        return now - self.since

    @property
    def effective(self) -> float:
        """Return how long it can well wait, as an interval in seconds."""
        return 2 * PATIENCE

    @property
    def lasts(self) -> float:
        """Return how many seconds it may take while a battery waits for its slot."""
        return WATCHED_LASTS if self.watched else LASTS


class Visits:
    """The visits that wait and those that are under way."""

    def __init__(self) -> None:
        """Begin with none."""
        self._all: list[Visit] = []
        self._ended: dict[str, float] = {}
        self._rest_until: dict[str, float] = {}

    @property
    def addresses(self) -> set[str]:
        """Return all devices that are visited or are to be."""
        return {visit.address for visit in self._all}

    @property
    def under_way(self) -> dict[str, str]:
        """Return the scanner that each device is visited through."""
        return {
            one.address: one.scanner for one in self._all if one.scanner is not None
        }

    @property
    def waiting(self) -> list[Visit]:
        """Return those that wait and could go if there was a slot, the oldest first."""
        if len(self.under_way) >= AT_ONCE:
            return []
        return [one for one in self._all if one.scanner is None and one.heard]

    def ask(self, address: str, now: float, *, watched: bool = False) -> Visit:
        """Queue a visit; ``watched``: somebody waits for it at a form."""
        visit = Visit(address=address, since=now, watched=watched)
        self._all.append(visit)
        return visit

    def end(self, visit: Visit, now: float) -> None:
        """Take a visit out, wherever it stands."""
        self._all.remove(visit)
        if visit.scanner is not None:
            self._ended[visit.address] = now
            self._rest_until[visit.scanner] = now + REST

    def ours(self, now: float) -> set[str]:
        """Return the devices that a scanner may count as connected because of a visit."""
        self._ended = {
            address: at for address, at in self._ended.items() if now - at <= LINGERS
        }
        return {*self._ended, *self.under_way}

    def look(self, slots: Slots) -> None:
        """Note who is heard by a scanner that can connect."""
        for visit in self._all:
            visit.heard = bool(slots.paths(visit.address))

    def start(
        self, now: float, slots: Slots, *, needed: Collection[str], barred: set[str]
    ) -> list[Visit]:
        """Start those that may go now, oldest first, each at the scanner of its path.

        ``needed`` are scanners that batteries wait for; there only those go that have waited long.
        Nobody starts at one that is ``barred``.
        """
        # Few at a time, and one per scanner: a visit is somebody's wish of the moment, and must not cost
        # the batteries of a scanner more than one turn.
        started: list[Visit] = []
        for visit in self.waiting:
            scanner, busy = slots.way(visit.address, visit.watched), self.under_way
            if (
                scanner is None
                or visit.address in busy
                or scanner in barred.union(one.scanner for one in started)
                or len(busy) >= AT_ONCE
                or (scanner in needed and not self._old(visit, scanner, now))
                or (
                    scanner in busy.values()
                    and not (visit.watched and scanner not in needed)
                )
            ):
                continue
            visit.scanner, visit.started = scanner, now
            slots.take(scanner)
            started.append(visit)
        return started

    def _old(self, visit: Visit, scanner: str, now: float) -> bool:
        return now - visit.since >= PATIENCE and now >= self._rest_until.get(
            scanner, now
        )

    def overdue(self, now: float, needed: Collection[str]) -> list[Visit]:
        """Return who must leave, because it took long and a battery waits for the scanner."""
        late = [
            one
            for one in self._all
            if one.scanner in needed
            and now - one.started >= one.lasts
            and not one.leaving
        ]
        for visit in late:
            visit.leaving = True
        return late
