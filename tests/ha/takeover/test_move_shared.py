"""A battery leaves an entry that holds other things, too, and goes back there."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.proto.takeover.model import MovePlan, Recipe
from custom_components.mi_bms.takeover.give_back import async_give_back
from custom_components.mi_bms.takeover.move import async_begin
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from tests.ha.home import Home
from tests.world.devices import KINDS

from .registers import devices, plan_of, rows
from .stub import DOMAIN, OldReader, measured

ADDRESS = "A5:C2:37:00:00:04"
TOLD = {
    "house__voltage": measured(
        "Voltage", 13.1, native_unit_of_measurement="V", device_class="voltage"
    ),
    "house__current": measured(
        "Current", -2.0, native_unit_of_measurement="A", device_class="current"
    ),
    "house__meter": measured("Meter", 12.0),
}
OURS = {"house__voltage": "voltage", "house__current": "current"}


@pytest.fixture
def reader(home: Home) -> Iterator[OldReader]:
    info = DeviceInfo(identifiers={(DOMAIN, "house")}, name="House")
    reader = OldReader(home.hass, info)
    yield reader
    reader.close()


@pytest.fixture
async def peer(home: Home, reader: OldReader) -> AsyncIterator[MockConfigEntry]:
    entry = await reader.install(TOLD)
    (device,) = devices(home.hass, entry)
    dr.async_get(home.hass).async_update_device(
        device, name_by_user="Cellar", labels={"low"}
    )
    registry = er.async_get(home.hass)
    registry.async_update_entity(
        "sensor.house_current", disabled_by=er.RegistryEntryDisabler.USER
    )
    await home.clock.run(40)
    return entry


@pytest.fixture
def plan(home: Home, peer: MockConfigEntry) -> MovePlan:
    made = plan_of(home.hass, peer, ADDRESS, lambda row: OURS.get(row.unique_id))
    return replace(made, recipe=Recipe.SHARED)


async def battery(home: Home) -> ConfigEntry[Any]:
    """Add the battery here."""
    pack = KINDS["JBD"](address=ADDRESS, name="JBD-mine")
    entry = await home.add(pack)
    await home.clock.run(60)
    return entry


async def test_new_here_and_back(
    home: Home, reader: OldReader, peer: MockConfigEntry, plan: MovePlan
) -> None:
    before = rows(home.hass, peer), devices(home.hass, peer)
    pack = KINDS["JBD"](address=ADDRESS, name="JBD-mine")
    form = await home.discover(pack)
    await home.clock.wait(async_begin(home.hass, plan, made=True))
    done = await home.answer(form, {})
    ours = done["result"]
    await home.clock.run(60)

    registry = er.async_get(home.hass)
    voltage = registry.async_get("sensor.house_voltage")
    current = registry.async_get("sensor.house_current")
    assert voltage is not None
    assert current is not None
    assert (voltage.platform, voltage.disabled_by) == ("mi_bms", None)
    assert (current.platform, current.disabled_by) == ("mi_bms", "user")
    assert home.value(pack, "voltage") != "unavailable"
    (device,) = devices(home.hass, ours).values()
    assert (device["name_by_user"], device["labels"]) == ("Cellar", {"low"})
    assert peer.state is ConfigEntryState.LOADED
    assert home.hass.states.get("sensor.house_meter").state == "12.0"

    reader.announce(*OURS)
    await home.clock.run(5)
    shown = home.hass.states.async_entity_ids("sensor")
    assert not [
        name
        for name in shown
        if "old_reader" in name or name == "sensor.house_voltage_2"
    ]
    stubs = [row for row in rows(home.hass, peer).values() if row["disabled_by"]]
    assert {row["entity_id"] for row in stubs} == {
        "sensor.house_voltage_old_reader",
        "sensor.house_current_old_reader",
    }

    await home.clock.run(210)
    await home.clock.wait(async_give_back(home.hass, ours))
    await home.clock.run(210)
    assert home.hass.config_entries.async_entries("mi_bms") == []
    assert rows(home.hass, peer) == before[0]
    assert devices(home.hass, peer) == before[1]
    assert home.hass.states.get("sensor.house_voltage").state == "13.1"


async def test_beside_and_back(
    home: Home, peer: MockConfigEntry, plan: MovePlan
) -> None:
    ours = await battery(home)
    entries = peer, ours
    before = rows(home.hass, *entries), devices(home.hass, *entries)
    await home.clock.wait(async_begin(home.hass, plan, made=False))
    await home.clock.wait(home.hass.config_entries.async_reload(ours.entry_id))
    await home.clock.run(60)
    assert home.hass.states.get("sensor.house_voltage").state not in {"13.1", "unknown"}

    await home.clock.run(210)
    await home.clock.wait(async_give_back(home.hass, ours))
    await home.clock.run(210)
    assert ours.state is ConfigEntryState.LOADED
    assert rows(home.hass, *entries) == before[0]
    assert devices(home.hass, *entries) == before[1]
