"""The Energy dashboard follows a renamed entity and a removed battery."""

from typing import Any

from tests.world.devices import KINDS

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
