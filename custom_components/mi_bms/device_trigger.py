"""Device triggers: "left button pressed twice" in the automation editor, without knowing any entity."""

from typing import Any, Final

import probatio

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.components.event import ATTR_MULTI_PRESS_COUNT
from homeassistant.components.homeassistant.triggers import event as event_trigger
from homeassistant.const import (
    CONF_DEVICE_ID,
    CONF_DOMAIN,
    CONF_EVENT,
    CONF_PLATFORM,
    CONF_TYPE,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.trigger import TriggerActionType, TriggerInfo
from homeassistant.helpers.typing import ConfigType

from .const import ATTR_SOURCE, DOMAIN, EVENT_HAPPENED
from .sensors.event_words import TRIGGERS
from .sensors.events import sources_of, types_of

CONF_SUBTYPE: Final = "subtype"

TRIGGER_SCHEMA = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {
        probatio.Required(CONF_TYPE): probatio.In({*TRIGGERS}),
        probatio.Required(CONF_SUBTYPE): str,
    }
)


async def async_get_triggers(
    hass: HomeAssistant, device_id: str
) -> list[dict[str, Any]]:
    """List what can happen on a device: each type of each source that it has."""
    device = dr.async_get(hass).async_get(device_id)
    if device is None:
        return []
    return [
        {
            CONF_PLATFORM: "device",
            CONF_DOMAIN: DOMAIN,
            CONF_DEVICE_ID: device_id,
            CONF_TYPE: name,
            CONF_SUBTYPE: source,
        }
        for source in sources_of(hass, device)
        for name in types_of(hass, device, source)
    ]


async def async_attach_trigger(
    hass: HomeAssistant,
    config: ConfigType,
    action: TriggerActionType,
    trigger_info: TriggerInfo,
) -> CALLBACK_TYPE:
    """Run an action when it happens."""
    word = TRIGGERS[config[CONF_TYPE]]
    counted = {ATTR_MULTI_PRESS_COUNT: word.presses} if word.presses else {}
    return await event_trigger.async_attach_trigger(
        hass,
        event_trigger.TRIGGER_SCHEMA(
            {
                CONF_PLATFORM: CONF_EVENT,
                event_trigger.CONF_EVENT_TYPE: EVENT_HAPPENED,
                event_trigger.CONF_EVENT_DATA: {
                    CONF_DEVICE_ID: config[CONF_DEVICE_ID],
                    ATTR_SOURCE: config[CONF_SUBTYPE],
                    CONF_TYPE: word.type,
                    **counted,
                },
            }
        ),
        action,
        trigger_info,
        platform_type="device",
    )
