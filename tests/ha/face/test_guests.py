"""What a guest is told of devices, whatever happens to them; and what it costs when nothing does."""

import asyncio
from collections import Counter
import json
import re

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from tests.world.devices import KINDS

from ..banks.conftest import Owner, address, battery
from ..home import Home
from .conftest import SUBSCRIBE, Open, Page

# However an address may be written; what entities are called after is a part of it only.
ADDRESS = re.compile(r"(?:[0-9A-Fa-f]{2}[:_.-]?){5}[0-9A-Fa-f]{2}")
KEY = "5b05" * 8
SENSOR, CONTACT = "A4:C1:38:00:0F:01", "E4:AA:EC:00:0F:02"

# When it was read; and how often a sensor speaks, and of what, is learned.
MOVING = {"read_at": 0, "stale_after": 0, "roles": {}}


async def furnished(home: Home) -> None:
    """Add two batteries as one, a sensor without a key and one with."""
    # Where each step of a task comes from costs more than all that happens here.
    home.hass.loop.set_debug(False)
    owner = Owner(home)
    await owner.add(battery(1, amps=-5.0), battery(2, amps=-5.0))
    await owner.combine(address(1), address(2))
    await home.add(KINDS["ATC1441"](address=SENSOR))
    await home.add(KINDS["LYWSD03MMC"](address=CONTACT, key=KEY))


def secret(text: str) -> list[str]:
    """Return what of an address or a key stands in a text; ids of the registries are none."""
    found: list[str] = ADDRESS.findall(re.sub(r"\b[0-9a-f]{32}\b", "", text))
    return found + re.findall(KEY, text, re.IGNORECASE)


async def test_a_guest_is_told_no_address_whatever_happens(
    home: Home, look: Open
) -> None:
    await furnished(home)
    for number in (1, 2):
        home.air.rssi[address(number)] = -80
    entities, devices = er.async_get(home.hass), dr.async_get(home.hass)
    entries = home.hass.config_entries
    page = await look("user")
    await page.subscribe()
    first, second = page.of("JBD-1"), page.of("JBD-2")
    cell = second["packs"][0]["cells"][0]
    area = ar.async_get(home.hass).async_create("Shed")

    entities.async_update_entity(first["roles"]["level"], new_entity_id="sensor.mine")
    devices.async_update_device(first["id"], area_id=area.id)
    entities.async_update_entity(cell, disabled_by=er.RegistryEntryDisabler.USER)
    await page.news()
    assert page.of("JBD-1")["roles"]["level"] == "sensor.mine"
    assert page.of("JBD-1")["area"] == area.id
    assert page.of("JBD-2")["packs"][0]["cells"][0] is None
    entities.async_update_entity(cell, disabled_by=None)
    devices.async_update_device(first["id"], area_id=None)
    await page.news()
    assert page.of("JBD-1")["area"] is None
    assert page.of("JBD-2")["packs"][0]["cells"][0] == cell

    entry = entries.async_entry_for_domain_unique_id(DOMAIN, address(2))
    assert entry
    disabled = ConfigEntryDisabler.USER
    await home.clock.wait(entries.async_set_disabled_by(entry.entry_id, disabled))
    await page.news(3)
    assert second["id"] not in page.devices
    await home.clock.wait(entries.async_set_disabled_by(entry.entry_id, None))
    await page.news(40)
    assert page.devices[second["id"]]["roles"]
    home.air.devices.clear()
    await page.news(1200)
    assert page.of("JBD-1")["cause"]
    await entries.async_remove(entry.entry_id)
    await page.news(3)
    assert second["id"] not in page.devices
    assert len(page.messages) > 6
    assert secret(json.dumps(page.messages)) == []


async def test_a_quiet_hour_tells_of_readings_and_of_nothing_else(
    home: Home, look: Open
) -> None:
    """When a device was read is news, at most now and then; all else of it stays as it is."""
    await furnished(home)
    page = await look("user")
    await page.subscribe()
    for _ in range(10):
        home.shout(*home.air.devices.values())
        await page.news(30)
    last = {**page.devices}
    first = {one: device | MOVING for one, device in page.devices.items()}
    before, told = len(page.messages), Counter[str]()
    for _ in range(120):
        home.shout(*home.air.devices.values())
        await page.news(30)
    for message in page.messages[before:]:
        for one, device in message["devices"].items():
            assert device | MOVING == first[one]
            assert device != last.get(one), "nothing is told twice"
            last[one] = device
            told[device["kind"]] += 1
    # Nobody is heard or read any more: until one is old, there is nothing to tell.
    home.air.devices.clear()
    assert len(await page.news(60)) <= 3
    # Two batteries are read twice a minute, and so is what they make together; two sensors are heard.
    assert told["battery"] <= 2 * 120 and told["bank"] <= 120
    assert told["sensor"] <= 2 * 60


async def test_many_pages_are_told_the_same_and_freed(home: Home, look: Open) -> None:
    await furnished(home)
    await home.clock.run(60)  # what others look up later does not count
    before = listeners(home)
    page: Page = await look("user")
    numbers = []
    for _ in range(200):
        await page.client.send_json_auto_id({"type": SUBSCRIBE})
        numbers.append((await page.client.receive_json())["id"])
        answer = await page.client.receive_json()
    first = answer["event"]["devices"]
    dr.async_get(home.hass).async_update_device(min(first), name_by_user="Renamed")
    await home.clock.run(1)
    told = set()
    while len(told) < 200:
        async with asyncio.timeout(60):
            message = await page.client.receive_json()
        assert "Renamed" in json.dumps(message)
        told.add(message["id"])
    assert told == {*numbers}
    for number in numbers[:100]:
        await page.client.send_json_auto_id(
            {"type": "unsubscribe_events", "subscription": number}
        )
    await page.client.close()
    await home.clock.run(1)
    assert listeners(home) == before


def listeners(home: Home) -> list[int]:
    """Return how many are told of changes of the registries."""
    found = home.hass.bus.async_listeners()
    kinds = (er.EVENT_ENTITY_REGISTRY_UPDATED, dr.EVENT_DEVICE_REGISTRY_UPDATED)
    return [found.get(one, 0) for one in kinds]
