"""Binary sensor entities: the flags of sensors and batteries."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entry import MiBmsConfigEntry, kind_of

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensor entities of one entry."""
    kind_of(entry).platforms[Platform.BINARY_SENSOR](entry, async_add_entities)
