"""The triggers of batteries: an alarm that appeared, and cells that drifted apart."""

from collections.abc import Mapping
from typing import Final, override

from probatio import All, EnsureList, In, Optional, Required

from homeassistant.components.event import ATTR_EVENT_TYPE, DOMAIN as EVENT_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.const import CONF_OPTIONS
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerConfig,
)

from ..options import within
from ..proto.bms.alarms import Alarm, Severity
from ..proto.model.fields import Field
from .alarms import ALARM_CLASS, APPEARED, ATTR_CHANGE
from .targets import CONF_ALARM, CONF_DIFFERENCE, WIDEST, millivolts, those_of

# A full battery, or one that was switched off on purpose, is no alarm to somebody who names none.
_ALARMING: Final = frozenset(
    alarm for alarm in Alarm if alarm.severity is not Severity.STATE
)


class AlarmAppeared(StatelessEntityTriggerBase):
    """The coming of an alarm: of any that is more than a state, or of one of those that are chosen."""

    _domain_specs = {EVENT_DOMAIN: DomainSpec(device_class=ALARM_CLASS)}
    _primary_entities_only = False
    _schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            Required(CONF_OPTIONS, default={}): {
                Optional(CONF_ALARM, default=[]): All(EnsureList(), [In({*Alarm})])
            }
        }
    )

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take which alarms count."""
        super().__init__(hass, config)
        self._alarms = {*(self._options[CONF_ALARM] or _ALARMING)}

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the events of alarms."""
        return those_of(self._hass, super().entity_filter(entities), Field.ALARM)

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        """Return whether something happened: several alarms may come in the same millisecond."""
        return _news(from_state) != _news(to_state)

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Return whether one of the alarms appeared."""
        return (
            state.attributes.get(ATTR_CHANGE) == APPEARED
            and state.attributes.get(ATTR_EVENT_TYPE) in self._alarms
        )


def _news(state: State) -> tuple[object, ...]:
    told = state.attributes
    return state.state, told.get(ATTR_EVENT_TYPE), told.get(ATTR_CHANGE)


class CellsDriftedApart(EntityTriggerBase):
    """The rise of the difference between cells over a limit."""

    _domain_specs = {SENSOR_DOMAIN: DomainSpec(device_class=SensorDeviceClass.VOLTAGE)}
    _primary_entities_only = False
    _schema = ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR.extend(
        {
            Required(CONF_OPTIONS, default={}): {
                Required(CONF_DIFFERENCE): within(0, WIDEST)
            }
        }
    )

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take the limit."""
        super().__init__(hass, config)
        self._limit: float = self._options[CONF_DIFFERENCE]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the differences between cells."""
        found = super().entity_filter(entities)
        return those_of(self._hass, found, Field.DELTA_VOLTAGE)

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        """Return whether the cells were closer before."""
        before = millivolts(from_state)
        return before is not None and before <= self._limit

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Return whether the cells are further apart than the limit."""
        apart = millivolts(state)
        return apart is not None and apart > self._limit


TRIGGERS: Final[Mapping[str, type[Trigger]]] = {
    "alarm_appeared": AlarmAppeared,
    "cells_drifted_apart": CellsDriftedApart,
}
