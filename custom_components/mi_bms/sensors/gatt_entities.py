"""Entities for what a sensor does over a connection; a model that cannot do it has none."""

from collections.abc import Awaitable, Callable, Iterable
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
from homeassistant.helpers.entity import Entity, EntityDescription

from ..lean import lean
from ..proto.active.change import HUMIDITIES, TEMPERATURES
from ..proto.active.codec import Unit
from ..proto.active.look import ASKED
from ..proto.active.spec import Function
from .coordinator import SensorCoordinator
from .device import OfSensor
from .gatt import ActiveSensor
from .gatt_errors import told


@dataclass(frozen=True, kw_only=True)
class PressDescription(ButtonEntityDescription):
    """A button: the functions of which a sensor has one, and what pressing it does."""

    functions: frozenset[Function]
    press: Callable[[ActiveSensor], Awaitable[object]]


READ_NOW: Final = PressDescription(
    key="read_now",
    translation_key="read_now",
    entity_category=EntityCategory.DIAGNOSTIC,
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

# Unknown until somebody lets the sensor be asked: off at first, like the limits.
UNIT: Final = SelectEntityDescription(
    key="temperature_unit",
    translation_key="temperature_unit",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
    options=[*Unit],
)


_COMFORT: Final = "comfort_"


# Behind the prefix stand the fields of ``Comfort``.
LIMITS: Final = tuple(
    NumberEntityDescription(
        key=f"{_COMFORT}{kind.value}_{end}",
        translation_key=f"{_COMFORT}{kind.value}_{end}",
        device_class=kind,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=unit,
        native_min_value=bounds[0],
        native_max_value=bounds[1],
        native_step=step,
        mode=NumberMode.BOX,
    )
    for kind, unit, bounds, step in (
        (NumberDeviceClass.TEMPERATURE, UnitOfTemperature.CELSIUS, TEMPERATURES, 0.1),
        (NumberDeviceClass.HUMIDITY, UnitOfRatio.PERCENTAGE, HUMIDITIES, 1),
    )
    for end in ("high", "low")
)


class ActiveEntity(OfSensor):
    """One connected function of a sensor."""

    def __init__(
        self,
        coordinator: SensorCoordinator,
        active: ActiveSensor,
        description: EntityDescription,
        functions: frozenset[Function],
    ) -> None:
        """Take the row of the table; what few have seen work is switched off at first."""
        super().__init__(coordinator, description.key)
        self.entity_description = description
        self._active, self._functions = active, functions
        if functions & active.spec.functions <= active.spec.doubtful:
            self._attr_entity_registry_enabled_default = False

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


@lean
class PressButton(ActiveEntity, ButtonEntity):
    """A button that reads a sensor, sets its clock or lets it flash."""

    entity_description: PressDescription

    @override
    async def async_press(self) -> None:
        """Do it now, and say what is wrong when it cannot be done."""
        with told(self._active):
            await self.entity_description.press(self._active)


@lean
class UnitSelect(ActiveEntity, SelectEntity):
    """The unit in which a display shows temperatures."""

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


@lean
class LimitNumber(ActiveEntity, NumberEntity):
    """One limit of the face on a display."""

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


def _made(
    coordinator: SensorCoordinator,
    kind: type[ActiveEntity],
    rows: Iterable[tuple[EntityDescription, frozenset[Function]]],
) -> list[Entity]:
    """Return the entities of those rows of whose functions the sensor has one."""
    active = coordinator.active
    return [
        kind(coordinator, active, row, functions)
        for row, functions in rows
        if active and functions & active.functions
    ]


def buttons(coordinator: SensorCoordinator) -> list[Entity]:
    """Return the buttons of a sensor."""
    return _made(coordinator, PressButton, [(row, row.functions) for row in BUTTONS])


def selects(coordinator: SensorCoordinator) -> list[Entity]:
    """Return the choices of a sensor."""
    return _made(coordinator, UnitSelect, [(UNIT, frozenset({Function.UNIT}))])


def numbers(coordinator: SensorCoordinator) -> list[Entity]:
    """Return the limits of a sensor."""
    wanted = frozenset({Function.COMFORT})
    return _made(coordinator, LimitNumber, [(row, wanted) for row in LIMITS])
