"""Run charge windows through a simulated month: sun, loads, outages, restarts, commands that fail.

    python -m tests.bench.charge_window

Each line is the worst of several months: how long charging stayed allowed at or above *high*, or blocked at
or below *low*, while readings came (*beyond*), and what flowed meanwhile (*over*); how long it stayed
blocked without a fresh reading though the battery could be reached (*blind*), and how long after a battery
that could not be reached was there again (*back*); how much of the month readings were fresh; and the
commands of a day. A command that fails is tried again after 10 s, then 20 s and so on, which is why the
lines with such have a minute more.
"""

from dataclasses import dataclass, field
from math import pi, sin
from random import Random
import sys
from typing import Final, NamedTuple

from custom_components.mi_bms.proto.control.window import (
    FAIL_SAFE,
    FRESH_INTERVALS,
    LONGEST_PAUSE,
    ChargeWindow,
    Doing,
    Level,
    Window,
)

STEP: Final = 10.0  # s; as often as Home Assistant looks
DAY: Final = 86_400.0
MONTH: Final = 30 * DAY
CAPACITY: Final = 100.0  # Ah
COMMAND: Final = 20.0  # s; the longest that a command takes
SEEDS: Final = 4
LOW, HIGH = 60.0, 80.0
WALL: Final = 1_790_000_000.0


class Span(NamedTuple):
    """A time from a second to another one."""

    begin: float
    end: float


def spans(random: Random, every: float, shortest: float, longest: float) -> list[Span]:
    """Return times that come about once in ``every`` seconds, and last evenly long."""
    found, at = [], 0.0
    while (at := at + random.expovariate(1 / every)) < MONTH:
        found.append(Span(at, at := at + random.uniform(shortest, longest)))
    return found


class Within:
    """Tell of growing times whether they are within one of some spans."""

    def __init__(self, found: list[Span]) -> None:
        """Begin with the first."""
        self._left = found[::-1]

    def __call__(self, now: float) -> bool:
        """Return whether a time is within a span."""
        while self._left and now >= self._left[-1].end:
            self._left.pop()
        return bool(self._left) and now >= self._left[-1].begin


