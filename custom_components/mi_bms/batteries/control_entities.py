"""What a battery can be told, as switches and a button: there while its options allow it, gone when they do not.

They stand below *Configuration*: no voice and no tile of an overview that makes itself switches a battery off.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import Context, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from ..proto.bms.control import Target
from ..proto.control.refusal import SwitchRefused
from .commanding import async_command, async_refusal
from .coordinator import BatteryCoordinator
from .link_entities import LinkEntity

ATTR_CONDUCTS: Final = "conducts"
ATTR_HELD_BY: Final = "held_by"
ATTR_RETURNS_AT: Final = "returns_at"
ATTR_UNTIL: Final = "until"


@dataclass(frozen=True, kw_only=True)
class TargetSwitchDescription(SwitchEntityDescription):
    """A row of a switch, with what it switches."""

    target: Target


def _switch(key: str, target: Target) -> TargetSwitchDescription:
    return TargetSwitchDescription(
        key=key,
        translation_key=key,
        target=target,
        entity_category=EntityCategory.CONFIG,
    )


ARM: Final = SwitchEntityDescription(
    key="allow_commands",
    translation_key="allow_commands",
    entity_category=EntityCategory.CONFIG,
)
TARGET_SWITCHES: Final = (
    _switch("charging_allowed", Target.CHARGE),
    _switch("discharging_allowed", Target.DISCHARGE),
    _switch("balancer_allowed", Target.BALANCER),
    _switch("heater_allowed", Target.HEATER),
)
CLEAR_ALARM: Final = ButtonEntityDescription(
    key="clear_alarm",
    translation_key="clear_alarm",
    entity_category=EntityCategory.CONFIG,
)

SWITCHED_BACK: Final = SensorEntityDescription(
    key="switched_back",
    translation_key="switched_back",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
)


class ArmSwitch(LinkEntity, SwitchEntity):
    """The switch that allows commands for some minutes; it is never restored."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether commands are allowed now."""
        return self.coordinator.switching.armed_until is not None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return until when."""
        return {ATTR_UNTIL: self.coordinator.switching.armed_until}

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Allow commands for as long as the user has set; once more begins anew."""
        try:
            self.coordinator.switching.arm(None, self._context or Context())
        except SwitchRefused as refused:
            raise await async_refusal(self.coordinator, refused) from refused

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Allow none any more."""
        self.coordinator.switching.disarm(self._context)


class TargetSwitch(LinkEntity, SwitchEntity):
    """A switch of what a battery does: it shows the command where that is told, else the effect."""

    entity_description: TargetSwitchDescription

    @property
    @override
    def available(self) -> bool:
        """Stay available while the last good sample is fresh enough."""
        return self.coordinator.online

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it is released."""
        return self.coordinator.switching.command(self.entity_description.target)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return whether it has its effect, what keeps it from that, and when it is switched back."""
        switching, target = self.coordinator.switching, self.entity_description.target
        returns = switching.returns_at(target)
        return {
            ATTR_CONDUCTS: switching.conducts(target),
            ATTR_HELD_BY: [*switching.held_by(target)],
            ATTR_RETURNS_AT: returns[0] if returns else None,
        }

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Release it."""
        await self._async_command(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off."""
        await self._async_command(on=False)

    async def _async_command(self, *, on: bool) -> None:
        target = self.entity_description.target
        await async_command(self.coordinator, target, on=on, context=self._context)


class ClearAlarmButton(LinkEntity, ButtonEntity):
    """A button that has a battery forget its alarms."""

    @override
    async def async_press(self) -> None:
        """Clear them."""
        await async_command(
            self.coordinator, Target.ALARM, on=False, context=self._context
        )


class SwitchedBackSensor(LinkEntity, SensorEntity):
    """The time at which something is put back by itself, unknown while nothing is to be."""

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the next such time."""
        found = map(self.coordinator.switching.returns_at, Target)
        return min((one[0] for one in found if one is not None), default=None)


type _Row = tuple[
    Target | None, EntityDescription, Callable[[BatteryCoordinator, Any], Entity]
]

# What each entity is about; the one without a target comes with any of them.
_ROWS: Final[Mapping[Platform, tuple[_Row, ...]]] = {
    Platform.SWITCH: (
        (None, ARM, ArmSwitch),
        *((row.target, row, TargetSwitch) for row in TARGET_SWITCHES),
    ),
    Platform.BUTTON: ((Target.ALARM, CLEAR_ALARM, ClearAlarmButton),),
    Platform.SENSOR: ((None, SWITCHED_BACK, SwitchedBackSensor),),
}


@callback
def async_add_controls(
    coordinator: BatteryCoordinator,
    platform: Platform,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add what a battery can be told, now and whenever its options change; take away what it can no longer."""
    rows = {row.key: (target, row, make) for target, row, make in _ROWS[platform]}
    shown: set[str] | None = None

    @callback
    def follow() -> None:
        nonlocal shown
        offered = {one.target for one in coordinator.switching.offers}
        wanted = {
            key
            for key, (target, *_) in rows.items()
            if target in offered or (target is None and offered)
        }
        if wanted == shown:
            return
        _forget(coordinator, platform, rows.keys() - wanted)
        new, shown = wanted - (shown or set()), wanted
        made = (
            make(coordinator, row) for key, (_, row, make) in rows.items() if key in new
        )
        async_add_entities(made)

    follow()
    coordinator.entry.async_on_unload(coordinator.async_add_listener(follow))


def _forget(
    coordinator: BatteryCoordinator, platform: Platform, keys: Iterable[str]
) -> None:
    """Take entities out of the registry, which keeps their ids and names for when they come back."""
    registry = er.async_get(coordinator.hass)
    for key in keys:
        unique_id = f"{coordinator.address}-{key}"
        if entity_id := registry.async_get_entity_id(platform, DOMAIN, unique_id):
            registry.async_remove(entity_id)
