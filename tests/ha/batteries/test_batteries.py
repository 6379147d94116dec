"""Batteries over time: missed polls, lies, broken links, sleep, restarts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from tests.world.devices import KINDS
from tests.world.devices.server import GattBattery

from ..air import Air
from ..home import Home
from ..sensors.test_sensors import STATE, said

ADDRESS = "A5:C2:37:00:00:04"
OTHER = "A5:C2:37:00:00:05"
WORD, OTHER_WORD = "123456", "654321"


def jbd(**more: Any) -> GattBattery:
    """Make a battery."""
    address = more.pop("address", ADDRESS)
    return KINDS["JBD"](address=address, name="JBD-mine", **more)


def still(**more: Any) -> Any:
    """Make a battery whose values stay as they are set."""
    device: Any = jbd(**more)
    device.pack.step = lambda _seconds: None
    return device


async def added(home: Home, device: GattBattery) -> ConfigEntry[Any]:
    """Add a battery and wait for its first poll."""
    entry = await home.add(device)
    await home.clock.run(2)
    assert not home.air.links
    return entry


async def report(home: Home, entry: ConfigEntry[Any]) -> Mapping[str, Any]:
    """Return the poll statistics, as diagnostics show them."""
    told = await async_get_config_entry_diagnostics(home.hass, entry)
    found: Mapping[str, Any] = told["battery"]
    return found


async def poll(home: Home, device: GattBattery) -> None:
    """Wait until the next poll has begun."""
    await home.clock.until(lambda: device.address in home.air.links, 40)


async def test_a_battery_is_polled_at_its_interval_and_let_go(home: Home) -> None:
    device = jbd()
    await added(home, device)
    assert home.air.connects == 2  # once by the flow, once for the entry
    for n in range(3, 6):
        await poll(home, device)
        assert home.air.connects == n
        await home.clock.run(5)
        assert not home.air.links


async def test_each_connection_takes_the_best_receiver_of_that_moment(
    home: Home,
) -> None:
    """A device object of an earlier poll is never used again."""
    device = jbd()
    await added(home, device)
    closer = Air(home.hass, source="AA:BB:CC:00:00:98")
    closer.add(device, rssi=-40)
    closer.shout(device)
    await home.clock.run(35)
    assert (home.air.connects, closer.connects) == (2, 1)
    closer.close()
    await home.clock.run(30)
    assert (home.air.connects, closer.connects) == (3, 1)


async def test_missed_polls_keep_the_values_until_the_grace_ends(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    device = jbd()
    await added(home, device)
    home.air.refuse.add(ADDRESS)
    await home.listen(device, 11, every=10)
    assert home.value(device, "voltage") == "13.18"
    assert said(caplog, "cannot be read") == 0

    await home.listen(device, 7, every=10)
    assert home.value(device, "voltage") == "unavailable"
    await home.listen(device, 12, every=10)
    assert said(caplog, "cannot be read (connect)") == 1
    assert said(caplog, "read again") == 0

    home.air.refuse.clear()
    await home.listen(device, 20, every=10)
    assert home.value(device, "voltage") == "13.18"
    await home.listen(device, 6, every=10)
    assert said(caplog, "read again") == 1


async def test_a_pack_that_sleeps_keeps_its_values(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """No current flows, so it has reason to switch its radio off."""
    device = jbd()
    await added(home, device)
    await home.listen(device, 20, every=5)
    home.air.refuse.add(ADDRESS)
    await home.clock.run(600)
    assert home.value(device, "voltage") == "13.18"
    assert said(caplog, "cannot be read") == 0
    home.air.refuse.clear()
    connects = home.air.connects
    await home.listen(device, 1)
    await home.clock.run(3)
    assert home.air.connects == connects + 1


async def test_a_pack_that_comes_back_is_read_at_once(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"interval": 3600})
    await home.clock.run(2)
    await home.clock.leap(3700)
    await home.clock.run(60)
    # Nobody hears it, so nobody tries.
    polls = (await report(home, entry))["polls"]
    assert (await report(home, entry))["failures"] == {}

    home.shout(device)
    await home.clock.run(5)
    assert (await report(home, entry))["polls"] == polls + 1
    assert (await report(home, entry))["last_error"] is None


async def test_adverts_of_a_healthy_pack_cause_no_polls(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    polls = (await report(home, entry))["polls"]
    for number in range(10):
        device.name = f"JBD-{number}"  # so that every advert is news
        home.shout(device)
        await home.clock.run(1)
    assert (await report(home, entry))["polls"] == polls


async def test_a_battery_that_lies_is_not_believed(home: Home) -> None:
    device = still()
    entry = await added(home, device)
    honest, usual = home.value(device, "temperature"), device.pack.remaining
    device.pack.remaining = 2 * device.pack.capacity
    device.pack.temperature = 21.0
    await home.clock.run(35)
    assert home.value(device, "temperature") == honest
    assert set((await report(home, entry))["refused"]) == {"battery_level"}
    assert set((await report(home, entry))["failures"]) == {"Implausible"}

    device.pack.remaining = usual
    await home.clock.run(30)
    assert home.value(device, "temperature") == "21.25"
    device.pack.remaining = 5.0  # 60 % and then 5 % half a minute later
    await home.clock.run(65)
    # It was asked again at once and stayed so: then it is no jump but the truth.
    assert home.value(device, "battery_level") == "5"


async def test_a_first_sample_is_judged_too(home: Home) -> None:
    device = still()
    device.pack.remaining = 2 * device.pack.capacity
    form = await home.discover(device)
    done = await home.answer(form, {})
    await home.clock.run(2)
    assert home.value(device, "voltage") == "unavailable"
    assert (await report(home, done["result"]))["refused"] == {"battery_level": 1}


async def test_a_link_that_breaks_in_the_middle(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    home.air.faults[ADDRESS].latency = 0.5
    await poll(home, device)
    await home.clock.run(0.3)
    home.air.links[ADDRESS].lose(0x08)
    await home.clock.run(3)
    assert (await report(home, entry))["failures"] == {"lost": 1}
    assert home.value(device, "voltage") == "13.18"

    home.air.faults[ADDRESS].clear()
    await home.clock.run(35)
    assert (await report(home, entry))["last_error"] is None


async def test_a_module_that_refuses_a_subscription(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    home.air.faults[ADDRESS].latency = 0.2
    await poll(home, device)
    home.air.links[ADDRESS].services = ()
    home.air.links[ADDRESS]._by_handle.clear()
    await home.clock.run(20)
    assert (await report(home, entry))["failures"] == {"gatt_1": 1}
    assert not home.air.links


async def test_a_first_command_that_gets_lost_costs_nothing(home: Home) -> None:
    device = jbd(lose_first=1)
    entry = await added(home, device)
    await home.clock.run(35)
    assert (await report(home, entry))["failures"] == {}
    assert home.value(device, "voltage") == "13.18"


async def test_a_silent_battery_is_counted_as_such(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    home.air.faults[ADDRESS].mute = True
    await home.clock.run(60)
    assert set((await report(home, entry))["failures"]) == {"NoAnswer"}


async def test_damaged_answers_are_counted_by_what_is_wrong(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    home.air.faults[ADDRESS].corrupt = 1.0
    await home.clock.run(60)
    assert (await report(home, entry))["failures"]
    assert set((await report(home, entry))["failures"]) <= {
        "checksum",
        "noise",
        "end",
        "short",
    }


async def test_no_free_slot(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    home.air.slots = 0
    await home.listen(device, 20, every=5)
    assert set((await report(home, entry))["failures"]) == {"no_slot"}


async def test_two_batteries_at_once(home: Home) -> None:
    first, second = jbd(), jbd(address="A5:C2:37:00:00:05", pack={"soc": 0.3})
    await added(home, first)
    await added(home, second)
    await home.clock.run(70)
    assert home.value(first, "battery_level") == "60"
    assert home.value(second, "battery_level") == "30"


async def test_a_new_cell_appears_when_it_is_first_read(home: Home) -> None:
    device = jbd(pack={"cells": 4})
    entry = await added(home, device)
    assert home.entity_id(device, "cell_voltage_5") is None
    other = jbd(pack={"cells": 5})
    home.air.devices[ADDRESS] = other
    await home.clock.run(65)  # the first reading of another pack is not believed
    assert float(home.value(other, "cell_voltage_5")) > 3
    assert entry.data["profile"]["cells"] == 5

    # Back to four: the fifth stays, without a value.
    home.air.devices[ADDRESS] = device
    await home.clock.run(60)
    assert home.value(device, "cell_voltage_5") == "unknown"


async def test_a_password_that_no_longer_fits_asks_for_a_new_one(home: Home) -> None:
    device = jbd(password=WORD, handshake="short")
    form = await home.discover(device)
    form = await home.answer(form, {})
    done = await home.answer(form, {"password": WORD})
    entry = done["result"]
    await home.clock.run(5)
    assert home.value(device, "voltage") == "13.18"
    device.password = OTHER_WORD
    await home.clock.run(60)
    (flow,) = home.flows()
    assert flow["context"]["source"] == "reauth"
    assert flow["step_id"] == "password"
    assert (await report(home, entry))["failures"] == {"AuthRejected": 1}

    form = await home.answer(flow, {"password": "111111"})
    assert form["errors"] == {"base": "invalid_auth"}
    done = await home.answer(flow, {"password": OTHER_WORD})
    assert done["reason"] == "change_kept"
    await home.clock.run(5)
    assert entry.data["password"] == OTHER_WORD
    assert (await report(home, entry))["failures"] == {}


async def test_a_reload_shows_the_last_values_before_any_poll(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    home.air.refuse.add(ADDRESS)
    for _ in range(2):
        await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
        await home.clock.settle()
        assert home.value(device, "voltage") == "13.18"
        assert home.value(device, "cell_voltage_4") == "3.293"
        assert home.value(device, "probe_temperature_2") == "20.0"


async def test_unloading_ends_polls_and_listening(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    connects = home.air.connects
    home.shout(device)
    await home.clock.run(100)
    assert home.air.connects == connects
    assert home.value(device, "voltage") == "unavailable"


async def test_unloading_in_the_middle_of_a_poll_lets_the_battery_go(
    home: Home,
) -> None:
    device = jbd()
    entry = await added(home, device)
    home.air.faults[ADDRESS].latency = 2.0
    await poll(home, device)
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    await home.clock.run(1)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert not home.air.links


async def test_what_is_kept_is_written_at_the_end(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    device = jbd()
    await added(home, device)
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(1)
    kept = hass_storage[STATE]["data"][ADDRESS]
    assert kept["values"]["voltage"] == 13.18
    assert kept["cells"] == [3.298, 3.297, 3.292, 3.293]
    assert kept["probes"] == [[20.5, "cell"], [20.0, "cell"]]


async def test_what_is_kept_is_written_now_and_then(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """A crash must not lose days."""
    device = jbd()
    await added(home, device)
    await home.clock.run(16 * 60)
    assert ADDRESS in hass_storage[STATE]["data"]


async def test_removing_a_battery_forgets_what_was_kept(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    device = jbd()
    entry = await added(home, device)
    await added(home, jbd(address=OTHER))
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(1)
    assert set(hass_storage[STATE]["data"]) == {OTHER, "settings"}
    assert str(entry.unique_id) not in str(hass_storage[STATE]["data"])
    assert not er.async_entries_for_config_entry(
        er.async_get(home.hass), entry.entry_id
    )


async def test_removing_the_last_battery_leaves_no_file(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    entry = await added(home, jbd())
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(1)
    assert STATE in hass_storage
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(1)
    assert STATE not in hass_storage
    assert not er.async_get(home.hass).entities


KEPT = {
    "values": {"voltage": 12.5, "battery_level": 44, "of_tomorrow": 1},
    "cells": [3.1, None],
    "probes": [[18.5, "mosfet"]],
}
PROFILE = {
    "fields": ["battery_level", "of_tomorrow", "voltage"],
    "cells": 2,
    "probes": ["mosfet"],
    "info": {"serial_number": "SN-1", "hw_version": "H7"},
}


def entry_of_last_time(**data: Any) -> MockConfigEntry:
    return MockConfigEntry(
        domain="mi_bms",
        unique_id=ADDRESS,
        title="Pack",
        data={
            "kind": "battery",
            "address": ADDRESS,
            "family": "jbd",
            "profile": PROFILE,
            **data,
        },
    )


@pytest.fixture
def last_time(
    frozen: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    request: pytest.FixtureRequest,
) -> MockConfigEntry:
    """Leave what a former run of Home Assistant has stored of a battery, so many seconds ago."""
    read_at = dt_util.utcnow() - timedelta(seconds=request.param)
    hass_storage[STATE] = {
        "version": 1,
        "minor_version": 1,
        "key": STATE,
        "data": {ADDRESS: KEPT | {"read_at": read_at.isoformat()}},
    }
    return entry_of_last_time()


@pytest.mark.parametrize("last_time", [30], indirect=True)
async def test_a_sleeping_pack_has_its_entities_and_values_after_a_restart(
    last_time: MockConfigEntry, home: Home
) -> None:
    last_time.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(last_time.entry_id))
    await home.clock.settle()
    device = jbd()
    assert home.air.connects == 0
    assert home.value(device, "voltage") == "12.5"
    assert home.value(device, "battery_level") == "44"
    assert home.value(device, "cell_voltage_1") == "3.1"
    assert home.value(device, "cell_voltage_2") == "unknown"
    assert home.value(device, "probe_temperature_1") == "18.5"
    assert home.entity_id(device, "of_tomorrow") is None


@pytest.mark.parametrize("last_time", [3000], indirect=True)
async def test_values_that_are_too_old_are_not_shown_after_a_restart(
    last_time: MockConfigEntry, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    last_time.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(last_time.entry_id))
    await home.clock.run(1)
    device = home.air.add(jbd())
    assert home.value(device, "voltage") == "unavailable"
    assert said(caplog, "cannot be read") == 0  # nobody has tried
    home.shout(device)
    # Quite another pack than the one kept: it is believed the second time.
    await home.clock.run(50)
    assert home.value(device, "voltage") == "13.18"


async def test_a_first_start_without_anything_kept(home: Home) -> None:
    entry = entry_of_last_time()
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.clock.settle()
    device = jbd()
    assert home.value(device, "voltage") == "unavailable"
    assert entry.state is ConfigEntryState.LOADED


async def test_a_family_that_this_version_does_not_know(home: Home) -> None:
    entry = entry_of_last_time(family="of_tomorrow")
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "family_unknown"


async def test_words_and_masks(home: Home) -> None:
    """Balancing cells are a mask in the sample, and on or off for the user."""
    device = jbd(pack={"soc": 1.0, "mismatch": 0.05, "profile": {"current": 5.0}})
    for second in range(3):
        device.tick(float(second))
    assert any(device.pack.balancing)
    await added(home, device)
    assert home.value(device, "balancer") == "on"
