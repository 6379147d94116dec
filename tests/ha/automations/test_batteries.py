"""Our triggers and conditions for batteries: alarms that appear, cells that drift apart."""

from pathlib import Path
from typing import Any

import pytest

from custom_components import mi_bms
from homeassistant.util.yaml import load_yaml_dict
from tests.world.devices import KINDS
from tests.world.devices.server import GattBattery

from ..batteries.guarded import armed
from ..home import Home
from .conftest import Automate

TRIGGERS = load_yaml_dict(str(Path(mi_bms.__file__).with_name("triggers.yaml")))
ADDRESS = "A5:C2:37:00:00:04"


def jbd() -> GattBattery:
    device: GattBattery = KINDS["JBD"](address=ADDRESS, name="JBD-mine")
    device.pack.step = lambda _seconds: None  # type: ignore[method-assign,assignment]
    return device


async def added(home: Home) -> GattBattery:
    device = jbd()
    await home.add(device)
    await home.clock.until(lambda: home.entity_id(device, "delta_voltage"))
    await home.clock.run(35)
    return device


def protect(device: GattBattery, *words: str) -> None:
    device.pack.protections.clear()
    device.pack.protections.update(words)


async def until(home: Home, device: GattBattery, field: str, value: str) -> None:
    for _ in range(60):
        await home.listen(device, 1, every=10)
        if home.value(device, field) == value:
            return
    assert home.value(device, field) == value


def target(home: Home, device: GattBattery, field: str) -> dict[str, Any]:
    return {"entity_id": home.entity_id(device, field)}


@pytest.mark.parametrize(
    ("chosen", "times"),
    [
        ([], 2),
        (["discharge_overcurrent"], 1),
        (["cell_undervoltage", "discharge_overcurrent"], 2),
        (["charge_overcurrent"], 0),
    ],
)
async def test_each_alarm_that_appears_fires_once(
    home: Home, automate: Automate, chosen: list[str], times: int
) -> None:
    device = await added(home)
    calls = await automate(
        {
            "trigger": "mi_bms.alarm_appeared",
            "target": target(home, device, "alarm_change"),
            "options": {"alarm": chosen},
        }
    )
    protect(device, "cell_undervoltage", "discharge_overcurrent")
    await until(home, device, "alarm", "cell_undervoltage")
    assert len(calls) == times
    await home.clock.run(120)
    assert len(calls) == times  # they are still there: nothing happened
    protect(device)
    await until(home, device, "alarm", "none")
    assert len(calls) == times  # they went


@pytest.mark.parametrize(("chosen", "times"), [([], 0), (["mosfet_locked"], 1)])
async def test_what_was_switched_off_on_purpose_is_no_alarm(
    home: Home, automate: Automate, chosen: list[str], times: int
) -> None:
    """Who wants to hear of it names it."""
    one = await armed(home)
    calls = await automate(
        {
            "trigger": "mi_bms.alarm_appeared",
            "target": target(home, one.device, "alarm_change"),
            "options": {"alarm": chosen},
        }
    )
    assert await one.act("charge", "off") == "confirmed"
    await until(home, one.device, "alarm", "mosfet_locked")
    assert len(calls) == times


async def test_an_alarm_that_is_there_after_a_restart_fires_nothing(
    home: Home, automate: Automate
) -> None:
    device = await added(home)
    protect(device, "charge_overcurrent")
    await until(home, device, "alarm", "charge_overcurrent")
    calls = await automate(
        {
            "trigger": "mi_bms.alarm_appeared",
            "target": target(home, device, "alarm_change"),
        }
    )
    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(120)
    assert calls == []


async def test_an_alarm_of_a_battery_that_was_away_fires(
    home: Home, automate: Automate
) -> None:
    """What it came back with is what it went away for."""
    device = await added(home)
    calls = await automate(
        {
            "trigger": "mi_bms.alarm_appeared",
            "target": target(home, device, "alarm_change"),
        }
    )
    home.air.tells_slots, home.air.slots = True, 0
    await home.listen(device, 120, every=10)
    assert home.value(device, "alarm_change") == "unavailable"
    protect(device, "discharge_overcurrent")
    home.air.slots = 3
    for _ in range(60):
        await home.listen(device, 1, every=10)
    assert home.value(device, "alarm") == "discharge_overcurrent"
    assert len(calls) == 1


async def test_the_trigger_of_alarms_is_offered_for_batteries_alone(home: Home) -> None:
    """The editor lists a trigger for each entity that its target fits: buttons have no alarms."""
    device = await added(home)
    remote = KINDS["YLYK01YL"](address="F8:24:41:00:01:53")
    await home.add(remote)
    remote.press("button_plus")
    await home.listen(remote, 3, every=0.1)
    wanted = TRIGGERS["alarm_appeared"]["target"]["entity"]["device_class"]
    classes = {
        state.entity_id: state.attributes.get("device_class")
        for state in home.hass.states.async_all("event")
    }
    assert len(classes) == 2
    fits = [one for one, kind in classes.items() if kind == wanted]
    assert fits == [home.entity_id(device, "alarm_change")]


def spread(device: GattBattery, millivolts: int) -> None:
    """Let one cell be further away from the others."""
    others = [3300] * (device.pack.cells - 1)
    device._millivolts = lambda: [*others, 3300 + millivolts]  # type: ignore[attr-defined]


async def cells(home: Home, device: GattBattery, millivolts: int) -> None:
    spread(device, millivolts)
    await until(home, device, "delta_voltage", str(millivolts / 1000))


async def test_cells_that_drift_apart_fire_once(home: Home, automate: Automate) -> None:
    device = await added(home)
    await cells(home, device, 20)
    calls = await automate(
        {
            "trigger": "mi_bms.cells_drifted_apart",
            "target": target(home, device, "delta_voltage"),
            "options": {"difference": 50, "for": {"minutes": 3}},
        }
    )
    await cells(home, device, 80)
    await home.clock.run(60)
    await cells(home, device, 30)
    await home.clock.run(300)
    assert calls == []  # not for long enough

    await cells(home, device, 80)
    await home.clock.run(300)
    await cells(home, device, 120)
    await home.clock.run(300)
    assert len(calls) == 1

    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(600)
    assert len(calls) == 1


@pytest.mark.parametrize("apart", [30, 80])
async def test_conditions_tell_how_it_is(
    home: Home, automate: Automate, apart: int
) -> None:
    device = await added(home)
    calls = await automate(
        {"trigger": "event", "event_type": "look"},
        {
            "condition": "mi_bms.cells_are_apart",
            "target": target(home, device, "delta_voltage"),
            "options": {"behavior": "any", "difference": 50},
        },
        {
            "condition": "mi_bms.alarm_is_active",
            "target": target(home, device, "alarm"),
            "options": {"behavior": "any", "alarm": ["discharge_overcurrent"]},
        },
    )
    await cells(home, device, apart)
    home.hass.bus.async_fire("look")
    await home.clock.settle()
    assert calls == []

    # It is not the most serious one, and active all the same.
    protect(device, "cell_undervoltage", "discharge_overcurrent")
    await until(home, device, "alarm", "cell_undervoltage")
    home.hass.bus.async_fire("look")
    await home.clock.settle()
    assert len(calls) == (1 if apart > 50 else 0)
