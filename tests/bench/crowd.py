"""Measure a real Home Assistant with 300 sensors, and 20 remotes, over 8 proxies.

    python tests/bench/crowd.py [--seconds N] [--world FILE]

The world of the scenario runs in this process, Home Assistant in one of its own; each sensor is added
through its real flow. In the measured time a helper in Home Assistant notes how late its event loop
is and which events of ours happened; the world notes which were sent. Every one must have happened
once, and nothing that was not sent. What we make in that time must not be left to the collector of
garbage, which looks through all objects of Home Assistant and stops its loop for that long.
"""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
import contextlib
from dataclasses import dataclass, field
import os
from pathlib import Path
from statistics import quantiles
import sys
import tempfile
import threading
import time
import tomllib
from typing import Any, Final, override

sys.path.insert(0, str(Path(__file__).parents[2]))

from custom_components.mi_bms.sensors.event_words import word_of
from tests.e2e.__main__ import bring_up
from tests.e2e.check import Check
from tests.e2e.home_assistant import USUAL, HomeAssistant, prepare
from tests.e2e.process import Trouble
from tests.e2e.world_client import WorldProcess
from tests.ports import free_port
from tests.world.__main__ import announcement
from tests.world.control import Control
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon, Message
from tests.world.scenario import ScenarioError, parse
from tests.world.world import World

ROOT: Final = Path(__file__).parents[2]
WORLD: Final = ROOT / "tests" / "world" / "scenarios" / "crowd.toml"
PROBE: Final = Path(__file__).parent / "probe"
SECONDS: Final = 30.0
WARM: Final = 15.0  # s after the last sensor was added
EVERY: Final = 0.02  # s between two looks, as in the helper
ARRIVES: Final = 3.0  # s within which an event must happen
PREFIX: Final = "event:"
# What the scenario does not have: somebody who presses something every other second.
REMOTES: Final = {
    "kind": "YLYK01YL",
    "count": 20,
    "address": "F8:24:41:10:01",
    "reach": 2,
    "interval": 1.0,
}

type Key = tuple[str, str, str]  # address, source, type
type Times = dict[Key, list[float]]


@dataclass(slots=True)
class Sent:
    """Note each event that a device of the world sends, once however often it is repeated."""

    times: Times = field(default_factory=lambda: defaultdict(list))

    def follow(self, device: Beacon) -> None:
        """Listen to what a device composes."""
        for message in device._messages:
            self._wrap(device.address, message)

    def _wrap(self, address: str, message: Message) -> None:
        compose = message.compose

        def noting(now: float) -> Any:
            frame, told = compose(now)
            for name, value in told.items():
                if name.startswith(PREFIX):
                    source = name.removeprefix(PREFIX).lower()
                    word = word_of(source, str(value)).trigger
                    self.times[address, source, word].append(time.time())
            return frame, told

        message.compose = noting  # type: ignore[method-assign]


@dataclass(slots=True)
class Events:
    """Hold how the events that happened fit those that were sent."""

    sent: int = 0
    lost: int = 0
    extra: int = 0
    slowest: float = 0.0


def compare(sent: Times, happened: Times, start: float, end: float) -> Events:
    """Pair events in order; only those sent within the measured time count as lost."""
    found = Events()
    for key in sent.keys() | happened.keys():
        arrived = list(happened.get(key, ()))
        for moment in sent.get(key, ()):
            while arrived and arrived[0] < moment:
                found.extra += start + ARRIVES <= arrived.pop(0) <= end
            inside = start <= moment <= end
            found.sent += inside
            if arrived and arrived[0] - moment <= ARRIVES:
                took = arrived.pop(0) - moment
                found.slowest = max(found.slowest, took if inside else 0.0)
            else:
                found.lost += inside
        found.extra += sum(start + ARRIVES <= moment <= end for moment in arrived)
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    stat = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


