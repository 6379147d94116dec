"""The repair of a battery that cannot be read does what helps, and reads it."""

from collections.abc import Mapping
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mi_bms.batteries.coordinator import BatteryCoordinator
from custom_components.mi_bms.proto.scheduler.diagnosis import (
    Cause,
    Diagnosis,
    Remedy,
    diagnose,
)
from custom_components.mi_bms.proto.scheduler.facts import Facts
from custom_components.mi_bms.runtime import SHARED
from homeassistant.config_entries import ConfigEntry
from homeassistant.setup import async_setup_component

from ..home import Home
from .test_batteries import jbd
from .test_diagnosis import issue, lost

FIX = "/api/repairs/issues/fix"

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Dialog:
    """Hold the repair of a battery, as the browser drives it."""

    def __init__(self, home: Home, client: Any) -> None:
        """Take a browser that is logged in."""
        self.home, self.client = home, client

    async def open(self, entry: ConfigEntry[Any]) -> Mapping[str, Any]:
        """Open it."""
        issue_id = f"unreachable_{entry.entry_id}"
        return await self._post(FIX, {"handler": "mi_bms", "issue_id": issue_id})

    async def send(
        self, step: Mapping[str, Any], data: dict[str, Any]
    ) -> Mapping[str, Any]:
        """Answer a step."""
        return await self._post(f"{FIX}/{step['flow_id']}", data)

    async def choose(self, menu: Mapping[str, Any], step: str) -> Mapping[str, Any]:
        """Choose from its menu."""
        return await self.send(menu, {"next_step_id": step})

    async def _post(self, path: str, data: dict[str, Any]) -> Mapping[str, Any]:
        answer = await self.home.clock.wait(self.client.post(path, json=data))
        assert answer.status == 200, await answer.text()
        told: Mapping[str, Any] = await answer.json()
        return told


@pytest.fixture
async def dialog(home: Home, hass_client: ClientSessionGenerator) -> Dialog:
    assert await async_setup_component(home.hass, "repairs", {})
    return Dialog(home, await hass_client())


def because(monkeypatch: pytest.MonkeyPatch, cause: Cause, remedy: Remedy) -> None:
    """Let a diagnosis be made whatever the facts are."""
    words = diagnose(Facts()).placeholders
    found = Diagnosis(cause, remedy, repair=True, placeholders=words)
    monkeypatch.setattr(BatteryCoordinator, "diagnose", lambda _self: found)


async def broken(home: Home) -> tuple[Any, ConfigEntry[Any]]:
    device = jbd()
    entry = await lost(home, device)
    await home.listen(device, 32, every=20)
    found = issue(home, entry)
    assert found
    assert found.is_fixable
    return device, entry


async def test_what_a_person_has_done_is_tried_at_once(
    home: Home, dialog: Dialog
) -> None:
    device, entry = await broken(home)
    step = await dialog.open(entry)
    assert (step["type"], step["step_id"]) == ("form", "read")
    placeholders = step["description_placeholders"]
    assert placeholders["name"] == entry.title
    assert "Close the maker's app" in placeholders["reason"]
    # Not yet.
    step = await dialog.send(step, {})
    assert (step["type"], step["errors"]) == ("form", {"base": "not_read"})
    assert issue(home, entry)
    home.air.refuse.clear()
    step = await dialog.send(step, {})
    assert step["type"] == "create_entry"
    assert issue(home, entry) is None
    assert home.value(device, "voltage") != "unavailable"


async def test_less_is_kept_free(
    home: Home, dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, entry = await broken(home)
    because(monkeypatch, Cause.RESERVED, Remedy.LOWER_RESERVE)
    menu = await dialog.open(entry)
    assert menu["menu_options"] == ["lower_reserve", "read"]
    assert menu["description_placeholders"]["reserve"] == "1"
    assert menu["description_placeholders"]["fewer"] == "0"
    home.air.refuse.clear()
    step = await dialog.choose(menu, "lower_reserve")
    assert step["type"] == "create_entry"
    assert home.hass.data[SHARED].reserve == 0
    assert issue(home, entry) is None


async def test_it_is_read_less_often(
    home: Home, dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, entry = await broken(home)
    home.hass.config_entries.async_update_entry(entry, options={"grace": 70})
    because(monkeypatch, Cause.SLOTS_OURS, Remedy.LENGTHEN_INTERVAL)
    menu = await dialog.open(entry)
    assert menu["menu_options"] == ["interval", "read"]
    form = await dialog.choose(menu, "interval")
    (field,) = form["data_schema"]
    assert (field["name"], field["default"]) == ("interval", 60)
    home.air.refuse.clear()
    step = await dialog.send(form, {"interval": 120})
    assert step["type"] == "create_entry"
    # What is kept for less than two intervals would come and go.
    assert entry.options == {"interval": 120}
    await home.clock.run(2)
    assert float(home.value(device, "read_interval")) == 120
    assert issue(home, entry) is None


async def test_its_type_is_found_again(
    home: Home, dialog: Dialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, entry = await broken(home)
    because(monkeypatch, Cause.GARBLED, Remedy.CHECK_FAMILY)
    menu = await dialog.open(entry)
    assert menu["menu_options"] == ["family", "read"]
    step = await dialog.choose(menu, "family")
    assert (step["type"], step["reason"]) == ("abort", "going_on")
    kind, flow_id = step["next_flow"]
    assert kind == "config_flow"
    (flow,) = home.flows()
    assert flow["flow_id"] == flow_id
    assert flow["context"]["source"] == "reconfigure"


async def test_one_that_is_left_alone_is_read_again(home: Home, dialog: Dialog) -> None:
    device, entry = await broken(home)
    step = await dialog.open(entry)
    home.air.refuse.clear()
    entry.runtime_data.async_pause()
    step = await dialog.send(step, {})
    assert step["type"] == "create_entry"
    assert home.value(device, "reading") == "on"


@pytest.mark.parametrize("remedy", [Remedy.LENGTHEN_INTERVAL, Remedy.CHECK_FAMILY])
async def test_a_battery_that_is_removed_meanwhile(
    home: Home, dialog: Dialog, monkeypatch: pytest.MonkeyPatch, remedy: Remedy
) -> None:
    _, entry = await broken(home)
    because(monkeypatch, Cause.GARBLED, remedy)
    menu = await dialog.open(entry)
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    step = await dialog.choose(menu, menu["menu_options"][0])
    assert (step["type"], step["reason"]) == ("abort", "not_loaded")


async def test_a_battery_that_is_not_set_up(home: Home, dialog: Dialog) -> None:
    _, entry = await broken(home)
    manager = home.hass.config_entries
    step = await dialog.open(entry)
    await home.clock.wait(manager.async_unload(entry.entry_id))
    step = await dialog.send(step, {})
    assert (step["type"], step["reason"]) == ("abort", "not_loaded")
