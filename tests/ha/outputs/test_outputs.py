"""Outputs: what devices say, as others get it."""

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import datetime, timedelta
import json
from pathlib import Path
import resource
import shutil
import signal
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import MqttMockHAClient

from homeassistant.components.mqtt import MQTT_CONNECTION_STATE
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.helpers.dispatcher import async_dispatcher_send
from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral

from ..batteries.test_batteries import jbd
from ..home import Home, Result

SENSOR = "A4:C1:38:52:68:0F"
OTHER = "A4:C1:38:00:00:02"
TOPIC = "tele/house/SENSOR"
NAME = "MJ_HT_V1-52680f"

# The MQTT integration's own, which its mocked client leaves behind.
MQTT_TIMERS = pytest.mark.parametrize("expected_lingering_timers", [True])


@pytest.fixture
def folder(home: Home, tmp_path: Path) -> Path:
    """Return the configuration folder."""
    home.hass.config.config_dir = str(tmp_path)
    return tmp_path


@pytest.fixture
async def broker(
    home: Home, mqtt_mock: MqttMockHAClient
) -> AsyncIterator[MqttMockHAClient]:
    """Return Home Assistant's own MQTT integration, whose client only remembers."""
    mqtt_mock.reset_mock()
    yield mqtt_mock
    for entry in home.hass.config_entries.async_loaded_entries("mqtt"):
        await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))


def sensor(address: str = SENSOR) -> Peripheral:
    return KINDS["LYWSDCGQ"](address=address)


async def form(home: Home, kind: str) -> Result:
    """Open the form of a new output."""
    flow = await home.choose(await home.start(), "outputs")
    return await home.choose(flow, f"output_{kind}")


async def output(home: Home, kind: str, /, **data: Any) -> ConfigEntry[Any]:
    """Add an output; what is no answer to the form is an option."""
    place = "path" if kind == "file" else "topic"
    first = {key: data.pop(key) for key in (place, "devices", "name") if key in data}
    done = await home.answer(await form(home, kind), first)
    assert done["type"] == "create_entry", done
    entry: ConfigEntry[Any] = done["result"]
    await home.clock.settle()
    if data:
        await home.set_options(await home.options(entry), data)
    assert entry.state is ConfigEntryState.LOADED
    return entry


def published(broker: MqttMockHAClient) -> list[tuple[str, dict[str, Any], int, bool]]:
    """Return and forget what was published."""
    found = [
        (topic, json.loads(payload), qos, retain)
        for topic, payload, qos, retain in (
            call.args for call in broker.async_publish.call_args_list
        )
    ]
    broker.async_publish.reset_mock()
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def block(place: Path) -> None:
    """Put a file where a folder has to be."""
    shutil.rmtree(place)
    place.write_text("in the way")


def shown(home: Home, entry: ConfigEntry[Any], key: str) -> str:
    """Return what an entity of an output shows."""
    entity_id = er.async_get(home.hass).async_get_entity_id(
        "sensor", "mi_bms", f"{entry.entry_id}-{key}"
    )
    assert entity_id
    state = home.hass.states.get(entity_id)
    assert state
    return state.state


