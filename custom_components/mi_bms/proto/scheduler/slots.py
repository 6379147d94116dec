"""Connection slots: what is known of the scanners, and which scanner would serve a battery now.

Pure: the facts of all scanners go in, the scanner that a connect would take comes out. The Bluetooth
stack of the host chooses the path of a connection by itself: the best signal, less a penalty for
failures, for connections in progress and for a last free slot, each scaled by the difference of the
two strongest signals. It cannot be told otherwise, so the same score is computed here (weights read in
habluetooth 7.1). Another connection may end between the decision and the stack's choice, which changes
the score: a connection is asked for only when each scanner that the stack may take, whatever becomes
of the others, is one that may be used.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

ASSUMED_SLOTS: Final = 3  # of a scanner that does not say; the usual number of proxies
SILENT_AFTER: Final = (
    20.0  # s; while it connects, a scanner may not listen for some seconds
)
_IN_PROGRESS: Final = 1.01
_FAILURE: Final = 0.51
_LAST_SLOT: Final = 0.76


class Hearing(NamedTuple):
    """How a scanner hears a battery: dBm, and when last, in seconds of the scheduler's clock."""

    rssi: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """The facts of one scanner at this moment; addresses as everywhere, upper case with colons.

    ``allocated`` are all addresses that hold a slot, ours and others'. ``connecting`` counts attempts
    in progress by anybody, ``failures`` the stack's own count by address since the last success.
    ``quiet_for`` are the seconds since it heard anybody at all.
    """

    source: str
    connectable: bool = True
    slots: int = ASSUMED_SLOTS
    free: int = ASSUMED_SLOTS
    allocated: frozenset[str] = frozenset()
    connecting: int = 0
    hears: Mapping[str, Hearing] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    quiet_for: float = 0.0

    @property
    def silent(self) -> bool:
        """Return whether it may be without power: a proxy tells nobody, and for minutes nobody notices."""
        return self.quiet_for >= SILENT_AFTER


class Guests:
    """The connections of others: which scanners they use beside us."""

    def __init__(self) -> None:
        """Begin with nobody."""
        # Scanner -> who was seen there, and when last; None: somebody it did not name.
        self._seen: dict[str, dict[str | None, float]] = {}

    def note(
        self, scanners: Iterable[Scanner], visited: Collection[str], now: float
    ) -> None:
        """Note who is connected; ``visited`` are devices where that may be a visit of ours."""
        for scanner in scanners:
            seen = self._seen.setdefault(scanner.source, {})
            seen |= dict.fromkeys(scanner.allocated.difference(visited), now)
            # A slot of ours may count as taken for a moment after its link was closed.
            if scanner.slots - scanner.free > len(scanner.allocated):
                seen[None] = now

    def shared(self, batteries: Collection[str], since: float) -> set[str]:
        """Return the scanners that others used since then; a battery that was added meanwhile is ours."""
        return {
            source
            for source, seen in self._seen.items()
            if any(who not in batteries and at >= since for who, at in seen.items())
        }


