"""Thirty products through Home Assistant: what their entities are, show, and do not take from a stranger."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
import json
from pathlib import Path
import random
from typing import Any, Final, override

import pytest

from homeassistant.helpers import entity_registry as er
from tests.world import ad
from tests.world.peripheral import Peripheral

from ..home import Home
from .forger import mi_clear

MADE: Final[Mapping[str, list[dict[str, Any]]]] = {
    product: list(vectors)
    for product, vectors in groupby(
        json.loads(
            (
                Path(__file__).parents[2] / "fixtures" / "products" / "made.json"
            ).read_text()
        ),
        lambda one: one["product_id"],
    )
}
CHOSEN: Final = sorted(random.Random(30).sample(sorted(MADE), 30))
SEALED: Final = [
    one
    for one in CHOSEN
    if len(MADE[one][0]["bindkey"] or "") == 32 and len(MADE[one]) > 1
][:10]

# Device class and unit, from the published list of what the objects mean.
KINDS: Final[Mapping[str, tuple[str | None, str | None]]] = {
    "temperature": ("temperature", "°C"),
    "humidity": ("humidity", "%"),
    "battery": ("battery", "%"),
    "illuminance": ("illuminance", "lx"),
    "formaldehyde": (None, "mg/m³"),
    "weight": ("weight", "kg"),
    "duration_detected": ("duration", "min"),
    "duration_cleared": ("duration", "min"),
    "idle_time": ("duration", "s"),
    "charging_state": ("enum", None),
    "kettle_state": ("enum", None),
    "power": ("power", None),
    "motion": ("motion", None),
    "occupancy": ("occupancy", None),
    "bed_occupancy": ("occupancy", None),
    "moisture_detected": ("moisture", None),
    "battery_low": ("battery", None),
    "door": ("door", None),
    "door_stuck": ("problem", None),
    "door_left_open": ("problem", None),
    "pry_the_door": ("tamper", None),
    "lock": ("lock", None),
}
PRESSES: Final = {
    "press": "press_end",
    "double_press": "multi_press_end",
    "long_press": "long_press_end",
}


@dataclass
class Player(Peripheral):
    """Send recorded frames, one after the other when told."""

    frame: bytes = b""

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        return ad.flags() + ad.service_data16(0xFE95, self.frame), b""


async def added(home: Home, product: str) -> Player:
    first = MADE[product][0]
    device = Player(first["address"], frame=bytes.fromhex(first["service_data"]))
    home.air.add(device)
    await home.add(device, {"key": first["bindkey"]} if first["bindkey"] else {})
    await home.listen(device, 1)
    return device


async def send(home: Home, device: Player, frame: bytes) -> None:
    device.frame = frame
    await home.listen(device, 2)


def shown(home: Home, device: Player, name: str) -> Any:
    """Give what an entity shows, in the terms of the fixtures; None if it is off at first."""
    entity_id = home.entity_id(device, name)
    assert entity_id, name
    if (entry := er.async_get(home.hass).async_get(entity_id)) and entry.disabled:
        return None
    state = home.state(device, name)
    expected, unit = KINDS.get(name, (None, None))
    assert state.attributes.get("device_class") == expected, name
    assert state.attributes.get("unit_of_measurement") == unit, name
    assert state.name.split(" 3456 ")[1][0].isupper()
    if state.domain == "binary_sensor":
        return {"on": True, "off": False}[state.state]
    try:
        return pytest.approx(float(state.state), abs=0.05)
    except ValueError:
        return state.state


@pytest.mark.parametrize("product", CHOSEN)
async def test_product_shows_what_it_says(home: Home, product: str) -> None:
    device = await added(home, product)
    for number, vector in enumerate(MADE[product]):
        if number:
            await send(home, device, bytes.fromhex(vector["service_data"]))
        for name, value in vector["expect"].items():
            assert (told := shown(home, device, name)) is None or value == told, name
        # What was pressed before the device was added is past.
        for event in vector["events"] if number else ():
            state = home.state(device, f"event_{event['key']}")
            kind = event["type"]
            assert state.attributes["event_type"] in {kind, PRESSES.get(kind)}


@pytest.mark.parametrize("product", SEALED)
async def test_product_takes_nothing_from_a_stranger(home: Home, product: str) -> None:
    device = await added(home, product)
    for vector in MADE[product]:
        await send(home, device, bytes.fromhex(vector["service_data"]))
    await home.clock.run(15)  # what ends by itself has ended

    def everything() -> dict[str, Any]:
        return {
            state.entity_id: state.state
            for state in home.hass.states.async_all(
                ("sensor", "binary_sensor", "event")
            )
            if not state.entity_id.endswith(("_signal_strength", "_last_seen", "_key"))
        }

    before = everything()
    old = bytes.fromhex(MADE[product][0]["service_data"])
    broken = old[:4] + bytes((old[4] ^ 0x55,)) + old[5:]
    clear = mi_clear(
        device.address, int(product, 16), b"\x0a\x10\x01\x2a\x19\x10\x01\x00", 99
    )[1]
    for forged in (old, clear, broken, old, clear):
        await send(home, device, forged)
    assert everything() == before


@pytest.mark.parametrize("product", SEALED[:3])
async def test_product_refuses_another_key(home: Home, product: str) -> None:
    first = MADE[product][0]
    device = Player(first["address"], frame=bytes.fromhex(first["service_data"]))
    form = await home.ask_key(device)
    answer = await home.answer(form, {"key": "0f" * 16})
    assert answer["type"] == "form"
    assert answer["errors"]
