"""The table of a virtual device's services in bleak's words, for clients that reach it without a proxy."""

from collections.abc import Callable
from typing import Final

from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection

from .link import full_uuid
from .peripheral import Peripheral

_BITS: Final = {
    "read": 2,
    "write-without-response": 4,
    "write": 8,
    "notify": 16,
    "indicate": 32,
}


def table(device: Peripheral, mtu: Callable[[], int]) -> BleakGATTServiceCollection:
    """List what a device has; ``mtu`` gives the bytes that the link takes at once."""
    found = BleakGATTServiceCollection()
    for service in device.services:
        parent = BleakGATTService(None, service.handle, full_uuid(service.uuid))
        found.add_service(parent)
        for one in service.characteristics:
            made = BleakGATTCharacteristic(
                None,
                one.handle,
                full_uuid(one.uuid),
                gatt_char_props_to_strs(sum(_BITS[name] for name in one.properties)),
                lambda: mtu() - 3,
                parent,
            )
            found.add_characteristic(made)
            for each in one.descriptors:
                uuid = full_uuid(each.uuid)
                found.add_descriptor(BleakGATTDescriptor(None, each.handle, uuid, made))
    return found
