"""Scenario files: what is accepted, and one clear line for each mistake."""

import copy
from pathlib import Path

import pytest

from tests.world.scenario import ScenarioError, load, load_one, parse

from .fakes import KINDS, Echo

GOOD = """
seed = 7
[[proxy]]
name = "near"
mac = "aa:bb:cc:00:00:01"
key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
[[proxy]]
name = "far"
mac = "AA:BB:CC:00:00:02"
slots = 1
connect_time = 1
[[device]]
kind = "Echo"
address = "a4:c1:38:00:00:01"
name = "Echo one"
start = 20.5
heard_by = {near = -50, far = -80}
faults = {drop = 0.5, asleep = true}
family = "echo"
[[device]]
kind = "Echo"
address = "A4:C1:38:00:00:02"
category = "sensor"
foreign = true
heard_by = {far = -60}
"""


def test_good_file(tmp_path: Path) -> None:
    file = tmp_path / "good.toml"
    file.write_text(GOOD)
    scenario = load(file, KINDS)
    assert scenario.seed == 7
    near, far = scenario.proxies
    assert (near.mac, near.slots, near.key) == (
        "AA:BB:CC:00:00:01",
        3,
        bytes(range(32)),
    )
    assert (far.slots, far.connect_time, far.key) == (1, 1.0, None)
    one, two = scenario.devices
    assert isinstance(one.peripheral, Echo)
    assert (one.peripheral.address, one.peripheral.temperature) == (
        "A4:C1:38:00:00:01",
        20.5,
    )
    assert one.heard_by == {"near": -50, "far": -80}
    assert one.faults.active() == {"drop": 0.5, "asleep": True}
    assert (one.category, one.family, one.foreign) == ("battery", "echo", False)
    assert (two.category, two.family, two.foreign) == ("sensor", None, True)


BASE = {
    "proxy": [{"name": "near", "mac": "AA:BB:CC:00:00:01"}],
    "device": [
        {"kind": "Echo", "address": "A4:C1:38:00:00:01", "heard_by": {"near": -50}}
    ],
}
MISTAKES = [
    # where, key, wrong value (None: left out), words of the message
    (None, "proxy", None, "no [[proxy]]"),
    (None, "device", None, "no [[device]]"),
    (None, "device", [], "[[device]]"),
    (None, "proxy", "near", "[[proxy]]"),
    (None, "seed", "x", "'seed' must be a whole number"),
    (None, "devices", [], "did you mean 'device'"),
    ("proxy", "name", None, "'name' is missing"),
    ("proxy", "name", "Near proxy", "lower-case"),
    ("proxy", "mac", "AA:BB", "must look like"),
    ("proxy", "slots", 99, "between 0 and 16"),
    ("proxy", "slots", True, "'slots' must be a whole number"),
    ("proxy", "port", -1, "port must lie"),
    ("proxy", "key", "short", "44 characters"),
    ("proxy", "slot", 3, "did you mean 'slots'"),
    ("proxy", "connect_time", 99, "between 0 and 60"),
    ("device", "kind", None, "'kind' is missing"),
    ("device", "kind", "Ecko", "did you mean 'Echo'"),
    ("device", "kind", "Zebra", "known: Echo"),
    ("device", "address", "A4C138000001", "must look like"),
    ("device", "address", None, "'address' is missing"),
    ("device", "address", 5, "must be a text"),
    ("device", "heard_by", None, "'heard_by' is missing"),
    ("device", "heard_by", {"nearby": -5}, "did you mean 'near'"),
    ("device", "heard_by", {"near": "loud"}, "whole number"),
    ("device", "heard_by", {"near": -500}, "between -127 and 20"),
    ("device", "category", "boat", "one of sensor, battery"),
    ("device", "faults", {"dropp": 1}, "unknown fault 'dropp'"),
    ("device", "faults", {"drop": 2}, "between 0 and 1"),
    ("device", "faults", {"asleep": 1}, "true or false"),
    ("device", "faults", {"refuse": 1.5}, "whole number"),
    ("device", "faults", "all", "must be a table"),
    ("device", "foreign", "yes", "true or false"),
    ("device", "interva", 1, "did you mean 'interval'"),
    ("device", "start", 500, "start is too hot"),
]


@pytest.mark.parametrize(("table", "key", "value", "words"), MISTAKES)
def test_mistakes(table: str | None, key: str, value: object, words: str) -> None:
    content = copy.deepcopy(BASE)
    target: dict[str, object] = content if table is None else content[table][0]  # type: ignore[assignment]
    if value is None:
        del target[key]
    else:
        target[key] = value
    with pytest.raises(ScenarioError) as caught:
        parse(content, KINDS)
    text = str(caught.value)
    assert words in text
    assert "\n" not in text
    if table == "device" and key != "address":
        assert "device 1 (A4:C1:38:00:00:01)" in text


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        ("proxy", {"mac": "AA:BB:CC:00:00:09"}, "name near is already taken"),
        ("proxy", {"name": "other"}, "mac AA:BB:CC:00:00:01 is already taken"),
        ("device", {}, "device 2: address A4:C1:38:00:00:01 is already taken"),
    ],
)
def test_duplicates(table: str, change: dict[str, object], words: str) -> None:
    content = copy.deepcopy(BASE)
    content[table].append({**content[table][0], **change})
    with pytest.raises(ScenarioError, match=words):
        parse(content, KINDS)


