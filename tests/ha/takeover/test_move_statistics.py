"""What the recorder has of entities goes on when they move: a unit is mended, a sum put aside, and back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.mi_bms.proto.takeover.model import Fate, MovePlan, Statistic
from custom_components.mi_bms.takeover.give_back import async_give_back
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.util import dt as dt_util
from tests.ha.database import written_database
from tests.ha.home import Home

from .registers import plan_of
from .stub import DOMAIN, OldReader, measured
from .test_move import ADDRESS, made

__all__ = ["written_database"]  # a fixture
HOURS = 48
IMPEDANCE, COUNT = "sensor.attic_impedance", "sensor.attic_count"
TOLD = {
    "old-impedance": measured("Impedance", 500.0, native_unit_of_measurement="ohm"),
    "old-count": measured("Count", 7.0),
}


@pytest.fixture
async def peer(home: Home) -> AsyncIterator[MockConfigEntry]:
    info = DeviceInfo(
        identifiers={(DOMAIN, ADDRESS)},
        connections={(dr.CONNECTION_BLUETOOTH, ADDRESS)},
        name="Attic",
    )
    reader = OldReader(home.hass, info)
    yield await reader.install(TOLD, unique_id=ADDRESS)
    reader.close()


async def recorded(home: Home) -> None:
    """Give both entities two days of statistics."""
    begin = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    for name, unit in ((IMPEDANCE, "ohm"), (COUNT, None)):
        meta = StatisticMetaData(
            mean_type=StatisticMeanType.ARITHMETIC,
            has_sum=False,
            name=None,
            source="recorder",
            statistic_id=name,
            unit_class=None,
            unit_of_measurement=unit,
        )
        rows = [
            StatisticData(
                start=begin - timedelta(hours=hour + 1), mean=5.0, min=4.0, max=6.0
            )
            for hour in range(HOURS)
        ]
        async_import_statistics(home.hass, meta, rows)
    await settled(home)


async def settled(home: Home) -> None:
    await home.clock.wait(async_wait_recording_done(home.hass))


async def known(home: Home) -> dict[str, Any]:
    """Return unit and number of hours of each statistic."""
    await settled(home)
    instance = get_instance(home.hass)
    listed = await home.clock.wait(
        instance.async_add_executor_job(list_statistic_ids, home.hass)
    )
    names = {one["statistic_id"] for one in listed}
    hours = await home.clock.wait(
        instance.async_add_executor_job(
            statistics_during_period,
            home.hass,
            dt_util.utcnow() - timedelta(days=3),
            None,
            names,
            "hour",
            None,
            {"mean"},
        )
    )
    return {
        one["statistic_id"]: (
            one["statistics_unit_of_measurement"],
            len(hours.get(one["statistic_id"], ())),
        )
        for one in listed
    }


@pytest.fixture
def plan(home: Home, peer: MockConfigEntry) -> MovePlan:
    """Return a plan that mends the one and puts the other aside."""
    plain = plan_of(
        home.hass, peer, ADDRESS, lambda row: row.unique_id.removeprefix("old-")
    )
    rulings = []
    for one in plain.rulings:
        assert one.ours is not None
        mends = one.ours.key == "impedance"
        ours = replace(
            one.ours,
            unit="Ω" if mends else None,
            statistic=Statistic.MEAN if mends else Statistic.SUM,
        )
        fate = Fate.CURED if mends else Fate.ARCHIVED
        old = replace(one.old, unit="ohm" if mends else None)
        rulings.append(replace(one, old=old, ours=ours, fate=fate))
    return replace(plain, rulings=tuple(rulings))


async def test_there_and_back(
    home: Home, peer: MockConfigEntry, plan: MovePlan
) -> None:
    await recorded(home)
    before = await known(home)
    assert before[IMPEDANCE] == ("ohm", HOURS)
    ours = await made(home, plan)
    moved = await known(home)
    assert moved[IMPEDANCE] == ("Ω", HOURS)
    assert moved[f"{COUNT}_before"] == (None, HOURS)
    assert moved.get(COUNT, (None, 0))[1] == 0

    await home.clock.run(210)
    await home.clock.wait(async_give_back(home.hass, ours))
    await home.clock.run(30)
    back = await known(home)
    assert back[IMPEDANCE] == before[IMPEDANCE]
    assert back[COUNT] == before[COUNT]


async def test_a_name_that_is_taken_and_one_that_changes(
    home: Home, peer: MockConfigEntry, plan: MovePlan
) -> None:
    await recorded(home)
    # Somebody has put one aside before.
    meta = StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=None,
        source="recorder",
        statistic_id=f"{COUNT}_before",
        unit_class=None,
        unit_of_measurement=None,
    )
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    one = StatisticData(start=start - timedelta(hours=2), mean=1.0, min=1.0, max=1.0)
    async_import_statistics(home.hass, meta, [one])
    await settled(home)
    ours = await made(home, plan)
    moved = await known(home)
    assert moved[f"{COUNT}_before"] == (None, 1)
    assert moved[f"{COUNT}_before_2"] == (None, HOURS)

    er.async_get(home.hass).async_update_entity(COUNT, new_entity_id="sensor.other")
    er.async_get(home.hass).async_update_entity(IMPEDANCE, new_entity_id="sensor.ohms")
    await settled(home)
    await home.clock.run(210)
    await home.clock.wait(async_give_back(home.hass, ours))
    await home.clock.run(30)
    back = await known(home)
    assert back["sensor.other"] == (None, HOURS)
    assert back["sensor.ohms"] == ("ohm", HOURS)


async def test_what_the_recorder_still_has_to_do_takes_no_name(
    home: Home, peer: MockConfigEntry, plan: MovePlan
) -> None:
    await recorded(home)
    before = await known(home)
    ours = await made(home, plan)
    await home.clock.run(210)
    await settled(home)

    # It is busy, and then has something of ours to write under the name of the old one.
    def late(name: str) -> None:
        meta = StatisticMetaData(
            mean_type=StatisticMeanType.NONE,
            has_sum=True,
            name=None,
            source="recorder",
            statistic_id=name,
            unit_class=None,
            unit_of_measurement=None,
        )
        start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
        row = StatisticData(start=start - timedelta(hours=1), sum=1.0, state=1.0)
        async_import_statistics(home.hass, meta, [row])

    for number in range(200):
        late(f"sensor.busy_{number}")
    late(COUNT)
    await home.clock.wait(async_give_back(home.hass, ours))
    await home.clock.run(30)
    back = await known(home)
    assert back[COUNT] == before[COUNT]
    assert f"{COUNT}_meanwhile" in back
    assert f"{COUNT}_before" not in back
