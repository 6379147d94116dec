"""Sensor entities: one table says how each numeric or textual field is shown."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, override

from propcache.api import cached_property

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    DEGREE,
    LIGHT_LUX,
    REVOLUTIONS_PER_MINUTE,
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    UnitOfConductivity,
    UnitOfDensity,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfLength,
    UnitOfMass,
    UnitOfPower,
    UnitOfPrecipitationDepth,
    UnitOfPressure,
    UnitOfRatio,
    UnitOfSpeed,
    UnitOfTemperature,
    UnitOfTime,
    UnitOfVolume,
    UnitOfVolumeFlowRate,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .adverts import SensorCoordinator
from .const import CONF_KIND, KIND_OUTPUT
from .coordinator import BatteryCoordinator, MiBmsConfigEntry
from .entity import BatteryEntity, async_add_battery, sensor_device
from .link_entities import sensors
from .output_entities import async_add_output
from .passive import PassiveEntity, PassiveProcessor, async_add_passive
from .profile import Spot
from .proto.bms.alarms import Alarm, active
from .proto.model.fields import Field
from .proto.model.reading import KeyState, Value
from .proto.model.rows import worth_a_row
from .proto.model.sample import Place
from .unpaired import NOT_PAIRED

PARALLEL_UPDATES = 0

NO_ALARM: Final = "none"
ATTR_ACTIVE: Final = "active"

_AMPERE_HOUR: Final = "Ah"
_OHM: Final = "Ω"
_BEATS_PER_MINUTE: Final = "bpm"


def _measured(
    field: Field,
    device_class: SensorDeviceClass | None = None,
    unit: str | None = None,
    *,
    precision: int | None = None,
    category: EntityCategory | None = None,
    enabled: bool = True,
    suggested_unit: str | None = None,
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT,
    options: list[str] | None = None,
    translation_key: str | None = None,
) -> SensorEntityDescription:
    """Make one row of the table; the field names the key and, unless given, the translation."""
    return SensorEntityDescription(
        key=field,
        translation_key=translation_key or field,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=state_class,
        suggested_display_precision=precision,
        suggested_unit_of_measurement=suggested_unit,
        entity_category=category,
        entity_registry_enabled_default=enabled,
        options=options,
    )


_DIAGNOSTIC: Final = EntityCategory.DIAGNOSTIC
_V: Final = UnitOfElectricPotential.VOLT
_PERCENT: Final = UnitOfRatio.PERCENTAGE
_SECONDS: Final = UnitOfTime.SECONDS
_MINUTES: Final = UnitOfTime.MINUTES
_TOTAL: Final = SensorStateClass.TOTAL_INCREASING
_C = SensorDeviceClass

SENSORS: Final[Mapping[Field, SensorEntityDescription]] = {
    Field(row.key): row
    for row in (
        # Climate and environment
        _measured(
            Field.TEMPERATURE, _C.TEMPERATURE, UnitOfTemperature.CELSIUS, precision=1
        ),
        _measured(Field.HUMIDITY, _C.HUMIDITY, _PERCENT, precision=1),
        _measured(
            Field.DEW_POINT, _C.TEMPERATURE, UnitOfTemperature.CELSIUS, precision=1
        ),
        _measured(
            Field.PRESSURE,
            _C.ATMOSPHERIC_PRESSURE,
            UnitOfPressure.PA,
            suggested_unit=UnitOfPressure.HPA,
            precision=1,
        ),
        _measured(Field.ILLUMINANCE, _C.ILLUMINANCE, LIGHT_LUX, precision=0),
        _measured(
            Field.FORMALDEHYDE,
            None,
            UnitOfDensity.MILLIGRAMS_PER_CUBIC_METER,
            precision=3,
        ),
        _measured(Field.CO2, _C.CO2, UnitOfRatio.PARTS_PER_MILLION),
        _measured(
            Field.TVOC,
            _C.VOLATILE_ORGANIC_COMPOUNDS,
            UnitOfDensity.MICROGRAMS_PER_CUBIC_METER,
        ),
        _measured(Field.PM25, _C.PM25, UnitOfDensity.MICROGRAMS_PER_CUBIC_METER),
        _measured(Field.PM10, _C.PM10, UnitOfDensity.MICROGRAMS_PER_CUBIC_METER),
        _measured(Field.MOISTURE, _C.MOISTURE, _PERCENT, precision=0),
        _measured(
            Field.CONDUCTIVITY,
            _C.CONDUCTIVITY,
            UnitOfConductivity.MICROSIEMENS_PER_CM,
            precision=0,
        ),
        _measured(Field.UV_INDEX, None, "UV index", precision=1),
        _measured(
            Field.PRECIPITATION,
            _C.PRECIPITATION,
            UnitOfPrecipitationDepth.MILLIMETERS,
            precision=1,
        ),
        # The sensor's own supply
        _measured(Field.BATTERY, _C.BATTERY, _PERCENT, category=_DIAGNOSTIC),
        _measured(Field.VOLTAGE, _C.VOLTAGE, _V, precision=2),
        _measured(
            Field.CHARGING_STATE,
            _C.ENUM,
            state_class=None,
            options=["charging", "not_charging", "full", "unknown"],
        ),
        _measured(Field.FIRMWARE, state_class=None, category=_DIAGNOSTIC),
        _measured(
            Field.CLOCK_DRIFT, _C.DURATION, _SECONDS, precision=0, category=_DIAGNOSTIC
        ),
        # Presence
        _measured(
            Field.IDLE_TIME, _C.DURATION, _SECONDS, category=_DIAGNOSTIC, enabled=False
        ),
        _measured(Field.DURATION_DETECTED, _C.DURATION, _MINUTES),
        _measured(Field.DURATION_CLEARED, _C.DURATION, _MINUTES),
        _measured(Field.PRESSURE_PRESENT_DURATION, _C.DURATION, _SECONDS),
        _measured(Field.PRESSURE_NOT_PRESENT_DURATION, _C.DURATION, _SECONDS),
        _measured(
            Field.PRESSURE_PRESENT_TIME_SET, _C.DURATION, _SECONDS, category=_DIAGNOSTIC
        ),
        _measured(
            Field.PRESSURE_NOT_PRESENT_TIME_SET,
            _C.DURATION,
            _SECONDS,
            category=_DIAGNOSTIC,
        ),
        # Locks
        _measured(Field.KEY_ID, state_class=None),
        _measured(Field.LOCK_METHOD, state_class=None),
        # Body, household
        _measured(Field.WEIGHT, _C.WEIGHT, UnitOfMass.KILOGRAMS, precision=2),
        _measured(
            Field.WEIGHT_RAW,
            _C.WEIGHT,
            UnitOfMass.KILOGRAMS,
            precision=2,
            category=_DIAGNOSTIC,
        ),
        _measured(Field.IMPEDANCE, None, _OHM, precision=0),
        _measured(Field.IMPEDANCE_LOW, None, _OHM, precision=1),
        _measured(Field.IMPEDANCE_HIGH, None, _OHM, precision=1),
        _measured(Field.HEART_RATE, None, _BEATS_PER_MINUTE),
        _measured(Field.PROFILE_ID, state_class=None),
        _measured(Field.STEPS, state_class=_TOTAL),
        _measured(Field.CONSUMABLE, None, _PERCENT),
        _measured(Field.SCORE),
        _measured(Field.COUNTER),
        # Some count down, too.
        _measured(Field.COUNT, state_class=SensorStateClass.TOTAL),
        _measured(
            Field.KETTLE_STATE,
            _C.ENUM,
            state_class=None,
            options=[
                "idle",
                "heating",
                "keeping_warm_boiled",
                "keeping_warm",
                "error",
            ],
        ),
        _measured(
            Field.VACUUM_MODE,
            _C.ENUM,
            state_class=None,
            options=["charging", "standby", "standard", "strong", "fault"],
        ),
        _measured(Field.GEAR, state_class=None),
        # Supply of a house, movement, and what has no other place
        _measured(
            Field.ENERGY,
            _C.ENERGY,
            UnitOfEnergy.KILO_WATT_HOUR,
            precision=2,
            state_class=_TOTAL,
        ),
        _measured(
            Field.GAS_VOLUME,
            _C.GAS,
            UnitOfVolume.CUBIC_METERS,
            precision=2,
            state_class=_TOTAL,
        ),
        _measured(
            Field.WATER, _C.WATER, UnitOfVolume.LITERS, precision=1, state_class=_TOTAL
        ),
        _measured(
            Field.VOLUME,
            _C.VOLUME,
            UnitOfVolume.LITERS,
            precision=2,
            state_class=SensorStateClass.TOTAL,
        ),
        _measured(
            Field.VOLUME_STORAGE, _C.VOLUME_STORAGE, UnitOfVolume.LITERS, precision=1
        ),
        _measured(
            Field.FLOW_RATE,
            _C.VOLUME_FLOW_RATE,
            UnitOfVolumeFlowRate.CUBIC_METERS_PER_HOUR,
            precision=3,
        ),
        _measured(Field.DISTANCE, _C.DISTANCE, UnitOfLength.METERS, precision=2),
        _measured(Field.DURATION, _C.DURATION, _SECONDS, precision=1),
        _measured(Field.SPEED, _C.SPEED, UnitOfSpeed.METERS_PER_SECOND, precision=2),
        _measured(Field.ACCELERATION, None, "m/s²", precision=2),
        _measured(Field.ROTATION, None, DEGREE, precision=1),
        _measured(Field.GYROSCOPE, None, "°/s", precision=1),
        _measured(Field.ROTATIONAL_SPEED, None, REVOLUTIONS_PER_MINUTE),
        _measured(
            Field.DIRECTION,
            None,
            DEGREE,
            precision=0,
            state_class=SensorStateClass.MEASUREMENT_ANGLE,
        ),
        _measured(Field.LIGHT_LEVEL),
        _measured(Field.TIMESTAMP, _C.TIMESTAMP, state_class=None),
        _measured(Field.TEXT, state_class=None),
        _measured(Field.CHANNEL, state_class=None),
        _measured(Field.RAW, state_class=None, category=_DIAGNOSTIC, enabled=False),
        _measured(
            Field.SETTINGS_REVISION,
            state_class=None,
            category=_DIAGNOSTIC,
            enabled=False,
        ),
        _measured(
            Field.DEVICE_TYPE, state_class=None, category=_DIAGNOSTIC, enabled=False
        ),
        # Batteries
        _measured(Field.CURRENT, _C.CURRENT, UnitOfElectricCurrent.AMPERE, precision=2),
        _measured(Field.POWER, _C.POWER, UnitOfPower.WATT, precision=1),
        _measured(Field.BATTERY_LEVEL, _C.BATTERY, _PERCENT),
        _measured(Field.BATTERY_HEALTH, None, _PERCENT, precision=0),
        _measured(Field.CYCLES, state_class=_TOTAL),
        _measured(Field.CYCLE_CHARGE, None, _AMPERE_HOUR, precision=2),
        _measured(
            Field.FULL_CHARGE, None, _AMPERE_HOUR, precision=1, category=_DIAGNOSTIC
        ),
        _measured(
            Field.DESIGN_CAPACITY, None, _AMPERE_HOUR, precision=0, category=_DIAGNOSTIC
        ),
        _measured(
            Field.CYCLE_CAPACITY, _C.ENERGY_STORAGE, UnitOfEnergy.WATT_HOUR, precision=1
        ),
        _measured(
            Field.TOTAL_CHARGE, None, _AMPERE_HOUR, precision=0, state_class=_TOTAL
        ),
        _measured(
            Field.TOTAL_CHARGED, None, _AMPERE_HOUR, precision=0, state_class=_TOTAL
        ),
        _measured(Field.CONSUMED_CHARGE, None, _AMPERE_HOUR, precision=1),
        *(
            _measured(
                counted,
                _C.ENERGY,
                UnitOfEnergy.WATT_HOUR,
                suggested_unit=UnitOfEnergy.KILO_WATT_HOUR,
                precision=2,
                state_class=_TOTAL,
            )
            for counted in (Field.ENERGY_IN, Field.ENERGY_OUT, Field.ENERGY_TOTAL)
        ),
        _measured(Field.INPUT_POWER, _C.POWER, UnitOfPower.WATT, precision=0),
        _measured(Field.OUTPUT_POWER, _C.POWER, UnitOfPower.WATT, precision=0),
        _measured(
            Field.UPTIME,
            _C.DURATION,
            UnitOfTime.DAYS,
            precision=1,
            category=_DIAGNOSTIC,
            enabled=False,
        ),
        # Two digits tell the minutes of an hour.
        _measured(Field.RUNTIME, _C.DURATION, UnitOfTime.HOURS, precision=2),
        _measured(Field.TIME_TO_FULL, _C.DURATION, UnitOfTime.HOURS, precision=2),
        _measured(Field.CELL_VOLTAGE, _C.VOLTAGE, _V, precision=3),
        _measured(
            Field.CELL_COUNT, state_class=None, category=_DIAGNOSTIC, enabled=False
        ),
        _measured(Field.DELTA_VOLTAGE, _C.VOLTAGE, _V, precision=3),
        _measured(
            Field.MAX_CELL_VOLTAGE, _C.VOLTAGE, _V, precision=3, category=_DIAGNOSTIC
        ),
        _measured(
            Field.MIN_CELL_VOLTAGE, _C.VOLTAGE, _V, precision=3, category=_DIAGNOSTIC
        ),
        _measured(
            Field.MAX_CELL, state_class=None, category=_DIAGNOSTIC, enabled=False
        ),
        _measured(
            Field.MIN_CELL, state_class=None, category=_DIAGNOSTIC, enabled=False
        ),
        _measured(
            Field.PROBE_TEMPERATURE,
            _C.TEMPERATURE,
            UnitOfTemperature.CELSIUS,
            precision=1,
        ),
        _measured(
            Field.MIN_CELL_TEMPERATURE,
            _C.TEMPERATURE,
            UnitOfTemperature.CELSIUS,
            precision=1,
        ),
        _measured(
            Field.BALANCE_CURRENT,
            _C.CURRENT,
            UnitOfElectricCurrent.AMPERE,
            precision=2,
            category=_DIAGNOSTIC,
        ),
        _measured(
            Field.HEATER_CURRENT,
            _C.CURRENT,
            UnitOfElectricCurrent.AMPERE,
            precision=2,
            category=_DIAGNOSTIC,
        ),
        _measured(
            Field.PROBLEM_CODE, state_class=None, category=_DIAGNOSTIC, enabled=False
        ),
        _measured(
            Field.ALARM,
            _C.ENUM,
            state_class=None,
            options=[NO_ALARM, *(str(alarm) for alarm in Alarm)],
        ),
        _measured(
            Field.PRODUCTION_DATE, _C.DATE, state_class=None, category=_DIAGNOSTIC
        ),
        _measured(Field.PACK_COUNT, state_class=None, category=_DIAGNOSTIC),
        _measured(
            Field.BATTERY_MODE,
            _C.ENUM,
            state_class=None,
            options=["unknown", "bulk", "absorption", "float"],
        ),
        # The link
        _measured(
            Field.RSSI,
            _C.SIGNAL_STRENGTH,
            SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
            category=_DIAGNOSTIC,
            enabled=False,
        ),
        _measured(
            Field.LAST_SEEN, _C.TIMESTAMP, state_class=None, category=_DIAGNOSTIC
        ),
        _measured(
            Field.LAST_READ, _C.TIMESTAMP, state_class=None, category=_DIAGNOSTIC
        ),
    )
}

# A sensor measures its own coin cell; for a battery the voltage is the point.
PASSIVE_SENSORS: Final[Mapping[Field, SensorEntityDescription]] = {
    **SENSORS,
    Field.VOLTAGE: _measured(
        Field.VOLTAGE, _C.VOLTAGE, _V, precision=2, category=_DIAGNOSTIC
    ),
}

# Of one receiver: no field of a reading.
LOST_PACKETS: Final = SensorEntityDescription(
    key="lost_packets",
    translation_key="lost_packets",
    native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=1,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)
# How the key of a sensor fares.
KEY: Final = SensorEntityDescription(
    key="key_state",
    translation_key="key_state",
    device_class=_C.ENUM,
    options=[*KeyState, NOT_PAIRED],
    entity_category=EntityCategory.DIAGNOSTIC,
)
LAST_SEEN_STEP: Final = timedelta(minutes=5)

# Alarms that are a problem; a battery that counts them counts over its lifetime.
PROTECTION_COUNTS: Final[Mapping[Alarm, SensorEntityDescription]] = {
    alarm: _measured(
        Field.PROTECTION_COUNT,
        state_class=_TOTAL,
        category=_DIAGNOSTIC,
        enabled=False,
        translation_key=f"{Field.PROTECTION_COUNT}_{alarm}",
    )
    for alarm in Alarm
    if alarm.kind.is_problem
}

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
        """Give the last value that was heard."""
        value = self.value
        if value is None or self._plain:
            return value
        return dt_util.utc_from_timestamp(float(value))

    @cached_property
    def _plain(self) -> bool:
        """Say whether a value is shown as it is: all but points in time."""
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
        """Give the strength of the newest advert."""
        return self._coordinator.rssi


class LastSeenSensor(PolledSensor):
    """Show when a sensor was last heard, also and above all when it no longer is."""

    _shown: datetime | None = None

    @property
    @override
    def native_value(self) -> datetime | None:
        """Give the time; while the sensor is heard it moves in steps, to spare the database."""
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
        """Give the lost share."""
        return self._coordinator.receivers.losses.share(self._source)


def _probe_of(places: tuple[Place, ...], index: int) -> tuple[str, int]:
    """Give the translation key of a probe, which names its place, and its number among its like."""
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
        """Give the value of the last good sample, in the unit of its row."""
        value, seconds = self._said, _SHOWN_IN.get(self.spot.field)
        if seconds is None or not isinstance(value, int | float):
            return value
        return round(value / seconds, _SHOWN_DIGITS)

    @property
    def _said(self) -> Value | datetime | date | None:
        """Give what the battery said."""
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
        """Give all active alarms, the most serious first: words, nothing to draw a graph of."""
        return {ATTR_ACTIVE: list(self._active)}
