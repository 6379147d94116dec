"""The conditions of batteries: an alarm is active, the cells are apart."""

from collections.abc import Mapping
from typing import Final, override

from probatio import All, EnsureList, In, Optional, Required

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.const import CONF_OPTIONS
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL,
    Condition,
    ConditionConfig,
    EntityConditionBase,
)

from ..options import within
from ..proto.bms.alarms import Alarm
from ..proto.model.fields import Field
from .alarms import ATTR_ACTIVE
from .targets import CONF_ALARM, CONF_DIFFERENCE, WIDEST, millivolts, those_of


class AlarmIsActive(EntityConditionBase):
    """An alarm that is active: any, or one of those that are chosen."""

    _domain_specs = {
        SENSOR_DOMAIN: DomainSpec(
            device_class=SensorDeviceClass.ENUM, value_source=ATTR_ACTIVE
        )
    }
    _primary_entities_only = False
    _schema = ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL.extend(
        {
            Required(CONF_OPTIONS, default={}): {
                Optional(CONF_ALARM, default=[]): All(EnsureList(), [In({*Alarm})])
            }
        }
    )

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take which alarms count."""
        super().__init__(hass, config)
        self._alarms = {*((config.options or {})[CONF_ALARM] or Alarm)}

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the alarms of batteries."""
        return those_of(self._hass, super().entity_filter(entities), Field.ALARM)

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        """Return whether one of the alarms is active, the most serious or another."""
        return not self._alarms.isdisjoint(entity_state.attributes.get(ATTR_ACTIVE, ()))


class CellsAreApart(EntityConditionBase):
    """Cells whose difference is over a limit."""

    _domain_specs = {SENSOR_DOMAIN: DomainSpec(device_class=SensorDeviceClass.VOLTAGE)}
    _primary_entities_only = False
    _schema = ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL.extend(
        {
            Required(CONF_OPTIONS, default={}): {
                Required(CONF_DIFFERENCE): within(0, WIDEST)
            }
        }
    )

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take the limit."""
        super().__init__(hass, config)
        self._limit: float = (config.options or {})[CONF_DIFFERENCE]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the differences between cells."""
        found = super().entity_filter(entities)
        return those_of(self._hass, found, Field.DELTA_VOLTAGE)

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        """Return whether the cells are further apart than the limit."""
        apart = millivolts(entity_state)
        return apart is not None and apart > self._limit


CONDITIONS: Final[Mapping[str, type[Condition]]] = {
    "alarm_is_active": AlarmIsActive,
    "cells_are_apart": CellsAreApart,
}
