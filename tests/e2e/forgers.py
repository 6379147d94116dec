"""Prove that a restart makes nobody credulous: what was recorded and what is forged shows and fires nothing.

Two sensors that encrypt are heard through a proxy until their keys are proven. Home Assistant is then
stopped and started again: as it is, without the cache of states, and with a damaged one. Each time a
stranger is there first, with all that was recorded and with frames in the clear.
"""

import asyncio
import contextlib
import json
from pathlib import Path
import struct
import sys
from typing import Final

from tests.ha.sensors.forger import KEY, Frame, mi_clear, mi_sealed, obj, other_formats
from tests.ports import free_port
from tests.world import ad

from .home_assistant import HomeAssistant, unexpected
from .peripheral import SCENARIOS, add, shown
from .process import PATIENCE, until
from .proof import prove, say, start, verdict
from .world_client import WorldProcess

REMOTE, WARMTH = "54:EF:44:0D:00:49", "A4:C1:38:0D:05:5B"
PRESS: Final = "Button left"
TEMPERATURE: Final = "Temperature"
PAUSE: Final = 0.15  # s between two adverts

type Shown = dict[tuple[str, str], str]


class Stage:
    """Hold the world, and count for the sensors."""

    def __init__(self, world: WorldProcess) -> None:
        """Begin far above zero."""
        self.world = world
        self.count = 70_000
        self.recorded: list[tuple[str, Frame]] = []

    async def hear(self, address: str, frame: Frame) -> None:
        """Let one frame be heard."""
        await self.world.say(address, ad.flags() + ad.service_data16(*frame))
        await asyncio.sleep(PAUSE)

    async def genuine(self, address: str, objects: bytes) -> None:
        """Let a sensor say something."""
        self.count += 1
        product, control = (0x1949, 0x5948) if address == REMOTE else (0x055B, 0x5958)
        frame = mi_sealed(address, product, objects, self.count, control=control)
        self.recorded.append((address, frame))
        await self.hear(address, frame)

    async def lives(self, rounds: int, warmth: int) -> None:
        """Let both speak."""
        for one in range(rounds):
            await self.genuine(REMOTE, obj(0x4E0C, "01"))
            # Last: when it is shown, the press before it has been heard.
            tenths = struct.pack("<h", warmth + one).hex()
            await self.genuine(WARMTH, obj(0x1004, tenths))

    async def strangers(self) -> None:
        """Play everything again, and forge."""
        for address, frame in self.recorded:
            await self.hear(address, frame)
        for count in range(6):
            await self.hear(
                WARMTH, mi_clear(WARMTH, 0x055B, obj(0x1004, "5802"), count)
            )
            await self.hear(REMOTE, mi_clear(REMOTE, 0x1949, obj(0x4E0C, "01"), count))
        for frame in [*other_formats(WARMTH)][::9]:
            await self.hear(WARMTH, frame)
        # Home Assistant keeps the newest advert of each device over a restart: it is to be an old one.
        for address, frame in [*self.recorded[-8:], *self.recorded[:2]]:
            await self.hear(address, frame)


def ours(values: Shown) -> Shown:
    """Return what a stranger must not change."""
    return {
        one: value
        for one, value in values.items()
        if one[0] in {REMOTE, WARMTH}
        and not one[1].startswith(("Last seen", "Signal", "Lost", "Key"))
    }


def changed(before: Shown, after: Shown) -> list[str]:
    """Name what is another thing than before; a value that is not known is none."""
    return [
        f"{one}: {value}, was {before.get(one)}"
        for one, value in after.items()
        if value not in {before.get(one), "unavailable", "unknown"}
    ]


def nothing(_state: Path) -> None:
    """Leave the cache of states as it is."""


def gone(state: Path) -> None:
    """Delete it."""
    state.unlink()


def damaged(state: Path) -> None:
    """Spoil the records of both."""
    kept = json.loads(state.read_text(encoding="utf-8"))
    kept["data"][REMOTE]["trust"] = ["x"]
    kept["data"][WARMTH] = 5
    state.write_text(json.dumps(kept), encoding="utf-8")


async def is_shown(home: HomeAssistant, warmth: int) -> Shown:
    """Wait until the temperature is the newest one; return all states."""

    async def newest() -> bool:
        found = (await shown(home.api)).get((WARMTH, TEMPERATURE))
        return found == str(warmth / 10)

    await until("the newest value", PATIENCE, newest, children=(home.child,))
    return ours(await shown(home.api))


async def run(folder: Path) -> int:
    """Do all of it; 0 when all is right."""
    problems: list[str] = []
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        world = await WorldProcess.start(SCENARIOS / "forgers.toml", folder)
        stack.push_async_callback(world.stop)
        stage = Stage(world)
        home = await start(folder, world, port)
        try:
            await stage.lives(5, 200)
            for address in (WARMTH, REMOTE):
                await add(home.api, address, {"key": KEY.hex()})
            await stage.lives(20, 210)
            before = await is_shown(home, 229)
            say(f"proven: {before}")
            for number, spoil in enumerate((nothing, gone, damaged)):
                problems += [f"log: {one}" for one in unexpected(home.log_text())]
                await home.stop()
                spoil(folder / ".storage" / "mi_bms.state")
                home = await start(folder, world, port)
                # Their recordings are ours, too.
                await stage.strangers()
                wrong = changed(before, ours(await shown(home.api)))
                say(f"{spoil.__name__}: {len(wrong)} of a stranger's adverts shown")
                problems += [f"{spoil.__name__}: {one}" for one in wrong]
                warmth = 250 + 20 * number
                await stage.lives(2, warmth)
                after = await is_shown(home, warmth + 1)
                if after.get((REMOTE, PRESS)) == before.get((REMOTE, PRESS)):
                    problems.append(f"{spoil.__name__}: a press did not fire")
                await stage.strangers()
                wrong = changed(after, ours(await shown(home.api)))
                problems += [f"{spoil.__name__}, later: {one}" for one in wrong]
                before = after
        finally:
            await home.stop()
    return verdict("forgers", problems)


if __name__ == "__main__":
    sys.exit(prove("forgers", run))
