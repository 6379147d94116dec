"""Measure how batteries share the radios in a real Home Assistant, in real time.

    python -m tests.bench.share CASE [--minutes 5] [--interval 30] [--reserve 1] [--no-baseline]

CASE is a row of ``share_cases``. A world and Home Assistant are started, every battery is added
through its discovery, intervals are set in the options, then the faults of the case are played while
the states are watched. Goals: no data older than three intervals while a battery can be reached;
entities unavailable only after the grace time, and only of what is cut off; a read within one
interval and 5 s after a fault; nothing left open in the end. The exit code tells whether all are met.
"""

import argparse
import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
import re
from statistics import mean, quantiles
import sys
import time
from typing import Any, Final

from tests.e2e.__main__ import bring_up, configuration, say
from tests.e2e.check import Check
from tests.e2e.home_assistant import LINE, HomeAssistant, free_port, prepare, unexpected
from tests.e2e.process import Trouble, until
from tests.e2e.world_client import WorldProcess

from .schedule_sim import report as simulated
from .share_cases import CASES, HOLDING, RESTART, Case, Fault, Order
from .share_watch import DOMAIN, Seen, Watch

SCENARIOS: Final = Path(__file__).parents[1] / "world" / "scenarios"
OPTIONS: Final = "/api/config/config_entries/options/flow"
SETTLE: Final = 45.0  # s after the last battery was set up
LATE: Final = 5.0  # s beyond one interval that a recovery may take
GRACE: Final = (4, 120.0)  # intervals, least seconds
CLOSE_TIME: Final = 15.0
LOGGER: Final = f"[custom_components.{DOMAIN}"
MISSED: Final = re.compile(r"could not be read: (\w+)")

type Json = dict[str, Any]


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


class Run:
    """Play one case."""

    def __init__(self, folder: Path, case: Case, interval: int, reserve: int) -> None:
        """Take a scratch folder, the case, and of the options the interval in seconds and the reserve."""
        self.folder, self.case, self.interval = folder, case, interval
        self._options = {"interval": interval, "reserve": reserve}
        self.port = free_port()
        self.found = Found()
        self.watch = Watch(())
        self.home: HomeAssistant
        self.world: WorldProcess

    async def play(self, minutes: float) -> None:
        """Do all of it."""
        prepare(self.folder, self.port)
        async with contextlib.AsyncExitStack() as stack:
            scenario = SCENARIOS / f"{self.case.scenario}.toml"
            self.world = await WorldProcess.start(scenario, self.folder)
            stack.push_async_callback(self.world.stop)
            self.home = await HomeAssistant.start(self.folder, self.port)
            stack.push_async_callback(self._stop_home)
            await bring_up(self.home, self.world)
            await self._add()
            await self.watch.open(self.home.api)
            stack.push_async_callback(self._close_watch)
            await asyncio.sleep(SETTLE)
            say(f"measuring for {minutes:g} min …")
            await self._measure(minutes * 60)
            await self._leave()
        self.found.log += self.home.log_text()

    async def _stop_home(self) -> None:
        await self.home.stop()

    async def _close_watch(self) -> None:
        await self.watch.close()

    # --- before ------------------------------------------------------------------------------

    async def _add(self) -> None:
        check = Check(self.home, self.world, say)
        wanted = await self.world.truth(time.time())
        flows = await check._discovered(wanted)
        await check._add_all(wanted, flows)
        if check.outcome.problems:
            raise Trouble("; ".join(check.outcome.problems))
        for entry in await self._entries():
            await self._set_interval(entry["entry_id"])
        say(f"{len(wanted)} batteries are added, read every {self.interval} s")
        self.watch = Watch(wanted)

    async def _entries(self) -> list[Json]:
        entries: list[Json] = await self.home.api.call(
            "config_entries/get", domain=DOMAIN
        )
        return entries

    async def _set_interval(self, entry: str) -> None:
        flow = await self.home.api.post(OPTIONS, {"handler": entry})
        sections: Json = {
            one["name"]: {}
            for one in flow["data_schema"]
            if one.get("type") == "expandable" and one.get("required")
        }
        answer = {**sections, **self._options}
        done = await self.home.api.post(f"{OPTIONS}/{flow['flow_id']}", answer)
        if done["type"] != "create_entry":
            raise Trouble(f"the options were not taken: {done.get('errors')}")

    # --- the measurement -----------------------------------------------------------------------

    async def _measure(self, seconds: float) -> None:
        begin = time.time()
        before = await self._connects()
        self.watch.counting = True
        script = asyncio.create_task(self._script(begin, seconds))
        try:
            while time.time() < begin + seconds or not script.done():
                self.watch.sample()
                for proxy in (await self.world.get("/world"))["proxies"]:
                    self.found.slots[proxy["name"]].append(proxy["slots_used"])
                await asyncio.sleep(1.0)
        finally:
            script.cancel()
        await script
        self.watch.counting = False
        self.found.dark = self.watch.unavailable
        self.found.seconds = time.time() - begin
        self.found.connects = await self._connects() - before

    async def _connects(self) -> Counter[str]:
        devices = (await self.world.get("/world"))["devices"]
        return Counter({address: one["connects"] for address, one in devices.items()})

    async def _script(self, begin: float, seconds: float) -> None:
        for fault in self.case.faults:
            if fault.end > seconds:
                continue
            await _at(begin + fault.begin)
            say(f"now: {fault.title}")
            began = time.time()
            for order in fault.start:
                await self._obey(order)
            await _at(begin + fault.end)
            for order in fault.stop:
                await self._obey(order)
            over = time.time()
            say(f"over: {fault.title}")
            await until("the proxies' connections", 90, self.world.all_subscribed)
            ended = time.time()
            self.found.played.append(Played(fault, began, ended, ended - over))

    async def _obey(self, order: Order) -> None:
        path, body = order
        if path == RESTART:
            await self._restart()
            return
        reply = await self.world._http.post(self.world.control + path, json=body)
        if reply.status != 200:
            raise Trouble(f"the world refused {path}: {await reply.text()}")

    async def _restart(self) -> None:
        await self.watch.close()
        await self.home.stop()
        self.found.log += self.home.log_text()
        prepare(self.folder, self.port)
        self.home = await HomeAssistant.start(self.folder, self.port)
        await self.home.ready()
        await self.watch.open(self.home.api)

    # --- after -------------------------------------------------------------------------------

    async def _leave(self) -> None:
        """Take all batteries down and see that nothing stays open."""
        for entry in await self._entries():
            await self.home.api.call(
                "config_entries/disable", entry_id=entry["entry_id"], disabled_by="user"
            )
        with contextlib.suppress(Trouble):
            await until("closing", CLOSE_TIME, self._all_closed)

    async def _all_closed(self) -> bool:
        self.found.leaks = self._open(await self.world.get("/world"))
        return not self.found.leaks

    @staticmethod
    def _open(world: Json) -> list[str]:
        return [
            f"{one['slots_used']} slots of {one['name']}"
            for one in world["proxies"]
            if one["slots_used"]
        ] + [
            f"link of {address}"
            for address, one in world["devices"].items()
            if one["connected"]
        ]


