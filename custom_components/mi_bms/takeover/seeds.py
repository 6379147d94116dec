"""The last values of entities that move: a sensor shows them at once, until it says something itself."""

from collections.abc import Iterable
import math
from typing import Any

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_component import async_update_entity

from ..const import DOMAIN
from ..entries import running
from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..proto.takeover.model import MovePlan
from ..quantities import PASSIVE_SENSORS
from ..sensors.coordinator import SensorCoordinator
from ..sensors.reception import RECEPTION
from .journal import Seed, async_seeds
from .kept import async_row


@callback
def async_gather(hass: HomeAssistant, plan: MovePlan) -> None:
    """Remember what the entities show that are about to move."""
    seeds = []
    for ruling in plan.moving:
        row = async_row(hass, ruling.old.row_id)
        state = hass.states.get(row.entity_id) if row else None
        if ruling.ours is None or state is None:
            continue
        if state.state not in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
            unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
            ours = ruling.ours
            seeds.append(Seed(ours.domain, ours.key, state.state, unit))
    async_seeds(hass)[plan.address] = seeds


@callback
def async_sow(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Have a sensor that has just moved show what it showed before, where it has said nothing yet."""
    seeds = async_seeds(hass).pop(str(entry.unique_id), ())
    coordinator = running(entry, SensorCoordinator)
    if coordinator is None:
        return
    _sow_reception(hass, entry, coordinator, seeds)
    shown = coordinator.values
    values = {
        Field(seed.key): value
        for seed in seeds
        if seed.key in Field
        and seed.key not in RECEPTION
        and Field(seed.key) not in shown
        and (value := _value(seed)) is not None
    }
    if values:
        coordinator.async_give(values)


def _sow_reception(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    coordinator: SensorCoordinator,
    seeds: Iterable[Seed],
) -> None:
    """Have the strength of reception shown at once: its entity is looked at now and then, and is no value."""
    found = next((_value(seed) for seed in seeds if seed.key == Field.RSSI), None)
    if found is None:
        return
    if coordinator.rssi is None:
        coordinator.rssi = round(float(found))
    unique_id = f"{coordinator.address}-{Field.RSSI}"
    name = er.async_get(hass).async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)
    if name:
        entry.async_create_task(hass, async_update_entity(hass, name))


def _value(seed: Seed) -> Value | None:
    """Return a shown value in our unit; None where that cannot be."""
    if seed.domain == Platform.BINARY_SENSOR:
        return {STATE_ON: True, STATE_OFF: False}.get(seed.value)
    row = PASSIVE_SENSORS.get(Field(seed.key))
    if seed.domain != Platform.SENSOR or row is None:
        return None
    try:
        number = float(seed.value)
    except ValueError:
        return None
    unit = row.native_unit_of_measurement
    if unit != seed.unit:
        converter = UNIT_CONVERTERS.get(row.device_class)
        try:
            number = converter.convert(number, seed.unit, unit) if converter else number
        except HomeAssistantError:
            return None
    return number if math.isfinite(number) else None
