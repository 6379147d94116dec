"""An open connection between a listener and a virtual device, as the air sees it.

Handles, CCCDs and ATT rules live here: a notification leaves only if the client registered for it
and wrote the CCCD; a characteristic without a property refuses what the property would allow.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
import logging
import random
from typing import Final

from .faults import Faults
from .peripheral import Characteristic, GattError, Peripheral, Service

CCCD: Final = "00002902-0000-1000-8000-00805f9b34fb"
BASE_TAIL: Final = "-0000-1000-8000-00805f9b34fb"

NOT_CONNECTED: Final = -1
INVALID_HANDLE: Final = 1
READ_NOT_PERMITTED: Final = 2
WRITE_NOT_PERMITTED: Final = 3
INVALID_LENGTH: Final = 13
UNLIKELY: Final = 14
LEFT: Final = 0x13  # why a link ends that the device itself ends

_SPEAKS: Final = frozenset({"notify", "indicate"})

type OnNotify = Callable[[int, bytes], None]
type OnLost = Callable[[int], None]

_LOGGER = logging.getLogger(__name__)


def full_uuid(uuid: str) -> str:
    """Return a UUID in its full lower-case form; 16 and 32 bit forms are expanded."""
    uuid = uuid.lower()
    return f"{uuid:0>8}{BASE_TAIL}" if len(uuid) <= 8 else uuid


def moved(services: tuple[Service, ...], by: int) -> tuple[Service, ...]:
    """Return a table whose handles have moved: who knows the old one reads something else."""
    if not by:
        return services
    return tuple(
        replace(
            service,
            handle=service.handle + by,
            characteristics=tuple(
                replace(
                    one,
                    handle=one.handle + by,
                    descriptors=tuple(
                        replace(it, handle=it.handle + by) for it in one.descriptors
                    ),
                )
                for one in service.characteristics
            ),
        )
        for service in services
    )


class Link:
    """Carry reads, writes and notifications of one connection, in order."""

    def __init__(
        self,
        peripheral: Peripheral,
        faults: Faults,
        rng: random.Random,
        *,
        notified: OnNotify,
        lost: OnLost,
    ) -> None:
        """Take the device, its faults, and what to call with notifications and with the loss of the link."""
        self.peripheral = peripheral
        self.mtu = peripheral.mtu
        kept = peripheral.services[:1] if faults.exchanged else peripheral.services
        self.services = moved(kept, faults.handles_moved)
        self._faults, self._rng = faults, rng
        self._notified, self._lost = notified, lost
        self._by_handle: dict[int, Characteristic] = {}
        self._by_uuid: dict[str, Characteristic] = {}
        self._cccds: dict[int, Characteristic] = {}
        self._values: dict[int, bytes] = {}
        for service in self.services:
            for one in service.characteristics:
                self._add(one)
        self._registered: set[int] = set()
        self._enabled: set[int] = set()
        self._first_write = True
        self._queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self._pump = asyncio.create_task(
            self._run(), name=f"notifications {peripheral.address}"
        )
        self.closed = False
        self.closing: list[Callable[[], None]] = []
        peripheral.notify = self._notify
        peripheral.leave = lambda: self.lose(LEFT)

    def _add(self, one: Characteristic) -> None:
        self._by_handle[one.handle] = one
        known = self._by_uuid.setdefault(full_uuid(one.uuid), one)
        if _SPEAKS.isdisjoint(known.properties):
            # Some modules repeat a UUID; what is said under it comes from the one that can speak.
            self._by_uuid[full_uuid(one.uuid)] = one
        for descriptor in one.descriptors:
            self._values[descriptor.handle] = descriptor.value
            if full_uuid(descriptor.uuid) == CCCD:
                self._cccds[descriptor.handle] = one
                self._values[descriptor.handle] = b"\x00\x00"

    async def read(self, handle: int) -> bytes:
        """Read a characteristic; raise ``GattError``."""
        await self._travel()
        one = self._characteristic(handle)
        if "read" not in one.properties:
            raise GattError(READ_NOT_PERMITTED)
        try:
            value = self.peripheral.read(one.uuid)
            # A device that another process serves answers later.
            if isinstance(value, Awaitable):
                value = await value
            return bytes(value)[: self.mtu - 1]
        except GattError:
            raise
        except Exception:
            _LOGGER.exception(
                "%s failed in read of %s", self.peripheral.address, one.uuid
            )
            raise GattError(UNLIKELY) from None

    async def write(self, handle: int, data: bytes, *, response: bool) -> None:
        """Write a characteristic; raise ``GattError``."""
        await self._travel()
        one = self._characteristic(handle)
        if ("write" if response else "write-without-response") not in one.properties:
            raise GattError(WRITE_NOT_PERMITTED)
        if not response and len(data) > self.mtu - 3:
            raise GattError(INVALID_LENGTH)
        if self._first_write:
            self._first_write = False
            if self._faults.lose_first_write:
                return
        if self._faults.write_loss and self._rng.random() < self._faults.write_loss:
            return
        try:
            done: object = self.peripheral.write(one.uuid, data, response)
            if isinstance(done, Awaitable):
                await done
        except GattError:
            raise
        except Exception:
            _LOGGER.exception(
                "%s failed in write to %s", self.peripheral.address, one.uuid
            )
            raise GattError(UNLIKELY) from None
        if self.closed and response:
            # It took the write and left: its confirmation never came.
            raise GattError(NOT_CONNECTED)

    async def read_descriptor(self, handle: int) -> bytes:
        """Read a descriptor; raise ``GattError``."""
        await self._travel()
        if handle not in self._values:
            raise GattError(INVALID_HANDLE)
        return self._values[handle]

    async def write_descriptor(self, handle: int, data: bytes) -> None:
        """Write a descriptor; only a CCCD can be written; raise ``GattError``."""
        await self._travel()
        if handle not in self._values:
            raise GattError(INVALID_HANDLE)
        if (one := self._cccds.get(handle)) is None:
            raise GattError(WRITE_NOT_PERMITTED)
        if len(data) != 2:
            raise GattError(INVALID_LENGTH)
        wanted = int.from_bytes(data, "little")
        on = any(
            wanted & bit and name in one.properties
            for bit, name in ((1, "notify"), (2, "indicate"))
        )
        self._values[handle] = data
        if on == (one.handle in self._enabled):
            return
        (self._enabled.add if on else self._enabled.discard)(one.handle)
        self.peripheral.subscribed(one.uuid, on)

    def register(self, handle: int, *, enable: bool) -> None:
        """Let notifications of a characteristic pass to the client, or no longer; raise ``GattError``."""
        self._characteristic(handle)
        (self._registered.add if enable else self._registered.discard)(handle)

    def close(self) -> None:
        """End the link at the client's wish; what was already on its way still arrives."""
        while not self._queue.empty():
            self._deliver(*self._queue.get_nowait())
        self._end()

    def lose(self, reason: int) -> None:
        """End the link from the device's side; tell the client why."""
        if not self.closed:
            self._end()
            self._lost(reason)

    def _end(self) -> None:
        if self.closed:
            return
        self.closed = True
        self._pump.cancel()
        self.peripheral.notify = self.peripheral.leave = None
        for call in self.closing:
            call()

    def _characteristic(self, handle: int) -> Characteristic:
        if self.closed:
            raise GattError(NOT_CONNECTED)
        if (one := self._by_handle.get(handle)) is None:
            raise GattError(INVALID_HANDLE)
        return one

    async def _travel(self) -> None:
        if self._faults.latency:
            await asyncio.sleep(self._faults.latency)
        if self.closed:
            raise GattError(NOT_CONNECTED)

    def _notify(self, uuid: str, data: bytes) -> None:
        one = self._by_uuid.get(full_uuid(uuid))
        if one is None:
            _LOGGER.error(
                "%s notifies %s, which it does not have", self.peripheral.address, uuid
            )
            return
        self._queue.put_nowait((one.handle, bytes(data)[: self.mtu - 3]))

    async def _run(self) -> None:
        while True:
            handle, data = await self._queue.get()
            if self._faults.latency:
                await asyncio.sleep(self._faults.latency)
            self._deliver(handle, data)

    def _deliver(self, handle: int, data: bytes) -> None:
        if handle in self._enabled and handle in self._registered:
            arrived = self._faults.pass_on(data, self._rng)
            if arrived is not None:
                self._notified(handle, arrived)
