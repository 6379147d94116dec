"""What a form says was taken is on the disk: a kill a moment later loses nothing, and a disk that is full is told."""

from collections.abc import Awaitable, Callable, Iterator
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.keys import ring, storage
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from tests.world.devices import KINDS

from ..home import Home, Result
from ..test_damaged import entries as house, lives, start
from .test_pairing import ADDRESS as PAIRED, READY, choose, fresh, watch
from .test_ring import ADDRESS, CLEAR, KEY, OTHER, entries, paste, take, thermometer

FILE = "mi_bms.keys"
LOOSE = "44" * 16


async def pasted(home: Home) -> Result:
    form = await paste(home, f"{ADDRESS} {KEY}\n{LOOSE}")
    return await home.answer(form, {"take": [ADDRESS]})


async def there(home: Home) -> Result:
    MockConfigEntry(
        domain="xiaomi_ble", unique_id=ADDRESS, title="Attic", data={"bindkey": KEY}
    ).add_to_hass(home.hass)
    form = await home.choose(await home.start(), "keys")
    form = await home.choose(form, "there")
    return await home.answer(form, {"take": [ADDRESS]})


async def typed(home: Home) -> Result:
    device = thermometer()
    form = await home.ask_key(device)
    await home.listen(device, 3)
    return await home.answer(form, {"key": KEY})


async def unchecked(home: Home) -> Result:
    form = await home.choose(await home.start(), "manual")
    form = await home.answer(form, {"address": ADDRESS})
    form = await home.choose(await home.choose(form, "key_ways"), "key")
    form = await home.answer(form, {"key": KEY})
    return await home.answer(form, {})


async def with_another_key(home: Home) -> MockConfigEntry:
    entry, *_ = house()
    entry.add_to_hass(home.hass)
    home.hass.config_entries.async_update_entry(
        entry, data={**entry.data, "key": OTHER}
    )
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    return entry


async def reconfigured(home: Home) -> Result:
    form = await home.reconfigure(await with_another_key(home))
    form = await home.choose(form, "key")
    form = await home.answer(form, {"key": KEY})
    return await home.answer(form, {}) if form["type"] == "form" else form


async def asked_again(home: Home) -> Result:
    device = thermometer(key=OTHER)
    home.air.add(device)
    entry = await with_another_key(home)
    await home.listen(device, 3)
    device.bind(KEY)
    await home.listen(device, 9, every=600)
    (flow,) = home.flows(ADDRESS)
    assert flow["context"]["source"] == "reauth"
    assert entry.data["key"] == OTHER
    return await home.answer(await home.choose(flow, "key"), {"key": KEY})


WAYS: list[Callable[[Home], Awaitable[Result]]] = [
    pasted,
    there,
    typed,
    unchecked,
    reconfigured,
    asked_again,
]


class Disk:
    """The disk, which may be full."""

    full = False


@pytest.fixture
def disk(hass_storage: dict[str, Any]) -> Iterator[Disk]:
    disk, real = Disk(), Store._async_write_data

    async def write(store: Store[Any], data: dict[str, Any]) -> None:
        if disk.full and store.key == FILE:
            raise WriteError("no space")
        await real(store, data)

    with patch.object(Store, "_async_write_data", write):
        yield disk


@pytest.mark.parametrize("way", WAYS)
async def test_a_key_that_was_taken_is_on_the_disk(
    home: Home, hass_storage: dict[str, Any], way: Callable[[Home], Awaitable[Result]]
) -> None:
    done = await way(home)
    kept = hass_storage[FILE]["data"]
    assert done["type"] in {"abort", "create_entry"}, done
    assert done.get("reason") != storage.NOT_STORED
    assert kept["keys"][ADDRESS] == KEY
    if way is pasted:
        assert kept["loose"] == [LOOSE]
    await home.clock.settle()


