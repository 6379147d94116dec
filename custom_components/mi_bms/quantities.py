"""How Home Assistant shows each quantity."""

from collections.abc import Mapping
from typing import Final

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntityDescription,
)
from homeassistant.components.sensor import (
    SensorDeviceClass,
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

from .proto.bms.alarms import Alarm
from .proto.model.fields import Field
from .proto.model.reading import KeyState

NO_ALARM: Final = "none"


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
NOT_PAIRED: Final = "not_paired"  # a word of the key beside its states
KEY: Final = SensorEntityDescription(
    key="key_state",
    translation_key="key_state",
    device_class=_C.ENUM,
    options=[*KeyState, NOT_PAIRED],
    entity_category=EntityCategory.DIAGNOSTIC,
)


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


_B = BinarySensorDeviceClass


def _flag(
    field: Field,
    device_class: BinarySensorDeviceClass | None = None,
    *,
    category: EntityCategory | None = None,
    enabled: bool = True,
    translation_key: str | None = None,
) -> BinarySensorEntityDescription:
    """Make one row of the table; the field names the key and, unless given, the translation."""
    return BinarySensorEntityDescription(
        key=field,
        translation_key=translation_key or field,
        device_class=device_class,
        entity_category=category,
        entity_registry_enabled_default=enabled,
    )


BINARY_SENSORS: Final[Mapping[Field, BinarySensorEntityDescription]] = {
    Field(row.key): row
    for row in (
        _flag(Field.BATTERY_LOW, _B.BATTERY, category=_DIAGNOSTIC),
        _flag(Field.MOTION, _B.MOTION),
        _flag(Field.OCCUPANCY, _B.OCCUPANCY),
        _flag(Field.OCCUPANCY_CLOSE_RANGE, _B.OCCUPANCY),
        _flag(Field.PRESENCE, _B.PRESENCE),
        _flag(Field.MOVING, _B.MOVING),
        _flag(Field.OPENING, _B.OPENING),
        _flag(Field.DOOR, _B.DOOR),
        _flag(Field.GARAGE_DOOR, _B.GARAGE_DOOR),
        _flag(Field.WINDOW, _B.WINDOW),
        _flag(Field.DOOR_LEFT_OPEN, _B.PROBLEM),
        _flag(Field.DOOR_STUCK, _B.PROBLEM),
        _flag(Field.KNOCK_ON_THE_DOOR),
        _flag(Field.PRY_THE_DOOR, _B.TAMPER),
        _flag(Field.DEVICE_FORCIBLY_REMOVED, _B.TAMPER),
        _flag(Field.LIGHT, _B.LIGHT),
        _flag(Field.SMOKE, _B.SMOKE),
        _flag(Field.GAS, _B.GAS),
        _flag(Field.CARBON_MONOXIDE, _B.CO),
        _flag(Field.COLD, _B.COLD),
        _flag(Field.HEAT, _B.HEAT),
        _flag(Field.FAULT, _B.PROBLEM, category=_DIAGNOSTIC),
        _flag(Field.MOISTURE_DETECTED, _B.MOISTURE),
        _flag(Field.BOTTOM_SUBMERSION, _B.MOISTURE),
        _flag(Field.TOP_SPLASH, _B.MOISTURE),
        _flag(Field.SAFETY, _B.SAFETY),
        _flag(Field.SOUND, _B.SOUND),
        _flag(Field.TAMPER, _B.TAMPER),
        _flag(Field.VIBRATION, _B.VIBRATION),
        _flag(Field.ARMED),
        _flag(Field.LOCK, _B.LOCK),
        _flag(Field.CHILDLOCK),
        _flag(Field.ANTILOCK),
        _flag(Field.FINGERPRINT),
        _flag(Field.STABILIZED, category=_DIAGNOSTIC),
        _flag(Field.WEIGHT_REMOVED, category=_DIAGNOSTIC),
        _flag(Field.TOOTHBRUSH, _B.RUNNING),
        _flag(Field.ASLEEP),
        _flag(Field.WEARING),
        _flag(Field.BED_OCCUPANCY, _B.OCCUPANCY),
        _flag(Field.SNORING),
        _flag(Field.POWER, _B.POWER),
        _flag(Field.PLUG, _B.PLUG),
        _flag(Field.RUNNING, _B.RUNNING),
        _flag(Field.CONNECTIVITY, _B.CONNECTIVITY),
        _flag(Field.GENERIC),
        _flag(Field.DOCKED),
        _flag(Field.BOUND, category=_DIAGNOSTIC, enabled=False),
        _flag(Field.SWITCH, enabled=False),
        # Batteries
        _flag(Field.BATTERY_CHARGING, _B.BATTERY_CHARGING),
        _flag(Field.BALANCER, category=_DIAGNOSTIC),
        _flag(Field.CHRG_MOSFET, category=_DIAGNOSTIC),
        _flag(Field.DISCHRG_MOSFET, category=_DIAGNOSTIC),
        _flag(Field.PRECHRG_MOSFET, category=_DIAGNOSTIC, enabled=False),
        _flag(Field.CHARGER, _B.PLUG, category=_DIAGNOSTIC),
        _flag(Field.HEATER, _B.HEAT, category=_DIAGNOSTIC),
        _flag(Field.PROBLEM, _B.PROBLEM, category=_DIAGNOSTIC),
    )
}


# One bit of the balancer's mask.
CELL_BALANCING: Final = _flag(
    Field.BALANCER,
    category=_DIAGNOSTIC,
    enabled=False,
    translation_key="cell_balancing",
)
