"""Binary sensor entities: one table says how each flag is shown."""

from collections.abc import Mapping
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .adverts import SensorCoordinator
from .coordinator import BatteryCoordinator, MiBmsConfigEntry
from .entity import BatteryEntity, async_add_battery
from .passive import PassiveEntity, PassiveProcessor, async_add_passive
from .profile import Spot
from .proto.model.fields import Field

PARALLEL_UPDATES = 0

_C = BinarySensorDeviceClass
_DIAGNOSTIC: Final = EntityCategory.DIAGNOSTIC


def _flag(
    field: Field,
    device_class: BinarySensorDeviceClass | None = None,
    *,
    category: EntityCategory | None = None,
    enabled: bool = True,
    translation_key: str | None = None,
) -> BinarySensorEntityDescription:
    """Make one row of the table; the field names the key and, unless given, the translation."""
    return BinarySensorEntityDescription(
        key=field,
        translation_key=translation_key or field,
        device_class=device_class,
        entity_category=category,
        entity_registry_enabled_default=enabled,
    )


BINARY_SENSORS: Final[Mapping[Field, BinarySensorEntityDescription]] = {
    Field(row.key): row
    for row in (
        _flag(Field.BATTERY_LOW, _C.BATTERY, category=_DIAGNOSTIC),
        _flag(Field.MOTION, _C.MOTION),
        _flag(Field.OCCUPANCY, _C.OCCUPANCY),
        _flag(Field.OCCUPANCY_CLOSE_RANGE, _C.OCCUPANCY),
        _flag(Field.PRESENCE, _C.PRESENCE),
        _flag(Field.MOVING, _C.MOVING),
        _flag(Field.OPENING, _C.OPENING),
        _flag(Field.DOOR, _C.DOOR),
        _flag(Field.GARAGE_DOOR, _C.GARAGE_DOOR),
        _flag(Field.WINDOW, _C.WINDOW),
        _flag(Field.DOOR_LEFT_OPEN, _C.PROBLEM),
        _flag(Field.DOOR_STUCK, _C.PROBLEM),
        _flag(Field.KNOCK_ON_THE_DOOR),
        _flag(Field.PRY_THE_DOOR, _C.TAMPER),
        _flag(Field.DEVICE_FORCIBLY_REMOVED, _C.TAMPER),
        _flag(Field.LIGHT, _C.LIGHT),
        _flag(Field.SMOKE, _C.SMOKE),
        _flag(Field.GAS, _C.GAS),
        _flag(Field.CARBON_MONOXIDE, _C.CO),
        _flag(Field.COLD, _C.COLD),
        _flag(Field.HEAT, _C.HEAT),
        _flag(Field.FAULT, _C.PROBLEM, category=_DIAGNOSTIC),
        _flag(Field.MOISTURE_DETECTED, _C.MOISTURE),
        _flag(Field.BOTTOM_SUBMERSION, _C.MOISTURE),
        _flag(Field.TOP_SPLASH, _C.MOISTURE),
        _flag(Field.SAFETY, _C.SAFETY),
        _flag(Field.SOUND, _C.SOUND),
        _flag(Field.TAMPER, _C.TAMPER),
        _flag(Field.VIBRATION, _C.VIBRATION),
        _flag(Field.ARMED),
        _flag(Field.LOCK, _C.LOCK),
        _flag(Field.CHILDLOCK),
        _flag(Field.ANTILOCK),
        _flag(Field.FINGERPRINT),
        _flag(Field.STABILIZED, category=_DIAGNOSTIC),
        _flag(Field.WEIGHT_REMOVED, category=_DIAGNOSTIC),
        _flag(Field.TOOTHBRUSH, _C.RUNNING),
        _flag(Field.ASLEEP),
        _flag(Field.WEARING),
        _flag(Field.BED_OCCUPANCY, _C.OCCUPANCY),
        _flag(Field.SNORING),
        _flag(Field.POWER, _C.POWER),
        _flag(Field.PLUG, _C.PLUG),
        _flag(Field.RUNNING, _C.RUNNING),
        _flag(Field.CONNECTIVITY, _C.CONNECTIVITY),
        _flag(Field.GENERIC),
        _flag(Field.DOCKED),
        _flag(Field.BOUND, category=_DIAGNOSTIC, enabled=False),
        _flag(Field.SWITCH, enabled=False),
        # Batteries
        _flag(Field.BATTERY_CHARGING, _C.BATTERY_CHARGING),
        _flag(Field.BALANCER, category=_DIAGNOSTIC),
        _flag(Field.CHRG_MOSFET, category=_DIAGNOSTIC),
        _flag(Field.DISCHRG_MOSFET, category=_DIAGNOSTIC),
        _flag(Field.PRECHRG_MOSFET, category=_DIAGNOSTIC, enabled=False),
        _flag(Field.CHARGER, _C.PLUG, category=_DIAGNOSTIC),
        _flag(Field.HEATER, _C.HEAT, category=_DIAGNOSTIC),
        _flag(Field.PROBLEM, _C.PROBLEM, category=_DIAGNOSTIC),
    )
}

# One bit of the balancer's mask.
CELL_BALANCING: Final = _flag(
    Field.BALANCER,
    category=_DIAGNOSTIC,
    enabled=False,
    translation_key="cell_balancing",
)

# A sensor's power flag and a battery's power in watts share a field name.
_BATTERY_FLAGS: Final = BINARY_SENSORS.keys() - {Field.POWER}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensor entities of one device."""
    coordinator = entry.runtime_data
    if isinstance(coordinator, SensorCoordinator):
        processor = PassiveProcessor(BINARY_SENSORS, flags=True)
        async_add_passive(
            entry,
            coordinator,
            processor,
            PassiveFlag,
            BinarySensorEntityDescription,
            async_add_entities,
        )
        return

    def make(spot: Spot) -> BatteryFlag | None:
        shown = spot.field in _BATTERY_FLAGS
        return BatteryFlag(entry, coordinator, spot) if shown else None

    async_add_battery(entry, coordinator, make, async_add_entities)


class PassiveFlag(PassiveEntity, BinarySensorEntity):
    """Be a flag of a sensor."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Give the last state that was heard."""
        value = self.value
        return None if value is None else bool(value)


class BatteryFlag(BatteryEntity, BinarySensorEntity):
    """Be a flag of a battery, of one of its packs or of one of their cells."""

    def __init__(
        self, entry: MiBmsConfigEntry, coordinator: BatteryCoordinator, spot: Spot
    ) -> None:
        """Take the row of the field."""
        row = BINARY_SENSORS[spot.field] if spot.part is None else CELL_BALANCING
        super().__init__(entry, coordinator, row, spot)

    @property
    @override
    def is_on(self) -> bool | None:
        """Give the state of the last good sample; a mask is on while any bit is set."""
        value = self.sample.values.get(self.spot.field) if self.sample else None
        if value is None:
            return None
        if isinstance(self.spot.part, int):
            return isinstance(value, int) and bool(value >> (self.spot.part - 1) & 1)
        return bool(value)
