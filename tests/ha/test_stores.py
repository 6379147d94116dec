"""Files that a house wrote, damaged at any place: each entry comes up and keeps what can be read."""

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.stored_files import CheckedStore
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_bytes
from tests.world.devices import KINDS

from .home import Home
from .mutants import some

HOUSE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "stores" / "house.json").read_text(
        encoding="utf-8"
    )
)
STATE, KEYS, QUEUE = (name for name in HOUSE if name.startswith("mi_bms."))
SENSOR, CLEAR, PACK = "A4:C1:38:00:05:5B", "A4:C1:38:00:14:41", "A5:C2:37:00:00:04"
EACH = 12  # copies of each file
CASES = [
    pytest.param(file, place, document, id=f"{file} {what}")
    for seed, file in enumerate((STATE, KEYS, QUEUE))
    for what, place, document in some(HOUSE[file], ("data",), EACH, seed)
]


@pytest.fixture
def folder(home: Home, freezer: FrozenDateTimeFactory, tmp_path: Path) -> Path:
    home.hass.config.config_dir = str(tmp_path)
    return tmp_path


async def lives(home: Home) -> None:
    """Check that an encrypted sensor, one in the clear and a battery show what they say."""
    key = HOUSE[KEYS]["data"]["keys"][SENSOR]
    sensor = KINDS["LYWSD03MMC"](address=SENSOR, key=key)
    clear = KINDS["ATC1441"](address=CLEAR)
    pack = KINDS["JBD"](address=PACK, name="JBD-mine")
    for one in (sensor, clear, pack):
        home.air.add(one)
    home.shout(pack)
    for _ in range(7):
        await home.listen(sensor, 1, every=15)
        await home.listen(clear, 1, every=15)
    await home.clock.run(30)
    for one, field in (
        (sensor, "temperature"),
        (clear, "temperature"),
        (pack, "voltage"),
    ):
        assert home.value(one, field) not in {"unknown", "unavailable"}


def kept(storage: dict[str, Any], place: tuple[str | int, ...]) -> None:
    """Check that what lies elsewhere than the damage is still there."""
    record = place[1:2]
    for address, was in HOUSE[STATE]["data"].items():
        if record and record != (address,) and "trust" in was:
            now = storage[STATE]["data"][address]
            assert now["trust"]["key"] == was["trust"]["key"]
    for address, key in HOUSE[KEYS]["data"]["keys"].items():
        if place[1:2] not in {(), ("keys",)} or place[2:3] not in {(), (address,)}:
            assert storage[KEYS]["data"]["keys"].get(address) == key
    if record and record != ("loose",):
        assert storage[KEYS]["data"]["loose"] == HOUSE[KEYS]["data"]["loose"]


@pytest.mark.parametrize(("file", "place", "document"), CASES)
async def test_damage_costs_only_what_is_damaged(
    hass_storage: dict[str, Any],
    home: Home,
    folder: Path,
    freezer: FrozenDateTimeFactory,
    file: str,
    place: tuple[str | int, ...],
    document: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    freezer.move_to("2026-11-28T17:56:00+00:00")
    for name in (STATE, KEYS, QUEUE):
        hass_storage[name] = copy.deepcopy(document if name == file else HOUSE[name])
    made = [MockConfigEntry(domain="mi_bms", **one) for one in HOUSE["entries"]]
    for one in made:
        one.add_to_hass(home.hass)
    for one in made:
        if one.state is ConfigEntryState.NOT_LOADED:
            await home.clock.wait(home.hass.config_entries.async_setup(one.entry_id))
    assert {one.state for one in made} == {ConfigEntryState.LOADED}
    await lives(home)
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(2)
    kept(hass_storage, place if file != QUEUE else ("data", "queue"))
    assert json_bytes(hass_storage[STATE]["data"])
    lost = (
        HOUSE[KEYS]["data"]["keys"].items() - hass_storage[KEYS]["data"]["keys"].items()
    )
    assert not lost or ir.async_get(home.hass).async_get_issue("mi_bms", "keys_damaged")
    written = (folder / "mi_bms" / "lines.jsonl").read_text(encoding="utf-8")
    for number, (_, line) in enumerate(HOUSE[QUEUE]["data"]):
        hurt = file == QUEUE and place[1:2] in {(), (number,)}
        assert hurt or line in written
    assert "Traceback" not in caplog.text
    assert caplog.text.count("is damaged") <= 1
    for one in made:
        await home.clock.wait(home.hass.config_entries.async_unload(one.entry_id))


async def test_a_machine_that_stood_had_no_time_to_write(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    awake = asyncio.Event()

    async def write(*_: object) -> None:
        await awake.wait()

    with monkeypatch.context() as disk:
        disk.setattr("homeassistant.helpers.storage.Store._async_write_data", write)
        store = CheckedStore(home.hass, 1, "mi_bms.test")
        writing = asyncio.ensure_future(store.async_write({}, 10.0))
        await home.clock.settle()
        await home.clock.leap(60)
        awake.set()
        assert await home.clock.wait(writing)
