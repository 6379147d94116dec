"""Repairs of moves, and of devices that two integrations read: they come and go by themselves."""

from functools import wraps
from typing import Any

import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component

from ..flow.test_take_over import battery, by_mqtt, other, sensor
from ..flow.test_take_over_all import go, preview
from ..home import Home, Result
from ..keys.test_ring import CLEAR
from .living import Living, living
from .others import TEMPERATURE, OtherRow

pytestmark = pytest.mark.usefixtures("other_integrations")

REMOTE = OtherRow(key="button", domain="event", state_class=None)


def issue(home: Home, begin: str) -> ir.IssueEntry | None:
    """Return the issue of ours that is shown and begins so."""
    found = [
        one
        for (domain, name), one in ir.async_get(home.hass).issues.items()
        if domain == DOMAIN and name.startswith(begin) and one.active
    ]
    return found[0] if found else None


def told(home: Home, begin: str) -> dict[str, str]:
    """Return what an issue that has to be there fills in."""
    found = issue(home, begin)
    assert found is not None
    return dict(found.translation_placeholders or {})


async def fix(home: Home, begin: str, choice: str) -> Result:
    """Open the repair and choose."""
    found = issue(home, begin)
    assert found is not None
    assert await async_setup_component(home.hass, "repairs", {})
    flows = home.hass.data["repairs"]["flow_manager"]
    flow = await home.clock.wait(
        flows.async_init(DOMAIN, data={"issue_id": found.issue_id})
    )
    assert flow["type"] is FlowResultType.MENU
    done = await home.clock.wait(
        flows.async_configure(flow["flow_id"], {"next_step_id": choice})
    )
    await home.clock.run(15)
    result: Result = done
    return result


async def move(home: Home) -> tuple[Living, ConfigEntry[Any]]:
    """Move the thermometer in the clear here."""
    old = await other(home)
    form = await home.choose(await home.discover(sensor()), "move_here")
    done = await home.answer(form, {})
    await home.clock.run(15)
    return old, done["result"]


async def switch_on(home: Home, old: Living) -> None:
    """Switch the other entry on again."""
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_set_disabled_by(old.entry.entry_id, None))
    await home.clock.run(15)


async def test_all_is_well_after_a_move(home: Home) -> None:
    await move(home)
    await home.clock.run(700)
    assert issue(home, "") is None


async def test_the_other_one_is_active_again(home: Home) -> None:
    old, _entry = await move(home)
    await switch_on(home, old)
    assert told(home, "moved_active")["peer"] == "Xiaomi BLE"
    done = await fix(home, "moved_active", "switch_off")
    assert done["type"] == "create_entry"
    assert old.entry.disabled_by
    assert issue(home, "moved_active") is None
    assert old.row("temperature").platform == DOMAIN


async def test_it_goes_by_itself(home: Home) -> None:
    old, _entry = await move(home)
    await switch_on(home, old)
    assert issue(home, "moved_active")
    await home.clock.wait(home.hass.config_entries.async_remove(old.entry.entry_id))
    await home.clock.run(15)
    assert issue(home, "moved_active") is None


async def test_a_device_that_is_active_again_is_given_back(home: Home) -> None:
    old, _entry = await move(home)
    await switch_on(home, old)
    done = await fix(home, "moved_active", "give_back")
    assert done["type"] == "create_entry"
    assert old.row("temperature").platform == "xiaomi_ble"
    assert issue(home, "moved_active") is None


async def test_an_entity_that_keeps_a_place_was_switched_on(home: Home) -> None:
    await home.add(battery())
    old = await by_mqtt(home, "JBD-mine")
    form = await home.choose(await home.start(), "take_all")
    field = form["data_schema"].schema["unsure"]
    chosen = [one["value"] for one in field.config["options"]]
    form = await preview(home, form, {"unsure": chosen})
    assert (await go(home, form))["reason"] == "taken_over"
    await home.clock.run(15)
    assert issue(home, "") is None
    stub = er.async_get(home.hass).async_get_entity_id(
        "sensor", "mqtt", "JBD-mine__soc_total_voltage"
    )
    assert stub
    assert stub != old.row("soc_total_voltage").entity_id
    er.async_get(home.hass).async_update_entity(stub, disabled_by=None)
    await home.clock.run(15)
    assert told(home, "moved_stub")["count"] == "1"
    await fix(home, "moved_stub", "switch_off")
    assert issue(home, "moved_stub") is None
    row = er.async_get(home.hass).async_get(stub)
    assert row
    assert row.disabled_by


