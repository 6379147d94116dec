"""Numbers: the limits of the face on a sensor's display."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entry import MiBmsConfigEntry, kind_of

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers of one entry."""
    kind_of(entry).platforms[Platform.NUMBER](entry, async_add_entities)
