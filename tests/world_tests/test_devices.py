"""The virtual devices against published captures and hand-worked frames, and the pack against physics."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
import tomllib
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
import pytest

from tests.patience import eventually
from tests.world import ad
from tests.world.devices import KINDS
from tests.world.devices.atc import Atc1441, Bthome, Pvvx
from tests.world.devices.battery import CHEMISTRIES, Pack, interpolate
from tests.world.devices.beacon import Beacon
from tests.world.devices.ej import EjBattery
from tests.world.devices.jbd import JbdBattery, packed_date, scramble
from tests.world.devices.profile import Profile
from tests.world.devices.xiaomi import MiSensor
from tests.world.peripheral import GattError, Peripheral

SCENARIO = Path(__file__).parents[1] / "world" / "scenarios" / "default.toml"
FF01 = ad.BASE_UUID.format("ff01")
FF02 = ad.BASE_UUID.format("ff02")
SECRET_DIGITS = "654321"  # noqa: S105
NUS_RX = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
NUS_TX = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"


def service_data(device: Peripheral, now: float = 0.0) -> bytes:
    """Return the service data of the next advert, after its UUID."""
    said = device.advertisement(now)
    assert said is not None
    found = [data for kind, data in ad.structures(said[0]) if kind == ad.SERVICE_DATA16]
    assert len(found) == 1
    return found[0][2:]


def fixed(value: str, **tells: Any) -> dict[str, object]:
    return {"kind": "script", "steps": [{"hex": value, "tells": tells}]}


# --- MiBeacon: the frames of published captures, from their contents

CLEAR = [
    # LYWSDCGQ, two objects in one frame
    (
        "58:2D:34:3B:2E:BF",
        {"product": 0x01AA, "version": 2},
        0xA3,
        [(0x100D, "b4009502"), (0x100A, "3b")],
        "5020aa01a3bf2e3b342d580d1004b40095020a10013b",
    ),
    # LYWSD02 with its capability byte
    (
        "AA:BB:CC:DD:EE:FF",
        {"product": 0x045B, "version": 2, "capability": "09"},
        0x75,
        [(0x1004, "0001")],
        "70205b0475ffeeddccbbaa090410020001",
    ),
    # HHCCJCY01, bit 0 set
    (
        "C4:7C:8D:6A:3E:7A",
        {"product": 0x0098, "version": 2, "bits": 1, "capability": "0d"},
        0x68,
        [(0x1009, "5702")],
        "71209800687a3e6a8d7cc40d0910025702",
    ),
    # MUE4094RT, no MAC
    (
        "DE:70:E8:B2:39:0C",
        {"product": 0x03DD, "version": 3, "mac": False},
        0x24,
        [(0x0003, "01")],
        "4030dd032403000101",
    ),
    # ESM787, registered
    (
        "A4:C1:38:02:F8:F4",
        {"product": 0x78DB, "registered": True, "auth": 2},
        0x0D,
        [(0x100D, "eb00e701")],
        "5059db780df4f80238c1a40d1004eb00e701",
    ),
    # ZNMS16LM, version 4
    (
        "D7:1F:44:EB:8A:91",
        {"product": 0x069E, "version": 4, "auth": 1},
        0x42,
        [(0x0006, "0000000003")],
        "50449e0642918aeb441fd70600050000000003",
    ),
]
SECRET = [
    # LYWSD03MMC, the worked example of the format's description
    (
        "A4:C1:38:02:83:F4",
        "e9ea895fac7cca6d30532432a516f3a8",
        {"product": 0x055B, "auth": 2},
        0x2650,
        (0x1006, "d301"),
        "58585b0550f4830238c1a495ef58763c26000097e2abb5",
    ),
    # SJWS01LM, registered, one byte of data
    (
        "54:EF:44:E0:27:BC",
        "255e6cabb39b2eddd0de992b9fee2bf2",
        {"product": 0x0863, "auth": 2, "registered": True},
        0x08,
        (0x1014, "01"),
        "5859630808bc27e044ef54f58fe704000000fc69d15c",
    ),
    # YLKG07YL, version 3: short key, 13-byte nonce, one check byte; its three bytes stay 0
    (
        "F8:24:41:C5:98:8B",
        "b853075158487ca39a5b5ea9",
        {"product": 0x03B6, "version": 3},
        0xD2,
        (0x1001, "000103"),
        "5830b603d28b98c54124f8c3491476757e00000099",
    ),
]


@pytest.mark.parametrize(("address", "who", "counter", "objects", "wire"), CLEAR)
def test_clear_mibeacon(
    address: str,
    who: Mapping[str, Any],
    counter: int,
    objects: list[tuple[int, str]],
    wire: str,
) -> None:
    rows = [{"id": number, "frame": "one"} | fixed(data) for number, data in objects]
    device = MiSensor(address=address, counter=counter - 1, objects=rows, **who)
    assert service_data(device).hex() == wire


@pytest.mark.parametrize(
    ("address", "key", "who", "counter", "content", "wire"), SECRET
)
def test_encrypted_mibeacon(
    address: str,
    key: str,
    who: Mapping[str, Any],
    counter: int,
    content: tuple[int, str],
    wire: str,
) -> None:
    rows = [{"id": content[0]} | fixed(content[1])]
    device = MiSensor(
        address=address, key=key, counter=counter - 1, objects=rows, **who
    )
    if who.get("version") == 3:
        device._fixed = bytes(3)
    assert service_data(device).hex() == wire


def test_idle_frames_of_a_bound_and_of_an_old_device() -> None:
    bound = MiSensor(
        address="A4:C1:38:02:F8:F4",
        product=0x78DB,
        auth=2,
        registered=True,
        idle=True,
        counter=12,
        objects=(),
    )
    assert service_data(bound).hex() == "1059db780df4f80238c1a4"
    old = KINDS["MUE4094RT"](address="AA:BB:CC:DD:EE:FF", counter=0)
    assert service_data(old).hex() == "3030dd0301ffeeddccbbaa0d"


def test_mac_is_left_out_where_it_does_not_fit() -> None:
    rows = [{"id": 0x1017} | fixed("78000000")]
    device = MiSensor(
        address="A4:C1:38:00:00:01", product=0x07F6, key="aa" * 16, objects=rows
    )
    wire = service_data(device)
    assert wire[:1].hex() == "48"
    assert len(wire) == 5 + 7 + 7


def test_counters_go_on_after_power_loss_and_begin_anew_with_a_binding() -> None:
    device = MiSensor(
        address="A4:C1:38:00:00:01",
        product=0x055B,
        key="aa" * 16,
        counter=254,
        objects=[{"id": 0x100A} | fixed("32")],
    )
    sequences = []

    def sequence() -> int:
        wire = service_data(device)
        return wire[4] | int.from_bytes(wire[-7:-4], "little") << 8

    sequences = [sequence() for _ in range(3)]
    assert sequences == [255, 256, 257]
    device.restart()
    assert sequence() > 257 + 256
    device.bind("bb" * 16)
    assert sequence() == 1


def test_short_key_on_a_version_5_frame_is_filled_up() -> None:
    parts = [{"id": 0x1001} | fixed("000000")]
    short, full = (
        MiSensor(
            address="F8:24:41:00:00:01",
            product=0x03B6,
            counter=0,
            key=key,
            objects=parts,
        )
        for key in ("11" * 12, "11" * 12 + "ff" * 4)
    )
    assert service_data(short) == service_data(full)


def test_values_drift_and_truth_says_what_was_sent() -> None:
    device = KINDS["MHO-C303"](address="E7:2E:01:00:06:D3")
    assert device.truth() == {}
    seen: set[float] = set()
    for now in range(0, 1200, 30):
        wire = service_data(device, float(now))
        truth: Mapping[str, Any] = device.truth()
        if wire[11:13].hex() == "0d10":
            assert int.from_bytes(wire[14:16], "little", signed=True) == round(
                truth["temperature"] * 10
            )
            assert int.from_bytes(wire[16:18], "little") == round(
                truth["humidity"] * 10
            )
            seen.add(truth["temperature"])
        else:
            assert wire[-1] == truth["battery"]
    assert len(seen) > 3
    assert max(seen) - min(seen) < 5


def test_stock_battery_and_tenths_of_humidity_are_not_believed() -> None:
    device = KINDS["LYWSD03MMC"](address="A4:C1:38:00:05:5B", key="aa" * 16)
    for now in range(6):
        service_data(device, float(now))
    assert set(device.truth()) == {"temperature", "humidity"}
    assert str(device.truth()["humidity"]).endswith(".0")


def test_same_seed_same_story() -> None:
    one, two = (KINDS["LYWSDCGQ"](address="58:2D:34:00:01:AA") for _ in range(2))
    assert [one.advertisement(now) for now in range(50)] == [
        two.advertisement(now) for now in range(50)
    ]
    other = KINDS["LYWSDCGQ"](address="58:2D:34:00:01:AA", seed=2)
    assert [one.advertisement(now) for now in range(50)] != [
        other.advertisement(now) for now in range(50)
    ]


def test_events_go_out_when_due_and_on_a_press() -> None:
    device = KINDS["YLYK01YL"](address="F8:24:41:00:01:53", counter=0)
    assert service_data(device, 0.0)[:1].hex() == "10"  # nothing yet: an idle frame
    wire = service_data(device, 2.0)
    assert wire[11:].hex() == "011003000000"
    assert device.truth() == {"event:button_on": "press", "power": True}
    assert service_data(device, 2.1) == wire == service_data(device, 2.2)
    assert service_data(device, 2.3) != wire
    assert isinstance(device, Beacon)
    device.press("button_plus", "long_press")
    assert service_data(device, 2.4)[11:].hex() == "011003030002"
    assert device.truth()["event:button_plus"] == "long_press"
    with pytest.raises(ValueError, match="no event"):
        device.press("button_left")


async def test_an_event_wakes_the_radio_for_each_repeat() -> None:
    device = KINDS["MUE4094RT"](address="DE:70:E8:00:03:DD")
    wakes: list[bytes] = []
    device.wake = lambda: wakes.append(service_data(device, 5.0))
    device.tick(0.0)
    assert wakes == []
    device.tick(5.0)
    await eventually(lambda: len(wakes) >= 3)
    await asyncio.sleep(0.3)
    assert len(wakes) == 3
    assert len(set(wakes)) == 1
    assert device.truth() == {"event:motion": "motion_detected"}


def test_contact_sensor_states() -> None:
    device = KINDS["MCCGQ02HL"](address="E4:AA:EC:00:09:8B", key="aa" * 16)
    states: list[dict[str, object]] = []
    for tenths in range(300):
        device.advertisement(tenths / 10)
        state = {
            key: device.truth()[key]
            for key in ("opening", "door_left_open")
            if key in device.truth()
        }
        if not states or states[-1] != state:
            states.append(state)
    assert states[1:5] == [
        {"opening": True},
        {"opening": False, "door_left_open": False},
        {"opening": True, "door_left_open": True},
        {"opening": False, "door_left_open": False},
    ]
    assert device.truth()["battery"] == 93


def test_any_product_from_plain_data() -> None:
    device = KINDS["MIBEACON"](
        address="2C:11:65:00:12:03",
        product=0x1203,
        key="bb" * 16,
        objects=[
            {
                "id": 0x4C01,
                "kind": "f32",
                "field": "temperature",
                "start": 21.5,
                "digits": 1,
            },
            {"id": 0x4803, "kind": "u8", "field": "battery", "start": 55},
        ],
    )
    service_data(device)
    service_data(device)
    assert device.truth() == {"temperature": 21.5, "battery": 55}


# --- Other formats


@pytest.mark.parametrize(
    ("kind", "address", "start", "counter", "wire"),
    [
        (
            Atc1441,
            "A4:C1:38:02:83:F4",
            {"temperature": 16.2, "humidity": 47, "battery": 95, "voltage": 3.064},
            0x19,
            "a4c1380283f400a22f5f0bf819",
        ),
        (
            Atc1441,
            "A4:C1:38:D5:D4:98",
            {"temperature": -4.5, "humidity": 62, "battery": 81, "voltage": 2.939},
            0x62,
            "a4c138d5d498ffd33e510b7b62",
        ),
        (
            Pvvx,
            "A4:C1:38:02:83:F4",
            {"temperature": 17.05, "humidity": 44.57, "battery": 88, "voltage": 2.998},
            0xF7,
            "f4830238c1a4a9066911b60b58f70d",
        ),
        (
            Bthome,
            "A4:C1:38:AA:BB:CC",
            {"temperature": 19.2, "humidity": 50.02, "battery": 80},
            0xD6,
            "4000d60150028007038a13",
        ),
    ],
)
def test_custom_firmware(
    kind: Callable[..., Atc1441],
    address: str,
    start: dict[str, float],
    counter: int,
    wire: str,
) -> None:
    device = kind(address=address, start=start, flags=0x0D)
    device._counter = counter - 1
    assert service_data(device).hex() == wire
    assert device.truth() == start


@pytest.mark.parametrize(
    ("kind", "address", "key", "start", "flags", "counter", "wire"),
    [
        (
            Pvvx,
            "A4:C1:38:AA:BB:CC",
            "aa" * 16,
            {"temperature": 19.0, "humidity": 51.13, "battery": 81},
            0x0F,
            0xBD,
            "bd86c53ffab900c1515859",
        ),
        (
            Bthome,
            "A4:C1:38:AA:BB:CC",
            "aa" * 16,
            {"temperature": 19.2, "humidity": 62.22, "battery": 80},
            0,
            0x26B0,
            "4195b0efda789dd953b02600009341626f",
        ),
    ],
)
def test_encrypted_custom_firmware(
    kind: Callable[..., Pvvx],
    address: str,
    key: str,
    start: dict[str, float],
    flags: int,
    counter: int,
    wire: str,
) -> None:
    device = kind(address=address, key=key, start=start, flags=flags)
    device._counter = counter - 1
    assert service_data(device).hex() == wire


def test_encrypted_atc1441_opens_with_the_described_nonce() -> None:
    start = {"temperature": 19.0, "humidity": 25.0, "battery": 86}
    device = Atc1441(address="A4:C1:38:AA:BB:CC", key="aa" * 16, start=start)
    device._counter = 0xBD - 1
    wire = service_data(device)
    nonce = bytes.fromhex("ccbbaa38c1a4" + "0b161a18" + "bd")
    plain = AESCCM(bytes.fromhex("aa" * 16), tag_length=4).decrypt(
        nonce, wire[1:], b"\x11"
    )
    assert (wire[0], plain.hex()) == (0xBD, "763256")
    assert device.truth() == start


def test_reed_switch_of_custom_firmware() -> None:
    device = Pvvx(address="A4:C1:38:00:00:01", flags=0x01, reed=True)
    assert service_data(device)[-1] == 0x01
    assert device.truth()["opening"] is True
    assert device.truth()["switch"] is False
    assert len(service_data(Pvvx(address="A4:C1:38:00:00:01", flags=None))) == 14


def test_qingping() -> None:
    start = {"temperature": 24.1, "humidity": 42.9, "battery": 37}
    device = KINDS["CGD1"](address="58:2D:34:52:65:BF", start=start)
    assert service_data(device).hex() == "080cbf6552342d580104f100ad01020125"
    assert device.truth() == start


def test_cgg1_speaks_two_languages_of_one_truth() -> None:
    device = KINDS["CGG1"](address="58:2D:34:00:03:47")
    heads = set()
    for now in range(6):
        said = device.advertisement(float(now))
        assert said is not None
        heads |= {
            data[:2].hex()
            for kind, data in ad.structures(said[0])
            if kind == ad.SERVICE_DATA16
        }
        assert said[1] == ad.name("ClearGrass Temp & RH")
    assert heads == {"95fe", "cdfd"}
    assert set(device.truth()) == {"temperature", "humidity", "battery"}


def test_plant_sensor_with_its_own_layout() -> None:
    start = {
        "moisture": 14,
        "temperature": 11.0,
        "illuminance": 79012,
        "battery": 40,
        "conductivity": 91,
    }
    device = KINDS["HHCCJCY10"](address="DC:23:4D:E5:5B:FC", start=start)
    assert service_data(device).hex() == "0e006e0134a428005b"
    assert device.truth() == start


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        ("LYWSD03MMC", {}, "needs key"),
        ("LYWSD03MMC", {"key": "1234"}, "4 hex digits, needs 24 or 32"),
        ("YLKG07YL", {"key": "aa" * 16}, "needs 24"),
        ("PVVX", {"key": "zz"}, "not hex"),
        ("PVVX_ENCRYPTED", {}, "needs key"),
        ("LYWSDCGQ", {"address": "58:2d:34:00:01:aa"}, "upper case"),
        ("LYWSDCGQ", {"start": {"co2": 4}}, "start.co2"),
        ("LYWSDCGQ", {"interval": 0}, "interval"),
        ("LYWSDCGQ", {"colour": "red"}, "unknown key 'colour'"),
        ("MIBEACON", {"product": 1}, "needs product"),
        (
            "MIBEACON",
            {"product": 1, "objects": [{"id": 0x1004, "kind": "s16"}]},
            "needs start",
        ),
        (
            "MIBEACON",
            {"product": 1, "objects": [{"id": 0x1004, "kind": "s15"}]},
            "kind = 's15'",
        ),
        (
            "MIBEACON",
            {"product": 1, "objects": [{"id": 0x1004} | fixed("aa" * 17)]},
            "too many for one advert",
        ),
        ("JBD", {"wire": "usb"}, "wire = 'usb'"),
        ("JBD", {"pack": {"cells": 99}}, "cells = 99"),
        ("JBD", {"pack": {"chemistry": "pb"}}, "chemistry = 'pb'"),
        ("JBD", {"pack": {"profile": {"kind": "wild"}}}, "profile kind"),
        ("JBD", {"password": "12"}, "six characters"),
        ("JBD", {"produced": "1999-01-01"}, "years 2000"),
        ("JBD", {"produced": "soon"}, "not a date"),
        ("JBD", {"chunk": 0}, "chunk = 0"),
        ("JBD", {"write": ["shout"]}, "write = "),
        ("EJ", {"answer_length": 100}, "answer_length"),
    ],
)
def test_bad_parameters_are_named(
    kind: str, params: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        KINDS[kind](**({"address": "A4:C1:38:00:00:01"} | params))


# --- The pack


def test_a_resting_pack_keeps_everything() -> None:
    pack = Pack(soc=0.5)
    before = (pack.remaining, pack.voltage, pack.temperature)
    pack.step(3600)
    assert (pack.remaining, pack.voltage, pack.temperature) == pytest.approx(before)


@pytest.mark.parametrize("chemistry", CHEMISTRIES)
def test_charge_and_energy_are_conserved(chemistry: str) -> None:
    pack = Pack(
        chemistry=chemistry,
        soc=0.5,
        profile=Profile(kind="steps", steps=((1800, 20.0), (1800, -20.0))),
        balance_current=0,
    )
    charge = [cell.charge for cell in pack.stack]
    energy = 0.0
    for _ in range(3600):
        pack.step(1)
        energy += pack.voltage * pack.current / 3600
    assert [cell.charge for cell in pack.stack] == pytest.approx(charge, abs=0.02)
    assert pack.remaining == pytest.approx(50, abs=0.02)
    resistance = sum(cell.resistance for cell in pack.stack)
    assert energy == pytest.approx(
        20.0**2 * resistance, rel=0.2
    )  # Wh: one hour's heat, all that was lost
    assert pack.temperature > pack.ambient


def test_cells_differ_and_add_up() -> None:
    pack = Pack(cells=8, spread=0.01, profile=Profile(current=-30))
    pack.step(60)
    assert sum(pack.cell_voltages) == pytest.approx(pack.voltage)
    assert len({round(volts, 4) for volts in pack.cell_voltages}) > 4
    rest = [interpolate(pack.chem.curve, cell.soc) + cell.offset for cell in pack.stack]
    assert all(
        loaded < free for loaded, free in zip(pack.cell_voltages, rest, strict=True)
    )


def test_step_does_not_depend_on_how_time_is_cut() -> None:
    profile = Profile(kind="sine", amplitude=20, period=100)
    one, two = Pack(profile=profile), Pack(profile=profile)
    one.step(600)
    for _ in range(60):
        two.step(10)
    assert (one.remaining, one.temperature, one.cell_voltages) == (
        two.remaining,
        two.temperature,
        two.cell_voltages,
    )


def test_empty_and_full_pack_open_one_switch() -> None:
    empty = Pack(soc=0.02, profile=Profile(current=-50))
    empty.step(600)
    assert "cell_undervoltage" in empty.protections
    assert (empty.charge_on, empty.discharge_on, empty.current) == (True, False, 0.0)
    assert empty.counters["cell_undervoltage"] == 1
    full = Pack(soc=0.98, profile=Profile(current=50))
    full.step(600)
    assert full.counters["cell_overvoltage"] >= 1
    assert full.discharge_on


def test_limits_of_current_and_temperature() -> None:
    hard = Pack(max_discharge=100, profile=Profile(current=-120))
    hard.step(1)
    assert hard.protections == {"discharge_overcurrent"}
    assert hard.current == 0
    frozen = Pack(ambient=-5, profile=Profile(current=10))
    frozen.step(5)
    assert frozen.protections == {"charge_undertemperature"}
    assert frozen.current == 0
    assert frozen.discharge_on


def test_balancing_takes_from_the_highest_cell() -> None:
    pack = Pack(soc=0.97, spread=0.02, balance_current=1.0, seed=3)
    spread = max(pack.cell_voltages) - min(pack.cell_voltages)
    pack.step(1)
    assert any(pack.balancing)
    assert not all(pack.balancing)
    pack.step(3600)
    assert max(pack.cell_voltages) - min(pack.cell_voltages) < spread


def test_cycles_count_discharged_capacity() -> None:
    pack = Pack(
        capacity=10,
        cycles=5,
        profile=Profile(kind="steps", steps=((600, -30.0), (600, 30.0))),
    )
    pack.step(2400)
    assert pack.cycles == 6


# --- GATT servers


class Client:
    """Write to a battery as a radio would and collect what it notifies."""

    def __init__(self, device: JbdBattery | EjBattery, notify: str, write: str) -> None:
        self.device, self.heard, self._write = device, list[bytes](), write
        device.notify = self._take
        device.connected(0.0)
        device.subscribed(notify, True)

    def _take(self, uuid: str, data: bytes) -> None:
        self.heard.append(data)

    async def ask(self, command: bytes, *, response: bool = False) -> bytes:
        self.heard.clear()
        self.device.write(self._write, command, response)
        await eventually(lambda: not self.device._queue)
        return b"".join(self.heard)


def jbd(**params: Any) -> tuple[JbdBattery, Client]:
    settings: dict[str, Any] = {"delay": 0, "gap": 0} | params
    device = JbdBattery(address="A4:C1:37:04:2D:BE", **settings)
    return device, Client(device, FF01, FF02)


async def test_jbd_basic_information_adds_up() -> None:
    device, client = jbd(pack={"cells": 4, "probes": 2, "profile": {"current": -5.5}})
    frame = await client.ask(bytes.fromhex("dda50300fffd77"))
    assert [len(piece) for piece in client.heard] == [20, 14]
    assert frame[:4].hex() == "dd03001b"
    assert frame[-1] == 0x77
    assert (sum(frame[2:-3]) + int.from_bytes(frame[-3:-1])) & 0xFFFF == 0
    data = frame[4:-3]
    truth: Mapping[str, Any] = device.truth()
    assert int.from_bytes(data[0:2]) == round(truth["voltage"] * 100)
    assert int.from_bytes(data[2:4], signed=True) == -550
    assert truth["current"] == -5.5
    assert int.from_bytes(data[4:6]) == round(truth["cycle_charge"] * 100)
    assert int.from_bytes(data[6:8]) == 10000
    assert data[19] == truth["battery_level"]
    assert (data[20], data[21], data[22]) == (3, 4, 2)
    assert (int.from_bytes(data[23:25]) - 2731) / 10 == truth["probe_temperature_1"]
    assert truth["power"] == pytest.approx(truth["voltage"] * -5.5)


def set_cells(pack: Pack, volts: list[float]) -> None:
    """Let the cells read these voltages, whatever flows."""
    for cell, wanted in zip(pack.stack, volts, strict=True):
        cell.resistance = 0.0
        cell.offset = wanted - interpolate(pack.chem.curve, cell.soc)


async def test_jbd_frame_reads_as_the_published_capture() -> None:
    device, client = jbd(
        tail=True,
        produced="2022-08-20",
        version=0x23,
        pack={
            "cells": 4,
            "probes": 1,
            "capacity": 200,
            "soc": 191.67 / 200,
            "cycles": 2,
        },
    )
    set_cells(device.pack, [3.4375] * 4)
    device.pack.offsets = [26.25 - device.pack.temperature]
    frame = await client.ask(bytes.fromhex("dda50300fffd77"))
    assert frame.hex().upper() == (
        "DD030022055F00004ADF4E2000022D1400000000000023600304010BB10000004E204ADF0000FAC277"
    )


async def test_jbd_cells_name_counters_and_refusals() -> None:
    device, client = jbd(model="0123456789")
    cells = await client.ask(bytes.fromhex("dda50400fffc77"))
    volts = [
        int.from_bytes(cells[4 + 2 * index : 6 + 2 * index]) / 1000
        for index in range(4)
    ]
    assert volts == [device.truth()[f"cell_voltage_{number}"] for number in range(1, 5)]
    assert sum(volts) == pytest.approx(device.truth()["voltage"], abs=0.01)
    assert (
        await client.ask(bytes.fromhex("dda50500fffb77"))
    ).hex().upper() == "DD05000A30313233343536373839FDE977"
    assert (await client.ask(bytes.fromhex("dda5aa00ff5677")))[:4].hex() == "ddaa0018"
    assert (await client.ask(bytes.fromhex("dda5a000ff6077"))).hex() == "dda08000ff8077"
    assert await client.ask(bytes.fromhex("dda50300fffe77")) == b""
    assert await client.ask(b"\xdd\xa5") == b""


async def test_jbd_switches_obey_and_show_the_lock() -> None:
    device, client = jbd()
    assert (
        await client.ask(bytes.fromhex("dd5ae1020001ff1c77"))
    ).hex() == "dde10000000077"
    assert device.truth()["chrg_mosfet"] is False
    assert device.truth()["dischrg_mosfet"] is True
    assert device.truth()["problem"] is False
    frame = await client.ask(bytes.fromhex("dda50300fffd77"))
    assert int.from_bytes(frame[20:22]) == 0x1000


async def test_jbd_loses_first_commands_and_refuses_what_it_does_not_offer() -> None:
    device, client = jbd(lose_first=1)
    ask = bytes.fromhex("dda50300fffd77")
    assert await client.ask(ask) == b""
    assert await client.ask(ask) != b""
    with pytest.raises(GattError):
        device.write(FF02, ask, True)
    with pytest.raises(GattError):
        device.write(FF01, ask, False)
    device.write(FF02, ask, False)
    device.disconnected(1.0)
    assert not device._queue


async def test_jbd_echoes_when_not_paired() -> None:
    _, client = jbd(unpaired=True)
    assert await client.ask(b"\xdd\xa5\x03") == b"\xdd\xa5\x03"


async def test_jbd_password_in_five_steps() -> None:
    mac = bytes.fromhex("a4c137042dbe")
    assert scramble(mac, b"000000", 0x62).hex().upper() == "F65369967FF0"
    assert (
        scramble(mac, b"JBDbtpwd!@#2023", 0x37).hex().upper()
        == "25BAAA9D9005AE9B58775A6967696A"
    )
    _, client = jbd(password=SECRET_DIGITS)
    basic = bytes.fromhex("dda50300fffd77")
    assert await client.ask(basic) == b""
    assert (
        await client.ask(bytes.fromhex("ffaa15063030303030303b"))
    ).hex() == "ffaa15010016"

    async def salted(number: int, secret: bytes) -> bytes:
        salt = await client.ask(bytes.fromhex("ffaa170017"))
        spoken = scramble(mac, secret, salt[4])
        body = bytes((number, len(spoken))) + spoken
        return await client.ask(b"\xff\xaa" + body + bytes((sum(body) & 0xFF,)))

    assert (await salted(0x18, b"123123"))[4] == 1
    assert (await salted(0x1D, b"JBDbtpwd!@#2023")) == b""
    assert (await salted(0x18, b"654321"))[4] == 0
    assert (await salted(0x1D, b"JBDbtpwd!@#2023"))[4] == 0
    assert (await client.ask(basic))[:2].hex() == "dd03"


async def test_jbd_short_password() -> None:
    _, client = jbd(password=SECRET_DIGITS, handshake="short")
    assert (await client.ask(bytes.fromhex("ffaa15063030303030303b")))[4] == 1
    assert (await client.ask(bytes.fromhex("ffaa150636353433323150")))[4] == 0
    assert (await client.ask(bytes.fromhex("dda50300fffd77")))[:2].hex() == "dd03"


async def test_jbd_large_board_counts_coarsely() -> None:
    device, client = jbd(
        coarse=True, pack={"capacity": 700, "profile": {"current": 12.34}}
    )
    frame = await client.ask(bytes.fromhex("dda50300fffd77"))
    assert frame[3] == 23 + 2 * 2 + 9
    assert frame[4 + 27] == 0x80
    assert int.from_bytes(frame[10:12]) == 7000
    assert device.truth()["current"] == 12.3
    assert packed_date("2016-03-24") == 0x2078


def ej(**params: Any) -> tuple[EjBattery, Client]:
    settings: dict[str, Any] = {"delay": 0, "gap": 0, "at_noise": False} | params
    device = EjBattery(address="C8:47:8C:00:15:44", **settings)
    return device, Client(device, NUS_TX, NUS_RX)


async def test_ej_long_answer_reads_as_the_published_capture() -> None:
    device, client = ej(pack={"capacity": 200, "soc": 0.16, "cycles": 49})
    set_cells(device.pack, [3.257, 3.258, 3.259, 3.254])
    device.pack.current = 1.8
    device.pack.temperature = 21.0
    device.pack.discharged = 49.82
    text = (await client.ask(b":000250000E03~", response=True)).decode()
    wanted = ":008231008C000000000000000CB90CBA0CBB0CB6" + "0" * 48
    wanted += "00B400003D3D3D3DF0000013760031000010014007D007D0"
    # The capture itself says 17 % and B6: here it is 16 %, one less in the sum, one more in the check.
    assert text == wanted + "B7~"
    truth = device.truth()
    assert (truth["voltage"], truth["current"], truth["cycle_charge"]) == (
        13.028,
        1.8,
        32.0,
    )
    assert (truth["probe_temperature_1"], truth["delta_voltage"], truth["cycles"]) == (
        21.0,
        0.005,
        49,
    )


async def test_ej_short_answer_and_capacities() -> None:
    device, client = ej(answer_length=128, pack={"capacity": 1, "soc": 0.2})
    text = await client.ask(b":000250000E03~", response=True)
    assert len(text) == 128
    assert text[7:11] == b"0080"
    assert (
        await client.ask(b":001031000E05~", response=True)
        == b":009031001E00000002000A000AD8~"
    )
    assert device.truth()["cycle_charge"] == 0.2


async def test_ej_noise_silence_and_missing_check() -> None:
    _, client = ej(at_noise=True, valid_check=False)
    answer = await client.ask(b":000250000E03~\r\n", response=True)
    assert answer.startswith(b"AT\r\nAT\r\nillegal:0082")
    assert answer.endswith(b"00~")
    assert await client.ask(b":000250000E04~", response=True) == b""


def test_batteries_advertise_as_their_makers_do() -> None:
    device = JbdBattery(
        address="A5:C2:37:28:18:52", name="JBD-SP04S020", own_address=True
    )
    said = device.advertisement(0.0)
    assert said is not None
    assert ad.structures(said[0]) == [
        (1, b"\x06"),
        (3, b"\x00\xff"),
        (0xFF, bytes.fromhex("52182837c2a5")),
    ]
    assert ad.structures(said[1]) == [(9, b"JBD-SP04S020")]
    sleepy = EjBattery(
        address="C8:47:8C:00:15:44", name="LT-12V-1544", sleeps_below=0.5
    )
    assert sleepy.advertisement(0.0) is None


# --- The default world


def test_default_scenario_builds_and_shows_everything_soon() -> None:
    world = tomllib.loads(SCENARIO.read_text())
    assert len({entry["address"] for entry in world["device"]}) == len(world["device"])
    for entry in world["device"]:
        params = {
            key: value
            for key, value in entry.items()
            if key not in {"kind", "heard_by"}
        }
        device = KINDS[entry["kind"]](**params)
        said: set[bytes] = set()
        moment = 0.0
        while moment < 20:
            device.tick(moment)
            advert = device.advertisement(moment)
            assert advert is not None
            said.add(advert[0])
            assert max(map(len, advert)) <= ad.LEGACY_LIMIT
            moment += device.interval or 1.0
        assert device.truth(), entry["kind"]
        assert len(said) > 3 or device.connectable
