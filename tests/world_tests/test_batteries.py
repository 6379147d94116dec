"""The simulated batteries against captured frames, and every one of them read by the real session."""

from pathlib import Path
from statistics import stdev
from typing import Any

import pytest

from tests.e2e.compare import fits
from tests.world.devices import KINDS
from tests.world.devices.ant import AntBattery
from tests.world.devices.battery import Pack
from tests.world.devices.daly import DalyBattery
from tests.world.devices.jikong import JkBattery
from tests.world.devices.modbus import check
from tests.world.devices.profile import Profile
from tests.world.devices.recorded import Recorded, load as load_vector, truth_of
from tests.world.devices.recorded_gatt import LOOKS
from tests.world.devices.redodo import RedodoBattery
from tests.world.devices.renogy import RenogyBattery
from tests.world.devices.seplos import SeplosBattery
from tests.world.peripheral import Peripheral
from tests.world.scenario import DeviceSpec, load

from .reading import families_of, read_battery, shown

SCENARIOS = Path(__file__).parents[1] / "world" / "scenarios"
ADDRESS = "C0:FF:EE:00:00:01"
ALL = load(SCENARIOS / "one_of_each.toml").devices
OBEDIENT = load(SCENARIOS / "control.toml").devices
FULL = {
    "JBD": "jbd",
    "EJ": "ej",
    "JIKONG": "jikong",
    "DALY": "daly",
    "DALY_LEGACY": "daly_legacy",
    "ANT": "ant",
    "SEPLOS": "seplos",
    "REDODO": "redodo",
    "RENOGY": "renogy",
}


def hold(
    pack: Pack,
    cells: list[int],
    *,
    current: float = 0.0,
    temperature: float = 20.0,
    offsets: list[float] | None = None,
) -> None:
    """Put a pack into a state: cells in mV, the rest in A and °C."""
    pack.current, pack.temperature = current, temperature
    pack.offsets = [0.0] * pack.probes if offsets is None else offsets
    for cell, millivolts in zip(pack.stack, cells, strict=True):
        cell.offset = 0.0
        cell.resistance = 0.0
        # A flat curve through one point leaves the wanted voltage.
        cell.offset = millivolts / 1000 - pack.cell_voltages[pack.stack.index(cell)]


def frame_of(device: Any, question: str) -> str:
    """Return the one answer to a question as hex."""
    frames = device.answer(bytes.fromhex(question))
    assert len(frames) == 1
    return str(frames[0].hex())


# --- frames


def test_modbus_check() -> None:
    assert check(b"123456789") == bytes.fromhex("374b")


def test_daly_values_of_a_capture() -> None:
    device = DalyBattery(
        address=ADDRESS,
        mosfet_sensor=False,
        pack={"capacity": 384.0, "soc": 0.9, "cycles": 57, "probes": 4},
    )
    hold(
        device.pack,
        [4127, 4137, 4147, 4157],
        current=3.0,
        offsets=[0.0, 1.0, 2.0, 3.0],
    )
    device.pack.remaining = 345.6
    device.pack.locked = {"charge"}
    frame = frame_of(device, "d2030000003ed7b9")
    cells = "101f10291033103d" + "0000" * 28
    probes = "003c003d003e003f" + "0000" * 4
    values = "00a6754e0384103d101f003f003c00010d80000400040039"
    states = "000000000001102e001e0032"
    capture = "d2037c" + cells + probes + values + states
    assert frame.startswith(capture)
    assert len(frame) == 2 * (3 + 124 + 2)
    # The board's own temperature does not exist: 0 at its register.
    assert frame_of(device, "d203003e0009f7a3")[22:26] == "0000"
    assert device.answer(bytes.fromhex("d203003e0009f7a4")) == []


def test_daly_switches_and_alarms() -> None:
    device = DalyBattery(address=ADDRESS)
    device.pack.protections = {"cell_overvoltage"}
    asked = bytes.fromhex("d206 00a5 0000")
    assert device.answer(asked + check(asked)) == [asked + check(asked)]
    frame = bytes.fromhex(frame_of(device, "d2030000003ed7b9"))
    assert int.from_bytes(frame[3 + 116 : 3 + 124]) == 1 << 49
    assert frame[3 + 106 : 3 + 110] == bytes.fromhex("00000001")


