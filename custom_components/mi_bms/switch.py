"""Switches of a battery: whether it is read at all."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import BatteryCoordinator, MiBmsConfigEntry
from .link_entities import READING, ReadingSwitch

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of one device."""
    coordinator = entry.runtime_data
    if isinstance(coordinator, BatteryCoordinator):
        async_add_entities([ReadingSwitch(entry, coordinator, READING)])
