"""Measure the look at the air in a real Home Assistant with 300 devices over 8 proxies.

    python -m tests.bench.scan [--world FILE] [--seconds 5] [--rounds 5]

One sensor is added, so that the integration is loaded; then the action is called over the websocket,
for what is known and for some seconds. Goals: each device of the world is in each answer, with bytes
and structures, and an answer takes less than 200 ms beyond its duration, its way over the websocket
included. The exit code tells whether both are met.
"""

import argparse
import asyncio
from pathlib import Path
import sys
import time
from typing import Any, Final

from tests.e2e.__main__ import bring_up, configuration
from tests.e2e.air import act
from tests.e2e.check import Check
from tests.e2e.home_assistant import HomeAssistant, prepare
from tests.e2e.process import Trouble, until
from tests.e2e.proof import say
from tests.e2e.world_client import WorldProcess
from tests.ports import free_port

WORLD: Final = Path(__file__).parents[1] / "world" / "scenarios" / "crowd.toml"
BEYOND: Final = 0.2  # s
DISCOVERY: Final = 120.0

type Json = dict[str, Any]


async def add_one(home: HomeAssistant, world: WorldProcess) -> dict[str, Json]:
    """Wait until all are discovered and add one; give all devices of the world."""
    check = Check(home, world, say)
    truth = await world.truth(time.time())

    async def all_there() -> bool:
        return truth.keys() <= (await check._flows()).keys()

    await until("discovery", DISCOVERY, all_there, children=(home.child,), pause=1.0)
    flows = await check._flows()
    first = min(truth)
    await check._add_all(truth, {first: flows[first]})
    if problems := check.outcome.problems:
        raise Trouble(problems[0])
    return truth


async def scan(home: HomeAssistant, truth: dict[str, Json], seconds: int) -> bool:
    """Scan once and print the figures; true if all goals are met."""
    start = time.perf_counter()
    answer = await act(home.api, "scan", seconds=seconds)
    took = time.perf_counter() - start - seconds
    heard = {one["address"]: one for one in answer["adverts"]}
    whole = [
        address
        for address, one in heard.items()
        if one["raw"] and one["structures"] and one["receivers"] and one["device"]
    ]
    missing = truth.keys() - set(whole)
    say(
        f"scan of {seconds:2} s: {len(heard)} devices, {len(missing)} missing, "
        f"{sum(one.get('adverts', 0) for one in heard.values())} adverts, "
        f"{took * 1000:.0f} ms beyond"
    )
    return not missing and took < BEYOND


async def measure(options: argparse.Namespace, folder: Path) -> int:
    """Run everything; 0 if all goals are met."""
    prepare(folder, port := free_port())
    world = await WorldProcess.start(options.world, folder)
    try:
        home = await HomeAssistant.start(folder, port)
        try:
            await bring_up(home, world)
            truth = await add_one(home, world)
            met = [
                await scan(home, truth, seconds)
                for seconds in [0] * options.rounds + [options.seconds] * 2
            ]
        finally:
            await home.stop()
    finally:
        await world.stop()
    return 0 if all(met) else 1


def main() -> int:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--world", type=Path, default=WORLD)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    try:
        with configuration({"config": None}) as folder:
            return asyncio.run(measure(options, folder))
    except (Trouble, OSError) as err:
        say(str(err))
        return 1


if __name__ == "__main__":
    sys.exit(main())
