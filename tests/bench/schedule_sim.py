"""Simulate many batteries at few scanners: how old the data get, for three ways to share the slots.

    python -m tests.bench.schedule_sim [scenario ...]

A discrete-event simulation: scanners with slots, a stack that chooses the path by signal, connects
that take 200 ms and now and then fail, batteries that sleep, die or belong to a phone for a while.
The ways: ``scheduled`` (ours), ``held`` (each battery keeps its link for ever) and ``timers`` (each
battery connects on a timer of its own). Ages count only while a battery can be reached at all.
"""

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
import heapq
from itertools import count
from math import inf
from random import Random
from statistics import quantiles
import sys
from typing import Final

from custom_components.mi_bms.proto.scheduler.battery import Battery
from custom_components.mi_bms.proto.scheduler.decision import Order
from custom_components.mi_bms.proto.scheduler.events import (
    Advert,
    Closed,
    Event,
    Failed,
    Looked,
    Opened,
    Read,
    Released,
)
from custom_components.mi_bms.proto.scheduler.link_state import (
    Coverage,
    Failure,
    LinkState,
    Phase,
)
from custom_components.mi_bms.proto.scheduler.schedule import Scheduler
from custom_components.mi_bms.proto.scheduler.slots import Hearing, Scanner
from custom_components.mi_bms.proto.scheduler.visits import Visit

CONNECT: Final = 0.2  # s
READ: Final = 0.5
DISCONNECT: Final = 0.1
CONNECT_ERROR: Final = 2.3  # two attempts that end in an error
CONNECT_SILENCE: Final = 20.0
READ_SILENCE: Final = 5.0
STALE: Final = 195.0  # after this long without advert the stack has no path
UNNOTICED: Final = 100.0  # a scanner is dead that long before its server notices
NO_SLOT_RETRY: Final = (9, 4.0)  # attempts and pause of the usual connector
LISTEN: Final = 5.0
VISIT_WITHIN: Final = 60.0

type Span = tuple[float, float]
type Process = Generator[float]


def within(spans: tuple[Span, ...], now: float) -> bool:
    return bool(spans) and any(start <= now < end for start, end in spans)


@dataclass(kw_only=True)
class SimScanner:
    """``down``: without power. ``others``: (from, to, slots) that other integrations hold."""

    name: str
    slots: int = 3
    down: tuple[Span, ...] = ()
    others: tuple[tuple[float, float, int], ...] = ()
    links: set[str] = field(default_factory=set)
    connecting: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    busiest: int = 0

    def used_by_others(self, now: float) -> int:
        return sum(slots for start, end, slots in self.others if start <= now < end)

    def free(self, now: float) -> int:
        return self.slots - len(self.links) - self.used_by_others(now)

    def known(self, now: float) -> bool:
        """Tell whether the server still believes in it."""
        if not self.down:
            return True
        return not any(start + UNNOTICED <= now < end for start, end in self.down)


@dataclass(kw_only=True)
class SimPack:
    """``away``: neither advertises nor answers; ``refuses``: advertises, but no connect succeeds."""

    name: str
    rssi: Mapping[str, int]
    interval: float = 30.0
    keeps: bool = True
    idle: bool = False
    away: tuple[Span, ...] = ()
    refuses: tuple[Span, ...] = ()
    answers_every: int = 1
    asked: int = 0
    heard: dict[str, Hearing] = field(default_factory=dict)
    read_at: float = 0.0
    reachable_since: float = 0.0
    recovering: float | None = None
    reads: int = 0
    ages: list[float] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    lost: int = 0
    states: Counter[LinkState | None] = field(default_factory=Counter)

    def heard_at(self, scanner: str) -> float:
        heard = self.heard.get(scanner)
        return heard.at if heard else -inf


@dataclass(kw_only=True)
class SimVisitor:
    """Be somebody who wants to connect to a device ``every`` so often, for ``lasts`` seconds."""

    name: str
    rssi: Mapping[str, int]
    every: float = 20.0
    lasts: float = 5.0
    waits: list[float] = field(default_factory=list)
    turned_away: int = 0
    cut_short: int = 0


@dataclass(kw_only=True)
class Scenario:
    """Make the scanners and packs afresh for each run; only the scheduled way knows visitors."""

    make: Callable[[], tuple[list[SimScanner], list[SimPack]]]
    visitors: Callable[[], list[SimVisitor]] = list
    seconds: float = 3600.0
    loss: float = 0.05


