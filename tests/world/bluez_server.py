"""The other half of an adapter: what a program serves through BlueZ appears in the air.

LEAdvertisingManager1 and GattManager1 as BlueZ has them: it asks the program for its objects, puts the
advert together itself, refuses one that is too long, and passes reads, writes and subscriptions on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, override

from dbus_fast import Message, MessageType, Variant

from . import ad
from .bus import BusError, Tree
from .link import BASE_TAIL, CCCD, full_uuid
from .peripheral import Characteristic, Descriptor, GattError, Peripheral, Service

ADVERTISING: Final = "org.bluez.LEAdvertisingManager1"
GATT: Final = "org.bluez.GattManager1"
ADVERTISEMENT: Final = "org.bluez.LEAdvertisement1"
SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
DESCRIPTOR: Final = "org.bluez.GattDescriptor1"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
MANAGER: Final = "org.freedesktop.DBus.ObjectManager"
DEVICE: Final = "org.bluez.Device1"
NOT_PERMITTED: Final = "org.bluez.Error.NotPermitted"
ATT_CODES: Final[Mapping[str, int]] = {
    NOT_PERMITTED: 3,
    "org.bluez.Error.NotAuthorized": 5,
    "org.bluez.Error.NotSupported": 6,
    "org.bluez.Error.InvalidValueLength": 13,
}
UNLIKELY: Final = 14
FIRST_HANDLE: Final = 0x10
SERVICE_DATA128: Final = 0x21

type Properties = Mapping[str, Variant]


def compose(properties: Properties) -> tuple[bytes, bytes]:
    """Put advert and scan response together; raise ``BusError`` when the advert is too long.

    The name goes into the scan response: it is what there is least room for.
    """
    plain = {key: one.value for key, one in properties.items()}
    if plain.get("Type") not in {"peripheral", "broadcast"}:
        raise BusError("org.bluez.Error.InvalidArguments", "Type")
    parts = [ad.flags()] if plain["Type"] == "peripheral" else []
    for uuid in plain.get("ServiceUUIDs", []):
        short = _short(uuid)
        parts.append(ad.service128(uuid) if short is None else ad.services16(short))
    for uuid, data in plain.get("ServiceData", {}).items():
        short = _short(uuid)
        raw = bytes(data.value)
        parts.append(
            ad.structure(
                SERVICE_DATA128, bytes.fromhex(uuid.replace("-", ""))[::-1] + raw
            )
            if short is None
            else ad.service_data16(short, raw)
        )
    for company, data in plain.get("ManufacturerData", {}).items():
        parts.append(ad.manufacturer(company, bytes(data.value)))
    name = plain.get("LocalName")
    try:
        return ad.payload(*parts), ad.payload(ad.name(name)) if name else b""
    except ValueError as err:
        raise BusError("org.bluez.Error.InvalidLength", str(err)) from None


def _short(uuid: str) -> int | None:
    full = full_uuid(uuid)
    return int(full[:8], 16) if full.endswith(BASE_TAIL) and full < "0001" else None


@dataclass
class Served(Peripheral):
    """Be a device that a program on the bus serves."""

    ask: Callable[[str, str, str, list[Any]], Awaitable[list[Any]]] | None = field(
        default=None, repr=False
    )
    linked: Callable[[bool], None] | None = field(default=None, repr=False)
    properties: dict[str, Variant] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)  # UUID to object

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Return what the program said last."""
        return compose(self.properties)

    @override
    def connected(self, now: float) -> None:
        """Tell the bus."""
        if self.linked is not None:
            self.linked(True)

    @override
    def disconnected(self, now: float) -> None:
        """Tell the bus."""
        if self.linked is not None:
            self.linked(False)

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        """Pass a subscription on."""
        member = "StartNotify" if enabled else "StopNotify"
        self._tasks.add(task := asyncio.ensure_future(self._pass(uuid, member, "", [])))
        task.add_done_callback(self._tasks.discard)

    @override
    def read(self, uuid: str) -> Any:
        """Ask the program."""
        return self._read(uuid)

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> Any:
        """Tell the program."""
        kind = Variant("s", "request" if response else "command")
        return self._pass(uuid, "WriteValue", "aya{sv}", [data, {"type": kind}])

    def __post_init__(self) -> None:
        """Start without calls on their way."""
        self._tasks: set[asyncio.Future[list[Any]]] = set()

    async def _read(self, uuid: str) -> bytes:
        return bytes((await self._pass(uuid, "ReadValue", "a{sv}", [{}]))[0])

    async def _pass(
        self, uuid: str, member: str, signature: str, body: list[Any]
    ) -> list[Any]:
        if self.ask is None:
            raise GattError(UNLIKELY)
        try:
            return await self.ask(self.paths[full_uuid(uuid)], member, signature, body)
        except BusError as err:
            raise GattError(ATT_CODES.get(err.name, UNLIKELY)) from None


def services_of(objects: Mapping[str, Mapping[str, Properties]]) -> tuple[Service, ...]:
    """Build a GATT table from a program's objects; raise ``BusError`` when there is none."""
    handle = FIRST_HANDLE
    found = []
    for path in sorted(one for one in objects if SERVICE in objects[one]):
        start, handle = handle, handle + 1
        own = []
        for inner in sorted(
            one
            for one, held in objects.items()
            if CHARACTERISTIC in held and held[CHARACTERISTIC]["Service"].value == path
        ):
            values = objects[inner][CHARACTERISTIC]
            flags = frozenset(values["Flags"].value)
            value_handle, handle = handle + 1, handle + 2
            descriptors = []
            if {"notify", "indicate"} & flags:
                descriptors.append(Descriptor(CCCD, handle))
                handle += 1
            own.append(
                Characteristic(
                    values["UUID"].value, value_handle, flags, tuple(descriptors)
                )
            )
        uuid = objects[path][SERVICE]["UUID"].value
        found.append(Service(uuid, start, tuple(own)))
    if not found:
        raise BusError("org.bluez.Error.InvalidArguments", "no services")
    return tuple(found)


