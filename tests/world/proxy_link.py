"""One link of a simulated proxy: everything a client asks for one address, strictly in order.

A client sends "notify off" and "disconnect" in one segment, so requests go through one queue and
one worker. Only a disconnect that arrives while a connect is still running jumps that connect.
"""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
from typing import TYPE_CHECKING, Final

from aioesphomeapi import api_pb2 as pb
from google.protobuf.message import Message

from .link import BASE_TAIL, NOT_CONNECTED, Link, full_uuid
from .peripheral import Characteristic, GattError, Service
from .radio import LinkFailed

if TYPE_CHECKING:
    from .proxy import Proxy

type Send = Callable[[Message], None]

# Kinds of BluetoothDeviceRequest.
DISCONNECT, PAIR, UNPAIR, WITH_CACHE, WITHOUT_CACHE, CLEAR_CACHE = 1, 2, 3, 4, 5, 6
PAIRING_REFUSED: Final = 5  # ATT: insufficient authentication
SERVICES_PER_MESSAGE: Final = 2
PROPERTY_BITS: Final[Mapping[str, int]] = {
    "broadcast": 0x01,
    "read": 0x02,
    "write-without-response": 0x04,
    "write": 0x08,
    "notify": 0x10,
    "indicate": 0x20,
}


class LinkServer:
    """Serve the requests of one client for one address."""

    def __init__(self, proxy: Proxy, send: Send, number: int, address: str) -> None:
        """Take the proxy, the way back to the client, and the address in both forms."""
        self._proxy, self._send = proxy, send
        self._number, self._address = number, address
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._worker = asyncio.create_task(self._run(), name=f"link {address}")
        self._attempt: asyncio.Task[None] | None = None
        self._link: Link | None = None

    def put(self, message: Message) -> None:
        """Take a request."""
        gone = (
            isinstance(message, pb.BluetoothDeviceRequest)
            and message.request_type == DISCONNECT
        )
        if gone and self._attempt is not None:
            self._attempt.cancel()
        self._queue.put_nowait(message)

    async def stop(self) -> None:
        """End everything: the client has gone."""
        self._worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._worker
        if self._link is not None:
            self._link.close()
            self._link = None
        self._proxy.free_slot(self._number, self)

    async def _run(self) -> None:
        while True:
            message = await self._queue.get()
            if isinstance(message, pb.BluetoothDeviceRequest):
                await self._device(message)
                continue
            try:
                await OPERATIONS[type(message)](self, message)
            except GattError as err:
                self._refuse(message, err.code)

    def _refuse(self, message: Message, code: int) -> None:
        handle = getattr(message, "handle", 0)
        self._send(
            pb.BluetoothGATTErrorResponse(
                address=self._number, handle=handle, error=code
            )
        )

    # --- the link itself ---------------------------------------------------------------

    async def _device(self, message: pb.BluetoothDeviceRequest) -> None:
        kind = message.request_type
        if kind in {WITH_CACHE, WITHOUT_CACHE}:
            await self._connect()
        elif kind == DISCONNECT:
            self._disconnect()
        elif kind == PAIR:
            code = NOT_CONNECTED if self._link is None else PAIRING_REFUSED
            self._send(
                pb.BluetoothDevicePairingResponse(
                    address=self._number, paired=False, error=code
                )
            )
        elif kind == UNPAIR:
            here = self._link is not None
            code = 0 if here else NOT_CONNECTED
            self._send(
                pb.BluetoothDeviceUnpairingResponse(
                    address=self._number, success=here, error=code
                )
            )
        elif kind == CLEAR_CACHE:
            self._send(
                pb.BluetoothDeviceClearCacheResponse(address=self._number, success=True)
            )
        else:
            self._report(connected=False)

    def _report(self, *, connected: bool, error: int = 0) -> None:
        mtu = self._link.mtu if connected and self._link is not None else 0
        self._send(
            pb.BluetoothDeviceConnectionResponse(
                address=self._number, connected=connected, mtu=mtu, error=error
            )
        )

    async def _connect(self) -> None:
        if self._link is not None:
            self._report(connected=True)
            return
        if not self._proxy.take_slot(self._number, self):
            self._report(connected=False)
            return
        self._attempt = asyncio.create_task(self._open())
        try:
            await self._attempt
        except LinkFailed as err:
            self._proxy.free_slot(self._number, self)
            self._report(connected=False, error=err.code)
            return
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Abandoned by the client; its disconnect is next in the queue and gets the answer.
            return
        finally:
            self._attempt = None
        self._report(connected=True)
        self._proxy.report_slots()

    async def _open(self) -> None:
        await asyncio.sleep(self._proxy.spec.connect_time)
        # Kept here, not by whoever waits: a cancelled waiter would leave an open link behind.
        self._link = await self._proxy.radio.connect(
            self._proxy.name, self._address, notified=self._notified, lost=self._lost
        )

    def _disconnect(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
        self._report(connected=False)
        if self._proxy.allocated.get(self._number) is self:
            self._proxy.free_slot(self._number, self)
        else:
            self._send(self._proxy.slots())

    def _lost(self, reason: int) -> None:
        self._link = None
        self._report(connected=False, error=reason)
        self._proxy.free_slot(self._number, self)

    def _notified(self, handle: int, data: bytes) -> None:
        self._send(
            pb.BluetoothGATTNotifyDataResponse(
                address=self._number, handle=handle, data=data
            )
        )

    # --- operations on it --------------------------------------------------------------

    def _here(self) -> Link:
        if self._link is None:
            raise GattError(NOT_CONNECTED)
        return self._link

    async def _services(self, _: Message) -> None:
        link = self._here()
        await asyncio.sleep(self._proxy.spec.discovery_time)
        for start in range(0, len(link.services), SERVICES_PER_MESSAGE):
            batch = [
                service_message(one)
                for one in link.services[start : start + SERVICES_PER_MESSAGE]
            ]
            if link.closed:
                raise GattError(NOT_CONNECTED)
            self._send(
                pb.BluetoothGATTGetServicesResponse(
                    address=self._number, services=batch
                )
            )
            await asyncio.sleep(0)
        self._send(pb.BluetoothGATTGetServicesDoneResponse(address=self._number))

    async def _read(self, message: pb.BluetoothGATTReadRequest) -> None:
        data = await self._here().read(message.handle)
        self._send(
            pb.BluetoothGATTReadResponse(
                address=self._number, handle=message.handle, data=data
            )
        )

    async def _write(self, message: pb.BluetoothGATTWriteRequest) -> None:
        try:
            await self._here().write(
                message.handle, message.data, response=message.response
            )
        except GattError:
            # Nobody hears of a write without response that went wrong.
            if message.response:
                raise
            return
        self._send(
            pb.BluetoothGATTWriteResponse(address=self._number, handle=message.handle)
        )

    async def _read_descriptor(
        self, message: pb.BluetoothGATTReadDescriptorRequest
    ) -> None:
        data = await self._here().read_descriptor(message.handle)
        self._send(
            pb.BluetoothGATTReadResponse(
                address=self._number, handle=message.handle, data=data
            )
        )

    async def _write_descriptor(
        self, message: pb.BluetoothGATTWriteDescriptorRequest
    ) -> None:
        await self._here().write_descriptor(message.handle, message.data)
        self._send(
            pb.BluetoothGATTWriteResponse(address=self._number, handle=message.handle)
        )

    async def _notify(self, message: pb.BluetoothGATTNotifyRequest) -> None:
        self._here().register(message.handle, enable=message.enable)
        self._send(
            pb.BluetoothGATTNotifyResponse(address=self._number, handle=message.handle)
        )

    async def _parameters(self, _: Message) -> None:
        error = NOT_CONNECTED if self._link is None else 0
        self._send(
            pb.BluetoothSetConnectionParamsResponse(address=self._number, error=error)
        )


OPERATIONS: Final = {
    pb.BluetoothGATTGetServicesRequest: LinkServer._services,
    pb.BluetoothGATTReadRequest: LinkServer._read,
    pb.BluetoothGATTWriteRequest: LinkServer._write,
    pb.BluetoothGATTReadDescriptorRequest: LinkServer._read_descriptor,
    pb.BluetoothGATTWriteDescriptorRequest: LinkServer._write_descriptor,
    pb.BluetoothGATTNotifyRequest: LinkServer._notify,
    pb.BluetoothSetConnectionParamsRequest: LinkServer._parameters,
}


def uuid_fields(uuid: str) -> dict[str, object]:
    """Return a UUID as the messages want it: short where it is, else two halves, the high one first."""
    full = full_uuid(uuid)
    if full.endswith(BASE_TAIL):
        return {"short_uuid": int(full[:8], 16)}
    digits = full.replace("-", "")
    return {"uuid": [int(digits[:16], 16), int(digits[16:], 16)]}


def characteristic_message(one: Characteristic) -> pb.BluetoothGATTCharacteristic:
    """Describe a characteristic to a client."""
    return pb.BluetoothGATTCharacteristic(
        **uuid_fields(one.uuid),
        handle=one.handle,
        properties=sum(PROPERTY_BITS[name] for name in one.properties),
        descriptors=[
            pb.BluetoothGATTDescriptor(**uuid_fields(d.uuid), handle=d.handle)
            for d in one.descriptors
        ],
    )


def service_message(service: Service) -> pb.BluetoothGATTService:
    """Describe a service to a client."""
    return pb.BluetoothGATTService(
        **uuid_fields(service.uuid),
        handle=service.handle,
        characteristics=[
            characteristic_message(one) for one in service.characteristics
        ],
    )