@dataclass(slots=True)
class Worst:
    """What was worst in a month; times in s."""

    beyond: float = 0.0
    blocked: float = 0.0
    back: float = 0.0
    over: float = 0.0
    fresh: float = 0.0
    commands: int = 0

    def join(self, other: Worst) -> None:
        """Take the worse of two months."""
        self.beyond = max(self.beyond, other.beyond)
        self.blocked = max(self.blocked, other.blocked)
        self.back = max(self.back, other.back)
        self.over = max(self.over, other.over)
        self.fresh = min(self.fresh or 1.0, other.fresh)
        self.commands = max(self.commands, other.commands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How a battery is read, and what is asked of its window."""

    name: str
    interval: float
    window: Window = field(default_factory=lambda: Window(low=LOW, high=HIGH))
    failing: float = 0.0  # part of the commands
    outages: bool = True

    @property
    def most_beyond(self) -> float:
        """Return how long a battery may be beyond a bound, in s."""
        return self.interval + COMMAND + (60.0 if self.failing else 0.0)


class Month:
    """One month of a battery and its window."""

    def __init__(self, line: Line, seed: int) -> None:
        """Prepare the weather, the outages and the battery."""
        random = self.random = Random(seed)
        self.line, self.now, self.worst = line, 0.0, Worst()
        often = DAY if line.outages else 100 * MONTH
        self.deaf = Within(spans(random, often / 2, 300, 5 * 3600))
        self.unread = Within(spans(random, often, 600, 3 * 3600))
        self.down = Within(spans(random, often, 60, 1800))
        self.clouds = [random.uniform(0.1, 1.0) for _ in range(31)]
        self.charge, self.allowed = 0.7 * CAPACITY, True
        self.read_at, self.read = -1e9, 0.0
        self.window: ChargeWindow | None = ChargeWindow(line.window, 0.0)
        self.stored: dict[str, float | None] = {}
        self.told: bool | None = None  # the command, as it was read last
        self.up_since = self.beyond = self.back = 0.0
        self.begun_at, self.was_away, self.fresh = self.charge, False, 0

    def run(self) -> Worst:
        """Let the month pass."""
        while self.now < MONTH:
            self.now += STEP
            self._flow()
            reachable = not self.deaf(self.now)
            readable = reachable and not self.unread(self.now)
            doing = self._look(reachable=reachable, readable=readable)
            self._note(doing, reachable=reachable)
        self.worst.fresh = self.fresh * STEP / MONTH
        return self.worst

    def _flow(self) -> None:
        hour = self.now / 3600 % 24
        sun = (
            max(0.0, sin((hour - 6) / 12 * pi)) * 30 * self.clouds[int(self.now / DAY)]
        )
        load = 3.0 + (12.0 if 18 <= hour < 22 else 0.0)
        amps = sun - load
        if (amps > 0 and not self.allowed) or (amps < 0 and self.charge <= 5):
            amps = 0.0
        self.charge = min(CAPACITY, self.charge + amps * STEP / 3600)

    def _look(self, *, reachable: bool, readable: bool) -> Doing | None:
        if self.down(self.now):
            self.window = None
            return None
        if self.window is None:
            self.window = ChargeWindow(self.line.window, self.now)
            self.window.restore(self.stored)
            self.read_at, self.told, self.up_since = -1e9, None, self.now
        if readable and self.now - self.read_at >= self.line.interval:
            self.read_at, self.read, self.told = (
                self.now,
                round(self.charge),
                self.allowed,
            )
        doing = self._decide(reachable=reachable)
        self.stored = self.window.to_json()
        return doing

    def _decide(self, *, reachable: bool) -> Doing:
        assert self.window is not None
        level = Level(
            percent=self.read if self.read_at >= 0 else None,
            at=self.read_at,
            interval=self.line.interval,
            # A block is stored before it is written: it is known after a restart, too.
            allowed=self.allowed if self.told is None else self.told,
        )
        decided = self.window.look(level, self.now, WALL + self.now)
        if decided.charge is None:
            return decided.doing
        if not reachable or self.random.random() < self.line.failing:
            self.window.failed(self.now)
            return decided.doing
        self.allowed = self.told = decided.charge
        self.worst.commands += 1
        self.window.done(self.now)
        return decided.doing

    def _note(self, doing: Doing | None, *, reachable: bool) -> None:
        """Measure how long what should not be is so."""
        age = self.now - self.read_at
        up, interval = doing is not None, self.line.interval
        self.fresh += up and age <= FRESH_INTERVALS * interval
        filling = doing in {Doing.FILLING, Doing.BALANCING}
        percent = round(self.charge)
        wrong = percent >= HIGH and self.allowed and not filling
        wrong |= percent <= LOW and not self.allowed
        # A reading that is late is an outage that has begun.
        if not (up and wrong and age <= interval + STEP):
            self.beyond, self.begun_at = 0.0, self.charge
        else:
            self.beyond += STEP
            gained = 100 * (self.charge - self.begun_at) / CAPACITY
            self.worst.over = max(self.worst.over, gained)
        self.worst.beyond = max(self.worst.beyond, self.beyond)
        self._note_blind(blind=up and not self.allowed, reachable=reachable)

    def _note_blind(self, *, blind: bool, reachable: bool) -> None:
        """Measure for how long charging stays blocked while nobody knows how full the battery is."""
        silence = self.now - max(self.read_at, self.up_since)
        late = silence > max(FAIL_SAFE, FRESH_INTERVALS * self.line.interval)
        if not (blind and late):
            self.back, self.was_away = 0.0, False
        elif not reachable:
            self.back, self.was_away = 0.0, True
        elif self.was_away:
            self.back += STEP
            self.worst.back = max(self.worst.back, self.back)
        else:
            self.worst.blocked = max(self.worst.blocked, silence)


WEEKLY: Final = Window(low=LOW, high=HIGH, weekly_full=True)
LINES: Final = (
    Line(name="30 s, no outages", interval=30, outages=False),
    Line(name="30 s", interval=30),
    Line(name="300 s", interval=300),
    Line(name="30 s, 5 % of commands fail", interval=30, failing=0.05),
    Line(name="300 s, 5 % of commands fail", interval=300, failing=0.05),
    Line(name="30 s, full once a week", interval=30, window=WEEKLY, failing=0.05),
)


def good(line: Line, worst: Worst) -> bool:
    """Return whether a window did what is asked of it."""
    return (
        worst.beyond <= line.most_beyond
        and worst.blocked <= FAIL_SAFE + LONGEST_PAUSE + STEP
        and worst.back <= LONGEST_PAUSE + STEP
    )


def main() -> int:
    """Print a line for each; the exit code says whether all goals are met."""
    heads = ("beyond", "goal", "blind", "back", "over", "fresh", "commands/d")
    print(f"{'':30}", *(f"{one:>10}" for one in heads))  # noqa: T201
    missed = False
    for line in LINES:
        worst = Worst()
        for seed in range(SEEDS):
            worst.join(Month(line, seed).run())
        missed |= not (fine := good(line, worst))
        figures = (
            f"{worst.beyond:.0f} s",
            f"{line.most_beyond:.0f} s",
            f"{worst.blocked:.0f} s",
            f"{worst.back:.0f} s",
            f"{worst.over:.2f} %",
            f"{worst.fresh:.1%}",
            f"{worst.commands / 30:.1f}",
        )
        end = "" if fine else "  MISSED"
        print(f"{line.name:30}", *(f"{one:>10}" for one in figures), end)  # noqa: T201
    return missed


if __name__ == "__main__":
    sys.exit(main())
