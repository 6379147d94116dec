"""What a sensor says in its adverts: one entity for each field, number or flag, that was heard."""

from datetime import datetime
from typing import Any, override

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
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from ..proto.model.reading import Value
from ..quantities import BINARY_SENSORS, PASSIVE_SENSORS
from .coordinator import SensorCoordinator
from .entity import PassiveEntity, async_add_passive
from .state_writer import PassiveProcessor


class PassiveSensor(PassiveEntity, SensorEntity):
    """A numeric or textual field of a sensor."""

    @property
    @override
    def native_value(self) -> Value | datetime | None:
        """Return the last value that was heard."""
        value = self.value
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
    async_add_passive(
        entry,
        PassiveProcessor(PASSIVE_SENSORS, flags=False),
        PassiveSensor,
        SensorEntityDescription,
        async_add_entities,
    )


@callback
def async_add_flags(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a binary sensor entity for each flag, as soon as it is heard."""
    async_add_passive(
        entry,
        PassiveProcessor(BINARY_SENSORS, flags=True),
        PassiveFlag,
        BinarySensorEntityDescription,
        async_add_entities,
    )
