"""A receiver inside the test's own Home Assistant that carries the simulated world's devices.

Adverts enter as raw bytes through a remote scanner and connections run over the same ``Link`` that
the simulated proxies use, so parsing, path choice, bleak's wrapper and the retry connector are real.
"""

import asyncio
from collections.abc import Callable
import random
from typing import Any, override

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.service import BleakGATTServiceCollection
from bleak.exc import BleakError, BleakGATTProtocolError
from bleak_retry_connector import Allocations
from habluetooth import BaseHaRemoteScanner, HaBluetoothConnector

from homeassistant.components import bluetooth
from homeassistant.core import HomeAssistant
from tests.world.bleak_table import table
from tests.world.faults import Faults
from tests.world.link import Link
from tests.world.peripheral import GattError, Peripheral

from .clock import now

SOURCE = "AA:BB:CC:00:00:99"


class Air(BaseHaRemoteScanner):
    """Hear virtual devices and let clients connect to them."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        source: str = SOURCE,
        slots: int = 3,
        connectable: bool = True,
        on_demand: bool = False,
    ) -> None:
        """Register as a receiver; ``on_demand`` scans actively only while it is asked to."""
        self.devices: dict[str, Peripheral] = {}
        self.faults: dict[str, Faults] = {}
        self.rssi: dict[str, int] = {}
        self.links: dict[str, Link] = {}
        self.refuse: set[str] = set()
        # What the stack makes of a device's refusal.
        self.refusal: Callable[[int], BleakError] = BleakGATTProtocolError
        self.slots = slots
        self.tells_slots = False
        self.connects = 0
        self.delay = 0.0  # s that a connect takes
        self.opened: list[Link] = []  # and not closed, whoever still knows of them
        self.caches = False  # keeps the table of a device's services, as some stacks do
        self.tables: dict[str, BleakGATTServiceCollection] = {}
        self.cleared = 0
        self.frozen = False  # nothing is answered, and nobody told
        air = self

        class Client(AirClient):
            def __init__(self, device: BLEDevice | str, **kwargs: Any) -> None:
                super().__init__(device, **kwargs)
                self.air = air

        connector = HaBluetoothConnector(
            Client, source, lambda: len(self.links) < self.slots
        )
        super().__init__(source, "air", connector, connectable)
        if on_demand:
            self.requested_mode = bluetooth.BluetoothScanningMode.AUTO
        self._stop = (bluetooth.async_register_scanner(hass, self), self.async_setup())

    @override
    async def async_request_active_window(self, duration: float) -> bool:
        return self.requested_mode is bluetooth.BluetoothScanningMode.AUTO

    @override
    def get_allocations(self) -> Allocations | None:
        if not self.tells_slots:
            return None
        free = self.slots - len(self.links)
        return Allocations(self.source, self.slots, free, list(self.links))

    def close(self) -> None:
        """Leave Home Assistant's Bluetooth."""
        for link in list(self.links.values()):
            link.close()
        for stop in self._stop:
            stop()

    def add(
        self, device: Peripheral, *, rssi: int = -60, faults: Faults | None = None
    ) -> Peripheral:
        """Put a device into the air; it is heard when ``shout`` is called."""
        self.devices[device.address] = device
        self.faults[device.address] = faults or Faults()
        self.rssi[device.address] = rssi
        return device

    def shout(self, device: Peripheral) -> None:
        """Let a device send one advert."""
        said = device.advertisement(now())
        if said is not None:
            self.hear(device.address, said[0] + said[1], rssi=self.rssi[device.address])

    def hear(
        self, address: str, raw: bytes, *, rssi: int = -60, address_type: int = 0
    ) -> None:
        """Take raw advertising data."""
        details = {"address_type": address_type}
        self._async_on_raw_advertisement(address, rssi, raw, details, now())


