"""The simulated proxy, spoken to with the client library that Home Assistant uses."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aioesphomeapi import (
    APIClient,
    BluetoothProxyFeature,
    EntityState,
    InvalidEncryptionKeyAPIError,
    RequiresEncryptionAPIError,
    SensorState,
)
from aioesphomeapi.api_pb2 import BluetoothLERawAdvertisementsResponse
from aioesphomeapi.core import BluetoothGATTAPIError
from aioesphomeapi.model import BluetoothScannerMode
import pytest

from tests.patience import PATIENCE, eventually
from tests.world import radio as radio_module
from tests.world.faults import Faults
from tests.world.proxy import HOST, as_number
from tests.world.scenario import parse
from tests.world.world import World

from .fakes import KINDS, NORDIC, Echo

pytestmark = pytest.mark.usefixtures("socket_enabled")

ADDRESS = "A4:C1:38:00:00:01"
NUMBER = as_number(ADDRESS)
KEY = base64.b64encode(bytes(range(32))).decode()


def scenario(**proxy: object) -> dict[str, object]:
    quick = {"connect_time": 0.01, "discovery_time": 0.0}
    return {
        "proxy": [
            {"name": "near", "mac": "AA:BB:CC:00:00:01", "slots": 1, **quick, **proxy}
        ],
        "device": [
            {
                "kind": "Echo",
                "address": ADDRESS,
                "name": "Echo one",
                "heard_by": {"near": -50},
            },
            {"kind": "Echo", "address": "A4:C1:38:00:00:02", "heard_by": {"near": -60}},
        ],
    }


@asynccontextmanager
async def running(**proxy: object) -> AsyncIterator[World]:
    world = World(parse(scenario(**proxy), KINDS))
    await world.start()
    try:
        yield world
    finally:
        await world.stop()


@asynccontextmanager
async def client_of(world: World, key: str | None = None) -> AsyncIterator[APIClient]:
    client = APIClient(HOST, world.proxies[0].port, "", noise_psk=key)
    await client.connect(login=True)
    try:
        yield client
    finally:
        await client.disconnect(force=True)


class Connection:
    """Keep what the client library reports about one connection."""

    def __init__(self) -> None:
        self.states: list[tuple[bool, int, int]] = []
        self.changed = asyncio.Event()

    def __call__(self, connected: bool, mtu: int, error: int) -> None:
        self.states.append((connected, mtu, error))
        self.changed.set()


async def connect(
    client: APIClient, number: int = NUMBER
) -> tuple[Connection, Callable[[], None]]:
    connection = Connection()
    stop = await client.bluetooth_device_connect(
        number,
        connection,
        timeout=PATIENCE,
        feature_flags=255,
        has_cache=False,
        address_type=0,
    )
    return connection, stop


def echo(world: World) -> Echo:
    peripheral = world.devices[ADDRESS].peripheral
    assert isinstance(peripheral, Echo)
    return peripheral


@pytest.mark.parametrize("key", [None, KEY])
async def test_tells_what_it_is(key: str | None) -> None:
    async with (
        running(**({"key": key} if key else {})) as world,
        client_of(world, key) as client,
    ):
        info = await client.device_info()
    assert (info.name, info.mac_address) == ("near", "AA:BB:CC:00:00:01")
    assert info.bluetooth_mac_address == "AA:BB:CC:00:00:03"
    flags = BluetoothProxyFeature(info.bluetooth_proxy_feature_flags)
    assert BluetoothProxyFeature.ACTIVE_CONNECTIONS in flags


@pytest.mark.parametrize("key", [None, KEY])
async def test_a_plug_that_is_pulled_leaves_connections_half_open(
    key: str | None,
) -> None:
    async with running(**({"key": key} if key else {})) as world:
        proxy = world.proxies[0]
        async with client_of(world, key) as client:
            await connect(client)
            await eventually(lambda: "connected" in (echo(world).log or ()))
            await proxy.freeze()
            assert not proxy.allocated
            assert world.radio.stations[ADDRESS].link is None
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await client.device_info()
            assert proxy.sessions
            late = APIClient(HOST, proxy.port, "", noise_psk=key)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await late.connect(login=True)
            proxy.thaw()
            await eventually(lambda: not proxy.sessions)
        async with client_of(world, key) as client:
            assert (await client.device_info()).name == "near"


async def test_advert_only_proxy_has_no_slots() -> None:
    async with running(connectable=False) as world, client_of(world) as client:
        info = await client.device_info()
        assert info.bluetooth_proxy_feature_flags == 97
        connection, _ = await connect(client)
        assert connection.states == [(False, 0, 0)]


async def test_wrong_and_missing_keys() -> None:
    async with running(key=KEY) as world:
        other = base64.b64encode(bytes(32)).decode()
        with pytest.raises(InvalidEncryptionKeyAPIError):
            async with client_of(world, other):
                pass
        with pytest.raises(RequiresEncryptionAPIError):
            async with client_of(world):
                pass


async def test_adverts_and_scan_responses() -> None:
    heard: list[bytes] = []
    modes: list[object] = []

    def take(response: BluetoothLERawAdvertisementsResponse) -> None:
        heard.extend(
            one.data for one in response.advertisements if one.address == NUMBER
        )
        assert len(response.advertisements) <= 16
        assert all(
            -62 < one.rssi + 0 < -40 or one.address != NUMBER
            for one in response.advertisements
        )

    async with running() as world, client_of(world) as client:
        client.subscribe_bluetooth_scanner_state(lambda state: modes.append(state.mode))
        client.subscribe_bluetooth_le_raw_advertisements(take)
        await eventually(lambda: len(heard) > 2)
        assert all(b"Echo one" not in data for data in heard)
        client.bluetooth_scanner_set_mode(BluetoothScannerMode.ACTIVE)
        await eventually(lambda: b"Echo one" in heard[-1])
    assert modes[-1] == BluetoothScannerMode.ACTIVE
    assert len(modes) == 5


async def test_always_active_sends_names_at_once() -> None:
    heard: list[bytes] = []
    async with running(always_active=True) as world, client_of(world) as client:
        client.subscribe_bluetooth_le_raw_advertisements(
            lambda response: heard.extend(one.data for one in response.advertisements)
        )
        await eventually(lambda: any(b"Echo one" in data for data in heard))


async def test_connect_discover_write_notify_disconnect() -> None:
    slots: list[tuple[int, int, list[int]]] = []
    got: list[bytes] = []
    async with running() as world, client_of(world) as client:
        client.subscribe_bluetooth_connections_free(lambda *state: slots.append(state))
        connection, _ = await connect(client)
        assert connection.states == [(True, 247, 0)]
        services = (await client.bluetooth_gatt_get_services(NUMBER)).services
        assert [one.uuid for one in services][2] == NORDIC
        assert services[1].uuid.startswith("0000ff00")
        assert [one.handle for one in services[1].characteristics] == [6, 9]
        assert services[1].characteristics[0].properties == 16
        assert await client.bluetooth_gatt_read(NUMBER, 3) == b"echo"

        await client.bluetooth_gatt_write(NUMBER, 9, b"\x01\x02", response=True)
        stop, _ = await client.bluetooth_gatt_start_notify(
            NUMBER, 6, lambda _, data: got.append(bytes(data))
        )
        await client.bluetooth_gatt_write(NUMBER, 9, b"\x03\x04", response=True)
        await asyncio.sleep(0.05)
        assert got == []  # no CCCD yet
        await client.bluetooth_gatt_write_descriptor(NUMBER, 7, b"\x01\x00")
        await client.bluetooth_gatt_write(NUMBER, 9, b"\x05\x06", response=False)
        await eventually(lambda: len(got) == 2)
        assert got == [b"\x05\x06", b"\x06\x05"]
        assert await client.bluetooth_gatt_read_descriptor(NUMBER, 7) == b"\x01\x00"

        before = world.radio.stations[ADDRESS].adverts
        await asyncio.sleep(0.2)
        assert world.radio.stations[ADDRESS].adverts == before  # connected: silent
        await stop()
        await client.bluetooth_device_disconnect(NUMBER)
        assert connection.states[-1][0] is False
        await eventually(lambda: world.radio.stations[ADDRESS].adverts > before)
    assert slots[0] == (1, 1, [])
    assert (0, 1, [NUMBER]) in slots
    assert slots[-1] == (1, 1, [])
    assert echo(world).log == [
        "connected",
        "write 0102 True",
        "write 0304 True",
        "subscribed True",
        "write 0506 False",
        "disconnected",
    ]


async def test_gatt_errors() -> None:
    async with running() as world, client_of(world) as client:
        await connect(client)
        cases = [
            (lambda: client.bluetooth_gatt_read(NUMBER, 99), 1),
            (lambda: client.bluetooth_gatt_read(NUMBER, 9), 2),
            (lambda: client.bluetooth_gatt_write(NUMBER, 6, b"x", response=True), 3),
            (lambda: client.bluetooth_gatt_write(NUMBER, 9, b"no", response=True), 3),
            (lambda: client.bluetooth_gatt_write(NUMBER, 9, b"bug", response=True), 14),
            (lambda: client.bluetooth_gatt_write_descriptor(NUMBER, 7, b"\x01"), 13),
            (lambda: client.bluetooth_gatt_write_descriptor(NUMBER, 8, b"\x01\x00"), 1),
            (lambda: client.bluetooth_gatt_read_descriptor(NUMBER, 8), 1),
        ]
        for call, code in cases:
            with pytest.raises(BluetoothGATTAPIError) as caught:
                await call()
            assert caught.value.error.error == code


async def test_pairing_is_refused_and_cache_cleared() -> None:
    async with running() as world, client_of(world) as client:
        await connect(client)
        pairing = await client.bluetooth_device_pair(NUMBER)
        assert (pairing.paired, pairing.error) == (False, 5)
        assert (await client.bluetooth_device_unpair(NUMBER)).success
        assert (await client.bluetooth_device_clear_cache(NUMBER)).success


async def test_refused_connect_frees_the_slot() -> None:
    async with running() as world, client_of(world) as client:
        world.devices[ADDRESS].faults.update({"refuse": 0x3E, "refuse_next": 1})
        connection, _ = await connect(client)
        assert connection.states == [(False, 0, 0x3E)]
        assert world.proxies[0].allocated == {}
        connection, _ = await connect(client)
        assert connection.states[0][0]


async def test_slot_limit() -> None:
    async with running() as world, client_of(world) as client:
        await connect(client)
        connection, _ = await connect(client, as_number("A4:C1:38:00:00:02"))
        assert connection.states == [(False, 0, 0)]


async def test_device_that_leaves() -> None:
    async with running() as world, client_of(world) as client:
        world.devices[ADDRESS].faults.update(
            {"disconnect_after": 0.1, "disconnect_reason": 0x13}
        )
        connection, _ = await connect(client)
        await eventually(lambda: len(connection.states) == 2)
        assert connection.states[1] == (False, 0, 0x13)
        with pytest.raises(BluetoothGATTAPIError) as caught:
            await client.bluetooth_gatt_read(NUMBER, 3)
        assert caught.value.error.error == -1
        assert world.proxies[0].allocated == {}


async def test_hanging_connect_can_be_abandoned() -> None:
    async with running() as world, client_of(world) as client:
        world.devices[ADDRESS].faults.update({"hang": True})
        with pytest.raises(Exception, match=r"[Tt]imeout"):
            await client.bluetooth_device_connect(
                NUMBER,
                Connection(),
                timeout=0.1,
                feature_flags=255,
                has_cache=False,
                address_type=0,
                disconnect_timeout=1,
            )
        await eventually(lambda: not world.proxies[0].allocated)
        world.devices[ADDRESS].faults.clear()
        connection, _ = await connect(client)
        assert connection.states[0][0]


async def test_sleeping_device_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radio_module, "CONNECT_TIMEOUT", 0.05)
    async with running() as world, client_of(world) as client:
        world.devices[ADDRESS].faults.update({"asleep": True})
        connection, _ = await connect(client)
        assert connection.states == [(False, 0, 0x85)]


async def test_lost_tcp_connection_ends_links() -> None:
    async with running() as world:
        async with client_of(world) as client:
            await connect(client)
            world.proxies[0].abort()
            await eventually(lambda: not world.proxies[0].sessions)
        assert world.proxies[0].allocated == {}
        assert world.radio.stations[ADDRESS].link is None
        assert echo(world).log == ["connected", "disconnected"]


async def test_faults_on_the_way() -> None:
    got: list[bytes] = []
    async with running() as world, client_of(world) as client:
        faults: Faults = world.devices[ADDRESS].faults
        faults.update({"lose_first_write": True})
        await connect(client)
        await client.bluetooth_gatt_start_notify(
            NUMBER, 6, lambda _, data: got.append(bytes(data))
        )
        await client.bluetooth_gatt_write_descriptor(NUMBER, 7, b"\x01\x00")
        await client.bluetooth_gatt_write(NUMBER, 9, b"lost", response=True)
        faults.update({"write_loss": 1.0})
        await client.bluetooth_gatt_write(NUMBER, 9, b"lost", response=True)
        faults.update({"write_loss": 0.0})
        faults.update({"drop_next": 1, "corrupt_next": 1})
        await client.bluetooth_gatt_write(NUMBER, 9, b"abcd", response=True)
        await eventually(lambda: len(got) == 1)
        assert got[0] != b"dcba"
        assert len(got[0]) == 4
        faults.update({"mute": True})
        await client.bluetooth_gatt_write(NUMBER, 9, b"mute", response=True)
        await client.bluetooth_device_disconnect(NUMBER)
    assert len(got) == 1


async def test_two_clients_and_garbage() -> None:
    async with running() as world, client_of(world) as one, client_of(world) as two:
        reader, writer = await asyncio.open_connection(HOST, world.proxies[0].port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        assert (await one.device_info()).name == (await two.device_info()).name


async def test_has_sensors_of_a_device_that_it_reads_itself() -> None:
    async with running(shows=ADDRESS) as world, client_of(world) as client:
        sensors, _ = await client.list_entities_services()
        names = [one.name for one in sensors]
        assert names == [
            f"Sensor 000001 {one}"
            for one in ("Temperature", "Humidity", "Battery level")
        ]
        told: list[EntityState] = []
        client.subscribe_states(told.append)
        await eventually(lambda: len(told) >= len(names))
        # This device knows nothing but its temperature.
        missing = [one.missing_state for one in told if isinstance(one, SensorState)]
        assert missing == [False, True, True]
