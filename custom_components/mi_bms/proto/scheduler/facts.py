"""The facts that a diagnosis is made from: of a battery, and of each scanner around it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from .battery import Battery
from .link_state import Failure, LinkState


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerReport:
    """The facts of one scanner: dBm is None where it does not hear the battery.

    ``ours`` and ``others`` are slots in use, ``users`` the names of whoever uses them, as far as known.
    ``silent`` means that it hears nobody at all. ``troubled``: connects lately fail for others too.
    """

    name: str
    rssi: int | None = None
    connectable: bool = True
    local: bool = False
    silent: bool = False
    slots: int = 3
    ours: int = 0
    others: int = 0
    users: tuple[str, ...] = ()
    troubled: bool = False

    @property
    def free(self) -> int:
        """Return how many slots nobody uses."""
        return max(0, self.slots - self.ours - self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when somebody asks; ``..._for`` are seconds, None = not so.

    ``read_for`` is the time since the last good poll, ``heard_for`` since the last advert.
    ``reserve`` counts the slots that are kept for others. ``unbelieved``: it answers, with values that
    no battery can have.
    """

    scanners: Sequence[ScannerReport] = ()
    failure: Failure | None = None
    failures: int = 0
    read_for: float | None = None
    heard_for: float | None = None
    asleep_for: float | None = None
    held_for: float | None = None
    paused_for: float | None = None
    has_password: bool = False
    unbelieved: bool = False
    reserve: int = 0

    @property
    def lasting(self) -> float:
        """Return for how many seconds it has been as it is, as far as that is known."""
        spans = (self.paused_for, self.held_for, self.asleep_for, self.heard_for)
        return next((span for span in spans if span is not None), 0.0)

    @property
    def hearing(self) -> list[ScannerReport]:
        """Return the scanners that hear the battery, the best first."""
        heard = [scanner for scanner in self.scanners if scanner.rssi is not None]
        return sorted(heard, key=lambda scanner: scanner.rssi or 0, reverse=True)

    @property
    def connecting(self) -> list[ScannerReport]:
        """Return those of them that can connect."""
        return [scanner for scanner in self.hearing if scanner.connectable]


def facts_of(
    battery: Battery,
    now: float,
    scanners: Sequence[ScannerReport],
    *,
    has_password: bool,
    reserve: int,
) -> Facts:
    """Return the facts of a battery that is read by turns."""
    # The same record that the scheduler and the states shown read: they cannot disagree.
    state, since = battery.state(now), now - battery.since_when(now)
    return Facts(
        scanners=scanners,
        failure=battery.failure,
        failures=battery.failures,
        read_for=_ago(now, battery.read_at),
        heard_for=_ago(now, battery.heard_at),
        asleep_for=since if state is LinkState.ASLEEP else None,
        held_for=since if state is LinkState.HELD else None,
        paused_for=since if state is LinkState.PAUSED else None,
        has_password=has_password,
        # It answers, and nothing else is wrong.
        unbelieved=state is LinkState.AWAKE
        and battery.doubts > 0
        and battery.failure is None,
        reserve=reserve,
    )


def _ago(now: float, then: float | None) -> float | None:
    return None if then is None else now - then
