"""The fields of a sensor's readings as entities, numbers and flags, through Home Assistant's passive processors.

A reading carries only what one advert said; a field's entity comes with its first value and is
there again after a restart, with its last value, from the processors' own store.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast, override

from propcache.api import cached_property

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import UndefinedType
from homeassistant.util import dt as dt_util

from ..lean import lean
from ..proto.model.fields import Field, spot_of
from ..proto.model.reading import Value
from ..quantities import BINARY_SENSORS, PASSIVE_SENSORS
from .coordinator import SensorCoordinator
from .device import OfSensor
from .processor import PassiveProcessor
from .sparing import SPARING, Sparing
from .store import Store

ATTR_GIVEN: Final = "set_by_action"
_MARK: Final = {ATTR_GIVEN: True}


class PassiveEntity(OfSensor):
    """One field of a sensor."""

    # What each entity keeps stands in slots of the classes below: its dictionary has little room (``lean``).
    _field: Field | None
    _given: bool
    _here: bool
    _key: str
    _store: Store

    def __init__(
        self, processor: PassiveProcessor, key: str, description: EntityDescription
    ) -> None:
        """Take the row of today's table: the stored one may be of an older version."""
        super().__init__(cast(SensorCoordinator, processor.coordinator), key)
        field, _ = spot_of(key)
        # Without a field it was stored by a newer version.
        row = processor.table.get(field) if field else None
        self.entity_description = row or description
        self._field, self._key, self._store = field, key, processor.store
        self._take_over()
        spec = self._coordinator.decoder.spec
        if spec and field in spec.optional:
            self._attr_entity_registry_enabled_default = False

    @property
    def value(self) -> Value | None:
        """Return the newest value, also one of an earlier run."""
        return self._store.values.get(self._key)

    @property
    @override
    def available(self) -> bool:
        """Follow the sensor, whose every coming and going is told to all its entities."""
        return self._here

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Mark a value that the sensor did not say."""
        return _MARK if self._given else None

    @cached_property
    @override
    def name(self) -> str | UndefinedType | None:
        """Return the name, with a number for the second and later ones of a kind."""
        name = super().name
        _, number = spot_of(self._key)
        return name if number == 1 or not isinstance(name, str) else f"{name} {number}"

    @override
    async def async_added_to_hass(self) -> None:
        """Show the field's value from now on."""
        await super().async_added_to_hass()
        self._store.shown[self._key] = self
        self._take_over()

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Show nothing more."""
        await super().async_will_remove_from_hass()
        self._store.shown.pop(self._key, None)

    def _take_over(self) -> None:
        """Take over how the sensor stands, and whether it said the value itself."""
        self._here = self._coordinator.available
        self._given = self._key in self._coordinator.given

    @callback
    def async_write(self) -> None:
        """Write a value that the sensor said just now."""
        self._given = False
        self.async_write_ha_state()

    @callback
    def async_follow(self) -> None:
        """Write how the sensor stands, with the newest value."""
        self._take_over()
        self.async_write_ha_state()


_SLOTS: Final = ("_coordinator", "_field", "_given", "_here", "_key", "_store")


@lean
class PassiveSensor(Sparing, PassiveEntity, SensorEntity):
    """A numeric or textual field of a sensor."""

    __slots__ = (*_SLOTS, *SPARING)

    @property
    @override
    def newest(self) -> Value | None:
        """Return the newest value."""
        return self._store.values.get(self._key)

    @callback
    @override
    def async_write(self) -> None:
        if self._given:
            super().async_write()
        else:
            self.async_write_if_news()

    @property
    @override
    def native_value(self) -> Value | datetime | None:
        """Return the last value that was heard."""
        value = self._store.values.get(self._key)
        if value is None or self.device_class is not SensorDeviceClass.TIMESTAMP:
            return value
        return dt_util.utc_from_timestamp(float(value))


@lean
class PassiveFlag(PassiveEntity, BinarySensorEntity):
    """A flag of a sensor."""

    __slots__ = _SLOTS

    def __init__(
        self, processor: PassiveProcessor, key: str, description: EntityDescription
    ) -> None:
        """Call a contact by what it is on."""
        super().__init__(processor, key, description)
        if key == Field.OPENING:
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
def async_add_values(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a sensor entity for each number or text, as soon as it is heard."""
    coordinator = entry.runtime_data
    processor = PassiveProcessor(
        coordinator.store(flags=False),
        PASSIVE_SENSORS,
        PassiveSensor,
        async_add_entities,
    )
    kind = SensorEntityDescription
    entry.async_on_unload(coordinator.async_register_processor(processor, kind))


@callback
def async_add_flags(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a binary sensor entity for each flag, as soon as it is heard."""
    coordinator = entry.runtime_data
    processor = PassiveProcessor(
        coordinator.store(flags=True),
        BINARY_SENSORS,
        PassiveFlag,
        async_add_entities,
        flags=True,
    )
    kind = BinarySensorEntityDescription
    entry.async_on_unload(coordinator.async_register_processor(processor, kind))
