"""Batteries without a name, of another type than they look, and of another one later."""

import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.helpers import entity_registry as er
from tests.world import ad
from tests.world.devices import KINDS
from tests.world.devices.server import GattBattery
from tests.world.peripheral import Peripheral

from ..home import Home, Result

ADDRESS = "C8:47:8C:00:15:44"
WORD, OTHER_WORD = "123456", "654321"


def jbd(**more: Any) -> GattBattery:
    device: GattBattery = KINDS["JBD"](address=ADDRESS, name="JBD-mine", **more)
    return device


async def by_hand(home: Home, device: Peripheral) -> Result:
    """Enter the address of a device that is heard without any name or service."""
    home.air.add(device)
    home.air.hear(device.address, ad.payload(ad.flags()))
    await home.clock.settle()
    flow = await home.choose(await home.start(), "manual")
    flow = await home.answer(flow, {"address": device.address})
    assert flow["step_id"] == "kind"
    return await home.choose(flow, "family")


async def test_what_was_read_is_shown_before_it_is_added(home: Home) -> None:
    """Of five batteries of one type it says which it is; closing the form adds nothing."""
    device = jbd()
    card = await home.discover(device)
    flow = await home.send(card, {})
    assert flow["type"] == "progress"
    assert flow["progress_action"] == "reading"
    assert flow["description_placeholders"]["name"].startswith("Battery JBD-mine 1544")
    form = await home.read(flow)
    assert form["step_id"] == "is_it"
    truth = device.truth()
    told = form["description_placeholders"]["told"]
    assert told.startswith(
        f"{truth['battery_level']:.0f} %, {truth['voltage']:.1f} V, "
    )
    assert told.endswith(f" A, {truth['cell_count']} cells")
    assert home.hass.config_entries.async_entries("mi_bms") == []
    done = await home.send(form, {})
    assert done["type"] == "create_entry"
    assert done["data"]["family"] == "jbd"
    await home.clock.run(5)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", r"\d+ %, 1\d,\d V, \N{MINUS SIGN}?\d+,\d A, 4 Zellen"),
        ("zh-Hans", r"\d+ %、1\d\.\d V、\N{MINUS SIGN}?\d+\.\d A、4 .*"),
    ],
)
async def test_what_was_read_is_written_as_the_language_does(
    home: Home, language: str, told: str
) -> None:
    home.hass.config.language = language
    form = await home.read(await home.send(await home.discover(jbd()), {}))
    assert re.fullmatch(told, form["description_placeholders"]["told"])


async def test_closing_the_form_ends_the_reading(home: Home) -> None:
    device = jbd()
    card = await home.discover(device)
    home.air.faults[ADDRESS].mute = True
    flow = await home.send(card, {})
    assert flow["type"] == "progress"
    await home.clock.run(1)
    assert home.air.links
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.clock.run(5)
    assert not home.air.links
    assert home.hass.config_entries.async_entries("mi_bms") == []


@pytest.mark.parametrize(
    ("kind", "family", "title"),
    [
        ("JBD", "jbd", "Battery JBD smart BMS 1544"),
        ("EJ", "ej", "Battery E&J Technology BMS 1544"),
        ("JIKONG", "jikong", "Battery JK BMS 1544"),
        ("DALY", "daly", "Battery Daly smart BMS 1544"),
    ],
)
async def test_a_nameless_battery_is_found_out(
    home: Home, kind: str, family: str, title: str
) -> None:
    device = KINDS[kind](address=ADDRESS, name=None)
    form = await by_hand(home, device)
    form = await home.read(await home.send(form, {"family": "find_out"}))
    found = form["description_placeholders"]["family"]
    assert found == title.removeprefix("Battery ").removesuffix(" 1544")
    done = await home.answer(form, {})
    assert done["type"] == "create_entry", done
    assert done["data"]["family"] == family
    assert done["title"] == title
    await home.clock.run(5)


async def test_a_wrong_type_cannot_be_confirmed(home: Home) -> None:
    form = await by_hand(home, jbd())
    form = await home.answer(form, {"family": "jikong"})
    assert form["step_id"] == "family"
    assert form["errors"] == {"base": "other_family"}
    assert form["description_placeholders"]["family"] == "JBD smart BMS"
    marker = next(iter(form["data_schema"].schema))
    assert marker.description == {"suggested_value": "jbd"}
    done = await home.answer(form, {"family": "jbd"})
    assert done["data"]["family"] == "jbd"
    await home.clock.run(5)


async def test_a_battery_that_looks_like_a_newer_one(home: Home) -> None:
    """Both kinds of Daly look the same; the newer one is asked first and gets no answer."""
    device = KINDS["RECORDED"](
        address=ADDRESS, vector="daly_legacy:all_commands", name="DL-40A1B2C3D4"
    )
    form = await home.discover(device)
    assert form["description_placeholders"]["family"] == "Daly smart BMS"
    form = await home.answer(form, {})
    assert form["errors"] == {"base": "other_family"}
    done = await home.answer(form, {})
    assert done["data"]["family"] == "daly_legacy"
    await home.clock.run(5)


async def test_a_silent_battery_is_said_to_be_silent(home: Home) -> None:
    form = await by_hand(home, jbd())
    home.air.faults[ADDRESS].mute = True
    form = await home.answer(form, {"family": "jbd"})
    assert form["errors"] == {"base": "no_answer"}
    form = await home.answer(form, {"family": "find_out"})
    assert form["errors"] == {"base": "not_supported"}


async def test_another_family_keeps_the_history_of_the_entities(home: Home) -> None:
    device = jbd()
    entry = await home.add(device)
    await home.clock.run(5)
    registry = er.async_get(home.hass)
    before = {
        one.unique_id: one.entity_id
        for one in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    registry.async_update_entity(
        before[f"{ADDRESS}-voltage"], new_entity_id="sensor.my_battery"
    )
    removed = async_capture_events(home.hass, er.EVENT_ENTITY_REGISTRY_UPDATED)
    assert all("jbd" not in unique_id for unique_id in before)

    other = KINDS["EJ"](address=ADDRESS, name="LT-12V-1544")
    home.air.devices[ADDRESS] = other
    flow = await home.reconfigure(entry)
    form = await home.choose(flow, "family")
    done = await home.answer(form, {"family": "ej"})
    assert done["reason"] == "change_kept"
    await home.clock.run(5)
    assert entry.data["family"] == "ej"
    assert not [one for one in removed if one.data["action"] == "remove"]
    assert home.entity_id(other, "voltage") == "sensor.my_battery"
    assert float(home.value(other, "voltage")) == other.truth()["voltage"]


async def test_a_new_password_keeps_what_was_learned(home: Home) -> None:
    device = jbd(password=WORD, handshake="short")
    form = await home.discover(device)
    form = await home.answer(form, {})
    done = await home.answer(form, {"password": WORD})
    entry = done["result"]
    # The counters are read later than the rest.
    await home.clock.until(lambda: entry.data["profile"]["counters"], 400)
    learned = entry.data["profile"]
    device.password = OTHER_WORD
    await home.clock.until(lambda: home.flows(ADDRESS), 400)
    (flow,) = home.flows(ADDRESS)
    assert flow["context"]["source"] == "reauth"
    done = await home.answer(flow, {"password": OTHER_WORD})
    assert done["reason"] == "change_kept"
    await home.clock.run(5)
    assert entry.data["password"] == OTHER_WORD
    assert entry.data["profile"] == learned
    assert home.value(device, "voltage") != "unavailable"