class World:
    """Be the air, the scanners and the host's Bluetooth stack."""

    def __init__(self, scenario: Scenario, seed: int = 1) -> None:
        scanners, packs = scenario.make()
        self.scanners = {scanner.name: scanner for scanner in scanners}
        self.packs = {pack.name: pack for pack in packs}
        self.visitors = scenario.visitors()
        self.loss = scenario.loss
        self.now = 0.0
        self.rng = Random(f"{seed} schedule")
        self.last_slot_taken = self.borrowed = 0
        self._queue: list[tuple[float, int, Process]] = []
        self._order = count()

    def spawn(self, process: Process, delay: float = 0.0) -> None:
        heapq.heappush(self._queue, (self.now + delay, next(self._order), process))

    def run(self, until: float) -> None:
        while self._queue and self._queue[0][0] <= until:
            self.now, _, process = heapq.heappop(self._queue)
            pause = next(process, None)
            if pause is not None:
                self.spawn(process, pause)

    def linked(self, pack: SimPack) -> SimScanner | None:
        for scanner in self.scanners.values():
            if pack.name in scanner.links:
                return scanner
        return None

    def advertises(self, pack: SimPack) -> bool:
        return not within(pack.away, self.now) and self.linked(pack) is None

    def paths(self, pack: SimPack) -> list[SimScanner]:
        return [
            scanner
            for scanner in self.scanners.values()
            if scanner.known(self.now)
            and self.now - pack.heard_at(scanner.name) < STALE
        ]

    def up(self) -> frozenset[str]:
        """Return the scanners that have power."""
        return frozenset(
            name
            for name, scanner in self.scanners.items()
            if not within(scanner.down, self.now)
        )

    def reachable(self, pack: SimPack, up: frozenset[str]) -> bool:
        return not (
            within(pack.away, self.now)
            or within(pack.refuses, self.now)
            or up.isdisjoint(pack.rssi)
        )

    def _choose(self, pack: SimPack) -> SimScanner | None:
        """Choose as the stack does: signal less penalties, among the scanners with a free slot."""
        paths = [scanner for scanner in self.paths(pack) if scanner.free(self.now) > 0]
        signals = sorted((pack.rssi[r.name] for r in self.paths(pack)), reverse=True)
        step = max(1, signals[0] - signals[1]) if len(signals) > 1 else 1

        def score(scanner: SimScanner) -> float:
            return pack.rssi[scanner.name] - step * (
                1.01 * scanner.connecting
                + 0.51 * scanner.failures[pack.name]
                + 0.76 * (scanner.free(self.now) == 1)
            )

        return max(paths, key=score, default=None)

    def connect(
        self, pack: SimPack, *, borrows: bool = False
    ) -> Generator[float, None, SimScanner | Failure]:
        scanner = self._choose(pack)
        if scanner is None:
            return Failure.NO_SLOT if self.paths(pack) else Failure.NOT_HEARD
        scanner.links.add(pack.name)
        scanner.connecting += 1
        scanner.busiest = max(scanner.busiest, len(scanner.links))
        if scanner.used_by_others(self.now) and not scanner.free(self.now):
            self.borrowed += borrows
            self.last_slot_taken += not borrows
        failed = True
        if not self.reachable(pack, self.up()) or within(scanner.down, self.now):
            refused = within(pack.refuses, self.now) and not within(
                scanner.down, self.now
            )
            yield CONNECT_ERROR if refused else CONNECT_SILENCE
        elif self.rng.random() < self.loss / 2:
            yield CONNECT_ERROR
        else:
            yield CONNECT
            failed = False
        scanner.connecting -= 1
        if failed:
            scanner.links.discard(pack.name)
            scanner.failures[pack.name] += 1
            return Failure.CONNECT
        scanner.failures.pop(pack.name, None)
        return scanner

    def read(self, pack: SimPack) -> Generator[float, None, Failure | None]:
        scanner = self.linked(pack)
        pack.asked += 1
        if (
            scanner is None
            or within(scanner.down, self.now)
            or not self.reachable(pack, self.up())
            or pack.asked % pack.answers_every
            or self.rng.random() < self.loss / 2
        ):
            yield READ_SILENCE
            return Failure.SILENT
        yield READ
        pack.read_at = self.now
        pack.reads += 1
        if pack.recovering is not None:
            pack.recoveries.append(self.now - pack.recovering)
            pack.recovering = None
        return None

    def close(self, pack: SimPack) -> Process:
        yield DISCONNECT
        scanner = self.linked(pack)
        if scanner is not None:
            scanner.links.discard(pack.name)

    def air(self) -> Process:
        """Let the batteries advertise, and note what can be reached."""
        while True:
            up = self.up()
            for pack in self.packs.values():
                if self.advertises(pack):
                    for name in up.intersection(pack.rssi):
                        pack.heard[name] = Hearing(pack.rssi[name], self.now)
                if self.reachable(pack, up):
                    if pack.reachable_since == inf:
                        pack.reachable_since = pack.recovering = self.now
                    pack.ages.append(self.now - max(pack.read_at, pack.reachable_since))
                else:
                    pack.reachable_since, pack.recovering = inf, None
            yield 1.0


