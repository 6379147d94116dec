"""Triggers of our own in the automation editor, where those of Home Assistant cannot tell things apart."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.trigger import Trigger

from .batteries.triggers import TRIGGERS as BATTERY_TRIGGERS
from .sensors.triggers import TRIGGERS as SENSOR_TRIGGERS


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers, as described in ``triggers.yaml``."""
    return {**SENSOR_TRIGGERS, **BATTERY_TRIGGERS}