def test_bad_files(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[[proxy]\nname = 1")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for file, words in (
        (tmp_path / "none.toml", "no such file"),
        (tmp_path, "cannot be read"),
        (bad, "not valid TOML"),
        (binary, "not UTF-8"),
    ):
        with pytest.raises(ScenarioError) as caught:
            load(file, KINDS)
        assert words in str(caught.value)
        assert str(file) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_constructor_that_wants_more() -> None:
    def needy(address: str, model: str, **rest: object) -> Echo:
        raise KeyError(model)

    content = copy.deepcopy(BASE)
    content["device"][0]["kind"] = "Needy"
    with pytest.raises(
        ScenarioError, match="kind Needy: missing a required argument: 'model'"
    ):
        parse(content, {"Needy": needy})
    content["device"][0]["model"] = "x"
    with pytest.raises(ScenarioError, match="kind Needy misses 'x'"):
        parse(content, {"Needy": needy})


SCENARIOS = sorted((Path(__file__).parents[1] / "world" / "scenarios").glob("*.toml"))


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_shipped_scenarios(file: Path) -> None:
    scenario = load(file)
    assert scenario.devices
    assert scenario.proxies or scenario.adapters


# --- local adapters, devices of another file, one device alone ---------------------------


def test_adapters_hear_as_proxies_do(tmp_path: Path) -> None:
    file = tmp_path / "adapter.toml"
    file.write_text(
        '[[adapter]]\nname = "hci0"\nmac = "aa:bb:cc:00:00:03"\n'
        '[[device]]\nkind = "Echo"\naddress = "A4:C1:38:00:00:01"\nheard_by = {hci0 = -50}\n'
    )
    scenario = load(file, KINDS)
    assert scenario.proxies == ()
    (adapter,) = scenario.adapters
    assert (adapter.name, adapter.mac, adapter.slots) == (
        "hci0",
        "AA:BB:CC:00:00:03",
        5,
    )
    assert scenario.devices[0].heard_by == {"hci0": -50}


def test_devices_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD)
    file = tmp_path / "local.toml"
    file.write_text(
        'devices_of = "good.toml"\n[[adapter]]\nname = "hci0"\nmac = "aa:bb:cc:00:00:03"\n'
    )
    scenario = load(file, KINDS)
    assert (scenario.seed, scenario.proxies) == (7, ())
    assert [one.heard_by for one in scenario.devices] == [{"hci0": -50}, {"hci0": -60}]
    assert scenario.devices[0].faults.active() == {"drop": 0.5, "asleep": True}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '[[adapter]]\nname = "usb"\nmac = "AA:BB:CC:00:00:03"',
            "must be hci0 to hci9",
        ),
        ('[[adapter]]\nname = "hci0"\nmac = "AA"', "must look like"),
        (
            'devices_of = "no.toml"\n[[adapter]]\nname="hci0"\nmac="AA:BB:CC:00:00:03"',
            "no such file",
        ),
        ('devices_of = "good.toml"\n[[device]]\nkind = "Echo"', "unknown key 'device'"),
    ],
)
def test_mistakes_with_adapters(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "good.toml").write_text(GOOD)
    file = tmp_path / "local.toml"
    file.write_text(text)
    with pytest.raises(ScenarioError, match=words):
        load(file, KINDS)


def test_one_device_at_another_address(tmp_path: Path) -> None:
    file = tmp_path / "good.toml"
    file.write_text(GOOD)
    spec = load_one(file, "ECHO ONE", "00:00:5E:00:53:00", KINDS)
    assert (spec.peripheral.address, spec.peripheral.name) == (
        "00:00:5E:00:53:00",
        "Echo one",
    )
    with pytest.raises(
        ScenarioError, match="no device is called 'Ecco'; did you mean 'Echo'"
    ):
        load_one(file, "Ecco", "00:00:5E:00:53:00", KINDS)


def test_what_a_person_does(tmp_path: Path) -> None:
    steps = 'steps = [{press = "read_now"}, {fault = {drop = 0.5}}, {set = {low = 3}}]'
    text = GOOD.replace("start = 20.5", f'{steps}\nexpect = {{unit = ["a", "b"]}}')
    (tmp_path / "good.toml").write_text('time_zone = "Asia/Kolkata"\n' + text)
    scenario = load(tmp_path / "good.toml", KINDS)
    one, two = scenario.devices
    assert one.steps == (
        {"press": "read_now"},
        {"fault": {"drop": 0.5}},
        {"set": {"low": 3}},
    )
    assert (one.expect, two.steps, two.expect) == ({"unit": ["a", "b"]}, (), {})
    assert scenario.time_zone == "Asia/Kolkata"
    (tmp_path / "local.toml").write_text(
        'devices_of = "good.toml"\n[[adapter]]\nname = "hci0"\nmac = "AA:BB:CC:00:00:03"'
    )
    local = load(tmp_path / "local.toml", KINDS)
    assert (local.time_zone, local.devices[0].steps) == ("Asia/Kolkata", one.steps)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("start = 20.5", 'steps = ["read_now"]', "step 1 must be a table with one of"),
        ("start = 20.5", "steps = [{}]", "step 1 must be a table with one of"),
        ("start = 20.5", 'steps = [{pross = "a"}]', "did you mean 'press'"),
        ("start = 20.5", "steps = [{press = 3}]", "'press' must be a text"),
        ("start = 20.5", "steps = [{fault = {dropp = 1}}]", "unknown fault 'dropp'"),
        ("start = 20.5", "expect = 3", "'expect' must be a table"),
        ("seed = 7", 'time_zone = "Mars/Crater"', "'Mars/Crater' is none"),
    ],
)
def test_mistakes_in_steps(tmp_path: Path, old: str, new: str, words: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(ScenarioError, match=words):
        load(file, KINDS)
