"""The meter of a battery as entities of its device."""

from typing import override

from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..meters import METERS, MeterSensor
from ..proto.energy.day import Day
from ..proto.energy.measures import Measure
from .coordinator import BatteryCoordinator
from .link_entities import LinkEntity
from .metering import NEEDED


@callback
def async_add_meters(
    coordinator: BatteryCoordinator, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the meters of a battery once it has shown what they count."""
    added = False

    @callback
    def add() -> None:
        nonlocal added
        if not added and coordinator.profile.fields >= NEEDED:
            added = True
            async_add_entities(BatteryMeter(coordinator, name) for name in Measure)

    add()
    coordinator.entry.async_on_unload(coordinator.async_add_listener(add))


class BatteryMeter(LinkEntity, MeterSensor):
    """One quantity of the meter of a battery; it is known whether the battery can be reached or not."""

    def __init__(self, coordinator: BatteryCoordinator, name: Measure) -> None:
        """Take the row of the quantity, and the device of the battery."""
        metering = coordinator.metering
        MeterSensor.__init__(self, metering.meter, name, metering.now)
        LinkEntity.__init__(self, coordinator, METERS[name])

    @override
    def today(self) -> Day:
        """Return how much of the day was measured until now."""
        return self.coordinator.metering.today()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write what is worth a row."""
        self.async_show(urgent=self.coordinator.metering.closing)
