"""Energy preferences that somebody edited by hand, or a disk damaged."""

from typing import Any, cast

from homeassistant.components.energy.data import async_get_manager

from .conftest import Owner

ODD: Any = {
    "type": "battery",
    "stat_energy_from": ["a"],
    "stat_energy_to": {},
    "power_config": 7,
    "stat_soc": ["b"],
}


async def test_what_is_no_source_is_passed_over(owner: Owner) -> None:
    manager = await async_get_manager(owner.home.hass)
    ours = {
        "type": "battery",
        "stat_energy_from": owner.id("energy_discharged"),
        "stat_energy_to": {},
        "power_config": 7,
        "stat_soc": ["b"],
        "capacity": [1],
    }
    for sources, step in (
        ([None, 3], "energy_in"),
        (["x"], "energy_in"),
        ("x", "energy_in"),
        (None, "energy_in"),
        ([ODD, {}], "energy_in"),
        ([ours], "energy_out"),
    ):
        manager.data = cast(Any, {"energy_sources": sources})
        assert (await owner.open())["step_id"] == step, sources
    # What is wrong stays as it is, beside what is put in or taken out.
    manager.data = cast(Any, {"energy_sources": [None, ODD]})
    done = await owner.answer(await owner.open(), {})
    assert done["reason"] in {"energy_written", "energy_refused"}
    kept = [one for one in manager.data["energy_sources"] if one in (None, ODD)]
    assert kept == [None, ODD]


async def test_a_battery_is_removed_beside_what_is_no_source(owner: Owner) -> None:
    manager = await async_get_manager(owner.home.hass)
    manager.data = cast(Any, {"energy_sources": [None, ODD, "x"]})
    entries = owner.home.hass.config_entries
    await owner.home.clock.wait(entries.async_remove(owner.entry.entry_id))
    assert manager.data["energy_sources"] == [None, ODD, "x"]
