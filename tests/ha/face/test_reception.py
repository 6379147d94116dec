"""What cards are told of how well sensors are heard."""

import json
import re
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.helpers import area_registry as ar, device_registry as dr
from tests.world.devices import KINDS

from ..air import Air
from ..home import Home
from .conftest import Open, Page

SENSOR = "A4:C1:38:00:0F:01"


async def reception(page: Page) -> dict[str, Any]:
    """Ask how sensors are heard; return the first answer."""
    await page.client.send_json_auto_id({"type": "mi_bms/reception/subscribe"})
    assert (await page.client.receive_json())["success"]
    told: dict[str, Any] = (await page.client.receive_json())["event"]
    return told


async def test_hours_and_receivers(home: Home, look: Open) -> None:
    other = Air(home.hass, source="AA:BB:CC:00:00:98")
    device = KINDS["ATC1441"](address=SENSOR)
    await home.add(device)
    other.add(device)
    other.rssi[SENSOR] = -40
    for _ in range(5):
        other.shout(device)
        await home.clock.run(1)
    page = await look("user")
    told = await reception(page)
    (sensor,) = told["sensors"].values()
    assert len(sensor["hours"]) == 24
    assert sum(sensor["hours"]) >= 1 and not any(sensor["hours"][:-2])
    assert sensor["rssi"][sensor["best"]] == -40
    assert len(sensor["rssi"]) == 2
    assert {one["id"] for one in told["receivers"]} >= sensor["rssi"].keys()
    assert sensor["why"] is None and told["advice"] is None
    assert not re.search("[0-9A-F]{2}:[0-9A-F]{2}", json.dumps(told))
    other.close()


async def test_where_the_next_receiver_helps(home: Home, look: Open) -> None:
    device = home.air.add(KINDS["ATC1441"](address=SENSOR), rssi=-95)
    await home.add(device)
    page = await look()
    told = await reception(page)
    (device_id,) = told["sensors"]
    assert "-95 dBm" in told["sensors"][device_id]["why"]
    name = dr.async_get(home.hass).async_get(device_id).name
    assert name in told["advice"]
    area = ar.async_get(home.hass).async_create("<b>Shed</b>")
    dr.async_get(home.hass).async_update_device(device_id, area_id=area.id)
    await home.clock.run(61)
    told = (await page.client.receive_json())["event"]
    assert "<b>Shed</b>" in told["advice"] and name in told["advice"]


async def test_nobody_buys_a_receiver_for_what_is_not_there(
    home: Home, look: Open
) -> None:
    entry = MockConfigEntry(
        domain="mi_bms",
        unique_id=SENSOR,
        data={
            "kind": "sensor",
            "address": SENSOR,
            "product": 0x055B,
            "model": None,
            "key": "11" * 16,
        },
    )
    entry.add_to_hass(home.hass)
    assert await home.hass.config_entries.async_setup(entry.entry_id)
    told = await reception(await look())
    (sensor,) = told["sensors"].values()
    assert sensor["why"] and not any(sensor["hours"])
    assert told["advice"] is None


async def test_what_gets_lost(home: Home, look: Open) -> None:
    device = KINDS["LYWSD03MMC"](address=SENSOR, key="11" * 16)
    entry = await home.add(device)
    losses = entry.runtime_data.packet_loss.losses
    frame = bytearray(12)
    for counter in range(0, 200, 4):
        frame[4] = counter
        losses.take(bytes(frame), "AA:BB:CC:00:00:99")
    told = await reception(await look())
    (sensor,) = told["sensors"].values()
    assert 0.2 < sensor["share"] < 0.35
    assert "%" in sensor["why"]
    await home.clock.run(3700)
    told = await reception(await look())
    (sensor,) = told["sensors"].values()
    assert sensor["expected"] > max(sensor["hours"])
