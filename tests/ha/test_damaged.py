"""What is stored is damaged: everything loads, what is sound is used, nothing of a newer version is touched."""

from collections.abc import Callable
import copy
import json
from pathlib import Path
import stat
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.storage import Store
from tests.world.devices import KINDS

from .home import Home
from .keys.test_ring import ADDRESS, KEY, thermometer

pytestmark = pytest.mark.slow

BATTERY = "A5:C2:37:00:00:04"
STATE = "mi_bms.state"
KEYS = "mi_bms.keys"
WHEN = "2026-11-01T10:00:00+00:00"

SENSOR_STATE: dict[str, Any] = {
    "longest": 60.0,
    "silences": 40,
    "seen_at": WHEN,
    "given": [],
    "ends": {},
    "active": {
        "unit": "celsius",
        "comfort": [27.0, 19.0, 85.0, 20.0],
        "missing": [],
        "due": 1_790_000_000.0,
        "set_at": [1_790_000_000.0, 3600],
        "filled": 1_790_000_000.0,
    },
}
BATTERY_STATE: dict[str, Any] = {
    "values": {"voltage": 13.1, "battery_level": 44, "problem": False},
    "cells": [3.27, 3.28],
    "probes": [[20.5, "cell"]],
    "alarms": [],
    "counters": {},
    "packs": [],
    "read_at": WHEN,
    "read_as": {"family": "jbd", "corrections": {}, "celsius": False},
    "learned": {"talk": [10.0, 30], "naps": [0.0, 0]},
    "paused": False,
    "left_until": None,
}
KEY_FILE: dict[str, Any] = {
    "keys": {ADDRESS: KEY},
    "loose": ["22" * 16],
    "identities": {},
    "extras": {},
    "auto_add": False,
    "ignored": [],
}


def state(**sections: Any) -> Any:
    return {
        "settings": {"reserve": 1},
        ADDRESS: SENSOR_STATE,
        BATTERY: BATTERY_STATE,
    } | sections


def sensor(**parts: Any) -> Any:
    return state(**{ADDRESS: {**SENSOR_STATE, **parts}})


def active(**parts: Any) -> Any:
    return sensor(active={**SENSOR_STATE["active"], **parts})


def battery(**parts: Any) -> Any:
    return state(**{BATTERY: {**BATTERY_STATE, **parts}})


def keys(**parts: Any) -> Any:
    return {**KEY_FILE, **parts}


