"""What all entities of the stand-in have."""

from typing import Any, override

from homeassistant.helpers.device_registry import CONNECTION_BLUETOOTH, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .tables import Row, unique_id
from .world import DOMAIN, World


def device_of(address: str) -> DeviceInfo:
    """Return the device as the peer registers it."""
    if DOMAIN == "bms_ble":
        return DeviceInfo(
            identifiers={(DOMAIN, address), ("bluetooth", address)},
            connections={(CONNECTION_BLUETOOTH, address)},
            name=f"JBD {address[-5:]}",
            manufacturer="Jiabaida",
            model="Smart BMS",
        )
    return DeviceInfo(
        identifiers={(DOMAIN, address)},
        name=address.replace(":", ""),
        manufacturer="Xiaomi",
        model="LYWSDCGQ",
        sw_version="Xiaomi (MiBeacon V2)",
    )


class Shown(CoordinatorEntity[World]):
    """Show one value of one device."""

    def __init__(self, world: World, address: str, row: Row) -> None:
        """Take its row of the table."""
        super().__init__(world)
        self._address, self._row = address, row
        mac = address.replace(":", "")
        self._attr_has_entity_name = DOMAIN == "bms_ble"
        self._attr_name = row.name if DOMAIN == "bms_ble" else f"{row.name} {mac}"
        self._attr_unique_id = unique_id(DOMAIN, address, row.key)
        self._attr_device_info = device_of(address)
        self._attr_entity_registry_enabled_default = row.shown
        if DOMAIN == "ble_monitor":
            self._attr_extra_state_attributes = {"mac_address": address}

    @property
    def told(self) -> Any:
        """Return what the world says."""
        return self.coordinator.data.get(self._address, {}).get(self._row.truth)

    @property
    @override
    def available(self) -> bool:
        return super().available and self.told is not None


def rows_of(world: World, table: tuple[Row, ...]) -> list[tuple[str, Row]]:
    """Return what there is of each device."""
    return [
        (address, row)
        for address in world.addresses
        for row in table
        if row.truth in world.data[address]
    ]
