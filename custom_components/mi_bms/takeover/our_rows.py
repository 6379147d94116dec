"""One entity of ours as a row to move to: its unit, kind of statistics and value, from how it is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import EntityDescription

from ..const import DOMAIN
from ..proto.model.reading import Value
from ..proto.takeover.model import OurRow, Statistic

type Key = tuple[str, str]  # domain, and what stands behind the address in a unique id
type Rows = dict[Key, OurRow]

_DIGITS: Final = 3  # of a value whose row says nothing of them
_KINDS: Final[Mapping[str, Statistic]] = {
    SensorStateClass.MEASUREMENT: Statistic.MEAN,
    SensorStateClass.MEASUREMENT_ANGLE: Statistic.ANGLE,
    SensorStateClass.TOTAL: Statistic.SUM,
    SensorStateClass.TOTAL_INCREASING: Statistic.SUM,
}


def statistic_of(state_class: object) -> Statistic:
    """Return what statistics keep of an entity with a state class."""
    return _KINDS.get(str(state_class), Statistic.NONE)


def said_of(state: State | None) -> tuple[str | None, float | None]:
    """Return the value of a state and when it was said; None without one."""
    if state is None or state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
        return None, None
    return state.state, state.last_reported.timestamp()


def flag_row(
    key: str, row: EntityDescription, value: Value | None, number: int | None
) -> OurRow:
    """Return what is on or off; ``number`` tells it from others of its kind."""
    return OurRow(
        domain=Platform.BINARY_SENSOR,
        key=key,
        device_class=row.device_class,
        value=None if value is None else STATE_ON if value else STATE_OFF,
        shown=row.entity_registry_enabled_default,
        text=row.translation_key,
        number=number,
    )


def number_row(
    hass: HomeAssistant,
    key: str,
    row: SensorEntityDescription,
    value: Value | None = None,
    said_in: str | None = None,
    number: int | None = None,
) -> OurRow:
    """Return a number or a word; ``said_in`` is the unit of the value, if that is not the row's own.

    ``number`` tells it from others of its kind.
    """
    unit = _unit(hass, row)
    return OurRow(
        domain=Platform.SENSOR,
        key=key,
        device_class=row.device_class,
        unit=unit,
        statistic=statistic_of(row.state_class),
        value=_shown(row, value, said_in or row.native_unit_of_measurement, unit),
        shown=row.entity_registry_enabled_default,
        text=row.translation_key,
        number=number,
    )


def event_row(key: str, source: str) -> OurRow:
    """Return what happens at a source."""
    return OurRow(domain=Platform.EVENT, key=key, text=source)


def told(rows: Iterable[OurRow], at: float | None) -> Rows:
    """Return rows by their key; ``at`` is when their values were said."""
    return {
        (row.domain, row.key): row if row.value is None else replace(row, at=at)
        for row in rows
    }


def registered(hass: HomeAssistant, address: str, rows: Rows) -> Rows:
    """Return rows with what entities say that are there already."""
    registry = er.async_get(hass)
    return {key: _registered(hass, registry, address, row) for key, row in rows.items()}


def _registered(
    hass: HomeAssistant, registry: er.EntityRegistry, address: str, row: OurRow
) -> OurRow:
    entity_id = registry.async_get_entity_id(row.domain, DOMAIN, f"{address}-{row.key}")
    if entity_id is None:
        return row
    state = hass.states.get(entity_id)
    value, at = said_of(state)
    there = registry.async_get(entity_id)
    shown = there is None or there.disabled_by is None
    row = replace(row, entity_id=entity_id, shown=shown)
    if state is None or value is None:
        return row
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT, row.unit)
    # An entity is not written again while it shows the same.
    return replace(row, unit=unit, value=value, at=row.at or at)


def _unit(hass: HomeAssistant, row: SensorEntityDescription) -> str | None:
    """Return the unit in which a new entity would be shown."""
    unit, kind, units = (
        row.native_unit_of_measurement,
        row.device_class,
        hass.config.units,
    )
    if kind is SensorDeviceClass.TEMPERATURE:
        # Home Assistant keeps this unit apart from its table.
        return str(units.temperature_unit)
    wanted = row.suggested_unit_of_measurement
    return units.get_converted_unit(kind, unit) or wanted or unit


def _shown(
    row: SensorEntityDescription,
    value: Value | None,
    said_in: str | None,
    unit: str | None,
) -> str | None:
    if value is None or isinstance(value, str | bool):
        return None if value is None else str(value)
    number = float(value)
    converter = UNIT_CONVERTERS.get(row.device_class)
    if said_in != unit and converter:
        number = converter.convert(number, said_in, unit)
    digits = row.suggested_display_precision
    return str(
        round(number, _DIGITS if digits is None else digits)
        if digits != 0
        else round(number)
    )
