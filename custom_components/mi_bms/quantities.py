"""How Home Assistant shows each quantity: a row adds its classes, digits and category.

What a quantity is measured in stands in its row in ``proto/model/fields``.
"""

from collections.abc import Mapping
from functools import partial
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
    EntityCategory,
    UnitOfEnergy,
    UnitOfPressure,
    UnitOfRatio,
    UnitOfTime,
)
from homeassistant.helpers.entity import EntityDescription

from .proto.bank.absence import COMPLETE, Absence
from .proto.bms.alarms import Alarm
from .proto.bms.battery_state import BatteryState
from .proto.model.fields import Field
from .proto.model.reading import KeyState

NO_ALARM: Final = "none"
NOT_PAIRED: Final = "not_paired"  # a word of a sensor's key beside its states

_DIAGNOSTIC: Final = EntityCategory.DIAGNOSTIC
_KWH: Final = UnitOfEnergy.KILO_WATT_HOUR
_C = SensorDeviceClass
_B = BinarySensorDeviceClass


def _measured(
    field: Field,
    device_class: SensorDeviceClass | None = None,
    *,
    digits: int | None = None,
    unit: str | None = None,
    shown_in: str | None = None,
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT,
    category: EntityCategory | None = None,
    enabled: bool = True,
    options: list[str] | None = None,
    translation_key: str | None = None,
) -> SensorEntityDescription:
    """Return the row of a number; ``unit`` is for values that are converted before they get here.

    ``shown_in`` is the unit that Home Assistant converts to.
    """
    return SensorEntityDescription(
        key=field,
        translation_key=translation_key or field,
        device_class=device_class,
        native_unit_of_measurement=unit or field.quantity.unit or None,
        state_class=state_class,
        suggested_display_precision=digits,
        suggested_unit_of_measurement=shown_in,
        entity_category=category,
        entity_registry_enabled_default=enabled,
        options=options,
    )


# What only grows, and what nobody draws a graph of.
_counted = partial(_measured, state_class=SensorStateClass.TOTAL_INCREASING)
_told = partial(_measured, state_class=None)
# What is no daily question.
_noted = partial(_measured, category=_DIAGNOSTIC)
_tallied = partial(_counted, category=_DIAGNOSTIC)
# What a battery is set to: it hardly ever changes.
_set = partial(_told, category=_DIAGNOSTIC, enabled=False)


def _word(field: Field, *words: str) -> SensorEntityDescription:
    """Return the row of a quantity that is one of some words."""
    return _told(field, _C.ENUM, options=[*words])


def _noted_word(field: Field, *words: str) -> SensorEntityDescription:
    return _told(field, _C.ENUM, options=[*words], category=_DIAGNOSTIC)


def _flag(
    field: Field,
    device_class: BinarySensorDeviceClass | None = None,
    *,
    category: EntityCategory | None = None,
    enabled: bool = True,
    translation_key: str | None = None,
) -> BinarySensorEntityDescription:
    """Return the row of what is on or off."""
    return BinarySensorEntityDescription(
        key=field,
        translation_key=translation_key or field,
        device_class=device_class,
        entity_category=category,
        entity_registry_enabled_default=enabled,
    )


_spare = partial(_flag, category=_DIAGNOSTIC, enabled=False)


def _table[Row: EntityDescription](*rows: Row) -> Mapping[Field, Row]:
    return {Field(row.key): row for row in rows}


