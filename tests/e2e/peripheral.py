"""Prove script/peripheral: what it serves over BlueZ is found, added and read by Home Assistant.

All of it is on a private message bus with a fake BlueZ of four adapters. Home Assistant uses the
first one, script/peripheral the others: a battery, which is connected to, an encrypted sensor, which
is heard, and a board that is described in a file, to which the actions talk.
"""

import asyncio
from collections.abc import Mapping
import contextlib
from pathlib import Path
import sys
from typing import Final

from tests.ports import free_port

from .api import Api, Json
from .check import DOMAIN, FLOW_STEPS, TRIES, answers, is_transient, menu_choice
from .home_assistant import ROOT, HomeAssistant, prepare, unexpected
from .process import PATIENCE, Child, Trouble, until
from .proof import prove, say, verdict
from .world_client import WorldProcess, add_adapter

SCENARIOS: Final = Path(__file__).parents[1] / "world" / "scenarios"
BOARD_FILE: Final = SCENARIOS.parent / "boards" / "level.toml"
BOARD: Final = "C4:12:34:0A:00:44"
BATTERY, SENSOR = "A5:C2:37:0A:00:42", "A4:C1:38:0A:00:43"
KEY: Final = "5b0500112233445566778899aabbcc01"
# What default.toml says of both, and how far it may be off.
WANTED: Final[Mapping[str, tuple[str, float, float]]] = {
    "State of charge": (BATTERY, 62, 3),
    "Cycles": (BATTERY, 57, 0),
    "Design capacity": (BATTERY, 100, 0),
    "Voltage": (BATTERY, 13.2, 0.8),
    "Cell 4 voltage": (BATTERY, 3.3, 0.2),
    "Temperature": (SENSOR, 21.5, 6),
    "Humidity": (SENSOR, 47, 20),
}


async def serve(name: str, adapter: str, bus: str, folder: Path) -> Child:
    """Start script/peripheral and wait until it serves."""
    output = folder / f"{adapter}.log"
    child = await Child.start(
        f"script/peripheral {name}",
        [ROOT / "script" / "peripheral", name, "--adapter", adapter],
        output,
        folder=folder,
        environ={"DBUS_SYSTEM_BUS_ADDRESS": bus},
    )

    async def serves() -> bool:
        text = await asyncio.to_thread(output.read_text)
        return "serving" in text

    await until(f"script/peripheral {name}", PATIENCE, serves, children=(child,))
    say((await asyncio.to_thread(output.read_text)).strip().splitlines()[-1])
    return child


async def add(api: Api, address: str, device: Json) -> None:
    """Add a device that was discovered."""

    async def discovered() -> str | None:
        for one in await api.call("config_entries/flow/progress"):
            if one["handler"] == DOMAIN and one["context"]["unique_id"] == address:
                return str(one["flow_id"])
        return None

    flow = await until(f"{address}", PATIENCE, discovered)
    result, tries = await api.look_at_flow(flow), 0
    for _ in range(FLOW_STEPS):
        result = await api.when_done(result)
        tries += bool(result.get("errors"))
        if result["type"] == "create_entry":
            return
        if result["type"] == "menu":
            data: Json = {"next_step_id": menu_choice(result, device)}
        elif result["type"] == "form" and is_transient(result) and tries < TRIES:
            data = answers(result, device)
        else:
            break
        result = await api.answer_flow(flow, data)
    raise Trouble(f"{address} was not added: {result}")


async def shown(api: Api) -> dict[tuple[str, str], str]:
    """Return the states of our entities by address and own name."""
    devices = {
        one["id"]: value
        for one in await api.call("config/device_registry/list")
        for kind, value in one["connections"]
        if kind == "bluetooth"
    }
    states = {one["entity_id"]: one for one in await api.call("get_states")}
    found = {}
    for one in await api.call("config/entity_registry/list"):
        state = states.get(one["entity_id"])
        if one["platform"] == DOMAIN and state is not None:
            name = one["original_name"] or ""
            found[devices.get(one["device_id"], ""), name] = state["state"]
    return found


def wrong(values: Mapping[tuple[str, str], str]) -> list[str]:
    """Name what is not as it was served."""
    problems = []
    for name, (address, value, room) in WANTED.items():
        state = values.get((address, name), "missing")
        try:
            right = abs(float(state) - value) <= room
        except ValueError:
            right = False
        if not right:
            problems.append(f"{address} {name}: {state}, served {value}")
    return problems


async def board(api: Api) -> list[str]:
    """Talk to the board and name what it did not do as its file says."""
    steps: list[Json] = [
        {"do": "read", "characteristic": "fff3"},
        {
            "do": "notify",
            "characteristic": "fff2",
            "write_to": "fff1",
            "data": "dd a5 03",
            "count": 2,
        },
        {"do": "notify", "characteristic": "fff3", "count": 2},
    ]

    async def talked() -> Json | None:
        try:
            answer = await api.call(
                "call_service",
                domain=DOMAIN,
                service="talk",
                service_data={"address": BOARD, "steps": steps},
                return_response=True,
            )
        except Trouble as err:
            say(f"board: {err}")
            return None
        return dict(answer["response"])

    told = await until("the board", PATIENCE, talked)
    value, answers, spoken = told["steps"]
    say(f"{BOARD} {value['text']}, {answers['messages']}, {spoken['messages']}")
    said = [one["data"] for one in answers["messages"]]
    return [
        problem
        for right, problem in (
            (value["text"] == "full", f"board: value {value}"),
            (said == ["dd030064", "77"], f"board: answers {said}"),
            (len(spoken["messages"]) == 2, f"board: spoke {spoken}"),
        )
        if not right
    ]


async def run(folder: Path) -> int:
    """Do all of it; 0 when all is right."""
    prepare(folder, port := free_port())
    async with contextlib.AsyncExitStack() as stack:
        world = await WorldProcess.start(SCENARIOS / "served.toml", folder)
        stack.push_async_callback(world.stop)
        if world.bus is None:
            raise Trouble("the world has no message bus")
        home = await HomeAssistant.start(folder, port, world.bus)
        stack.push_async_callback(home.stop)
        for name, adapter in (
            ("JBD", "hci1"),
            ("LYWSD03MMC", "hci2"),
            (str(BOARD_FILE), "hci3"),
        ):
            child = await serve(name, adapter, world.bus, folder)
            stack.push_async_callback(child.stop)
        await home.ready()
        await add_adapter(home.api, "hci0")
        await add(home.api, BATTERY, {})
        await add(home.api, SENSOR, {"key": KEY})
        say("both are added")

        async def right() -> bool:
            return not wrong(await shown(home.api))

        with contextlib.suppress(Trouble):
            await until("values", PATIENCE, right, children=(home.child, world.child))
        values = await shown(home.api)
        problems = (
            await board(home.api)
            + wrong(values)
            + [f"log: {one}" for one in unexpected(home.log_text())]
        )
        for name, (address, *_) in WANTED.items():
            say(f"{address} {name:<20} {values.get((address, name))}")
        return verdict("peripheral", problems)


if __name__ == "__main__":
    sys.exit(prove("peripheral", run))
