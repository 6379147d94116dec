"""Publish the fields of a sensor's readings through Home Assistant's passive processors.

A reading carries only what one advert said; a field's entity comes with its first value and is
there again after a restart, with its last value, from the processors' own store.
"""

from collections.abc import Mapping

from homeassistant.components.bluetooth.passive_update_processor import (
    PassiveBluetoothDataProcessor,
    PassiveBluetoothDataUpdate,
    PassiveBluetoothEntityKey,
    PassiveBluetoothProcessorEntity,
)
from homeassistant.core import callback
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .adverts import SensorCoordinator
from .coordinator import MiBmsConfigEntry
from .entity import sensor_device
from .proto.model.fields import Field
from .proto.model.reading import Reading, Value

type Update = PassiveBluetoothDataUpdate[Value]


class PassiveProcessor(PassiveBluetoothDataProcessor[Value, Reading]):
    """Pick the fields of one platform out of each reading."""

    coordinator: SensorCoordinator

    def __init__(
        self, table: Mapping[Field, EntityDescription], *, flags: bool
    ) -> None:
        """Take the platform's table; ``flags`` says whether it shows booleans or all else."""
        super().__init__(self._pick)
        self.table = table
        self._flags = flags
        self._keys = {field: PassiveBluetoothEntityKey(field, None) for field in table}
        self._shown: set[Field] = set()

    def _pick(self, reading: Reading) -> Update:
        values = {
            field: value
            for field, value in reading.values.items()
            if (type(value) is bool) is self._flags and field in self._keys
        }
        keys = self._keys
        new = values.keys() - self._shown
        self._shown |= new
        return PassiveBluetoothDataUpdate(
            entity_descriptions={keys[field]: self.table[field] for field in new},
            entity_data={keys[field]: value for field, value in values.items()},
        )


class PassiveEntity(PassiveBluetoothProcessorEntity[PassiveProcessor]):
    """Be one field of a sensor."""

    def __init__(
        self,
        processor: PassiveProcessor,
        entity_key: PassiveBluetoothEntityKey,
        description: EntityDescription,
    ) -> None:
        """Take the row of today's table: the stored one may be of an older version."""
        known = entity_key.key in Field  # or it was stored by a newer version
        row = processor.table.get(Field(entity_key.key)) if known else None
        super().__init__(processor, entity_key, row or description)
        self._attr_device_info = sensor_device(processor.coordinator)

    @property
    def value(self) -> Value | None:
        """Give the field's last value."""
        return self.processor.entity_data.get(self.entity_key)


@callback
def async_add_passive(
    entry: MiBmsConfigEntry,
    coordinator: SensorCoordinator,
    processor: PassiveProcessor,
    entity_class: type[PassiveEntity],
    description_class: type[EntityDescription],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Connect a platform to a sensor's adverts."""
    entry.async_on_unload(
        processor.async_add_entities_listener(entity_class, async_add_entities)
    )
    entry.async_on_unload(
        coordinator.async_register_processor(processor, description_class)
    )
