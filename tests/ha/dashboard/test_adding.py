"""At the end of adding, new batteries can be put into the Energy dashboard."""

import pytest

from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS

from ..flow.test_nearby import fill, finish
from ..home import Home, Result
from .conftest import Ask

METERS = ("energy_charged", "energy_discharged")
BATTERIES = {"A5:C2:37:00:00:04": "JBD-mine", "A5:C2:37:00:00:05": "JBD-other"}


async def added(home: Home) -> Result:
    """Add two batteries from the list of what is heard."""
    devices = [KINDS["JBD"](address=one, name=name) for one, name in BATTERIES.items()]
    for device in devices:
        home.air.add(device)
    home.shout(*devices)
    await home.clock.settle()
    form = await home.choose(await home.start(), "nearby")
    return await finish(home, form, fill(form))


async def stored(ask: Ask) -> set[str]:
    prefs = await ask("get_prefs")
    sources = [] if prefs == "not_found" else prefs["energy_sources"]
    return {one["name"] for one in sources}


async def test_all_new_batteries_at_once(home: Home, ask: Ask) -> None:
    done = await added(home)
    assert done["menu_options"] == ["energy", "nearby_end"]
    assert done["description_placeholders"]["batteries"] == "2"
    form = await home.choose(done, "energy")
    assert await stored(ask) == set()
    shown = form["description_placeholders"]["batteries"]
    for entity in er.async_get(home.hass).entities.values():
        if entity.unique_id.endswith((*METERS, "-power", "-battery_level")):
            assert entity.entity_id in shown
    end = await home.answer(form, {"dashboard": [*BATTERIES]})
    assert end["reason"] == "nearby_added"
    assert await stored(ask) == {"Battery JBD-mine 0004", "Battery JBD-other 0005"}


async def test_only_what_is_ticked(home: Home, ask: Ask) -> None:
    form = await home.choose(await added(home), "energy")
    left = await home.answer(form, {"dashboard": ["A5:C2:37:00:00:05"]})
    assert left["description_placeholders"]["batteries"] == "1"
    assert await stored(ask) == {"Battery JBD-other 0005"}


async def test_one_that_got_there_meanwhile(home: Home, ask: Ask) -> None:
    form = await home.choose(await added(home), "energy")
    registry = er.async_get(home.hass)
    out, into = (
        registry.async_get_entity_id("sensor", "mi_bms", f"A5:C2:37:00:00:04-{key}")
        for key in ("energy_discharged", "energy_charged")
    )
    source = {"type": "battery", "stat_energy_from": out, "stat_energy_to": into}
    await ask("save_prefs", energy_sources=[source])
    again = await home.answer(form, {"dashboard": [*BATTERIES]})
    assert again["errors"] == {"base": "energy_refused"}
    assert (await ask("get_prefs"))["energy_sources"] == [source]


async def test_without_a_dashboard_nothing_is_offered(home: Home) -> None:
    assert (await added(home))["reason"] == "nearby_added"


@pytest.mark.usefixtures("dashboard")
async def test_one_battery_says_where_to_find_it(home: Home) -> None:
    device = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine")
    done = await home.answer(await home.discover(device), {})
    assert done["type"] == "create_entry"
    assert done["description"] == "with_dashboard"
