"""What the entities of a battery share: the device they belong to, their ids and their availability."""

from collections.abc import Callable
from typing import Final, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import (
    CONNECTION_BLUETOOTH,
    ChildDeviceInfo,
    DeviceInfo,
)
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..const import DOMAIN
from ..proto.bms.profile import Profile, Spot
from ..proto.model.sample import BmsSample
from .coordinator import BatteryCoordinator

_PACK: Final = "-pack_"


def battery_device(coordinator: BatteryCoordinator) -> DeviceInfo:
    """Return a battery as a device, in its own words where it has any."""
    address, info = coordinator.address, coordinator.profile.info
    return DeviceInfo(
        identifiers={(DOMAIN, address)},
        connections={(CONNECTION_BLUETOOTH, address)},
        name=coordinator.entry.title,
        manufacturer=info.manufacturer or coordinator.maker,
        model=info.model or info.hw_version or coordinator.title,
        model_id=info.model_id,
        serial_number=info.serial_number,
        sw_version=info.sw_version or info.fw_version,
        # Where the board has no other name it is the model: once is enough.
        hw_version=info.hw_version if info.model else None,
    )


def pack_number(address: str, identifier: str) -> int | None:
    """Return the number of the pack that an identifier names, None for any other device."""
    beginning, found, number = identifier.rpartition(_PACK)
    return int(number) if found and beginning == address and number.isdigit() else None


def pack_device(coordinator: BatteryCoordinator, number: int) -> ChildDeviceInfo:
    """Return one pack behind a battery as a part of its device."""
    return ChildDeviceInfo(
        identifiers={(DOMAIN, f"{coordinator.address}{_PACK}{number}")},
        parent_device_id=coordinator.device_id,
        translation_key="pack",
        translation_placeholders={"number": str(number)},
    )


@callback
def async_add_battery(
    coordinator: BatteryCoordinator,
    make: Callable[[BatteryCoordinator, Spot], Entity | None],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add what a battery has shown so far, and later what it shows for the first time.

    ``make`` returns None for a spot that its platform does not show.
    """
    known: set[Spot] = set()

    @callback
    def add_new() -> None:
        new = [spot for spot in coordinator.profile.spots() if spot not in known]
        known.update(new)
        if entities := list(filter(None, (make(coordinator, one) for one in new))):
            async_add_entities(entities)

    add_new()
    coordinator.entry.async_on_unload(coordinator.async_add_listener(add_new))


class BatteryEntity(CoordinatorEntity[BatteryCoordinator]):
    """One entity of a battery or of one of its packs."""

    _attr_has_entity_name = True

    def __init__(
        self,
        coordinator: BatteryCoordinator,
        description: EntityDescription,
        spot: Spot,
    ) -> None:
        """Take ids and names from the spot."""
        super().__init__(coordinator)
        self.entity_description = description
        self.spot = spot
        self._attr_unique_id = f"{coordinator.address}-{spot.key}"
        if spot.pack is None:
            self._attr_device_info = battery_device(coordinator)
        else:
            self._attr_device_info = pack_device(coordinator, spot.pack)
        if isinstance(spot.part, int):
            self._attr_translation_placeholders = {"number": str(spot.part)}

    @property
    def profile(self) -> Profile:
        """Return what the battery, or this entity's pack, has shown so far."""
        profile = self.coordinator.profile
        return profile if self.spot.pack is None else profile.packs[self.spot.pack - 1]

    @property
    def sample(self) -> BmsSample | None:
        """Return the last good sample of the battery or of this entity's pack."""
        return self.spot.around(self.coordinator.data)

    @property
    @override
    def available(self) -> bool:
        """Stay available while the last good sample is fresh enough, and has this pack."""
        return self.coordinator.online and self.sample is not None
