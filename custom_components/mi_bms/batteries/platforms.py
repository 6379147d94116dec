"""Which entities a battery has, by platform."""

from collections.abc import Callable, Mapping
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..proto.model.fields import Field
from ..quantities import BINARY_SENSORS, PROTECTION_COUNTS, SENSORS
from .alarms import AlarmSensor, async_add_events
from .coordinator import BatteryCoordinator
from .entity import async_add_battery
from .link_entities import READING, ReadingSwitch, buttons, sensors
from .profile import Spot
from .values import BatteryFlag, BatterySensor

# A sensor's power flag and a battery's power in watts share a field name.
_FLAGS: Final = BINARY_SENSORS.keys() - {Field.POWER}


@callback
def _add_sensors(
    entry: ConfigEntry[BatteryCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    coordinator = entry.runtime_data

    def make(spot: Spot) -> BatterySensor | None:
        if spot.field is Field.ALARM:
            return AlarmSensor(entry, coordinator, spot)
        shown = spot.field in SENSORS or spot.part in PROTECTION_COUNTS
        return BatterySensor(entry, coordinator, spot) if shown else None

    async_add_battery(entry, coordinator, make, async_add_entities)
    async_add_entities(sensors(entry, coordinator))


@callback
def _add_flags(
    entry: ConfigEntry[BatteryCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    coordinator = entry.runtime_data

    def make(spot: Spot) -> BatteryFlag | None:
        shown = spot.field in _FLAGS
        return BatteryFlag(entry, coordinator, spot) if shown else None

    async_add_battery(entry, coordinator, make, async_add_entities)


@callback
def _add_buttons(
    entry: ConfigEntry[BatteryCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    async_add_entities(buttons(entry, entry.runtime_data))


@callback
def _add_switches(
    entry: ConfigEntry[BatteryCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    async_add_entities([ReadingSwitch(entry, entry.runtime_data, READING)])


PLATFORMS: Final[
    Mapping[
        Platform,
        Callable[
            [ConfigEntry[BatteryCoordinator], AddConfigEntryEntitiesCallback], None
        ],
    ]
] = {
    Platform.BINARY_SENSOR: _add_flags,
    Platform.BUTTON: _add_buttons,
    Platform.EVENT: async_add_events,
    Platform.SENSOR: _add_sensors,
    Platform.SWITCH: _add_switches,
}
