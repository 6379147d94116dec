"""The simulated boards obey the published frames, and misbehave as they are told; all of it is in the ledger.

Frames are those of vendors' documents, published captures and owners' programs, not of our encoder.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.world.devices import KINDS
from tests.world.devices.modbus import check
from tests.world.devices.server import GattBattery

ADDRESS = "C0:FF:EE:00:00:02"
ALL = {"charge", "discharge"}
JK_READY = "aa5590ebc80101" + "00" * 12 + "44"
ANT_WORD = "7ea1236a010c3132333435363738396162632062aa55"
ANT_STATUS = "7ea1010000be1855aa55"
JBD_BASIC = "dda50300fffd77"

E1 = {"orders": "e1"}
FB = {"orders": "fb"}
BOTH = {"orders": "both"}
SMALL = {"software": "10.07"}


def jk(register: str, value: int, check: str) -> str:
    return f"aa5590eb{register}040{value}{'00' * 12}{check}"


# kind, parameters, what is locked before, order, answer (None: any), what is locked afterwards
OBEYED: list[tuple[str, Mapping[str, Any], set[str], str, str | None, set[str]]] = [
    ("JBD", E1, ALL, "dd5ae1020000ff1d77", "dde10000000077", set()),
    ("JBD", E1, set(), "dd5ae1020001ff1c77", "dde10000000077", {"charge"}),
    ("JBD", E1, {"charge"}, "dd5ae1020002ff1b77", "dde10000000077", {"discharge"}),
    ("JBD", E1, set(), "dd5ae1020003ff1a77", "dde10000000077", ALL),
    ("JBD", BOTH, set(), "dd5ae1020001ff1c77", "dde10000000077", {"charge"}),
    ("JBD", FB, set(), "dd5ae1020001ff1c77", "dde18000ff8077", set()),
    ("JBD", FB, set(), "dd5afb020101ff0177", "ddfb0000000077", {"charge"}),
    ("JBD", FB, ALL, "dd5afb020100ff0277", "ddfb0000000077", {"discharge"}),
    ("JBD", FB, {"charge"}, "dd5afb020001ff0277", "ddfb0000000077", ALL),
    ("JBD", FB, ALL, "dd5afb020000ff0377", "ddfb0000000077", {"charge"}),
    ("JBD", FB, set(), "dd5afb020a01fef877", "ddfb0000000077", ALL),
    ("JBD", FB, ALL, "dd5afb020a00fef977", "ddfb0000000077", set()),
    ("JBD", FB, set(), "dd5afb020301fefe77", None, set()),  # a wrong check
    ("JBD", FB, set(), "dd5afb020301feff77", "ddfb0000000077", set()),
    ("JBD", BOTH, {"discharge"}, "dd5afb020101ff0177", "ddfb0000000077", ALL),
    ("JBD", E1, set(), "dd5afb020101ff0177", "ddfb8000ff8077", set()),
    ("JBD", E1, set(), "dd5a01020000fffd77", "dd010000000077", set()),
    ("JBD", E1, {"charge"}, "dd5a0a020400fff077", "dd0a0000000077", {"charge"}),
    ("JIKONG", SMALL, ALL, jk("1d", 1, "9c"), None, {"discharge"}),
    ("JIKONG", SMALL, set(), jk("1d", 0, "9b"), None, {"charge"}),
    ("JIKONG", SMALL, ALL, jk("1e", 1, "9d"), None, {"charge"}),
    ("JIKONG", SMALL, set(), jk("1e", 0, "9c"), None, {"discharge"}),
    ("JIKONG", SMALL, {"balancer"}, jk("1f", 1, "9e"), None, set()),
    ("JIKONG", SMALL, set(), jk("1f", 0, "9d"), None, {"balancer"}),
    ("JIKONG", SMALL, set(), jk("1f", 0, "9e"), None, set()),  # a wrong sum
    ("JIKONG", {}, {"heater", "float"}, jk("27", 1, "a6"), None, {"float"}),
    ("JIKONG", {}, {"float"}, jk("27", 0, "a5"), None, {"heater", "float"}),
    ("JIKONG", {}, {"heater", "float"}, jk("30", 1, "af"), None, {"heater"}),
    ("DALY", {}, {"charge"}, "d20600a500014b8a", "d20600a500014b8a", set()),
    ("DALY", {}, set(), "d20600a500008a4a", "d20600a500008a4a", {"charge"}),
    ("DALY", {}, ALL, "d20600a60001bb8a", "d20600a60001bb8a", {"charge"}),
    ("DALY", {}, set(), "d20600a600007a4a", "d20600a600007a4a", {"discharge"}),
    ("DALY", {}, {"balancer"}, "d20600cf00016b96", "d20600cf00016b96", set()),
    ("DALY", {}, set(), "d20600cf0000aa56", "d20600cf0000aa56", {"balancer"}),
    ("DALY_LEGACY", {}, ALL, "a580d908010000000000000007", None, {"charge"}),
    ("DALY_LEGACY", {}, set(), "a580d908000000000000000006", None, {"discharge"}),
    ("DALY_LEGACY", {}, ALL, "a580da08010000000000000008", None, {"discharge"}),
    ("DALY_LEGACY", {}, set(), "a580da08000000000000000007", None, {"charge"}),
    ("DALY_LEGACY", {}, {"discharge"}, "a540d9080100000000000000c7", "a501d908010d130d210d17c0ba", set()),
    ("ANT", {}, {"charge"}, "7ea1510600006924aa55", "7ea16106000201008bebaa55", set()),
    ("ANT", {}, set(), "7ea151040000c8e4aa55", "7ea1610400020100f22baa55", {"charge"}),
    ("ANT", {}, {"discharge"}, "7ea1510300007925aa55", None, set()),
    ("ANT", {}, set(), "7ea151010000d8e5aa55", None, {"discharge"}),
    ("ANT", {}, {"balancer"}, "7ea1510d000018e6aa55", None, set()),
    ("ANT", {}, set(), "7ea1510e0000e8e6aa55", None, {"balancer"}),
    ("REDODO", {}, ALL, "000004010a55aa0e", "", {"discharge"}),
    ("REDODO", {}, set(), "000004010b55aa0f", "", {"charge"}),
    ("REDODO", {}, ALL, "000004010c55aa10", "", {"charge"}),
    ("REDODO", {}, set(), "000004010d55aa11", "", {"discharge"}),
]  # fmt: skip


def board(kind: str, **params: Any) -> GattBattery:
    """Make a board that somebody is connected to."""
    params = {"pack": {"capacity": 100.0}} | params
    device = KINDS[kind](address=ADDRESS, **params)
    assert isinstance(device, GattBattery)
    device.connected(0.0)
    device.tick(0.0)
    if kind == "ANT":
        say(device, ANT_WORD)
    return device


def say(device: GattBattery, frame: str) -> str:
    """Return what a board answers as hex."""
    return b"".join(device.answer(bytes.fromhex(frame))).hex()


def outcomes(device: GattBattery) -> list[object]:
    return [one["outcome"] for one in device.obedience.ledger]


@pytest.mark.parametrize(
    ("kind", "params", "before", "order", "answer", "after"), OBEYED
)
def test_published_orders(
    kind: str,
    params: Mapping[str, Any],
    before: set[str],
    order: str,
    answer: str | None,
    after: set[str],
) -> None:
    device = board(kind, **params)
    device.pack.locked = set(before)
    said = say(device, order)
    if answer is not None:
        assert said == answer
    assert device.pack.locked == after


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        ("JIKONG", jk("65", 0, "e3")),
        ("DALY", "d20600f100010a5a"),
        ("ANT", "7ea1510b0000f8e7aa55"),
        ("REDODO", "000004010f55aa13"),
    ],
)
def test_other_orders_are_known_afterwards(kind: str, order: str) -> None:
    device = board(kind)
    locked = set(device.pack.locked)
    assert say(device, order) == ""
    assert device.pack.locked == locked
    last = device.obedience.ledger[-1]
    assert (last["frame"], last["wishes"]) == (order, {})


def test_jbd_refuses_what_it_does_not_know() -> None:
    device = board("JBD")
    # Restart, sleep, power down, storage mode; factory mode.
    for order, register in (
        ("dd5a0a020300fff177", "0a"),
        ("dd5a0a020500ffef77", "0a"),
        ("dd5a00025678ff3077", "00"),
    ):
        assert say(device, order) == f"dd{register}8000ff8077"
    assert outcomes(device) == ["refused"] * 3


def test_jbd_tells_a_lock_in_bit_12() -> None:
    def told(device: GattBattery) -> tuple[bool, int]:
        frame = bytes.fromhex(say(device, JBD_BASIC))
        return bool(int.from_bytes(frame[20:22]) >> 12 & 1), frame[24] & 3

    device = board("JBD")
    assert told(device) == (False, 0b11)
    device.press(trip={"cell_overvoltage": 60.0})
    assert told(device) == (False, 0b10)
    say(device, "dd5ae1020001ff1c77")
    assert told(device) == (True, 0b10)
    device.tick(61.0)
    assert told(device) == (True, 0b10)
    say(device, "dd5ae1020000ff1d77")
    assert told(device) == (False, 0b11)


def test_jbd_clears_an_alarm() -> None:
    device = board("JBD")
    device.press(trip={"charge_overtemperature": 1e6})
    assert not device.pack.charge_on
    say(device, "dd5a0a020400fff077")
    assert device.pack.charge_on
    # What is really too hot stays held.
    device.pack.temperature = 80.0
    device.tick(2.0)
    say(device, "dd5a0a020400fff077")
    assert not device.pack.charge_on


def test_jikong_tells_switches_in_its_settings() -> None:
    device = board("JIKONG")

    def told() -> list[int]:
        settings = device.answer(bytes.fromhex("aa5590eb96" + "00" * 14 + "10"))[0]
        assert settings[4] == 1
        return [settings[at] for at in (118, 122, 126, 282)]

    assert told() == [1, 1, 1, 0]
    device.press(trip={"cell_overvoltage": 60.0})
    assert told() == [1, 1, 1, 0]
    device.press(phone={"discharge": False, "heater": True})
    assert told() == [1, 0, 1, 1]


def test_jikong_acknowledges_alone_and_behind_a_record() -> None:
    device = board("JIKONG")
    alone, glued = set(), set()
    for number in range(60):
        frames = device.answer(
            bytes.fromhex(jk("1d", number % 2, ("9b", "9c")[number % 2]))
        )
        assert len(frames) == 1
        where = glued if len(frames[0]) > 100 else alone
        said = frames[0].hex()
        where.add(said[600:] if where is glued else said)
    assert alone == glued == {JK_READY, JK_READY + "41540d0a"}


def test_daly_tells_commands_and_echoes_without_doing() -> None:
    device = board("DALY")
    device.press(phone={"charge": False})
    assert say(device, "d20300a50002c78b").startswith("d203040000" + "0001")
    assert say(device, "d20300cf0001a796").startswith("d203020001")
    assert say(device, "d20300c90003c656").startswith("d20306" + b"123456".hex())
    for echoed in ("d206000c0001", "d206000d0000"):
        frame = _with_crc(echoed)
        assert say(device, frame) == frame
    assert device.pack.locked == {"charge"}


def _with_crc(text: str) -> str:
    data = bytes.fromhex(text)
    return (data + check(data)).hex()


def test_daly_legacy_answers() -> None:
    device = board("DALY_LEGACY", pack={"cells": 4, "soc": 0.8})
    device.pack.remaining = 80.0
    frame = say(device, "a58093080000000000000000c0")
    assert frame.startswith("a5019308" + "00" + "01" + "01")
    assert frame[16:24] == f"{80_000:08x}"
    device.press(trip={"cell_undervoltage": 60.0})
    assert say(device, "a58093080000000000000000c0")[8:14] == "000100"
    assert say(device, "a58098080000000000000000c5")[8:10] == "08"
    cells = device.answer(bytes.fromhex("a58095080000000000000000c2"))
    assert [one[4] for one in cells] == [1, 2]
    assert say(device, "a58095080000000000000000c3") == ""


def test_ant_wants_its_password_first() -> None:
    device = board("ANT")
    off = "7ea151040000c8e4aa55"
    device.connected(1.0)
    assert say(device, off) == ""
    assert say(device, ANT_STATUS) != ""
    wrong = _ant_word("000000000000")
    assert say(device, wrong) == ""
    assert say(device, off) == ""
    # After a wrong one nothing is answered any more.
    assert say(device, ANT_STATUS) == ""
    assert device.pack.locked == set()
    assert outcomes(device) == ["no password"] * 2
    device.connected(2.0)
    assert say(device, ANT_WORD) == "7ea1436a010205001e5caa55"
    assert say(device, off) != ""
    assert device.pack.locked == {"charge"}


def test_ant_takes_a_frame_in_pieces() -> None:
    device = board("ANT")
    device.connected(1.0)
    assert say(device, ANT_WORD[:40]) == ""
    assert say(device, ANT_WORD[40:]) == "7ea1436a010205001e5caa55"
    # What was begun on another connection is forgotten, and a new frame begins anew.
    say(device, ANT_WORD[:40])
    device.connected(2.0)
    assert say(device, ANT_WORD[40:]) == ""
    say(device, ANT_WORD[:40])
    assert say(device, ANT_STATUS) != ""


def _ant_word(word: str) -> str:
    body = f"a1236a010c{word.encode().hex()}"
    return f"7e{_with_crc(body)}aa55"


def test_ant_tells_who_holds_a_switch() -> None:
    device = board("ANT")

    def codes() -> str:
        frame = say(device, ANT_STATUS)
        at = 2 * (46 + 2 * (device.pack.cells + device.pack.probes))
        return frame[at : at + 4]  # discharge, charge

    assert codes() == "0101"
    device.press(trip={"cell_overvoltage": 60.0})
    assert codes() == "0102"
    say(device, "7ea151040000c8e4aa55")
    assert codes() == "010f"
    say(device, "7ea151010000d8e5aa55")
    assert codes() == "0f0f"


def test_redodo_tells_what_is_disabled() -> None:
    device = board("REDODO")

    def told() -> str:
        frame = say(device, "000004011355aa17")
        return frame[2 * 68 : 2 * 72] + " " + frame[2 * 88 : 2 * 90]

    assert told() == "00000000 0000"
    say(device, "000004010b55aa0f")
    assert told() == "00000000 0400"
    say(device, "000004010d55aa11")
    assert told() == "80000000 0400"


# --- how they take it


def test_a_released_switch_conducts_unless_it_is_held() -> None:
    device = board("DALY", pack={"profile": {"current": 10.0}}, locked=["charge"])
    assert device.pack.current == 0
    device.press(trip={"cell_overvoltage": 5.0})
    say(device, "d20600a500014b8a")
    assert not device.pack.charge_on
    device.tick(4.0)
    assert device.pack.current == 0
    device.tick(7.0)
    assert device.pack.current == 10
    say(device, "d20600a500008a4a")
    # At once, not only with the next second.
    assert device.pack.current == 0


def test_manners() -> None:
    device = board("DALY", manner={"idle": True})
    off, on = "d20600a500008a4a", "d20600a500014b8a"
    assert say(device, off) == off
    assert device.pack.locked == set()
    device.press(faithful=True, manner={"lose_ack": 1.0})
    assert say(device, off) == ""
    assert device.pack.locked == {"charge"}
    device.press(faithful=True, manner={"delay": 3.0})
    assert say(device, on) == on
    device.tick(2.0)
    assert device.pack.locked == {"charge"}
    device.tick(3.0)
    assert device.pack.locked == set()
    device.press(faithful=True, manner={"refuse": 0x81})
    assert say(device, off) == ""
    assert device.pack.locked == set()
    assert outcomes(device) == [
        "idle",
        "done",
        "changed",
        "later",
        "changed",
        "refused",
    ]


@pytest.mark.parametrize(
    ("status", "said"), [(0x80, "dde18000ff8077"), (0x81, "dde18100ff7f77")]
)
def test_jbd_refuses(status: int, said: str) -> None:
    device = board("JBD", manner={"refuse": status})
    assert say(device, "dd5ae1020001ff1c77") == said
    assert device.pack.locked == set()


def test_lost_frames() -> None:
    device = board("JBD", manner={"lose_frame": 1.0})
    for order in ("dd5ae1020001ff1c77", JBD_BASIC):
        device.write(device._write_uuid, bytes.fromhex(order), False)
    assert device.pack.locked == set()
    # A lost question is no news, a lost order is.
    assert outcomes(device) == ["lost"]


def test_a_phone_in_between() -> None:
    device = board("JIKONG")
    device.press(phone={"charge": False})
    device.press(phone={"charge": False})
    held = device.holds()
    assert held["locked"] == ["charge", "float", "heater"]
    (entry,) = device.obedience.ledger
    assert (entry["by"], entry["outcome"]) == ("phone", "changed")


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": {"heater": True}},
        {"trip": {"lightning": 3}},
        {"manner": {"lose_ack": 2}},
        {"manner": {"idle": 1}},
        {"manner": {"mood": 1}},
        {"manner": {"refuse": True}},
    ],
)
def test_mistakes(wrong: dict[str, Any]) -> None:
    device = board("DALY")
    with pytest.raises(ValueError, match=r"not one of|only|within"):
        device.press(**wrong)
    with pytest.raises(ValueError, match="cannot switch"):
        board("RENOGY", locked=["charge"])
    with pytest.raises(ValueError, match="orders"):
        board("JBD", orders="none")
