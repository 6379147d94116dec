"""The meters of a battery in Home Assistant: they grow, outlive whatever happens, and never fall."""

import asyncio
from datetime import timedelta
from itertools import pairwise
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    mock_restore_cache_with_extra_data,
)

from custom_components.mi_bms.stored import STATE as STORED
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..clock import AT_NOON
from ..home import Home
from ..sensors.test_sensors import STATE
from .test_batteries import (
    ADDRESS,
    KEPT,
    PROFILE,
    added,
    entry_of_last_time,
    report,
    still,
)

pytestmark = AT_NOON

CHARGED, DISCHARGED = "energy_charged", "energy_discharged"
COVERAGE = "energy_coverage"
ON = {CHARGED, DISCHARGED, COVERAGE}
OFF = {"charge_in", "charge_out", "equivalent_full_cycles", "efficiency"}
POINT = {
    "wall": 0.0,
    "power": 0.0,
    "current": 0.0,
    "voltage": 13.2,
    "charge": 40.0,
    "step": 0.01,
    "counted": True,
    "capacity": 100.0,
    "level": 40.0,
    "counters": [None, None, None, None],
    "factor": 1.0,
}


def loaded(amperes: float = 40.0) -> Any:
    """Make a battery into which a current flows."""
    device = still()
    device.pack.current = amperes
    return device


async def exact(home: Home, entry: ConfigEntry[Any]) -> Any:
    """Return what is counted: states follow in steps."""
    return (await report(home, entry))["meters"]


def total(home: Home, device: Any, key: str = CHARGED) -> float:
    return float(home.value(device, key))


def states_of(home: Home, device: Any, key: str) -> list[str]:
    """Collect the states of an entity that are written from now on."""
    written: list[str] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None and new.entity_id == home.entity_id(device, key):
            written.append(new.state)

    home.hass.bus.async_listen("state_changed", changed)
    return written


def falls(states: list[str]) -> bool:
    known = [float(one) for one in states if one not in {"unknown", "unavailable"}]
    return any(new < old for old, new in pairwise(known))


async def reload(home: Home, entry: ConfigEntry[Any]) -> None:
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.settle()


async def started(home: Home) -> Any:
    shown = PROFILE | {"fields": ["battery_level", "current", "voltage"]}
    entry = entry_of_last_time(profile=shown)
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.clock.settle()
    return still()


def keep(storage: dict[str, Any], meter: dict[str, Any], *, ago: float = 30.0) -> None:
    """Leave what a former run has stored."""
    then = dt_util.utcnow() - timedelta(seconds=ago)
    if "last" in meter:
        meter = meter | {"last": POINT | meter["last"] | {"wall": then.timestamp()}}
    storage[STATE] = {
        "version": 1,
        "minor_version": 1,
        "key": STATE,
        "data": {ADDRESS: KEPT | {"read_at": then.isoformat(), "meter": meter}},
    }


async def test_what_flows_is_counted(home: Home) -> None:
    device = loaded()
    entry = await added(home, device)
    assert {home.value(device, one) for one in (CHARGED, DISCHARGED)} == {"0.0"}
    await home.listen(device, 90, every=10)
    watts = float(home.value(device, "power"))
    counted = (await exact(home, entry))[CHARGED]
    assert counted == pytest.approx(watts * 890 / 3.6e6, rel=0.04)
    assert total(home, device) == pytest.approx(counted, abs=0.015)
    assert home.value(device, DISCHARGED) == "0.0"
    assert home.value(device, COVERAGE) == "100.0"
    known = home.state(device, COVERAGE).attributes
    assert known["measured_s"] == pytest.approx(870, abs=310)
    assert known["left_out_s"] == 0
    meter = home.state(device, CHARGED).attributes
    assert meter["state_class"] == "total_increasing"
    assert meter["device_class"] == "energy"
    assert meter["unit_of_measurement"] == "kWh"


async def test_which_meters_there_are(home: Home) -> None:
    device = loaded()
    await added(home, device)
    registry = er.async_get(home.hass)
    for key in ON | OFF:
        entity_id = home.entity_id(device, key)
        assert entity_id
        entity = registry.async_get(entity_id)
        assert entity
        assert (entity.disabled_by is None) is (key in ON)


