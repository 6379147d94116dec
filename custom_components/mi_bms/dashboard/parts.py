"""Which entities of a battery the Energy dashboard needs, and whether they are as it needs them.

Home Assistant's own check looks at the two meters only: a voltage as state of charge passes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from homeassistant.components.recorder import is_entity_recorded
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    PERCENTAGE,
    Platform,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..entries import name_of
from ..proto.model.fields import Field
from .source import Offer


class Fault(StrEnum):
    """Why an entity cannot stand in the dashboard."""

    MISSING = "missing"
    OFF = "off"
    NOT_RECORDED = "not_recorded"
    UNFIT = "unfit"


class Part(StrEnum):
    """What an entity is in the dashboard, by the end of its unique id."""

    DISCHARGED = "energy_discharged"
    CHARGED = "energy_charged"
    POWER = "power"
    LEVEL = "battery_level"


METERS: Final = (Part.DISCHARGED, Part.CHARGED)
_METER: Final = (
    SensorDeviceClass.ENERGY,
    SensorStateClass.TOTAL_INCREASING,
    frozenset(UnitOfEnergy),
)
# Device class, state class and units that the dashboard can use.
_WANTED: Final[Mapping[Part, tuple[str, str, frozenset[str]]]] = {
    Part.DISCHARGED: _METER,
    Part.CHARGED: _METER,
    Part.POWER: (
        SensorDeviceClass.POWER,
        SensorStateClass.MEASUREMENT,
        frozenset(UnitOfPower),
    ),
    Part.LEVEL: (
        SensorDeviceClass.BATTERY,
        SensorStateClass.MEASUREMENT,
        frozenset({PERCENTAGE}),
    ),
}
_AH: Final = "Ah"
_PER_KWH: Final = 1000


@dataclass(frozen=True, slots=True)
class Parts:
    """The entities of a battery that fit, and what is the matter with the others."""

    found: Mapping[Part, str]
    faults: Mapping[Part, Fault]
    capacity: float | None
    name: str

    @property
    def offer(self) -> Offer | None:
        """Return what can be written, None without both meters."""
        if not self.found.keys() >= {*METERS}:
            return None
        return Offer(
            charged=self.found[Part.CHARGED],
            discharged=self.found[Part.DISCHARGED],
            power=self.found.get(Part.POWER),
            level=self.found.get(Part.LEVEL),
            capacity=self.capacity,
            name=self.name,
        )


@callback
def parts_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Parts:
    """Return what a battery, or several that are one, has for the dashboard."""
    found: dict[Part, str] = {}
    faults: dict[Part, Fault] = {}
    for part in Part:
        entity = _entity(hass, entry, part)
        if fault := _fault(hass, part, entity):
            faults[part] = fault
        elif entity:
            found[part] = entity.entity_id
    return Parts(found, faults, _capacity(hass, entry), name_of(hass, entry))


@callback
def meters_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> set[str]:
    """Return the meters of an entry, by which it is recognised, even if they are off."""
    found = (_entity(hass, entry, part) for part in METERS)
    return {one.entity_id for one in found if one}


def _entity(
    hass: HomeAssistant, entry: ConfigEntry[Any], key: str
) -> er.RegistryEntry | None:
    registry = er.async_get(hass)
    unique_id = f"{entry.unique_id}-{key}"
    entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)
    return registry.async_get(entity_id) if entity_id else None


def _fault(
    hass: HomeAssistant, part: Part, entity: er.RegistryEntry | None
) -> Fault | None:
    if entity is None:
        return Fault.MISSING
    if entity.disabled:
        return Fault.OFF
    device_class, state_class, units = _WANTED[part]
    # Users may give an entity another class or unit.
    fits = (
        (entity.device_class or entity.original_device_class) == device_class
        and (entity.capabilities or {}).get("state_class") == state_class
        and entity.unit_of_measurement in units
    )
    if not fits:
        return Fault.UNFIT
    recorded = is_entity_recorded(hass, entity.entity_id)
    return None if recorded else Fault.NOT_RECORDED


def _capacity(hass: HomeAssistant, entry: ConfigEntry[Any]) -> float | None:
    """Return the kWh of the full battery, as its charge and its voltage tell now."""

    def value(field: Field, unit: str) -> float:
        entity = _entity(hass, entry, field)
        state = hass.states.get(entity.entity_id) if entity else None
        if state is None or entity is None or entity.unit_of_measurement != unit:
            return 0
        try:
            return float(state.state)
        except ValueError:
            return 0

    charge = value(Field.FULL_CHARGE, _AH) or value(Field.DESIGN_CAPACITY, _AH)
    energy = charge * value(Field.VOLTAGE, UnitOfElectricPotential.VOLT) / _PER_KWH
    # Two digits are as much as a voltage that rises and falls with the charge can tell.
    return float(f"{energy:.2g}") or None
