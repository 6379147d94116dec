"""Sensors over a connection: captured bytes, clocks, settings, memories, and links that break."""

import asyncio
from collections.abc import Awaitable, Callable
import struct
from typing import Any

import pytest

from tests.world.devices import KINDS
from tests.world.devices.active import ACTIVE
from tests.world.devices.beacon import Beacon
from tests.world.devices.inside import NAME, hourly
from tests.world.devices.mi_legacy import HELLO, LET_IN, stream
from tests.world.link import moved
from tests.world.peripheral import GattError

from .reading import Client, with_client

ADDRESS = "C4:7C:8D:6A:3E:7A"
NOW = 1_704_110_400.0  # 2024-01-01 12:00 UTC
HOUR = 3600
EBE0 = "ebe0{}-7a0a-4b0c-8a1a-6ff2997da3a6"
SHORT = "0000{}-0000-1000-8000-00805f9b34fb"
TIME, COUNT, INDEX, NEWEST, RECORDS, UNIT, LIVE, BATTERY, COMFORT = (
    EBE0.format(one)
    for one in (
        "ccb7",
        "ccb9",
        "ccba",
        "ccbb",
        "ccbc",
        "ccbe",
        "ccc1",
        "ccc4",
        "ccd7",
    )
)
COMMAND, PLANT_LIVE, STATUS, CONTROL, RECORD, SECONDS, TOKEN, LOGIN = (
    SHORT.format(one)
    for one in ("1a00", "1a01", "1a02", "1a10", "1a11", "1a12", "0001", "0010")
)


