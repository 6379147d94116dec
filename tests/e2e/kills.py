"""Prove that a key that was accepted or made is there whenever Home Assistant dies.

Home Assistant is killed (SIGKILL) again and again: while pasted keys are answered and just after, and in
each stage of a pairing. Its file of keys is looked at as the kill left it, and again after the next start.
"""

import asyncio
from collections.abc import Awaitable, Callable
import contextlib
import json
from pathlib import Path
import sys
from typing import Final

from tests.ports import free_port

from .api import Json
from .home_assistant import HomeAssistant, unexpected_of_killed
from .meters import kill
from .process import PATIENCE, Trouble, until
from .proof import prove, say, start, verdict
from .world_client import WorldProcess

DOMAIN: Final = "mi_bms"
SCENARIO: Final = Path(__file__).parents[1] / "world" / "scenarios" / "keys.toml"
SENSOR: Final = "A4:C1:38:02:05:5B"
# s from the answer that the keys are taken, or (with a minus) from the question, to the kill.
PASTED: Final = (0.0, 0.02, 0.2, 0.9, 1.5, -0.005, -0.02, -0.05)
# The stages of a pairing in which the kill comes, and the form at its end.
STAGES: Final = (
    "pair_connecting",
    "pair_reading_id",
    "pair_exchanging_keys",
    "pair_sending_confirmation",
    "pair_registering",
    "pair_checking_login",
    "pair_done",
)
PAIRING: Final[dict[str, Json]] = {
    "user": {"next_step_id": "pair"},
    "pair_choose": {"next_step_id": f"pair_{SENSOR.replace(':', '').lower()}"},
    "pair_prepare": {"accept": True, "instant": False},
}


def pasted(number: int) -> tuple[dict[str, str], list[str]]:
    """Return keys by address, of sensors that are not there, and some of which nobody knows whose they are."""
    keys = [f"{number + 16:02x}{one:02x}" * 8 for one in range(20)]
    owned = {
        f"A4:C1:38:7{number:X}:00:{one:02X}": key for one, key in enumerate(keys[:2])
    }
    return owned, keys[2:]


async def offer(
    home: HomeAssistant, owned: dict[str, str], loose: list[str]
) -> tuple[str, Json]:
    """Paste keys; return the flow and the answer that takes all of them."""
    api = home.api
    flow = (await api.start_flow(DOMAIN))["flow_id"]
    form: Json = await api.answer_flow(flow, {"next_step_id": "keys"})
    if form["type"] == "menu":
        await api.answer_flow(flow, {"next_step_id": "import_keys"})
    lines = [*(f"{address} {key}" for address, key in owned.items()), *loose]
    text = "\n".join(lines)
    form = await api.answer_flow(flow, {"text": text})
    if form.get("step_id") != "import_pick":
        raise Trouble(f"no keys were found: {form}")
    return flow, {"take": [*owned]}


async def paste(home: HomeAssistant, number: int, after: float) -> set[str]:
    """Paste keys and kill Home Assistant; return those that it said it has taken."""
    owned, loose = pasted(number)
    flow, answer = await offer(home, owned, loose)
    asked = asyncio.ensure_future(home.api.answer_flow(flow, answer))
    if after >= 0:
        await asked
    await asyncio.sleep(abs(after))
    accepted = asked.done()
    await kill(home)
    with contextlib.suppress(Exception):
        await asked
    return {*owned.values(), *loose} if accepted else set()


async def pair(home: HomeAssistant, stage: str) -> None:
    """Give the sensor a key, up to a stage or past it, and kill Home Assistant."""
    api = home.api
    result = await api.start_flow(DOMAIN)
    flow = result["flow_id"]
    far = {*STAGES[STAGES.index(stage) :]}

    async def there() -> bool:
        nonlocal flow, result
        if answer := PAIRING.get(result.get("step_id", "")):
            result = await api.answer_flow(flow, answer)
        elif result["type"] in {"progress", "progress_done"}:
            result = await api.look_at_flow(flow)
        else:
            # The sensor waits for some seconds only, which may be too few for a slow machine.
            await api.close_flow(flow)
            result = await api.start_flow(DOMAIN)
            flow = result["flow_id"]
        return not far.isdisjoint(
            {result.get("step_id"), result.get("progress_action")}
        )

    await until(stage, PATIENCE, there, children=(home.child,))
    await kill(home)


def kept(folder: Path) -> str:
    """Return the file of keys; raise ``ValueError`` if it is not whole."""
    text = (folder / ".storage" / f"{DOMAIN}.keys").read_text(encoding="utf-8")
    json.loads(text)
    return text


async def run(folder: Path) -> int:
    """Do all of it; 0 when all is right."""
    problems: list[str] = []
    wanted: set[str] = set()
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        world = await WorldProcess.start(SCENARIO, folder)
        stack.push_async_callback(world.stop)

        async def made() -> set[str]:
            key = (await world.holds())[SENSOR]["key"]
            return {key} if key else set()

        ways: list[tuple[str, Callable[[HomeAssistant], Awaitable[set[str]]]]] = []
        for number, after in enumerate(PASTED):
            name = (
                f"{after} s after the answer"
                if after >= 0
                else f"{-after} s after the question"
            )
            ways.append((name, lambda home, one=number, s=after: paste(home, one, s)))
        for stage in STAGES:

            async def paired(home: HomeAssistant, stage: str = stage) -> set[str]:
                await pair(home, stage)
                return await made()

            ways.append((stage, paired))
        home = await start(folder, world, port)
        try:
            for name, way in ways:
                wanted |= await way(home)
                left = kept(folder)
                lost = sum(key not in left for key in wanted)
                home = await start(folder, world, port)
                after = sum(key not in kept(folder) for key in wanted)
                say(
                    f"kill {name}: {len(wanted)} keys, {lost} lost, {after} after the start"
                )
                if lost or after:
                    problems.append(f"{name}: {lost} and {after} keys are lost")
                found = unexpected_of_killed(home.log_text())
                problems += [f"log: {one}" for one in found]
        finally:
            await home.stop()
    return verdict("kills", problems)


if __name__ == "__main__":
    sys.exit(prove("kills", run))
