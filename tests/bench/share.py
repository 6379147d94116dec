"""Measure how batteries share the scanners in a real Home Assistant, in real time.

    python -m tests.bench.share CASE [--ways ours,held,timers] [--minutes N] [--interval 30]
                                [--reserve 1] [--no-baseline]

CASE is a row of ``share_cases``. A world and Home Assistant are started, every battery is added
through its discovery, intervals are set in the options, then the faults of the case are played while
the states are watched. Goals: no data older than three intervals while a battery can be reached;
entities unavailable only after the grace time, and only of what is cut off; a read within one
interval and 5 s after a fault; nothing left open in the end. The exit code tells whether ours meets all. The other ways are baselines
in the same world: ``peer_way`` takes the scheduler out of the integration.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
import contextlib
import os
from pathlib import Path
import sys
import time
from typing import Any, Final

from tests.e2e.__main__ import bring_up, configuration
from tests.e2e.check import Check
from tests.e2e.home_assistant import HomeAssistant, prepare
from tests.e2e.process import Trouble, until
from tests.e2e.proof import say
from tests.e2e.world_client import WorldProcess
from tests.ports import free_port
from tests.world.program import program

from .schedule_sim import report as simulated
from .share_cases import CASES, CLOCK, RESTART, Case, Order
from .share_report import HEAD, Found, Played, Report
from .share_watch import DOMAIN, Watch

SCENARIOS: Final = Path(__file__).parents[1] / "world" / "scenarios"
OPTIONS: Final = "/api/config/config_entries/options/flow"
SETTLE: Final = 45.0  # s after the last battery was set up
CLOSE_TIME: Final = 15.0
PEERS: Final = Path(__file__).parent / "peer_way"
# Shifts the wall clock of one process; a part of Debian's faketime, beside the program.
FAKETIME: Final = "lib/*/faketime/libfaketimeMT.so.1"
WAYS: Final = ("ours", "held", "timers")

type Json = dict[str, Any]


class Run:
    """Play one case."""

    def __init__(self, folder: Path, case: Case, way: str, options: Json) -> None:
        """Take a scratch folder, the case, how batteries are read, and what is set in their options."""
        self.folder, self.case, self.way = folder, case, way
        self._options = options
        self._clock = folder / "clock"
        self._peers = False
        self.port = free_port()
        self.found = Found()
        self.watch = Watch(())
        self.home: HomeAssistant
        self.world: WorldProcess

    async def play(self, minutes: float) -> None:
        """Do all of it."""
        async with contextlib.AsyncExitStack() as stack:
            scenario = SCENARIOS / f"{self.case.scenario}.toml"
            self.world = await WorldProcess.start(scenario, self.folder)
            stack.push_async_callback(self.world.stop)
            await self._start_home()
            stack.push_async_callback(self._stop_home)
            await bring_up(self.home, self.world)
            await self._add()
            if self.way != "ours":
                await self._change_way()
            await self.watch.open(self.home.api)
            stack.push_async_callback(self._close_watch)
            await asyncio.sleep(SETTLE)
            say(f"measuring for {minutes:g} min …")
            await self._measure(minutes * 60)
            await self._leave()
        self.found.log += self.home.log_text()

    async def _start_home(self) -> None:
        prepare(self.folder, self.port)
        if self._peers:
            link = self.folder / "custom_components" / PEERS.name
            link.unlink(missing_ok=True)
            link.symlink_to(PEERS, target_is_directory=True)
            with (self.folder / "configuration.yaml").open("a") as yaml:
                yaml.write(f"{PEERS.name}:\n  way: {self.way}\n")
        with self._faked() if self.case.clock else contextlib.nullcontext():
            self.home = await HomeAssistant.start(self.folder, self.port)

    async def _change_way(self) -> None:
        """Leave ours, in which all batteries could be added: others may hold every slot for ever."""
        self._peers = True
        await self.home.stop()
        await self._start_home()
        await self.home.ready()

    @contextlib.contextmanager
    def _faked(self) -> Iterator[None]:
        """Let the wall clock of the process that is started now follow a file."""
        self._clock.write_text("+0")
        prefix = Path(program("faketime")).resolve().parents[1]
        extra = {
            "LD_PRELOAD": str(next(prefix.glob(FAKETIME))),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        os.environ |= extra
        try:
            yield
        finally:
            for name in extra:
                del os.environ[name]

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
        say(
            f"{len(wanted)} batteries are added, read every {self._options['interval']} s"
        )
        self.watch = Watch(wanted)

    async def _entries(self) -> list[Json]:
        entries: list[Json] = await self.home.api.call(
            "config_entries/get", domain=DOMAIN
        )
        return entries

    async def _set_interval(self, entry: str) -> None:
        flow = await self.home.api.post(OPTIONS, {"handler": entry})
        if flow["type"] == "menu":
            # The form is one of several ways.
            choice = {"next_step_id": "reading"}
            flow = await self.home.api.post(f"{OPTIONS}/{flow['flow_id']}", choice)
        answer: Json = {}
        for one in flow["data_schema"]:
            if one.get("type") == "expandable":
                inside = {field["name"] for field in one["schema"]}
                answer[one["name"]] = {
                    name: value
                    for name, value in self._options.items()
                    if name in inside
                }
            elif one["name"] in self._options:
                answer[one["name"]] = self._options[one["name"]]
        done = await self.home.api.post(f"{OPTIONS}/{flow['flow_id']}", answer)
        if done["type"] != "create_entry":
            raise Trouble(
                f"the options were not taken: {done['type']}, {done.get('errors')}"
            )

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
        if path == CLOCK:
            self._clock.write_text(f"{body['seconds']:+}")
            self.watch.shift = body["seconds"]
            return
        reply = await self.world._http.post(self.world.control + path, json=body)
        if reply.status != 200:
            raise Trouble(f"the world refused {path}: {await reply.text()}")

    async def _restart(self) -> None:
        await self.watch.close()
        await self.home.stop()
        self.found.log += self.home.log_text()
        await self._start_home()
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


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.share")
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--minutes", type=float, help="as long as the case says")
    parser.add_argument("--interval", type=int, default=30)
    parser.add_argument(
        "--reserve", type=int, default=1, help="slots left to other integrations"
    )
    parser.add_argument("--ways", default="ours", help=f"some of {','.join(WAYS)}")
    parser.add_argument("--no-baseline", action="store_true")
    return parser.parse_args()


def measure(case: str, way: str, options: argparse.Namespace) -> tuple[Report, str]:
    """Run a case in one way; gives the report and its summary."""
    minutes = options.minutes or CASES[case].minutes
    set_to = {"interval": options.interval, "reserve": options.reserve}
    with configuration({"config": None}) as folder:
        run = Run(folder, CASES[case], way, set_to)
        asyncio.run(run.play(minutes))
    report = Report(run.found, run.watch, options.interval)
    title = (
        f"{case}, {way}: {minutes:g} min of a real Home Assistant, interval"
        f" {options.interval} s"
    )
    lines = [
        title,
        *report.lines(),
        *(f"PROBLEM {one}" for one in report.problems),
        "all goals met" if not report.problems else f"{len(report.problems)} problems",
    ]
    sys.stdout.write("\n".join(lines) + "\n\n")
    return report, report.summary(case, way)


def main() -> int:
    """Run one case in all wanted ways and print the reports."""
    options = parse()
    summaries, problems = [], 0
    try:
        for way in options.ways.split(","):
            report, summary = measure(options.case, way, options)
            summaries.append(summary)
            problems += len(report.problems) * (way == "ours")
    except (Trouble, OSError) as err:
        sys.stderr.write(f"{err}\n")
        return 1
    out = [HEAD, *summaries]
    if not options.no_baseline:
        out += ["", "Simulated for an hour, " + simulated(CASES[options.case].baseline)]
    sys.stdout.write("\n".join(out) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
