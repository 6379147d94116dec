"""Sensors of the stand-in."""

from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import Shown, rows_of
from .tables import SENSORS, Row
from .world import DOMAIN, World


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ConfigEntry[World],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add them."""
    world = entry.runtime_data
    async_add_entities(
        Sensor(world, address, row) for address, row in rows_of(world, SENSORS[DOMAIN])
    )


class Sensor(Shown, SensorEntity):
    """Show a number."""

    def __init__(self, world: World, address: str, row: Row) -> None:
        """Take unit and classes."""
        super().__init__(world, address, row)
        self._attr_native_unit_of_measurement = row.unit
        self._attr_device_class = row.device_class  # type: ignore[assignment]
        self._attr_state_class = row.state_class

    @property
    @override
    def native_value(self) -> float | None:
        return None if self.told is None else self.told * self._row.factor