async def _at(when: float) -> None:
    await asyncio.sleep(max(0.0, when - time.time()))


class Report:
    """Turn what was seen into a table and a verdict."""

    def __init__(self, run: Run) -> None:
        """Take a finished run."""
        self.found, self.interval, self.seen = run.found, run.interval, run.watch.seen
        self.oldest = 3.0 * run.interval
        self.recovery = run.interval + LATE
        self.grace = max(GRACE[0] * run.interval, GRACE[1])
        self.problems: list[str] = []

    def lines(self) -> Iterator[str]:
        """Give the report; ``problems`` is filled meanwhile."""
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
        if max(free) > self.oldest:
            self.problems.append(
                f"{address}: data {max(free):.0f} s old though it can be reached"
            )
        recoveries = [self._recovery(address, seen, one) for one in cuts]
        self._judge_gone(address, seen, cuts)
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
        return "never" if took is None else f"{took:.1f}"

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


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.share")
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--interval", type=int, default=30)
    parser.add_argument(
        "--reserve", type=int, default=1, help="slots left to other integrations"
    )
    parser.add_argument("--no-baseline", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Run one case and print its report."""
    options = parse()
    case = CASES[options.case]
    try:
        with configuration({"config": None}) as folder:
            run = Run(folder, case, options.interval, options.reserve)
            asyncio.run(run.play(options.minutes))
    except Trouble as err:
        sys.stderr.write(f"{err}\n")
        return 1
    report = Report(run)
    title = (
        f"{options.case}: {options.minutes:g} min of a real Home Assistant, interval"
        f" {options.interval} s (baselines: the pure simulation of schedule_sim)"
    )
    out = [
        title,
        *report.lines(),
        *(f"PROBLEM {one}" for one in report.problems),
        "all goals met" if not report.problems else f"{len(report.problems)} problems",
    ]
    if not options.no_baseline:
        out += ["", "Simulated for an hour, " + simulated(case.baseline)]
    sys.stdout.write("\n".join(out) + "\n")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
