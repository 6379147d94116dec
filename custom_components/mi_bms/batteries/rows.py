"""How many rows a day a battery writes to the database: what its last readings changed in entities that are on.

An entity that is switched off writes nothing, however much its value changes; one that says something of
the connection writes though no value changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from homeassistant.helpers import entity_registry as er

from ..options import Option
from ..proto.bms.profile import Spot
from ..proto.energy.measures import Measure
from ..proto.energy.rows import OFTEN
from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..proto.model.rows import DAY, TIME_STEP, Detail, Shown, rounded
from ..proto.model.sample import BmsSample
from ..texts import Words
from .coordinator import BatteryCoordinator
from .options import RECORDING, ROWS, bands_of

# Entities of the connection whose state or attributes each reading changes.
_EACH_READING: Final = ("poll_time", "receiver", "rssi")
# Of its meters: what goes in or out at a time, and the share of the day that was measured.
_NOW_AND_THEN: Final = (Measure.ENERGY_CHARGED, Measure.ENERGY_COVERAGE)


def rows_per_day(
    coordinator: BatteryCoordinator, bands: Mapping[Field, float]
) -> float | None:
    """Return the rows a day with the dead-band of each field; None after few readings."""
    interval = coordinator.battery.effective
    on = _on(coordinator)
    rows = coordinator.rows.estimate(_shown(coordinator, bands, on), interval)
    if rows is None:
        return None
    rows += sum(one in on for one in _EACH_READING) * DAY / interval
    rows += sum(one in on for one in _NOW_AND_THEN) * DAY / OFTEN
    if Field.LAST_READ in on:
        rows += DAY / max(interval, TIME_STEP.total_seconds())
    return rows


def told(rows: float) -> str:
    """Return rows as a user reads them: about, and in thousands."""
    return f"{rounded(rows):,}"


def labelled(
    coordinator: BatteryCoordinator | None, words: Words, shown: Mapping[str, Any]
) -> tuple[Option, ...]:
    """Return the options; each choice of the recorded detail tells the rows a day that it writes.

    ``shown`` is what the form begins with: it holds the smallest changes of the last choice.
    """
    labels = []
    for one in Detail:
        label = words(RECORDING.key, one)
        rows = rows_per_day(coordinator, bands_of(shown, one)) if coordinator else None
        if rows is not None:
            label = words("rows", "about", detail=label, rows=told(rows))
        labels.append(label)
    named = replace(RECORDING, labels=tuple(labels))
    return tuple(named if row is RECORDING else row for row in ROWS)


def _on(coordinator: BatteryCoordinator) -> set[str]:
    """Return what the entities that are switched on show, by the part of their id behind the address."""
    registry = er.async_get(coordinator.hass)
    return {
        one.unique_id.removeprefix(f"{coordinator.address}-")
        for one in er.async_entries_for_config_entry(
            registry, coordinator.entry.entry_id
        )
        if one.disabled_by is None
    }


def _shown(
    coordinator: BatteryCoordinator, bands: Mapping[Field, float], on: set[str]
) -> Iterator[Shown]:
    for spot in coordinator.profile.spots():
        if spot.key in on:
            yield Shown(partial(_value, spot), bands.get(spot.field, 0.0))


def _value(spot: Spot, sample: BmsSample) -> Value | None:
    around = spot.around(sample)
    return spot.value(around) if around else None