class Scheduled:
    """Drive the scheduler as the integration does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.scheduler = Scheduler(world.rng.random)
        for pack in world.packs.values():
            battery = Battery(
                address=pack.name, interval=pack.interval, born=0.0, keeps=pack.keeps
            )
            self.scheduler.add(battery, 0.0)
        self._turn = 0
        for visitor in world.visitors:
            world.spawn(self._visits(visitor))
        world.spawn(self._listen())
        self.poke()

    def happened(self, name: str, event: Event) -> None:
        self.scheduler.apply(name, event, self.world.now)

    def scanners(self) -> list[Scanner]:
        now = self.world.now
        return [
            Scanner(
                source=scanner.name,
                slots=scanner.slots,
                free=scanner.free(now),
                allocated=frozenset(scanner.links),
                connecting=scanner.connecting,
                hears={
                    pack.name: heard
                    for pack in self.world.packs.values()
                    if (heard := pack.heard.get(scanner.name))
                    and now - heard.at < STALE
                }
                | {
                    visitor.name: Hearing(visitor.rssi[scanner.name], now)
                    for visitor in self.world.visitors
                    if scanner.name in visitor.rssi
                },
                failures=scanner.failures,
            )
            for scanner in self.world.scanners.values()
            if scanner.known(now)
        ]

    def coverage(self, pack: SimPack, up: frozenset[str]) -> Coverage:
        now = self.world.now
        hearing = frozenset(
            name for name in up if now - pack.heard_at(name) < 2 * LISTEN
        )
        return Coverage(
            working=up,
            hearing=hearing,
            connecting=hearing,
            troubled=any(self.scheduler.sick(name) for name in hearing),
        )

    def _listen(self) -> Process:
        world = self.world
        while True:
            up = world.up()
            for pack in world.packs.values():
                for name, heard in pack.heard.items():
                    if world.now - heard.at < LISTEN:
                        advert = Advert(heard.rssi, name)
                        self.scheduler.apply(pack.name, advert, heard.at)
                battery = self.scheduler.batteries[pack.name]
                was = battery.there
                self.happened(pack.name, Looked(self.coverage(pack, up)))
                pack.states[battery.state(world.now)] += 1
                pack.lost += was is True and not battery.there
            self.poke()
            yield LISTEN

    def poke(self) -> None:
        decision = self.scheduler.decide(self.world.now, self.scanners())
        for name in decision.release:
            self.world.spawn(self._close(name))
        for order in decision.read:
            self.world.spawn(self._read(order))
        self._turn += 1
        self.world.spawn(
            self._later(self._turn), max(0.001, decision.again - self.world.now)
        )

    def _later(self, turn: int) -> Process:
        if turn == self._turn:
            self.poke()
        yield from ()

    def _close(self, name: str) -> Process:
        yield from self.world.close(self.world.packs[name])
        self.happened(name, Closed())
        self.happened(name, Released())
        self.poke()

    def _read(self, order: Order) -> Process:
        world, name = self.world, order.address
        pack, begin = world.packs[name], world.now
        if not order.open:
            borrows = self.scheduler.batteries[name].borrows
            scanner = yield from world.connect(pack, borrows=borrows)
            if isinstance(scanner, Failure):
                self._failed(name, scanner)
                return
            self.happened(name, Opened(scanner.name))
        failure = yield from world.read(pack)
        if failure is not None:
            yield from world.close(pack)
            self.happened(name, Closed())
            self._failed(name, failure)
            return
        self.happened(name, Read(seconds=world.now - begin, idle=pack.idle))
        self.poke()

    def _failed(self, name: str, failure: Failure) -> None:
        self.happened(name, Failed(failure=failure))
        self.poke()

    def _visits(self, visitor: SimVisitor) -> Process:
        world, visits = self.world, self.scheduler.visits
        while True:
            yield visitor.every
            visit, begin = visits.ask(visitor.name, world.now), world.now
            self.poke()
            while visit.scanner is None and world.now - begin < VISIT_WITHIN:
                yield 0.1
            if visit.scanner is None:
                visitor.turned_away += 1
            else:
                visitor.waits.append(world.now - begin)
                yield from self._stay(visit, visitor)
            visits.end(visit, world.now)
            self.poke()

    def _stay(self, visit: Visit, visitor: SimVisitor) -> Process:
        world, scanner = self.world, self.world.scanners[visit.scanner or ""]
        scanner.links.add(visitor.name)
        scanner.busiest = max(scanner.busiest, len(scanner.links))
        world.last_slot_taken += bool(
            scanner.used_by_others(world.now) and not scanner.free(world.now)
        )
        yield CONNECT
        until = world.now + visitor.lasts
        while world.now < until and not visit.leaving:
            yield 0.1
        visitor.cut_short += visit.leaving
        yield DISCONNECT
        scanner.links.discard(visitor.name)

    def leaked(self) -> int:
        """Count slots that are taken although nobody uses them."""
        used = {
            pack.address
            for pack in self.scheduler.batteries.values()
            if pack.phase is not Phase.CLOSED
        } | set(self.scheduler.visits.under_way)
        links = {
            name for scanner in self.world.scanners.values() for name in scanner.links
        }
        return len(links - used)


class Alone:
    """Let each battery look after itself, on a timer; ``hold``: it never lets its link go."""

    def __init__(self, world: World, *, hold: bool) -> None:
        self.world = world
        self.hold = hold
        for pack in world.packs.values():
            world.spawn(self._poll(pack))

    def _poll(self, pack: SimPack) -> Process:
        while True:
            begin = self.world.now
            yield from self._once(pack)
            yield max(0.01, begin + pack.interval - self.world.now)

    def _once(self, pack: SimPack) -> Process:
        world = self.world
        if world.linked(pack) is None:
            attempts, pause = NO_SLOT_RETRY
            for attempt in range(attempts):
                scanner = yield from world.connect(pack)
                if scanner is not Failure.NO_SLOT or attempt == attempts - 1:
                    break
                yield pause
            if isinstance(scanner, Failure):
                return
        failure = yield from world.read(pack)
        if failure is not None or not self.hold:
            yield from world.close(pack)


WAYS: Final[Mapping[str, Callable[[World], object]]] = {
    "scheduled": Scheduled,
    "held": lambda world: Alone(world, hold=True),
    "timers": lambda world: Alone(world, hold=False),
}


def simulate(scenario: Scenario, way: str, seed: int = 1) -> tuple[World, object]:
    """Run a scenario in one way; gives the world afterwards, and whoever drove it."""
    world = World(scenario, seed)
    world.spawn(world.air())
    world.run(0.0)
    driver = WAYS[way](world)
    world.run(scenario.seconds)
    return world, driver


def percentile(values: list[float], share: int) -> float:
    return quantiles(values, n=100)[share - 1] if len(values) > 1 else 0.0


def _twelve() -> tuple[list[SimScanner], list[SimPack]]:
    scanners = [SimScanner(name="kitchen"), SimScanner(name="garage")]
    packs = [
        SimPack(
            name=f"pack {number:02}",
            rssi={
                "kitchen": -60 - number if number % 2 else -80,
                "garage": -80 if number % 2 else -60 - number,
            },
        )
        for number in range(1, 13)
    ]
    return scanners, packs


def _six(**special: SimPack) -> tuple[list[SimScanner], list[SimPack]]:
    packs = [
        SimPack(name=f"pack {number}", rssi={"hall": -60}) for number in range(1, 7)
    ]
    return [SimScanner(name="hall", slots=1)], [
        special.get(pack.name.replace(" ", "_"), pack) for pack in packs
    ]


def _dying() -> tuple[list[SimScanner], list[SimPack]]:
    scanners, packs = _twelve()
    scanners[0].down = ((300.0, 900.0),)
    return scanners, packs


def _alone_and_dying() -> tuple[list[SimScanner], list[SimPack]]:
    scanners = [SimScanner(name="hall", down=((300.0, 900.0), (1300.0, 1340.0)))]
    return scanners, [
        SimPack(name=f"pack {number}", rssi={"hall": -60}) for number in range(1, 7)
    ]


def _night() -> tuple[list[SimScanner], list[SimPack]]:
    scanners, packs = _twelve()
    for pack in packs[:3]:
        pack.away, pack.idle = ((300.0, 1500.0),), True
    return scanners, packs


def _phone() -> tuple[list[SimScanner], list[SimPack]]:
    scanners, packs = _twelve()
    packs[0].away = ((300.0, 900.0),)
    packs[1].refuses = ((300.0, 900.0),)
    return scanners, packs


def _guests() -> tuple[list[SimScanner], list[SimPack]]:
    scanners, packs = _twelve()
    scanners[0].others = ((200.0, 1100.0, 1), (500.0, 800.0, 1))
    return scanners, packs


def _third() -> tuple[list[SimScanner], list[SimPack]]:
    scanners, packs = _twelve()
    packs[0].answers_every = 3
    return scanners, packs


def _near_and_far() -> tuple[list[SimScanner], list[SimPack]]:
    scanners = [
        SimScanner(name="near", down=((300.0, 900.0),)),
        SimScanner(name="far"),
    ]
    return scanners, [
        SimPack(name=f"pack {number}", rssi={"near": -55, "far": -80})
        for number in range(1, 5)
    ]


def _visitors(*lasting: float, **rssi: int) -> Callable[[], list[SimVisitor]]:
    return lambda: [
        SimVisitor(name=f"visitor {number}", rssi=rssi, lasts=lasts)
        for number, lasts in enumerate(lasting, 1)
    ]


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "12 packs, 2 scanners of 3 slots": Scenario(make=_twelve),
    "6 packs, 1 scanner of 1 slot": Scenario(make=_six),
    "a dead pack at 1 slot": Scenario(
        make=lambda: _six(
            pack_6=SimPack(
                name="pack 6", rssi={"hall": -60}, refuses=((200.0, 1400.0),)
            )
        )
    ),
    "a silent pack at 1 slot": Scenario(
        make=lambda: _six(
            pack_6=SimPack(name="pack 6", rssi={"hall": -60}, away=((200.0, 1400.0),))
        )
    ),
    "one of two scanners dies": Scenario(make=_dying),
    "the only scanner dies twice": Scenario(make=_alone_and_dying),
    "three packs asleep": Scenario(make=_night),
    "two packs held by phones": Scenario(make=_phone),
    "others hold slots": Scenario(make=_guests),
    "a pack answers every third time": Scenario(make=_third),
    "a near and a far scanner": Scenario(make=_near_and_far),
    "visits at 1 slot": Scenario(make=_six, visitors=_visitors(5.0, 20.0, hall=-60)),
    "visits that stay too long at 1 slot": Scenario(
        make=_six, visitors=_visitors(600.0, hall=-60)
    ),
    "visits at 2 scanners": Scenario(
        make=_twelve, visitors=_visitors(5.0, 20.0, 60.0, kitchen=-60, garage=-65)
    ),
}


def _polls(world: World) -> float:
    return sum(pack.reads for pack in world.packs.values()) / (world.now / 60)


def _slots(world: World) -> float:
    return max(scanner.busiest for scanner in world.scanners.values())


def _recovery(world: World) -> float:
    return max(
        [0.0, *(one for pack in world.packs.values() for one in pack.recoveries)]
    )


def _lost(world: World) -> float:
    return sum(pack.lost for pack in world.packs.values())


FIGURES: Final[Mapping[str, Callable[[World], float]]] = {
    "polls/min": _polls,
    "most slots": _slots,
    "recovery": _recovery,
    "last slot": lambda world: world.last_slot_taken,
    "borrowed": lambda world: world.borrowed,
    "visits": lambda world: sum(len(one.waits) for one in world.visitors),
    "visit wait": lambda world: max(
        [0.0, *(wait for one in world.visitors for wait in one.waits)]
    ),
    "lost": _lost,
}


def report(name: str) -> str:
    """Return the table of one scenario."""
    worlds = {way: simulate(SCENARIOS[name], way)[0] for way in WAYS}
    lines = [f"{name}: data age in s (p50/p95/max)"]
    lines.append("".join([f"{'':10}", *(f"{way:>22}" for way in worlds)]))
    for pack in worlds["scheduled"].packs:
        cells = []
        for world in worlds.values():
            ages = world.packs[pack].ages[120:]
            figures = (
                f"{percentile(ages, 50):.0f}/{percentile(ages, 95):.0f}/{max(ages):.0f}"
            )
            cells.append(f"{figures:>22}")
        lines.append("".join([f"{pack:10}", *cells]))
    for title, figure in FIGURES.items():
        cells = [f"{figure(world):22.1f}" for world in worlds.values()]
        lines.append("".join([f"{title:10}", *cells]))
    return "\n".join(lines)


def main() -> int:
    """Print the tables."""
    wanted = sys.argv[1:] or list(SCENARIOS)
    sys.stdout.write("\n\n".join(report(name) for name in wanted) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
