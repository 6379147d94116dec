"""Open connections: the only module that does.

A connection lives for one use. The device is looked up anew each time, because another scanner
may hear it best now, and the bleak class is looked up at call time, because Home Assistant swaps
it when its Bluetooth starts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
import contextlib
import re
from typing import Final, override

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakDBusError, BleakError, BleakGATTProtocolError
import bleak_retry_connector

from homeassistant.components import bluetooth
from homeassistant.core import HomeAssistant

from ..proto.gatt.explore import Characteristic, Descriptor, Service
from ..proto.gatt.link import GattLink, Notified, until_lost
from ..proto.model.errors import (
    LOST,
    MiBmsError,
    PairingNeeded,
    Unreachable,
    Unsupported,
)
from ..proto.model.names import clean_name
from .patience import patience

CONNECT_ATTEMPTS: Final = 2
DISCONNECT_TIMEOUT: Final = 10.0

# ATT errors of a link that is not paired, or not well enough: authentication, authorization, length of
# the key, encryption.
_UNPAIRED: Final = frozenset({5, 8, 12, 15})
# What an ESP32 calls the same: authentication failed, not encrypted, no key.
_PROXY_CODES: Final = {0x89: 5, 0x8D: 5, 0x8E: 15}
# BlueZ says some of them in words, and which it was only of the others.
_BLUEZ_UNPAIRED: Final = "Not paired"
_UNTOLD: Final = 5
_BLUEZ_NUMBER: Final = re.compile(r"ATT error: 0x([0-9a-f]{2})")

_WRITE: Final = "write"
_SILENT: Final = "write-without-response"


class BleakLink(GattLink):
    """An open connection over bleak."""

    def __init__(self, client: BleakClient) -> None:
        """Take an open client."""
        self._client = client
        self._known: dict[str, list[BleakGATTCharacteristic]] = {}
        for service in client.services:
            for one in service.characteristics:
                for name in (one.uuid, f"{service.uuid}/{one.uuid}"):
                    self._known.setdefault(name, []).append(one)

    def _all(self, uuid: str) -> list[BleakGATTCharacteristic]:
        if uuid not in self._known:
            raise Unsupported("characteristics")
        return self._known[uuid]

    def _pick(self, uuid: str, *wanted: str) -> BleakGATTCharacteristic:
        """Return the characteristic of a UUID that can do what is wanted, best first.

        Some modules repeat a UUID and tell the two apart by what they can do. Where that does not
        decide, the first one is the one that their makers use.
        """
        several = self._all(uuid)
        for name in wanted:
            for one in several:
                if name in one.properties:
                    return one
        return several[0]

    @property
    @override
    def characteristics(self) -> Collection[str]:
        return self._known

    @override
    def properties(self, uuid: str) -> Collection[str]:
        return {name for one in self._all(uuid) for name in one.properties}

    @override
    def max_write(self, uuid: str) -> int:
        return self._pick(uuid, _SILENT, _WRITE).max_write_without_response_size

    @override
    async def subscribe(self, uuid: str, notified: Notified) -> None:
        def received(_: BleakGATTCharacteristic, data: bytearray) -> None:
            notified(bytes(data))

        one = self._pick(uuid, "notify", "indicate")
        await self._run(self._client.start_notify(one, received))

    @override
    async def read(self, uuid: str) -> bytes:
        one = self._pick(uuid, "read")
        return bytes(await self._run(self._client.read_gatt_char(one)))

    @override
    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        one = self._pick(uuid, *((_WRITE, _SILENT) if response else (_SILENT, _WRITE)))
        await self._run(self._client.write_gatt_char(one, data, response=response))

    @property
    def services(self) -> Sequence[Service]:
        """Return the table of the device, without values."""
        return [
            Service(
                uuid=service.uuid,
                handle=service.handle,
                name=service.description,
                characteristics=tuple(map(_listed, service.characteristics)),
            )
            for service in self._client.services
        ]

    async def read_handle(self, handle: int) -> bytes:
        """Read a characteristic by its handle."""
        return bytes(await self._run(self._client.read_gatt_char(handle)))

    async def read_descriptor(self, handle: int) -> bytes:
        """Read a descriptor by its handle."""
        return bytes(await self._run(self._client.read_gatt_descriptor(handle)))

    async def _run[T](self, operation: Awaitable[T]) -> T:
        try:
            return await operation
        except (BleakError, EOFError, OSError, TimeoutError) as err:
            code = att_error(err)
            if code in _UNPAIRED:
                raise PairingNeeded(code) from err
            if not self._client.is_connected:
                # A device that ends the connection has refused nothing, whatever the stack calls it.
                raise Unreachable(LOST) from err
            raise Unreachable("link" if code is None else f"gatt_{code}") from err


def att_error(err: Exception) -> int | None:
    """Return the number that a device refused an operation with; None when it was no refusal.

    Each stack tells it in its own way: bleak as a number, BlueZ in words, a proxy as the cause.
    """
    if isinstance(err, BleakGATTProtocolError):
        return int(err.code)
    told = getattr(getattr(err.__cause__, "error", None), "error", None)
    if isinstance(told, int):
        return _PROXY_CODES.get(told, told) if told > 0 else None
    if not isinstance(err, BleakDBusError):
        return None
    details = err.dbus_error_details or ""
    if found := _BLUEZ_NUMBER.search(details):
        return int(found[1], 16)
    return _UNTOLD if _BLUEZ_UNPAIRED in details else None


def _listed(one: BleakGATTCharacteristic) -> Characteristic:
    return Characteristic(
        uuid=one.uuid,
        handle=one.handle,
        name=one.description,
        properties=tuple(sorted(one.properties)),
        descriptors=tuple(
            Descriptor(uuid=each.uuid, handle=each.handle) for each in one.descriptors
        ),
    )


def reachability(hass: HomeAssistant, address: str) -> str:
    """Return in one English line why a device cannot be connected (for logs and diagnostics)."""
    return bluetooth.async_address_reachability_diagnostics(
        hass, address, bluetooth.BluetoothReachabilityIntent.CONNECTION
    )


class OpenLink:
    """One connection: ``link`` to work with, ``lost`` done when it broke by itself."""

    def __init__(self, client: BleakClient, lost: asyncio.Future[None]) -> None:
        """Take an open client and the future that its loss resolves."""
        self._client = client
        self._lost = lost
        self.link = BleakLink(client)

    @property
    def is_open(self) -> bool:
        """Return whether the connection still stands, as far as anybody knows."""
        return not self._lost.done()

    def on_lost(self, call: Callable[[], None]) -> None:
        """Have ``call`` called when the connection breaks or is closed."""
        self._lost.add_done_callback(lambda _: call())

    async def use[T](self, work: Awaitable[T]) -> T:
        """Return the result of some work; raise ``Unreachable`` when the connection breaks in the middle."""
        return await until_lost(work, self._lost)

    async def close(self) -> None:
        """Close, whatever state the connection is in."""
        # It may already be gone; then there is nothing left to close.
        with contextlib.suppress(BleakError, EOFError, OSError, TimeoutError):
            async with asyncio.timeout(DISCONNECT_TIMEOUT):
                await self._client.disconnect()
        if not self._lost.done():
            self._lost.set_result(None)

    async def forget_services(self) -> None:
        """Drop what is remembered of the device's table: its handles may have moved."""
        clear = getattr(self._client, "clear_cache", None)
        if clear is not None:
            with contextlib.suppress(BleakError, EOFError, OSError, TimeoutError):
                await clear()


