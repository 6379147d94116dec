"""A battery gets into the Energy dashboard in one step, as it is shown before, and out again."""

from typing import Any

import pytest

from homeassistant.components.energy import data
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS

from ..home import Home
from .conftest import Ask, Owner

GRID = {
    "type": "grid",
    "stat_energy_from": "sensor.house_bought",
    "stat_energy_to": None,
    "stat_cost": None,
    "entity_energy_price": None,
    "number_energy_price": None,
    "stat_compensation": None,
    "entity_energy_price_export": None,
    "number_energy_price_export": None,
    "cost_adjustment_day": 0.0,
}
FRIDGE = [{"stat_consumption": "sensor.fridge_energy"}]
# What the dashboard says of a meter that is younger than the first five minutes.
YOUNG = "statistics_not_defined"
# All that a battery had before it had a power, a state of charge and a name.
OLD = {"type", "stat_energy_from", "stat_energy_to"}


async def complaints(ask: Ask) -> list[Any]:
    """Return what the dashboard's own check finds in the last source, apart from what goes away."""
    found = await ask("validate")
    return [one for one in found["energy_sources"][-1] if one["type"] != YOUNG]


def expected(owner: Owner) -> dict[str, Any]:
    return {
        "type": "battery",
        "stat_energy_from": owner.id("energy_discharged"),
        "stat_energy_to": owner.id("energy_charged"),
        "power_config": {"stat_rate_inverted": owner.id("power")},
        "stat_rate": f"{owner.id('power')}_inverted",
        "stat_soc": owner.id("battery_level"),
        "name": "Battery JBD-mine 0004",
    }


async def test_what_is_shown_is_what_is_written(owner: Owner) -> None:
    assert await owner.ask(
        "save_prefs", energy_sources=[GRID], device_consumption=FRIDGE
    )
    form = await owner.put_in()
    prefs = await owner.ask("get_prefs")
    grid, battery = prefs["energy_sources"]
    assert grid == GRID
    assert prefs["device_consumption"] == FRIDGE
    volts, charge = (
        float(owner.home.value(owner.device, key))
        for key in ("voltage", "design_capacity")
    )
    # Two digits.
    assert battery.pop("capacity") == pytest.approx(volts * charge / 1000, rel=0.05)
    assert battery == expected(owner)
    lines = form["description_placeholders"]["lines"]
    for entity_id in (
        battery["stat_energy_from"],
        battery["stat_energy_to"],
        battery["stat_soc"],
        battery["power_config"]["stat_rate_inverted"],
    ):
        assert f"({entity_id})" in lines
    assert lines.index("energy_discharged") < lines.index("energy_charged")
    assert "Display name: Battery JBD-mine 0004" in lines
    assert not form["description_placeholders"]["notes"]
    assert await complaints(owner.ask) == []


async def test_nothing_is_written_without_consent(owner: Owner) -> None:
    form = await owner.open()
    assert await owner.sources() == []
    owner.home.hass.config_entries.options.async_abort(form["flow_id"])
    assert await owner.sources() == []


async def test_the_sign_is_the_dashboards(owner: Owner) -> None:
    await owner.put_in()
    await owner.home.clock.settle()
    ours = float(owner.home.value(owner.device, "power"))
    theirs = owner.home.hass.states.get(f"{owner.id('power')}_inverted")
    assert theirs
    assert ours
    assert float(theirs.state) == -ours


async def test_it_is_not_put_in_twice(owner: Owner) -> None:
    first, second = await owner.open(), await owner.open()
    assert (await owner.answer(first, {}))["reason"] == "energy_written"
    assert (await owner.answer(second, {}))["reason"] == "energy_there"
    assert len(await owner.sources()) == 1
    assert "capacity" not in (await owner.sources())[0]
    assert (await owner.open())["step_id"] == "energy_out"


