"""What shows a charge window, and switches it: there while the options want it, gone when they do not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import (
    CoordinatorEntity,
    DataUpdateCoordinator,
)

from ..const import DOMAIN
from ..proto.control.window import Doing
from .keeper import WindowKeeper

ATTR_LOW: Final = "low"
ATTR_HIGH: Final = "high"
ATTR_PROBLEM: Final = "problem"
OFF: Final = "off"

WINDOW: Final = SwitchEntityDescription(
    key="charge_window",
    translation_key="charge_window",
    entity_category=EntityCategory.CONFIG,
)
HOLIDAY: Final = SwitchEntityDescription(
    key="holiday", translation_key="holiday", entity_category=EntityCategory.CONFIG
)
STATUS: Final = SensorEntityDescription(
    key="window_status",
    translation_key="window_status",
    device_class=SensorDeviceClass.ENUM,
    options=[OFF, *Doing],
    entity_category=EntityCategory.DIAGNOSTIC,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowDevice:
    """A device that has a charge window."""

    coordinator: DataUpdateCoordinator[Any]
    keeper: WindowKeeper
    info: DeviceInfo


class WindowEntity(CoordinatorEntity[DataUpdateCoordinator[Any]]):
    """One entity of a charge window."""

    _attr_has_entity_name = True

    def __init__(self, device: WindowDevice, description: EntityDescription) -> None:
        """Take the window, and the device that has it."""
        super().__init__(device.coordinator)
        self.entity_description = description
        self.keeper = device.keeper
        self._attr_unique_id = f"{device.keeper.key}-{description.key}"
        self._attr_device_info = device.info

    @property
    @override
    def available(self) -> bool:
        """Stay available: what it does without readings is what people ask."""
        return True


class WindowSwitch(WindowEntity, SwitchEntity):
    """The switch for the window as a whole; off allows charging again."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the window is kept."""
        return self.keeper.on

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Keep it."""
        self.keeper.async_set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Keep it no longer."""
        self.keeper.async_set(on=False)


class HolidaySwitch(WindowEntity, SwitchEntity):
    """The switch for the window of a long absence."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether that window counts."""
        return self.keeper.holiday

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Have the window of a long absence count."""
        self.keeper.async_set(holiday=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Have the usual window count."""
        self.keeper.async_set(holiday=False)


class WindowSensor(WindowEntity, SensorEntity):
    """The sensor that tells what the window does now."""

    @property
    @override
    def native_value(self) -> str:
        """Return what it does."""
        return self.keeper.doing or OFF

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the bounds that count now, and why it could not switch."""
        window = self.keeper.window
        return {
            ATTR_LOW: window.low,
            ATTR_HIGH: window.high,
            ATTR_PROBLEM: self.keeper.problem,
        }


_ROWS: Final[
    Mapping[Platform, tuple[tuple[EntityDescription, type[WindowEntity]], ...]]
] = {
    Platform.SENSOR: ((STATUS, WindowSensor),),
    Platform.SWITCH: ((WINDOW, WindowSwitch), (HOLIDAY, HolidaySwitch)),
}


@callback
def async_add_window(
    entry: ConfigEntry[Any],
    device: WindowDevice,
    platform: Platform,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add what shows a window and switches it, while the options want one; take it away when they do not."""
    registry = er.async_get(device.coordinator.hass)
    shown: bool | None = None

    @callback
    def follow() -> None:
        nonlocal shown
        before, shown = shown, device.keeper.offered
        if shown == before:
            return
        entities = [make(device, row) for row, make in _ROWS[platform]]
        if shown:
            async_add_entities(entities)
            return
        for one in entities:
            # The registry keeps its id and name for when it comes back.
            found = registry.async_get_entity_id(platform, DOMAIN, str(one.unique_id))
            if found is not None:
                registry.async_remove(found)

    follow()
    entry.async_on_unload(device.coordinator.async_add_listener(follow))