@pytest.mark.usefixtures("all_entities_on")
async def test_charge_and_cycles_are_counted_too(home: Home) -> None:
    device = loaded(-40.0)
    entry = await added(home, device)
    await home.listen(device, 60, every=10)
    counted = await exact(home, entry)
    assert counted["charge_out"] == pytest.approx(40 / 6, rel=0.06)
    assert 0 < total(home, device, "charge_out") <= counted["charge_out"]
    assert home.value(device, "charge_in") == "0.0"
    assert counted["equivalent_full_cycles"] == pytest.approx(0.07, abs=0.01)
    assert home.value(device, "efficiency") == "unknown"


async def test_a_reload_loses_and_doubles_nothing(home: Home) -> None:
    device = loaded()
    entry = await added(home, device)
    written = states_of(home, device, CHARGED)
    for _ in range(4):
        await home.listen(device, 15, every=10)
        await reload(home, entry)
    await home.listen(device, 30, every=10)
    watts = float(home.value(device, "power"))
    assert not falls(written)
    assert "0.0" not in written[1:]
    counted = (await exact(home, entry))[CHARGED]
    assert counted == pytest.approx(watts * 890 / 3.6e6, rel=0.04)


async def test_a_gap_is_bridged_by_what_the_battery_counts(home: Home) -> None:
    device = loaded()
    entry = await added(home, device)
    await home.listen(device, 6, every=10)
    before = total(home, device)
    home.air.refuse.add(ADDRESS)
    await home.clock.run(1800)
    device.pack.remaining += 5.0
    home.air.refuse.clear()
    await home.listen(device, 30, every=10)
    volts = float(home.value(device, "voltage"))
    day = await exact(home, entry)
    assert total(home, device) - before > 5.0 * volts / 1000
    assert day["estimated_in"] == pytest.approx(5.0 * volts / 1000, rel=0.01)
    assert day["longest_gap_s"] == pytest.approx(1800, abs=200)
    assert day["energy_coverage"] < 30


async def test_gaps_are_left_out_where_the_user_wants_that(home: Home) -> None:
    device = loaded()
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"estimates": False})
    await home.listen(device, 6, every=10)
    home.air.refuse.add(ADDRESS)
    await home.clock.run(1800)
    device.pack.remaining += 5.0
    home.air.refuse.clear()
    await home.listen(device, 10, every=10)
    day = await exact(home, entry)
    assert day["estimated_in"] == 0
    assert day["left_out_s"] == pytest.approx(1800, abs=200)


async def test_a_current_that_the_user_turns_is_not_drawn_through(home: Home) -> None:
    device = loaded(-40.0)
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"invert_current": True})
    await home.listen(device, 12, every=10)
    day = await exact(home, entry)
    assert day["energy_charged"] > 0
    assert day["energy_discharged"] == pytest.approx(0, abs=0.002)


async def test_what_was_counted_before_goes_on_over_a_start(
    frozen: FrozenDateTimeFactory, hass_storage: dict[str, Any], home: Home
) -> None:
    last = {"power": 600.0, "current": 45.0}
    keep(hass_storage, {"totals": {CHARGED: 12.5}, "last": last})
    device = await started(home)
    assert total(home, device) == 12.5
    device.pack.current = 45.0
    home.air.add(device)
    await home.listen(device, 5)
    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    counted = await exact(home, entry)
    # The half minute before the start is drawn as a line.
    assert counted[CHARGED] == pytest.approx(12.505, abs=0.001), counted


async def test_what_is_stored_is_sound(
    hass_storage: dict[str, Any], home: Home
) -> None:
    await added(home, loaded())
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.settle()
    stored = json.loads(json.dumps(hass_storage[STATE]["data"]))
    assert STORED(stored) == stored
    assert stored[ADDRESS]["meter"]["last"]