STATES: dict[str, Any] = {
    "a list": [],
    "a number": 5,
    "a text": "gone",
    "records are lists": state(**{ADDRESS: [], BATTERY: []}),
    "records are nothing": state(**{ADDRESS: None, BATTERY: None}),
    "no address": state(**{"nobody": {"longest": "x"}, "": []}),
    "settings are a list": state(settings=[]),
    "the reserve is a text": state(settings={"reserve": "two"}),
    "longest is a text": sensor(longest="60 s"),
    "longest is a flag": sensor(longest=True, silences=None),
    "silences are a text": sensor(silences="many"),
    "seen is a number": sensor(seen_at=1_790_000_000),
    "seen has no zone": sensor(seen_at="2026-11-01T10:00:00"),
    "seen in the year one": sensor(seen_at="0001-01-01T00:00:00+00:00"),
    "given is a number": sensor(given=7),
    "given of a newer version": sensor(given=["of_tomorrow", None]),
    "ends are a list": sensor(ends=[]),
    "an end is a number": sensor(ends={"motion": 5}),
    "an end without a zone": sensor(ends={"motion": "2026-11-01T10:00:00"}),
    "an end at the end of time": sensor(ends={"motion": "9999-12-31T23:59:59+00:00"}),
    "active is a list": sensor(active=[]),
    "due is a text": active(due="tomorrow"),
    "the unit of a newer version": active(unit="kelvin"),
    "three comfort limits": active(comfort=[1, 2, 3]),
    "a function of a newer version": active(missing=["of_tomorrow"]),
    "set at a text": active(set_at="yesterday"),
    "filled is a list": active(filled=[]),
    "values are a list": battery(values=[]),
    "a value is a text": battery(values={"voltage": "13.1", "battery_level": []}),
    "a flag is a number": battery(values={"problem": 2, "chrg_mosfet": "on"}),
    "no values": {BATTERY: {"read_at": WHEN}},
    "cells are a mapping": battery(cells={"1": 3.2}),
    "a cell is a text": battery(cells=[3.2, "3.2"]),
    "a place of a newer version": battery(probes=[[20, "roof"]]),
    "probes are numbers": battery(probes=[20, 21]),
    "a probe is a text": battery(probes=[["20", "cell"]]),
    "alarms are a number": battery(alarms=3),
    "an alarm is a list": battery(alarms=[["hot"]]),
    "counters are a list": battery(counters=[]),
    "a counter of a newer version": battery(counters={"of_tomorrow": 1, "other": "x"}),
    "packs are a mapping": battery(packs={"1": {}}),
    "packs are numbers": battery(packs=[1]),
    "a pack is damaged": battery(packs=[{"values": {"voltage": "x"}}]),
    "read at a number": battery(read_at=5),
    "read at nothing": battery(read_at="never"),
    "read as a text": battery(read_as="jbd"),
    "read as nothing": battery(read_as={}),
    "learned is a list": battery(learned=[]),
    "learned without naps": battery(learned={"talk": [1, 2]}),
    "learned texts": battery(learned={"talk": ["a", "b"], "naps": [0, 0]}),
    "paused is a text": battery(paused="yes"),
    "left until a number": battery(left_until=3),
    "very large numbers": battery(values={"voltage": 10**30}, cells=[1e300]),
}
KEY_FILES: dict[str, Any] = {
    "a list": [],
    "a number": 5,
    "keys are a list": keys(keys=[KEY]),
    "a key is a number": keys(keys={ADDRESS: KEY, "A4:C1:38:00:00:01": 5}),
    "a key is none": keys(keys={ADDRESS: KEY, "A4:C1:38:00:00:01": "nonsense"}),
    "an address is none": keys(keys={ADDRESS: KEY, "attic": KEY}),
    "loose is a mapping": keys(loose={"a": 1}),
    "a loose key is none": keys(loose=[None, "22" * 16, []]),
    "identities are a list": keys(identities=[]),
    "an identity is a text": keys(identities={ADDRESS: "x"}),
    "keyed at a text": keys(identities={ADDRESS: {"keyed_at": "now"}}),
    "extras are a text": keys(extras="x"),
    "an extra is a mapping": keys(extras={ADDRESS: {}}),
    "adding is a text": keys(auto_add="yes"),
    "ignored is a number": keys(ignored=7),
    "an ignored one is none": keys(ignored=[ADDRESS, 7, None]),
}


def stored(key: str, data: Any, version: Any = 1) -> dict[str, Any]:
    return {"version": version, "minor_version": 1, "key": key, "data": data}


def entries() -> list[MockConfigEntry]:
    return [
        MockConfigEntry(
            domain="mi_bms",
            unique_id=ADDRESS,
            title="Attic",
            data={
                "kind": "sensor",
                "address": ADDRESS,
                "product": 0x055B,
                "model": None,
                "key": KEY,
            },
            version=1,
            minor_version=2,
        ),
        MockConfigEntry(
            domain="mi_bms",
            unique_id=BATTERY,
            title="Pack",
            data={
                "kind": "battery",
                "address": BATTERY,
                "family": "jbd",
                "profile": {
                    "fields": ["voltage", "battery_level"],
                    "cells": 4,
                    "probes": ["cell", "cell"],
                    "balancing": False,
                    "counters": [],
                    "packs": [],
                    "info": {},
                },
            },
            version=1,
            minor_version=2,
        ),
        MockConfigEntry(
            domain="mi_bms",
            unique_id="file",
            title="Lines",
            data={"kind": "output", "type": "file", "path": "mi_bms/lines.jsonl"},
            entry_id="lines",
            version=1,
            minor_version=2,
        ),
    ]