@pytest.mark.parametrize("way", WAYS)
async def test_a_full_disk_is_told_and_nothing_is_lost(
    home: Home,
    hass_storage: dict[str, Any],
    disk: Disk,
    way: Callable[[Home], Awaitable[Result]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    disk.full = True
    done = await way(home)
    assert done["reason"] == storage.NOT_STORED
    issues = ir.async_get(home.hass)
    assert issues.async_get_issue("mi_bms", storage.NOT_STORED)
    disk.full = False
    await home.clock.run(ring.RETRY + 1)
    assert hass_storage[FILE]["data"]["keys"][ADDRESS] == KEY
    assert not issues.async_get_issue("mi_bms", storage.NOT_STORED)
    ours = [one for one in caplog.records if one.name.startswith("custom_components")]
    assert KEY not in "".join(one.getMessage() for one in ours)
    assert "Traceback" not in caplog.text


async def test_a_key_that_was_made_is_on_the_disk_before_it_is_shown(
    home: Home, hass_storage: dict[str, Any], disk: Disk
) -> None:
    fresh(home)
    form = await choose(home)
    disk.full = True
    flow = await home.answer(form, READY)
    await watch(home, flow)
    form = await home.answer(flow)
    assert form["step_id"] == "pair_done"
    assert form["errors"] == {"base": storage.NOT_STORED}
    made = form["description_placeholders"]["key"]
    form = await home.answer(form, {})
    assert form["errors"] == {"base": storage.NOT_STORED}
    disk.full = False
    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    assert hass_storage[FILE]["data"]["keys"][PAIRED] == made
    assert hass_storage[FILE]["data"]["identities"][PAIRED]["token"]
    await home.clock.settle()


async def test_a_key_that_is_forgotten_is_off_the_disk(
    home: Home, hass_storage: dict[str, Any], disk: Disk
) -> None:
    await home.add(KINDS["ATC1441"](address=CLEAR))
    form = await paste(home, f"{ADDRESS} {KEY}\n{LOOSE}")
    await take(home, form)
    assert hass_storage[FILE]["data"]["loose"] == [LOOSE]
    for full, reason in ((True, "keys_not_forgotten"), (False, "keys_forgotten")):
        form = await home.forget_keys()
        disk.full = full
        done = await home.answer(form, {"keys": ["loose_0"]})
        assert done["reason"] == reason
        if full:
            home.hass.data[ring.KEYS].ring.add(None, bytes.fromhex(LOOSE))
    assert hass_storage[FILE]["data"]["loose"] == []


async def test_what_was_given_last_outlives_a_kill_between_both_files(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """The file of keys has the new key, the entries still have the old one."""
    hass_storage[FILE] = {
        "version": 1,
        "minor_version": 1,
        "key": FILE,
        "data": {"keys": {ADDRESS: OTHER}},
    }
    made = house()[:1]
    await start(home, made)
    device = thermometer(key=OTHER)
    home.air.add(device)
    await home.listen(device, 4, every=5)
    assert entries(home)[ADDRESS].data["key"] == OTHER
    assert home.value(device, "temperature") not in {"unknown", "unavailable"}


def folder_in_its_place(path: Path) -> None:
    path.mkdir(parents=True)


def loop_in_its_place(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(path)


def not_for_us(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"version": 1, "key": "x", "data": {}}')
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("whoever runs this may read everything")


UNREADABLE = [folder_in_its_place, loop_in_its_place, not_for_us]


@pytest.mark.parametrize("spoil", UNREADABLE)
@pytest.mark.parametrize("name", ["mi_bms.state", FILE, "mi_bms.output.lines"])
async def test_a_file_that_cannot_be_read_is_told_and_left_alone(
    home: Home,
    hass_storage: dict[str, Any],
    tmp_path: Path,
    name: str,
    spoil: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    home.hass.config.config_dir = str(tmp_path)
    path = tmp_path / ".storage" / name
    spoil(path)
    before = path.lstat()
    made = house()
    await start(home, made)
    await lives(home, made)
    for one in made:
        await home.clock.wait(home.hass.config_entries.async_unload(one.entry_id))
    await home.clock.run(1000)
    assert "Traceback" not in caplog.text
    assert f"{name} cannot be read" in caplog.text
    assert path.lstat().st_ino == before.st_ino
    assert name not in hass_storage
    issue = ir.async_get(home.hass).async_get_issue("mi_bms", storage.UNREADABLE)
    assert bool(issue) is (name == FILE)


async def test_nothing_is_said_to_be_taken_that_cannot_be_stored(
    home: Home, hass_storage: dict[str, Any], tmp_path: Path
) -> None:
    home.hass.config.config_dir = str(tmp_path)
    folder_in_its_place(tmp_path / ".storage" / FILE)
    assert (await pasted(home))["reason"] == storage.NOT_STORED
    form = await home.discover(thermometer())
    assert form["step_id"] == "known_key"


@pytest.mark.parametrize("spoil", UNREADABLE)
async def test_an_upload_that_cannot_be_read_is_told(
    home: Home, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(tmp_path / "upload")
    flow = await home.choose(await home.start(), "keys")
    flow = await home.choose(flow, "import_keys")
    with patch(
        "custom_components.mi_bms.flow.import_keys.process_uploaded_file"
    ) as uploaded:
        uploaded.return_value.__enter__.return_value = tmp_path / "upload"
        form = await home.answer(flow, {"file": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"})
    assert form["errors"] == {"file": "file_lost"}


@pytest.mark.parametrize("spoil", UNREADABLE)
async def test_lines_wait_for_a_file_that_cannot_be_written(
    home: Home,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    home.hass.config.config_dir = str(tmp_path)
    path = tmp_path / "mi_bms" / "lines.jsonl"
    spoil(path)
    made = house()
    await start(home, made)
    await lives(home, made)
    issues = ir.async_get(home.hass).issues
    assert [one for _, one in issues if one == "output_lines"]
    assert "Traceback" not in caplog.text
    path.rmdir() if path.is_dir() else path.unlink()
    await home.clock.run(30)
    assert ADDRESS in path.read_text(encoding="utf-8")
    assert not [one for _, one in issues if one == "output_lines"]