class AirClient(BaseBleakClient):
    """Be bleak's client for devices in the air."""

    air: Air

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        """Take the device to connect to."""
        super().__init__(address_or_ble_device, **kwargs)
        self._link: Link | None = None
        self._callbacks: dict[int, Callable[[bytearray], None]] = {}

    @property
    @override
    def name(self) -> str:
        return self.address

    @property
    @override
    def mtu_size(self) -> int:
        return self._link.mtu if self._link else 23

    @property
    @override
    def is_connected(self) -> bool:
        return self._link is not None and not self._link.closed

    @override
    async def connect(self, pair: bool = False, **kwargs: Any) -> None:
        if self.air.frozen:
            await asyncio.Event().wait()
        if self.air.delay:
            await asyncio.sleep(self.air.delay)
        device = self.air.devices.get(self.address)
        if device is None or not device.connectable or self.address in self.air.refuse:
            raise BleakError("connect failed")
        self.air.connects += 1
        self._link = Link(
            device,
            self.air.faults[self.address],
            random.Random(1),
            notified=self._notified,
            lost=self._lost,
        )
        self.air.links[self.address] = self._link
        self.air.opened = [one for one in self.air.opened if not one.closed]
        self.air.opened.append(self._link)
        self._link.closing.append(self._closed)
        device.connected(now())
        known = self.air.tables if self.air.caches else {}
        self.services = known.get(self.address) or table(device, lambda: self.mtu_size)
        self.air.tables[self.address] = self.services

    async def clear_cache(self) -> bool:
        """Ask the device anew at the next connection."""
        self.air.cleared += 1
        return self.air.tables.pop(self.address, None) is not None

    def _closed(self) -> None:
        self.air.links.pop(self.address, None)
        self.air.devices[self.address].disconnected(now())

    def _notified(self, handle: int, data: bytes) -> None:
        if call := self._callbacks.get(handle):
            call(bytearray(data))

    def _lost(self, _reason: int) -> None:
        if self._disconnected_callback:
            self._disconnected_callback()

    @override
    async def disconnect(self) -> None:
        link, self._link = self._link, None
        if link is not None and not link.closed:
            link.close()
            if self._disconnected_callback:
                self._disconnected_callback()

    @override
    async def pair(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError

    @override
    async def unpair(self) -> None:
        raise NotImplementedError

    def _open(self) -> Link:
        if self._link is None or self._link.closed:
            raise BleakError("Not connected")
        return self._link

    @override
    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, **kwargs: Any
    ) -> bytearray:
        try:
            return bytearray(await self._open().read(characteristic.handle))
        except GattError as err:
            raise self.air.refusal(err.code)  # noqa: B904 (its cause is its own)

    @override
    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, **kwargs: Any
    ) -> bytearray:
        try:
            return bytearray(await self._open().read_descriptor(descriptor.handle))
        except GattError as err:
            raise self.air.refusal(err.code)  # noqa: B904 (its cause is its own)

    @override
    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: Any, response: bool
    ) -> None:
        try:
            await self._open().write(
                characteristic.handle, bytes(data), response=response
            )
        except GattError as err:
            raise self.air.refusal(err.code)  # noqa: B904 (its cause is its own)

    @override
    async def write_gatt_descriptor(self, descriptor: Any, data: Any) -> None:
        raise NotImplementedError

    @override
    async def start_notify(
        self,
        characteristic: BleakGATTCharacteristic,
        callback: Callable[[bytearray], None],
        **kwargs: Any,
    ) -> None:
        link, handle = self._open(), characteristic.handle
        try:
            link.register(handle, enable=True)
        except GattError as err:
            raise self.air.refusal(err.code)  # noqa: B904 (its cause is its own)
        self._callbacks[handle] = callback
        for service in link.services:
            for one in service.characteristics:
                if one.handle == handle and one.descriptors:
                    await link.write_descriptor(one.descriptors[0].handle, b"\x01\x00")

    @override
    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        self._callbacks.pop(characteristic.handle, None)
        self._open().register(characteristic.handle, enable=False)
