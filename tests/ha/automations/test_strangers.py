"""Real automations with every device trigger of a sensor: a stranger's frames run none of them."""

import itertools
import sys

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.components.device_automation import (
    DeviceAutomationType,
    async_get_device_automations,
)
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from ..home import Home
from ..sensors.forger import VICTIMS, Victim
from ..sensors.test_proofs import restart
from ..sensors.test_twins import stranger
from ..sensors.victims import Watch

# One of each way to encrypt, and a lock.
KINDS = {"remote", "lock", "knob", "bthome2button"}
WITH_EVENTS = [one for one in VICTIMS if one.name in KINDS]
ROUNDS = 30


@pytest.mark.parametrize("victim", WITH_EVENTS, ids=lambda one: one.name)
@pytest.mark.usefixtures("all_entities_on")
async def test_no_device_trigger_runs_for_a_stranger(
    home: Home, victim: Victim, capsys: pytest.CaptureFixture[str]
) -> None:
    """Forged, changed and recorded frames, before a restart and after it."""
    watch = Watch(home, victim)
    await watch.set_up()
    await watch.lives(4)
    hass = home.hass
    (device,) = dr.async_entries_for_config_entry(
        dr.async_get(hass), watch.entry.entry_id
    )
    found = await async_get_device_automations(
        hass, DeviceAutomationType.TRIGGER, [device.id]
    )
    triggers = [one for one in found[device.id] if one["domain"] == "mi_bms"]
    assert triggers
    ran = async_mock_service(hass, "test", "automation")
    for one in triggers:
        one.pop("metadata", None)
    made = async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": triggers,
                "actions": {"action": "test.automation"},
            }
        },
    )
    assert await home.clock.wait(made)
    forged = stranger(watch)
    for _ in range(2):
        for frame in itertools.islice(forged, ROUNDS):
            await watch.hear(frame, 3.0)
        assert ran == []
        await restart(home, watch, lambda: None)  # type: ignore[arg-type]
    for frame in watch.said:
        # What is due in between is no frame.
        await home.clock.leap(400.0)
        await watch.hear(frame)
    assert ran == []
    # And it runs at the sensor's own.
    watch.count += 1
    for one in victim.events:
        await watch.genuine(one)
    assert len(ran) >= 1
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(triggers)} device triggers, {2 * ROUNDS + len(watch.said)} forged or replayed frames: fired 0\n"
        )
