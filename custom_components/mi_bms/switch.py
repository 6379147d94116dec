"""Switches of a battery: whether it is read at all."""

from typing import cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .batteries.coordinator import BatteryCoordinator
from .batteries.link_entities import READING, ReadingSwitch
from .entry import MiBmsConfigEntry

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of one battery; sensors have none."""
    coordinator = cast(BatteryCoordinator, entry.runtime_data)
    async_add_entities([ReadingSwitch(entry, coordinator, READING)])
