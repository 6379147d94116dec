"""Packs behind one BMS, probes by their place, cells that balance, the date of production."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS
from tests.world.devices.server import GattBattery

from ..home import Home

ADDRESS = "C8:47:8C:00:00:31"


def seplos(packs: int = 2) -> GattBattery:
    device: GattBattery = KINDS["SEPLOS"](
        address=ADDRESS, name="SP14B0001", packs=packs
    )
    return device


async def added(home: Home, device: GattBattery) -> ConfigEntry[Any]:
    entry = await home.add(device)
    await home.clock.run(5)
    return entry


def children(home: Home) -> list[dr.ChildDeviceEntry]:
    registry = dr.async_get(home.hass)
    entry_id = home.hass.config_entries.async_entries(DOMAIN)[0].entry_id
    parent = registry.async_get_device_by_identifier((DOMAIN, ADDRESS), entry_id)
    assert parent is not None
    packs = [
        one
        for one in dr.async_child_entries_for_config_entry(registry, entry_id)
        if one.parent_device_id == parent.id
    ]
    return sorted(packs, key=lambda one: one.name or "")


async def test_each_pack_is_a_part_of_the_battery(home: Home) -> None:
    device = seplos()
    entry = await added(home, device)
    packs = children(home)
    assert [one.name for one in packs] == ["Pack 1", "Pack 2"]
    registry = er.async_get(home.hass)
    for number, pack in enumerate(packs, 1):
        ids = {
            one.unique_id
            for one in er.async_entries_for_device(registry, pack.id)
            if one.unique_id.startswith(f"{ADDRESS}-pack_{number}_")
        }
        for field in (
            "voltage",
            "current",
            "battery_level",
            "cell_voltage_1",
            "cell_voltage_16",
            "probe_temperature_1",
        ):
            assert f"{ADDRESS}-pack_{number}_{field}" in ids
    volts = [float(home.value(device, f"pack_{n}_voltage")) for n in (1, 2)]
    assert all(volts)
    cell = device.truth()["pack_2_cell_voltage_1"]
    assert float(home.value(device, "pack_2_cell_voltage_1")) == cell
    assert len(entry.data["profile"]["packs"]) == 2
    assert entry.data["profile"]["packs"][1]["cells"] == 16


async def test_cells_of_packs_are_not_shown_twice(home: Home) -> None:
    device = seplos()
    await added(home, device)
    for field in ("cell_voltage_1", "cell_voltage_17", "probe_temperature_1"):
        assert home.entity_id(device, field) is None


async def test_packs_are_there_after_a_restart(home: Home) -> None:
    device = seplos()
    entry = await added(home, device)
    before = home.value(device, "pack_2_voltage")
    home.air.refuse.add(ADDRESS)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert home.value(device, "pack_2_voltage") == before
    assert len(children(home)) == 2


async def test_only_a_pack_that_is_gone_can_be_removed(
    home: Home, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(home.hass, "config", {})
    device = seplos()
    entry = await added(home, device)
    client = await hass_ws_client(home.hass)

    async def remove(device_id: str) -> bool:
        await client.send_json_auto_id(
            {"type": "config/device_registry/remove", "device_id": device_id}
        )
        answer = await client.receive_json()
        return bool(answer["success"])

    parent = children(home)[0].parent_device_id
    for one in (children(home)[1].id, parent):
        assert not await home.clock.wait(remove(one))

    home.air.devices[ADDRESS] = fewer = seplos(packs=1)
    await home.clock.until(
        lambda: home.value(device, "pack_2_voltage") == "unavailable", 400
    )
    assert home.value(fewer, "pack_1_voltage") != "unavailable"
    assert await home.clock.wait(remove(children(home)[1].id))
    await home.clock.run(2)
    assert len(children(home)) == 1
    assert home.entity_id(device, "pack_2_voltage") is None
    assert len(entry.data["profile"]["packs"]) == 1


@pytest.mark.parametrize("kind", ["SEPLOS"])
async def test_probes_are_named_after_their_place(home: Home, kind: str) -> None:
    device = seplos(packs=1)
    await added(home, device)
    registry = er.async_get(home.hass)
    names = {}
    for entity in registry.entities.values():
        field = entity.unique_id.removeprefix(f"{ADDRESS}-pack_1_")
        if field.startswith("probe_temperature_"):
            names[field] = entity.original_name
    assert names == {
        "probe_temperature_1": "Cell temperature 1",
        "probe_temperature_2": "Cell temperature 2",
        "probe_temperature_3": "Cell temperature 3",
        "probe_temperature_4": "Cell temperature 4",
        "probe_temperature_5": "Ambient temperature",
        "probe_temperature_6": "MOSFET temperature",
    }


async def test_a_cell_that_balances(home: Home) -> None:
    device: GattBattery = KINDS["JBD"](address=ADDRESS, name="JBD-mine")
    entry = await home.add(device)
    await home.clock.run(2)
    entity_id = home.entity_id(device, "balancer_2")
    assert entity_id is not None
    assert home.hass.states.get(entity_id) is None  # off at first
    er.async_get(home.hass).async_update_entity(entity_id, disabled_by=None)
    device.pack.balancing = [False, True, False, False]
    device.pack.step = lambda _seconds: None  # type: ignore[method-assign,assignment]
    await home.clock.run(40)  # the registry's own delay, and a reload
    await home.clock.until(lambda: home.value(device, "balancer_2") == "on", 400)
    assert home.state(device, "balancer_2").name.endswith("Cell 2 balancing")
    assert entry.data["profile"]["balancing"]


async def test_the_date_of_production(home: Home) -> None:
    device: GattBattery = KINDS["JIKONG"](address=ADDRESS, name="JK-mine")
    await home.add(device)
    await home.clock.run(5)
    assert home.value(device, "production_date") == "2025-02-10"
    assert home.state(device, "production_date").attributes["device_class"] == "date"


async def test_a_module_that_has_one_uuid_twice(home: Home) -> None:
    """One characteristic takes writes, another one of the same name speaks."""
    device: GattBattery = KINDS["JIKONG"](address=ADDRESS, name="JK-mine", split=True)
    await home.add(device)
    await home.clock.run(5)
    assert float(home.value(device, "voltage")) == device.truth()["voltage"]
