"""Adding and changing outputs: what may go wrong is said in words."""

from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MqttMockHAClient,
)

from homeassistant.config_entries import ConfigEntryState
from homeassistant.data_entry_flow import InvalidData
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from ..batteries.test_batteries import jbd
from ..home import Home
from .test_outputs import (
    MQTT_TIMERS,
    OTHER,
    SENSOR,
    broker,
    folder,
    form,
    lines,
    output,
    sensor,
)

__all__ = ["broker", "folder"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("", "path_empty"),
        ("a\0.jsonl", "path_character"),
        ("../a.jsonl", "path_outside"),
        ("/etc/a.jsonl", "path_outside"),
        (".storage/a.jsonl", "path_reserved"),
        ("www/a.jsonl", "path_public"),
        ("configuration.yaml", "path_ending"),
        ("a" * 300 + ".jsonl", "path_long"),
        ("link/a.jsonl", "path_link"),
        ("file/a.jsonl", "path_link"),
        ("folder.jsonl", "path_not_writable"),
        ("taken.jsonl", "path_taken"),
    ],
)
async def test_paths_that_are_refused(
    home: Home,
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    path: str,
    error: str,
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (folder / "link").symlink_to(outside)
    (folder / "file").write_text("x")
    (folder / "folder.jsonl").mkdir()
    await output(home, "file", path="taken.jsonl")
    flow = await form(home, "file")
    refused = await home.answer(flow, {"path": path})
    assert refused["errors"] == {"path": error}
    done = await home.answer(flow, {"path": " mine/good.jsonl "})
    assert done["type"] == "create_entry"
    assert done["data"]["path"] == "mine/good.jsonl"
    assert done["title"] == "mine/good.jsonl"
    assert not list(outside.iterdir())


@MQTT_TIMERS
@pytest.mark.parametrize("kind", ["tasmota", "battery"])
@pytest.mark.parametrize(
    ("topic", "error"),
    [
        (" ", "topic_empty"),
        ("a/#", "topic_wildcard"),
        ("+", "topic_wildcard"),
        ("a\0b", "topic_character"),
        ("a//b", "topic_level"),
        ("$SYS/a", "topic_reserved"),
        ("a" * 2000, "topic_long"),
    ],
)
@pytest.mark.usefixtures("broker")
async def test_topics_that_are_refused(
    home: Home, kind: str, topic: str, error: str
) -> None:
    flow = await form(home, kind)
    assert not flow["errors"]
    refused = await home.answer(flow, {"topic": topic})
    assert refused["errors"] == {"topic": error}
    done = await home.answer(flow, {"topic": "good", "name": "Mine"})
    assert done["type"] == "create_entry"
    assert done["title"] == "Mine"


@pytest.mark.parametrize("kind", ["tasmota", "battery"])
async def test_without_mqtt_the_form_says_so(home: Home, kind: str) -> None:
    flow = await form(home, kind)
    assert flow["errors"] == {"base": "mqtt_missing"}
    again = await home.answer(flow, {"topic": "good"})
    assert again["errors"] == {"base": "mqtt_missing"}


@MQTT_TIMERS
async def test_only_devices_of_the_kind_are_offered(
    home: Home, folder: Path, broker: MqttMockHAClient
) -> None:
    await home.add(sensor())
    await home.add(jbd())
    await output(home, "file", path="a.jsonl")
    offered = {}
    for kind in ("tasmota", "battery", "file"):
        flow = await form(home, kind)
        config = flow["data_schema"].schema["devices"].config
        offered[kind] = {one["value"] for one in config["options"]}
    assert offered == {
        "tasmota": {SENSOR},
        "battery": {jbd().address},
        "file": {SENSOR, jbd().address},
    }


async def test_an_output_can_be_changed(home: Home, folder: Path) -> None:
    device, other = sensor(), sensor(OTHER)
    await home.add(device)
    await home.add(other)
    entry = await output(home, "file", path="a.jsonl", devices=[SENSOR])
    await home.set_options(await home.options(entry), {"max_size": 3})
    flow = await home.reconfigure(entry)
    suggested = {
        str(key): key.description["suggested_value"]
        for key in flow["data_schema"].schema
    }
    assert suggested == {"name": "a.jsonl", "path": "a.jsonl", "devices": [SENSOR]}
    # Its own file is not taken.
    again = await home.answer(flow, {"path": "../a.jsonl", "devices": [OTHER]})
    assert again["errors"] == {"path": "path_outside"}
    done = await home.answer(
        again, {"path": "a.jsonl", "devices": [OTHER], "name": "Log"}
    )
    assert done["reason"] == "change_kept"
    await home.clock.settle()
    assert entry.title == "Log"
    assert entry.options["max_size"] == 3
    assert entry.options["devices"] == [OTHER]
    for one in (device, other):
        await home.listen(one, 3)
    await home.clock.run(1)
    assert {one["address"] for one in lines(folder / "a.jsonl")} == {OTHER}


@MQTT_TIMERS
@pytest.mark.parametrize("kind", ["tasmota", "battery"])
async def test_topics_can_be_changed(
    home: Home, broker: MqttMockHAClient, kind: str
) -> None:
    entry = await output(home, kind, topic="one", retain=True)
    flow = await home.reconfigure(entry)
    done = await home.answer(flow, {"topic": "two"})
    assert done["reason"] == "change_kept"
    await home.clock.settle()
    assert entry.data["topic"] == "two"
    assert entry.options["retain"] is True
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize(
    "bad", [{"backlog": 0}, {"max_size": 0}, {"max_age": 1e9}, {"keep": 0}]
)
async def test_numbers_out_of_bounds(
    home: Home, folder: Path, bad: dict[str, Any]
) -> None:
    entry = await output(home, "file", path="a.jsonl")
    with pytest.raises(InvalidData):
        await home.set_options(await home.options(entry), bad)
    assert entry.options == {"devices": []}


async def test_diagnostics_name_nothing(
    home: Home, folder: Path, hass_client: ClientSessionGenerator
) -> None:
    await home.add(sensor())
    entry = await output(home, "file", path="papa.jsonl", devices=[SENSOR])
    assert await async_setup_component(home.hass, "diagnostics", {})
    report = await get_diagnostics_for_config_entry(home.hass, hass_client, entry)
    assert isinstance(report, dict)
    assert "papa" not in str(report)
    assert SENSOR not in str(report)
    assert report["output"] == {
        "type": "file",
        "devices": 1,
        "sent": 0,
        "waiting": 0,
        "dropped": 0,
        "trouble": None,
    }
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))


async def test_an_output_has_a_device_that_goes_with_it(
    home: Home, folder: Path
) -> None:
    entry = await output(home, "file", path="a.jsonl")
    registry = dr.async_get(home.hass)
    (device,) = dr.async_entries_for_config_entry(registry, entry.entry_id)
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    assert not dr.async_entries_for_config_entry(registry, entry.entry_id)


async def test_an_output_asks_for_no_key(home: Home, folder: Path) -> None:
    entry = await output(home, "file", path="a.jsonl")
    entry.async_start_reauth(home.hass)
    await home.clock.settle()
    assert not home.hass.config_entries.flow.async_progress()
