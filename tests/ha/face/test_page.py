"""The cards get into the pages of a house, in their newest version, and out of them again."""

from pathlib import Path
import subprocess
import sys
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..home import Home

ROOT: Final = Path(__file__).parents[3]
OURS = "/mi_bms_static/"
OLD = f"{OURS}00000000/mi-bms.js"
OTHER = "/hacsfiles/other/mi-bms.js"


async def pages(hass: HomeAssistant, **lovelace: Any) -> None:
    """Set up what serves pages."""
    assert await async_setup_component(hass, "lovelace", {"lovelace": lovelace})
    assert await async_setup_component(hass, "frontend", {})


async def rows(hass: HomeAssistant) -> list[str]:
    """Return the addresses of the resources of dashboards."""
    resources = hass.data[LOVELACE_DATA].resources
    await resources.async_get_info()
    assert all(one["type"] == "module" for one in resources.async_items())
    return [one["url"] for one in resources.async_items()]


def modules(hass: HomeAssistant) -> list[str]:
    """Return the modules of ours that pages load."""
    return [one for one in hass.data[DATA_EXTRA_MODULE_URL].urls if OURS in one]


def thermometer(number: int = 1) -> Any:
    return KINDS["ATC1441"](address=f"A4:C1:38:00:0F:{number:02X}")


async def test_both_ways_lead_to_one_address_that_is_served(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    await pages(home.hass)
    await home.add(thermometer())
    await home.add(thermometer(2))
    (url,) = modules(home.hass)
    assert await rows(home.hass) == [url]
    client = await hass_client()
    answer = await client.get(url)
    assert answer.status == 200
    assert answer.content_type.endswith("javascript")
    assert "max-age=" in answer.headers["Cache-Control"]
    assert (await client.get(f"{url.rpartition('/')[0]}/../manifest.json")).status in {
        403,
        404,
    }


async def test_all_is_gone_with_the_last_entry_and_comes_again(home: Home) -> None:
    await pages(home.hass)
    devices = [thermometer(), thermometer(2)]
    entries = [await home.add(one) for one in devices]
    (url,) = modules(home.hass)
    await home.hass.config_entries.async_remove(entries[0].entry_id)
    assert await rows(home.hass) == modules(home.hass) == [url]
    await home.hass.config_entries.async_remove(entries[1].entry_id)
    assert await rows(home.hass) == modules(home.hass) == []
    await home.add(devices[0])
    assert await rows(home.hass) == modules(home.hass) == [url]


async def test_an_upgrade_changes_the_row_in_place(home: Home) -> None:
    await pages(home.hass)
    resources: Any = home.hass.data[LOVELACE_DATA].resources
    for url in (OTHER, OLD, f"{OLD}?v=2"):
        await resources.async_create_item({"res_type": "module", "url": url})
    ids = [one["id"] for one in resources.async_items()]
    await home.add(thermometer())
    assert await rows(home.hass) == [OTHER, *modules(home.hass)]
    assert [one["id"] for one in resources.async_items()] == ids[:2]


async def test_resources_in_yaml_are_the_users_own(home: Home) -> None:
    listed = [{"url": OLD, "type": "module"}]
    await pages(home.hass, resource_mode="yaml", resources=listed)
    await home.add(thermometer())
    assert await rows(home.hass) == [OLD]
    assert len(modules(home.hass)) == 1


@pytest.mark.parametrize("data", [None, object(), "gone"])
async def test_dashboards_of_another_shape_do_no_harm(home: Home, data: object) -> None:
    await pages(home.hass)
    known: Any = home.hass.data
    if data == "gone":
        del known[LOVELACE_DATA]
    else:
        known[LOVELACE_DATA] = data
    entry = await home.add(thermometer())
    assert entry.state.name == "LOADED"
    assert len(modules(home.hass)) == 1
    assert await home.hass.config_entries.async_remove(entry.entry_id)
    assert modules(home.hass) == []


async def test_a_house_without_pages_has_nothing_of_it(home: Home) -> None:
    await home.add(thermometer())
    assert not [key for key in home.hass.data if "page" in str(key)]
    served = [str(one) for one in home.hass.http.app.router.resources()]
    assert not [one for one in served if OURS in one]
    assert home.hass.config_entries.async_entries(DOMAIN)


def test_nothing_of_pages_is_needed_where_there_are_none() -> None:
    """What makes dashboards and automations is imported when it is there; what Bluetooth imports is anyway."""
    code = (
        "import pkgutil, sys, importlib\n"
        "for one in ('lovelace', 'automation', 'blueprint'):\n"
        "    sys.modules[f'homeassistant.components.{one}'] = None\n"
        "import custom_components.mi_bms as ours\n"
        "from custom_components.mi_bms import face\n"
        "for one in pkgutil.iter_modules(face.__path__, face.__name__ + '.'):\n"
        "    importlib.import_module(one.name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


async def test_a_house_without_pages_does_all_else(home: Home) -> None:
    device = thermometer()
    await home.add(device)
    for service in ("make_dashboard", "add_blueprints"):
        with pytest.raises(ServiceValidationError):
            await home.hass.services.async_call(
                DOMAIN, service, blocking=True, return_response=True
            )
    assert home.value(device, "temperature")
    assert "frontend" not in home.hass.config.components
    (entry,) = home.hass.config_entries.async_entries(DOMAIN)
    await home.hass.config_entries.async_remove(entry.entry_id)
    assert not home.hass.config_entries.async_entries(DOMAIN)
