"""A local adapter: the air of the simulated world behind the D-Bus interfaces of BlueZ.

What a scanner and a client of Home Assistant use of ``org.bluez``: adapters with discovery and
advertisement monitors, devices that appear when they are first heard, services that appear with a
connection. Where BlueZ has habits, so has this: a client that leaves the bus stops its discovery but
not its connections; a read of what is subscribed is told as a notification, too; the number in a
characteristic's path is that of its declaration, one below its value.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from bluetooth_data_tools import parse_advertisement_data_bytes
from dbus_fast import Message, MessageType, Variant

from .bluez_server import ADVERTISING, GATT, Host
from .bus import Answer, BusError, Interfaces, Tree
from .link import CCCD, Link, full_uuid
from .peripheral import Characteristic, Descriptor, GattError, Service
from .radio import Heard, LinkFailed, Radio

BLUEZ: Final = "org.bluez"
ADAPTER: Final = "org.bluez.Adapter1"
MONITORS: Final = "org.bluez.AdvertisementMonitorManager1"
MONITOR: Final = "org.bluez.AdvertisementMonitor1"
DEVICE: Final = "org.bluez.Device1"
SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
DESCRIPTOR: Final = "org.bluez.GattDescriptor1"

FAILED: Final = "org.bluez.Error.Failed"
SERVED_RSSI: Final = -50  # dBm, of what programs serve
NOT_CONNECTED: Final = "org.bluez.Error.NotConnected"
NOT_SUPPORTED: Final = "org.bluez.Error.NotSupported"
# Attribute protocol errors that BlueZ has own names for.
ATT_NAMES: Final = {
    2: "org.bluez.Error.NotPermitted",
    3: "org.bluez.Error.NotPermitted",
    5: "org.bluez.Error.NotAuthorized",
    6: NOT_SUPPORTED,
    13: "org.bluez.Error.InvalidValueLength",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterSpec:
    """Describe what one adapter is: ``name`` as the system calls it, and how many links it can hold."""

    name: str
    mac: str
    slots: int = 5


@dataclass(slots=True)
class _Held:
    """Hold one open link: its objects, and who is subscribed to what."""

    link: Link
    at: dict[str, tuple[Characteristic, Descriptor | None]] = field(
        default_factory=dict
    )
    paths: list[str] = field(default_factory=list)
    subscribers: dict[str, set[str]] = field(default_factory=dict)


class Adapter:
    """Be one adapter: a listener to the air, and objects on a bus."""

    def __init__(self, spec: AdapterSpec, radio: Radio) -> None:
        """Take what it is and the air around it."""
        self.spec = spec
        self.path = f"/org/bluez/{spec.name}"
        self._radio = radio
        self._active: set[str] = set()  # bus names that discover
        self._monitors: dict[str, set[str]] = {}
        self._links: dict[str, _Held] = {}
        self._connecting: dict[str, asyncio.Task[Link]] = {}
        self._tree: Tree | None = None
        self.host: Host | None = None
        radio.add_listener(self)

    @property
    def name(self) -> str:
        """Return the name that ``heard_by`` uses."""
        return self.spec.name

    @property
    def links(self) -> int:
        """Return how many links are open or being opened."""
        return len(self._links) + len(self._connecting)

    def offer(self, tree: Tree) -> None:
        """Appear on a bus."""
        self._tree = tree
        tree.add(
            self.path,
            {
                ADAPTER: {
                    "Address": Variant("s", self.spec.mac),
                    "AddressType": Variant("s", "public"),
                    "Name": Variant("s", "simulated"),
                    "Alias": Variant("s", "simulated"),
                    "Class": Variant("u", 0),
                    "Powered": Variant("b", True),
                    "Discoverable": Variant("b", False),
                    "Pairable": Variant("b", True),
                    "Discovering": Variant("b", False),
                    "UUIDs": Variant("as", []),
                    "Modalias": Variant("s", "usb:v1D6Bp0246d0552"),
                    "Roles": Variant("as", ["central", "peripheral"]),
                },
                MONITORS: {
                    "SupportedMonitorTypes": Variant("as", ["or_patterns"]),
                    "SupportedFeatures": Variant("as", []),
                },
            },
        )
        self.host = Host(
            tree,
            self.path,
            self.spec.mac,
            lambda device: self._radio.appear(device, SERVED_RSSI, self.name),
            self._radio.vanish,
        )

    # --- scanning ----------------------------------------------------------------------

    async def discover(self, sender: str, *, on: bool) -> None:
        """Start or stop active scanning for a client."""
        (self._active.add if on else self._active.discard)(sender)
        self._say_whether_discovering()

    def monitor(self, sender: str, path: str, *, on: bool) -> None:
        """Start or stop passive scanning for a client's object."""
        paths = self._monitors.setdefault(sender, set())
        (paths.add if on else paths.discard)(path)
        if not paths:
            del self._monitors[sender]

    def gone(self, sender: str) -> None:
        """Forget what a client wanted that has left the bus; its links stay, as with BlueZ."""
        if self.host is not None:
            self.host.gone(sender)
        self._active.discard(sender)
        self._monitors.pop(sender, None)
        for held in self._links.values():
            for path in [one for one, who in held.subscribers.items() if sender in who]:
                held.subscribers[path].discard(sender)
        self._say_whether_discovering()

    def _say_whether_discovering(self) -> None:
        if self._tree is not None:
            now = Variant("b", bool(self._active))
            self._tree.change(self.path, ADAPTER, {"Discovering": now})

    def hear(self, heard: Heard) -> None:
        """Show an advert, if anybody scans."""
        if self._tree is None or not (self._active or self._monitors):
            return
        data = heard.advertisement + (heard.scan_response if self._active else b"")
        seen = parse_advertisement_data_bytes(data)
        values = {"RSSI": Variant("n", heard.rssi)}
        if seen[0]:
            values["Name"] = values["Alias"] = Variant("s", seen[0])
        if seen[1]:
            values["UUIDs"] = Variant("as", list(seen[1]))
        if seen[2]:
            values["ServiceData"] = Variant(
                "a{sv}", {key: Variant("ay", one) for key, one in seen[2].items()}
            )
        if seen[3]:
            values["ManufacturerData"] = Variant(
                "a{qv}", {key: Variant("ay", one) for key, one in seen[3].items()}
            )
        path = self.device_path(heard.address)
        if path in self._tree.objects:
            self._tree.change(path, DEVICE, values)
        else:
            self._tree.add(path, {DEVICE: self._new_device(heard) | values})

    def _new_device(self, heard: Heard) -> dict[str, Variant]:
        flags = ("Paired", "Bonded", "Trusted", "Blocked", "LegacyPairing")
        return {
            "Address": Variant("s", heard.address),
            "AddressType": Variant("s", "random" if heard.address_type else "public"),
            "Alias": Variant("s", heard.address.replace(":", "-")),
            "Adapter": Variant("o", self.path),
            "Connected": Variant("b", False),
            "ServicesResolved": Variant("b", False),
            "UUIDs": Variant("as", []),
        } | {flag: Variant("b", False) for flag in flags}

    def device_path(self, address: str) -> str:
        """Return the path of a device."""
        return f"{self.path}/dev_{address.replace(':', '_')}"

    def forget(self, path: str) -> None:
        """Remove a device, its link with it."""
        if (held := self._links.get(_address(path))) is not None:
            held.link.close()
        if self._tree is not None:
            self._tree.remove(path)

    # --- links -------------------------------------------------------------------------

    async def connect(self, path: str) -> None:
        """Open a link; raise ``BusError``."""
        address = _address(path)
        if address in self._links:
            return
        if address in self._connecting:
            raise BusError(
                "org.bluez.Error.InProgress", "Operation already in progress"
            )
        if self.links >= self.spec.slots:
            raise BusError(FAILED, "Too many links")
        attempt = asyncio.create_task(
            self._radio.connect(
                self.name,
                address,
                notified=lambda handle, data: self._notified(address, handle, data),
                lost=lambda _: None,
            )
        )
        self._connecting[address] = attempt
        try:
            link = await attempt
        except LinkFailed:
            raise BusError(FAILED, "Software caused connection abort") from None
        except asyncio.CancelledError:
            raise BusError(FAILED, "Operation canceled") from None
        finally:
            del self._connecting[address]
        held = self._links[address] = _Held(link)
        link.closing.append(lambda: self._ended(path))
        self._change(path, {"Connected": Variant("b", True)})
        self._show_services(path, held)
        self._change(path, {"ServicesResolved": Variant("b", True)})

    def _change(self, path: str, values: dict[str, Variant]) -> None:
        if self._tree is not None and path in self._tree.objects:
            self._tree.change(path, DEVICE, values)

    def holds(self, path: str) -> bool:
        """Tell whether a device was heard, rather than that it came by itself."""
        return _address(path) in self._radio.stations

    async def disconnect(self, path: str) -> None:
        """Close a link, or give up opening it."""
        address = _address(path)
        if (attempt := self._connecting.get(address)) is not None:
            attempt.cancel()
        if (held := self._links.get(address)) is not None:
            held.link.close()

    def _ended(self, path: str) -> None:
        held = self._links.pop(_address(path))
        if self._tree is None:
            return
        off = Variant("b", False)
        self._change(path, {"ServicesResolved": off, "Connected": off})
        for one in reversed(held.paths):
            self._tree.remove(one)

    def _show_services(self, path: str, held: _Held) -> None:
        for service in held.link.services:
            at = f"{path}/service{service.handle:04x}"
            self._show(held, at, {SERVICE: _service(path, service)})
            for one in service.characteristics:
                # BlueZ numbers a characteristic by its declaration.
                inner = f"{at}/char{one.handle - 1:04x}"
                values = _characteristic(at, one, held.link.mtu)
                self._show(held, inner, {CHARACTERISTIC: values})
                held.at[inner] = (one, None)
                for more in one.descriptors:
                    deepest = f"{inner}/desc{more.handle:04x}"
                    self._show(held, deepest, {DESCRIPTOR: _descriptor(inner, more)})
                    held.at[deepest] = (one, more)

    def _show(self, held: _Held, path: str, interfaces: Interfaces) -> None:
        held.paths.append(path)
        if self._tree is not None:
            self._tree.add(path, interfaces)

    def _at(self, path: str) -> tuple[_Held, Characteristic, Descriptor | None]:
        held = self._links.get(_address(path))
        if held is None or path not in held.at:
            raise BusError(NOT_CONNECTED, "Not Connected")
        return held, *held.at[path]

    async def read(self, path: str) -> bytes:
        """Read a characteristic or descriptor; raise ``BusError`` or ``GattError``."""
        held, one, descriptor = self._at(path)
        if descriptor is not None:
            return await held.link.read_descriptor(descriptor.handle)
        value = await held.link.read(one.handle)
        if held.subscribers.get(path):
            self._tell_value(path, value)
        return value

    async def write(self, path: str, data: bytes, kind: str) -> None:
        """Write a characteristic or descriptor; raise ``BusError`` or ``GattError``."""
        held, one, descriptor = self._at(path)
        if descriptor is not None:
            await held.link.write_descriptor(descriptor.handle, data)
            return
        response = kind == "request" if kind else "write" in one.properties
        await held.link.write(one.handle, data, response=response)

    async def subscribe(self, path: str, sender: str, *, on: bool) -> None:
        """Switch notifications on or off for a client; raise ``BusError`` or ``GattError``."""
        held, one, _ = self._at(path)
        if not {"notify", "indicate"} & one.properties:
            raise BusError(NOT_SUPPORTED, "Operation is not supported")
        who = held.subscribers.setdefault(path, set())
        before = bool(who)
        (who.add if on else who.discard)(sender)
        if bool(who) == before:
            return
        held.link.register(one.handle, enable=on)
        word = b"\x00\x00"
        if on:
            word = b"\x01\x00" if "notify" in one.properties else b"\x02\x00"
        for descriptor in one.descriptors:
            if full_uuid(descriptor.uuid) == CCCD:
                await held.link.write_descriptor(descriptor.handle, word)
        if self._tree is not None and path in self._tree.objects:
            self._tree.change(path, CHARACTERISTIC, {"Notifying": Variant("b", on)})

    def _notified(self, address: str, handle: int, data: bytes) -> None:
        held = self._links.get(address)
        for path, (one, descriptor) in held.at.items() if held else ():
            if descriptor is None and one.handle == handle:
                self._tell_value(path, data)

    def _tell_value(self, path: str, data: bytes) -> None:
        if self._tree is not None and path in self._tree.objects:
            self._tree.tell(path, CHARACTERISTIC, {"Value": Variant("ay", data)})