SENSORS: Final = _table(
    # Climate and environment
    _measured(Field.TEMPERATURE, _C.TEMPERATURE, digits=1),
    _measured(Field.HUMIDITY, _C.HUMIDITY, digits=1),
    _measured(Field.DEW_POINT, _C.TEMPERATURE, digits=1),
    _measured(Field.ABSOLUTE_HUMIDITY, _C.ABSOLUTE_HUMIDITY, digits=1),
    _measured(
        Field.PRESSURE, _C.ATMOSPHERIC_PRESSURE, digits=1, shown_in=UnitOfPressure.HPA
    ),
    _measured(Field.ILLUMINANCE, _C.ILLUMINANCE, digits=0),
    _measured(Field.FORMALDEHYDE, digits=3),
    _measured(Field.CO2, _C.CO2),
    _measured(Field.TVOC, _C.VOLATILE_ORGANIC_COMPOUNDS),
    _measured(Field.PM25, _C.PM25),
    _measured(Field.PM10, _C.PM10),
    _measured(Field.MOISTURE, _C.MOISTURE, digits=0),
    _measured(Field.CONDUCTIVITY, _C.CONDUCTIVITY, digits=0),
    _measured(Field.UV_INDEX, digits=1),
    _measured(Field.PRECIPITATION, _C.PRECIPITATION, digits=1),
    # The sensor's own supply
    _noted(Field.BATTERY, _C.BATTERY),
    _measured(Field.VOLTAGE, _C.VOLTAGE, digits=2),
    _word(Field.CHARGING_STATE, "charging", "not_charging", "full", "unknown"),
    _told(Field.FIRMWARE, category=_DIAGNOSTIC),
    _noted(Field.CLOCK_DRIFT, _C.DURATION, digits=0),
    # Presence
    _measured(Field.IDLE_TIME, _C.DURATION, category=_DIAGNOSTIC, enabled=False),
    _measured(Field.DURATION_DETECTED, _C.DURATION),
    _measured(Field.DURATION_CLEARED, _C.DURATION),
    _measured(Field.PRESSURE_PRESENT_DURATION, _C.DURATION),
    _measured(Field.PRESSURE_NOT_PRESENT_DURATION, _C.DURATION),
    _noted(Field.PRESSURE_PRESENT_TIME_SET, _C.DURATION),
    _noted(Field.PRESSURE_NOT_PRESENT_TIME_SET, _C.DURATION),
    # Locks
    _told(Field.KEY_ID),
    _told(Field.LOCK_METHOD),
    # Body, household
    _measured(Field.WEIGHT, _C.WEIGHT, digits=2),
    _noted(Field.WEIGHT_RAW, _C.WEIGHT, digits=2),
    _measured(Field.IMPEDANCE, digits=0),
    _measured(Field.IMPEDANCE_LOW, digits=1),
    _measured(Field.IMPEDANCE_HIGH, digits=1),
    _measured(Field.HEART_RATE),
    _told(Field.PROFILE_ID),
    _counted(Field.STEPS),
    _measured(Field.CONSUMABLE),
    _measured(Field.SCORE),
    _measured(Field.COUNTER),
    # Some count down, too.
    _measured(Field.COUNT, state_class=SensorStateClass.TOTAL),
    _word(
        Field.KETTLE_STATE,
        "idle",
        "heating",
        "keeping_warm_boiled",
        "keeping_warm",
        "error",
    ),
    _word(Field.VACUUM_MODE, "charging", "standby", "standard", "strong", "fault"),
    _told(Field.GEAR),
    # Supply of a house, movement, and what has no other place
    _counted(Field.ENERGY, _C.ENERGY, digits=2),
    _counted(Field.GAS_VOLUME, _C.GAS, digits=2),
    _counted(Field.WATER, _C.WATER, digits=1),
    _measured(Field.VOLUME, _C.VOLUME, digits=2, state_class=SensorStateClass.TOTAL),
    _measured(Field.VOLUME_STORAGE, _C.VOLUME_STORAGE, digits=1),
    _measured(Field.FLOW_RATE, _C.VOLUME_FLOW_RATE, digits=3),
    _measured(Field.DISTANCE, _C.DISTANCE, digits=2),
    _measured(Field.DURATION, _C.DURATION, digits=1),
    _measured(Field.SPEED, _C.SPEED, digits=2),
    _measured(Field.ACCELERATION, digits=2),
    _measured(Field.ROTATION, digits=1),
    _measured(Field.GYROSCOPE, digits=1),
    _measured(Field.ROTATIONAL_SPEED),
    _measured(
        Field.DIRECTION, digits=0, state_class=SensorStateClass.MEASUREMENT_ANGLE
    ),
    _measured(Field.LIGHT_LEVEL),
    _told(Field.TIMESTAMP, _C.TIMESTAMP),
    _told(Field.TEXT),
    _told(Field.CHANNEL),
    _told(Field.RAW, category=_DIAGNOSTIC, enabled=False),
    _told(Field.SETTINGS_REVISION, category=_DIAGNOSTIC, enabled=False),
    _told(Field.DEVICE_TYPE, category=_DIAGNOSTIC, enabled=False),
    # Batteries. What is asked for daily has no category: nine at most, whatever the type.
    _measured(Field.CURRENT, _C.CURRENT, digits=2),
    _measured(Field.POWER, _C.POWER, digits=1),
    _measured(Field.BATTERY_LEVEL, _C.BATTERY),
    _noted(Field.BATTERY_HEALTH, digits=0),
    _tallied(Field.CYCLES),
    _noted(Field.CYCLE_CHARGE, digits=2),
    _noted(Field.FULL_CHARGE, digits=1),
    _noted(Field.DESIGN_CAPACITY, digits=0),
    _noted(Field.CYCLE_CAPACITY, _C.ENERGY_STORAGE, digits=1),
    _tallied(Field.TOTAL_CHARGE, digits=0),
    _tallied(Field.TOTAL_CHARGED, digits=0),
    _noted(Field.CONSUMED_CHARGE, digits=1),
    _tallied(Field.ENERGY_IN, _C.ENERGY, digits=2, shown_in=_KWH),
    _tallied(Field.ENERGY_OUT, _C.ENERGY, digits=2, shown_in=_KWH),
    _tallied(Field.ENERGY_TOTAL, _C.ENERGY, digits=2, shown_in=_KWH),
    _noted(Field.INPUT_POWER, _C.POWER, digits=0),
    _noted(Field.OUTPUT_POWER, _C.POWER, digits=0),
    _noted(Field.UPTIME, _C.DURATION, digits=1, unit=UnitOfTime.DAYS, enabled=False),
    # Two digits tell the minutes of an hour.
    _measured(Field.RUNTIME, _C.DURATION, digits=2, unit=UnitOfTime.HOURS),
    _measured(Field.TIME_TO_FULL, _C.DURATION, digits=2, unit=UnitOfTime.HOURS),
    _noted(Field.CELL_VOLTAGE, _C.VOLTAGE, digits=3),
    _told(Field.CELL_COUNT, category=_DIAGNOSTIC, enabled=False),
    _measured(Field.DELTA_VOLTAGE, _C.VOLTAGE, digits=3),
    _noted(Field.MAX_CELL_VOLTAGE, _C.VOLTAGE, digits=3),
    _noted(Field.MIN_CELL_VOLTAGE, _C.VOLTAGE, digits=3),
    _told(Field.MAX_CELL, category=_DIAGNOSTIC, enabled=False),
    _told(Field.MIN_CELL, category=_DIAGNOSTIC, enabled=False),
    _noted(Field.PROBE_TEMPERATURE, _C.TEMPERATURE, digits=1),
    _noted(Field.MIN_CELL_TEMPERATURE, _C.TEMPERATURE, digits=1),
    _noted(Field.BALANCE_CURRENT, _C.CURRENT, digits=2),
    _noted(Field.HEATER_CURRENT, _C.CURRENT, digits=2),
    _told(Field.PROBLEM_CODE, category=_DIAGNOSTIC, enabled=False),
    _word(Field.ALARM, NO_ALARM, *(str(alarm) for alarm in Alarm)),
    _told(Field.PRODUCTION_DATE, _C.DATE, category=_DIAGNOSTIC),
    _told(Field.PACK_COUNT, category=_DIAGNOSTIC),
    _noted_word(Field.BATTERY_MODE, "unknown", "bulk", "absorption", "float"),
    _noted_word(Field.BATTERY_STATE, *BatteryState),
    _set(Field.CELL_OVERVOLTAGE_LIMIT, _C.VOLTAGE, digits=3),
    _set(Field.CELL_OVERVOLTAGE_RELEASE, _C.VOLTAGE, digits=3),
    _set(Field.CELL_UNDERVOLTAGE_LIMIT, _C.VOLTAGE, digits=3),
    _set(Field.CELL_UNDERVOLTAGE_RELEASE, _C.VOLTAGE, digits=3),
    _set(Field.CELL_SHUTDOWN_VOLTAGE, _C.VOLTAGE, digits=3),
    _set(Field.PACK_OVERVOLTAGE_LIMIT, _C.VOLTAGE, digits=1),
    _set(Field.PACK_UNDERVOLTAGE_LIMIT, _C.VOLTAGE, digits=1),
    _set(Field.CHARGE_CURRENT_LIMIT, _C.CURRENT, digits=1),
    _set(Field.DISCHARGE_CURRENT_LIMIT, _C.CURRENT, digits=1),
    _set(Field.CHARGE_OVERTEMPERATURE_LIMIT, _C.TEMPERATURE, digits=0),
    _set(Field.CHARGE_UNDERTEMPERATURE_LIMIT, _C.TEMPERATURE, digits=0),
    _set(Field.DISCHARGE_OVERTEMPERATURE_LIMIT, _C.TEMPERATURE, digits=0),
    _set(Field.DISCHARGE_UNDERTEMPERATURE_LIMIT, _C.TEMPERATURE, digits=0),
    _set(Field.BALANCE_START_VOLTAGE, _C.VOLTAGE, digits=3),
    _set(Field.BALANCE_START_DIFFERENCE, _C.VOLTAGE, digits=3),
    # Several batteries as one
    _noted(Field.USABLE_CHARGE, digits=1),
    _noted(Field.FITTING_CHARGE, digits=1),
    _noted(Field.CIRCULATING_CURRENT, _C.CURRENT, digits=2),
    _noted(Field.LEVEL_SPREAD, digits=1),
    _noted(Field.LOAD_RATIO, digits=0),
    _noted(Field.PACK_DELTA_VOLTAGE, _C.VOLTAGE, digits=3),
    _noted(Field.MAX_CELL_TEMPERATURE, _C.TEMPERATURE, digits=1),
    _noted(Field.BATTERIES_READ),
    _noted_word(Field.COMPLETENESS, COMPLETE, *Absence),
    # The link
    _measured(Field.RSSI, _C.SIGNAL_STRENGTH, category=_DIAGNOSTIC, enabled=False),
    # Home Assistant lists each change of a time in Activity; only off it is out of there.
    _told(Field.LAST_SEEN, _C.TIMESTAMP, category=_DIAGNOSTIC, enabled=False),
    _told(Field.LAST_READ, _C.TIMESTAMP, category=_DIAGNOSTIC, enabled=False),
)

