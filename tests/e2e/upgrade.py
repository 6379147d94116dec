"""Prove that the statistics of each meter go on over everything that comes before and in an upgrade.

Two batteries and their bank live in the oldest Home Assistant that is supported, then in the newest, on
one folder. In between an entry is loaded anew, Home Assistant is started again, and nobody answers for more than an hour.
Each life begins an hour after the last one ended, by a wall clock that is set ahead for it: the recorder
makes up for the hour then, short-term and long-term. In the end they are read from its database.
"""

import asyncio
from collections.abc import Mapping
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
import shutil
import subprocess
import sys
import time
from typing import Final

from tests.ports import free_port

from .api import Api
from .banks import combine
from .home_assistant import HomeAssistant, unexpected_of_killed
from .peripheral import SCENARIOS, add
from .process import PATIENCE, Trouble, until
from .proof import prove, say, start, verdict
from .recorded import Mark, Truth, judged, read, too_little
from .world_client import WorldProcess

CLOCK: Final = Path(__file__).with_name("later.c")
NO_TOOLS: Final = 77
DOMAIN: Final = "mi_bms"
BATTERIES: Final = ("C8:47:80:00:15:02", "C8:47:80:00:15:03")
BANK: Final = "bank-"  # so its unique id begins
METERS: Final = (
    "energy_charged",
    "energy_discharged",
    "charge_in",
    "charge_out",
    "equivalent_full_cycles",
)
HOUR: Final = 3600.0  # s
SAMPLES: Final = 25.0  # s in which a life reads
SILENT: Final = 10.0  # s


@dataclass
class House:
    """Hold what all lives share, and what flowed by when.

    ``zero`` is what had flowed when a meter began, at least, and ``begun`` when it surely had begun.
    """

    folder: Path
    world: WorldProcess
    port: int
    clock: Path
    ahead: float = 0.0
    zero: Truth = field(default_factory=dict)
    begun: Truth = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)

    async def flowed(self) -> Truth:
        """Return how many kWh have flowed into each energy meter; what flows between two is none of the bank's."""
        holds = await self.world.holds()
        found = {
            f"{one}-{name}": float(holds[one][key]) / 1000
            for one in BATTERIES
            for name, key in zip(METERS, ("energy_in", "energy_out"), strict=False)
        }
        charged, discharged = BATTERIES
        found["bank-energy_charged"] = (
            found[f"{charged}-energy_charged"]
            - found[f"{discharged}-energy_discharged"]
        )
        found["bank-energy_discharged"] = 0.0
        return found

    async def mark(self, counted: Truth | None = None) -> None:
        """Note what has flowed now, and what of it had been counted by now, where that is known."""
        now = time.time() + self.ahead
        flowed = _less(await self.flowed(), self.zero)
        self.marks.append(Mark(now, flowed, counted or {}))

    async def live(self, python: Path | None) -> HomeAssistant:
        """Start the next life."""
        environ = {"LD_PRELOAD": str(self.clock), "CLOCK_AHEAD": f"{self.ahead:.0f}"}
        return await start(
            self.folder, self.world, self.port, python=python, environ=environ
        )

    async def end(self, home: HomeAssistant) -> list[str]:
        """End a life, let an hour pass, and return what the log should not hold."""
        await home.stop()
        await self.world.leap(HOUR)
        self.ahead += HOUR
        await self.mark()
        # The recorder says what it always says when nobody was there for long.
        return [f"log: {one}" for one in unexpected_of_killed(home.log_text())]


def _less(flowed: Truth, zero: Truth) -> Truth:
    """Return what has flowed since."""
    return {name: value - zero[name] for name, value in flowed.items()}


def compiled(folder: Path) -> Path:
    """Return the clock that can be preloaded."""
    made = folder / "later.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-o", str(made), str(CLOCK)],  # noqa: S607
        check=True,
    )
    return made


async def meters(api: Api) -> dict[str, str]:
    """Return the entity ids of all meters by what they count, and the bank by its kind."""
    found = {}
    for one in await api.call("config/entity_registry/list"):
        owner, _, name = one["unique_id"].rpartition("-")
        if one["platform"] == DOMAIN and name in METERS:
            owner = "bank" if owner.startswith(BANK) else owner
            found[f"{owner}-{name}"] = one["entity_id"]
    return found


async def show_all(home: HomeAssistant) -> dict[str, str]:
    """Switch on the meters that are off, load each entry anew, and return all of them."""
    api = home.api
    found = await meters(api)
    for entity_id in found.values():
        await api.call(
            "config/entity_registry/update", entity_id=entity_id, disabled_by=None
        )
    for entry in await api.call("config_entries/get", domain=DOMAIN):
        await api.post(
            f"/api/config/config_entries/entry/{entry['entry_id']}/reload", {}
        )
    return found


