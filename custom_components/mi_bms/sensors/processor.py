"""What connects a platform with a sensor's readings: it picks fields and makes their entities.

Home Assistant's own processor keeps them over a restart. A reading comes this way when it says something
for the first time, or after its sensor was away; else ``state_writer`` goes straight to the entities.
"""

from collections.abc import Callable, Mapping
from typing import Final, override

from homeassistant.components.bluetooth.passive_update_processor import (
    PassiveBluetoothDataProcessor,
    PassiveBluetoothDataUpdate,
    PassiveBluetoothEntityKey,
    PassiveBluetoothProcessorCoordinator,
)
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..proto.model.fields import Field
from ..proto.model.reading import Reading, Value
from .store import Store

_KEYS: Final = {field: PassiveBluetoothEntityKey(field, None) for field in Field}


def _numbered(field: Field, number: int) -> PassiveBluetoothEntityKey:
    return PassiveBluetoothEntityKey(f"{field}_{number}", None)


type Make = Callable[[PassiveProcessor, str, EntityDescription], Entity]


class PassiveProcessor(PassiveBluetoothDataProcessor[Value, Reading]):
    """Pick the fields of one platform out of a reading that takes the base's way."""

    def __init__(
        self,
        store: Store,
        table: Mapping[Field, EntityDescription],
        make: Make,
        async_add_entities: AddConfigEntryEntitiesCallback,
        *,
        flags: bool = False,
    ) -> None:
        """Take the platform's store and table; ``flags`` says whether it shows booleans or all else."""
        super().__init__(self._pick)
        self.store, self.table, self.flags = store, table, flags
        self._make, self._add = make, async_add_entities
        self._made: list[str] = []

    @callback
    @override
    def async_register_coordinator(
        self,
        coordinator: PassiveBluetoothProcessorCoordinator[Reading],
        entity_description_class: type[EntityDescription] | None,
    ) -> None:
        """Put the values of an earlier run into the store."""
        # Before the base makes entities of it: they show their value at once.
        if restored := coordinator.restore_data.get(self.restore_key or ""):
            self.store.values |= {
                PassiveBluetoothEntityKey.from_string(key).key: value
                for key, value in restored["entity_data"].items()
            }
        super().async_register_coordinator(coordinator, entity_description_class)

    def hand_back(self) -> None:
        """Take over the newest values from the store."""
        values, data = self.store.values, self.entity_data
        for key in data:
            data[key] = values.get(key.key, data[key])

    def _pick(self, reading: Reading) -> PassiveBluetoothDataUpdate[Value]:
        table, flags = self.table, self.flags
        found = {
            _KEYS[field]: (field, value)
            for field, value in reading.values.items()
            if (type(value) is bool) is flags and field in table
        } | {
            _numbered(field, number): (field, value)
            for (field, number), value in reading.further.items()
            if (type(value) is bool) is flags and field in table
        }
        self.store.values |= {key.key: value for key, (_, value) in found.items()}
        return PassiveBluetoothDataUpdate(
            entity_descriptions={
                key: table[field] for key, (field, _) in found.items()
            },
            entity_data={key: value for key, (_, value) in found.items()},
        )

    @callback
    @override
    def async_update_listeners(
        self,
        data: PassiveBluetoothDataUpdate[Value] | None,
        was_available: bool | None = None,
        changed_entity_keys: set[PassiveBluetoothEntityKey] | None = None,
    ) -> None:
        """Make entities of what became known, and write those that something is new of.

        The base keeps two listeners for each entity, with their closures: 1 KiB that the store,
        which knows the entities, makes needless.
        """
        shown = self.store.shown
        if data:
            self._add_new(data.entity_descriptions)
        if was_available is None:
            was_available = self.coordinator.available
        if data is None or not was_available:
            keys = [*shown]
        elif changed_entity_keys is None:
            keys = [key.key for key in data.entity_data]
        else:
            keys = [key.key for key in data.entity_data.keys() & changed_entity_keys]
        for key in keys:
            if entity := shown.get(key):
                entity.async_follow()

    def _add_new(
        self, known: Mapping[PassiveBluetoothEntityKey, EntityDescription]
    ) -> None:
        new = [
            (key.key, row) for key, row in known.items() if key.key not in self._made
        ]
        if new:
            self._made += [key for key, _ in new]
            self._add(self._make(self, key, row) for key, row in new)