def _address(path: str) -> str:
    """Return the address of the device that a path lies in."""
    return path.split("/dev_")[1].split("/", maxsplit=1)[0].replace("_", ":")


def _service(path: str, service: Service) -> dict[str, Variant]:
    return {
        "UUID": Variant("s", full_uuid(service.uuid)),
        "Device": Variant("o", path),
        "Primary": Variant("b", True),
        "Includes": Variant("ao", []),
    }


def _characteristic(path: str, one: Characteristic, mtu: int) -> dict[str, Variant]:
    return {
        "UUID": Variant("s", full_uuid(one.uuid)),
        "Service": Variant("o", path),
        "Value": Variant("ay", b""),
        "Flags": Variant("as", sorted(one.properties)),
        "MTU": Variant("q", mtu),
    } | (
        {"Notifying": Variant("b", False)}
        if {"notify", "indicate"} & one.properties
        else {}
    )


def _descriptor(path: str, one: Descriptor) -> dict[str, Variant]:
    return {
        "UUID": Variant("s", full_uuid(one.uuid)),
        "Characteristic": Variant("o", path),
        "Value": Variant("ay", one.value),
        "Flags": Variant("as", []),
    }


class BlueZ:
    """Answer on a bus for all adapters of a world."""

    def __init__(self, tree: Tree, adapters: list[Adapter]) -> None:
        """Take a tree on the bus and the adapters; they appear at once."""
        self._tree = tree
        self._adapters = {one.path: one for one in adapters}
        tree.add("/org/bluez", {"org.bluez.AgentManager1": {}})
        for adapter in adapters:
            adapter.offer(tree)
        for interface, member, handler in (
            (ADAPTER, "StartDiscovery", self._start_discovery),
            (ADAPTER, "StopDiscovery", self._stop_discovery),
            (ADAPTER, "SetDiscoveryFilter", self._accept),
            (ADAPTER, "RemoveDevice", self._remove_device),
            (MONITORS, "RegisterMonitor", self._register_monitor),
            (MONITORS, "UnregisterMonitor", self._unregister_monitor),
            (ADVERTISING, "RegisterAdvertisement", self._serve),
            (ADVERTISING, "UnregisterAdvertisement", self._serve),
            (GATT, "RegisterApplication", self._serve),
            (GATT, "UnregisterApplication", self._serve),
            (DEVICE, "Connect", self._connect),
            (DEVICE, "Disconnect", self._disconnect),
            (CHARACTERISTIC, "ReadValue", self._read),
            (CHARACTERISTIC, "WriteValue", self._write),
            (CHARACTERISTIC, "StartNotify", self._start_notify),
            (CHARACTERISTIC, "StopNotify", self._stop_notify),
            (DESCRIPTOR, "ReadValue", self._read),
            (DESCRIPTOR, "WriteValue", self._write),
        ):
            tree.on(interface, member, handler)
        tree.bus.add_message_handler(self._look_who_leaves)

    async def start(self) -> None:
        """Take the name; raise ``OSError`` when somebody else has it."""
        match = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"
        await self._tree.bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=[match],
            )
        )
        await self._tree.bus.request_name(BLUEZ)

    def _adapter(self, message: Message) -> Adapter:
        path = "/".join((message.path or "").split("/")[:4])
        return self._adapters[path]

    def _look_who_leaves(self, message: Message) -> bool:
        if (
            message.message_type is MessageType.SIGNAL
            and message.member == "NameOwnerChanged"
            and not message.body[2]
        ):
            for adapter in self._adapters.values():
                adapter.gone(message.body[0])
        return False

    async def _accept(self, message: Message) -> None:
        """Take what changes nothing here."""

    async def _start_discovery(self, message: Message) -> None:
        await self._adapter(message).discover(message.sender or "", on=True)

    async def _stop_discovery(self, message: Message) -> None:
        await self._adapter(message).discover(message.sender or "", on=False)

    async def _remove_device(self, message: Message) -> None:
        self._adapter(message).forget(message.body[0])

    async def _register_monitor(self, message: Message) -> None:
        sender, path = message.sender or "", message.body[0]
        answer = await self._tree.bus.call(
            Message(
                destination=sender,
                path=path,
                interface="org.freedesktop.DBus.ObjectManager",
                member="GetManagedObjects",
            )
        )
        self._adapter(message).monitor(sender, path, on=True)
        for one, interfaces in (
            answer.body[0] if answer and answer.body else {}
        ).items():
            if MONITOR in interfaces:
                await self._tree.bus.call(
                    Message(
                        destination=sender,
                        path=one,
                        interface=MONITOR,
                        member="Activate",
                    )
                )

    async def _unregister_monitor(self, message: Message) -> None:
        self._adapter(message).monitor(message.sender or "", message.body[0], on=False)

    async def _serve(self, message: Message) -> None:
        host = self._adapter(message).host
        if host is None:
            raise BusError("org.bluez.Error.DoesNotExist", "Does Not Exist")
        work = {
            "RegisterAdvertisement": host.register_advert,
            "UnregisterAdvertisement": host.unregister_advert,
            "RegisterApplication": host.register_app,
            "UnregisterApplication": host.unregister_app,
        }
        await work[message.member or ""](message)

    async def _connect(self, message: Message) -> None:
        await self._adapter(message).connect(message.path or "")

    async def _disconnect(self, message: Message) -> None:
        adapter = self._adapter(message)
        await adapter.disconnect(message.path or "")
        if adapter.host is not None and not adapter.holds(message.path or ""):
            # The link is one that somebody opened to what is served here.
            adapter.host.leave()

    async def _read(self, message: Message) -> Answer:
        try:
            return "ay", [await self._adapter(message).read(message.path or "")]
        except GattError as err:
            raise _refusal(err) from None

    async def _write(self, message: Message) -> None:
        data, options = message.body
        kind = options["type"].value if "type" in options else ""
        try:
            await self._adapter(message).write(message.path or "", bytes(data), kind)
        except GattError as err:
            raise _refusal(err) from None

    async def _start_notify(self, message: Message) -> None:
        await self._subscribe(message, on=True)

    async def _stop_notify(self, message: Message) -> None:
        await self._subscribe(message, on=False)

    async def _subscribe(self, message: Message, *, on: bool) -> None:
        try:
            await self._adapter(message).subscribe(
                message.path or "", message.sender or "", on=on
            )
        except GattError as err:
            raise _refusal(err) from None


def _refusal(err: GattError) -> BusError:
    if err.code < 0:
        return BusError(NOT_CONNECTED, "Not Connected")
    name = ATT_NAMES.get(err.code, FAILED)
    return BusError(name, f"Operation failed with ATT error: 0x{err.code:02x}")
