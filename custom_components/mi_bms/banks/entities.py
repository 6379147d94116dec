"""What a bank measures: the quantities of a battery, and what only several batteries have."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..proto.bms.alarms import Alarm, active
from ..proto.energy.measures import Measure
from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..quantities import BINARY_SENSORS, NO_ALARM, SENSORS
from ..window.entities import WindowDevice, async_add_window
from .coordinator import BankCoordinator
from .entity import bank_device
from .meter_entities import BankMeter
from .quantity import BankEntity, BankSensor
from .read_entities import CompletenessSensor, ReadSensor

# Above, at most nine in all; below what is no daily question.
ABOVE: Final = (
    Field.BATTERY_LEVEL,
    Field.POWER,
    Field.CURRENT,
    Field.VOLTAGE,
    Field.RUNTIME,
    Field.TIME_TO_FULL,
    Field.ALARM,
)
BELOW: Final = (
    Field.BATTERIES_READ,
    Field.COMPLETENESS,
    Field.BATTERY_STATE,
    Field.CYCLE_CHARGE,
    Field.FULL_CHARGE,
    Field.CYCLE_CAPACITY,
    Field.USABLE_CHARGE,
    Field.FITTING_CHARGE,
    Field.MAX_CELL_VOLTAGE,
    Field.MIN_CELL_VOLTAGE,
    Field.DELTA_VOLTAGE,
    Field.PACK_DELTA_VOLTAGE,
    Field.MAX_CELL_TEMPERATURE,
    Field.MIN_CELL_TEMPERATURE,
)
# Where there is more than one battery, and more than one string.
OF_SEVERAL: Final = (Field.LEVEL_SPREAD,)
SIDE_BY_SIDE: Final = (Field.CIRCULATING_CURRENT, Field.LOAD_RATIO)
_SOMETIMES: Final = frozenset(
    {*OF_SEVERAL, *SIDE_BY_SIDE, Field.IMBALANCE, Field.CIRCULATING}
)


def _row(name: Field) -> Any:
    """Return how a quantity of a bank is shown."""
    row = SENSORS[name]
    if name in ABOVE:
        return row
    return replace(row, entity_category=EntityCategory.DIAGNOSTIC)


class BankAlarmSensor(BankSensor):
    """The most serious alarm of all batteries; its attributes have all of them, with whose they are."""

    @property
    def _active(self) -> tuple[Alarm, ...]:
        view = self.coordinator.data
        # What is wrong with the bank as such is no alarm of a battery.
        own = self.said_of(Field.PROBLEM) and not view.troubles
        return active(view.sample.alarms, own)

    def said_of(self, name: Field) -> Value | None:
        """Return another value of this moment."""
        return self.coordinator.data.sample.values.get(name)

    @property
    @override
    def native_value(self) -> str | None:
        """Return the word of the most serious alarm; None when not all batteries told."""
        if self._active:
            return self._active[0]
        return None if self.said_of(Field.PROBLEM) is None else NO_ALARM

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return all active alarms, and the batteries that have one."""
        members = self.coordinator.data.alarms.values()
        whose = dict.fromkeys(one for some in members for one in some)
        return {
            "active": list(self._active),
            "batteries": self.coordinator.called(whose),
        }


class BankFlag(BankEntity, BinarySensorEntity):
    """A flag of a bank."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the state of this moment."""
        return None if self.said is None else bool(self.said)


class BankProblem(BankFlag):
    """Whether there is a problem, of a battery or between them; its attributes say what is between them."""

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return what is wrong between the batteries, and which of them tell another current than the others."""
        reasons = [str(one) for one in self.coordinator.data.troubles]
        return {"reasons": reasons, **super().extra_state_attributes}


_CLASSES: Final[Mapping[Field, type[BankSensor]]] = {
    Field.BATTERIES_READ: ReadSensor,
    Field.COMPLETENESS: CompletenessSensor,
    Field.ALARM: BankAlarmSensor,
}


def _numbers(coordinator: BankCoordinator) -> Iterable[Field]:
    yield from (*ABOVE, *BELOW)
    if len(coordinator.members) > 1:
        yield from OF_SEVERAL
    if coordinator.bank.side_by_side:
        yield from SIDE_BY_SIDE


def _flags(coordinator: BankCoordinator) -> Iterable[Field]:
    if len(coordinator.members) > 1:
        yield Field.IMBALANCE
    if coordinator.bank.side_by_side:
        yield Field.CIRCULATING


@callback
def async_remove_needless(
    hass: HomeAssistant, entry: ConfigEntry[BankCoordinator]
) -> None:
    """Remove the entities of a bank that it had as it was wired before, and has no longer."""
    coordinator, registry = entry.runtime_data, er.async_get(hass)
    needless = _SOMETIMES.difference(_numbers(coordinator), _flags(coordinator))
    ids = {f"{coordinator.bank_id}-{name}" for name in needless}
    for one in er.async_entries_for_config_entry(registry, entry.entry_id):
        if one.unique_id in ids:
            registry.async_remove(one.entity_id)


def _windowed(coordinator: BankCoordinator) -> WindowDevice:
    return WindowDevice(
        coordinator=coordinator,
        keeper=coordinator.window,
        info=bank_device(coordinator),
    )


@callback
def _add_sensors(
    entry: ConfigEntry[BankCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    coordinator = entry.runtime_data
    async_add_entities(
        _CLASSES.get(name, BankSensor)(coordinator, _row(name))
        for name in _numbers(coordinator)
    )
    async_add_entities(BankMeter(coordinator, name) for name in Measure)
    device = _windowed(coordinator)
    async_add_window(entry, device, Platform.SENSOR, async_add_entities)


@callback
def _add_flags(
    entry: ConfigEntry[BankCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    coordinator = entry.runtime_data
    async_add_entities(
        [
            BankProblem(coordinator, BINARY_SENSORS[Field.PROBLEM]),
            *(
                BankFlag(coordinator, BINARY_SENSORS[name])
                for name in _flags(coordinator)
            ),
        ]
    )


@callback
def _add_switches(
    entry: ConfigEntry[BankCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    device = _windowed(entry.runtime_data)
    async_add_window(entry, device, Platform.SWITCH, async_add_entities)


PLATFORMS: Final = {
    Platform.BINARY_SENSOR: _add_flags,
    Platform.SENSOR: _add_sensors,
    Platform.SWITCH: _add_switches,
}
