"""Flags of the stand-in."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import Shown, rows_of
from .tables import BINARY_SENSORS, Row
from .world import DOMAIN, World


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ConfigEntry[World],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add them."""
    world = entry.runtime_data
    async_add_entities(
        FlagShown(world, address, row)
        for address, row in rows_of(world, BINARY_SENSORS[DOMAIN])
    )


class FlagShown(Shown, BinarySensorEntity):
    """Show yes or no."""

    def __init__(self, world: World, address: str, row: Row) -> None:
        """Take its class."""
        super().__init__(world, address, row)
        self._attr_device_class = row.device_class  # type: ignore[assignment]

    @property
    @override
    def is_on(self) -> bool | None:
        return None if self.told is None else bool(self.told)
