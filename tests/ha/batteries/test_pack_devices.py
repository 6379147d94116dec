"""Batteries of several packs, and alarms that come and go."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.config_entries import ConfigEntry
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS
from tests.world.devices.jbd import JbdBattery
from tests.world.devices.seplos import SeplosBattery

from ..home import Home

ADDRESS = "C0:D6:3C:00:00:03"


async def racked(home: Home, packs: int = 2) -> tuple[SeplosBattery, ConfigEntry[Any]]:
    """Add a battery of several packs."""
    device = KINDS["SEPLOS"](address=ADDRESS, name="SP00BATTERY", packs=packs)
    assert isinstance(device, SeplosBattery)
    entry = await home.add(device)
    await home.clock.run(20)
    return device, entry


async def test_each_pack_is_a_part_of_the_battery(home: Home) -> None:
    device, entry = await racked(home)
    registry = dr.async_get(home.hass)
    whole = registry.async_get_device_by_identifier(("mi_bms", ADDRESS), entry.entry_id)
    assert whole is not None
    for number in (1, 2):
        part = registry.async_get_child_device_by_identifier(
            ("mi_bms", f"{ADDRESS}-pack_{number}"), entry.entry_id
        )
        assert part is not None
        assert part.parent_device_id == whole.id
    for number, pack in enumerate(device.packs, 1):
        cells = [
            float(home.value(device, f"pack_{number}_cell_voltage_{n}"))
            for n in range(1, 17)
        ]
        assert cells == [round(volts, 3) for volts in pack.cell_voltages]
    assert float(home.value(device, "voltage")) > 40
    assert entry.data["profile"]["packs"][1]["cells"] == 16


async def test_a_pack_that_was_taken_out_can_be_removed(
    home: Home, hass_ws_client: WebSocketGenerator
) -> None:
    device, entry = await racked(home)
    assert await async_setup_component(home.hass, "config", {})
    client = await hass_ws_client(home.hass)
    registry = dr.async_get(home.hass)

    async def remove(identifier: str) -> bool:
        wanted = (("mi_bms", identifier), entry.entry_id)
        found = registry.async_get_device_by_identifier(
            *wanted
        ) or registry.async_get_child_device_by_identifier(*wanted)
        assert found is not None
        answer = await home.clock.wait(client.remove_device(found.id))
        return bool(answer["success"])

    assert not await remove(f"{ADDRESS}-pack_2")  # it is still there
    assert not await remove(ADDRESS)
    del device.packs[1]
    await home.clock.run(80)
    assert home.value(device, "pack_2_voltage") == "unavailable"
    assert await remove(f"{ADDRESS}-pack_2")
    await home.clock.run(30)
    assert home.entity_id(device, "pack_2_voltage") is None
    assert home.value(device, "pack_1_voltage") != "unavailable"
    assert len(entry.data["profile"]["packs"]) == 1


async def test_an_alarm_comes_and_goes(home: Home) -> None:
    device = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine")
    assert isinstance(device, JbdBattery)
    await home.add(device)
    await home.clock.run(2)
    assert home.value(device, "alarm") == "none"
    assert home.value(device, "alarm_change") == "unknown"

    device.pack.protections.add("cell_overvoltage")
    await home.clock.run(35)
    assert home.value(device, "alarm") == "cell_overvoltage"
    assert home.value(device, "problem") == "on"
    told = home.state(device, "alarm_change").attributes
    assert (told["event_type"], told["change"]) == ("cell_overvoltage", "appeared")

    device.pack.protections.clear()
    await home.clock.run(30)
    assert home.value(device, "alarm") == "none"
    told = home.state(device, "alarm_change").attributes
    assert (told["event_type"], told["change"]) == ("cell_overvoltage", "cleared")


async def test_an_alarm_that_was_active_before_the_start_is_no_news(home: Home) -> None:
    device = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine")
    assert isinstance(device, JbdBattery)
    device.pack.protections.add("cell_overvoltage")
    await home.add(device)
    await home.clock.run(35)
    assert home.value(device, "alarm") == "cell_overvoltage"
    assert home.value(device, "alarm_change") == "unknown"


async def test_a_pack_is_not_switched_for_its_battery(home: Home) -> None:
    _, entry = await racked(home)
    registry = dr.async_get(home.hass)
    pack = registry.async_get_child_device_by_identifier(
        ("mi_bms", f"{ADDRESS}-pack_1"), entry.entry_id
    )
    whole = registry.async_get_device_by_identifier(("mi_bms", ADDRESS), entry.entry_id)
    assert pack is not None and whole is not None
    words = []
    for one in (pack, whole):
        order = {"device_id": one.id, "what": "charge", "state": "off"}
        with pytest.raises(HomeAssistantError) as caught:
            await home.hass.services.async_call(
                "mi_bms", "switch", order, blocking=True, return_response=True
            )
        words.append(caught.value.translation_key)
    assert words == ["not_a_battery", "switch_not_allowed"]
