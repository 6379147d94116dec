"""Sensor entities: one table says how each numeric or textual field is shown."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, override

from propcache.api import cached_property

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .batteries.coordinator import BatteryCoordinator
from .batteries.entity import BatteryEntity, async_add_battery
from .batteries.link_entities import sensors
from .batteries.profile import Spot
from .const import CONF_KIND, KIND_OUTPUT
from .entry import MiBmsConfigEntry
from .outputs.entities import async_add_output
from .proto.bms.alarms import Alarm, active
from .proto.model.fields import Field
from .proto.model.reading import Value
from .proto.model.rows import worth_a_row
from .proto.model.sample import Place
from .quantities import (
    _C,
    KEY,
    LOST_PACKETS,
    NO_ALARM,
    PASSIVE_SENSORS,
    PROTECTION_COUNTS,
    SENSORS,
)
from .sensors.coordinator import SensorCoordinator
from .sensors.device import sensor_device
from .sensors.entity import PassiveEntity, PassiveProcessor, async_add_passive

PARALLEL_UPDATES = 0

ATTR_ACTIVE: Final = "active"


LAST_SEEN_STEP: Final = timedelta(minutes=5)


# Fields that a battery reports as numbers and that mean a word.
_WORDS: Final[Mapping[Field, Mapping[Value, str]]] = {
    Field.BATTERY_MODE: {-1: "unknown", 0: "bulk", 1: "absorption", 2: "float"},
}
# Times that a battery reports in seconds -> seconds of the unit in which they are shown. Home Assistant
# would convert them with all digits of a division.
_SHOWN_IN: Final[Mapping[Field, float]] = {
    Field.RUNTIME: 3600.0,
    Field.TIME_TO_FULL: 3600.0,
    Field.UPTIME: 86_400.0,
}
_SHOWN_DIGITS: Final = 4


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensor entities of one device or output."""
    if entry.data[CONF_KIND] == KIND_OUTPUT:
        async_add_output(entry, async_add_entities)
        return
    coordinator = entry.runtime_data
    if isinstance(coordinator, SensorCoordinator):
        processor = PassiveProcessor(PASSIVE_SENSORS, flags=False)
        async_add_passive(
            entry,
            coordinator,
            processor,
            PassiveSensor,
            SensorEntityDescription,
            async_add_entities,
        )
        _add_polled(entry, coordinator, async_add_entities)
        return

    def make(spot: Spot) -> BatterySensor | None:
        if spot.field is Field.ALARM:
            return AlarmSensor(entry, coordinator, spot)
        shown = spot.field in SENSORS or spot.part in PROTECTION_COUNTS
        return BatterySensor(entry, coordinator, spot) if shown else None

    async_add_battery(entry, coordinator, make, async_add_entities)
    async_add_entities(sensors(entry, coordinator))


