"""A device of one's own: described in a file, in the simulated air and served over BlueZ."""

import contextlib
from pathlib import Path
from typing import Any

import pytest

from tests.patience import eventually
from tests.world import ad
from tests.world.devices.board import Board
from tests.world.link import full_uuid
from tests.world.peripheral import GattError
from tests.world.scenario import ScenarioError, load_one
from tests.world.serve import parse

from .test_bluez import SERVED, House, house, served

__all__ = ["house"]

LEVEL = Path(__file__).parents[1] / "world" / "boards" / "level.toml"
ADDRESS = "C4:12:34:00:00:01"


def level() -> Board:
    device = load_one(LEVEL, None, ADDRESS).peripheral
    assert isinstance(device, Board)
    return device


def board(**more: Any) -> Board:
    one = {"uuid": "fff1", "properties": ["read", "write", "notify"], **more}
    return Board(address=ADDRESS, service=[{"uuid": "fff0", "characteristic": [one]}])


def listened(device: Board) -> list[tuple[str, bytes]]:
    said: list[tuple[str, bytes]] = []
    device.notify = lambda uuid, data: said.append((uuid, data))
    device.subscribed("fff1", True)
    return said


def test_what_it_advertises() -> None:
    device = level()
    assert (device.name, device.connectable) == ("Level", True)
    told = device.advertisement(0)
    assert told
    assert ad.structures(told[0]) == [
        (ad.FLAGS, b"\x06"),
        (ad.UUIDS16_COMPLETE, b"\xf0\xff"),
        (ad.MANUFACTURER, b"\xff\xff\x05\x06"),
    ]
    assert ad.structures(told[1]) == [(ad.NAME_COMPLETE, b"Level")]


def test_adverts_in_turn_of_what_cannot_be_connected_to() -> None:
    long = "0000fff0-1111-2222-3333-444444444444"
    device = Board(
        address=ADDRESS,
        advert=[
            {"service_data": {"181a": "01"}},
            {"services": [long]},
            {"service_data": {long: "0102"}},
        ],
    )
    assert not device.connectable
    first, second, third = (device.advertisement(0) for _ in range(3))
    assert first == (bytes.fromhex("04161a1801"), b"")
    assert second
    assert second[0] == ad.service128(long)
    assert third
    assert third[0][1:2] + third[0][-2:] == b"\x21\x01\x02"
    assert device.advertisement(0) == first


def test_reading_writing_and_answers() -> None:
    device = board(
        value="64",
        description="Level",
        answers=[
            {"to": "0a *", "say": ["0b", "0c"]},
            {"to": "01", "echo": True, "value": "63"},
            {"to": "02", "refuse": 14},
        ],
    )
    said = listened(device)
    assert device.read("fff1") == b"\x64"
    device.write("fff1", b"\x0a\xff", True)
    device.write("fff1", b"\x01", True)
    device.write("fff1", b"\x01\x02", True)
    assert said == [("fff1", b"\x0b"), ("fff1", b"\x0c"), ("fff1", b"\x01")]
    assert device.read("fff1") == b"\x63"
    with pytest.raises(GattError) as refused:
        device.write("fff1", b"\x02", True)
    assert refused.value.code == 14
    (one,) = device.services[0].characteristics
    assert [it.value for it in one.descriptors] == [b"", b"Level"]


def test_a_write_without_answers_becomes_the_value() -> None:
    device = board(text="old")
    assert device.read("fff1") == b"old"
    device.write("fff1", b"new", False)
    assert device.read("fff1") == b"new"


