"""What a battery is set to: sensors that are off at first, and that hold their values between two looks and over a reload."""

import pytest

from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS
from tests.world.devices.recorded import Recorded

from ..home import Home

ADDRESS = "C8:47:8C:00:15:45"
SHOWN = {
    "cell_overvoltage_limit": 3.65,
    "pack_undervoltage_limit": 43.2,
    "charge_current_limit": 110,
    "charge_undertemperature_limit": -10,
    "balance_start_difference": 0.03,
}


@pytest.mark.parametrize("field", SHOWN)
async def test_they_are_off_at_first(home: Home, field: str) -> None:
    device: Recorded = KINDS["RECORDED"](address=ADDRESS, vector="seplos_v2:settings")
    await home.add(device)
    await home.clock.run(90)
    entity_id = home.entity_id(device, field)
    assert entity_id is not None
    assert home.hass.states.get(entity_id) is None
    entry = er.async_get(home.hass).async_get(entity_id)
    assert entry is not None
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert entry.entity_category == "diagnostic"


async def test_they_hold_between_two_looks_and_over_a_reload(home: Home) -> None:
    device: Recorded = KINDS["RECORDED"](address=ADDRESS, vector="seplos_v2:settings")
    entry = await home.add(device)
    await home.clock.run(90)
    registry = er.async_get(home.hass)
    for field in SHOWN:
        entity_id = home.entity_id(device, field)
        assert entity_id is not None
        registry.async_update_entity(entity_id, disabled_by=None)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    connects = home.air.connects
    for polls in range(3):
        assert home.air.connects - connects >= min(polls, 1)
        for field, value in SHOWN.items():
            assert float(home.value(device, field)) == pytest.approx(value), field
        await home.clock.run(31)