def test_redodo_as_captured() -> None:
    device = RedodoBattery(
        address=ADDRESS,
        pack={"cells": 8, "capacity": 105.37, "soc": 0.65, "cycles": 3, "probes": 3},
    )
    hold(
        device.pack,
        [3317, 3319, 3324, 3323, 3320, 3314, 3322, 3317],
        current=-1.435,
        offsets=[3.0, 2.0, -22.0],
    )
    device.pack.remaining = 68.89
    frame = frame_of(device, "000004011355aa17")
    assert frame[:16] == "000065019355aa00"
    # From the sum of the cells on, as captured; the discharged total is the pack's own.
    assert frame[24:200] == (
        "bc670000f50cf70cfc0cfb0cf80cf20cfa0cf50c0000000000000000000000000000000065faffff"
        "17001600feff00000000e91a2929000000000000000000000000000000000000000000000000"
        "41006400000003000000"
    )
    assert device.answer(b"\x00") == []


def test_renogy_as_captured() -> None:
    device = RenogyBattery(address=ADDRESS, pack={"capacity": 100.0, "cycles": 15})
    hold(
        device.pack,
        [3500, 3300, 3300, 3300],
        current=-0.86,
        temperature=17.0,
    )
    device.pack.remaining = 97.2
    main = frame_of(device, "300313b20007a48a")
    assert main[:-4] == "30030effaa008600017bb0000186a0000f"
    cells = frame_of(device, "300313880022455c")
    assert cells == (
        "30034400040023002100210021"
        + "0000" * 12
        + "000200aa00aa"
        + "0000" * 14
        + "2574"
    )
    states = frame_of(device, "300313ec0008855c")
    assert states[:-4] == "300310" + "0" * 26 + "0600" + "00"
    assert bytes.fromhex(frame_of(device, "300313f0001c4495"))[15:23] == b"20210526"


def test_ant_as_captured() -> None:
    device = AntBattery(
        address=ADDRESS,
        software="24BHUB00-211026A",
        pack={"cells": 4, "probes": 2, "capacity": 80.0, "cycles": 3},
    )
    told = "7ea1126c0220" + b"24BH".hex() + "0" * 24 + b"24BHUB00-211026A".hex()
    assert frame_of(device, "7ea1026c022058c4aa55") == told + "5796ff0b000041f2aa55"
    hold(device.pack, [2334, 2331, 2190, 2338], current=-2.1, temperature=29.0)
    frame = bytes.fromhex(frame_of(device, "7ea1010000be1855aa55"))
    b = 2 * (4 + 2)
    assert frame[:6] == bytes.fromhex("7ea1110000") + bytes((106 + b,))
    assert len(frame) == 106 + b + 10
    assert check(frame[1:-4]) == frame[-4:-2]
    assert frame[7:10] == bytes((4, 2, 4))
    assert frame[34:46].hex() == "1e091b098e0822091d001d00"
    assert frame[46:50].hex() == "1d001e00"
    assert frame[40 + b : 42 + b].hex() == "1500"
    assert frame[46 + b : 50 + b].hex() == "01010000"
    assert frame[50 + b : 54 + b].hex() == "00b4c404"


def test_ant_waits_for_its_password() -> None:
    word = "123456789abc"
    device = AntBattery(address=ADDRESS, password=word)
    device.connected(0.0)
    status = bytes.fromhex("7ea1010000be1855aa55")
    assert device.answer(status) == []
    told = bytes((0xA1, 0x23, 0x6A, 0x01, len(word))) + word.encode()
    (said,) = device.answer(b"\x7e" + told + check(told) + b"\xaa\x55")
    assert said.hex() == "7ea1436a010205001e5caa55"
    assert device.answer(status) != []


