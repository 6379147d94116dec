"""Entities of what follows from a sensor's values: calculated only where somebody has switched them on.

Most of them are off at first, and a busy house hears hundreds of adverts a second. So an entity that is
on follows its sensor's readings, and one that is off costs nothing.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.device_tracker import BaseScannerEntity, SourceType
from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_ON
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity

from ..lean import lean
from ..proto.mibeacon.spec import ON_USE
from ..proto.model.derived import DERIVED, Derived, needs_water
from ..proto.model.fields import Field
from ..quantities import BINARY_SENSORS, SENSORS
from .coordinator import SensorCoordinator
from .device import OfSensor
from .sparing import SPARING, Sparing

_ID_PREFIX: Final = "derived_"
HEARD: Final = EntityDescription(
    key="heard", translation_key="heard", entity_registry_enabled_default=False
)

type Make = Callable[[SensorCoordinator], Entity]


class DerivedEntity(OfSensor):
    """Something that follows from the newest values of a sensor."""

    def __init__(
        self, coordinator: SensorCoordinator, description: EntityDescription
    ) -> None:
        """Take the row; the id leaves that of the field to a sensor that tells it by itself."""
        super().__init__(coordinator, f"{_ID_PREFIX}{description.key}")
        self.entity_description = description
        self._known: tuple[bool, object] | None = None

    @property
    @override
    def available(self) -> bool:
        """Follow the sensor."""
        return self._coordinator.available

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the sensor from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(self._coordinator.async_follow(self._follow))
        self._take()

    @abstractmethod
    def _take(self) -> object:
        """Calculate anew; return what would be shown."""

    @callback
    def _follow(self) -> None:
        new = (self._coordinator.available, self._take())
        if new != self._known:
            self._known = new
            self._write()

    @callback
    def _write(self) -> None:
        self.async_write_ha_state()


@lean
class DerivedSensor(Sparing, DerivedEntity, SensorEntity):
    """A number that follows from others."""

    __slots__ = ("_coordinator", "_field", "_known", "_row", *SPARING)
    _attr_entity_registry_enabled_default = False

    def __init__(self, coordinator: SensorCoordinator, row: Derived) -> None:
        """Take the row of the table; what few want is off at first."""
        super().__init__(coordinator, SENSORS[row.field])
        self._row, self._field = row, row.field

    @property
    @override
    def newest(self) -> object:
        """Return the newest value, None while the sensor is away."""
        return self._take() if self.available else None

    @property
    @override
    def native_value(self) -> float | None:
        """Return what follows from the newest values."""
        return self._take()

    @callback
    @override
    def _write(self) -> None:
        self.async_write_if_news()

    @override
    def _take(self) -> float | None:
        return self._row.of(self._coordinator.values)


@lean
class NeedsWater(DerivedEntity, BinarySensorEntity, RestoreEntity):
    """Whether a plant needs water, by the limits of the options."""

    def __init__(self, coordinator: SensorCoordinator) -> None:
        """Take the row of the table."""
        super().__init__(coordinator, BINARY_SENSORS[Field.NEEDS_WATER])

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with what was so before the restart: between the limits it counts."""
        if state := await self.async_get_last_state():
            self._attr_is_on = state.state == STATE_ON
        await super().async_added_to_hass()

    @override
    def _take(self) -> object:
        moisture = self._coordinator.values.get(Field.MOISTURE)
        if isinstance(moisture, int | float):
            limits = self._coordinator.options.water
            self._attr_is_on = needs_water(moisture, limits, self._attr_is_on)
        return self._attr_is_on


@lean
class HeardTracker(DerivedEntity, BaseScannerEntity):
    """Whether a sensor is at home: it is while it is heard."""

    _attr_source_type = SourceType.BLUETOOTH_LE

    def __init__(self, coordinator: SensorCoordinator) -> None:
        """Take the row."""
        super().__init__(coordinator, HEARD)

    @property
    @override
    def available(self) -> bool:
        """Return true: who is away is not at home, which is a state."""
        return True

    @property
    @override
    def is_connected(self) -> bool:
        """Return whether the sensor counts as there."""
        return self._coordinator.here

    @override
    def _take(self) -> object:
        return self._coordinator.here


@callback
def _add_when_known(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
    wanted: dict[Field, tuple[frozenset[Field], Make]],
) -> None:
    """Add what follows from values as soon as these are known, or at once if it was there before."""
    coordinator = entry.runtime_data
    there = {
        registered.unique_id
        for registered in er.async_entries_for_config_entry(
            er.async_get(coordinator.hass), entry.entry_id
        )
    }
    prefix = f"{coordinator.address}-{_ID_PREFIX}"
    before = [field for field in wanted if f"{prefix}{field}" in there]
    async_add_entities(wanted.pop(field)[1](coordinator) for field in before)
    spec = coordinator.decoder.spec
    if spec:
        for field in [*wanted]:
            if not wanted[field][0] <= {*spec.fields}:
                del wanted[field]
    if not wanted:
        return

    @callback
    def look() -> None:
        values = coordinator.values
        known = [name for name in wanted if wanted[name][0] <= values.keys()]
        rows = [(name, wanted.pop(name)[1]) for name in known]
        # One that tells it by itself needs no second.
        new = [make(coordinator) for name, make in rows if name not in values]
        if new:
            async_add_entities(new)
        if not wanted:
            stop()

    stop = coordinator.async_on_first(look)
    entry.async_on_unload(stop)
    look()


@callback
def async_add_derived(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers that follow from others."""

    def maker(row: Derived) -> Make:
        return lambda coordinator: DerivedSensor(coordinator, row)

    wanted = {row.field: (frozenset(row.inputs), maker(row)) for row in DERIVED}
    _add_when_known(entry, async_add_entities, wanted)


@callback
def async_add_needs(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add what a plant needs."""
    needs = (frozenset({Field.MOISTURE}), NeedsWater)
    _add_when_known(entry, async_add_entities, {Field.NEEDS_WATER: needs})


def trackers(coordinator: SensorCoordinator) -> list[HeardTracker]:
    """Return whether a sensor is at home, unless it is silent until somebody uses it."""
    spec = coordinator.decoder.spec
    return [HeardTracker(coordinator)] if not spec or spec.availability < ON_USE else []
