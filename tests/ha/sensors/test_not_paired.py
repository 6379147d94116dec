"""A sensor that waits to be paired: in the flow, as a state, as a repair that leads to the pairing."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS
from tests.world.devices.activation import MiActivatable

from ..home import Home

ADDRESS = "A4:C1:38:00:05:5B"
FIX = "/api/repairs/issues/fix"


def fresh(**more: Any) -> MiActivatable:
    """Make a thermometer out of the box."""
    device: MiActivatable = KINDS["MI_FRESH"](address=ADDRESS, **more)
    return device


def issues(home: Home) -> list[ir.IssueEntry]:
    found = ir.async_get(home.hass).issues.values()
    return [one for one in found if one.domain == DOMAIN and one.active]


async def add(home: Home, device: MiActivatable) -> ConfigEntry[Any]:
    """Add it without pairing it."""
    menu = await home.discover(device)
    assert (menu["type"], menu["step_id"]) == ("menu", "key_ways")
    done = await home.choose(menu, "keyless")
    assert done["type"] == "create_entry"
    await home.clock.settle()
    entry: ConfigEntry[Any] = done["result"]
    return entry


async def test_the_card_says_so_and_leads_to_the_pairing(home: Home) -> None:
    menu = await home.discover(fresh())
    assert menu["step_id"] == "key_ways"
    assert "paired with nobody" in menu["description_placeholders"]["why"]
    form = await home.choose(menu, "pair_this")
    assert form["step_id"] == "pair_prepare"
    assert form["description_placeholders"]["address"] == ADDRESS


async def test_a_state_and_one_repair_that_go_with_the_pairing(home: Home) -> None:
    device = fresh()
    await add(home, device)
    # Nothing was heard in the clear: it is not said that it needs no key.
    assert home.value(device, "key_state") in {"unknown", "not_paired"}
    await home.listen(device, 3, every=20)
    await home.clock.run(31)
    assert home.value(device, "key_state") == "not_paired"
    assert issues(home) == []
    await home.clock.run(300)
    home.shout(device)
    await home.clock.settle()
    assert [one.translation_key for one in issues(home)] == ["not_paired"]
    assert issues(home)[0].is_fixable

    # It was paired, in whatever app: its packets are encrypted now.
    paired = KINDS["LYWSD03MMC"](address=ADDRESS, key="5b" * 16)
    home.air.add(paired)
    await home.listen(paired, 3, every=1)
    assert [one.translation_key for one in issues(home)] == ["key_missing"]
    await home.clock.run(31)
    assert home.value(device, "key_state") == "missing"


async def test_a_key_that_fits_is_said_to_be_right_at_once(home: Home) -> None:
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key="5b" * 16)
    await home.add(device, {"key": "5b" * 16})
    await home.listen(device, 3, every=2)
    assert home.value(device, "key_state") == "right"


async def test_what_sends_in_the_clear_needs_no_key(home: Home) -> None:
    device = KINDS["ATC1441"](address="A4:C1:38:00:14:41")
    await home.add(device)
    home.shout(device)
    await home.clock.settle()
    assert home.value(device, "key_state") == "not_needed"


async def test_a_sensor_that_speaks_is_not_called_unpaired_by_a_stranger(
    home: Home,
) -> None:
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key="5b" * 16, interval=20.0)
    await home.add(device)
    stranger = fresh()
    for _ in range(40):
        await home.clock.run(30)
        home.shout(device, stranger)
        await home.clock.settle()
    assert issues(home) == []
    assert home.value(device, "key_state") == "right"


async def test_the_repair_ends_with_the_entry(home: Home) -> None:
    device = fresh()
    entry = await add(home, device)
    home.shout(device)
    await home.clock.run(301)
    assert len(issues(home)) == 1
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    assert issues(home) == []


@pytest.mark.usefixtures("socket_enabled")
async def test_the_repair_leads_to_the_pairing(
    home: Home,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> None:
    assert await async_setup_component(home.hass, REPAIRS, {})
    device = fresh()
    entry = await add(home, device)
    home.shout(device)
    await home.clock.run(301)
    (issue,) = issues(home)
    browser = await hass_client()
    answer = await browser.post(
        FIX, json={"handler": DOMAIN, "issue_id": issue.issue_id}
    )
    form = await answer.json()
    assert form["step_id"] == "confirm"
    answer = await browser.post(f"{FIX}/{form['flow_id']}", json={})
    done = await answer.json()
    assert (done["type"], done["reason"]) == ("abort", "pairing")
    kind, flow_id = done["next_flow"]
    assert kind == "config_flow"
    menu = home.hass.config_entries.flow.async_get(flow_id)
    assert menu["context"]["entry_id"] == entry.entry_id
    menu = await home.answer(menu)
    assert "pair_this" in menu["menu_options"]
    assert len(issues(home)) == 1
