"""Conditions of our own in the automation editor: what the triggers tell the beginning of."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import Condition

from .batteries.conditions import CONDITIONS


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions, as described in ``conditions.yaml``."""
    return {**CONDITIONS}
