"""A simulated ESPHome Bluetooth proxy: the native API's server side, on the loopback address only.

One proxy serves several clients. The newest subscriber gets the adverts; each link belongs to the
client that opened it and ends with that client's TCP connection. ``allocated`` in the slot message
always lists exactly the links that are open or being opened, else Home Assistant tears links down.
"""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
from dataclasses import dataclass
import logging
from typing import Final

from aioesphomeapi import api_pb2 as pb
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO
from google.protobuf.message import DecodeError, Message

from .frames import Frames, NoiseFrames, PlainFrames, ProtocolError
from .proxy_link import LinkServer
from .proxy_sensors import Shown
from .radio import Heard, Radio

HOST: Final = "127.0.0.1"
NUMBER_OF: Final[Mapping[type, int]] = {
    kind: number for number, kind in MESSAGE_TYPE_TO_PROTO.items()
}
FEATURES_FULL: Final = 255
FEATURES_ADVERTS_ONLY: Final = 97
BATCH_SIZE: Final = 16
GUEST: Final = 0xC0FFEE000001  # address of the first device that others hold
BATCH_TIME: Final = 0.1
STATES_EVERY: Final = 2.0  # s

# Scanner states and modes as the messages number them.
IDLE, STARTING, RUNNING, STOPPING = 0, 1, 2, 4
PASSIVE, ACTIVE = 0, 1

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySpec:
    """Describe what one proxy is; times are seconds."""

    name: str
    mac: str
    port: int = 0
    slots: int = 3
    key: bytes | None = None  # 32 bytes: encrypted
    connectable: bool = True
    always_active: bool = False  # scan responses are heard whatever the mode
    connect_time: float = 0.15
    discovery_time: float = 0.1
    shows: str = ""  # the address of a device that a component of it reads, too


def as_number(address: str) -> int:
    """Return an address as the number that the messages carry."""
    return int(address.replace(":", ""), 16)


def as_address(number: int) -> str:
    """Return an address in its usual upper-case form."""
    return number.to_bytes(6).hex(":").upper()


