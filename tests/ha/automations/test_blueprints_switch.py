"""Two blueprints switch a battery itself in place of a charger, where its options allow that."""

from collections.abc import AsyncIterator
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.mi_bms.face.blueprints import async_add
from homeassistant.setup import async_setup_component

from ..batteries.guarded import CHARGE_OFF, RELEASED, Guarded, guarded
from ..home import Home


def switched(one: Guarded) -> dict[str, Any]:
    """Return what a blueprint has to be told of a battery that it switches."""
    return {
        "charger": one.home.entity_id(one.device, "charging_allowed"),
        "allow": one.home.entity_id(one.device, "allow_commands"),
    }


async def automate(one: Guarded, folder: Path, name: str, **inputs: Any) -> None:
    """Make an automation of a blueprint."""
    hass, home = one.home.hass, one.home
    hass.config.config_dir = str(folder)
    assert await async_setup_component(hass, "automation", {})
    await home.clock.settle()
    assert await async_add(hass)
    use = {"path": f"mi_bms/{name}.yaml", "input": inputs}
    text = f"automation: {json.dumps([{'id': name, 'alias': name, 'use_blueprint': use}])}\n"
    path = folder / "configuration.yaml"
    await hass.async_add_executor_job(path.write_text, text)
    await hass.services.async_call("automation", "reload", blocking=True)
    await home.clock.settle()
    (automation,) = hass.states.async_all("automation")
    assert automation.state == "on"


@pytest.fixture
async def one(home: Home) -> AsyncIterator[Guarded]:
    """Return a battery that may be switched; what waits for it ends with the test."""
    yield await guarded(home)
    await home.hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )


async def test_frost_stops_charging(one: Guarded, tmp_path: Path) -> None:
    coldest = one.home.entity_id(one.device, "temperature")
    name = "frost_stops_charging"
    await automate(one, tmp_path, name, temperature=coldest, **switched(one))
    one.device.pack.temperature = 1.0
    await one.listen(120)
    assert one.locked == {"charge"}
    assert one.orders == [CHARGE_OFF]
    # Neither once more nor too early.
    one.device.pack.temperature = 3.0
    await one.listen(120)
    assert one.orders == [CHARGE_OFF]
    one.device.pack.temperature = 8.0
    await one.listen(120)
    assert one.locked == set()
    assert one.orders == [CHARGE_OFF, RELEASED]


async def test_it_ends_by_itself(one: Guarded, tmp_path: Path) -> None:
    coldest = one.home.entity_id(one.device, "temperature")
    inputs = {"temperature": coldest, "minutes": 5, **switched(one)}
    await automate(one, tmp_path, "frost_stops_charging", **inputs)
    one.device.pack.temperature = 1.0
    await one.listen(120)
    assert one.locked == {"charge"}
    await one.listen(300)
    assert one.locked == set()


async def test_charge_between_two_levels(one: Guarded, tmp_path: Path) -> None:
    level = one.home.entity_id(one.device, "battery_level")
    inputs = {"level": level, "go": 40, "stop": 80, **switched(one)}
    await automate(one, tmp_path, "charge_window", **inputs)
    pack = one.device.pack
    for share, locked in ((0.5, False), (0.85, True), (0.6, True), (0.3, False)):
        pack.remaining = share * pack.capacity
        await one.listen(600)
        assert (one.locked == {"charge"}) is locked, share
    assert one.orders == [CHARGE_OFF, RELEASED]


async def test_nobody_is_told_of_what_was_switched_on_purpose(
    one: Guarded, tmp_path: Path
) -> None:
    told = async_mock_service(one.home.hass, "test", "tell")
    alarm = one.home.entity_id(one.device, "alarm")
    # Never quiet, whatever the time of the test is.
    inputs = {"alarms": [alarm], "quiet_from": "00:00:00", "quiet_to": "00:00:01"}
    actions = [{"action": "test.tell"}]
    await automate(one, tmp_path, "alarm_with_quiet_hours", **inputs, actions=actions)
    await one.arm()
    assert await one.act("charge", "off") == "confirmed"
    await one.listen(120)
    assert one.home.value(one.device, "alarm") == "mosfet_locked"
    assert told == []
    one.device.pack.protections.add("discharge_overcurrent")
    await one.listen(120)
    assert one.home.value(one.device, "alarm") == "discharge_overcurrent"
    assert len(told) == 1
