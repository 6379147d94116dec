"""Combine batteries as a person does, and compare each bank with what its batteries really do."""

from collections.abc import Callable, Mapping
import contextlib
import time
from typing import Final

from .api import Api, Json
from .process import PATIENCE, Trouble, until
from .world_client import WorldProcess

DOMAIN: Final = "mi_bms"
# How far a value may be from the truth: state of charge in %, A, V.
NEAR: Final = {"battery_level": 1.5, "current": 0.3, "voltage": 0.3}


async def combine(
    api: Api, world: WorldProcess, say: Callable[[str], None]
) -> list[str]:
    """Make the banks of a scenario, replace a battery where one is to be, return what is wrong."""
    problems: list[str] = []
    for name, rows in _banks(await world.truth(time.time())).items():
        first = [one for one, bank in rows.items() if not bank.get("successor")]
        later = [one for one, bank in rows.items() if bank.get("successor")]
        bank = next(iter(rows.values()))
        flow = await api.start_flow(DOMAIN)
        form = await api.answer_flow(flow["flow_id"], {"next_step_id": "bank"})
        made = await _fill_in(api, form, name, bank, first)
        entry_id = made["result"]["entry_id"]
        say(f"{name} is a bank of {len(first)}")
        problems += await _compare(api, world, entry_id, name, bank, first)
        if later:
            again = await api.post(
                "/api/config/config_entries/flow",
                {"handler": DOMAIN, "entry_id": entry_id},
            )
            await _fill_in(api, again, name, bank, [*later, *first[1:]])
            problems += await _compare(
                api, world, entry_id, name, bank, [*later, *first[1:]]
            )
            say(f"{name} has another battery")
    return problems


def _banks(truth: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """Return the banks by name: what each member says of its bank, by address."""
    found: dict[str, dict[str, Json]] = {}
    for address, device in truth.items():
        if bank := device.get("bank"):
            found.setdefault(bank["name"], {})[address] = bank
    return found


async def _fill_in(
    api: Api, form: Json, name: str, bank: Json, members: list[str]
) -> Json:
    answer = {
        "name": name,
        "members": members,
        "wiring": bank["wiring"],
        "string_length": bank.get("length", 1),
    }
    result = await api.answer_flow(form["flow_id"], answer)
    if result.get("step_id") == "bank_doubt":
        result = await api.answer_flow(form["flow_id"], {})
    return result


async def _compare(
    api: Api,
    world: WorldProcess,
    entry_id: str,
    name: str,
    bank: Json,
    members: list[str],
) -> list[str]:
    """Return what a bank shows wrong for too long."""
    wrong = {"nothing": "was shown"}

    async def right() -> bool:
        nonlocal wrong
        truth = await world.truth(time.time())
        rows = [truth[one]["truth"] for one in members]
        wanted = expected(bank, rows)
        shown = await _shown(api, entry_id)
        wrong = {
            key: f"{shown.get(key)} instead of {value:.2f}"
            for key, value in wanted.items()
            if not _near(key, shown.get(key), value)
        }
        return not wrong

    with contextlib.suppress(Trouble):
        await until(f"what {name} shows", PATIENCE, right, pause=2.0)
    return [f"{name}: {key} is {what}" for key, what in wrong.items()]


def expected(bank: Json, rows: list[Json]) -> dict[str, float]:
    """Return what a bank has to show, worked out here once more from the truth of its batteries."""
    length = {"parallel": 1, "series": len(rows)}.get(
        bank["wiring"], bank.get("length")
    )
    strings = [rows[at : at + length] for at in range(0, len(rows), length)]
    left = [min(one["cycle_charge"] for one in row) for row in strings]
    room = [
        min(one["design_capacity"] - one["cycle_charge"] for one in row)
        for row in strings
    ]
    volts = [sum(one["voltage"] for one in row) for row in strings]
    amps = [sum(one["current"] for one in row) / len(row) for row in strings]
    return {
        "current": sum(amps),
        "voltage": sum(volts) / len(volts),
        "battery_level": 100 * sum(left) / (sum(left) + sum(room))
        if len(rows) > 1
        else rows[0]["battery_level"],
        "batteries_read": len(rows),
    }


async def _shown(api: Api, entry_id: str) -> dict[str, str]:
    states = {one["entity_id"]: one["state"] for one in await api.call("get_states")}
    return {
        one["unique_id"].partition("-")[2].partition("-")[2]: states[one["entity_id"]]
        for one in await api.call("config/entity_registry/list")
        if one["config_entry_id"] == entry_id and one["entity_id"] in states
    }


def _near(key: str, shown: str | None, value: float) -> bool:
    try:
        return abs(float(shown or "") - value) <= NEAR.get(key, 0)
    except ValueError:
        return False
