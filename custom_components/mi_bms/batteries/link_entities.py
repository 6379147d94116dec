"""Entities of the connection to a battery: what its record says goes out, what the user wishes comes in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components import bluetooth
from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    UnitOfRatio,
    UnitOfTime,
)
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..bluetooth.scanners import names
from ..proto.scheduler.link_state import LinkState
from ..runtime import SHARED
from .coordinator import BatteryCoordinator
from .diagnosis import async_refresh
from .entity import battery_device

ATTR_RECEIVERS: Final = "receivers"
ATTR_QUALITY: Final = "link_quality"
ATTR_SECONDS: Final = "time_to_read"


@dataclass(frozen=True, kw_only=True)
class LinkSensorDescription(SensorEntityDescription):
    """A row of a sensor of the connection, with how its value is found."""

    value: Callable[[BatteryCoordinator], str | float | None]
    more: Callable[[BatteryCoordinator], dict[str, Any]] | None = None


def _receiver(coordinator: BatteryCoordinator) -> str | None:
    """Return the name of the receiver over which the battery was connected last."""
    return names(coordinator.hass).get(coordinator.battery.served_by or "")


def _receivers(coordinator: BatteryCoordinator) -> dict[str, Any]:
    """Return how well each receiver lately read batteries, whichever they were."""
    called = names(coordinator.hass)
    served = coordinator.hass.data[SHARED].polls.scheduler.scanners
    return {
        ATTR_RECEIVERS: {
            called[one]: {ATTR_QUALITY: quality.share, ATTR_SECONDS: quality.seconds}
            for one, quality in served.items()
            if one in called
        }
    }


def _rssi(coordinator: BatteryCoordinator) -> int | None:
    """Return how strongly the battery is heard where it is heard best, in dBm."""
    address = coordinator.address
    info = bluetooth.async_last_service_info(coordinator.hass, address, False)
    return info.rssi if info else None


def _link(
    key: str,
    value: Callable[[BatteryCoordinator], str | float | None],
    device_class: SensorDeviceClass | None = None,
    unit: str | None = None,
    *,
    precision: int | None = None,
    enabled: bool = False,
    options: list[str] | None = None,
    more: Callable[[BatteryCoordinator], dict[str, Any]] | None = None,
) -> LinkSensorDescription:
    return LinkSensorDescription(
        key=key,
        translation_key=key,
        value=value,
        more=more,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=SensorStateClass.MEASUREMENT if unit else None,
        suggested_display_precision=precision,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        options=options,
    )


_C = SensorDeviceClass

LINK_SENSORS: Final = (
    _link(
        "connection",
        lambda coordinator: coordinator.link_state,
        _C.ENUM,
        enabled=True,
        options=[*LinkState],
    ),
    _link(
        "link_quality",
        lambda coordinator: coordinator.battery.quality.share,
        None,
        UnitOfRatio.PERCENTAGE,
        precision=0,
    ),
    _link(
        "poll_time",
        lambda coordinator: coordinator.battery.quality.seconds,
        _C.DURATION,
        UnitOfTime.SECONDS,
        precision=1,
    ),
    # Longer than the one that was asked for where reading takes too long for that.
    _link(
        "read_interval",
        lambda coordinator: coordinator.battery.effective,
        _C.DURATION,
        UnitOfTime.SECONDS,
        precision=0,
        enabled=True,
    ),
    _link(
        "rssi",
        _rssi,
        _C.SIGNAL_STRENGTH,
        SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    ),
    _link("receiver", _receiver, more=_receivers),
)
REFRESH: Final = ButtonEntityDescription(key="refresh", translation_key="refresh")
RELEASE: Final = ButtonEntityDescription(key="release", translation_key="release")
READING: Final = SwitchEntityDescription(
    key="reading",
    translation_key="reading",
    entity_category=EntityCategory.CONFIG,
)


class LinkEntity(CoordinatorEntity[BatteryCoordinator]):
    """An entity that is there whether the battery can be reached or not."""

    _attr_has_entity_name = True

    def __init__(
        self,
        entry: ConfigEntry[Any],
        coordinator: BatteryCoordinator,
        description: EntityDescription,
    ) -> None:
        """Take the row of the table."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.address}-{description.key}"
        self._attr_device_info = battery_device(entry, coordinator)

    @property
    @override
    def available(self) -> bool:
        """Stay available: an unreachable battery is what this is about."""
        return True


class LinkSensor(LinkEntity, SensorEntity):
    """A sensor of the connection: how a battery stands and how well it is read."""

    entity_description: LinkSensorDescription
    # They change with each reading, and nobody draws a graph of them.
    _unrecorded_attributes = frozenset({ATTR_RECEIVERS})

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return what stands beside the value."""
        more = self.entity_description.more
        return more(self.coordinator) if more else None

    @property
    @override
    def native_value(self) -> str | float | None:
        """Return the value of this moment."""
        return self.entity_description.value(self.coordinator)


class RefreshButton(LinkEntity, ButtonEntity):
    """A button that reads a battery now."""

    @override
    async def async_press(self) -> None:
        """Read, and tell when that was not possible; it ends a release, which nobody else can."""
        if (
            self.coordinator.link_state is LinkState.PAUSED
            and not self.coordinator.battery.paused
        ):
            self.coordinator.async_resume()
        await async_refresh(self.coordinator)


class ReleaseButton(LinkEntity, ButtonEntity):
    """A button that leaves a battery to its maker's app for a while."""

    @override
    async def async_press(self) -> None:
        """Disconnect now and stay away for as long as the user has set."""
        self.coordinator.async_release_for()


class ReadingSwitch(LinkEntity, SwitchEntity):
    """A switch for reading a battery at all; off outlives a restart."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether it is read; while it is left to an app for some time, it still counts as read."""
        return not self.coordinator.battery.paused

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Come back to the battery at once."""
        self.coordinator.async_resume()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Stay away until somebody switches it on."""
        self.coordinator.async_pause()


@callback
def sensors(entry: ConfigEntry[Any], coordinator: BatteryCoordinator) -> list[Entity]:
    """Return the sensors of a battery's connection."""
    return [LinkSensor(entry, coordinator, row) for row in LINK_SENSORS]


@callback
def buttons(entry: ConfigEntry[Any], coordinator: BatteryCoordinator) -> list[Entity]:
    """Return the buttons of a battery."""
    return [
        RefreshButton(entry, coordinator, REFRESH),
        ReleaseButton(entry, coordinator, RELEASE),
    ]
