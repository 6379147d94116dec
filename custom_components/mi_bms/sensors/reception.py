"""How well a sensor is heard and whether it can be read: entities that are looked at now and then."""

from datetime import datetime
from typing import Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..lean import lean
from ..proto.model.fields import Field
from ..proto.model.rows import time_to_tell
from ..quantities import KEY, LOST_PACKETS, SENSORS
from .coordinator import SensorCoordinator
from .device import OfSensor

# What has entities of its own here: no values that are shown as they come.
RECEPTION: Final = frozenset({Field.RSSI, Field.LAST_SEEN})


class PolledSensor(OfSensor, SensorEntity):
    """Something about a sensor's reception: looked at now and then, not with each advert."""

    _attr_should_poll = True

    def __init__(
        self, coordinator: SensorCoordinator, description: SensorEntityDescription
    ) -> None:
        """Take the row of the table."""
        super().__init__(coordinator, description.key)
        self.entity_description = description


@lean
class RssiSensor(PolledSensor):
    """The signal strength of the newest advert that is surely a sensor's own."""

    _stop: CALLBACK_TYPE | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Show the first strength at once: until the next look a minute may pass."""
        if self._coordinator.rssi is None:
            self._stop = self._coordinator.async_follow(self._first)

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Wait for nothing more."""
        self._end()

    @callback
    def _first(self) -> None:
        if self._coordinator.rssi is not None:
            self._end()
            self.async_write_ha_state()

    @callback
    def _end(self) -> None:
        if self._stop:
            self._stop()
            self._stop = None

    @property
    @override
    def available(self) -> bool:
        """Follow the sensor."""
        return self._coordinator.available

    @property
    @override
    def native_value(self) -> int | None:
        """Return the strength in dBm."""
        return self._coordinator.rssi


@lean
class LastSeenSensor(PolledSensor):
    """When a sensor was last heard, also and above all when it no longer is."""

    _shown: datetime | None = None

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time; while the sensor is heard it moves in steps, to spare the database."""
        late = not self._coordinator.available
        self._shown = time_to_tell(self._coordinator.seen_at, self._shown, late=late)
        return self._shown


@lean
class KeySensor(PolledSensor):
    """Whether a sensor can be read, and if not, what is the matter with its key."""

    @override
    async def async_added_to_hass(self) -> None:
        """Show at once that the key fits, or that none is needed."""
        self._coordinator.path.on_key = self.async_write_ha_state

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Show nothing more."""
        self._coordinator.path.on_key = None

    @property
    @override
    def native_value(self) -> str | None:
        """Return what is known of the key."""
        return self._coordinator.path.key_state


@lean
class LossSensor(PolledSensor):
    """Which share of a sensor's packets one receiver missed."""

    def __init__(self, coordinator: SensorCoordinator, source: str, name: str) -> None:
        """Take the receiver's address and name."""
        super().__init__(coordinator, LOST_PACKETS)
        self._source = source
        self._attr_unique_id = f"{coordinator.address}-{LOST_PACKETS.key}_{source}"
        self._attr_translation_placeholders = {"receiver": name}

    @property
    @override
    def native_value(self) -> float | None:
        """Return the lost share."""
        return self._coordinator.packet_loss.losses.share(self._source)


@callback
def async_add_reception(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add what tells of a sensor's reception; a receiver that hears it first gets its own."""
    coordinator = entry.runtime_data
    async_add_entities(
        [
            RssiSensor(coordinator, SENSORS[Field.RSSI]),
            LastSeenSensor(coordinator, SENSORS[Field.LAST_SEEN]),
            KeySensor(coordinator, KEY),
        ]
    )

    @callback
    def new_receiver(source: str, name: str) -> None:
        async_add_entities([LossSensor(coordinator, source, name)])

    coordinator.packet_loss.on_new = new_receiver
