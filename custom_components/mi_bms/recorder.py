"""What Home Assistant's recorder asks before it compiles statistics."""

from homeassistant.core import HomeAssistant, callback

from .takeover.units import async_same_units


@callback
def async_custom_equivalent_units(
    hass: HomeAssistant,
) -> dict[str, dict[str | None, str]]:
    """Return which unit of an entity is another one by another name."""
    return async_same_units(hass)
