"""A dashboard that makes itself: asked for by an action or at the end of adding, and never over another one."""

from typing import Any

import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components.frontend import DATA_PANELS
from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..flow.test_nearby import fill, finish, near
from ..home import Home

OURS = {"strategy": {"type": "custom:mi-bms"}}
OTHERS: dict[str, Any] = {"views": [{"title": "Mine"}]}


@pytest.fixture
async def house(home: Home) -> Home:
    """Return a house with pages and one sensor."""
    assert await async_setup_component(home.hass, "frontend", {})
    await home.add(KINDS["ATC1441"](address="A4:C1:38:00:0F:01"))
    return home


async def make(hass: HomeAssistant) -> Any:
    return await hass.services.async_call(
        DOMAIN, "make_dashboard", blocking=True, return_response=True
    )


def collection(hass: HomeAssistant) -> Any:
    """Return what keeps the dashboards."""
    handler, _ = hass.data["websocket_api"]["lovelace/dashboards/create"]
    while hasattr(handler, "__wrapped__"):
        handler = handler.__wrapped__
    return handler.__self__.storage_collection


async def stored(hass: HomeAssistant) -> dict[str | None, Any]:
    """Return what is stored of each dashboard that was made."""
    found = hass.data[LOVELACE_DATA].dashboards
    return {
        path: await one.async_load(False)
        for path, one in found.items()
        if path not in {None, "lovelace", "map"}
    }


async def test_it_is_made_once(house: Home) -> None:
    assert await make(house.hass) == {"path": "/mi-bms"}
    assert await stored(house.hass) == {"mi-bms": OURS}
    panel = house.hass.data[DATA_PANELS]["mi-bms"]
    assert panel.sidebar_title == "Batteries and sensors"
    assert not panel.require_admin
    # The user gives it another place.
    item = next(iter(collection(house.hass).async_items()))
    await collection(house.hass).async_update_item(item["id"], {"title": "My own"})
    assert await make(house.hass) == {"path": "/mi-bms"}
    assert await stored(house.hass) == {"mi-bms": OURS}
    assert house.hass.data[DATA_PANELS]["mi-bms"].sidebar_title == "My own"


async def test_what_somebody_made_there_stays(house: Home) -> None:
    keeps = collection(house.hass)
    await keeps.async_create_item({"url_path": "mi-bms", "title": "Mine"})
    await house.hass.data[LOVELACE_DATA].dashboards["mi-bms"].async_save(OTHERS)
    assert await make(house.hass) == {"path": "/mi-bms-dashboard"}
    assert await stored(house.hass) == {"mi-bms": OTHERS, "mi-bms-dashboard": OURS}


@pytest.mark.parametrize("lost", ["command", "store", "paths"])
async def test_what_does_not_work_is_said_and_leaves_nothing(
    house: Home, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps = collection(house.hass)
    if lost == "command":
        del house.hass.data["websocket_api"]["lovelace/dashboards/create"]
    elif lost == "store":

        async def refuse(*_: object) -> None:
            raise OSError("full")

        monkeypatch.setattr(
            "homeassistant.components.lovelace.dashboard.LovelaceStorage.async_save",
            refuse,
        )
    else:
        for path in ("mi-bms", "mi-bms-dashboard"):
            await keeps.async_create_item({"url_path": path, "title": "Mine"})
    before = [*keeps.async_items()]
    with pytest.raises(ServiceValidationError) as caught:
        await make(house.hass)
    assert caught.value.translation_key == "dashboard_not_made"
    assert [*keeps.async_items()] == before


async def test_it_is_offered_at_the_end_of_adding(home: Home) -> None:
    assert await async_setup_component(home.hass, "frontend", {})
    form = await near(home)
    menu = await finish(home, form, fill(form, without_key=True))
    assert menu["menu_options"] == ["keys", "dashboard", "nearby_end"]
    told = await home.choose(menu, "dashboard")
    assert "](/mi-bms)" in told["description_placeholders"]["told"]
    menu = await home.send(told, {})
    assert menu["menu_options"] == ["keys", "nearby_end"]
    assert await stored(home.hass) == {"mi-bms": OURS}


async def test_by_hand_where_it_cannot_be_made(home: Home) -> None:
    assert await async_setup_component(home.hass, "frontend", {})
    form = await near(home)
    menu = await finish(home, form, fill(form, without_key=True))
    del home.hass.data["websocket_api"]["lovelace/dashboards/create"]
    told = await home.choose(menu, "dashboard")
    assert "Add dashboard" in told["description_placeholders"]["told"]
    assert await stored(home.hass) == {}