async def start(home: Home, made: list[MockConfigEntry]) -> None:
    for one in made:
        one.add_to_hass(home.hass)
    for one in made:
        if one.state is ConfigEntryState.NOT_LOADED:
            await home.clock.wait(home.hass.config_entries.async_setup(one.entry_id))
    await home.clock.settle()


async def lives(home: Home, made: list[ConfigEntry[Any]]) -> None:
    """Check that all are loaded, the sensor shows what it says and the battery is read."""
    assert [one.state for one in made] == [ConfigEntryState.LOADED] * len(made)
    sensor_, pack = thermometer(), KINDS["JBD"](address=BATTERY, name="JBD-mine")
    home.air.add(sensor_)
    home.air.add(pack)
    home.shout(pack)
    await home.listen(sensor_, 6, every=5)
    assert home.value(sensor_, "temperature") not in {"unknown", "unavailable"}
    await home.clock.run(60)
    assert home.value(pack, "voltage") == "13.18"


@pytest.fixture
def folder(tmp_path: Path, hass: Any) -> Path:
    hass.config.config_dir = str(tmp_path)
    return tmp_path


@pytest.mark.parametrize("variant", STATES)
async def test_a_damaged_state_costs_only_what_is_damaged(
    hass_storage: dict[str, Any],
    home: Home,
    folder: Path,
    variant: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hass_storage[STATE] = stored(STATE, copy.deepcopy(STATES[variant]))
    made = entries()
    await start(home, made)
    await lives(home, made)
    assert "Traceback" not in caplog.text
    assert caplog.text.count("is damaged") <= 1


@pytest.mark.parametrize("variant", KEY_FILES)
async def test_of_a_damaged_key_file_what_is_a_key_is_kept(
    hass_storage: dict[str, Any],
    home: Home,
    folder: Path,
    variant: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hass_storage[KEYS] = stored(KEYS, copy.deepcopy(KEY_FILES[variant]))
    made = entries()
    await start(home, made)
    await lives(home, made)
    assert "Traceback" not in caplog.text
    ours = [one for one in caplog.records if one.name.startswith("custom_components")]
    assert KEY not in "".join(one.getMessage() for one in ours)
    assert ir.async_get(home.hass).async_get_issue("mi_bms", "keys_damaged")
    kept = hass_storage[KEYS]["data"]
    assert kept["keys"] == {ADDRESS: KEY}
    loose = KEY_FILES[variant] if isinstance(KEY_FILES[variant], dict) else {}
    if "22" * 16 in loose.get("loose", ()):
        assert kept["loose"] == ["22" * 16]


@pytest.mark.parametrize(
    "queue",
    [
        {},
        5,
        [["a"]],
        [["", '{"a": 1}'], ["", 3], None],
        [["a/+", "1"], ["a\0b", "2"], ["t" * 70_000, "3"], [True, "4"]],
    ],
)
async def test_a_damaged_queue_costs_only_what_is_damaged(
    hass_storage: dict[str, Any], home: Home, folder: Path, queue: Any
) -> None:
    key = "mi_bms.output.lines"
    hass_storage[key] = stored(key, queue)
    made = entries()
    await start(home, made)
    await lives(home, made)


@pytest.mark.parametrize(
    "content",
    [b"\0" * 5000, b"[" * 100_000, b'{"time": "0001-01-01T00:00:00"}\n', b"\xff\xfe{"],
)
async def test_a_damaged_file_of_lines_is_written_on(
    home: Home, folder: Path, content: bytes
) -> None:
    (folder / "mi_bms").mkdir()
    (folder / "mi_bms" / "lines.jsonl").write_bytes(content)
    made = entries()
    await start(home, made)
    await lives(home, made)
    last = (folder / "mi_bms" / "lines.jsonl").read_bytes().splitlines()[-1]
    assert json.loads(last)["address"] in {ADDRESS, BATTERY}


@pytest.mark.parametrize("version", [2, 0, "1", None, [1]])
@pytest.mark.parametrize("key", [STATE, KEYS])
async def test_another_version(
    hass_storage: dict[str, Any], home: Home, folder: Path, key: str, version: Any
) -> None:
    """A newer one is left alone; of any other nothing is known."""
    before = stored(key, {"of": "tomorrow"}, version)
    hass_storage[key] = copy.deepcopy(before)
    made = entries()
    await start(home, made)
    await lives(home, made)
    for one in made:
        await home.clock.wait(home.hass.config_entries.async_unload(one.entry_id))
    await home.clock.run(1000)
    assert (hass_storage[key] == before) is (version == 2)
    newer = ir.async_get(home.hass).async_get_issue("mi_bms", "keys_newer")
    assert bool(newer) is (version == 2 and key == KEYS)


def on_disk(folder: Path, data: dict[str, Any]) -> Path:
    """Write what the storage of the tests only says is there."""
    place = folder / ".storage" / KEYS
    place.parent.mkdir()
    place.write_text(json.dumps(data))
    return place


async def test_the_rest_of_a_key_file_is_put_aside_for_its_owner_only(
    hass_storage: dict[str, Any], home: Home, folder: Path
) -> None:
    lost = "A4:C1:38:00:00:01"
    data = stored(KEYS, keys(keys={ADDRESS: KEY, lost: "not hex"}))
    place = on_disk(folder, data)
    hass_storage[KEYS] = data
    await start(home, entries())
    await home.clock.run(5)
    aside = place.with_name(f"{KEYS}.bad")
    assert aside.read_text() == place.read_text()
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    assert hass_storage[KEYS]["data"]["keys"] == {ADDRESS: KEY}


async def test_a_second_damage_leaves_the_first_copy(
    hass_storage: dict[str, Any], home: Home, folder: Path
) -> None:
    data = stored(KEYS, [])
    place = on_disk(folder, data)
    hass_storage[KEYS] = data
    place.with_name(f"{KEYS}.bad").write_text("the first")
    await start(home, entries())
    assert place.with_name(f"{KEYS}.bad").read_text() == "the first"
    assert place.with_name(f"{KEYS}.bad.2").read_text() == place.read_text()


async def test_without_a_copy_nothing_is_overwritten(
    hass_storage: dict[str, Any], home: Home, folder: Path
) -> None:
    data = stored(KEYS, [])
    on_disk(folder, data).with_name(f"{KEYS}.bad").mkdir()
    hass_storage[KEYS] = copy.deepcopy(data)
    made = entries()
    await start(home, made)
    await home.clock.run(5)
    await lives(home, made)
    assert hass_storage[KEYS] == data


DATA: dict[str, Any] = {
    "no kind": {},
    "another kind": {"kind": "boat", "address": ADDRESS},
    "the kind is a list": {"kind": [], "address": ADDRESS},
    "a sensor without address": {"kind": "sensor"},
    "a sensor with half a key": {"kind": "sensor", "address": ADDRESS, "key": KEY[:9]},
    "the key is a number": {"kind": "sensor", "address": ADDRESS, "key": 5},
    "the product is a text": {"kind": "sensor", "address": ADDRESS, "product": "055b"},
    "keyed at a text": {"kind": "sensor", "address": ADDRESS, "keyed_at": "now"},
    "a battery without family": {"kind": "battery", "address": BATTERY},
    "the address is a number": {"kind": "battery", "address": 5, "family": "jbd"},
    "the password is a list": {
        "kind": "battery",
        "address": BATTERY,
        "family": "jbd",
        "password": [],
    },
    "an output without type": {"kind": "output", "path": "a.jsonl"},
    "a path that leads out": {"kind": "output", "type": "file", "path": "../a.jsonl"},
    "a topic that is a number": {"kind": "output", "type": "tasmota", "topic": 5},
}
OPTIONS: dict[str, tuple[int, dict[str, Any]]] = {
    "smoothing of a newer version": (0, {"smoothing": "kalman"}),
    "an offset is a text": (0, {"offset_temperature": "1"}),
    "a time is a list": (0, {"timeout": [5]}),
    "the interval is a text": (1, {"interval": "often"}),
    "corrections are a list": (1, {"corrections": []}),
    "the gain is a text": (1, {"corrections": {"current_gain": "2"}}),
    "steps are a number": (1, {"steps": 5}),
    "devices are a number": (2, {"devices": 5}),
    "the period is nothing": (2, {"period": 0}),
    "the size is a text": (2, {"max_size": "big"}),
}


@pytest.mark.parametrize("variant", DATA)
async def test_a_damaged_entry_fails_alone_and_says_so(
    home: Home,
    folder: Path,
    variant: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made, data = entries(), DATA[variant]
    number = {"battery": 1, "output": 2}.get(str(data.get("kind")), 0)
    good = [one for at, one in enumerate(made) if at != number]
    bad = MockConfigEntry(
        domain="mi_bms",
        unique_id="bad",
        title="Bad",
        data=data,
        version=1,
        minor_version=1,
    )
    await start(home, [bad, *good])
    assert bad.state is ConfigEntryState.SETUP_ERROR
    assert bad.error_reason_translation_key == "entry_damaged"
    assert [one.state for one in good] == [ConfigEntryState.LOADED] * 2
    await home.clock.wait(home.hass.config_entries.async_remove(bad.entry_id))
    await home.clock.settle()
    # Home Assistant logs where it comes from, and nothing else went wrong.
    raised = {one.exc_info[0] for one in caplog.records if one.exc_info}
    assert raised == {ConfigEntryError}


@pytest.mark.parametrize(
    "profile",
    [
        None,
        [],
        "x",
        {},
        {"fields": 5, "cells": "4", "probes": {}, "info": []},
        {"fields": ["voltage", 5], "cells": -1, "probes": ["roof", "cell"]},
        {"fields": ["of_tomorrow"], "cells": 4, "info": {"colour": "red"}},
        {"packs": [5]},
        {"packs": [{"cells": "x"}], "counters": ["of_tomorrow"]},
    ],
)
async def test_what_a_battery_has_shown_is_learned_again(
    home: Home, folder: Path, profile: Any, caplog: pytest.LogCaptureFixture
) -> None:
    made = entries()
    data = {**made[1].data, "profile": profile}
    if profile is None:
        data.pop("profile")
    made[1] = MockConfigEntry(
        domain="mi_bms", unique_id=BATTERY, data=data, version=1, minor_version=1
    )
    await start(home, made)
    await lives(home, made)
    await home.clock.run(60)
    assert made[1].data["profile"]["cells"] == 4
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("variant", OPTIONS)
async def test_an_option_that_is_damaged_is_as_it_usually_is(
    home: Home, folder: Path, variant: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = entries()
    number, options = OPTIONS[variant]
    sound = {0: {"smoothing_window": 30}, 1: {"release_minutes": 5}, 2: {"keep": 3}}
    object.__setattr__(made[number], "options", options | sound[number])
    await start(home, made)
    await lives(home, made)
    assert made[number].options.items() >= sound[number].items()
    assert caplog.text.count("are damaged") == 1
    assert "Traceback" not in caplog.text


async def test_an_address_is_an_address_however_it_is_written(
    home: Home, folder: Path
) -> None:
    made = entries()
    for one in made[:2]:
        data = one.data | {"address": one.data["address"].lower().replace(":", "-")}
        object.__setattr__(one, "data", data)
    await start(home, made)
    await lives(home, made)
    assert [one.data["address"] for one in made[:2]] == [ADDRESS, BATTERY]


def nested(levels: int) -> Any:
    made: Any = 1
    for number in range(levels):
        made = [made] if number % 2 else {"a": made}
    return made


@pytest.mark.parametrize("levels", [300, 900])
async def test_what_is_too_deep_to_be_written_again_is_not_kept(
    hass_storage: dict[str, Any],
    home: Home,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    levels: int,
) -> None:
    """It would keep everything else from being written down, from then on."""
    deep = nested(levels)
    trust = {"key": "7a7ee8fe", "proof": 3, "counters": deep, "former": [deep]}
    data = sensor(trust=trust)
    data[BATTERY] = {**BATTERY_STATE, "paused": True}
    data[BATTERY]["read_as"] = {"family": "x", "corrections": deep, "celsius": False}
    found = {STATE: data, KEYS: keys(proofs={ADDRESS: {"former": deep}})}

    async def load(store: Store[Any]) -> Any:
        return found.get(store.key)

    monkeypatch.setattr(Store, "async_load", load)
    made = entries()
    await start(home, made)
    for one in made:
        await home.clock.wait(home.hass.config_entries.async_unload(one.entry_id))
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(5)
    assert {one.state for one in made} == {ConfigEntryState.NOT_LOADED}
    for key in (STATE, KEYS):
        assert json_bytes(hass_storage[key]["data"])


def put_aside(store: Store[Any], content: bytes) -> None:
    """Do what Home Assistant does with a file that is no JSON."""
    Path(f"{store.path}.corrupt.2026-11-28T18:00:00").write_bytes(content)


TORN: dict[str, Callable[[bytes], bytes]] = {
    "first part": lambda raw: raw[: raw.index(b'"auto_add"') - 3],
    "NaN": lambda raw: raw.replace(b'"data": {', b'"data": {"x": NaN,'),
    "twice": lambda raw: raw + raw,
    "UTF-16": lambda raw: raw.decode().encode("utf-16"),
    "half a character": lambda raw: raw.replace(
        b'"ignored"', b'"\\ud800": 1, "ignored"'
    ),
    "NUL behind": lambda raw: raw[:-1] + bytes(512),
}


@pytest.mark.parametrize("variant", [*TORN, "no version", "the version is a text"])
async def test_of_a_torn_file_what_is_whole_is_kept(
    hass_storage: dict[str, Any],
    home: Home,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    variant: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Home Assistant puts aside what is no JSON; the rest of it can still be read there."""
    queue = "mi_bms.output.lines"
    lines = [["", f'{{"address": "{ADDRESS}", "n": {n}}}\n'] for n in range(3)]
    other = "A4:C1:38:00:00:01"
    files = {
        STATE: stored(STATE, sensor(longest=61.5)),
        KEYS: stored(KEYS, keys(keys={other: KEY})),
        queue: stored(queue, lines),
    }
    (folder / ".storage").mkdir()
    written: dict[str, bytes] = {}
    real = Store.async_load

    async def load(store: Store[Any]) -> Any:
        """Do what Home Assistant does with such a file."""
        if store.key not in files:
            return await real(store)
        if variant not in TORN:
            raise KeyError("version")
        put_aside(store, written[store.key])
        return None

    for name, document in files.items():
        if variant == "no version":
            del document["version"]
        elif variant not in TORN:
            document["version"] = "1"
        raw = json.dumps(document, indent=2).encode()
        # Of the others the last part is torn off.
        keeps = name == KEYS or variant != "first part"
        written[name] = TORN.get(variant, bytes)(raw) if keeps else raw[:-9]
        if variant not in TORN:
            (folder / ".storage" / name).write_bytes(raw)
    monkeypatch.setattr(Store, "async_load", load)
    made = entries()
    await start(home, made)
    await home.clock.run(5)
    kept = hass_storage[KEYS]["data"]
    assert kept["keys"] == {ADDRESS: KEY, other: KEY}
    assert kept["loose"] == ["22" * 16]
    assert ir.async_get(home.hass).async_get_issue("mi_bms", "keys_damaged")
    written = (folder / "mi_bms" / "lines.jsonl").read_text()
    # What is torn off closes the list: each line is whole.
    assert written.count('"n": ') == 3
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(5)
    assert hass_storage[STATE]["data"][ADDRESS]["longest"] == 61.5
    assert caplog.text.count("is damaged") == 3


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 99, b"[1, 2]", b'{"version": 2, "data": {']
)
async def test_nothing_can_be_read_of_such_a_file(
    home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (folder / ".storage").mkdir()

    async def load(store: Store[Any]) -> Any:
        put_aside(store, content)
        return None

    monkeypatch.setattr(Store, "async_load", load)
    made = entries()
    await start(home, made)
    await lives(home, made)
    assert ir.async_get(home.hass).async_get_issue("mi_bms", "keys_damaged")