@pytest.mark.parametrize(
    ("software", "at"),
    [("15.38", {"mask": 70, "voltage": 150, "level": 173, "heater": 215}),
     ("10.07", {"mask": 54, "voltage": 118, "level": 141, "heater": 183})],
)  # fmt: skip
def test_jikong_layouts(software: str, at: dict[str, int]) -> None:
    device = JkBattery(
        address=ADDRESS,
        software=software,
        pack={"cells": 16, "capacity": 200.0, "cycles": 9},
    )
    hold(device.pack, [3333, *[3320] * 14, 3337], current=31.881, temperature=12.9)
    device.pack.remaining = 49.286
    asked = "aa5590eb96000000000000000000000000000010"
    settings, cells = device.answer(bytes.fromhex(asked))
    assert settings[4] == 1
    assert int.from_bytes(settings[130:134], "little") == 200000
    assert len(cells) == 300
    assert sum(cells[:-1]) & 0xFF == cells[-1]
    assert cells[:5].hex() == "55aaeb9002"
    assert cells[6:10].hex() == "050df80c"
    assert cells[at["mask"] : at["mask"] + 4].hex() == "ffff0000"
    assert cells[at["mask"] + 8 : at["mask"] + 10].hex() == "0f01"
    volts = at["voltage"]
    assert int.from_bytes(cells[volts : volts + 4], "little") == 3333 + 14 * 3320 + 3337
    assert cells[volts + 8 : volts + 12].hex() == "897c0000"
    level = at["level"]
    assert cells[level : level + 13].hex() == "1986c00000400d030009000000"
    assert cells[at["heater"] - 1] == 0b111


def test_jikong_device_information() -> None:
    device = JkBattery(address=ADDRESS, name="41018492555", serial="41018492000")
    asked = "aa5590eb97000000000000000000000000000011"
    told, ready = device.answer(bytes.fromhex(asked))
    assert told[4] == 3
    assert told[6:22] == b"JK_PB2A16S20P\0\0\0"
    assert told[30:35] == b"15.38"
    assert told[46:57] == b"41018492555"
    assert told[86:97] == b"41018492000"
    assert ready.hex() == "aa5590ebc80101" + "00" * 12 + "44"
    assert device.answer(bytes.fromhex(asked[:-2] + "12")) == []


def test_jikong_that_repeats_a_uuid() -> None:
    device = JkBattery(address=ADDRESS, split=True)
    service = device.services[0]
    assert [
        (one.handle, sorted(one.properties)) for one in service.characteristics
    ] == [
        (3, ["write-without-response"]),
        (5, ["notify", "read"]),
    ]


def test_seplos_as_captured() -> None:
    device = SeplosBattery(
        address=ADDRESS, packs=2, pack={"capacity": 280.0, "soc": 0.479, "cycles": 9}
    )
    row = [3272] * 3 + [3271] * 4 + [3270] * 2 + [3271] * 4 + [3272] * 3
    for pack in device.packs:
        hold(pack, row, current=-7.2, temperature=25.0, offsets=[0, -1.2, -1.1, -0.1])
        pack.ambient = 28.1
        pack.remaining = 134.12
    first = frame_of(device, "01041000001134c6")
    assert first[:6] == "010422"
    assert first[6:10] == f"{round(sum(row) / 10):04x}"
    assert first[10:14] == "fd30"
    assert first[14:22] == "34646d60"
    assert first[26:38] == "01df03e80009"
    cells = frame_of(device, "01041100001a74fd")
    assert cells[:102] == (
        "010434" + "0cc8" * 3 + "0cc7" * 4 + "0cc6" * 2 + "0cc7" * 4 + "0cc8" * 3
        + "0ba50b990b9a0ba4" + "0aab" * 4
    )  # fmt: skip
    assert cells[102:106] == "0bc4"
    system = frame_of(device, "00042000001a7bd0")
    assert system[14:22] == "ff70ffff"
    assert system[-4:] == check(bytes.fromhex(system[:-4])).hex()
    assert frame_of(device, "000122000050379f")[6:26] == "00" * 7 + "030000"
    assert device.answer(bytes.fromhex("03041000001174e4")) == []


# --- recordings