def _add_polled(
    entry: MiBmsConfigEntry,
    coordinator: SensorCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add what tells of a sensor's reception; a receiver that hears it first gets its own."""
    async_add_entities(
        [
            RssiSensor(coordinator, SENSORS[Field.RSSI]),
            LastSeenSensor(coordinator, SENSORS[Field.LAST_SEEN]),
        ]
    )
    spec = coordinator.decoder.spec
    if coordinator.key or (spec and spec.encrypted == "yes"):
        async_add_entities([KeySensor(coordinator, KEY)])

    @callback
    def new_receiver(source: str, name: str) -> None:
        async_add_entities([LossSensor(coordinator, source, name)])

    entry.async_on_unload(coordinator.receivers.async_on_new(new_receiver))


class PassiveSensor(PassiveEntity, SensorEntity):
    """Be a numeric or textual field of a sensor."""

    @property
    @override
    def native_value(self) -> Value | datetime | None:
        """Return the last value that was heard."""
        value = self.value
        if value is None or self._plain:
            return value
        return dt_util.utc_from_timestamp(float(value))

    @cached_property
    def _plain(self) -> bool:
        """Return whether a value is shown as it is: all but points in time."""
        return self.device_class is not _C.TIMESTAMP


class PolledSensor(SensorEntity):
    """Be something about a sensor's reception: looked at now and then, not with each advert."""

    _attr_has_entity_name = True
    _attr_should_poll = True

    def __init__(
        self, coordinator: SensorCoordinator, description: SensorEntityDescription
    ) -> None:
        """Take the row of the table."""
        self.entity_description = description
        self._coordinator = coordinator
        self._attr_unique_id = f"{coordinator.address}-{description.key}"

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """Describe the sensor; needed once, so nothing is kept."""
        return sensor_device(self._coordinator)


class RssiSensor(PolledSensor):
    """Show how strongly a sensor is heard, as far as a person asked for it."""

    @property
    @override
    def available(self) -> bool:
        """Follow the sensor."""
        return self._coordinator.available

    @property
    @override
    def native_value(self) -> int | None:
        """Return the strength of the newest advert."""
        return self._coordinator.rssi


class LastSeenSensor(PolledSensor):
    """Show when a sensor was last heard, also and above all when it no longer is."""

    _shown: datetime | None = None

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time; while the sensor is heard it moves in steps, to spare the database."""
        seen, shown = self._coordinator.seen_at, self._shown
        fresh = shown is None or (
            seen is not None
            and (seen - shown >= LAST_SEEN_STEP or not self._coordinator.available)
        )
        if fresh:
            self._shown = seen
        return self._shown


class KeySensor(PolledSensor):
    """Show whether a sensor that encrypts can be read, and if not, why."""

    @override
    async def async_added_to_hass(self) -> None:
        """Show at once that the key fits."""
        self._coordinator.on_proven = self.async_write_ha_state

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Show nothing more."""
        self._coordinator.on_proven = None

    @property
    @override
    def native_value(self) -> str | None:
        """Return what is known of the key."""
        return self._coordinator.key_state


class LossSensor(PolledSensor):
    """Show which share of a sensor's packets one receiver missed."""

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
        return self._coordinator.receivers.losses.share(self._source)


def _probe_of(places: tuple[Place, ...], index: int) -> tuple[str, int]:
    """Return the translation key of a probe, which names its place, and its number among its like."""
    place = places[index - 1]
    number = places[:index].count(place)
    if place is Place.GENERIC:
        return Field.PROBE_TEMPERATURE, number
    several = "_n" if places.count(place) > 1 else ""
    return f"{place}_temperature{several}", number


class BatterySensor(BatteryEntity, SensorEntity):
    """Be a field, a cell, a probe or a count of a battery or of one of its packs."""

    _written: object = None
    _was_available: bool | None = None

    def __init__(
        self, entry: MiBmsConfigEntry, coordinator: BatteryCoordinator, spot: Spot
    ) -> None:
        """Take the row of the field; probes are named after their place."""
        if spot.field is Field.PROTECTION_COUNT:
            row = PROTECTION_COUNTS[Alarm(str(spot.part))]
        else:
            row = SENSORS[spot.field]
        super().__init__(entry, coordinator, row, spot)
        if spot.field is Field.PROBE_TEMPERATURE and isinstance(spot.part, int):
            key, number = _probe_of(self.profile.probes, spot.part)
            self._attr_translation_key = key
            self._attr_translation_placeholders = {"number": str(number)}

    @property
    @override
    def available(self) -> bool:
        """Stay available as the time of the last reading: it is asked for above all when none comes."""
        return self.spot.field is Field.LAST_READ or super().available

    @property
    @override
    def native_value(self) -> Value | datetime | date | None:
        """Return the value of the last good sample, in the unit of its row."""
        value, seconds = self._said, _SHOWN_IN.get(self.spot.field)
        if seconds is None or not isinstance(value, int | float):
            return value
        return round(value / seconds, _SHOWN_DIGITS)

    @property
    def _said(self) -> Value | datetime | date | None:
        """Return what the battery said."""
        if self.spot.field is Field.LAST_READ:
            return self.coordinator.read_at
        sample = self.sample
        if sample is None:
            return None
        match self.spot.field, self.spot.part:
            case Field.PRODUCTION_DATE, _:
                return dt_util.parse_date(self.profile.info.production_date or "")
            case Field.CELL_VOLTAGE, int(number):
                return sample.cells[number - 1] if number <= len(sample.cells) else None
            case Field.PROBE_TEMPERATURE, int(number):
                probes = sample.probes
                return probes[number - 1].celsius if number <= len(probes) else None
            case Field.PROTECTION_COUNT, str(word):
                return sample.counters.get(word)
        value = sample.values.get(self.spot.field)
        words = _WORDS.get(self.spot.field)
        return value if words is None or value is None else words.get(value)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write what is worth a row: a change that the user wants recorded, or a value that went or came."""
        available = self.available
        new = self._said if available else None
        band = self.coordinator.settings.bands.get(self.spot.field, 0.0)
        turned = available is not self._was_available
        if not band or turned or worth_a_row(new, self._written, band):
            self._written, self._was_available = new, available
            super()._handle_coordinator_update()


class AlarmSensor(BatterySensor):
    """Show the most serious active alarm of a battery; all of them stand beside it."""

    @property
    def _active(self) -> tuple[Alarm, ...]:
        sample = self.sample
        if sample is None:
            return ()
        return active(sample.alarms, sample.values.get(Field.PROBLEM))

    @property
    @override
    def native_value(self) -> str | None:
        """Return the word of the most serious alarm; None when the battery did not tell."""
        if self._active:
            return self._active[0]
        sample = self.sample
        return NO_ALARM if sample and Field.PROBLEM in sample.values else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return all active alarms, the most serious first: words, nothing to draw a graph of."""
        return {ATTR_ACTIVE: list(self._active)}
