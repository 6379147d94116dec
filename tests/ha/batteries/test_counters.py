"""What only some batteries count: energy, charge, power in and out, the time since start."""

from typing import Any

import pytest

from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS
from tests.world.devices.recorded import Recorded

from ..home import Home

ADDRESS = "C8:47:8C:00:15:45"


async def added(home: Home, vector: str) -> Recorded:
    """Add the battery of a recording."""
    device: Recorded = KINDS["RECORDED"](address=ADDRESS, vector=vector)
    await home.add(device)
    await home.clock.run(60)
    return device


@pytest.mark.parametrize(
    ("vector", "field", "shown", "attributes"),
    [
        (
            "x123smart:no_pin",
            "energy_in",
            0.016,
            {
                "unit_of_measurement": "kWh",
                "device_class": "energy",
                "state_class": "total_increasing",
            },
        ),
        ("x123smart:no_pin", "energy_out", 0.032, {"unit_of_measurement": "kWh"}),
        (
            "allpowers:update_discharging",
            "input_power",
            85,
            {"unit_of_measurement": "W", "device_class": "power"},
        ),
        ("allpowers:update_discharging", "output_power", 120, {}),
        (
            "ant:update",
            "total_charged",
            15492.648,
            {"unit_of_measurement": "Ah", "state_class": "total_increasing"},
        ),
    ],
)
async def test_what_is_counted_is_shown(
    home: Home, vector: str, field: str, shown: float, attributes: dict[str, Any]
) -> None:
    device = await added(home, vector)
    state = home.state(device, field)
    assert float(state.state) == pytest.approx(shown)
    assert attributes.items() <= state.attributes.items()


async def test_a_charger_is_a_plug(home: Home) -> None:
    device = await added(home, "saihang:cells_make_up_the_voltage")
    state = home.state(device, "charger")
    assert (state.state, state.attributes["device_class"]) == ("on", "plug")


async def test_the_running_time_is_off_at_first(home: Home) -> None:
    device = await added(home, "ant:update")
    entity_id = home.entity_id(device, "uptime")
    assert entity_id is not None
    assert home.hass.states.get(entity_id) is None
    entry = er.async_get(home.hass).async_get(entity_id)
    assert entry is not None
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert entry.entity_category == "diagnostic"