async def async_open(
    hass: HomeAssistant, address: str, *, attempts: int = CONNECT_ATTEMPTS
) -> OpenLink:
    """Connect; raise ``Unreachable`` when no connection came about."""
    lost = asyncio.get_running_loop().create_future()
    return OpenLink(await _async_connect(hass, address, lost, attempts), lost)


async def async_use[T](
    hass: HomeAssistant,
    address: str,
    use: Callable[[BleakLink], Awaitable[T]],
    *,
    doubts: bool = False,
) -> T:
    """Connect, let ``use`` work with the link, and disconnect whatever happens.

    Raise ``Unreachable`` when no connection came about or when it broke in the middle. With
    ``doubts``, a failure over a connection that still stands lets the table of services be asked for
    anew: who uses an old one meets what is missing, refused, silent or of a wrong shape.
    """
    opened = await async_open(hass, address)
    try:
        return await opened.use(use(opened.link))
    except MiBmsError:
        if doubts and opened.is_open:
            await opened.forget_services()
        raise
    finally:
        await opened.close()


async def _async_connect(
    hass: HomeAssistant, address: str, lost: asyncio.Future[None], attempts: int
) -> BleakClient:
    device = bluetooth.async_ble_device_from_address(hass, address, connectable=True)
    if device is None:
        raise Unreachable("not_heard")

    def disconnected(_: BleakClient) -> None:
        if not lost.done():
            lost.set_result(None)

    try:
        async with patience(hass, address):
            return await bleak_retry_connector.establish_connection(
                bleak_retry_connector.BleakClientWithServiceCache,
                device,
                clean_name(device.name or "") or address,
                disconnected,
                max_attempts=attempts,
                ble_device_callback=lambda: (
                    bluetooth.async_ble_device_from_address(
                        hass, address, connectable=True
                    )
                    or device
                ),
            )
    except bleak_retry_connector.BleakOutOfConnectionSlotsError as err:
        raise Unreachable("no_slot") from err
    except (BleakError, EOFError, OSError, TimeoutError) as err:
        raise Unreachable("connect") from err