# A sensor measures its own coin cell; for a battery the voltage is the point.
PASSIVE_SENSORS: Final[Mapping[Field, SensorEntityDescription]] = {
    **SENSORS,
    **_table(
        _noted(Field.VOLTAGE, _C.VOLTAGE, digits=2),
    ),
}
# Of one receiver: no field of a reading.
LOST_PACKETS: Final = SensorEntityDescription(
    key="lost_packets",
    translation_key="lost_packets",
    native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=1,
    entity_category=_DIAGNOSTIC,
    entity_registry_enabled_default=False,
)
# How the key of a sensor fares.
KEY: Final = SensorEntityDescription(
    key="key_state",
    translation_key="key_state",
    device_class=_C.ENUM,
    options=[*KeyState, NOT_PAIRED],
    entity_category=_DIAGNOSTIC,
)
# Alarms that are a problem; a battery that counts them counts over its lifetime.
PROTECTION_COUNTS: Final[Mapping[Alarm, SensorEntityDescription]] = {
    alarm: _counted(
        Field.PROTECTION_COUNT,
        category=_DIAGNOSTIC,
        enabled=False,
        translation_key=f"{Field.PROTECTION_COUNT}_{alarm}",
    )
    for alarm in Alarm
    if alarm.severity.is_problem
}

BINARY_SENSORS: Final = _table(
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
    _flag(Field.NEEDS_WATER),
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
    _spare(Field.BOUND),
    _flag(Field.SWITCH, enabled=False),
    # Batteries
    _spare(Field.BATTERY_CHARGING, _B.BATTERY_CHARGING),  # the state says more
    _flag(Field.BALANCER, category=_DIAGNOSTIC),
    _flag(Field.CHRG_MOSFET, category=_DIAGNOSTIC),
    _flag(Field.DISCHRG_MOSFET, category=_DIAGNOSTIC),
    _spare(Field.PRECHRG_MOSFET),
    _flag(Field.CHARGER, _B.PLUG, category=_DIAGNOSTIC),
    _flag(Field.HEATER, category=_DIAGNOSTIC),
    _flag(Field.PROBLEM, _B.PROBLEM, category=_DIAGNOSTIC),
    _flag(Field.IMBALANCE, _B.PROBLEM, category=_DIAGNOSTIC),
    _flag(Field.CIRCULATING, _B.PROBLEM, category=_DIAGNOSTIC),
)
# One bit of the balancer's mask.
CELL_BALANCING: Final = _spare(Field.BALANCER, translation_key="cell_balancing")
