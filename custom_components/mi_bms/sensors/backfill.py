"""Fill gaps in the long-term statistics of a sensor from its own memory.

Only hours without any data, after the first hour that has some: nothing is overwritten, and nothing is
made up of a time in which the sensor stood elsewhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field as default
from functools import partial
from typing import Final

from homeassistant.components.recorder import DOMAIN as RECORDER
from homeassistant.components.recorder.models import StatisticData, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    UNIT_CLASS_TO_UNIT_CONVERTER,
    async_import_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.const import (
    LIGHT_LUX,
    PERCENTAGE,
    Platform,
    UnitOfConductivity,
    UnitOfTemperature,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..proto.active.records import HOUR, Hour, Span, by_start
from ..proto.model.fields import Field

LOOK_BACK: Final = 31 * 24 * HOUR  # s; reading costs the sensor's battery

# What memories hold, in the units of records.
UNITS: Final[Mapping[Field, str]] = {
    Field.TEMPERATURE: UnitOfTemperature.CELSIUS,
    Field.HUMIDITY: PERCENTAGE,
    Field.ILLUMINANCE: LIGHT_LUX,
    Field.MOISTURE: PERCENTAGE,
    Field.CONDUCTIVITY: UnitOfConductivity.MICROSIEMENS_PER_CM,
}


@dataclass(frozen=True, slots=True)
class Gap:
    """What the statistics of one field lack: beginnings of hours in Unix seconds."""

    metadata: StatisticMetaData
    starts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What the statistics of a sensor lack before ``until`` (Unix seconds)."""

    until: float
    missing: Mapping[Field, Gap] = default(default_factory=dict)

    @property
    def since(self) -> float:
        """Return the beginning of the oldest gap in Unix seconds."""
        return float(
            min(start for gap in self.missing.values() for start in gap.starts)
        )


async def async_gaps(hass: HomeAssistant, address: str, filled: float) -> Gaps:
    """Find the hours without data; what lies before ``filled`` (Unix seconds) was looked at before."""
    # The newest hours are still the recorder's own business.
    until = int(dt_util.utcnow().timestamp()) // HOUR * HOUR - HOUR
    names = _statistics(hass, address)
    if RECORDER not in hass.config.components or not names:
        return Gaps(until)
    begin = until - LOOK_BACK
    recorder = get_instance(hass)
    rows = await recorder.async_add_executor_job(
        statistics_during_period,
        hass,
        dt_util.utc_from_timestamp(begin),
        dt_util.utc_from_timestamp(until),
        set(names.values()),
        "hour",
        None,
        {"mean"},
    )
    known = await recorder.async_add_executor_job(
        partial(get_metadata, hass, statistic_ids=set(names.values()))
    )
    missing = {}
    for field, name in names.items():
        there = {int(row["start"]) for row in rows.get(name, ())}
        if there:
            first = max(min(there), int(filled))
            if starts := frozenset(range(first, until, HOUR)) - there:
                missing[field] = Gap(known[name][1], starts)
    return Gaps(until, missing)


def _statistics(hass: HomeAssistant, address: str) -> dict[Field, str]:
    registry = er.async_get(hass)
    found = {
        field: registry.async_get_entity_id(
            Platform.SENSOR, DOMAIN, f"{address}-{field}"
        )
        for field in UNITS
    }
    return {field: name for field, name in found.items() if name}


@callback
def async_fill(
    hass: HomeAssistant,
    gaps: Gaps,
    hours: Iterable[Hour],
    offsets: Mapping[Field, float],
) -> None:
    """Give the recorder what it lacks, with the user's corrections."""
    hours = list(hours)
    for field, gap in gaps.missing.items():
        rows = [
            _row(field, gap.metadata, start, span, offsets)
            for start, span in by_start(hours, field, gap.starts).items()
        ]
        if rows:
            async_import_statistics(hass, gap.metadata, rows)


def _row(
    field: Field,
    metadata: StatisticMetaData,
    start: int,
    span: Span,
    offsets: Mapping[Field, float],
) -> StatisticData:
    low, high = (
        _in_unit(field, metadata, one + offsets.get(field, 0.0)) for one in span
    )
    return StatisticData(
        start=dt_util.utc_from_timestamp(start),
        mean=(low + high) / 2,
        min=low,
        max=high,
    )


def _in_unit(field: Field, metadata: StatisticMetaData, value: float) -> float:
    """Convert to the unit that the statistics are kept in."""
    unit, converter = metadata["unit_of_measurement"], metadata["unit_class"]
    if unit == UNITS[field] or converter is None:
        return value
    convert = UNIT_CLASS_TO_UNIT_CONVERTER[converter].convert
    return convert(value, UNITS[field], unit)
