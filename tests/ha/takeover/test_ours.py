"""What we have of a device that is set up here: as its entities say it."""

from typing import Any

from custom_components.mi_bms.proto.takeover.model import Statistic
from custom_components.mi_bms.takeover.ours import ours_of_entry
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from tests.world.devices import KINDS

from ..batteries.test_batteries import added, jbd, still
from ..home import Home

SENSOR = "A4:C1:38:00:14:41"


async def thermometer(home: Home) -> ConfigEntry[Any]:
    return await home.add(
        KINDS["ATC1441"](address=SENSOR, start={"temperature": 21.7, "humidity": 40})
    )


async def test_a_sensor_says_what_it_shows(home: Home) -> None:
    entry = await thermometer(home)
    ours = ours_of_entry(home.hass, entry)
    row = ours["sensor", "temperature"]
    state = home.hass.states.get(row.entity_id or "")
    assert state is not None
    assert (row.value, row.unit) == (state.state, "°C")
    assert row.statistic is Statistic.MEAN
    assert row.at == state.last_reported.timestamp()
    assert not ours["sensor", "rssi"].shown, "off at first"


async def test_one_that_is_switched_off_has_its_entities_still(home: Home) -> None:
    entry = await thermometer(home)
    running = set(ours_of_entry(home.hass, entry))
    await home.clock.wait(
        home.hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )
    )
    off = ours_of_entry(home.hass, entry)
    assert {("sensor", "rssi")} <= set(off) <= running
    assert all(row.value is None for row in off.values())


async def test_a_battery_has_a_row_for_each_entity(home: Home) -> None:
    entry = await added(home, jbd())
    ours = ours_of_entry(home.hass, entry)
    assert ours["sensor", "voltage"].value is not None
    assert ours["sensor", "cell_voltage_1"].number == 1
    assert ours["sensor", "energy_charged"].statistic is Statistic.SUM
    assert ours["sensor", "connection"].entity_id
    await home.clock.wait(
        home.hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )
    )
    assert set(ours_of_entry(home.hass, entry)) == set(ours)


async def test_what_a_battery_shows_is_as_old_as_its_last_reading(home: Home) -> None:
    battery = still()
    entry = await added(home, battery)
    written = home.state(battery, "voltage").last_reported
    for _ in range(5):
        home.shout(battery)
        await home.clock.run(60)
    state, read_at = home.state(battery, "voltage"), home.read_at(battery)
    assert state.last_reported == written, "it shows the same all the while"
    row = ours_of_entry(home.hass, entry)["sensor", "voltage"]
    assert read_at is not None
    assert (row.value, row.at) == (state.state, read_at.timestamp())
    assert read_at > written
