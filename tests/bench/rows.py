"""Count what a house of five batteries and fifteen sensors writes: rows of the recorder, lines of Activity.

    python -m tests.bench.rows [--minutes 10]

World and Home Assistant are real processes in real time, all devices are added through their flows
and keep their defaults. Goals: at most 20,000 rows a day of the pack with 16 cells, and 500 lines of
Activity a day of the whole house; the exit code tells whether both are met.
"""

import argparse
import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
import sqlite3
import sys
import time
from typing import Final

from tests.e2e.__main__ import bring_up, configuration
from tests.e2e.check import Check
from tests.e2e.home_assistant import HomeAssistant, prepare
from tests.e2e.process import Trouble
from tests.e2e.proof import say
from tests.e2e.world_client import WorldProcess
from tests.ports import free_port

WORLD: Final = Path(__file__).parents[1] / "world" / "scenarios" / "rows.toml"
PACK: Final = "C8:47:80:00:14:01"
DAY: Final = 86_400.0
MOST_ROWS: Final = 20_000  # a day, of the pack
MOST_LINES: Final = 500  # a day, of the house
# s after everything was added: until then the states of the batteries have seen through their loads
SETTLE: Final = 1800.0
COMMIT: Final = 10.0  # s within which the recorder has written
ROWS: Final = """SELECT states_meta.entity_id, count(*) FROM states JOIN states_meta USING (metadata_id)
    WHERE last_updated_ts BETWEEN ? AND ? GROUP BY states_meta.entity_id"""


def rows(folder: Path, start: float, end: float) -> Counter[str]:
    """Return how many rows each entity wrote."""
    with sqlite3.connect(folder / "home-assistant_v2.db") as database:
        return Counter(dict(database.execute(ROWS, (start, end)).fetchall()))


async def lines(home: HomeAssistant, start: float, end: float) -> Counter[str]:
    """Return how many lines each entity has in Activity."""
    told = await home.api.call(
        "logbook/get_events",
        start_time=datetime.fromtimestamp(start, UTC).isoformat(),
        end_time=datetime.fromtimestamp(end, UTC).isoformat(),
    )
    return Counter(one.get("entity_id", "-") for one in told)


async def measure(minutes: float, folder: Path) -> int:
    """Run everything; 0 if both goals are met."""
    prepare(folder, port := free_port())
    world = await WorldProcess.start(WORLD, folder)
    try:
        home = await HomeAssistant.start(folder, port)
        try:
            await bring_up(home, world)
            check = Check(home, world, say)
            wanted = await world.truth(time.time())
            await check._add_all(wanted, await check._discovered(wanted))
            say(f"{len(wanted)} devices are added")
            await asyncio.sleep(SETTLE)
            start = time.time()
            await asyncio.sleep(minutes * 60)
            end = time.time()
            await asyncio.sleep(COMMIT)
            ours = [
                one
                for one in await home.api.call("config/entity_registry/list")
                if one["platform"] == "mi_bms"
            ]
            return report(
                {one["entity_id"]: one["unique_id"] for one in ours},
                await asyncio.to_thread(rows, folder, start, end),
                await lines(home, start, end),
                DAY / (end - start),
            )
        finally:
            await home.stop()
    finally:
        await world.stop()


def report(
    ours: dict[str, str], written: Counter[str], told: Counter[str], a_day: float
) -> int:
    """Say what was counted; 0 if both goals are met."""
    pack = {one for one, unique in ours.items() if unique.startswith(PACK)}
    of_pack = sum(written[one] for one in pack) * a_day
    of_house = sum(written[one] for one in ours) * a_day
    listed = sum(told[one] for one in ours) * a_day
    for one, count in written.most_common(12):
        say(f"{count * a_day:8.0f} rows a day  {one}")
    for one, count in told.most_common(12):
        say(f"{count * a_day:8.0f} lines a day  {one}")
    say(f"{of_pack:.0f} rows a day of the pack, {of_house:.0f} of the house")
    say(f"{listed:.0f} lines of Activity a day of the house")
    return 0 if of_pack <= MOST_ROWS and listed <= MOST_LINES else 1


def main() -> int:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    try:
        with configuration({"config": None}) as folder:
            return asyncio.run(measure(options.minutes, folder))
    except (Trouble, OSError) as err:
        say(str(err))
        return 1


if __name__ == "__main__":
    sys.exit(main())
