"""Buttons: what a sensor does over a connection, a capture of its adverts, and the reading of a battery."""

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
    """Add the buttons of one entry."""
    kind_of(entry).platforms[Platform.BUTTON](entry, async_add_entities)