async def test_it_is_taken_out_again(owner: Owner) -> None:
    await owner.ask("save_prefs", energy_sources=[GRID], device_consumption=FRIDGE)
    before = await owner.ask("get_prefs")
    await owner.put_in()
    helper = f"{owner.id('power')}_inverted"
    assert owner.registry.async_get(helper)
    form, again = await owner.open(), await owner.open()
    assert owner.id("battery_level") in form["description_placeholders"]["lines"]
    assert not form["description_placeholders"]["mistakes"]
    assert (await owner.answer(form, {}))["reason"] == "energy_taken_out"
    assert await owner.ask("get_prefs") == before
    assert owner.registry.async_get(helper) is None
    assert (await owner.answer(again, {}))["reason"] == "energy_not_there"
    await owner.put_in()


@pytest.mark.parametrize(
    "keys", [("energy_charged", "energy_discharged"), ("energy_charged",)]
)
async def test_meters_that_are_off(owner: Owner, keys: tuple[str, ...]) -> None:
    for key in keys:
        owner.registry.async_update_entity(
            owner.id(key), disabled_by=er.RegistryEntryDisabler.USER
        )
    done = await owner.open()
    assert done["reason"] == "energy_not_possible"
    assert "enable Energy charged" in done["description_placeholders"]["why"]


async def test_no_meters(owner: Owner) -> None:
    owner.registry.async_remove(owner.id("energy_charged"))
    done = await owner.open()
    assert "no meters" in done["description_placeholders"]["why"]


@pytest.mark.parametrize(
    ("key", "change", "stays_out"),
    [
        ("battery_level", {"disabled_by": er.RegistryEntryDisabler.USER}, "stat_soc"),
        ("battery_level", {"device_class": "humidity"}, "stat_soc"),
        ("power", {"disabled_by": er.RegistryEntryDisabler.USER}, "power_config"),
    ],
)
async def test_what_the_dashboard_does_not_check(
    owner: Owner, key: str, change: dict[str, Any], stays_out: str
) -> None:
    owner.registry.async_update_entity(owner.id(key), **change)
    form = await owner.put_in()
    assert form["description_placeholders"]["notes"]
    assert stays_out not in (await owner.sources())[0]
    assert owner.id(key) not in form["description_placeholders"]["lines"]


@pytest.mark.parametrize(
    ("hand", "said"),
    [
        (("energy_charged", "energy_discharged", "power", "battery_level"), "sign"),
        (("energy_charged", "energy_discharged", "power", "battery_level"), "swapped"),
        (("energy_discharged", "energy_charged", None, "power"), "state of charge"),
    ],
)
async def test_mistakes_of_who_did_it_by_hand(
    owner: Owner, hand: tuple[str | None, ...], said: str
) -> None:
    out, into, rate, level = (owner.id(key) if key else None for key in hand)
    source = {
        "type": "battery",
        "stat_energy_from": out,
        "stat_energy_to": into,
        "stat_soc": level,
        **({"power_config": {"stat_rate": rate}} if rate else {}),
    }
    await owner.ask("save_prefs", energy_sources=[source])
    form = await owner.open()
    assert form["step_id"] == "energy_out"
    assert said in form["description_placeholders"]["mistakes"]


async def test_an_older_dashboard_gets_what_it_knows(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = data.BATTERY_SOURCE_SCHEMA.schema
    old = {key: one for key, one in inner.items() if str(key) in OLD}
    monkeypatch.setattr(
        data, "BATTERY_SOURCE_SCHEMA", type(data.BATTERY_SOURCE_SCHEMA)(old)
    )
    form = await owner.open()
    assert "Display name" not in form["description_placeholders"]["lines"]
    await owner.answer(form, {"capacity": 2.5})
    assert set((await owner.sources())[0]) == OLD


async def test_without_a_dashboard_there_is_no_way_to_it(
    hass: HomeAssistant, home: Home
) -> None:
    entry = await home.add(KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine"))
    menu = await home.options(entry, None)
    assert menu["menu_options"] == ["reading", "switching"]


async def test_what_is_only_read_has_one_form(hass: HomeAssistant, home: Home) -> None:
    device = KINDS["RECORDED"](
        address="A5:C2:37:00:00:04", vector="lithionics:no_modules"
    )
    entry = await home.add(device)
    assert (await home.options(entry, None))["step_id"] == "init"
