"""Publish the fields of a sensor's readings through Home Assistant's passive processors.

A reading carries only what one advert said; a field's entity comes with its first value and is
there again after a restart, with its last value, from the processors' own store.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, override

from homeassistant.components.bluetooth.passive_update_processor import (
    PassiveBluetoothDataProcessor,
    PassiveBluetoothDataUpdate,
    PassiveBluetoothEntityKey,
    PassiveBluetoothProcessorEntity,
)
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .adverts import SensorCoordinator
from .coordinator import MiBmsConfigEntry
from .entity import sensor_device
from .proto.model.fields import Field
from .proto.model.reading import Reading, Value

type Writer = Callable[[Value], None]
type Update = PassiveBluetoothDataUpdate[Value]

_KEYS: Final = {field: PassiveBluetoothEntityKey(field, None) for field in Field}


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
        self._shown: dict[Field, Value] = {}
        self._writers: dict[str, Writer] = {}

    @callback
    @override
    def async_handle_update(
        self, update: Reading, was_available: bool | None = None
    ) -> None:
        """Write the states that a reading changes.

        Adverts are many, and mostly say again what is shown already: Home Assistant's general way
        is kept for what comes for the first time and for a sensor that was away.
        """
        if was_available:
            flags, shown = self._flags, self._shown
            for field, value in update.values.items():
                if (type(value) is bool) is not flags or shown.get(field) == value:
                    continue
                if (write := self._writers.get(field)) is None:
                    break
                shown[field] = self.entity_data[_KEYS[field]] = value
                write(value)
            else:
                return
        super().async_handle_update(update, was_available)

    @callback
    def async_add_writer(self, field: str, write: Writer) -> CALLBACK_TYPE:
        """Call ``write`` when the value of a field has changed."""
        self._writers[field] = write

        @callback
        def remove() -> None:
            self._writers.pop(field, None)

        return remove

    def _pick(self, reading: Reading) -> Update:
        table, keys = self.table, _KEYS
        values = {
            field: value
            for field, value in reading.values.items()
            if (type(value) is bool) is self._flags and field in table
        }
        new = values.keys() - self._shown.keys()
        self._shown.update(values)
        return PassiveBluetoothDataUpdate(
            entity_descriptions={keys[field]: table[field] for field in new},
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
        self._coordinator = processor.coordinator
        self.value: Value | None = None

    @property
    @override
    def available(self) -> bool:
        """Follow the sensor."""
        return self._coordinator.available

    @override
    async def async_added_to_hass(self) -> None:
        """Show the field's value from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.processor.async_add_writer(self.entity_key.key, self._write)
        )
        self.value = self.processor.entity_data.get(self.entity_key)

    @callback
    def _write(self, value: Value) -> None:
        self.value = value
        self.async_write_ha_state()

    @callback
    @override
    def _handle_processor_update(
        self, new_data: PassiveBluetoothDataUpdate[Any] | None
    ) -> None:
        self.value = self.processor.entity_data.get(self.entity_key)
        super()._handle_processor_update(new_data)


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
