"""What a bank measures: the quantities of a battery, and what only several batteries have."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..proto.bms.alarms import Alarm, active
from ..proto.energy.measures import Measure
from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..proto.model.rows import DEAD_BANDS, worth_a_row
from ..quantities import BINARY_SENSORS, NO_ALARM, SENSORS
from .coordinator import BankCoordinator
from .entity import BankDeviceEntity
from .meter_entities import BankMeter

_SECONDS: Final = 3600.0  # of the unit in which times are shown
_DIGITS: Final = 4
# What is told while it goes one way only.
_ONE_WAY: Final = frozenset({Field.RUNTIME, Field.TIME_TO_FULL})
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


class BankEntity(BankDeviceEntity):
    """One quantity of a bank as it is now."""

    def __init__(
        self, coordinator: BankCoordinator, description: EntityDescription
    ) -> None:
        """Take the row of the quantity."""
        super().__init__(coordinator, description)
        self.field = Field(description.key)

    @property
    @override
    def available(self) -> bool:
        """Return whether any member counts."""
        return self.coordinator.data.available

    @property
    def said(self) -> Value | None:
        """Return the value of this moment."""
        return self.coordinator.data.sample.values.get(self.field)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return which member, and which of its cells, the value is of."""
        where = self.coordinator.data.where.get(self.field)
        if where is None:
            return {}
        cell = {} if where.cell is None else {"cell": where.cell}
        return {"batteries": self.coordinator.called(where.members), **cell}


class BankSensor(BankEntity, SensorEntity):
    """A number or a word of a bank."""

    _written: object = None
    _was_available: bool | None = None

    @property
    @override
    def available(self) -> bool:
        """Return whether there is a value; of the two times there is none while it goes the other way."""
        told = self.field not in _ONE_WAY or self.said is not None
        return told and super().available

    @property
    @override
    def native_value(self) -> Value | None:
        """Return the value in the unit of its row."""
        value = self.said
        if self.field in _ONE_WAY and isinstance(value, int | float):
            return round(value / _SECONDS, _DIGITS)
        return value

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write what is worth a row: a bank changes with each of its batteries."""
        there, said = self.available, self.said
        band = DEAD_BANDS.get(self.field, 0.0)
        turned = there is not self._was_available
        if not band or turned or worth_a_row(said, self._written, band):
            self._written, self._was_available = said, there
            super()._handle_coordinator_update()


class ReadSensor(BankSensor):
    """How many of the batteries are read; its attributes name those that are not, and what they lack."""

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return all members, and those that something is to be known of."""
        view, called = self.coordinator.data, self.coordinator.called
        lists = {
            "left_out": view.left_out,
            "blocked": view.blocked,
            "charge_estimated": view.estimated,
            "without_capacity": view.without_capacity,
        }
        return {
            "of": len(self.coordinator.members),
            "batteries": called(self.coordinator.members),
            **{key: called(members) for key, members in lists.items() if members},
        }


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
        """Return what is wrong between the batteries."""
        return {"reasons": [str(one) for one in self.coordinator.data.troubles]}


_CLASSES: Final[Mapping[Field, type[BankSensor]]] = {
    Field.BATTERIES_READ: ReadSensor,
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


PLATFORMS: Final = {
    Platform.BINARY_SENSOR: _add_flags,
    Platform.SENSOR: _add_sensors,
}
