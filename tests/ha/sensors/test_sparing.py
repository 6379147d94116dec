"""Small moves of a restless number wait a moment: what the database is spared, and what nobody loses."""

from collections import Counter
from random import Random
from typing import Any

import pytest

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event
from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..home import Home

ADDRESS = "58:2D:34:00:05:77"
MOMENT = 61
AT_ONCE = 5  # small moves after a quiet time


def thermometer() -> Beacon:
    air = {"kind": "s16", "scale": 0.1}
    return KINDS["MIBEACON"](
        address=ADDRESS,
        product=0x01AA,
        objects=[
            air | {"id": 0x1004, "field": "temperature", "start": 20.0},
            air | {"id": 0x1006, "field": "humidity", "start": 50.0},
        ],
    )


async def added(home: Home, device: Beacon, **options: Any) -> None:
    entry = await home.add(device)
    await home.listen(device, 6)
    if options:
        await home.set_options(await home.options(entry), options)


async def restless(home: Home, device: Beacon) -> None:
    """Let the temperature move so often that the next small move waits; it ends where it began."""
    for number in range(1, AT_ONCE + 1):
        value = 20.0 + 0.1 * (number % 2)
        assert await says(home, device, "temperature", value) == value
    assert await says(home, device, "temperature", 20.0) == 20.1
    # The sensor may be silent then.
    await home.clock.run(MOMENT)
    assert shown(home, device, "temperature") == 20.0


async def says(home: Home, device: Beacon, field: str, value: float) -> float:
    """Have a sensor say a value twice; return what is shown."""
    device.put(field, value)
    await home.listen(device, 2)
    return shown(home, device, field)


def shown(home: Home, device: Beacon, field: str) -> float:
    return float(home.value(device, field))


async def test_a_small_move_shows_at_once_unless_there_were_many(home: Home) -> None:
    device = thermometer()
    await added(home, device)
    await restless(home, device)
    assert await says(home, device, "temperature", 20.1) == 20.0
    await home.clock.run(MOMENT)
    assert shown(home, device, "temperature") == 20.1
    # Each number has moments of its own, and a quiet time gives them back.
    assert await says(home, device, "humidity", 50.9) == 50.9
    device.put("temperature", 20.0)
    await home.listen(device, AT_ONCE + 1, every=MOMENT)
    await restless(home, device)


async def test_a_larger_move_shows_at_once(home: Home) -> None:
    """Also one that is made of small ones."""
    device = thermometer()
    await added(home, device)
    await restless(home, device)
    assert await says(home, device, "temperature", 20.1) == 20.0
    assert await says(home, device, "temperature", 20.2) == 20.2
    assert await says(home, device, "temperature", 20.0) == 20.0


async def test_whoever_asks_the_integration_is_told_the_newest(home: Home) -> None:
    device = thermometer()
    await added(home, device)
    await restless(home, device)
    assert await says(home, device, "temperature", 20.1) == 20.0
    found = await home.clock.wait(
        home.hass.services.async_call(
            "mi_bms", "devices", {}, blocking=True, return_response=True
        )
    )
    assert found["devices"][0]["values"]["temperature"] == 20.1


async def test_every_change_is_shown_to_who_wants_it(home: Home) -> None:
    device = thermometer()
    await added(home, device, every_change=True)
    for number in range(1, 3 * AT_ONCE):
        value = 20.0 + 0.1 * (number % 2)
        assert await says(home, device, "temperature", value) == value


async def test_what_waits_is_shown_when_the_entry_is_loaded_anew(home: Home) -> None:
    device = thermometer()
    await added(home, device)
    await restless(home, device)
    assert await says(home, device, "temperature", 20.1) == 20.0
    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    # A timer that were left would fail the test by itself.
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.settle()
    assert shown(home, device, "temperature") == 20.1


async def test_restless_air_costs_a_row_a_minute(home: Home) -> None:
    device = thermometer()
    await added(home, device)
    registry = er.async_get(home.hass)
    dew_point = home.entity_id(device, "derived_dew_point")
    assert dew_point
    registry.async_update_entity(dew_point, disabled_by=None)
    await home.clock.run(40)  # Home Assistant reloads the entry by itself
    rows: dict[str, int] = {}

    def count(event: Event[Any]) -> None:
        name = event.data["entity_id"]
        rows[name] = rows.get(name, 0) + 1

    home.hass.bus.async_listen(EVENT_STATE_CHANGED, count)
    chance = Random(5)
    for _ in range(120):  # ten minutes
        device.put("humidity", round(50 + chance.uniform(-0.4, 0.4), 1))
        await home.listen(device, 1, every=5)
    humidity = home.entity_id(device, "humidity")
    assert set(rows) == {humidity, dew_point}
    assert 1 <= rows[humidity or ""] <= 11 + AT_ONCE
    # It moves by more than its step now and then.
    assert rows[dew_point] <= 30


async def test_a_plant_in_the_sun_costs_a_row_a_minute(home: Home) -> None:
    """Light and soil are never quite the same twice; a cloud shows at once."""
    device = KINDS["HHCCJCY01"](address=ADDRESS)
    device.step = lambda _seconds: None
    await added(home, device)
    rows: Counter[str] = Counter()

    def count(event: Event[Any]) -> None:
        rows[event.data["entity_id"]] += 1

    chance = Random(5)
    home.hass.bus.async_listen(EVENT_STATE_CHANGED, count)
    for _ in range(120):  # ten minutes
        device.put("illuminance", round(40_000 * (1 + chance.uniform(-0.02, 0.02))))
        device.put("conductivity", round(400 + chance.uniform(-8, 8)))
        device.put("moisture", round(30 + chance.uniform(-0.6, 0.6)))
        await home.listen(device, 1, every=5)
    for field in ("illuminance", "conductivity", "moisture"):
        assert 1 <= rows[home.entity_id(device, field) or ""] <= 11 + AT_ONCE, rows
    device.put("illuminance", 20_000)
    await home.listen(device, 8)  # it says one value after the other
    assert shown(home, device, "illuminance") == pytest.approx(20_000, rel=0.01)
