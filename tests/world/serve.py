"""Serve a device of the simulated world over a real radio: ``script/peripheral``.

A Linux machine with BlueZ advertises it and answers for it, through LEAdvertisingManager1 and
GattManager1. Its address is that of the machine's adapter: nothing else would be believed, since many
of these devices say their address inside their adverts.

BlueZ adds the flags, the services 1800 and 1801, and the descriptors for notifications by itself.
"""

import argparse
import asyncio
from collections.abc import Mapping
import contextlib
import os
from pathlib import Path
import signal
import sys
import time
from typing import Any, Final

from bluetooth_data_tools import parse_advertisement_data_bytes
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

from .bus import Answer, BusError, Tree
from .link import CCCD, full_uuid
from .peripheral import Characteristic, GattError, Peripheral
from .scenario import DeviceSpec, ScenarioError, load, load_one

SCENARIO: Final = Path(__file__).parent / "scenarios" / "default.toml"
BLUEZ: Final = "org.bluez"
ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
ADVERTISING: Final = "org.bluez.LEAdvertisingManager1"
GATT: Final = "org.bluez.GattManager1"
ADVERTISEMENT: Final = "org.bluez.LEAdvertisement1"
SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
DESCRIPTOR: Final = "org.bluez.GattDescriptor1"
APP: Final = "/io/github/mi_bms"
ADVERT_PATH: Final = "/io/github/mi_bms_advert"
OWN_SERVICES: Final = frozenset(full_uuid(one) for one in ("1800", "1801"))
NOWHERE: Final = "00:00:5E:00:53:00"  # an address for documentation
ERRORS: Final[Mapping[int, str]] = {
    2: "org.bluez.Error.NotPermitted",
    3: "org.bluez.Error.NotPermitted",
    5: "org.bluez.Error.NotAuthorized",
    6: "org.bluez.Error.NotSupported",
    13: "org.bluez.Error.InvalidValueLength",
}
# Milliseconds that BlueZ takes for the interval of an advert.
SHORTEST, LONGEST = 20, 10_485


class ServeError(Exception):
    """Say in one line why nothing can be served."""


# --- what BlueZ is told ------------------------------------------------------------------


def advert_properties(device: Peripheral, data: bytes) -> dict[str, Variant]:
    """Return the properties of LEAdvertisement1 for the bytes of advert and scan response."""
    name, services, service_data, companies, _ = parse_advertisement_data_bytes(data)
    kind = "peripheral" if device.connectable else "broadcast"
    interval = round((device.interval or 1.0) * 1000)
    interval = max(SHORTEST, min(LONGEST, interval))
    found = {
        "Type": Variant("s", kind),
        "MinInterval": Variant("u", interval),
        "MaxInterval": Variant("u", interval),
        "ServiceUUIDs": Variant("as", list(services)),
        "ServiceData": Variant(
            "a{sv}", {key: Variant("ay", one) for key, one in service_data.items()}
        ),
        "ManufacturerData": Variant(
            "a{qv}", {key: Variant("ay", one) for key, one in companies.items()}
        ),
    }
    if name:
        found["LocalName"] = Variant("s", name)
    return found