class Proxy:
    """Listen to the air for whoever connects."""

    def __init__(self, spec: ProxySpec, radio: Radio) -> None:
        """Take what the proxy is and the air around it."""
        self.spec = spec
        self.radio = radio
        self.mode = PASSIVE
        self.port = spec.port
        self.sessions: set[Session] = set()
        self.subscriber: Session | None = None
        # None: a link of somebody else, to a device that is not of this world.
        self.allocated: dict[int, LinkServer | None] = {}
        self._guests = 0
        self._server: asyncio.Server | None = None
        self.frozen = False
        self.shown = Shown(radio, spec.shows) if spec.shows else None
        self._batch: list[pb.BluetoothLERawAdvertisement] = []
        self._flush_at: asyncio.TimerHandle | None = None
        radio.add_listener(self)

    @property
    def name(self) -> str:
        """Return the proxy's host name."""
        return self.spec.name

    async def start(self) -> None:
        """Listen; raise ``OSError`` when the port is taken."""
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close all connections and stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.abort()
        for session in list(self.sessions):
            await session.ended.wait()
        if self._flush_at is not None:
            self._flush_at.cancel()

    def abort(self) -> None:
        """Break all TCP connections at once, as a proxy that lost its power."""
        for session in list(self.sessions):
            session.abort()

    async def freeze(self) -> None:
        """Fall silent as one whose plug is pulled: links are gone, TCP connections stay half open."""
        self.frozen = True
        for session in self.sessions:
            await session.drop_links()

    def thaw(self) -> None:
        """Start again; what was connected before is told so."""
        self.frozen = False
        self.abort()

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        session = Session(self, writer)
        self.sessions.add(session)
        try:
            await session.serve(reader)
        finally:
            self.sessions.discard(session)
            if self.subscriber is session:
                self.subscriber = None
                self._batch.clear()

    def hear(self, heard: Heard) -> None:
        """Queue one advert for the subscriber; 16 go at once, fewer within 100 ms."""
        if self.subscriber is None or self.frozen:
            return
        data = heard.advertisement
        if self.mode == ACTIVE or self.spec.always_active:
            data += heard.scan_response
        self._batch.append(
            pb.BluetoothLERawAdvertisement(
                address=as_number(heard.address),
                rssi=heard.rssi,
                address_type=heard.address_type,
                data=data,
            )
        )
        if len(self._batch) >= BATCH_SIZE:
            self._flush()
        elif self._flush_at is None:
            self._flush_at = asyncio.get_running_loop().call_later(
                BATCH_TIME, self._flush
            )

    def _flush(self) -> None:
        if self._flush_at is not None:
            self._flush_at.cancel()
            self._flush_at = None
        if self._batch and self.subscriber is not None:
            self.subscriber.send(
                pb.BluetoothLERawAdvertisementsResponse(advertisements=self._batch)
            )
        self._batch.clear()

    def take_slot(self, number: int, holder: LinkServer) -> bool:
        """Reserve a connection slot for an address; False when none is free."""
        if (
            number in self.allocated
            or len(self.allocated) >= self.spec.slots
            or not self.spec.connectable
        ):
            return False
        self.allocated[number] = holder
        self.report_slots()
        return True

    def free_slot(self, number: int, holder: LinkServer) -> None:
        """Give a slot back."""
        if self.allocated.get(number) is holder:
            del self.allocated[number]
            self._seat()
            self.report_slots()

    def occupy(self, slots: int) -> None:
        """Let others hold so many slots, as soon as they are free."""
        self._guests = slots
        self._seat()
        self.report_slots()

    def _seat(self) -> None:
        for number in (GUEST + index for index in range(self.spec.slots)):
            if number >= GUEST + self._guests:
                self.allocated.pop(number, None)
            elif len(self.allocated) < self.spec.slots:
                self.allocated.setdefault(number, None)

    def report_slots(self) -> None:
        """Tell all who asked how many slots are free."""
        for session in self.sessions:
            if session.wants_slots:
                session.send(self.slots())

    def slots(self) -> pb.BluetoothConnectionsFreeResponse:
        """Return the slot message."""
        limit = self.spec.slots if self.spec.connectable else 0
        return pb.BluetoothConnectionsFreeResponse(
            free=limit - len(self.allocated),
            limit=limit,
            allocated=list(self.allocated),
        )

    def scanner(self, state: int) -> pb.BluetoothScannerStateResponse:
        """Return the scanner-state message."""
        return pb.BluetoothScannerStateResponse(
            state=state, mode=self.mode, configured_mode=ACTIVE
        )

    def about(self) -> pb.DeviceInfoResponse:
        """Return what the proxy says of itself."""
        # The Bluetooth address of these chips is the network address plus two.
        bluetooth = as_address(as_number(self.spec.mac) + 2)
        return pb.DeviceInfoResponse(
            name=self.name,
            friendly_name=self.name.replace("-", " ").capitalize(),
            mac_address=self.spec.mac,
            bluetooth_mac_address=bluetooth,
            esphome_version="2026.9.1",
            compilation_time="2026-11-01 00:00:00 +0000",
            model="simulated",
            manufacturer="mi_bms tests",
            bluetooth_proxy_feature_flags=FEATURES_FULL
            if self.spec.connectable
            else FEATURES_ADVERTS_ONLY,
            api_encryption_supported=self.spec.key is not None,
        )