class Idle(threading.Thread):
    """Wake up as often as the helper does, and do nothing: how late a busy machine makes anybody."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.late: list[float] = []
        self.over = False

    @override
    def run(self) -> None:
        while not self.over:
            due = time.monotonic() + EVERY
            time.sleep(EVERY)
            self.late.append(time.monotonic() - due)


def say(text: str) -> None:
    """Report progress."""
    sys.stderr.write(f"{text}\n")


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Return a configuration folder with the helper in it."""
    with tempfile.TemporaryDirectory(
        prefix="mi_bms_bench_", ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


def add_probe(folder: Path) -> None:
    """Put the helper into a prepared configuration, and let ours log no more than usual.

    Without the recorder: its writing to the database is no work of ours, and hides what is.
    """
    probe = folder / "custom_components" / "bench_probe"
    probe.symlink_to(PROBE, target_is_directory=True)
    yaml = folder / "configuration.yaml"
    text = yaml.read_text("utf-8").replace("mi_bms: debug", "mi_bms: warning")
    text = text.replace(USUAL, "")
    yaml.write_text(f"{text}bench_probe:\n", encoding="utf-8")


async def ask(home: HomeAssistant, action: str) -> Mapping[str, Any]:
    """Have the helper ``read`` what it has seen since the last time, or ``collect`` all garbage."""
    answer = await home.api.call(
        "call_service", domain="bench_probe", service=action, return_response=True
    )
    response: Mapping[str, Any] = answer["response"]
    return response


async def add_all(home: HomeAssistant, world: WorldProcess) -> float:
    """Add every sensor through its flow; give the seconds until all were added."""
    start = time.monotonic()
    check = Check(home, world, say)
    truth = await world.truth(time.time())
    await check._discover_and_add(truth)
    if problems := check.outcome.problems:
        raise Trouble(problems[0])
    return time.monotonic() - start


async def measure(options: argparse.Namespace, folder: Path) -> int:
    """Run everything and print the figures; 1 if an event was lost or came twice."""
    table = tomllib.loads(options.world.read_text(encoding="utf-8"))
    table.setdefault("crowd", []).append(REMOTES)
    scenario = parse(table, KINDS)
    prepare(folder, port := free_port())
    add_probe(folder)
    world, sent = World(scenario), Sent()
    for spec in scenario.devices:
        if isinstance(spec.peripheral, Beacon):
            sent.follow(spec.peripheral)
    control = Control(world)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(world.stop)
        stack.push_async_callback(control.stop)
        await world.start()
        await control.start()
        home = await HomeAssistant.start(folder, port)
        stack.push_async_callback(home.stop)
        # The world is no process of its own here; its client only needs the remote control.
        client = WorldProcess(home.child, announcement(world, control))
        stack.push_async_callback(client._http.close)
        await bring_up(home, client)
        added = await add_all(home, client)
        say(f"{len(scenario.devices)} sensors added in {added:.0f} s; warming up")
        await asyncio.sleep(WARM)
        return await watch(home, world, sent, options.seconds, added)


async def watch(
    home: HomeAssistant, world: World, sent: Sent, seconds: float, added: float
) -> int:
    """Measure for some time and print the figures."""
    stations = world.radio.stations.values()
    pid = home.child.process.pid

    def counted() -> tuple[int, float, float]:
        heard = sum(one.adverts * len(one.heard_by) for one in stations)
        return heard, cpu_seconds(pid), time.process_time()

    happened: Times = defaultdict(list)
    # It would else fall into the measured time or not, by how much adding had left of it.
    await ask(home, "collect")
    await ask(home, "read")
    start, before = time.time(), counted()
    say(f"measuring for {seconds:.0f} s")
    idle = Idle()
    idle.start()
    await asyncio.sleep(seconds)
    idle.over = True
    end, after = time.time(), counted()
    seen = await ask(home, "read")
    garbage = await ask(home, "collect")
    await asyncio.sleep(ARRIVES)
    rest = await ask(home, "read")
    for moment, address, source, kind in (*seen["happened"], *rest["happened"]):
        happened[address, source, kind].append(moment)
    events = compare(sent.times, happened, start, end)
    delays, busy, collected = zip(*seen["looks"], strict=True)
    late = quantiles((one * 1e3 for one in delays), n=100)
    own = [one - part for one, part in zip(busy, collected, strict=True)]
    nothing = quantiles((one * 1e3 for one in idle.late), n=100)
    memory = home.child.peak_memory() or 0
    span = end - start
    rows = (
        ("sensors, proxies", f"{len(world.devices)}, {len(world.proxies)}"),
        ("added within", f"{added:.0f} s"),
        ("measured", f"{span:.0f} s, load {os.getloadavg()[0]:.1f} at its end"),
        ("adverts sent to proxies", f"{(after[0] - before[0]) / span:.0f}/s"),
        ("states written", f"{seen['states'] / span:.0f}/s"),
        ("loop late, median", f"{late[49]:.2f} ms"),
        ("loop late, p99", f"{late[98]:.2f} ms"),
        ("who does nothing, p99", f"{nothing[98]:.2f} ms"),
        ("loop late, most", f"{max(delays) * 1e3:.1f} ms"),
        ("loop busy, p99", f"{quantiles(own, n=100)[98] * 1e3:.2f} ms"),
        ("loop busy, most", f"{max(own) * 1e3:.1f} ms"),
        (
            "all objects looked through",
            f"{sum(map(bool, collected))} times, {max(collected) * 1e3:.0f} ms at most",
        ),
        ("garbage in cycles", f"{garbage['all'] / span:.0f}/s"),
        ("of it ours", f"{garbage['ours'] or 'none'}"),
        ("processor, Home Assistant", f"{(after[1] - before[1]) / span:.1%} of one"),
        ("processor, the world", f"{(after[2] - before[2]) / span:.1%} of one"),
        ("peak memory", f"{memory / 2**20:.0f} MiB"),
        ("events sent", f"{events.sent}, slowest {events.slowest * 1e3:.0f} ms"),
        ("events lost", f"{events.lost}"),
        ("events that nobody sent", f"{events.extra}"),
    )
    sys.stdout.write("".join(f"{name:28}{value}\n" for name, value in rows))
    wrong = events.lost or events.extra or garbage["ours"] or not events.sent
    return 1 if wrong else 0


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--world", type=Path, default=WORLD)
    options = parser.parse_args()
    try:
        with scratch() as folder:
            return asyncio.run(measure(options, folder))
    except (Trouble, ScenarioError, OSError) as err:
        say(f"crowd: {err}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