async def test_triggers_that_went_silent_are_told_until_they_are_gone(
    home: Home,
) -> None:
    old = await living(home, "xiaomi_ble", TEMPERATURE, REMOTE, address=CLEAR)
    trigger = {
        "trigger": "device",
        "domain": "xiaomi_ble",
        "device_id": old.device.id,
        "type": "button",
        "subtype": "press",
    }
    lights = {"id": "1", "alias": "Lights", "triggers": [trigger], "actions": []}
    assert await async_setup_component(
        home.hass, "automation", {"automation": [lights]}
    )
    form = await home.choose(await home.discover(sensor()), "move_here")
    assert "Lights" in form["description_placeholders"]["preview"]
    await home.answer(form, {})
    await home.clock.run(15)
    silent = told(home, "triggers_silent")
    assert silent["peer"] == "Xiaomi BLE"
    assert "Lights" in silent["triggers"]
    assert "domain: mi_bms" in silent["triggers"]
    automation = home.hass.data["automation"]
    await home.clock.wait(automation.async_remove_entity("automation.lights"))
    home.hass.bus.async_fire("automation_reloaded")
    await home.clock.run(15)
    assert issue(home, "triggers_silent") is None


async def test_a_move_that_was_undone_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await other(home)
    form = await home.choose(await home.discover(sensor()), "move_here")
    fail_once(monkeypatch)
    await home.answer(form, {})
    await home.clock.run(15)
    assert "log of Home Assistant" in told(home, "moved_unfinished")["why"]
    assert old.row("temperature").platform == "xiaomi_ble"
    done = await fix(home, "moved_unfinished", "again")
    kind, flow_id = done["next_flow"]
    assert kind == "config_flow"
    (menu,) = [one for one in home.flows() if one["flow_id"] == flow_id]
    form = await home.choose(menu, "move_here")
    done = await home.answer(form, {})
    assert done["reason"] == "moved"
    await home.clock.run(15)
    assert issue(home, "moved_unfinished") is None
    assert old.row("temperature").platform == DOMAIN


async def test_a_move_that_was_undone_is_left_so(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await other(home)
    form = await home.choose(await home.discover(sensor()), "move_here")
    fail_once(monkeypatch)
    await home.answer(form, {})
    await home.clock.run(15)
    await fix(home, "moved_unfinished", "leave")
    assert issue(home, "moved_unfinished") is None
    assert old.entry.disabled_by is None


def fail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next device that gets another entry fail as nobody expected."""
    real, failed = dr.DeviceRegistry.async_update_device, list[Any]()

    @wraps(real)
    def update(*given: Any, **more: Any) -> Any:
        if "new_config_entry_id" in more and not failed:
            failed.append(more)
            raise RuntimeError("broken")
        return real(*given, **more)

    monkeypatch.setattr(dr.DeviceRegistry, "async_update_device", update)


async def test_a_repair_that_is_settled_says_so(home: Home) -> None:
    old, entry = await move(home)
    await switch_on(home, old)
    assert issue(home, "moved_active")
    assert await async_setup_component(home.hass, "repairs", {})
    flows = home.hass.data["repairs"]["flow_manager"]
    about = {"issue_id": f"moved_active_{CLEAR}"}
    flow = await home.clock.wait(flows.async_init(DOMAIN, data=about))
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    await home.clock.run(400)
    chosen = {"next_step_id": "give_back"}
    done = await home.clock.wait(flows.async_configure(flow["flow_id"], chosen))
    assert done["reason"] == "settled"
    assert old.row("temperature").platform == "xiaomi_ble"


async def both(home: Home) -> Living:
    """Have a device in two integrations that nobody was asked about."""
    await home.add(sensor())
    old = await other(home)
    await home.clock.run(360)
    home.shout(home.air.devices[CLEAR])
    await home.clock.run(600)
    return old


async def test_what_two_read_is_told_once_after_some_minutes(home: Home) -> None:
    await home.add(sensor())
    await other(home)
    await home.clock.run(60)
    assert issue(home, "both_read") is None
    await home.clock.run(900)
    said = told(home, "both_read")
    assert said["count"] == "1"
    assert said["devices"] == "- Thermometer 1441: Xiaomi BLE"


async def test_what_two_read_leads_to_the_list(home: Home) -> None:
    await both(home)
    done = await fix(home, "both_read", "take_all")
    kind, flow_id = done["next_flow"]
    assert kind == "config_flow"
    (form,) = [one for one in home.flows() if one["flow_id"] == flow_id]
    assert form["step_id"] == "take_all"


async def test_what_two_read_may_stay_so(home: Home) -> None:
    await both(home)
    await fix(home, "both_read", "beside")
    assert issue(home, "both_read") is None
    await home.clock.run(1300)
    assert issue(home, "both_read") is None


async def test_who_chose_both_is_not_told(home: Home) -> None:
    await other(home)
    form = await home.choose(await home.discover(sensor()), "run_beside")
    await home.answer(form, {})
    await home.clock.run(1300)
    assert issue(home, "both_read") is None


async def test_an_entry_that_is_off_reads_nothing(home: Home) -> None:
    old = await both(home)
    assert issue(home, "both_read")
    await home.clock.wait(
        home.hass.config_entries.async_set_disabled_by(
            old.entry.entry_id, ConfigEntryDisabler.USER
        )
    )
    await home.clock.run(15)
    assert issue(home, "both_read") is None