class Time:
    """Be a clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def device(kind: str, start: dict[str, float] | None = None, **inside: Any) -> Beacon:
    """Make a sensor at a known time."""
    try:
        return make(kind, start, **inside)
    except ValueError:
        return make(kind, start, key="00" * 16, **inside)


def make(
    kind: str, start: dict[str, float] | None, key: str | None = None, **inside: Any
) -> Beacon:
    params: dict[str, Any] = {"start": start or {}}
    if key is not None:
        params["key"] = key
    made = KINDS[kind](
        address=ADDRESS, inside={"clock": Time(), "leaves_every": 0} | inside, **params
    )
    assert isinstance(made, Beacon)
    return made


def talk[T](sensor: Beacon, use: Callable[[Client], Awaitable[T]]) -> T:
    return with_client(sensor, use)


def read(sensor: Beacon, uuid: str) -> bytes:
    return talk(sensor, lambda client: client.read(uuid))


def write(sensor: Beacon, uuid: str, data: str) -> None:
    talk(sensor, lambda client: client.write(uuid, bytes.fromhex(data), response=True))


def heard(sensor: Beacon, uuid: str, seconds: float) -> list[bytes]:
    """Listen for some time."""

    async def listen(client: Client) -> list[bytes]:
        found: list[bytes] = []
        await client.subscribe(uuid, found.append)
        await asyncio.sleep(seconds)
        return found

    return talk(sensor, listen)


@pytest.mark.parametrize("kind", ACTIVE)
def test_all_advertise_and_serve(kind: str) -> None:
    sensor = device(kind)
    assert sensor.connectable
    assert sensor.advertisement(0.0) is not None
    assert read(sensor, NAME) == (sensor.name or "").encode()
    handles = [
        handle
        for service in sensor.services
        for one in service.characteristics
        for handle in (one.handle, *(each.handle for each in one.descriptors))
    ]
    assert handles == sorted(set(handles))
    assert sensor.holds()["told"] == {}


def test_what_stands_inside_is_checked() -> None:
    for wrong, words in (({"hourz": 1}, "hourz"), (5, "must be a table")):
        with pytest.raises(ValueError, match=words):
            KINDS["HHCCJCY01"](address=ADDRESS, inside=wrong)


# --- thermometers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "start", "inside", "value"),
    [
        ("LYWSD02", (23.93, 43), {}, "59092b"),
        ("LYWSD03MMC", (23.93, 43), {"millivolts": 2714}, "59092b9a0a"),
        ("MHO-C401", (27.88, 67), {"millivolts": 3016}, "e40a43c80b"),
        ("XMWSDJ04MMC", (21.4, 48.6), {"millivolts": 2910}, "d600e6015e0b"),
        ("LYWSD03MMC", (-5.01, 43), {}, "0bfe2b8d0b"),
    ],
)
def test_live_values(
    kind: str, start: tuple[float, float], inside: dict[str, Any], value: str
) -> None:
    sensor = device(kind, {"temperature": start[0], "humidity": start[1]}, **inside)
    assert read(sensor, LIVE).hex() == value
    told = sensor.truth()
    assert (told["temperature"], told["humidity"]) == start
    if volts := inside.get("millivolts"):
        assert told["voltage"] == volts / 1000
        assert told["battery"] == round((volts - 2100) / 10)


def test_live_values_are_spoken() -> None:
    assert len(heard(device("LYWSD03MMC"), LIVE, 20)) == 3
    assert len(heard(device("LYWSD02"), LIVE, 20)) == 5
    assert heard(device("MHO-C303"), LIVE, 20) == []


def test_battery() -> None:
    assert read(device("LYWSD02"), BATTERY) == b"\x53"
    plain = device("LYWSD03MMC")
    assert read(plain, BATTERY) == b"\x64"
    assert "battery" not in plain.truth()
    advertised = device("MHO-C303", {"battery": 41})
    assert read(advertised, BATTERY) == b"\x29"


@pytest.mark.parametrize(("zone", "value"), [(1, "40a9926501"), (-5, "40a99265fb")])
def test_a_clock_is_set(zone: int, value: str) -> None:
    sensor = device("LYWSD02MMC", ahead=-400, zone=3)
    assert read(sensor, TIME) == struct.pack("<Ib", int(NOW) - 400, 3)
    write(sensor, TIME, value)
    assert read(sensor, TIME).hex() == value
    assert sensor.holds()["shown_time"] == NOW + zone * HOUR


def test_a_clock_is_refused() -> None:
    sensor = device("LYWSD02MMC")
    with pytest.raises(GattError):
        write(sensor, TIME, "40a99265")
    with pytest.raises(GattError):
        # Without response there is nothing to write to.
        talk(sensor, lambda client: client.write(TIME, bytes(5), response=False))
    assert sensor.holds()["zone"] == 0


def test_a_clock_is_read_late() -> None:
    sensor = device("LYWSD02", ahead=0, refresh=60)
    assert sensor.inside is not None
    clock = sensor.inside.clock
    assert isinstance(clock, Time)
    clock.now += 59
    assert read(sensor, TIME)[:4] == struct.pack("<I", int(NOW))
    clock.now += 1
    assert read(sensor, TIME)[:4] == struct.pack("<I", int(NOW) + 60)


def test_a_link_breaks_at_the_clock_that_was_taken() -> None:
    sensor = device("LYWSD02")
    with pytest.raises(GattError):
        write(sensor, TIME, "40a99265fb")
    assert sensor.holds()["zone"] == -5


def test_each_third_link_breaks() -> None:
    sensor = device("LYWSD02", leaves_every=3)

    async def stay(client: Client) -> bool:
        await asyncio.sleep(1)
        return client.link.closed

    assert [talk(sensor, stay) for _ in range(6)] == [False, False, True] * 2


@pytest.mark.parametrize(
    ("kind", "first", "wrong"), [("LYWSD02", "ff", "00"), ("LYWSD03MMC", "00", "02")]
)
def test_units(kind: str, first: str, wrong: str) -> None:
    sensor = device(kind)
    assert read(sensor, UNIT).hex() == first
    write(sensor, UNIT, "01")
    write(sensor, UNIT, wrong)
    assert (read(sensor, UNIT), sensor.holds()["unit"]) == (b"\x01", "fahrenheit")
    write(sensor, UNIT, "ff")
    assert sensor.holds()["unit"] == "celsius"
    with pytest.raises(GattError):
        write(sensor, UNIT, "0000")


def test_limits() -> None:
    sensor = device("LYWSD03MMC")
    assert read(sensor, COMFORT).hex() == "8c0a6c075514"
    write(sensor, COMFORT, "280a6c073c1e")
    held = sensor.holds()
    assert (held["temperature_high"], held["humidity_low"]) == (26.0, 30)
    with pytest.raises(GattError):
        write(sensor, COMFORT, "280a6c073c1e0000")
    fine = device("XMWSDJ04MMC", limits=(25.5, 18.0, 60, 30.5))
    assert read(fine, COMFORT).hex() == "ff00b40058023101"
    assert fine.holds()["humidity_low"] == 30.5


def test_the_base_of_a_memory_is_not_moved_in_silence() -> None:
    sensor = device("LYWSD03MMC", hours=2)
    assert read(sensor, TIME) == struct.pack("<I", 2 * HOUR)
    write(sensor, TIME, "00000000")
    assert sensor.holds()["shifted"] == 1


def records(sensor: Beacon, first: int | None = None) -> list[bytes]:
    """Let it send its memory, from an index on."""

    async def listen(client: Client) -> list[bytes]:
        found: list[bytes] = []
        if first is not None:
            await client.write(INDEX, first.to_bytes(4, "little"), response=True)
        await client.subscribe(RECORDS, found.append)
        await asyncio.sleep(20)
        return found

    return talk(sensor, listen)


def test_a_memory_that_counts_from_power_on() -> None:
    sensor = device("LYWSD03MMC", hours=14_234.5, kept=40)
    assert read(sensor, COUNT).hex() == "9937000028000000"
    assert read(sensor, NEWEST)[:8] == struct.pack("<II", 14_233, 51_242_400)
    found = records(sensor)
    assert [struct.unpack("<I", one[:4])[0] for one in found] == [
        *range(14_194, 14_234)
    ]
    assert {len(one) for one in found} == {14}
    assert records(sensor, 14_230) == found[-4:]
    assert records(sensor) == found
    memory = sensor.holds()["memory"]
    assert isinstance(memory, list)
    _, _, high, wet, low, dry = struct.unpack("<IIhBhB", found[-1])
    end, values = memory[-1]
    assert end == NOW - 0.5 * HOUR
    assert values["temperature"] == (low / 10, high / 10)
    assert values["humidity"] == (dry, wet)
    write(sensor, EBE0.format("ccd1"), "01")
    assert records(sensor) == []
    assert sensor.holds()["memory"] == []


@pytest.mark.parametrize(("kind", "steps"), [("LYWSD02", 10), ("LYWSD02MMC", 100)])
def test_a_memory_in_the_time_of_the_world(kind: str, steps: int) -> None:
    sensor = device(kind, hours=9.3)
    found = [struct.unpack("<IIhBhB", one) for one in records(sensor)]
    assert [one[1] for one in found] == [
        int(NOW) - HOUR * at for at in range(8, -1, -1)
    ]
    memory = sensor.holds()["memory"]
    assert isinstance(memory, list)
    for (_, stamp, high, _, low, _), (end, values) in zip(found, memory, strict=True):
        assert stamp == end
        assert values["temperature"] == (low / steps, high / steps)


def test_an_index_has_four_bytes() -> None:
    sensor = device("LYWSD03MMC")
    assert read(sensor, INDEX) == b""
    with pytest.raises(GattError):
        write(sensor, INDEX, "00")


def test_goodbye() -> None:
    async def leave(client: Client) -> bool:
        await client.write(EBE0.format("ccc8"), b"\x01", response=True)
        await asyncio.sleep(1)
        return client.link.closed

    assert talk(device("LYWSD03MMC"), leave)


# --- plants --------------------------------------------------------------------------------


def test_a_plant_tells_its_battery() -> None:
    sensor = device("HHCCJCY01")
    assert read(sensor, STATUS).hex() == "6328332e312e39"
    assert sensor.truth()["battery"] == 99
    assert sensor.truth()["firmware"] == "3.1.9"


@pytest.mark.parametrize("kind", ["HHCCJCY01", "HHCCPOT002"])
def test_a_plant_tells_live_values_when_asked(kind: str) -> None:
    start = {"moisture": 21, "conductivity": 178}
    if kind == "HHCCJCY01":
        start |= {"temperature": 23.4, "illuminance": 171}
    sensor = device(kind, start)

    async def use(client: Client) -> list[bytes]:
        found = [await client.read(PLANT_LIVE)]
        await client.write(COMMAND, b"\xa0\x1f", response=True)
        found.append(await client.read(PLANT_LIVE))
        await client.write(COMMAND, bytes(2), response=True)
        return [*found, await client.read(PLANT_LIVE)]

    before, live, after = talk(sensor, use)
    assert before.startswith(bytes.fromhex("aabbccddeeff99887766"))
    assert after == before
    if kind == "HHCCJCY01":
        assert live.hex() == "ea0000ab00000015b200023c00fb349b"
        assert sensor.truth()["illuminance"] == 171
    else:
        assert (len(live), live[3:10].hex()) == (24, "0000000015b200")
        assert "illuminance" not in sensor.truth()
    # Each connection begins anew.
    assert read(sensor, PLANT_LIVE) == before


def test_a_slow_plant() -> None:
    sensor = device("GCLS002", settle=1.0)
    assert sensor.inside is not None
    clock = sensor.inside.clock
    assert isinstance(clock, Time)

    async def use(client: Client) -> list[bool]:
        await client.write(COMMAND, b"\xa0\x1f", response=True)
        early = await client.read(PLANT_LIVE)
        clock.now += 1
        return [one[0] == 0xAA for one in (early, await client.read(PLANT_LIVE))]

    assert talk(sensor, use) == [True, False]


def test_a_plant_blinks() -> None:
    sensor = device("HHCCJCY01")
    write(sensor, COMMAND, "fdff")
    assert sensor.holds()["blinks"] == 1


def test_the_memory_of_a_plant() -> None:
    sensor = device("HHCCJCY01", hours=599.5, spoiled=[2])

    async def use(client: Client) -> list[bytes]:
        await client.write(CONTROL, bytes.fromhex("a00000"), response=True)
        found = [await client.read(RECORD), await client.read(SECONDS)]
        for at in (0, 1, 2, 599):
            await client.write(
                CONTROL, b"\xa1" + at.to_bytes(2, "little"), response=True
            )
            found.append(await client.read(RECORD))
        return found

    count, seconds, newest, next_, spoiled, none = talk(sensor, use)
    assert count[:4].hex() == "57027b04"
    assert int.from_bytes(seconds, "little") == int(599.5 * HOUR)
    assert spoiled == none == b"\xff" * 16
    memory = sensor.holds()["memory"]
    assert isinstance(memory, list)
    assert len(memory) == 598
    for data, (end, values), at in (
        (newest, memory[-1], 599),
        (next_, memory[-2], 598),
    ):
        after, celsius, light, moisture, conductivity = struct.unpack("<IhxIBHxx", data)
        assert (after, end) == (at * HOUR, NOW - 599.5 * HOUR + at * HOUR)
        assert values == {
            "temperature": (celsius / 10, celsius / 10),
            "illuminance": (light, light),
            "moisture": (moisture, moisture),
            "conductivity": (conductivity, conductivity),
        }


def test_a_plant_forgets_when_told() -> None:
    sensor = device("HHCCPOT002")
    write(sensor, CONTROL, "a30000")
    assert sensor.holds()["erased"] is False
    write(sensor, CONTROL, "a20000")
    assert (sensor.holds()["erased"], sensor.holds()["memory"]) == (True, [])
    with pytest.raises(GattError):
        write(sensor, CONTROL, "a2")


def test_who_does_not_say_hello_loses_a_plant() -> None:
    token = bytes(range(12))
    m = bytes.fromhex(ADDRESS.replace(":", ""))[::-1]
    first = bytes((m[0], m[2], m[5], 0x98, 0x98, m[4], m[5], m[1]))
    second = bytes((m[0], m[2], m[5], 0x00, m[4], m[0], m[5], 0x98))

    async def use(client: Client, *, word: bytes | None) -> bool:
        said: list[bytes] = []
        if word is not None:
            await client.write(LOGIN, HELLO, response=True)
            await client.subscribe(TOKEN, said.append)
            await client.write(TOKEN, stream(first, token), response=True)
            await asyncio.sleep(0.1)
            assert stream(second, stream(first, said[0])) == token
            await client.write(TOKEN, stream(token, word), response=True)
        await asyncio.sleep(9)
        assert not client.link.closed
        await asyncio.sleep(21)
        return client.link.closed

    for word, lost in ((None, True), (b"\0\0\0\0", True), (LET_IN, False)):
        sensor = device("HHCCJCY01")
        assert talk(sensor, lambda client, word=word: use(client, word=word)) is lost


# --- displays ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "uuid", "value"),
    [
        ("MJ_HT_V1", "226caa55-6476-4566-7562-66734470666d", b"T=-5.1 H=45.6\0".hex()),
        ("CGG1", SHORT.format("0100"), "0000cdffc801"),
        ("CGDK2", SHORT.format("0100"), "000000cdffc801"),
        ("CGD1", SHORT.format("0100"), "0002fed011"),
    ],
)
def test_displays_speak(kind: str, uuid: str, value: str) -> None:
    sensor = device(kind, {"temperature": -5.1, "humidity": 45.6, "battery": 71})
    assert {one.hex() for one in heard(sensor, uuid, 9)} == {value}
    assert sensor.truth()["temperature"] == -5.1
    assert read(sensor, SHORT.format("2a19")) == b"\x47"


def test_an_alarm_clock_leaves_strangers() -> None:
    async def use(client: Client, token: str) -> tuple[list[str], bool]:
        said: list[str] = []
        await client.subscribe(
            SHORT.format("0002"), lambda data: said.append(data.hex())
        )
        for text in ("1101" + token, "1102" + token, "050940a99265"):
            await client.write(SHORT.format("0001"), bytes.fromhex(text), response=True)
            await asyncio.sleep(0.1)
        return said, client.link.closed

    for token, told, lost, strangers in (
        ("5a" * 16, ["04ff010002", "04ff020000", "04ff090000"], False, 0),
        ("5b" * 16, ["04ff010002", "04ff020000"], True, 1),
    ):
        sensor = device("CGD1")
        assert talk(sensor, lambda client, token=token: use(client, token)) == (
            told,
            lost,
        )
        assert sensor.holds()["strangers"] == strangers


def test_a_small_clock_takes_local_time() -> None:
    sensor = device("CGC1")
    write(sensor, SHORT.format("0001"), "050940a99265")
    write(sensor, SHORT.format("0001"), "0509")
    assert sensor.holds()["shown_time"] == NOW


# --- tables --------------------------------------------------------------------------------


def test_a_table_moves() -> None:
    services = device("LYWSD03MMC").services
    assert moved(services, 0) is services
    for old, new in zip(services, moved(services, 3), strict=True):
        assert new.handle == old.handle + 3
        for one, other in zip(old.characteristics, new.characteristics, strict=True):
            assert (other.uuid, other.handle) == (one.uuid, one.handle + 3)
            assert [each.handle - 3 for each in other.descriptors] == [
                each.handle for each in one.descriptors
            ]


def test_hours_do_not_change_afterwards() -> None:
    first = hourly(ADDRESS, 7, (20, 2, 1))
    assert hourly(ADDRESS, 7, (20, 2, 1)) == first
    assert hourly(ADDRESS, 8, (20, 2, 1)) != first
    ((low, high),) = first
    assert 18 <= low <= high <= 22
