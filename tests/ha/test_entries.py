"""Entries of other versions, and what is left after unloading and removing."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.world.devices import KINDS

from .home import Home

ADDRESS = "A5:C2:37:00:00:04"


def battery(**more: Any) -> MockConfigEntry:
    """Make an entry as version 1.1 stored it."""
    profile = {
        "fields": ["voltage", "battery_level"],
        "cells": 4,
        "probes": ["cell", "cell"],
        "info": {"hw_version": "JBD-SP04S020"},
    }
    return MockConfigEntry(
        domain="mi_bms",
        unique_id=ADDRESS,
        data={
            "kind": "battery",
            "address": ADDRESS,
            "family": "jbd",
            "profile": profile,
        },
        **more,
    )


def sensor(**more: Any) -> MockConfigEntry:
    """Make an entry as version 1.1 stored it."""
    return MockConfigEntry(
        domain="mi_bms",
        unique_id="A4:C1:38:00:14:41",
        data={
            "kind": "sensor",
            "address": "A4:C1:38:00:14:41",
            "product": None,
            "model": None,
        },
        **more,
    )


async def test_a_battery_of_version_1_1(home: Home) -> None:
    entry = battery(version=1, minor_version=1)
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    assert entry.state is ConfigEntryState.LOADED
    assert entry.minor_version > 1
    assert entry.data["profile"]["cells"] == 4
    assert entry.data["profile"]["packs"] == []
    device = KINDS["JBD"](address=ADDRESS, name="JBD-mine")
    assert home.entity_id(device, "cell_voltage_4")


async def test_a_sensor_of_version_1_1(home: Home) -> None:
    entry = sensor(version=1, minor_version=1)
    before = dict(entry.data)
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    assert entry.state is ConfigEntryState.LOADED
    assert dict(entry.data) == before


@pytest.mark.parametrize("minor", [2, 3])
async def test_zeros_become_empty_fields(home: Home, minor: int) -> None:
    own = {
        "interval": 40,
        "grace": 0,
        "corrections": {"capacity": 0, "current_dead_band": 0, "current_gain": 2},
    }
    entry = battery(version=1, minor_version=minor, options=own)
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    assert entry.options == {"interval": 40, "corrections": {"current_gain": 2}}
    own = {"timeout": 0, "motion_hold": 0, "offset_humidity": 0, "battery_low_hold": 3}
    own |= {"dead_band_temperature": 0, "dead_band_humidity": 1.5}
    entry = sensor(version=1, minor_version=minor, options=own)
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    assert entry.options == {
        "offset_humidity": 0,
        "battery_low_hold": 3,
        "dead_band_humidity": 1.5,
    }
    assert entry.minor_version == 4


async def test_zeros_of_an_output_become_what_they_meant(home: Home) -> None:
    """As version 1.3 stored them: no age, all files kept, nothing waits."""
    own = {"max_size": 10, "max_age": 0, "keep": 0, "backlog": 0, "devices": []}
    entry = MockConfigEntry(
        domain="mi_bms",
        unique_id="a.jsonl",
        data={"kind": "output", "type": "file", "path": "a.jsonl"},
        options=own,
        version=1,
        minor_version=3,
    )
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    assert entry.options == own | {"max_age": 3650, "keep": 1000, "backlog": 1}
    assert entry.minor_version == 4
    form = await home.options(entry)
    suggested = {
        str(key): (key.description or {}).get("suggested_value")
        for key in form["data_schema"].schema
    }
    assert (suggested["max_age"], suggested["keep"], suggested["backlog"]) == (
        *(3650, 1000),
        1,
    )
    # Left empty is as usual.
    await home.set_options(form, {"max_size": 10})
    assert entry.options == {"max_size": 10, "devices": []}


async def test_an_entry_of_the_next_major_version_is_left_alone(home: Home) -> None:
    entry = battery(version=2, minor_version=1)
    before = dict(entry.data)
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert dict(entry.data) == before


async def test_loading_twice_leaves_nothing_behind(home: Home) -> None:
    """Timers that are left fail the test by themselves."""
    device = KINDS["MUE4094RT"](address="DE:70:E8:00:03:DD")
    entry = await home.add(device)
    await home.listen(device, 6)
    for _ in range(2):
        await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
        assert entry.state is ConfigEntryState.NOT_LOADED
        assert home.value(device, "motion") == "unavailable"
        home.shout(device)
        await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
        await home.clock.run(1)
    assert home.value(device, "motion") != "unavailable"


async def test_removing_an_entry_takes_its_devices_along(home: Home) -> None:
    device = KINDS["ATC1441"](address="A4:C1:38:00:14:41")
    entry = await home.add(device)
    await home.listen(device, 2)
    assert len(er.async_get(home.hass).entities) >= 4
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    await home.clock.settle()
    assert not er.async_get(home.hass).entities
    devices = dr.async_get(home.hass)
    assert not dr.async_entries_for_config_entry(devices, entry.entry_id)
    # Home Assistant offers it again.
    await home.clock.until(lambda: home.flows(device.address))
