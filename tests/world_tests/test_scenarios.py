"""The scenarios that ship: every object id is there, and what is sent is what the decoder hears."""

from pathlib import Path
import tomllib
from typing import Final

import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.plausible import Gate
from custom_components.mi_bms.proto.gatt.session import Device, Session
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.identify import identify
from tests.e2e.compare import fits
from tests.replay.batteries import VectorLink, run
from tests.world.devices import KINDS
from tests.world.devices.atc import BthomeObjects
from tests.world.devices.beacon import Beacon
from tests.world.devices.recorded import load as recording
from tests.world.devices.xiaomi import MiSensor
from tests.world.scenario import DeviceSpec, ScenarioError, load, parse

from .reading import advert_of

FOLDER: Final = Path(__file__).parents[1] / "world" / "scenarios"
EVERY: Final = load(FOLDER / "every_object.toml").devices
STEP: Final = 2.5  # s

# Object ids of the vendor's document and of the receivers in use that carry something to show.
OBJECTS: Final = (
    *(0x0002, 0x0003, 0x0006, 0x0007, 0x0008, 0x0009, 0x000A, 0x000B, 0x000C),
    *(0x000D, 0x000E, 0x000F, 0x0010, 0x0011, 0x0012, 0x0004),
    *(0x1001, 0x1002, 0x1004, 0x1005, 0x1006, 0x1007, 0x1008, 0x1009, 0x100A),
    *(0x100D, 0x100E, 0x100F, 0x1010, 0x1012, 0x1013, 0x1014, 0x1015, 0x1016),
    *(0x1017, 0x1018, 0x1019, 0x101A, 0x101B, 0x101C),
    *(0x2000, 0x2001, 0x2003, 0x20E1, 0x3002, 0x3003),
    *(0x4801, 0x4802, 0x4803, 0x4804, 0x4805, 0x4806, 0x4808, 0x480C, 0x4810),
    *(0x4811, 0x4818, 0x483C, 0x483D, 0x483E, 0x483F, 0x4840, 0x484E, 0x484F),
    *(0x4850, 0x4851, 0x4852, 0x487B),
    *(0x4A01, 0x4A08, 0x4A0C, 0x4A0D, 0x4A0E, 0x4A0F, 0x4A12, 0x4A13, 0x4A1A),
    *(0x4A1C, 0x4A68, 0x4C01, 0x4C02, 0x4C03, 0x4C08),
    *(0x4E01, 0x4E0C, 0x4E0D, 0x4E0E, 0x4E16, 0x4E17),
    *(0x5003, 0x5010, 0x5011, 0x5403, 0x5413, 0x5422, 0x5601, 0x560C, 0x560D),
    *(0x560E, 0x5810, 0x5A16, 0x6012, 0x605D, 0x6461, 0x6E16),
    *(0x1011, 0x2002, 0x3000, 0x3001, 0x4A07, 0x4A14, 0x4A19, 0x4C15, 0x4E19),
    *(0x4E1C, 0x5015, 0x5201, 0x5606, 0x5A06, 0x720C, 0x720D, 0x720E, 0x7403),
)
# Object ids of BTHome version 2, without the packet id.
BTHOME: Final = {*range(0x01, 0x30), *range(0x3A, 0x66), 0xF0, 0xF1, 0xF2}
# What is sent though it means nothing to a person.
SILENT: Final = (0x5414,)


def object_ids(device: MiSensor) -> set[int]:
    """Return the ids of the objects that a device sends; other formats have shorter headers."""
    heads = [
        block.header(0) for message in device._messages for block in message.blocks
    ]
    return {int.from_bytes(head[:2], "little") for head in heads if len(head) == 3}


def test_every_object_is_there() -> None:
    sent = set()
    for device in EVERY:
        if isinstance(device.peripheral, MiSensor):
            sent |= object_ids(device.peripheral)
    assert sent == {*OBJECTS, *SILENT}


def test_every_bthome_object_is_there() -> None:
    sent = {
        block.header(0)[0]
        for device in EVERY
        if isinstance(device.peripheral, BthomeObjects)
        for message in device.peripheral._messages
        for block in message.blocks
    }
    assert sent == BTHOME


@pytest.mark.parametrize("device", EVERY, ids=[one.peripheral.address for one in EVERY])
def test_decoder_hears_what_is_sent(device: DeviceSpec) -> None:
    peripheral = device.peripheral
    assert isinstance(peripheral, Beacon)
    key = bytes.fromhex(device.key) if device.key else None
    decoder = Decoder(peripheral.address, key)
    heard: dict[str, object] = {}
    wrong = set()
    for step in range(80):
        advert = advert_of(peripheral, step * STEP)
        if advert is None:
            continue
        assert identify(advert.service_data, {}, peripheral.name, peripheral.address), (
            "not recognised"
        )
        reading = decoder.feed(advert.service_data, {}, step * STEP)
        heard |= {str(name): value for name, value in reading.values.items()}
        heard |= {f"{name}_{n}": value for (name, n), value in reading.further.items()}
        heard |= {f"event:{one.key.lower()}": one.type for one in reading.events}
        for name, value in peripheral.truth().items():
            found = heard.get(name.lower())
            state = str(found)
            if isinstance(found, bool):
                state = "on" if found else "off"
            if found is None or not fits(state, 1.0, [value], span=False):
                wrong.add((name, str(value), str(found)))
    assert wrong == set()
    assert peripheral.truth()


