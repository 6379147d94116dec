"""What all entities of a bank share: the device they belong to, and their ids."""

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..const import DOMAIN
from .coordinator import BankCoordinator


def bank_device(coordinator: BankCoordinator) -> DeviceInfo:
    """Return a bank as a device."""
    return DeviceInfo(
        identifiers={(DOMAIN, coordinator.bank_id)},
        name=coordinator.entry.title,
        entry_type=DeviceEntryType.SERVICE,
    )


class BankDeviceEntity(CoordinatorEntity[BankCoordinator]):
    """One entity of a bank."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: BankCoordinator, description: EntityDescription
    ) -> None:
        """Take the id from the row."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.bank_id}-{description.key}"
        self._attr_device_info = bank_device(coordinator)
