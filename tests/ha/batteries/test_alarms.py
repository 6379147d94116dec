"""Alarms in words: the most serious one, all of them, and an event when one comes or goes."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from tests.world.devices import KINDS
from tests.world.devices.server import GattBattery

from ..home import Home

COUNT = "protection_count_short_circuit"
ADDRESS = "A5:C2:37:00:00:04"
STATES = bytes.fromhex("000122000050379f")
REFUSED = bytes.fromhex("0081029051")


def jbd() -> GattBattery:
    device: GattBattery = KINDS["JBD"](address=ADDRESS, name="JBD-mine")
    return device


async def added(home: Home, device: GattBattery) -> ConfigEntry[Any]:
    entry = await home.add(device)
    await home.clock.run(2)
    return entry


async def watch(home: Home, device: GattBattery) -> list[tuple[str, str]]:
    """Collect the alarm events of a battery from now on."""
    heard: list[tuple[str, str]] = []
    told = {home.value(device, "alarm_change")}  # the time of the event is the state

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and "event_type" in state.attributes:
            words = state.attributes
            if state.state not in told and words["event_type"]:
                told.add(state.state)
                heard.append((words["event_type"], words["change"]))

    entity_id = home.entity_id(device, "alarm_change")
    assert entity_id is not None
    async_track_state_change_event(home.hass, [entity_id], changed)
    return heard


async def until(home: Home, device: GattBattery, field: str, value: str) -> None:
    """Wait until a field is read as something; when that is depends on what the battery does."""
    await home.clock.until(lambda: home.value(device, field) == value, 400)


def protect(device: GattBattery, *words: str) -> None:
    """Let the board of a battery act."""
    device.pack.protections.clear()
    device.pack.protections.update(words)
    device.pack.step = lambda _seconds: None  # type: ignore[method-assign,assignment]


async def test_alarms_exist_before_the_first_one(home: Home) -> None:
    device = jbd()
    await added(home, device)
    assert home.value(device, "alarm") == "none"
    assert home.state(device, "alarm").attributes["active"] == []
    assert home.value(device, "problem") == "off"
    assert home.value(device, "alarm_change") == "unknown"


async def test_an_alarm_comes_and_goes(home: Home) -> None:
    device = jbd()
    await added(home, device)
    heard = await watch(home, device)
    protect(device, "cell_undervoltage", "discharge_overcurrent")
    await until(home, device, "alarm", "cell_undervoltage")
    assert home.state(device, "alarm").attributes["active"] == [
        "cell_undervoltage",
        "discharge_overcurrent",
    ]
    assert home.value(device, "problem") == "on"
    assert heard == [
        ("cell_undervoltage", "appeared"),
        ("discharge_overcurrent", "appeared"),
    ]
    heard.clear()
    await home.clock.run(60)
    assert heard == []  # it is still there: nothing happened

    protect(device, "discharge_overcurrent")
    await until(home, device, "alarm", "discharge_overcurrent")
    assert heard == [("cell_undervoltage", "cleared")]


async def test_a_restart_tells_no_alarm_anew(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    protect(device, "charge_overcurrent")
    await until(home, device, "alarm", "charge_overcurrent")
    heard = await watch(home, device)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert home.value(device, "alarm") == "charge_overcurrent"  # what was kept
    await home.clock.run(90)
    assert heard == []
    protect(device)
    await until(home, device, "alarm", "none")
    assert heard == [("charge_overcurrent", "cleared")]


async def test_a_family_without_alarms_has_no_alarm_entities(home: Home) -> None:
    device = KINDS["RECORDED"](
        address="C8:47:8C:00:15:44", vector="superb_v2:discharging"
    )
    await home.add(device)
    await home.clock.run(3)
    assert home.entity_id(device, "alarm") is None
    assert home.entity_id(device, "alarm_change") is None


async def test_alarms_that_the_battery_refuses_to_tell_are_unknown(home: Home) -> None:
    device = KINDS["RECORDED"](
        address="C8:47:8C:00:15:45", vector="seplos:warning_is_no_problem"
    )
    await home.add(device)
    await home.clock.run(5)
    assert home.value(device, "alarm") == "cell_undervoltage_warning"
    assert home.value(device, "problem") == "off"
    heard = await watch(home, device)
    states = next(step for step in device._entries if step.write == STATES)
    states.notify[:] = [REFUSED]
    await until(home, device, "problem", "unknown")
    assert home.value(device, "alarm") == "unknown"
    assert home.state(device, "alarm").attributes["active"] == []
    assert heard == []


async def test_counts_of_protections_are_off_at_first(home: Home) -> None:
    device = jbd()
    device.pack.counters["short_circuit"] = 3
    await added(home, device)
    await home.clock.until(lambda: home.entity_id(device, COUNT), 400)
    entity_id = home.entity_id(device, COUNT)
    assert entity_id is not None
    assert home.hass.states.get(entity_id) is None
    er.async_get(home.hass).async_update_entity(entity_id, disabled_by=None)
    await home.clock.run(40)  # the registry's own delay, and a reload
    await until(home, device, COUNT, "3")
    state = home.state(device, COUNT)
    assert state.attributes["state_class"] == "total_increasing"
