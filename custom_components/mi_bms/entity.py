"""What all entities share: the device they belong to, their ids and their availability."""

from typing import override

from homeassistant.const import CONF_ADDRESS
from homeassistant.helpers.device_registry import CONNECTION_BLUETOOTH, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .adverts import SensorCoordinator
from .const import CONF_MODEL, DOMAIN
from .coordinator import BatteryCoordinator, MiBmsConfigEntry
from .proto.model.fields import Field


def sensor_device(coordinator: SensorCoordinator) -> DeviceInfo:
    """Describe a sensor as a device; its model is known from the first advert on."""
    entry, decoder = coordinator.entry, coordinator.decoder
    spec = decoder.spec
    return DeviceInfo(
        identifiers={(DOMAIN, coordinator.address)},
        connections={(CONNECTION_BLUETOOTH, coordinator.address)},
        name=entry.title,
        manufacturer=spec.manufacturer if spec else None,
        model=(spec.title if spec else None) or entry.data.get(CONF_MODEL),
        model_id=decoder.model,
        sw_version=decoder.firmware,
    )


def battery_device(
    entry: MiBmsConfigEntry, coordinator: BatteryCoordinator
) -> DeviceInfo:
    """Describe a battery as a device, in its own words where it has any."""
    address, info = entry.data[CONF_ADDRESS], coordinator.profile.info
    return DeviceInfo(
        identifiers={(DOMAIN, address)},
        connections={(CONNECTION_BLUETOOTH, address)},
        name=entry.title,
        manufacturer=info.manufacturer or coordinator.title,
        model=info.model or info.hw_version or coordinator.title,
        model_id=info.model_id,
        serial_number=info.serial_number,
        sw_version=info.sw_version or info.fw_version,
        hw_version=info.hw_version,
    )


class BatteryEntity(CoordinatorEntity[BatteryCoordinator]):
    """Be one entity of a battery; ``number`` tells cells and probes apart, from 1."""

    _attr_has_entity_name = True

    def __init__(
        self,
        entry: MiBmsConfigEntry,
        coordinator: BatteryCoordinator,
        description: EntityDescription,
        field: Field,
        number: int | None = None,
    ) -> None:
        """Take ids and names from the field and its number."""
        super().__init__(coordinator)
        self.entity_description = description
        self.field = field
        self.number = number
        suffix = "" if number is None else f"_{number}"
        self._attr_unique_id = f"{coordinator.address}-{field}{suffix}"
        self._attr_device_info = battery_device(entry, coordinator)
        if number is not None:
            self._attr_translation_placeholders = {"number": str(number)}

    @property
    @override
    def available(self) -> bool:
        """Stay available while the last good sample is fresh enough."""
        return self.coordinator.online