class Server:
    """Serve one device on one adapter."""

    def __init__(self, bus: MessageBus, adapter: str, device: Peripheral) -> None:
        """Take the bus, the adapter's path and the device."""
        self._bus, self._adapter, self._device = bus, adapter, device
        self._tree = Tree(bus)
        self._at: dict[str, Characteristic] = {}
        self._values: dict[str, bytes] = {}
        self._centrals: set[str] = set()
        self._woken = asyncio.Event()
        device.wake = self._woken.set

    async def start(self) -> None:
        """Register everything; raise ``ServeError`` with what BlueZ says."""
        self._tree.objects[APP] = {}
        self._add_services()
        self._tree.on(CHARACTERISTIC, "ReadValue", self._read)
        self._tree.on(CHARACTERISTIC, "WriteValue", self._write)
        self._tree.on(CHARACTERISTIC, "StartNotify", self._start_notify)
        self._tree.on(CHARACTERISTIC, "StopNotify", self._stop_notify)
        self._tree.on(DESCRIPTOR, "ReadValue", self._read_descriptor)
        self._tree.on(ADVERTISEMENT, "Release", self._released)
        await self._watch_links()
        if self._at:
            await self._ask(GATT, "RegisterApplication", APP)
        self._tree.objects[ADVERT_PATH] = {ADVERTISEMENT: self._advert() or {}}
        await self._ask(ADVERTISING, "RegisterAdvertisement", ADVERT_PATH)

    async def run(self) -> None:
        """Let time pass for the device: adverts change, values move."""
        while True:
            wait = min(self._device.interval or 1.0, 1.0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), wait)
            self._woken.clear()
            self._device.tick(time.monotonic())
            if not self._centrals and (said := self._advert()):
                self._tree.change(ADVERT_PATH, ADVERTISEMENT, said)

    async def stop(self) -> None:
        """Take everything back."""
        for interface, member, path in (
            (ADVERTISING, "UnregisterAdvertisement", ADVERT_PATH),
            (GATT, "UnregisterApplication", APP),
        ):
            with contextlib.suppress(ServeError):
                await call(self._bus, self._adapter, interface, member, "o", [path])
        await self._tree.stop()

    def _advert(self) -> dict[str, Variant] | None:
        said = self._device.advertisement(time.monotonic())
        return advert_properties(self._device, b"".join(said)) if said else None

    async def _ask(self, interface: str, member: str, path: str) -> None:
        body: list[Any] = [path, {}]
        await call(self._bus, self._adapter, interface, member, "oa{sv}", body)

    def _add_services(self) -> None:
        for number, service in enumerate(self._device.services):
            if full_uuid(service.uuid) in OWN_SERVICES:
                continue
            at = f"{APP}/service{number}"
            self._tree.objects[at] = {
                SERVICE: {
                    "UUID": Variant("s", full_uuid(service.uuid)),
                    "Primary": Variant("b", True),
                }
            }
            for index, one in enumerate(service.characteristics):
                self._add_characteristic(at, f"{at}/char{index}", one)

    def _add_characteristic(self, service: str, path: str, one: Characteristic) -> None:
        self._at[path] = one
        self._tree.objects[path] = {
            CHARACTERISTIC: {
                "UUID": Variant("s", full_uuid(one.uuid)),
                "Service": Variant("o", service),
                "Flags": Variant("as", sorted(one.properties)),
            }
        }
        for index, descriptor in enumerate(one.descriptors):
            if full_uuid(descriptor.uuid) == CCCD:
                continue
            inner = f"{path}/desc{index}"
            self._values[inner] = descriptor.value
            self._tree.objects[inner] = {
                DESCRIPTOR: {
                    "UUID": Variant("s", full_uuid(descriptor.uuid)),
                    "Characteristic": Variant("o", path),
                    "Flags": Variant("as", ["read"]),
                }
            }

    # --- what BlueZ asks ---------------------------------------------------------------

    async def _read(self, message: Message) -> Answer:
        one = self._at[message.path or ""]
        try:
            value = self._device.read(one.uuid)
        except GattError as err:
            raise _refusal(err) from None
        return "ay", [bytes(value)[_offset(message.body[0]) :]]

    async def _read_descriptor(self, message: Message) -> Answer:
        value = self._values[message.path or ""]
        return "ay", [value[_offset(message.body[0]) :]]

    async def _write(self, message: Message) -> None:
        data, options = message.body
        kind = options["type"].value if "type" in options else "request"
        one = self._at[message.path or ""]
        try:
            self._device.write(one.uuid, bytes(data), kind != "command")
        except GattError as err:
            raise _refusal(err) from None

    async def _start_notify(self, message: Message) -> None:
        self._device.subscribed(self._at[message.path or ""].uuid, True)

    async def _stop_notify(self, message: Message) -> None:
        self._device.subscribed(self._at[message.path or ""].uuid, False)

    async def _released(self, message: Message) -> None:
        print("BlueZ has dropped the advert", file=sys.stderr)  # noqa: T201

    # --- who is connected --------------------------------------------------------------

    async def _watch_links(self) -> None:
        match = (
            "type='signal',interface='org.freedesktop.DBus.Properties',"
            f"member='PropertiesChanged',path_namespace='{self._adapter}'"
        )
        self._bus.add_message_handler(self._changed)
        body = [match]
        await call(
            self._bus,
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "AddMatch",
            "s",
            body,
            destination="org.freedesktop.DBus",
        )

    def _changed(self, message: Message) -> bool:
        if (
            message.message_type is MessageType.SIGNAL
            and message.member == "PropertiesChanged"
            and message.body[0] == DEVICE
            and "Connected" in message.body[1]
        ):
            path, on = message.path or "", message.body[1]["Connected"].value
            before = bool(self._centrals)
            (self._centrals.add if on else self._centrals.discard)(path)
            if bool(self._centrals) != before:
                self._linked(on=not before)
        return False

    def _linked(self, *, on: bool) -> None:
        device = self._device
        if on:
            device.notify, device.leave = self._notify, self._leave
            device.connected(time.monotonic())
        else:
            device.notify = device.leave = None
            device.disconnected(time.monotonic())
            self._woken.set()

    def _notify(self, uuid: str, data: bytes) -> None:
        for path, one in self._at.items():
            if full_uuid(one.uuid) == full_uuid(uuid):
                values = {"Value": Variant("ay", data)}
                self._tree.tell(path, CHARACTERISTIC, values)
                return

    def _leave(self) -> None:
        for path in self._centrals:
            self._bus.send(
                Message(
                    destination=BLUEZ, path=path, interface=DEVICE, member="Disconnect"
                )
            )


