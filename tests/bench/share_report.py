"""Turn what was seen of a measured run into a table and a verdict."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
import re
from statistics import mean, quantiles
from typing import Final

from tests.e2e.home_assistant import LINE, unexpected

from .share_cases import HOLDING, RESTART, Fault
from .share_watch import DOMAIN, Seen, Watch

LATE: Final = 5.0  # s beyond one interval that a recovery may take
GRACE: Final = (4, 120.0)  # intervals, least seconds
LOGGER: Final = f"[custom_components.{DOMAIN}"
MISSED: Final = re.compile(r"could not be read: (\w+)")
HEAD: Final = (
    f"{'case':11} {'way':7} {'age p50':>7} {'p95':>5} {'max':>5} {'reads/min':>9} {'gone':>5}"
    f" {'recovery s':>10} {'leaks':>5} {'problems':>8}"
)


@dataclass(slots=True)
class Played:
    """Hold a fault and when it really began and ended, in seconds since the epoch.

    It ends when Home Assistant is connected to all proxies again: its own pauses between tries, of up
    to a minute, are ``waited``.
    """

    fault: Fault
    began: float
    ended: float
    waited: float


@dataclass(slots=True)
class Found:
    """Collect what a run gives beside the watched states."""

    seconds: float = 0.0
    connects: Counter[str] = field(default_factory=Counter)
    slots: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    played: list[Played] = field(default_factory=list)
    log: str = ""
    leaks: list[str] = field(default_factory=list)
    dark: dict[str, int] = field(default_factory=dict)


class Report:
    """Turn what was seen into a table and a verdict."""

    def __init__(self, found: Found, watch: Watch, interval: int) -> None:
        """Take what a finished run gave, and its interval in seconds."""
        self.found, self.interval, self.seen = found, interval, watch.seen
        self.ages: list[float] = []  # of all batteries, while they can be reached
        self.recoveries: list[float] = []
        self.called: list[str] = []
        self.oldest = 3.0 * interval
        self.recovery = interval + LATE
        self.grace = max(GRACE[0] * interval, GRACE[1])
        self.problems: list[str] = []

    def lines(self) -> Iterator[str]:
        """Return the report; ``problems`` is filled meanwhile."""
        yield (
            f"{'battery':18} {'age p50/p95/max s':>18} {'cut off max':>11} {'reads/min':>9} {'links':>5}"
            f" {'gone':>5} {'back':>5} {'recovery s':>10}"
        )
        for address, seen in self.seen.items():
            yield self._row(address, seen)
        reads = sum(len(one.reads) for one in self.seen.values())
        yield f"all: {reads / self.found.seconds * 60:.1f} reads/min in {self.found.seconds:.0f} s"
        for one in self.found.played:
            yield (
                f"fault: {one.fault.title}, {one.ended - one.began:.0f} s, of which"
                f" {one.waited:.0f} s until all proxies were connected again"
            )
        for name, used in self.found.slots.items():
            yield f"slots of {name}: {mean(used):.2f} in use, {max(used)} at most"
        yield from self._log()
        self.problems += [f"leaked: {leak}" for leak in self.found.leaks]
        yield f"connections cut off: {', '.join(self.called) or 'none'}"
        yield f"left open: {', '.join(self.found.leaks) or 'nothing'}"
        for address, count in self.found.dark.items():
            self.problems.append(f"{address}: {count} entities unavailable at the end")

    def _cuts(self, address: str) -> list[Played]:
        return [
            one
            for one in self.found.played
            # A stop of Home Assistant itself cuts everything off.
            if address in one.fault.cut or one.fault.start[0][0] == RESTART
        ]

    def _row(self, address: str, seen: Seen) -> str:
        cuts = self._cuts(address)
        free: list[float] = []
        cut: list[float] = []
        for at, age in seen.ages:
            hit = any(one.began <= at <= one.ended + self.recovery for one in cuts)
            (cut if hit else free).append(age)
        if not free:
            self.problems.append(f"{address}: never read")
            return f"{address:18} never read"
        self.ages += free
        if max(free) > self.oldest:
            self.problems.append(
                f"{address}: data {max(free):.0f} s old though it can be reached"
            )
        recoveries = [self._recovery(address, seen, one) for one in cuts]
        self._judge_gone(address, seen, cuts)
        self._judge_called(address, seen, cuts)
        cells = quantiles(free, n=20, method="inclusive")
        ages = f"{cells[9]:.0f}/{cells[18]:.0f}/{max(free):.0f}"
        worst = f"{max(cut):.0f}" if cut else "-"
        shown = ", ".join(recoveries) or "-"
        per_minute = len(seen.reads) / self.found.seconds * 60
        return (
            f"{address:18} {ages:>18} {worst:>11} {per_minute:9.2f} {self.found.connects[address]:5}"
            f" {len(seen.gone):5} {len(seen.back):5} {shown:>10}"
        )

    def _recovery(self, address: str, seen: Seen, played: Played) -> str:
        read = next((at for at in seen.reads if at >= played.ended), None)
        took = None if read is None else read - played.ended
        if took is None or took > self.recovery:
            self.problems.append(
                f"{address}: read {'never' if took is None else f'{took:.0f} s'}"
                f" after: {played.fault.title}"
            )
        self.recoveries.append(inf if took is None else took)
        return "never" if took is None else f"{took:.1f}"

    def summary(self, case: str, way: str) -> str:
        """Return the whole run in one line below ``HEAD``; call it after ``lines``."""
        cells = quantiles(self.ages, n=20, method="inclusive")
        reads = sum(len(one.reads) for one in self.seen.values())
        gone = sum(len(one.gone) for one in self.seen.values())
        recovery = f"{max(self.recoveries):.1f}" if self.recoveries else "-"
        return (
            f"{case:11} {way:7} {cells[9]:7.0f} {cells[18]:5.0f} {max(self.ages):5.0f}"
            f" {reads / self.found.seconds * 60:9.1f} {gone:5} {recovery:>10}"
            f" {len(self.found.leaks):5} {len(self.problems):8}"
        )

    def _judge_gone(self, address: str, seen: Seen, cuts: list[Played]) -> None:
        """Only what is cut off may be gone, and only after the grace time."""
        wrong = [
            key
            for at, key in seen.gone
            if not any(
                one.began + self.grace - self.interval
                <= at
                <= one.ended + self.recovery
                and one.fault.title not in HOLDING
                for one in cuts
            )
        ]
        if wrong:
            self.problems.append(
                f"{address}: {len(wrong)} entities turned unavailable, such as {wrong[0]}"
            )

    def _judge_called(self, address: str, seen: Seen, cuts: list[Played]) -> None:
        """While somebody cuts it off, its connection has to say so."""
        for one in cuts:
            called = [
                (at - one.began, state)
                for at, state in seen.called
                if one.began <= at <= one.ended
            ]
            self.called += [
                f"{address} {state} after {at:.0f} s" for at, state in called
            ]
            if one.fault.shows not in {None, *(state for _, state in called)}:
                self.problems.append(f"{address}: was never called {one.fault.shows}")

    def _log(self) -> Iterator[str]:
        ours = [line for line in self.found.log.splitlines() if LOGGER in line]
        levels = Counter(match["level"] for line in ours if (match := LINE.match(line)))
        yield "log lines of ours: " + (
            ", ".join(f"{n} {level}" for level, n in sorted(levels.items())) or "none"
        )
        for line in ours:
            if (match := LINE.match(line)) and match["level"] == "INFO":
                yield f"    {line}"
        missed = Counter(MISSED.findall(self.found.log))
        yield "missed polls: " + (
            ", ".join(f"{n} {word}" for word, n in missed.most_common()) or "none"
        )
        self.problems += [f"log: {line}" for line in unexpected(self.found.log)[:20]]