def test_it_speaks_by_itself_to_who_listens() -> None:
    device = board(notify={"every": 2, "values": ["01", "02"]})
    device.tick(0)
    said = listened(device)
    for second in range(1, 6):
        device.tick(second)
    assert [data for _, data in said] == [b"\x01", b"\x02", b"\x01"]
    device.disconnected(6)
    device.tick(9)
    assert len(said) == 3


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"advert": {"services": ["xyz"]}}, "must be four hex digits"),
        ({"advert": {"service": []}}, "advert has no 'service'"),
        ({"advert": {"services": "180f"}}, "must be a list of texts"),
        ({"advert": {"service_data": {"181a": "0"}}}, "hex digits in pairs"),
        ({"advert": {"service_data": {"181a": "00" * 40}}}, "at most"),
        ({"advert": {"service_data": []}}, "must be a table"),
        ({"advert": {"manufacturer": {"499499": ""}}}, "four hex digits"),
        ({"advert": 1}, "must be a list of tables"),
        ({"advert": []}, None),
        ({"service": [{"uuid": "fff0", "chars": []}]}, "service has no 'chars'"),
        ({"service": {}}, "must be a list of tables"),
    ],
)
def test_mistakes(params: dict[str, Any], words: str | None) -> None:
    if words is None:
        assert Board(address=ADDRESS, **params).advertisement(0) == (b"", b"")
        return
    with pytest.raises(ValueError, match=words):
        Board(address=ADDRESS, **params)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"properties": ["reed"]}, "'reed' is none of"),
        ({"notify": {"every": 0, "values": ["01"]}}, "notify needs every"),
        ({"notify": {"every": 1}}, "notify needs every"),
        ({"notify": "01"}, "needs that property"),
        ({"properties": ["read"], "notify": {"values": ["01"]}}, "needs that property"),
        ({"answers": [{"to": "0"}]}, "hex digits in pairs"),
        ({"answers": [{"refuse": 0}]}, "ATT error"),
        ({"answers": [{"tell": "00"}]}, "has no 'tell'"),
        ({"uuid": "fff"}, "must be four hex digits"),
    ],
)
def test_mistakes_in_a_characteristic(params: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        board(**params)


def test_a_characteristic_stands_once() -> None:
    twice = [{"uuid": "fff1"}, {"uuid": "fff1"}]
    with pytest.raises(ValueError, match="stands twice"):
        Board(address=ADDRESS, service=[{"uuid": "fff0", "characteristic": twice}])


def test_a_file_with_one_device_is_served_by_its_name(tmp_path: Path) -> None:
    options = parse([str(LEVEL)])
    assert (options.world, options.name) == (LEVEL, None)
    file = tmp_path / "two.toml"
    file.write_text("[[device]]\n[[device]]\n")
    with pytest.raises(ScenarioError, match="holds 2 devices; name one"):
        load_one(file, None, ADDRESS)
    file.write_text("[[device]]\nadvert = {chars = []}\n")
    with pytest.raises(ScenarioError, match="advert has no 'chars'"):
        load_one(file, None, ADDRESS)


async def test_it_is_served_over_bluez(house: House) -> None:
    server, task = await served(house, level())
    await house.call("/org/bluez/hci0", "org.bluez.Adapter1", "StartDiscovery")
    await eventually(lambda: SERVED in house.radio.stations)
    said: list[bytes] = []
    lost: list[int] = []
    link = await house.radio.connect(
        "hci0", SERVED, notified=lambda _, data: said.append(data), lost=lost.append
    )
    chars = {
        one.uuid: one for service in link.services for one in service.characteristics
    }
    write, notify, value = (chars[full_uuid(one)] for one in ("fff1", "fff2", "fff3"))
    assert await link.read(value.handle) == b"full"
    for one in (notify, value):
        link.register(one.handle, enable=True)
        await link.write_descriptor(one.descriptors[0].handle, b"\x01\x00")
    await eventually(lambda: {b"\x01", b"\x02"} <= set(said))
    await link.write(write.handle, bytes.fromhex("dda50300fffd77"), response=True)
    await eventually(lambda: {bytes.fromhex("dd030064"), b"\x77"} <= set(said))
    with pytest.raises(GattError) as refused:
        await link.write(write.handle, b"\x01", response=True)
    assert refused.value.code == 5
    with contextlib.suppress(GattError):
        await link.write(write.handle, b"\x02", response=True)
    await eventually(lambda: bool(lost))
    task.cancel()
    await server.stop()