class Host:
    """Take what programs register at one adapter."""

    def __init__(
        self,
        tree: Tree,
        path: str,
        mac: str,
        appear: Callable[[Peripheral], None],
        vanish: Callable[[str], None],
    ) -> None:
        """Take the bus, the adapter's path and address, and how a device comes and goes."""
        self._tree, self._path, self._mac = tree, path, mac
        self._appear, self._vanish = appear, vanish
        self._advert: tuple[str, str] | None = None  # sender, path
        self._app: tuple[str, dict[str, Any]] | None = None
        self._device: Served | None = None
        tree.objects[path][ADVERTISING] = {
            "ActiveInstances": Variant("y", 0),
            "SupportedInstances": Variant("y", 1),
            "SupportedIncludes": Variant("as", ["local-name"]),
        }
        tree.objects[path][GATT] = {}
        tree.bus.add_message_handler(self._heard)

    async def register_app(self, message: Message) -> None:
        """Take a program's services."""
        sender = message.sender or ""
        body = await self._ask(sender, message.body[0], MANAGER, "GetManagedObjects")
        services_of(body[0])
        self._app = (sender, body[0])

    async def register_advert(self, message: Message) -> None:
        """Take a program's advert: its device appears in the air."""
        if self._advert is not None:
            raise BusError("org.bluez.Error.NotPermitted", "Maximum advertisements")
        sender, path = message.sender or "", message.body[0]
        body = await self._ask(sender, path, PROPERTIES, "GetAll", "s", [ADVERTISEMENT])
        properties = dict(body[0])
        compose(properties)
        match = f"type='signal',sender='{sender}',member='PropertiesChanged'"
        await self._ask(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "AddMatch",
            "s",
            [match],
        )
        self._advert = (sender, path)
        self._device = self._build(sender, properties)
        self._appear(self._device)
        self._tree.change(self._path, ADVERTISING, {"ActiveInstances": Variant("y", 1)})

    async def unregister_advert(self, message: Message) -> None:
        """Drop a program's advert."""
        self.gone(message.sender or "")

    async def unregister_app(self, message: Message) -> None:
        """Drop a program's services."""
        self._app = None

    def gone(self, sender: str) -> None:
        """Drop all of a program that has left the bus."""
        if self._advert is not None and self._advert[0] == sender:
            self._advert = self._device = None
            self._vanish(self._mac)
            self._tree.change(
                self._path, ADVERTISING, {"ActiveInstances": Variant("y", 0)}
            )
        if self._app is not None and self._app[0] == sender:
            self._app = None

    def leave(self) -> None:
        """End the link at the program's wish."""
        if self._device is not None and self._device.leave is not None:
            self._device.leave()

    def _build(self, sender: str, properties: dict[str, Variant]) -> Served:
        objects = self._app[1] if self._app and self._app[0] == sender else {}

        async def ask(
            path: str, member: str, signature: str, body: list[Any]
        ) -> list[Any]:
            return await self._ask(
                sender, path, CHARACTERISTIC, member, signature, body
            )

        return Served(
            address=self._mac,
            connectable=properties["Type"].value == "peripheral",
            interval=properties["MinInterval"].value / 1000,
            services=services_of(objects) if objects else (),
            properties=properties,
            ask=ask,
            linked=self._linked,
            paths={
                full_uuid(held[CHARACTERISTIC]["UUID"].value): path
                for path, held in objects.items()
                if CHARACTERISTIC in held
            },
        )

    def _linked(self, on: bool) -> None:
        # Who connects is of no interest to any device here.
        path = f"{self._path}/dev_00_00_5E_00_53_01"
        if path not in self._tree.objects:
            held = {
                "Adapter": Variant("o", self._path),
                "Connected": Variant("b", False),
            }
            self._tree.add(path, {DEVICE: held})
        self._tree.change(path, DEVICE, {"Connected": Variant("b", on)})

    def _heard(self, message: Message) -> bool:
        device = self._device
        if (
            device is None
            or self._advert is None
            or message.message_type is not MessageType.SIGNAL
            or message.member != "PropertiesChanged"
            or message.sender != self._advert[0]
        ):
            return False
        interface, changed, _ = message.body
        if interface == ADVERTISEMENT and message.path == self._advert[1]:
            device.properties |= changed
            if device.wake is not None:
                device.wake()
        elif interface == CHARACTERISTIC and "Value" in changed and device.notify:
            uuid = next(
                (one for one, path in device.paths.items() if path == message.path),
                None,
            )
            if uuid is not None:
                device.notify(uuid, bytes(changed["Value"].value))
        return False

    async def _ask(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        body: list[Any] | None = None,
    ) -> list[Any]:
        answer = await self._tree.bus.call(
            Message(
                destination=destination,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body or [],
            )
        )
        if answer is None or answer.message_type is MessageType.ERROR:
            name = answer.error_name if answer and answer.error_name else ""
            raise BusError(name, str(answer.body[0]) if answer and answer.body else "")
        return list(answer.body)