def read_at(line: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(line["time"])


class TestFile:
    """Lines in a file."""

    async def test_each_reading_is_a_line(self, home: Home, folder: Path) -> None:
        device, battery = sensor(), jbd()
        await home.add(device)
        await home.add(battery)
        entry = await output(home, "file", path="logs/all.jsonl")
        await home.listen(device, 3)
        written = lines(folder / "logs" / "all.jsonl")
        ours = [one for one in written if one["address"] == SENSOR]
        assert len(ours) >= 3
        assert ours[-1]["values"]["temperature"] == float(
            home.value(device, "temperature")
        )
        assert ours[-1]["rssi"] == -60
        packs = [one for one in written if one["address"] == battery.address]
        assert packs[-1]["values"]["voltage"] == 13.18
        assert packs[-1]["cells"] == [3.298, 3.297, 3.292, 3.293]
        await home.clock.run(40)
        assert int(shown(home, entry, "messages_sent")) >= len(written)
        assert shown(home, entry, "messages_waiting") == "0"
        assert shown(home, entry, "messages_dropped") == "0"

    async def test_only_the_chosen_ones_under_their_own_names(
        self, home: Home, folder: Path
    ) -> None:
        device, other = sensor(), sensor(OTHER)
        added = await home.add(device)
        await home.add(other)
        registry = dr.async_get(home.hass)
        known = registry.async_get_device_by_identifier(
            ("mi_bms", SENSOR), added.entry_id
        )
        assert known
        registry.async_update_device(known.id, name_by_user="Büro")
        await output(home, "file", path="a.jsonl", devices=[SENSOR])
        for one in (device, other):
            await home.listen(one, 2)
        assert {
            (one["device"], one["address"]) for one in lines(folder / "a.jsonl")
        } == {("Büro", SENSOR)}

    async def test_a_line_has_the_time_of_its_reading(
        self, home: Home, folder: Path
    ) -> None:
        """Two readings, hours apart, both written when the disk has room again."""
        device = sensor()
        await home.add(device)
        await output(home, "file", path="x/a.jsonl")
        await home.listen(device, 1)
        first = read_at(lines(folder / "x" / "a.jsonl")[-1])
        block(folder / "x")
        await home.listen(device, 1)
        await home.clock.leap(7200)
        (folder / "x").unlink()
        await home.clock.run(11)
        (late,) = lines(folder / "x" / "a.jsonl")
        assert read_at(late) - first < timedelta(minutes=1)

    async def test_a_full_disk_is_told_once_and_loses_nothing(
        self, home: Home, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        device = sensor()
        await home.add(device)
        entry = await output(home, "file", path="a.jsonl")
        await home.listen(device, 2)
        before = len(lines(folder / "a.jsonl"))
        issues = ir.async_get(home.hass)
        issue = f"output_{entry.entry_id}"
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = (folder / "a.jsonl").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
        try:
            await home.listen(device, 15, every=3)
            found = issues.async_get_issue("mi_bms", issue)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            signal.signal(signal.SIGXFSZ, handler)
        assert found
        assert found.translation_key == "output_disk_full"
        assert caplog.text.count("cannot be written") == 1
        assert len(lines(folder / "a.jsonl")) == before
        await home.clock.run(11)
        assert len(lines(folder / "a.jsonl")) == before + 15
        assert caplog.text.count("is written again") == 1
        assert not issues.async_get_issue("mi_bms", issue)

    async def test_what_does_not_fit_into_the_queue_is_counted(
        self, home: Home, folder: Path
    ) -> None:
        device = sensor()
        await home.add(device)
        entry = await output(home, "file", path="x/a.jsonl", backlog=3)
        block(folder / "x")
        await home.listen(device, 5)
        await home.clock.run(40)
        assert shown(home, entry, "messages_waiting") == "3"
        assert shown(home, entry, "messages_dropped") == "2"

    async def test_what_waits_outlives_a_restart(
        self, home: Home, folder: Path, hass_storage: dict[str, Any]
    ) -> None:
        device = sensor()
        await home.add(device)
        entry = await output(home, "file", path="x/a.jsonl")
        block(folder / "x")
        await home.listen(device, 3)
        home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await home.clock.run(1)
        assert len(hass_storage[f"mi_bms.output.{entry.entry_id}"]["data"]) == 3
        (folder / "x").unlink()
        await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
        await home.clock.run(1)
        assert len(lines(folder / "x" / "a.jsonl")) == 3
        assert f"mi_bms.output.{entry.entry_id}" not in hass_storage

    async def test_what_waits_outlives_a_crash(
        self, home: Home, folder: Path, hass_storage: dict[str, Any]
    ) -> None:
        """It is on the disk while it waits, and until it was handed over."""
        device = sensor()
        await home.add(device)
        entry = await output(home, "file", path="x/a.jsonl")
        key = f"mi_bms.output.{entry.entry_id}"
        block(folder / "x")
        await home.listen(device, 3)
        await home.clock.run(5)
        assert len(hass_storage[key]["data"]) == 3
        await home.listen(device, 2)
        await home.clock.run(5)
        kept = deepcopy(hass_storage[key])
        assert len(kept["data"]) == 5
        # Somebody pulls the plug: what another run finds is what was written so far.
        await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
        hass_storage[key] = deepcopy(kept)
        await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
        await home.clock.run(5)
        assert hass_storage[key] == kept
        (folder / "x").unlink()
        await home.clock.run(11)
        assert len(lines(folder / "x" / "a.jsonl")) == 5
        assert key not in hass_storage

    async def test_what_is_handed_over_at_once_is_not_written_down(
        self, home: Home, folder: Path, hass_storage: dict[str, Any]
    ) -> None:
        device = sensor()
        await home.add(device)
        entry = await output(home, "file", path="a.jsonl")
        for _ in range(10):
            await home.listen(device, 1)
            assert f"mi_bms.output.{entry.entry_id}" not in hass_storage

    async def test_unloading_writes_what_waits(self, home: Home, folder: Path) -> None:
        device = sensor()
        await home.add(device)
        entry = await output(home, "file", path="a.jsonl")
        for _ in range(20):
            home.shout(device)
        await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
        count = len(lines(folder / "a.jsonl"))
        assert count
        await home.listen(device, 3)
        assert len(lines(folder / "a.jsonl")) == count
        await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
        assert len(lines(folder / "a.jsonl")) == count


@MQTT_TIMERS
class TestTasmota:
    """Tasmota's messages."""

    async def test_each_reading_at_once(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = sensor()
        await home.add(device)
        await output(home, "tasmota", topic="house", direct=True, qos="0", retain=True)
        await home.listen(device, 2)
        published(broker)
        await home.listen(device, 1)
        ((topic, message, qos, retain),) = published(broker)
        assert (topic, qos, retain) == (TOPIC, 0, True)
        assert message[NAME]["Temperature"] == float(home.value(device, "temperature"))
        assert message[NAME]["MAC"] == "A4C13852680F"

    async def test_a_clock_that_never_names_its_product_has_its_name(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = KINDS["CGD1"](address="58:2D:34:00:05:76")
        await home.add(device)
        await output(home, "tasmota", topic="house", direct=True)
        await home.listen(device, 2)
        assert all("CGD1-000576" in message for _, message, *_ in published(broker))
        await home.listen(device, 3)
        assert published(broker)[0][1]["CGD1-000576"]["Temperature"]

    async def test_collected_and_told_at_each_period(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = sensor()
        await home.add(device)
        await output(home, "tasmota", topic="house", period=60)
        await home.listen(device, 3)
        assert published(broker) == []
        await home.clock.run(60)
        status, values = published(broker)
        assert set(status[1][NAME]) == {"Battery", "RSSI", "Time", "MAC"}
        assert "Temperature" in values[1][NAME]
        assert values[1]["Time"] < status[1]["Time"]

    async def test_a_press_is_told_at_once_and_not_twice(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = KINDS["YLYK01YL"](address="F8:24:41:00:01:53")
        await home.add(device)
        await output(home, "tasmota", topic="house")
        published(broker)
        device.press("button_on")
        await home.listen(device, 3)
        told = [one[1]["YLYK01-000153"] for one in published(broker)]
        assert [one["Button0"] for one in told] == [1]

    async def test_own_names(self, home: Home, broker: MqttMockHAClient) -> None:
        device = sensor()
        entry = await home.add(device)
        await output(home, "tasmota", topic="house", direct=True, own_names=True)
        published(broker)
        await home.listen(device, 1)
        assert entry.title in published(broker)[0][1]

    async def test_batteries_are_no_sensors(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        await home.add(jbd())
        await output(home, "tasmota", topic="house", direct=True)
        await home.clock.run(60)
        assert published(broker) == []

    async def test_what_is_collected_is_told_when_it_is_unloaded(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = sensor()
        await home.add(device)
        entry = await output(home, "tasmota", topic="house")
        await home.listen(device, 3)
        await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
        ((_, message, *_),) = published(broker)
        assert "Temperature" in message[NAME]


@MQTT_TIMERS
class TestBattery:
    """A message for each battery reading."""

    async def test_a_reading(self, home: Home, broker: MqttMockHAClient) -> None:
        battery, other = jbd(), sensor()
        await home.add(battery)
        await home.add(other)
        await output(home, "battery", topic="energy/battery")
        await home.listen(other, 3)
        await home.clock.run(40)
        topic, message, qos, retain = published(broker)[0]
        assert topic == "energy/battery/Battery JBD-mine 0004"
        assert (qos, retain) == (1, False)
        assert message["battery_id"] == "Battery JBD-mine 0004"
        assert message["voltage"] == 13.18
        assert message["cells"] == [3.298, 3.297, 3.292, 3.293]
        assert message["timestamp"].count("T") == 1

    async def test_hostile_and_equal_names(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        one, two = jbd(), jbd(address="A5:C2:37:00:00:05")
        for device in (one, two):
            entry = await home.add(device)
            home.hass.config_entries.async_update_entry(entry, title="a/#\0+")
        await output(home, "battery", topic="p")
        await home.clock.run(80)
        topics = {topic for topic, *_ in published(broker)}
        assert len(topics) == 2
        assert "p/a____" in topics
        assert any(topic.startswith("p/a____-00000") for topic in topics)


@MQTT_TIMERS
class TestBroker:
    """A broker that comes and goes."""

    async def test_nothing_is_lost_while_it_is_away(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = sensor()
        await home.add(device)
        entry = await output(home, "tasmota", topic="house", direct=True)
        published(broker)
        disconnect(home.hass, broker)
        await home.listen(device, 5)
        assert published(broker) == []
        await home.clock.run(40)
        assert shown(home, entry, "messages_waiting") == "5"
        connect(home.hass, broker)
        await home.clock.run(1)
        times = [message["Time"] for _, message, *_ in published(broker)]
        assert len(times) == 5
        assert times == sorted(times)

    async def test_what_was_under_way_is_sent_again(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = sensor()
        await home.add(device)
        await output(home, "tasmota", topic="house", direct=True)
        published(broker)

        async def lost(*_args: Any, **_more: Any) -> None:
            disconnect(home.hass, broker)

        broker.async_publish.side_effect = lost
        await home.listen(device, 1)
        assert len(published(broker)) == 1
        broker.async_publish.side_effect = None
        connect(home.hass, broker)
        await home.clock.run(2)
        assert len(published(broker)) == 1

    async def test_a_client_that_refuses_is_asked_again(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = sensor()
        await home.add(device)
        await output(home, "tasmota", topic="house", direct=True)
        published(broker)
        broker.async_publish.side_effect = HomeAssistantError
        await home.listen(device, 1)
        await home.clock.run(3)
        assert 1 < broker.async_publish.call_count < 8
        broker.async_publish.side_effect = None
        published(broker)
        await home.clock.run(2)
        assert len(published(broker)) == 1

    async def test_a_message_that_can_never_be_sent_is_dropped(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        """It must not hold up those behind it, nor send those before it again and again."""
        device = sensor()
        await home.add(device)
        entry = await output(home, "tasmota", topic="house", direct=True)
        published(broker)

        async def publish(*_: object, **_more: object) -> None:
            if broker.async_publish.call_count == 1:
                raise ValueError("no topic")

        broker.async_publish.side_effect = publish
        await home.listen(device, 6)
        await home.clock.run(3)
        box = entry.runtime_data.outbox
        assert (box.dropped, len(box)) == (1, 0)
        assert box.sent == broker.async_publish.call_count - 1 > 0

    async def test_what_waits_is_kept_when_it_is_unloaded(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = sensor()
        await home.add(device)
        entry = await output(home, "tasmota", topic="house", direct=True)
        published(broker)
        disconnect(home.hass, broker)
        await home.listen(device, 2)
        await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
        connect(home.hass, broker)
        await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
        await home.clock.run(1)
        assert len(published(broker)) == 2

    async def test_a_client_that_hangs_holds_nobody_and_loses_nothing(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        device = sensor()
        await home.add(device)
        entry = await output(home, "tasmota", topic="house", direct=True)

        async def hang(*_args: Any, **_more: Any) -> None:
            await asyncio.Event().wait()

        broker.async_publish.side_effect = hang
        await home.listen(device, 3)
        await home.clock.wait(
            home.hass.config_entries.async_unload(entry.entry_id), most=6
        )
        broker.async_publish.side_effect = None
        published(broker)
        await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
        await home.clock.run(1)
        assert len(published(broker)) == 3

    async def test_without_the_integration_it_waits(
        self, home: Home, broker: MqttMockHAClient
    ) -> None:
        entry = await output(home, "tasmota", topic="house")
        (mqtt,) = home.hass.config_entries.async_entries("mqtt")
        assert await home.clock.wait(
            home.hass.config_entries.async_unload(mqtt.entry_id)
        )
        await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key == "mqtt_missing"


def disconnect(hass: HomeAssistant, broker: MqttMockHAClient) -> None:
    """Let the client lose its broker."""
    _state(hass, broker, connected=False)


def connect(hass: HomeAssistant, broker: MqttMockHAClient) -> None:
    """Let the client find its broker."""
    _state(hass, broker, connected=True)


def _state(hass: HomeAssistant, broker: MqttMockHAClient, *, connected: bool) -> None:
    broker.connected = connected
    async_dispatcher_send(hass, MQTT_CONNECTION_STATE, connected)