class Session:
    """Serve one client."""

    def __init__(self, proxy: Proxy, writer: asyncio.StreamWriter) -> None:
        """Take the proxy and the way back to the client."""
        self.proxy = proxy
        self.wants_slots = False
        self.ended = asyncio.Event()
        self._writer = writer
        self._frames: Frames | None = None
        self._links: dict[int, LinkServer] = {}
        self._open = True
        self._telling: asyncio.TimerHandle | None = None

    def abort(self) -> None:
        """Break the TCP connection."""
        self._writer.transport.abort()

    def send(self, message: Message) -> None:
        """Send a message, unless the client has gone."""
        if self.proxy.frozen:
            return
        if self._open and self._frames is not None and not self._writer.is_closing():
            self._frames.send(NUMBER_OF[type(message)], message.SerializeToString())

    async def drop_links(self) -> None:
        """End all links."""
        for server in self._links.values():
            await server.stop()
        self._links.clear()

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Answer until the client leaves or talks nonsense."""
        spec = self.proxy.spec
        try:
            while self.proxy.frozen and await reader.read(4096):
                pass
            if spec.key is None:
                self._frames = PlainFrames(reader, self._writer)
            else:
                encrypted = NoiseFrames(reader, self._writer, spec.key)
                await encrypted.handshake(spec.name, spec.mac)
                self._frames = encrypted
            while self._open:
                number, payload = await self._frames.receive()
                if not self.proxy.frozen:
                    self._take(number, payload)
                await self._writer.drain()
        except ProtocolError as err:
            _LOGGER.info("%s: client dropped (%s)", spec.name, err)
        except OSError, EOFError:
            pass
        finally:
            await self._close()

    async def _close(self) -> None:
        self._open = False
        if self._telling is not None:
            self._telling.cancel()
        await self.drop_links()
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        self.ended.set()

    def _take(self, number: int, payload: bytes) -> None:
        kind = MESSAGE_TYPE_TO_PROTO.get(number)
        if kind is None:
            return
        message = kind()
        try:
            message.ParseFromString(payload)
        except DecodeError as err:
            raise ProtocolError("payload") from err
        if (handler := HANDLERS.get(kind)) is not None:
            handler(self, message)
        elif kind in LINK_MESSAGES:
            self._link(message.address).put(message)

    def _link(self, number: int) -> LinkServer:
        if number not in self._links:
            self._links[number] = LinkServer(
                self.proxy, self.send, number, as_address(number)
            )
        return self._links[number]

    def _hello(self, _: Message) -> None:
        self.send(
            pb.HelloResponse(
                api_version_major=1,
                api_version_minor=14,
                server_info="mi_bms tests",
                name=self.proxy.name,
            )
        )

    def _bye(self, _: Message) -> None:
        self.send(pb.DisconnectResponse())
        self._open = False

    def _list_entities(self, _: Message) -> None:
        if self.proxy.shown is not None:
            for message in self.proxy.shown.entities():
                self.send(message)
        self.send(pb.ListEntitiesDoneResponse())

    def _subscribe_states(self, _: Message) -> None:
        if self.proxy.shown is not None:
            self._tell(self.proxy.shown)

    def _tell(self, shown: Shown) -> None:
        for message in shown.states():
            self.send(message)
        loop = asyncio.get_running_loop()
        self._telling = loop.call_later(STATES_EVERY, self._tell, shown)

    def _subscribe_adverts(self, _: Message) -> None:
        self.proxy.subscriber = self
        self.send(self.proxy.scanner(RUNNING))

    def _unsubscribe_adverts(self, _: Message) -> None:
        if self.proxy.subscriber is self:
            self.proxy.subscriber = None

    def _subscribe_slots(self, _: Message) -> None:
        self.wants_slots = True
        self.send(self.proxy.slots())

    def _set_mode(self, message: Message) -> None:
        mode = getattr(message, "mode", PASSIVE)
        if mode == self.proxy.mode:
            return
        for state in (STOPPING, IDLE, STARTING):
            self.send(self.proxy.scanner(state))
        self.proxy.mode = mode
        self.send(self.proxy.scanner(RUNNING))


HANDLERS: Final[Mapping[type, Callable[[Session, Message], None]]] = {
    pb.HelloRequest: Session._hello,
    pb.DisconnectRequest: Session._bye,
    pb.PingRequest: lambda session, _: session.send(pb.PingResponse()),
    pb.DeviceInfoRequest: lambda session, _: session.send(session.proxy.about()),
    pb.ListEntitiesRequest: Session._list_entities,
    pb.SubscribeStatesRequest: Session._subscribe_states,
    pb.SubscribeBluetoothLEAdvertisementsRequest: Session._subscribe_adverts,
    pb.UnsubscribeBluetoothLEAdvertisementsRequest: Session._unsubscribe_adverts,
    pb.SubscribeBluetoothConnectionsFreeRequest: Session._subscribe_slots,
    pb.BluetoothScannerSetModeRequest: Session._set_mode,
}
LINK_MESSAGES: Final = frozenset(
    {
        pb.BluetoothDeviceRequest,
        pb.BluetoothGATTGetServicesRequest,
        pb.BluetoothGATTReadRequest,
        pb.BluetoothGATTWriteRequest,
        pb.BluetoothGATTReadDescriptorRequest,
        pb.BluetoothGATTWriteDescriptorRequest,
        pb.BluetoothGATTNotifyRequest,
        pb.BluetoothSetConnectionParamsRequest,
    }
)
