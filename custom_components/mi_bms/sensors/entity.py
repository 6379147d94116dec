"""The fields of a sensor's readings as entities, numbers and flags, through Home Assistant's passive processors.

A reading carries only what one advert said; a field's entity comes with its first value and is
there again after a restart, with its last value, from the processors' own store.
"""

from datetime import datetime
from typing import Any, Final, cast, override

from propcache.api import cached_property

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.bluetooth.passive_update_processor import (
    PassiveBluetoothDataUpdate,
    PassiveBluetoothEntityKey,
    PassiveBluetoothProcessorEntity,
)
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import UndefinedType
from homeassistant.util import dt as dt_util

from ..proto.model.fields import Field, spot_of
from ..proto.model.reading import Value
from ..quantities import BINARY_SENSORS, PASSIVE_SENSORS
from .coordinator import SensorCoordinator
from .device import sensor_device
from .sparing import Sparing
from .state_writer import PassiveProcessor

ATTR_GIVEN: Final = "set_by_action"


class PassiveEntity(PassiveBluetoothProcessorEntity[PassiveProcessor]):
    """One field of a sensor."""

    LEANS_ON: Final = (
        "_handle_processor_update",
    )  # of the base, as in ``StateWriter``

    def __init__(
        self,
        processor: PassiveProcessor,
        entity_key: PassiveBluetoothEntityKey,
        description: EntityDescription,
    ) -> None:
        """Take the row of today's table: the stored one may be of an older version."""
        field, self._number = spot_of(entity_key.key)
        self._field = field
        # Without a field it was stored by a newer version.
        row = processor.table.get(field) if field else None
        super().__init__(processor, entity_key, row or description)
        # Kept at hand: a value is looked up several times for each advert.
        self._values, self._key = processor.store.values, entity_key.key
        self._attr_device_info = None  # what the property gives is enough
        self._coordinator = cast(SensorCoordinator, processor.coordinator)
        spec = self._coordinator.decoder.spec
        if spec and field in spec.optional:
            self._attr_entity_registry_enabled_default = False
        self._given = False
        self._attr_extra_state_attributes = {}

    @property
    def value(self) -> Value | None:
        """Return the newest value, also one of an earlier run."""
        return self._values.get(self._key)

    @cached_property
    @override
    def available(self) -> bool:
        """Follow the sensor, whose every coming and going is told to all its entities."""
        return self._attr_available

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """Return the device of the sensor; needed once, so nothing is kept."""
        return sensor_device(self._coordinator)

    @cached_property
    @override
    def name(self) -> str | UndefinedType | None:
        """Return the name, with a number for the second and later ones of a kind."""
        name = super().name
        if self._number == 1 or not isinstance(name, str):
            return name
        return f"{name} {self._number}"

    @override
    async def async_added_to_hass(self) -> None:
        """Show the field's value from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.processor.store.join(self.entity_key.key, self._write)
        )
        self._follow()

    def _follow(self) -> None:
        """Take over how the sensor stands; mark a value that it did not say."""
        self._attr_available = self._coordinator.available
        self._mark(given=self._key in self._coordinator.given)

    def _mark(self, *, given: bool) -> None:
        self._given = given
        self._attr_extra_state_attributes = {ATTR_GIVEN: True} if given else {}

    @callback
    def _write(self) -> None:
        if self._given:
            self._mark(given=False)
        self.async_write_ha_state()

    @callback
    @override
    def _handle_processor_update(
        self, new_data: PassiveBluetoothDataUpdate[Any] | None
    ) -> None:
        self._follow()
        super()._handle_processor_update(new_data)


class PassiveSensor(Sparing, PassiveEntity, SensorEntity):
    """A numeric or textual field of a sensor."""

    @property
    @override
    def newest(self) -> Value | None:
        """Return the newest value."""
        return self._values.get(self._key)

    @callback
    @override
    def _write(self) -> None:
        if self._given:
            super()._write()
        elif self._coordinator.options.every_change or self._is_news():
            # Past the checks of ``async_write_ha_state``: the store calls who is added, in the loop.
            self._async_write_ha_state()
        else:
            self.async_write_small()

    @callback
    @override
    def _async_write_ha_state(self) -> None:
        # As the base has it, without asking for the newest: this is done for nearly each advert.
        self._written = self._values.get(self._key)
        if self._later is not None:
            self._wait_no_longer()
        super(Sparing, self)._async_write_ha_state()

    @property
    @override
    def native_value(self) -> Value | datetime | None:
        """Return the last value that was heard."""
        value = self._values.get(self._key)
        if value is None or self._plain:
            return value
        return dt_util.utc_from_timestamp(float(value))

    @cached_property
    @override
    def capability_attributes(self) -> dict[str, Any] | None:
        """Return the state class or the options."""
        # They never change, and made anew they took 0.25 of the 10 µs that writing a value takes.
        return super().capability_attributes

    @cached_property
    def _plain(self) -> bool:
        """Return whether a value is shown as it is: all but points in time."""
        return self.device_class is not SensorDeviceClass.TIMESTAMP


class PassiveFlag(PassiveEntity, BinarySensorEntity):
    """A flag of a sensor."""

    def __init__(
        self,
        processor: PassiveProcessor,
        entity_key: PassiveBluetoothEntityKey,
        description: EntityDescription,
    ) -> None:
        """Call a contact by what it is on."""
        super().__init__(processor, entity_key, description)
        if entity_key.key == Field.OPENING:
            row = BINARY_SENSORS[self._coordinator.contact]
            self._attr_device_class = row.device_class
            self._attr_translation_key = row.translation_key

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the last state that was heard."""
        value = self.value
        return None if value is None else bool(value)


@callback
def _add(
    entry: ConfigEntry[SensorCoordinator],
    processor: PassiveProcessor,
    kinds: tuple[type[PassiveEntity], type[EntityDescription]],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Connect a platform to a sensor's adverts."""
    entity, description = kinds
    entry.async_on_unload(
        processor.async_add_entities_listener(entity, async_add_entities)
    )
    entry.async_on_unload(
        entry.runtime_data.async_register_processor(processor, description)
    )


@callback
def async_add_values(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a sensor entity for each number or text, as soon as it is heard."""
    processor = PassiveProcessor(PASSIVE_SENSORS, flags=False)
    kinds = PassiveSensor, SensorEntityDescription
    _add(entry, processor, kinds, async_add_entities)


@callback
def async_add_flags(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a binary sensor entity for each flag, as soon as it is heard."""
    processor = PassiveProcessor(BINARY_SENSORS, flags=True)
    kinds = PassiveFlag, BinarySensorEntityDescription
    _add(entry, processor, kinds, async_add_entities)
