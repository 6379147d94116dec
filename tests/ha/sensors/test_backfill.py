"""Gaps in long-term statistics are filled from a sensor's memory, and nothing else is touched."""

from datetime import datetime, timedelta

import pytest

from custom_components.mi_bms.proto.active import spec
from custom_components.mi_bms.sensors.options import FILL
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.models import (
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    statistics_during_period,
)
from homeassistant.const import UnitOfTemperature
from homeassistant.util import dt as dt_util

from ..database import written_database
from ..gatt import GattSensor
from ..home import Home
from .test_gatt import clock, options, pass_by

__all__ = ["written_database"]  # a fixture

COUNT, INDEX, RECORDS, TIME, LIVE = (
    name.rpartition("/")[2]
    for name in (spec.COUNT, spec.INDEX, spec.RECORDS, spec.TIME, spec.LIVE)
)
HOUR = 3600
NEWEST = 500


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


class Remembering(GattSensor):
    """Remember 22.0 to 22.4 °C of each hour of the last days."""

    def remember(self) -> None:
        end = int(hour_of(dt_util.utcnow()).timestamp())
        self.values[TIME] = int(dt_util.utcnow().timestamp()).to_bytes(4, "little")
        self.values[COUNT] = NEWEST.to_bytes(4, "little") + (200).to_bytes(4, "little")
        self.asked: list[int] = []

        def said(uuid: str) -> None:
            if uuid != RECORDS:
                assert self.notify
                self.notify(LIVE, self.values[LIVE])
                return
            first = int.from_bytes(self.values[INDEX], "little")
            self.asked.append(first)
            for index in range(first, NEWEST + 1):
                time = end - (NEWEST - index) * HOUR
                assert self.notify
                self.notify(
                    RECORDS,
                    index.to_bytes(4, "little")
                    + time.to_bytes(4, "little")
                    + bytes.fromhex("e0002cdc002a"),
                )

        self.said = said


def device() -> Remembering:
    values = {
        spec.TIME: b"",
        spec.COUNT: b"",
        spec.INDEX: b"",
        spec.RECORDS: b"",
        spec.BATTERY: b"\x4e",
        spec.UNIT: b"\xff",
        spec.LIVE: bytes.fromhex("98082b"),
    }
    made = Remembering("LYWSD02", clock().address, values)
    made.remember()
    return made


async def rows(home: Home, name: str) -> dict[datetime, tuple[float, ...]]:
    """Return the hours that the database has."""
    instance = get_instance(home.hass)
    work = instance.async_add_executor_job(
        statistics_during_period,
        home.hass,
        dt_util.utcnow() - timedelta(days=9),
        None,
        {name},
        "hour",
        None,
        {"mean", "min", "max"},
    )
    found = await home.clock.wait(work)
    return {
        dt_util.utc_from_timestamp(row["start"]): tuple(
            round(float(row[what] or 0), 2) for what in ("min", "mean", "max")
        )
        for row in found.get(name, [])
    }


async def write(home: Home, name: str, starts: list[datetime], unit: str) -> None:
    """Let the database have some hours."""
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=None,
        source="recorder",
        statistic_id=name,
        unit_class="temperature",
        unit_of_measurement=unit,
    )
    async_import_statistics(
        home.hass,
        metadata,
        [{"start": start, "mean": 10.0, "min": 9.0, "max": 11.0} for start in starts],
    )
    await home.clock.wait(get_instance(home.hass).async_add_executor_job(str))
    await get_instance(home.hass).async_block_till_done()


async def soon_after_the_hour(home: Home) -> None:
    """Begin where less than an hour of a test ends in the same hour."""
    await home.clock.leap(3600 - dt_util.utcnow().timestamp() % 3600 + 60)


@pytest.mark.parametrize(
    "unit", [UnitOfTemperature.CELSIUS, UnitOfTemperature.FAHRENHEIT]
)
async def test_an_outage_is_filled(home: Home, unit: str) -> None:
    await soon_after_the_hour(home)
    sensor = device()
    entry = await home.add(sensor)
    await home.listen(sensor, 4)
    name = home.entity_id(sensor, "temperature")
    assert name
    now = hour_of(dt_util.utcnow())
    known = [now - timedelta(hours=hours) for hours in (30, 29, 10, 3)]
    await write(home, name, known, unit)
    before = await rows(home, name)
    assert set(before) == set(known)
    await options(home, entry, **{FILL.key: True})
    sensor.remember()
    await pass_by(home, sensor, 0.6, 0.2)
    await get_instance(home.hass).async_block_till_done()
    after = await rows(home, name)
    for start in known:
        assert after[start] == before[start]
    new = {start: row for start, row in after.items() if start not in known}
    # The newest hours are the database's own; the oldest one that it has is the beginning.
    wanted = {now - timedelta(hours=hours) for hours in range(2, 30)} - set(known)
    assert set(new) == wanted
    # Read back in °C, whatever unit they are kept in.
    assert set(new.values()) == {(22.0, 22.2, 22.4)}
    assert len(sensor.asked) == 1
    assert sensor.asked[0] > NEWEST - 35
    # What was looked at once is not read again.
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    sensor.remember()
    await pass_by(home, sensor, 0.6, 0.2)
    assert not sensor.asked


async def test_without_the_option_nothing_is_read(home: Home) -> None:
    sensor = device()
    await home.add(sensor)
    await home.listen(sensor, 4)
    name = home.entity_id(sensor, "temperature")
    assert name
    now = hour_of(dt_util.utcnow())
    await write(home, name, [now - timedelta(hours=9)], UnitOfTemperature.CELSIUS)
    await pass_by(home, sensor, 0.6, 0.2)
    assert not sensor.asked
    assert len(await rows(home, name)) == 1


async def test_a_sensor_that_is_new_has_no_gaps(home: Home) -> None:
    sensor = device()
    entry = await home.add(sensor)
    await options(home, entry, **{FILL.key: True})
    await pass_by(home, sensor, 0.6, 0.2)
    assert not sensor.asked


async def test_a_memory_that_breaks_off_is_read_again(home: Home) -> None:
    await soon_after_the_hour(home)
    sensor = device()
    entry = await home.add(sensor)
    await home.listen(sensor, 4)
    name = home.entity_id(sensor, "temperature")
    assert name
    now = hour_of(dt_util.utcnow())
    await write(
        home,
        name,
        [now - timedelta(hours=hours) for hours in (20, 3)],
        UnitOfTemperature.CELSIUS,
    )
    await options(home, entry, **{FILL.key: True})
    sensor.remember()
    say = sensor.said

    def breaks(uuid: str) -> None:
        if uuid != RECORDS:
            say(uuid)
            return
        sensor.values[INDEX] = max(
            sensor.values[INDEX], (NEWEST - 10).to_bytes(4, "little")
        )
        assert sensor.leave
        sensor.leave()

    sensor.said = breaks
    await pass_by(home, sensor, 0.6, 0.2)
    assert len(await rows(home, name)) == 2
    sensor.said = say
    await pass_by(home, sensor, 4, 0.5)
    await get_instance(home.hass).async_block_till_done()
    assert len(await rows(home, name)) > 15
