"""What was done to batteries, in the words of the logbook: who it was stands beside, from the event's context."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .batteries.telling import in_words
from .const import DOMAIN, EVENT_CONTROL


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[
        [str, str, Callable[[Event[dict[str, Any]]], dict[str, str]]], None
    ],
) -> None:
    """Describe what has to do with switching a battery."""

    @callback
    def describe(event: Event[dict[str, Any]]) -> dict[str, str]:
        data: Mapping[str, Any] = event.data
        device = dr.async_get(hass).async_get(str(data.get("device_id")))
        name = (device.name_by_user or device.name) if device else None
        return {
            LOGBOOK_ENTRY_NAME: name or "",
            LOGBOOK_ENTRY_MESSAGE: in_words(hass, data),
        }

    async_describe_event(DOMAIN, EVENT_CONTROL, describe)
