"""Names from the air are untrusted text: whatever a device is called, it shows harmlessly everywhere."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
import unicodedata

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockHAClient

from custom_components.mi_bms.proto.model.names import LONGEST_NAME
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from tests.world import ad
from tests.world.devices import KINDS

from .actions.test_air import act
from .flow.test_nearby import fill, finish, near
from .home import Home
from .keys.test_ring import ADDRESS, entries, paste, take
from .outputs.test_outputs import MQTT_TIMERS, broker, folder, lines, output, published

__all__ = ["broker", "folder"]  # fixtures

PACK = "A5:C2:37:7E:19:D4"
EXTENDED = 300  # bytes
NAMES = (
    "![x](http://evil.example/a.png)",
    "<img src=x onerror=alert(1)>",
    "x\u202egnp.exe\u200b\u2066",
    "one\ntwo\r# three\n- four",
    "   ",
    "%s {name} {0} %(x)s",
    "a/b/+/#/$SYS",
    "**bold** `code` www.evil.example",
    "\u0000\u0007\u001b[31m",
    "x" * 240,
)


def harmless(text: str, most: int = LONGEST_NAME) -> None:
    """Fail for what is more than one short line of plain text."""
    assert text.strip() == text != ""
    assert len(text) <= most
    assert all(one == " " or unicodedata.category(one)[0] not in "CZ" for one in text)
    assert not set(text) & set("*[]<>{}|\\`~"), text
    assert "://" not in text
    assert "www." not in text


def _advert(name: str) -> bytes:
    parts = (ad.flags(), ad.services16(0xFF00), ad.name(name))
    return ad.payload(*parts, limit=EXTENDED)


@pytest.mark.parametrize("name", NAMES)
async def test_forms_entries_devices_and_answers(home: Home, name: str) -> None:
    battery = KINDS["JBD"](address=PACK, name=f"JBD-{name}"[:240])
    battery.pack.current = -20.0
    home.air.add(battery)
    home.air.hear(PACK, _advert(battery.name))
    await home.clock.until(lambda: home.flows(PACK))
    (flow,) = home.flows(PACK)
    harmless(flow["context"]["title_placeholders"]["name"])
    form = await home.answer(flow)
    harmless(form["description_placeholders"]["name"])
    picked = await home.choose(await home.start(), "nearby")
    for field in picked["data_schema"].schema.values():
        for option in getattr(field, "config", {}).get("options", ()):
            harmless(option["label"], 160)
    entry = (await home.answer(form, {}))["result"]
    harmless(entry.title)
    answer = await act(home, "scan")
    (heard,) = [one for one in answer["adverts"] if one["address"] == PACK]
    harmless(heard["name"])
    for one in heard["structures"]:
        if one["name"] == "complete_name":
            harmless(one["value"])
            assert one["data"] == battery.name.encode().hex()
    await home.clock.run(2)
    (device,) = dr.async_entries_for_config_entry(
        dr.async_get(home.hass), entry.entry_id
    )
    harmless(device.name or "")
    for state in home.hass.states.async_all():
        harmless(state.name, 160)
    if name is not NAMES[0]:
        return
    home.air.refuse.add(PACK)
    for _ in range(32):
        home.air.hear(PACK, _advert(battery.name), rssi=-80)
        await home.clock.run(20)
    assert ir.async_get(home.hass).issues
    for issue in ir.async_get(home.hass).issues.values():
        if issue.domain == "mi_bms":
            harmless((issue.translation_placeholders or {})["name"])


async def test_a_strange_device_that_holds_the_connection(home: Home) -> None:
    """Who uses the connections of a receiver is told in repairs, which are Markdown."""
    other = "C4:12:34:56:78:9A"
    home.air.hear(other, _advert("![x](http://evil.example/a.png)"))
    home.air.links[other] = cast(Any, SimpleNamespace(close=lambda: None))
    home.air.tells_slots, home.air.slots = True, 1
    form = await home.discover(KINDS["JBD"](address=PACK, name="JBD-x"))
    form = await home.answer(form, {})
    reason = form["description_placeholders"]["reason"]
    assert "!x(http evil.example/a.png)" in reason
    harmless(reason, 300)


@MQTT_TIMERS
async def test_topics_and_lines(
    home: Home, broker: MqttMockHAClient, folder: Path
) -> None:
    battery = KINDS["JBD"](address=PACK, name="JBD-a/b/+/#\u202e![x](http://y)")
    home.air.add(battery)
    home.air.hear(PACK, _advert(battery.name))
    await home.clock.until(lambda: home.flows(PACK))
    await home.answer(home.flows(PACK)[0], {})
    await output(home, "battery", topic="energy/battery")
    await output(home, "file", path="a.jsonl")
    published(broker)
    await home.clock.run(60)
    told: list[Any] = published(broker)
    assert told
    for topic, message, *_ in told:
        assert topic.startswith("energy/battery/")
        assert topic.count("/") == 2
        assert not set(topic) & set("+#")
        harmless(message["battery_id"])
    written = lines(folder / "a.jsonl")
    assert written
    for line in written:
        harmless(line["device"])
    assert "\\u202e" not in json.dumps(told)


@pytest.mark.parametrize("name", NAMES)
async def test_names_that_strangers_wrote_into_texts(home: Home, name: str) -> None:
    """Lists are passed around; titles of other integrations are names from the air."""
    key = "00112233445566778899aabbccddee"
    far, near = "A4:C1:38:0A:00:01", "A4:C1:38:0A:00:02"
    other = MockConfigEntry(
        domain="bthome", unique_id=near, title=name, data={"bindkey": f"{key}02"}
    )
    other.add_to_hass(home.hass)
    text = json.dumps([{"name": name, "mac": far, "key": f"{key}01"}])
    menu = await home.choose(await home.start(), "keys")
    for form, address in (
        (await paste(home, text), far),
        (await home.choose(menu, "there"), near),
    ):
        await take(home, form, address)
        entry = entries(home)[address]
        harmless(entry.title)
        for device in dr.async_entries_for_config_entry(
            dr.async_get(home.hass), entry.entry_id
        ):
            harmless(device.name or "")


def ascii_start(name: str) -> str:
    return ascii(name[:20])


LONG_NAMES = ("y_" * 4_000, "z" * 1_000_000, "\u202ey\0\n" * 90)


@pytest.mark.parametrize("name", [*NAMES, *LONG_NAMES], ids=ascii_start)
async def test_names_that_are_typed_into_forms(
    home: Home, folder: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is pasted there becomes a title, which names devices and entities."""
    form = await near(home)
    data = fill(form, take=[], batteries=[], keyless=[ADDRESS])
    data["names"]["Thermometer 055B"] = name
    await finish(home, form, data)
    made = [entries(home)[ADDRESS]]
    made.append(await output(home, "file", path="a.jsonl", name=name))
    for entry in made:
        harmless(entry.title)
        (device,) = dr.async_entries_for_config_entry(
            dr.async_get(home.hass), entry.entry_id
        )
        harmless(device.name or "")
    assert "Traceback" not in caplog.text
    await home.clock.run(5)


@MQTT_TIMERS
async def test_a_long_topic_makes_no_long_title(
    home: Home, broker: MqttMockHAClient, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in ("tasmota", "battery"):
        entry = await output(home, kind, topic="y_" * 400)
        harmless(entry.title)
        assert entry.data["topic"] == "y_" * 400
    assert "Traceback" not in caplog.text


async def test_only_addresses_are_kept_of_the_devices_of_an_output(
    home: Home, folder: Path
) -> None:
    chosen = [ADDRESS.lower(), "x" * 100_000, "", ADDRESS, PACK]
    entry = await output(home, "file", path="a.jsonl", devices=chosen)
    assert entry.options["devices"] == [ADDRESS, PACK]
