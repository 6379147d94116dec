"""The end of adding one device: the dashboard is offered while there is none, and once only."""

from typing import Any

import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..home import Home, Result
from ..keys.test_ring import CLEAR
from ..takeover.living import living
from ..takeover.others import TEMPERATURE

OURS = {"strategy": {"type": "custom:mi-bms"}}


@pytest.fixture
async def house(home: Home) -> Home:
    """Return a house with pages and no device."""
    assert await async_setup_component(home.hass, "frontend", {})
    return home


async def add(house: Home, number: int) -> Result:
    """Confirm a sensor; return what comes then."""
    device = KINDS["ATC1441"](address=f"A4:C1:38:00:0F:{number:02}")
    return await house.answer(await house.discover(device), {})


async def made(hass: HomeAssistant) -> list[Any]:
    """Return what is stored of the dashboards that are ours."""
    found = hass.data[LOVELACE_DATA].dashboards
    return [
        await one.async_load(False) for path, one in found.items() if path == "mi-bms"
    ]


async def menu(house: Home) -> Result:
    """Return the menu that adding begins with."""
    return await house.hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )


async def test_a_click_makes_it_with_the_first_device(house: Home) -> None:
    offer = await add(house, 1)
    assert offer["step_id"] == "offer"
    assert await made(house.hass) == []
    done = await house.choose(offer, "with_dashboard")
    assert done["type"] == "create_entry"
    assert done["description"] == "shown"
    assert done["description_placeholders"] == {"path": "/mi-bms"}
    assert await made(house.hass) == [OURS]
    # The next one is told where it is shown.
    done = await add(house, 2)
    assert done["type"] == "create_entry"
    assert done["description_placeholders"] == {"path": "/mi-bms"}
    assert "dashboard" not in (await menu(house))["menu_options"]


async def test_who_wants_none_is_not_asked_again(house: Home) -> None:
    assert "dashboard" not in (await menu(house))["menu_options"]
    done = await house.choose(await add(house, 1), "without_dashboard")
    assert done["type"] == "create_entry"
    assert done["description"] is None
    assert (await add(house, 2))["type"] == "create_entry"
    assert await made(house.hass) == []
    # It is made whenever it is wanted.
    done = await house.choose(await menu(house), "dashboard")
    assert done["reason"] == "dashboard"
    assert "/mi-bms" in done["description_placeholders"]["told"]
    assert await made(house.hass) == [OURS]


async def test_a_device_is_added_where_no_dashboard_can_be_made(house: Home) -> None:
    offer = await add(house, 1)
    house.hass.data["websocket_api"].pop("lovelace/dashboards/create")
    done = await house.choose(offer, "with_dashboard")
    assert done["type"] == "create_entry"
    # Which says how it is made by hand.
    assert done["description"] is None


async def test_a_battery_that_was_read_is_added_with_it(house: Home) -> None:
    battery = KINDS["JBD"](address="A5:C2:37:00:0F:01", name="JBD-SP04S020")
    form = await house.discover(battery)
    while form["type"] == "form":
        form = await house.answer(form, {})
    assert form["step_id"] == "offer"
    done = await house.choose(form, "with_dashboard")
    assert done["type"] == "create_entry"
    assert await made(house.hass) == [OURS]
    await house.clock.settle()
    voltage = house.entity_id(battery, "voltage")
    assert voltage
    # What was read for the form is shown at once.
    assert float(house.hass.states.get(voltage).state) > 10


@pytest.mark.usefixtures("other_integrations")
async def test_who_moves_the_first_device_is_asked_nothing_more(house: Home) -> None:
    old = await living(house, "xiaomi_ble", TEMPERATURE, address=CLEAR)
    offer = await house.discover(KINDS["ATC1441"](address=CLEAR))
    preview = await house.choose(offer, "move_here")
    done = await house.answer(preview, {})
    assert done["type"] == "create_entry"
    assert done["description"] == "moved"
    await house.clock.settle()
    assert old.row("temperature").platform == DOMAIN


@pytest.mark.usefixtures("other_integrations")
async def test_who_adds_it_beside_after_a_refusal_is_asked(house: Home) -> None:
    old = await living(house, "xiaomi_ble", TEMPERATURE, address=CLEAR)
    menu = await house.discover(KINDS["ATC1441"](address=CLEAR))
    preview = await house.choose(menu, "move_here")
    registry = er.async_get(house.hass)
    registry.async_remove(old.row("temperature").entity_id)
    menu = await house.answer(preview, {})
    assert menu["step_id"] == "nothing_moves"
    form = await house.choose(menu, "run_beside")
    assert (await house.answer(form, {}))["step_id"] == "offer"
