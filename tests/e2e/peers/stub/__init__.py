"""Stand in for an integration that reads the same devices: it shows what the simulated world holds.

The folder's name is its domain; ``about.json`` beside it says what is heard.
"""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

from .world import World

PLATFORMS = (Platform.BINARY_SENSOR, Platform.SENSOR)


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry[World]) -> bool:
    """Ask the world, and show what it says."""
    entry.runtime_data = World(hass, entry)
    await entry.runtime_data.async_config_entry_first_refresh()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry[World]) -> bool:
    """Show nothing any more."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