async def test_damaged_figures_are_none(
    hass_storage: dict[str, Any], home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    keep(
        hass_storage,
        {"totals": {CHARGED: "much", DISCHARGED: 3.0}, "last": {"step": None}},
    )
    device = await started(home)
    assert "damaged" in caplog.text
    assert total(home, device, DISCHARGED) == 3.0
    assert home.value(device, CHARGED) == "0.0"


async def remembered(hass: HomeAssistant, value: float, unit: str = "kWh") -> None:
    """Let Home Assistant know a state of a former run."""
    name = "sensor.b_energy_charged"
    er.async_get(hass).async_get_or_create(
        "sensor",
        "mi_bms",
        f"{ADDRESS}-{CHARGED}",
        suggested_object_id="b_energy_charged",
    )
    extra = {"native_value": value, "native_unit_of_measurement": unit}
    mock_restore_cache_with_extra_data(hass, [(State(name, str(value)), extra)])


@pytest.mark.parametrize(("value", "unit"), [(20.0, "kWh"), (20_000.0, "Wh")])
async def test_an_old_backup_is_no_fall(
    hass_storage: dict[str, Any], home: Home, value: float, unit: str
) -> None:
    keep(hass_storage, {"totals": {CHARGED: 12.5}})
    await remembered(home.hass, value, unit)
    device = await started(home)
    written = states_of(home, device, CHARGED)
    assert total(home, device) == 20.0
    home.air.add(device)
    await home.listen(device, 10, every=10)
    assert not falls(["20.0", *written])
    assert "0.0" not in written


async def test_a_state_that_is_no_number_says_nothing(
    hass_storage: dict[str, Any], home: Home
) -> None:
    keep(hass_storage, {"totals": {CHARGED: 12.5}})
    await remembered(home.hass, float("inf"))
    device = await started(home)
    assert total(home, device) == 12.5


@pytest.mark.parametrize("tells", [True, False])
async def test_a_recorder_that_takes_long_is_waited_for(
    hass_storage: dict[str, Any],
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    tells: bool,
) -> None:
    awake = asyncio.Event()

    async def recorded(_hass: HomeAssistant, name: str) -> list[State]:
        await awake.wait()
        return [State(name, "20.0", {"unit_of_measurement": "kWh"})]

    monkeypatch.setattr("custom_components.mi_bms.meters.async_recorded", recorded)
    keep(hass_storage, {"totals": {CHARGED: 12.5}})
    device = await started(home)
    assert home.value(device, CHARGED) == "unknown"
    home.air.add(device)
    await home.listen(device, 10, every=10)
    assert home.value(device, CHARGED) == "unknown"
    if tells:
        awake.set()
        await home.clock.settle()
        assert total(home, device) == 20.0
    # Who is never told goes away all the same.
    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))


async def test_meters_are_known_while_the_battery_is_not(home: Home) -> None:
    device = loaded()
    await added(home, device)
    await home.listen(device, 30, every=10)
    home.air.refuse.add(ADDRESS)
    await home.clock.run(900)
    assert home.value(device, "voltage") == "unavailable"
    assert total(home, device) > 0
    assert total(home, device, COVERAGE) < 65


async def test_before_a_battery_is_unloaded_its_meters_are_written(home: Home) -> None:
    device = loaded(0.8)
    entry = await added(home, device)
    await home.listen(device, 12, every=10)
    exact = entry.runtime_data.metering.meter
    await home.listen(device, 3, every=10)
    written = states_of(home, device, COVERAGE)
    assert written == []
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    assert written[-1] == "unavailable"
    assert len(written) == 2
    assert exact.total(CHARGED) > 0


async def test_before_home_assistant_stops_the_meters_are_written(home: Home) -> None:
    device = loaded()
    await added(home, device)
    await home.listen(device, 15, every=10)
    written = states_of(home, device, COVERAGE)
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await home.clock.settle()
    assert len(written) == 1


async def test_what_was_counted_elsewhere_goes_on(home: Home) -> None:
    device = loaded()
    entry = await home.add(device, {"meters": {"start_energy_charged": 1234.5}})
    await home.clock.run(5)
    assert home.value(device, CHARGED) == "1234.5"
    assert home.value(device, DISCHARGED) == "0.0"
    await reload(home, entry)
    assert home.value(device, CHARGED) == "1234.5"


async def test_what_was_counted_elsewhere_cannot_be_given_later(home: Home) -> None:
    device = loaded()
    entry = await added(home, device)
    form = await home.options(entry)
    asked = await home.set_options(form, {"start_energy_charged": 1234.5})
    assert asked["errors"] == {"base": "start_fixed"}
    assert total(home, device) < 1
    done = await home.set_options(asked, {"interval": 20})
    assert done["type"] == "create_entry"


async def test_a_battery_without_a_current_has_no_meters(home: Home) -> None:
    device = still()
    entry = entry_of_last_time()
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.clock.settle()
    assert home.entity_id(device, CHARGED) is None
    # It shows one with its first sample.
    home.air.add(device)
    await home.listen(device, 5)
    assert home.entity_id(device, CHARGED)
