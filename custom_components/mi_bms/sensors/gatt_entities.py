"""Entities for what a sensor does over a connection; a model that cannot do it has none."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTemperature
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription

from ..proto.active.change import HUMIDITIES, TEMPERATURES
from ..proto.active.codec import Unit
from ..proto.active.look import ASKED
from ..proto.active.spec import Function
from .coordinator import SensorCoordinator
from .device import sensor_device
from .gatt import ActiveSensor
from .gatt_errors import told


@dataclass(frozen=True, kw_only=True)
class PressDescription(ButtonEntityDescription):
    """Add to a row who has the button and what it does."""

    functions: frozenset[Function]
    press: Callable[[ActiveSensor], Awaitable[object]]


READ_NOW: Final = PressDescription(
    key="read_now",
    translation_key="read_now",
    functions=ASKED,
    press=ActiveSensor.async_look,
)
SET_CLOCK: Final = PressDescription(
    key="set_clock",
    translation_key="set_clock",
    entity_category=EntityCategory.CONFIG,
    functions=frozenset({Function.CLOCK, Function.SET_CLOCK}),
    press=ActiveSensor.async_set_clock,
)
BLINK: Final = PressDescription(
    key="blink",
    translation_key="blink",
    entity_category=EntityCategory.DIAGNOSTIC,
    functions=frozenset({Function.BLINK}),
    press=ActiveSensor.async_blink,
)
BUTTONS: Final = (READ_NOW, SET_CLOCK, BLINK)

UNIT: Final = SelectEntityDescription(
    key="temperature_unit",
    translation_key="temperature_unit",
    entity_category=EntityCategory.CONFIG,
    options=[*Unit],
)


_COMFORT: Final = "comfort_"


def _limit(
    key: str, device_class: NumberDeviceClass, unit: str, bounds: tuple[float, float]
) -> NumberEntityDescription:
    return NumberEntityDescription(
        key=f"{_COMFORT}{key}",
        translation_key=f"{_COMFORT}{key}",
        device_class=device_class,
        entity_category=EntityCategory.CONFIG,
        native_unit_of_measurement=unit,
        native_min_value=bounds[0],
        native_max_value=bounds[1],
        native_step=0.1 if device_class is NumberDeviceClass.TEMPERATURE else 1,
        mode=NumberMode.BOX,
    )


# Behind the prefix stand the fields of ``Comfort``.
LIMITS: Final = tuple(
    _limit(f"{what}_{end}", device_class, unit, bounds)
    for what, device_class, unit, bounds in (
        (
            "temperature",
            NumberDeviceClass.TEMPERATURE,
            UnitOfTemperature.CELSIUS,
            TEMPERATURES,
        ),
        ("humidity", NumberDeviceClass.HUMIDITY, UnitOfRatio.PERCENTAGE, HUMIDITIES),
    )
    for end in ("high", "low")
)


class ActiveEntity(Entity):
    """Be one connected function of a sensor."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self,
        coordinator: SensorCoordinator,
        active: ActiveSensor,
        description: EntityDescription,
        functions: frozenset[Function],
    ) -> None:
        """Take the row of the table; what few have seen work is switched off at first."""
        self.entity_description = description
        self._coordinator, self._active = coordinator, active
        self._functions = functions
        self._attr_unique_id = f"{coordinator.address}-{description.key}"
        self._attr_device_info = sensor_device(coordinator)
        self._attr_entity_registry_enabled_default = not (
            functions & active.spec.functions <= active.spec.doubtful
        )

    @property
    @override
    def available(self) -> bool:
        """Stay available, unless the device has turned out to lack it."""
        return bool(self._functions & self._active.functions)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is known."""
        await super().async_added_to_hass()
        self.async_on_remove(self._active.async_listen(self.async_write_ha_state))


class PressButton(ActiveEntity, ButtonEntity):
    """Read a sensor, set its clock, let it flash."""

    entity_description: PressDescription

    @override
    async def async_press(self) -> None:
        """Do it now, and say what is wrong when it cannot be done."""
        with told(self._active):
            await self.entity_description.press(self._active)


class UnitSelect(ActiveEntity, SelectEntity):
    """Choose what a display shows temperatures in."""

    @property
    @override
    def current_option(self) -> str | None:
        """Return the unit that was read last."""
        return self._active.unit

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the unit."""
        with told(self._active):
            await self._active.async_set_unit(Unit(option))


class LimitNumber(ActiveEntity, NumberEntity):
    """Set one limit of the face on a display."""

    @property
    def _limit(self) -> str:
        return self.entity_description.key.removeprefix(_COMFORT)

    @property
    @override
    def native_value(self) -> float | None:
        """Return the limit that was read last."""
        limits = self._active.comfort
        value: float | None = limits and getattr(limits, self._limit)
        return value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the limit; the others stay."""
        with told(self._active):
            await self._active.async_set_comfort(self._limit, value)


@callback
def buttons(coordinator: SensorCoordinator) -> list[Entity]:
    """Return the buttons of a sensor."""
    active = coordinator.active
    return [
        PressButton(coordinator, active, row, row.functions)
        for row in BUTTONS
        if active and row.functions & active.functions
    ]


@callback
def selects(coordinator: SensorCoordinator) -> list[Entity]:
    """Return the choices of a sensor."""
    active, wanted = coordinator.active, frozenset({Function.UNIT})
    if active is None or not wanted & active.functions:
        return []
    return [UnitSelect(coordinator, active, UNIT, wanted)]


@callback
def numbers(coordinator: SensorCoordinator) -> list[Entity]:
    """Return the limits of a sensor."""
    active, wanted = coordinator.active, frozenset({Function.COMFORT})
    if active is None or not wanted & active.functions:
        return []
    return [LimitNumber(coordinator, active, row, wanted) for row in LIMITS]
