"""The local adapter: what is in the air behind BlueZ's interfaces, and what a program serves into it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from bleak.backends.bluezdbus.client import BleakClientBlueZDBus
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
import pytest
import pytest_socket

from tests.patience import PATIENCE, eventually
from tests.world.bluez import ADAPTER, DEVICE, MONITORS, Adapter, AdapterSpec, BlueZ
from tests.world.bluez_server import compose
from tests.world.bus import BusError, PrivateBus, Tree
from tests.world.peripheral import Peripheral
from tests.world.radio import Radio
from tests.world.serve import ServeError, Server, advert_properties, find_adapter

from .fakes import NOTIFY, WRITE, Echo, thermometer

ADDRESS = "A4:C1:38:00:00:01"
SERVED = "D4:8C:49:0A:00:52"
PATH = "/org/bluez/hci0"


@dataclass
class House:
    """Hold a world with two adapters and a way to talk to its bus."""

    radio: Radio
    echo: Echo
    bus: PrivateBus
    client: MessageBus
    adapter: Adapter
    signals: list[Message]

    async def call(
        self, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> Message:
        answer = await self.client.call(
            Message(
                destination="org.bluez",
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=list(body),
            )
        )
        assert answer is not None
        return answer

    async def objects(self) -> dict[str, Any]:
        manager = "org.freedesktop.DBus.ObjectManager"
        return (await self.call("/", manager, "GetManagedObjects")).body[0]

    async def until(self, right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        found: dict[str, Any] = {}

        async def now() -> bool:
            found.clear()
            found.update(await self.objects())
            return right(found)

        await eventually(now)
        return found


def path_of(address: str, adapter: str = PATH) -> str:
    return f"{adapter}/dev_{address.replace(':', '_')}"


@pytest.fixture
async def house() -> AsyncIterator[House]:
    # Only a socket of our own in a folder of our own is connected to.
    pytest_socket._remove_restrictions()
    radio = Radio(seed=1)
    echo = thermometer(ADDRESS, "Echo", 0.02)
    adapters = [
        Adapter(AdapterSpec(name="hci0", mac="D4:8C:49:0A:00:51", slots=1), radio),
        Adapter(AdapterSpec(name="hci1", mac=SERVED), radio),
    ]
    radio.place(echo, {"hci0": -60})
    bus = PrivateBus()
    await bus.start()
    tree = Tree(await bus.join())
    await BlueZ(tree, adapters).start()
    client = await bus.join()
    signals: list[Message] = []
    client.add_message_handler(
        lambda one: (
            signals.append(one) if one.message_type is MessageType.SIGNAL else None
        )
    )
    radio.start()
    yield House(radio, echo, bus, client, adapters[0], signals)
    client.disconnect()
    await radio.stop()
    await tree.stop()
    await bus.stop()


# --- hearing -----------------------------------------------------------------------------


async def test_nothing_is_heard_unless_somebody_scans(house: House) -> None:
    await asyncio.sleep(0.1)
    assert path_of(ADDRESS) not in await house.objects()

    await house.call(PATH, ADAPTER, "StartDiscovery")
    found = await house.until(lambda all_: path_of(ADDRESS) in all_)
    device = found[path_of(ADDRESS)][DEVICE]
    assert device["Name"].value == "Echo"
    assert list(device["ManufacturerData"].value) == [0xFFFF]
    assert found[PATH][ADAPTER]["Discovering"].value is True

    await house.call(PATH, ADAPTER, "StopDiscovery")
    await house.call(PATH, ADAPTER, "RemoveDevice", "o", path_of(ADDRESS))
    await asyncio.sleep(0.1)
    assert path_of(ADDRESS) not in await house.objects()


async def test_a_monitor_hears_no_scan_response(house: House) -> None:
    app = Tree(house.client)
    app.objects["/app/monitor"] = {"org.bluez.AdvertisementMonitor1": {}}
    activated = asyncio.Event()

    async def activate(_: Message) -> None:
        activated.set()

    app.on("org.bluez.AdvertisementMonitor1", "Activate", activate)
    await house.call(PATH, MONITORS, "RegisterMonitor", "o", "/app")
    async with asyncio.timeout(PATIENCE):
        await activated.wait()
    found = await house.until(lambda all_: path_of(ADDRESS) in all_)
    assert "Name" not in found[path_of(ADDRESS)][DEVICE]


async def test_a_scan_ends_with_its_client(house: House) -> None:
    other = await house.bus.join()
    await other.call(
        Message(
            destination="org.bluez",
            path=PATH,
            interface=ADAPTER,
            member="StartDiscovery",
        )
    )
    await house.until(lambda all_: all_[PATH][ADAPTER]["Discovering"].value)
    other.disconnect()
    await house.until(lambda all_: not all_[PATH][ADAPTER]["Discovering"].value)


# --- links -------------------------------------------------------------------------------


async def connected(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> BleakClientBlueZDBus:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", house.bus.address)
    await house.call(PATH, ADAPTER, "StartDiscovery")
    await house.until(lambda all_: path_of(ADDRESS) in all_)
    client = BleakClientBlueZDBus(ADDRESS, bluez={}, timeout=PATIENCE)
    client._device_path = path_of(ADDRESS)
    client._device_info = {}
    await client.connect(pair=False)
    return client


async def test_a_real_client_reads_writes_and_is_notified(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await connected(house, monkeypatch)
    services = client.services
    assert services is not None
    notify, write = (
        services.get_characteristic(NOTIFY),
        services.get_characteristic(WRITE),
    )
    assert notify is not None
    assert write is not None
    assert write.max_write_without_response_size == house.echo.mtu - 3

    said: list[bytes] = []
    await client.start_notify(notify, lambda data: said.append(bytes(data)), bluez={})
    await client.write_gatt_char(write, b"\x01\x02", response=True)
    await client.write_gatt_char(write, b"\x03\x04", response=False)
    await eventually(lambda: len(said) == 4)
    assert said == [b"\x01\x02", b"\x02\x01", b"\x03\x04", b"\x04\x03"]
    name = services.get_characteristic("00002a00-0000-1000-8000-00805f9b34fb")
    assert name is not None
    assert bytes(await client.read_gatt_char(name)) == b"echo"

    await client.disconnect()
    found = await house.objects()
    assert not [one for one in found if "/service" in one]
    assert house.echo.log is not None
    assert house.echo.log[-1] == "disconnected"


async def test_what_cannot_be_done_has_its_own_error(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await connected(house, monkeypatch)
    char = next(one for one in await house.objects() if one.endswith("/char0008"))
    interface = "org.bluez.GattCharacteristic1"
    command = {"type": Variant("s", "request")}
    refused = await house.call(char, interface, "WriteValue", "aya{sv}", b"no", command)
    assert refused.error_name == "org.bluez.Error.NotPermitted"
    refused = await house.call(char, interface, "StartNotify")
    assert refused.error_name == "org.bluez.Error.NotSupported"
    refused = await house.call(char, interface, "NoSuchMethod")
    assert refused.message_type is MessageType.ERROR

    # The adapter's only slot is taken.
    second = thermometer("A4:C1:38:00:00:02", "Second", 0.02)
    house.radio.appear(second, -60, "hci1")
    await house.until(lambda all_: path_of(second.address) in all_)
    refused = await house.call(path_of(second.address), DEVICE, "Connect")
    assert refused.error_name == "org.bluez.Error.Failed"

    house.radio.stations[ADDRESS].link.lose(8)  # type: ignore[union-attr]
    await house.until(
        lambda all_: not all_[path_of(ADDRESS)][DEVICE]["Connected"].value
    )
    refused = await house.call(char, interface, "ReadValue", "a{sv}", {})
    assert refused.message_type is MessageType.ERROR
    await client.disconnect()


# --- serving -----------------------------------------------------------------------------


async def served(house: House, device: Peripheral) -> tuple[Server, asyncio.Task[None]]:
    bus = await house.bus.join()
    path, address = await find_adapter(bus, "hci1")
    assert address == SERVED
    device.address = address
    server = Server(bus, path, device)
    await server.start()
    return server, asyncio.create_task(server.run())


async def test_what_is_served_is_in_the_air(house: House) -> None:
    device = thermometer(SERVED, "Served", 0.05)
    server, task = await served(house, device)
    await house.call(PATH, ADAPTER, "StartDiscovery")
    found = await house.until(lambda all_: path_of(SERVED) in all_)
    assert found[path_of(SERVED)][DEVICE]["Name"].value == "Served"

    def counter(found: dict[str, Any]) -> bytes:
        held = found[path_of(SERVED)][DEVICE]["ManufacturerData"]
        return bytes(held.value[0xFFFF].value)

    before = counter(found)
    await house.until(lambda all_: counter(all_) != before)

    said: list[bytes] = []
    link = await house.radio.connect(
        "hci0", SERVED, notified=lambda _, data: said.append(data), lost=lambda _: None
    )
    chars = {
        one.uuid: one for service in link.services for one in service.characteristics
    }
    # BlueZ has its own 1800.
    assert set(chars) == {NOTIFY, WRITE}
    link.register(chars[NOTIFY].handle, enable=True)
    await link.write_descriptor(chars[NOTIFY].descriptors[0].handle, b"\x01\x00")
    await link.write(chars[WRITE].handle, b"\x05\x06", response=True)
    await eventually(lambda: len(said) == 2)
    assert said == [b"\x05\x06", b"\x06\x05"]
    link.close()
    await eventually(lambda: (device.log or [""])[-1] == "disconnected")
    assert device.log is not None
    assert device.log[0] == "connected"
    assert "subscribed True" in device.log
    assert "write 0506 True" in device.log

    task.cancel()
    await server.stop()
    await eventually(lambda: SERVED not in house.radio.stations)


async def test_only_one_advert_and_only_one_that_fits(house: House) -> None:
    server, task = await served(house, thermometer(SERVED, "Served", 0.05))
    with pytest.raises(ServeError, match="Maximum advertisements"):
        await served(house, thermometer(SERVED, "Another", 0.05))
    task.cancel()
    await server.stop()
    long = thermometer(SERVED, "A name that is far too long for one advert", 0.05)
    with pytest.raises(ServeError, match="InvalidLength"):
        await served(house, long)


async def test_the_right_words_where_nothing_can_be_served(house: House) -> None:
    with pytest.raises(
        ServeError, match="there is no adapter hci7; there are: hci0, hci1"
    ):
        await find_adapter(house.client, "hci7")
    await house.client.call(
        Message(
            destination="org.bluez",
            path=f"{PATH[:-1]}1",
            interface="org.freedesktop.DBus.Properties",
            member="Set",
            signature="ssv",
            body=[ADAPTER, "Powered", Variant("b", False)],
        )
    )
    with pytest.raises(ServeError, match="switched off"):
        await find_adapter(house.client, "hci1")


def test_a_broadcast_has_no_flags_and_a_wrong_type_is_refused() -> None:
    device = thermometer(ADDRESS, "Echo")
    device.connectable = False
    said = b"".join(device.advertisement(0) or ())
    properties = advert_properties(device, said)
    assert compose(properties)[0] == said[3:8]
    with pytest.raises(BusError):
        compose(properties | {"Type": Variant("s", "banner")})