def _offset(options: Mapping[str, Variant]) -> int:
    return int(options["offset"].value) if "offset" in options else 0


def _refusal(err: GattError) -> BusError:
    name = ERRORS.get(err.code, "org.bluez.Error.Failed")
    return BusError(name, f"ATT error {err.code}")


async def call(
    bus: MessageBus,
    path: str,
    interface: str,
    member: str,
    signature: str,
    body: list[Any],
    *,
    destination: str = BLUEZ,
) -> list[Any]:
    """Call a method; raise ``ServeError`` with what the other side says."""
    answer = await bus.call(
        Message(
            destination=destination,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body,
        )
    )
    if answer is None or answer.message_type is MessageType.ERROR:
        words = answer.body[0] if answer and answer.body else "no answer"
        name = answer.error_name if answer else ""
        raise ServeError(f"{member}: {words} ({name})")
    return list(answer.body)


async def find_adapter(bus: MessageBus, name: str | None) -> tuple[str, str]:
    """Return path and address of an adapter that can serve; raise ``ServeError``."""
    try:
        body = await call(
            bus,
            "/",
            "org.freedesktop.DBus.ObjectManager",
            "GetManagedObjects",
            "",
            [],
        )
    except ServeError as err:
        raise ServeError(
            f"BlueZ does not run here ({err}); install bluez and start its service"
        ) from None
    adapters = {
        path.rpartition("/")[2]: (path, interfaces)
        for path, interfaces in body[0].items()
        if ADAPTER in interfaces
    }
    if name is not None and name not in adapters:
        known = ", ".join(sorted(adapters)) or "none"
        raise ServeError(f"there is no adapter {name}; there are: {known}")
    for one in sorted(adapters) if name is None else [name]:
        path, interfaces = adapters[one]
        if ADVERTISING not in interfaces or GATT not in interfaces:
            continue
        if not interfaces[ADAPTER]["Powered"].value:
            raise ServeError(f"{one} is switched off; try: bluetoothctl power on")
        return path, interfaces[ADAPTER]["Address"].value
    raise ServeError("no Bluetooth adapter here can advertise and serve")


# --- the command line --------------------------------------------------------------------


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/peripheral", description=__doc__)
    parser.add_argument(
        "name",
        nargs="?",
        help="kind, name or address of a device in the scenario, or a file with one of your own",
    )
    parser.add_argument("--list", action="store_true", help="name all devices")
    parser.add_argument("--world", type=Path, default=SCENARIO, metavar="FILE")
    parser.add_argument("--adapter", metavar="hciN")
    options = parser.parse_args(arguments)
    if not options.list and options.name is None:
        parser.error("name a device, or --list")
    if options.name and options.name.endswith(".toml"):
        options.world, options.name = Path(options.name), None
    return options


def show_list(path: Path) -> None:
    """Print what can be served."""
    for one in load(path).devices:
        served = "connects" if one.peripheral.connectable else "adverts only"
        name = one.peripheral.name or ""
        print(f"{one.kind:<20} {name:<20} {one.peripheral.address}  {served}")  # noqa: T201


async def serve(options: argparse.Namespace) -> None:
    """Serve until told to stop; raise ``ServeError`` or ``ScenarioError``."""
    load_one(options.world, options.name, NOWHERE)
    try:
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    except (OSError, DBusError, EOFError) as err:
        raise ServeError(
            f"no system message bus ({err}); this needs Linux with D-Bus and BlueZ"
        ) from None
    path, address = await find_adapter(bus, options.adapter)
    spec: DeviceSpec = load_one(options.world, options.name, address)
    server = Server(bus, path, spec.peripheral)
    await server.start()
    key = f", key {spec.key}" if spec.key else ""
    print(f"serving {spec.kind} as {address} on {path[11:]}{key}", flush=True)  # noqa: T201
    task = asyncio.create_task(server.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        pass
    finally:
        await server.stop()


def main() -> int:
    """Run the command line."""
    options = parse(sys.argv[1:])
    try:
        if options.list:
            show_list(options.world)
        else:
            asyncio.run(serve(options))
    except (ServeError, ScenarioError) as err:
        print(f"script/peripheral: {err}", file=sys.stderr)  # noqa: T201
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
