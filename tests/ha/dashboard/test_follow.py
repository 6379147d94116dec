"""The Energy dashboard follows a renamed entity and a removed battery."""

from typing import Any

from custom_components.mi_bms.runtime import SHARED
from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..home import Home
from .conftest import Owner
from .test_options import FRIDGE, GRID, complaints, expected


async def test_a_renamed_entity_is_followed(owner: Owner) -> None:
    await owner.put_in()
    await owner.rename("energy_charged", "sensor.cellar_into")
    await owner.rename("energy_discharged", "sensor.cellar_out_of")
    await owner.rename("battery_level", "sensor.cellar_level")
    (battery,) = await owner.sources()
    assert battery.pop("capacity")
    assert battery == expected(owner)
    assert battery["stat_energy_to"] == "sensor.cellar_into"


async def test_the_turned_power_keeps_its_history(owner: Owner) -> None:
    await owner.put_in()
    old = f"{owner.id('power')}_inverted"
    before = owner.registry.async_get(old)
    await owner.rename("power", "sensor.cellar_power")
    (battery,) = await owner.sources()
    assert battery["power_config"] == {"stat_rate_inverted": "sensor.cellar_power"}
    assert battery["stat_rate"] == "sensor.cellar_power_inverted"
    after = owner.registry.async_get("sensor.cellar_power_inverted")
    assert before
    assert after
    assert after.id == before.id
    assert owner.registry.async_get(old) is None
    assert owner.home.hass.states.get(old) is None
    ours = float(owner.home.value(owner.device, "power"))
    state = owner.home.hass.states.get("sensor.cellar_power_inverted")
    assert state
    assert float(state.state) == -ours


async def test_all_entities_renamed_at_once(owner: Owner) -> None:
    """As Home Assistant does when a device is renamed."""
    await owner.put_in()
    for key in ("energy_charged", "energy_discharged", "battery_level", "power"):
        owner.registry.async_update_entity(
            owner.id(key), new_entity_id=f"sensor.shed_{key}"
        )
    await owner.home.clock.settle()
    (battery,) = await owner.sources()
    assert battery.pop("capacity")
    assert battery == expected(owner)
    assert await complaints(owner.ask) == []


async def test_it_is_followed_wherever_it_is_named(owner: Owner) -> None:
    power, level = owner.id("power"), owner.id("battery_level")
    consumption = [
        {"stat_consumption": "sensor.fridge_energy", "stat_rate": power, "name": power}
    ]
    await owner.ask("save_prefs", energy_sources=[GRID], device_consumption=consumption)
    await owner.rename("power", "sensor.fridge_power")
    prefs = await owner.ask("get_prefs")
    assert prefs["device_consumption"] == [
        {**consumption[0], "stat_rate": "sensor.fridge_power"}
    ]
    await owner.rename("battery_level", f"{level}_2")
    assert await owner.ask("get_prefs") == prefs


async def test_one_that_was_renamed_while_nothing_of_ours_ran_is_followed(
    hass: HomeAssistant, hass_storage: dict[str, Any], home: Home
) -> None:
    address = "A5:C2:37:00:00:04"
    keys = ("energy_charged", "energy_discharged")
    source = {
        "type": "battery",
        "stat_energy_from": "sensor.energy_discharged",
        "stat_energy_to": "sensor.energy_charged",
    }
    hass_storage["energy"] = {
        "version": 1,
        "data": {"energy_sources": [source, GRID], "device_consumption": []},
    }
    named = {f"{address}-{key}": f"sensor.{key}" for key in keys}
    hass_storage["mi_bms.state"] = {
        "version": 1,
        "data": {"settings": {"reserve": 2, "named": named}},
    }
    registry = er.async_get(hass)
    # They swapped names: each has one that the other had.
    for key, other in zip(keys, reversed(keys), strict=True):
        registry.async_get_or_create(
            "sensor", "mi_bms", f"{address}-{key}", object_id_base=other
        )
    assert await async_setup_component(hass, "energy", {})
    await home.add(KINDS["JBD"](address=address, name="JBD-mine"))
    await home.clock.run(3)
    shared = hass.data[SHARED]
    manager = await async_get_manager(hass)
    assert manager.data
    battery, grid = manager.data["energy_sources"]
    assert battery["stat_energy_from"] == "sensor.energy_charged"
    assert battery["stat_energy_to"] == "sensor.energy_discharged"
    assert grid == GRID
    await home.clock.wait(shared.async_save())
    kept = hass_storage["mi_bms.state"]["data"]["settings"]
    assert kept["reserve"] == 2
    assert kept["named"][f"{address}-energy_charged"] == "sensor.energy_discharged"
    assert f"{address}-power" in kept["named"]


async def test_before_the_dashboard_is_set_up_nothing_is_stored(owner: Owner) -> None:
    await owner.rename("power", "sensor.cellar_power")
    assert await owner.ask("get_prefs") == "not_found"


async def test_a_removed_battery_leaves(owner: Owner) -> None:
    await owner.ask("save_prefs", energy_sources=[GRID], device_consumption=FRIDGE)
    before = await owner.ask("get_prefs")
    await owner.put_in()
    helper = f"{owner.id('power')}_inverted"
    await owner.home.clock.wait(
        owner.home.hass.config_entries.async_remove(owner.entry.entry_id)
    )
    assert await owner.ask("get_prefs") == before
    assert owner.registry.async_get(helper) is None


async def test_of_another_battery_only_what_is_gone_leaves(owner: Owner) -> None:
    source: dict[str, Any] = {
        "type": "battery",
        "stat_energy_from": "sensor.inverter_out",
        "stat_energy_to": "sensor.inverter_in",
    }
    more = {
        "power_config": {"stat_rate_inverted": owner.id("power")},
        "stat_soc": owner.id("battery_level"),
    }
    await owner.ask("save_prefs", energy_sources=[source | more])
    assert (await owner.open())["step_id"] == "energy_in"
    await owner.home.clock.wait(
        owner.home.hass.config_entries.async_remove(owner.entry.entry_id)
    )
    assert await owner.sources() == [source]


async def test_other_batteries_stay(owner: Owner) -> None:
    await owner.put_in()
    device = KINDS["JBD"](address="A5:C2:37:00:00:05", name="JBD-other")
    entry = await owner.home.add(device)
    await owner.home.clock.run(3)
    other = Owner(owner.home, device, entry, owner.ask)
    await other.put_in()
    assert len(await owner.sources()) == 2
    await owner.home.clock.wait(
        owner.home.hass.config_entries.async_remove(owner.entry.entry_id)
    )
    (left,) = await owner.sources()
    assert left["stat_energy_from"] == other.id("energy_discharged")
