"""The trigger of what is pressed: how often, and whether it is held the last time.

Home Assistant's own trigger for event entities knows the type of an event only, and twice and three
times are one type. The words are Home Assistant's, so whoever else speaks them is understood, too.
"""

from collections.abc import Mapping
from typing import Final, override

from probatio import Optional, Required

from homeassistant.components.event import (
    ATTR_EVENT_TYPE,
    ATTR_MULTI_PRESS_COUNT,
    DOMAIN as EVENT_DOMAIN,
    ButtonEventType,
    EventDeviceClass,
)
from homeassistant.const import CONF_OPTIONS
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerConfig,
)

from ..options import whole_number, within

CONF_TIMES: Final = "times"
CONF_HELD: Final = "held"
MOST: Final = 20

_SHORT: Final = {ButtonEventType.PRESS_END, ButtonEventType.MULTI_PRESS_END}


class ButtonPressed(StatelessEntityTriggerBase):
    """The press of a button or a dimmer, a number of times."""

    _domain_specs = {EVENT_DOMAIN: DomainSpec(device_class=EventDeviceClass.BUTTON)}
    _schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            Required(CONF_OPTIONS, default={}): {
                Required(CONF_TIMES, default=1): within(1, MOST, whole_number),
                Optional(CONF_HELD, default=False): cv.boolean,
            }
        }
    )

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take how often it is to be pressed, and how."""
        super().__init__(hass, config)
        self._times: int = self._options[CONF_TIMES]
        self._types = (
            {ButtonEventType.LONG_PRESS_END} if self._options[CONF_HELD] else _SHORT
        )

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Return whether it was pressed as often as that; without a count it was once."""
        told = state.attributes
        return (
            told.get(ATTR_EVENT_TYPE) in self._types
            and told.get(ATTR_MULTI_PRESS_COUNT, 1) == self._times
        )


TRIGGERS: Final[Mapping[str, type[Trigger]]] = {"button_pressed": ButtonPressed}
