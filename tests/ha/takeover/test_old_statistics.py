"""What counts is the unit of what was recorded so far, whatever is shown now."""

from dataclasses import replace

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.mi_bms.proto.takeover.model import Fate
from homeassistant.components.recorder.models import (
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.util import dt as dt_util

from ..database import written_database
from ..home import Home
from .others import TEMPERATURE, OtherDevice, OtherRow
from .test_preview import ADDRESS, sensor_plan

__all__ = ["written_database"]  # a fixture


async def record(
    home: Home, statistic_id: str, unit: str, unit_class: str | None
) -> None:
    """Have statistics of an entity."""
    metadata: StatisticMetaData = {
        "has_sum": False,
        "mean_type": StatisticMeanType.ARITHMETIC,
        "name": None,
        "source": "recorder",
        "statistic_id": statistic_id,
        "unit_class": unit_class,
        "unit_of_measurement": unit,
    }
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    async_import_statistics(home.hass, metadata, [{"start": start, "mean": 20.0}])
    await home.clock.wait(async_wait_recording_done(home.hass))


@pytest.mark.parametrize(("recorded", "fate"), [("ohm", Fate.CURED), ("Ω", Fate.MOVES)])
async def test_the_unit_of_the_statistics_counts(
    home: Home, recorded: str, fate: Fate
) -> None:
    hass = home.hass
    old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS)
    old.add(OtherRow(key="impedance", name="Impedance", value="480", unit="Ω"))
    await record(home, "sensor.old_cellar_impedance", recorded, None)
    (ruling,) = (await home.clock.wait(sensor_plan(hass))).rulings
    assert (ruling.old.unit, ruling.fate) == (recorded, fate)


@pytest.mark.parametrize(
    ("shown", "value"), [("70.16", "21.2"), ("warm", "warm"), ("unavailable", None)]
)
async def test_a_value_is_told_in_that_unit_too(
    home: Home, shown: str, value: str | None
) -> None:
    old = OtherDevice(home.hass, "xiaomi_ble", address=ADDRESS)
    old.add(replace(TEMPERATURE, value=shown, unit="°F"))
    await record(home, "sensor.old_cellar_temperature", "°C", "temperature")
    (ruling,) = (await home.clock.wait(sensor_plan(home.hass))).rulings
    assert (ruling.old.unit, ruling.old.value) == ("°C", value)
