"""Which entities a battery has, by platform."""

from collections.abc import Callable, Mapping
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..proto.bms.profile import Spot
from ..proto.model.fields import Field
from ..quantities import BINARY_SENSORS, PROTECTION_COUNTS, SENSORS
from ..window.entities import WindowDevice, async_add_window
from .alarms import AlarmEvent, AlarmSensor
from .control_entities import async_add_controls
from .coordinator import BatteryCoordinator
from .entity import async_add_battery, battery_device
from .link_entities import (
    LINK_SENSORS,
    READING,
    REFRESH,
    RELEASE,
    LinkSensor,
    ReadingSwitch,
    RefreshButton,
    ReleaseButton,
)
from .meter_entities import async_add_meters
from .values import BatteryFlag, BatterySensor, LastReadSensor

# A sensor's power flag and a battery's power in watts share a field name.
_FLAGS: Final = BINARY_SENSORS.keys() - {Field.POWER}

type _Entry = ConfigEntry[BatteryCoordinator]
type _Add = AddConfigEntryEntitiesCallback


def _sensor(coordinator: BatteryCoordinator, spot: Spot) -> Entity | None:
    if spot.field is Field.ALARM:
        return AlarmSensor(coordinator, spot)
    if spot.field is Field.LAST_READ:
        return LastReadSensor(coordinator, spot)
    shown = spot.field in SENSORS or spot.part in PROTECTION_COUNTS
    return BatterySensor(coordinator, spot) if shown else None


def _flag(coordinator: BatteryCoordinator, spot: Spot) -> Entity | None:
    return BatteryFlag(coordinator, spot) if spot.field in _FLAGS else None


def _event(coordinator: BatteryCoordinator, spot: Spot) -> Entity | None:
    return AlarmEvent(coordinator, spot) if spot.field is Field.ALARM else None


def _windowed(coordinator: BatteryCoordinator) -> WindowDevice:
    return WindowDevice(
        coordinator=coordinator,
        keeper=coordinator.switching.window,
        info=battery_device(coordinator),
    )


@callback
def _add_sensors(entry: _Entry, async_add_entities: _Add) -> None:
    coordinator = entry.runtime_data
    async_add_battery(coordinator, _sensor, async_add_entities)
    async_add_entities(LinkSensor(coordinator, row) for row in LINK_SENSORS)
    async_add_meters(coordinator, async_add_entities)
    async_add_controls(coordinator, Platform.SENSOR, async_add_entities)
    async_add_window(entry, _windowed(coordinator), Platform.SENSOR, async_add_entities)


@callback
def _add_flags(entry: _Entry, async_add_entities: _Add) -> None:
    async_add_battery(entry.runtime_data, _flag, async_add_entities)


@callback
def _add_events(entry: _Entry, async_add_entities: _Add) -> None:
    async_add_battery(entry.runtime_data, _event, async_add_entities)


@callback
def _add_buttons(entry: _Entry, async_add_entities: _Add) -> None:
    coordinator = entry.runtime_data
    async_add_entities(
        [RefreshButton(coordinator, REFRESH), ReleaseButton(coordinator, RELEASE)]
    )
    async_add_controls(coordinator, Platform.BUTTON, async_add_entities)


@callback
def _add_switches(entry: _Entry, async_add_entities: _Add) -> None:
    coordinator = entry.runtime_data
    async_add_entities([ReadingSwitch(coordinator, READING)])
    async_add_controls(coordinator, Platform.SWITCH, async_add_entities)
    async_add_window(entry, _windowed(coordinator), Platform.SWITCH, async_add_entities)


PLATFORMS: Final[Mapping[Platform, Callable[[_Entry, _Add], None]]] = {
    Platform.BINARY_SENSOR: _add_flags,
    Platform.BUTTON: _add_buttons,
    Platform.EVENT: _add_events,
    Platform.SENSOR: _add_sensors,
    Platform.SWITCH: _add_switches,
}