class Slots:
    """The slots of all scanners during one decision; starts are added as they are decided."""

    def __init__(
        self,
        scanners: Iterable[Scanner],
        ours: Mapping[str, str | None],
        shared: Collection[str],
        reserve: int,
        moving: Collection[str | None] = (),
    ) -> None:
        """Take the scanners, our connections (address -> scanner, if known) and who shares with others.

        A connection of ours that no scanner counts yet is charged to the scanner it is expected at. One
        of ours may end at any moment at those that are ``moving``.
        """
        self._moving = moving
        self.scanners = {scanner.source: scanner for scanner in scanners}
        self._paths: dict[str, tuple[Scanner, ...]] = {}
        self._homes: dict[str, str | None] = {}
        counted = {
            address
            for scanner in self.scanners.values()
            for address in scanner.allocated
        }
        self._started: dict[str, int] = dict.fromkeys(self.scanners, 0)
        self._taken: dict[str, int] = dict.fromkeys(self.scanners, 0)
        for address, source in ours.items():
            if address not in counted and source in self._started:
                self._started[source] += 1
        self._kept = {
            # A reserve that is all of a scanner would mean that it may never be used at all.
            source: min(reserve, scanner.slots - 1) if source in shared else 0
            for source, scanner in self.scanners.items()
        }

    def free(self, source: str) -> int:
        """Return the slots of a scanner that nobody has, the reserve included."""
        return self.scanners[source].free - self._started[source]

    def room(self, source: str) -> int:
        """Return how many slots of a scanner may be taken now; negative: how many of the reserve are."""
        return self.free(source) - self._kept[source]

    def take(self, source: str) -> None:
        """Count a connection that was just decided."""
        self._started[source] += 1
        self._taken[source] += 1

    def paths(self, address: str) -> tuple[Scanner, ...]:
        """Return the scanners that hear a battery and can connect."""
        if address not in self._paths:
            self._paths[address] = tuple(
                scanner
                for scanner in self.scanners.values()
                if scanner.connectable and address in scanner.hears
            )
        return self._paths[address]

    def path(self, address: str) -> str | None:
        """Return the scanner that the stack would take, None when none hears it or none is free."""
        best = max(
            self._open(address),
            key=lambda scanner: self._score(scanner, address, scanner.connecting),
            default=None,
        )
        return best.source if best else None

    def way(self, address: str, borrow: int = 0) -> str | None:
        """Return the scanner that the stack would take, None when it may take one without room.

        ``borrow``: so many slots of the reserve may be used, too. A silent scanner is left alone, too,
        unless the stack would take it in any case: then failures are what makes it take another one.
        """
        if not self.roomy(address, borrow):
            return None
        found = self.path(address)
        # A proxy without power stays on the list for minutes, and a connect there takes 20 s to fail.
        if found is not None and self.astray(address, found):
            calm = max(
                (
                    one
                    for one in self.paths(address)
                    if self.free(one.source) > 0 or one.source in self._moving
                ),
                key=lambda scanner: self._calm(scanner, address),
            )
            return found if calm.silent else None
        return found

    def roomy(self, address: str, borrow: int = 0) -> bool:
        """Return whether each scanner that the stack may take is one that may be used."""
        return all(
            # One that is full is about to have a slot.
            self.room(one) + (self.free(one) <= 0) + borrow > 0
            for one in self._likely(address)
        )

    def lacks(self, address: str, borrow: int = 0) -> bool:
        """Return whether it is a slot that a battery without a way waits for."""
        return not self.roomy(address, borrow) or self.path(address) is None

    def astray(self, address: str, source: str) -> bool:
        """Return whether a scanner is silent while another one that hears a battery is not."""
        return self.scanners[source].silent and not all(
            scanner.silent for scanner in self.paths(address)
        )

    def _open(self, address: str) -> list[Scanner]:
        return [
            scanner for scanner in self.paths(address) if self.free(scanner.source) > 0
        ]

    def _likely(self, address: str) -> list[str]:
        """Return every scanner that the stack may take, whenever connections of now end."""
        # Connects in progress may end before the stack chooses, which makes their scanner look better.
        # The best score of now is certain: whoever may reach it with nothing in progress may be taken.
        sure = max(
            (
                self._score(one, address, one.connecting + self._started[one.source])
                for one in self._open(address)
            ),
            default=0.0,
        )
        return [
            one.source
            for one in self.paths(address)
            if (self.free(one.source) > 0 or one.source in self._moving)
            and self._score(one, address, 0) >= sure
        ]

    def home(self, address: str) -> str | None:
        """Return the scanner that hears a battery best, busy or not."""
        if address not in self._homes:
            best = max(
                self.paths(address),
                key=lambda scanner: scanner.hears[address].rssi,
                default=None,
            )
            self._homes[address] = best.source if best else None
        return self._homes[address]

    # The stack scales each penalty by how much better the best signal is than the second best: where
    # two scanners hear a battery alike, a single connect in progress is enough to take the other one.

    def _score(self, scanner: Scanner, address: str, connecting: int) -> float:
        penalty = _IN_PROGRESS * (
            connecting + self._taken[scanner.source]
        ) + _LAST_SLOT * (self.free(scanner.source) == 1)
        return self._rest(scanner, address) - self._step(address) * penalty

    def _rest(self, scanner: Scanner, address: str) -> float:
        """Return the score of a scanner that does nothing else."""
        failures = scanner.failures.get(address, 0)
        return scanner.hears[address].rssi - self._step(address) * _FAILURE * failures

    def _calm(self, scanner: Scanner, address: str) -> float:
        """Return the score of ``_rest`` less the penalty for a last slot, unless a connection of ours ends there soon."""
        last = self.free(scanner.source) == 1 and scanner.source not in self._moving
        return self._rest(scanner, address) - self._step(address) * _LAST_SLOT * last

    def _step(self, address: str) -> int:
        signals = sorted(
            (path.hears[address].rssi for path in self.paths(address)), reverse=True
        )
        return max(signals[0] - signals[1], 1) if len(signals) > 1 else 1
