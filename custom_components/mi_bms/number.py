"""Numbers of a sensor: the limits of the face on its display."""

from typing import cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entry import MiBmsConfigEntry
from .sensors.coordinator import SensorCoordinator
from .sensors.gatt_entities import numbers

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers of one sensor; batteries have none."""
    async_add_entities(numbers(cast(SensorCoordinator, entry.runtime_data)))