def test_the_crowd() -> None:
    scenario = load(FOLDER / "crowd.toml")
    devices = scenario.devices
    assert (len(devices), len(scenario.proxies)) == (300, 8)
    assert all(len(one.heard_by) == 2 for one in devices)
    load_of = sum(len(one.heard_by) / (one.peripheral.interval or 1) for one in devices)
    assert load_of == 600
    keys = [one.key for one in devices if one.key]
    assert len(keys) == len(set(keys)) == 130
    again = load(FOLDER / "crowd.toml").devices
    assert [one.key for one in again] == [one.key for one in devices]
    assert [one.heard_by for one in again] == [one.heard_by for one in devices]


PROXY: Final = {"name": "hall", "mac": "AA:BB:CC:00:00:01"}
CROWD: Final = {"kind": "LYWSDCGQ", "count": 3, "address": "58:2d:34:10:01"}


def test_a_small_crowd() -> None:
    table = {"proxy": [dict(PROXY)], "crowd": [CROWD | {"name": "MJ"}]}
    devices = parse(table, KINDS).devices
    assert [one.peripheral.address for one in devices] == [
        "58:2D:34:10:01:00",
        "58:2D:34:10:01:01",
        "58:2D:34:10:01:02",
    ]
    assert {one.peripheral.name for one in devices} == {"MJ"}
    assert all(-90 <= one.heard_by["hall"] <= -50 for one in devices)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"address": "58:2D:34:10:01:02"}, "must be a beginning"),
        ({"address": 5}, "'address' must be a text"),
        ({"count": 0}, "count must lie between 1 and 256"),
        ({"count": 257}, "count must lie between 1 and 256"),
        ({"count": "3"}, "'count' must be a whole number"),
        ({"reach": 2}, "reach must lie between 1 and 1"),
        ({"proxies": ["hill"]}, "did you mean 'hall'"),
        ({"proxies": []}, "proxies is empty"),
        ({"proxies": "hall"}, "'proxies' must be a list"),
        ({"key_bytes": 99}, "key_bytes must lie between 0 and 32"),
        ({"key": "00"}, "for single devices"),
        ({"heard_by": {}}, "for single devices"),
        ({"kind": "LYWSDCG"}, "crowd 1, device 1 .*did you mean 'LYWSDCGQ'"),
        ({"kind": None}, "'kind' must be a text"),
        ({"inteval": 1.0}, "inteval"),
        ({"kind": "LYWSD03MMC", "key_bytes": 3}, "has 6 hex digits"),
    ],
)
def test_mistakes_in_a_crowd(wrong: dict[str, object], words: str) -> None:
    table = {"proxy": [dict(PROXY)], "crowd": [CROWD | wrong]}
    with pytest.raises(ScenarioError, match=words):
        parse(table, KINDS)


def test_a_crowd_and_a_device_do_not_share_an_address() -> None:
    device = {"kind": "LYWSDCGQ", "address": "58:2D:34:10:01:01", "heard_by": {}}
    table = {"proxy": [dict(PROXY)], "crowd": [CROWD], "device": [device]}
    with pytest.raises(ScenarioError, match="already taken"):
        parse(table, KINDS)


def test_a_world_needs_somebody() -> None:
    with pytest.raises(ScenarioError, match="has no \\[\\[device\\]\\]"):
        parse({"proxy": [dict(PROXY)]}, KINDS)


RECORDED: Final = tuple(
    device
    for device in tomllib.loads(Path(FOLDER / "one_of_each.toml").read_text())["device"]
    if "vector" in device
)


@pytest.mark.parametrize("spec", RECORDED, ids=lambda spec: spec["vector"])
def test_recorded_batteries_do_not_contradict_themselves(spec: dict[str, str]) -> None:
    """A first sample that the gate refuses would keep everybody waiting for the next one."""
    recorded = recording(spec["vector"])
    family = registry.load(recorded["family"])
    who = recorded.get("device", {})
    name = who.get("name") or spec.get("name") or ""
    device = Device(name, who.get("address", spec["address"]))
    link = VectorLink(family, recorded["exchange"])
    session = Session(family, clock=lambda: 1.7e9)
    sample = run(session.read(link, device, recorded.get("secret")))
    assert Gate().take(sample, 0.0) is sample
