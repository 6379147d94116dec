"""Prove that meters outlive the death of Home Assistant: nothing is lost, doubled or smaller than before.

A battery is charged steadily and read through a proxy. Home Assistant is killed (SIGKILL) again and
again and started anew on the same folder; in the end states and statistics are read from its database.
"""

import asyncio
import contextlib
from itertools import pairwise
import os
from pathlib import Path
import shutil
import signal
import sqlite3
import sys
import tempfile
from typing import Final

from tests.ports import free_port

from .home_assistant import HomeAssistant, unexpected_of_killed
from .peripheral import SCENARIOS, add, shown
from .process import PATIENCE, Trouble, until
from .proof import prove, say, start, verdict
from .recorded import too_little
from .world_client import WorldProcess

ADDRESS: Final = "C8:47:80:00:15:01"
NAME: Final = "Energy charged"
KILLS: Final = 3
LIVES: Final = 95.0  # s; longer than what is not yet written down


async def meter(home: HomeAssistant) -> float | None:
    """Return what is shown, None while nothing is."""
    state = (await shown(home.api)).get((ADDRESS, NAME), "")
    with contextlib.suppress(ValueError):
        return float(state)
    return None


async def known(home: HomeAssistant) -> float:
    """Wait for the first state; return it."""

    async def told() -> str | None:
        value = await meter(home)
        return None if value is None else str(value)

    return float(await until("the meter", PATIENCE, told, children=(home.child,)))


async def counted_up_to(home: HomeAssistant, total: float) -> None:
    """Wait until the meter has counted what had flowed, so that what it lacks is lost and not late."""

    async def counted() -> bool:
        value = await meter(home)
        return value is not None and not too_little(value, total)

    with contextlib.suppress(Trouble):
        await until("the count", PATIENCE, counted, children=(home.child,))


async def truth(world: WorldProcess) -> float:
    """Return how many kWh went into the battery until now."""
    return float((await world.holds())[ADDRESS]["energy_in"]) / 1000


async def kill(home: HomeAssistant) -> None:
    """Give it no chance to write anything."""
    await home.api.close()
    os.killpg(home.child.process.pid, signal.SIGKILL)
    await home.child.process.wait()


def recorded(folder: Path) -> tuple[list[float], list[float]]:
    """Return states and sums of the meter in the database, the oldest first."""
    with contextlib.closing(sqlite3.connect(folder / "home-assistant_v2.db")) as base:
        name = f"sensor.%{NAME.lower().replace(' ', '_')}"
        states = base.execute(
            "SELECT s.state FROM states s JOIN states_meta m USING (metadata_id)"
            " WHERE m.entity_id LIKE ? ORDER BY s.last_updated_ts",
            (name,),
        ).fetchall()
        sums = base.execute(
            "SELECT s.sum FROM statistics_short_term s JOIN statistics_meta m ON m.id = s.metadata_id"
            " WHERE m.statistic_id LIKE ? ORDER BY s.start_ts",
            (name,),
        ).fetchall()
    numbers = []
    for (state,) in states:
        with contextlib.suppress(TypeError, ValueError):
            numbers.append(float(state))
    return numbers, [float(one) for (one,) in sums if one is not None]


def left(folder: Path) -> float:
    """Return the last state that a kill has left on the disk; the files are looked at as copies."""
    with tempfile.TemporaryDirectory() as copies:
        for file in folder.glob("home-assistant_v2.db*"):
            shutil.copy(file, copies)
        states, _ = recorded(Path(copies))
    return states[-1]


def falls(values: list[float]) -> int:
    """Count how often values fall."""
    return sum(new < old for old, new in pairwise(values))


async def run(folder: Path) -> int:
    """Do all of it; 0 when all is right."""
    problems: list[str] = []
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        world = await WorldProcess.start(SCENARIOS / "meters.toml", folder)
        stack.push_async_callback(world.stop)
        home = await start(folder, world, port)
        try:
            earliest = await truth(world)
            await add(home.api, ADDRESS, {})
            first = await known(home)
            latest = await truth(world)
            for number in range(KILLS):
                await asyncio.sleep(LIVES)
                shown = await known(home)
                await kill(home)
                # What was shown for a moment, and is not on the disk, nobody counts on.
                before = await asyncio.to_thread(left, folder)
                home = await start(folder, world, port)
                after = await known(home)
                say(
                    f"kill {number + 1}: {shown:.3f} kWh shown, {before:.3f} recorded, {after:.3f} after the start"
                )
                if after < before:
                    problems.append(f"fell from {before} to {after}")
            await asyncio.sleep(LIVES)
            least = await truth(world) - latest
            await counted_up_to(home, first + least)
            found = unexpected_of_killed(home.log_text())
            problems += [f"log: {one}" for one in found]
        finally:
            await home.stop()
        most = await truth(world) - earliest
    states, sums = recorded(folder)
    counted = states[-1] - first
    say(
        f"truth {least:.3f} to {most:.3f} kWh, counted {counted:.3f}, {len(states)} states, sums {sums}"
    )
    if falls(states) or falls(sums):
        problems.append(f"states or sums fall: {states}, {sums}")
    if too_little(counted, least) or counted > most:
        problems.append(f"{counted} counted of {least} to {most}")
    return verdict("meters", problems)


if __name__ == "__main__":
    sys.exit(prove("meters", run))
