"""Binary sensor entities: one table says how each flag is shown."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .batteries.coordinator import BatteryCoordinator
from .batteries.entity import BatteryEntity, async_add_battery
from .batteries.profile import Spot
from .entry import MiBmsConfigEntry
from .proto.model.fields import Field
from .quantities import BINARY_SENSORS, CELL_BALANCING
from .sensors.coordinator import SensorCoordinator
from .sensors.entity import PassiveEntity, PassiveProcessor, async_add_passive

PARALLEL_UPDATES = 0

_DIAGNOSTIC: Final = EntityCategory.DIAGNOSTIC


# A sensor's power flag and a battery's power in watts share a field name.
_BATTERY_FLAGS: Final = BINARY_SENSORS.keys() - {Field.POWER}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensor entities of one device."""
    coordinator = entry.runtime_data
    if isinstance(coordinator, SensorCoordinator):
        processor = PassiveProcessor(BINARY_SENSORS, flags=True)
        async_add_passive(
            entry,
            coordinator,
            processor,
            PassiveFlag,
            BinarySensorEntityDescription,
            async_add_entities,
        )
        return

    def make(spot: Spot) -> BatteryFlag | None:
        shown = spot.field in _BATTERY_FLAGS
        return BatteryFlag(entry, coordinator, spot) if shown else None

    async_add_battery(entry, coordinator, make, async_add_entities)


class PassiveFlag(PassiveEntity, BinarySensorEntity):
    """Be a flag of a sensor."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the last state that was heard."""
        value = self.value
        return None if value is None else bool(value)


class BatteryFlag(BatteryEntity, BinarySensorEntity):
    """Be a flag of a battery, of one of its packs or of one of their cells."""

    def __init__(
        self, entry: MiBmsConfigEntry, coordinator: BatteryCoordinator, spot: Spot
    ) -> None:
        """Take the row of the field."""
        row = BINARY_SENSORS[spot.field] if spot.part is None else CELL_BALANCING
        super().__init__(entry, coordinator, row, spot)

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the state of the last good sample; a mask is on while any bit is set."""
        value = self.sample.values.get(self.spot.field) if self.sample else None
        if value is None:
            return None
        if isinstance(self.spot.part, int):
            return isinstance(value, int) and bool(value >> (self.spot.part - 1) & 1)
        return bool(value)