async def states(api: Api, names: Mapping[str, str]) -> dict[str, float]:
    """Return what the meters show, those that show something."""
    shown = {one["entity_id"]: one["state"] for one in await api.call("get_states")}
    found = {}
    for name, entity_id in names.items():
        with contextlib.suppress(KeyError, ValueError):
            found[name] = float(shown[entity_id])
    return found


async def begin(house: House, home: HomeAssistant) -> dict[str, str]:
    """Add everything, load it anew, and take what the meters show for their beginning."""
    early = await house.flowed()
    for address in BATTERIES:
        await add(home.api, address, {})
    if problems := await combine(home.api, house.world, say):
        raise Trouble(f"no bank: {problems}")
    names = await show_all(home)

    async def known() -> Truth | None:
        shown = await states(home.api, names)
        return shown if len(shown) == len(names) else None

    shown = await until("the meters", PATIENCE, known, children=(home.child,))
    now = {name: shown[name] for name in early}
    # What was read may be older than what flows, and as old as the beginning.
    house.zero = _less(early, now)
    house.begun = _less(await house.flowed(), now)
    await house.mark(now)
    say(f"{len(names)} meters begin")
    return names


async def caught_up(house: House, home: HomeAssistant, names: dict[str, str]) -> None:
    """Wait until the meters have counted what has flowed."""
    wanted = _less(await house.flowed(), house.begun)

    async def right() -> bool:
        shown = await states(home.api, names)
        return not any(
            name not in shown or too_little(shown[name], value)
            for name, value in wanted.items()
        )

    await until("the meters", PATIENCE, right, children=(home.child,), pause=1.0)
    await house.mark(wanted)


async def live_on(
    house: House,
    python: Path | None,
    names: dict[str, str],
    *,
    silent: float = 0.0,
    samples: float = 0.0,
) -> list[str]:
    """Live on, and return what is wrong; ``silent``: for so many seconds nobody answers at first.

    ``samples`` is for how many seconds batteries are read after what was missed is counted.
    """
    for address in BATTERIES:
        await house.world.fault(address, {"mute": silent > 0})
    home = await house.live(python)
    try:
        await asyncio.sleep(silent)
        for address in BATTERIES:
            await house.world.fault(address, {"mute": False})
        await caught_up(house, home, names)
        await asyncio.sleep(samples)
        await caught_up(house, home, names)
        problems = await complaints(home.api, names)
    finally:
        problems_of_log = await house.end(home)
    say(f"a life is over, {len(house.marks)} moments are known")
    return problems + problems_of_log


async def complaints(api: Api, names: Mapping[str, str]) -> list[str]:
    """Return what Home Assistant itself says against the statistics of the meters."""
    found = await api.call("recorder/validate_statistics")
    issues = (await api.call("repairs/list_issues"))["issues"]
    return [
        *(f"{one}: {found[one]}" for one in names.values() if one in found),
        *(
            f"repair: {one}"
            for one in issues
            if one["domain"] in {"recorder", "sensor", DOMAIN}
        ),
    ]


async def run(folder: Path) -> int:
    """Do all of it; 0 when all is right."""
    oldest = Path(sys.argv[1])
    async with contextlib.AsyncExitStack() as stack:
        world = await WorldProcess.start(SCENARIOS / "upgrade.toml", folder)
        stack.push_async_callback(world.stop)
        clock = await asyncio.to_thread(compiled, folder)
        house = House(folder, world, free_port(), clock)
        home = await house.live(oldest)
        try:
            names = await begin(house, home)
            await asyncio.sleep(SAMPLES)
            await caught_up(house, home, names)
        finally:
            problems = await house.end(home)
        problems += await live_on(house, oldest, names, silent=SILENT)
        before = await asyncio.to_thread(read, folder, names)
        problems += await live_on(house, None, names, samples=SAMPLES)
        # What the newest one recorded becomes statistics at its next start.
        problems += await live_on(house, None, names)
    after = await asyncio.to_thread(read, folder, names)
    for table, rows in before.rows.items():
        if lost := [one for one in rows if one not in after.rows[table]]:
            problems.append(f"{table}: lost or changed: {lost}")
    problems += [
        f"{name}: {unit} became {after.units.get(name)}"
        for name, unit in before.units.items()
        if after.units.get(name) != unit
    ]
    problems += judged(after, house.marks)
    for name in names:
        sums = [
            round(one.total, 3) for one in after.rows["statistics"] if one.meter == name
        ]
        say(f"{name}: {sums}")
    return verdict("upgrade", problems)


if __name__ == "__main__":
    if shutil.which("cc") is None:
        say("a C compiler is needed, for a clock that is set ahead")
        sys.exit(NO_TOOLS)
    sys.exit(prove("upgrade", run))
