"""The connection to a battery: its record goes out as sensors, what the user wants comes in by buttons and a switch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import (
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    UnitOfRatio,
    UnitOfTime,
)
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..bluetooth.adverts import last_advert
from ..bluetooth.scanners import names
from ..proto.scheduler.link_state import LinkState
from ..runtime import SHARED
from .coordinator import BatteryCoordinator
from .diagnosis import async_refresh
from .entity import battery_device

ATTR_RECEIVERS: Final = "receivers"
ATTR_QUALITY: Final = "link_quality"
ATTR_SECONDS: Final = "time_to_read"

_C = SensorDeviceClass

type _Value = Callable[[BatteryCoordinator], str | float | None]
type _More = Callable[[BatteryCoordinator], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class LinkSensorDescription(SensorEntityDescription):
    """A row of a sensor of the connection, with how its value and its attributes are found."""

    value: _Value
    more: _More | None = None


def _scanner(coordinator: BatteryCoordinator) -> str | None:
    """Return the name of the scanner over which the battery was connected last."""
    return names(coordinator.hass).get(coordinator.battery.served_by or "")


def _scanners(coordinator: BatteryCoordinator) -> dict[str, Any]:
    """Return how well each scanner lately read batteries, whichever they were."""
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
    info = last_advert(coordinator.hass, coordinator.address)
    return info.rssi if info else None


def _link(
    key: str,
    value: _Value,
    device_class: SensorDeviceClass | None = None,
    unit: str | None = None,
    *,
    digits: int | None = None,
    enabled: bool = False,
    options: list[str] | None = None,
    more: _More | None = None,
) -> LinkSensorDescription:
    return LinkSensorDescription(
        key=key,
        translation_key=key,
        value=value,
        more=more,
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=SensorStateClass.MEASUREMENT if unit else None,
        suggested_display_precision=digits,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        options=options,
    )


def _duration(
    key: str, value: _Value, digits: int, *, enabled: bool = False
) -> LinkSensorDescription:
    return _link(
        key, value, _C.DURATION, UnitOfTime.SECONDS, digits=digits, enabled=enabled
    )


LINK_SENSORS: Final = (
    _link(
        "connection",
        lambda one: one.link_state,
        _C.ENUM,
        enabled=True,
        options=[*LinkState],
    ),
    _link(
        "link_quality",
        lambda one: one.battery.quality.share,
        unit=UnitOfRatio.PERCENTAGE,
        digits=0,
    ),
    _duration("poll_time", lambda one: one.battery.quality.seconds, 1),
    # Longer than the one that was asked for where reading takes too long for that.
    _duration("read_interval", lambda one: one.battery.effective, 0, enabled=True),
    _link("rssi", _rssi, _C.SIGNAL_STRENGTH, SIGNAL_STRENGTH_DECIBELS_MILLIWATT),
    _link("receiver", _scanner, more=_scanners),
)
REFRESH: Final = ButtonEntityDescription(
    key="refresh",
    translation_key="refresh",
    entity_category=EntityCategory.DIAGNOSTIC,
)
RELEASE: Final = ButtonEntityDescription(
    key="release", translation_key="release", entity_category=EntityCategory.CONFIG
)
READING: Final = SwitchEntityDescription(
    key="reading", translation_key="reading", entity_category=EntityCategory.CONFIG
)


class LinkEntity(CoordinatorEntity[BatteryCoordinator]):
    """An entity that is available whether the battery can be reached or not."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: BatteryCoordinator, description: EntityDescription
    ) -> None:
        """Take the row of the table."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.address}-{description.key}"
        self._attr_device_info = battery_device(coordinator)

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
        """Return the attributes of this moment."""
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
        """Read now, raise why that was not possible; end a release, which no other entity can."""
        if self.coordinator.away and not self.coordinator.battery.paused:
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
        """Return whether it is read; a release for some minutes does not switch that off."""
        return not self.coordinator.battery.paused

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Read the battery again, at once."""
        self.coordinator.async_resume()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Disconnect and stay away until it is switched on."""
        self.coordinator.async_pause()
