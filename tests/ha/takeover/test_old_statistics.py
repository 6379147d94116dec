"""What counts is the unit of what was recorded so far, whatever is shown now."""

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
from .others import OtherDevice, OtherRow
from .test_preview import ADDRESS, sensor_plan

__all__ = ["written_database"]  # a fixture


@pytest.mark.parametrize(("recorded", "fate"), [("ohm", Fate.CURED), ("Ω", Fate.MOVES)])
async def test_the_unit_of_the_statistics_counts(
    home: Home, recorded: str, fate: Fate
) -> None:
    hass = home.hass
    old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS)
    old.add(OtherRow(key="impedance", name="Impedance", value="480", unit="Ω"))
    metadata: StatisticMetaData = {
        "has_sum": False,
        "mean_type": StatisticMeanType.ARITHMETIC,
        "name": None,
        "source": "recorder",
        "statistic_id": "sensor.old_cellar_impedance",
        "unit_class": None,
        "unit_of_measurement": recorded,
    }
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    async_import_statistics(hass, metadata, [{"start": start, "mean": 480.0}])
    await home.clock.wait(async_wait_recording_done(hass))
    (ruling,) = (await home.clock.wait(sensor_plan(hass))).rulings
    assert (ruling.old.unit, ruling.fate) == (recorded, fate)
