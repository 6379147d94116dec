"""The meter of a bank as entities of its device."""

from typing import override

from homeassistant.core import callback

from ..meters import METERS, MeterSensor
from ..proto.energy.day import Day
from ..proto.energy.measures import Measure
from .coordinator import BankCoordinator
from .entity import BankDeviceEntity


class BankMeter(BankDeviceEntity, MeterSensor):
    """One quantity of the meter of a bank; it is known whether its batteries are read or not."""

    def __init__(self, coordinator: BankCoordinator, name: Measure) -> None:
        """Take the row of the quantity, and the device of the bank."""
        meter = coordinator.metering.meter
        MeterSensor.__init__(self, meter, name, coordinator.clock)
        BankDeviceEntity.__init__(self, coordinator, METERS[name])

    @property
    @override
    def available(self) -> bool:
        """Stay available: what was counted holds."""
        return True

    @override
    def today(self) -> Day:
        """Return how much of the day was measured until now."""
        return self.coordinator.today()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write what is worth a row."""
        self.async_show(urgent=self.coordinator.closing)