def test_truth_of_a_recording() -> None:
    told = truth_of(
        {
            "voltage": 13.2,
            "balancer": 5,
            "battery_mode": 2,
            "runtime": None,
            "cell_voltages": [3.3, 3.301],
            "temp_values": [20.0],
            "temp_types": ["cell"],
            "alarms": [],
        }
    )
    assert told == {
        "voltage": 13.2,
        "balancer": True,
        "battery_mode": "float",
        "cell_voltage_1": 3.3,
        "cell_voltage_2": 3.301,
        "probe_temperature_1": 20.0,
    }
    packs = [{"voltage": 1.0, "cell_voltages": [3.3]}]
    told = truth_of({"cell_voltages": [3.3], "temp_values": [1.0], "packs": packs})
    assert told == {
        "probe_temperature_1": 1.0,
        "pack_1_voltage": 1.0,
        "pack_1_cell_voltage_1": 3.3,
    }


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"vector": "abc:nothing"}, "is not in abc.json"),
        ({"vector": "nobody:update"}, "cannot be read"),
        ({"vector": "abc:device_info"}, "no vector with values"),
        ({"vector": "abc:update", "period": 0}, "must be positive"),
        ({"vector": "abc:update", "password": "x"}, "recorded password"),
        ({"vector": "abc:update", "address": "abc"}, "is not of the form"),
    ],
)
def test_mistakes_in_recordings(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Recorded(**({"address": ADDRESS} | wrong))


def test_every_recorded_family_can_be_played() -> None:
    played = {
        device.peripheral.family
        for device in ALL
        if isinstance(device.peripheral, Recorded)
    }
    assert played | set(FULL.values()) == set(LOOKS)


def test_recordings_without_an_advert_take_one_of_their_family() -> None:
    said = load_vector("ecoworthy:pushed")["advertisement"]
    assert said["local_name"].startswith("ECO-WORTHY")


# --- all of them


def name_of(device: DeviceSpec) -> str:
    return device.family or FULL[device.kind]


@pytest.mark.parametrize("device", ALL, ids=[name_of(device) for device in ALL])
def test_recognised(device: DeviceSpec) -> None:
    found = families_of(device.peripheral)
    best = [one.family_id for one in found if one.score == found[0].score]
    if device.by_hand:
        assert best != [name_of(device)] or device.family in {"greenway", "ws_nova"}
    else:
        # Names of ANT boards leave open which protocol they speak.
        assert name_of(device) in best
        assert best == [name_of(device)] or not found[0].sure


@pytest.mark.parametrize(
    "device",
    [*ALL, *OBEDIENT],
    ids=[name_of(device) for device in [*ALL, *OBEDIENT]],
)
def test_read_twice(device: DeviceSpec) -> None:
    peripheral: Peripheral = device.peripheral
    before = dict(peripheral.truth())
    samples = read_battery(peripheral, name_of(device), device.password, polls=2)
    after = peripheral.truth()
    for sample in samples:
        found = shown(sample)
        wrong = {
            key: (value, after[key], found.get(key))
            for key, value in before.items()
            if not agrees(found.get(key), value, after[key])
        }
        assert wrong == {}


def agrees(found: object, before: object, after: object) -> bool:
    if isinstance(before, bool):
        return found in {before, after}
    state = "on" if found is True else "off" if found is False else str(found)
    held = [round(one, 3) if isinstance(one, float) else one for one in (before, after)]
    return found is not None and fits(state, 1.0, held, span=True)


def test_kinds_of_batteries() -> None:
    assert set(FULL) <= set(KINDS)


def test_a_board_measures_with_noise() -> None:
    calm, noisy = (
        Pack(
            cells=2,
            current_noise=noise,
            cell_noise=noise / 100,
            profile=Profile(current=-12),
        )
        for noise in (0.0, 0.3)
    )
    found = []
    for _ in range(50):
        calm.step(1)
        noisy.step(1)
        found.append((noisy.current, noisy.cell_voltages[0]))
    assert calm.current == -12
    assert 0.1 < stdev(current for current, _ in found) < 0.6
    assert 0.001 < stdev(volts for _, volts in found) < 0.006
