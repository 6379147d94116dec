"""States that end by themselves, and what the options form offers of them."""

import json
from pathlib import Path
from typing import Any

from pytest_homeassistant_custom_component.common import async_get_device_automations

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.world import ad
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..home import Home

DAY = 86_400.0
FIXTURES = Path(__file__).parents[2] / "fixtures"
ADDRESS = "A4:C1:38:00:E0:D5"


def product(number: int, *objects: dict[str, Any]) -> Beacon:
    """Make a product that sends only what the test lets it send."""
    idle = [{"id": 0x1003, "kind": "u8", "start": 60}]
    return KINDS["MIBEACON"](address=ADDRESS, product=number, objects=[*objects, *idle])


def script(number: int, *steps: tuple[str, str, str]) -> dict[str, Any]:
    """Make an object with data, and the event by which the test asks for it."""
    return {
        "id": number,
        "kind": "script",
        "every": 9e9,
        "steps": [
            {"hex": data, "tells": {f"event:{key}": word}} for data, key, word in steps
        ],
    }


def lock() -> Beacon:
    return product(
        0x069E,
        script(0x07, ("03", "door", "knock"), ("00", "door", "opened")),
        script(0x06, ("0000000000", "fingerprint", "match_successful")),
    )


async def form_of(home: Home, entry: ConfigEntry[Any]) -> set[str]:
    form = await home.options(entry)
    return {str(key) for key in form["data_schema"].schema if "hold" in str(key)}


async def choose(home: Home, entry: ConfigEntry[Any], **chosen: Any) -> None:
    form = await home.options(entry)
    done = await home.clock.wait(
        home.hass.config_entries.options.async_configure(form["flow_id"], chosen)
    )
    assert done["type"] == "create_entry"
    await home.clock.settle()


async def say(home: Home, device: Beacon, key: str, word: str | None = None) -> None:
    device.press(key, word)
    await home.listen(device, 3, every=0.1)


async def test_a_knock_ends_and_the_user_says_when(home: Home) -> None:
    device = lock()
    entry = await home.add(device)
    await say(home, device, "door")
    assert home.value(device, "knock_on_the_door") == "on"
    await home.clock.run(8)
    assert home.value(device, "knock_on_the_door") == "on"
    await home.clock.run(3)
    assert home.value(device, "knock_on_the_door") == "off"

    await choose(home, entry, knock_on_the_door_hold=60)
    await say(home, device, "door")
    await home.clock.run(50)
    assert home.value(device, "knock_on_the_door") == "on"
    await home.clock.run(12)
    assert home.value(device, "knock_on_the_door") == "off"


async def test_the_device_says_first_that_it_is_over(home: Home) -> None:
    device = lock()
    await home.add(device)
    await say(home, device, "door", "knock")
    await say(home, device, "door", "opened")
    assert home.value(device, "knock_on_the_door") == "off"
    await say(home, device, "fingerprint")
    await home.clock.run(5)
    assert home.value(device, "fingerprint") == "on"
    await home.clock.run(6)
    assert home.value(device, "fingerprint") == "off"


async def test_the_shorter_of_two_states_ends_first(home: Home) -> None:
    device = product(
        0xBEEF,
        script(0x07, ("03", "door", "knock")),
        script(0x0F, ("000000", "motion", "seen")),
    )
    await home.add(device)
    await say(home, device, "motion")
    await say(home, device, "door")
    await home.clock.run(11)
    assert home.value(device, "knock_on_the_door") == "off"
    assert home.value(device, "motion") == "on"
    await home.clock.run(175)
    assert home.value(device, "motion") == "off"


async def test_a_low_battery_stays_low_over_a_restart(home: Home) -> None:
    device = product(0x51E2, script(0x5201, ("01", "low", "low")))
    entry = await home.add(device)
    await choose(home, entry, timeout=60 * 24 * 30)
    await say(home, device, "low")
    await home.clock.leap(3 * DAY)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(1)
    assert home.value(device, "battery_low") == "on"
    await home.clock.leap(4.5 * DAY)
    assert home.value(device, "battery_low") == "off"


async def test_what_ended_meanwhile_is_over_after_the_start(home: Home) -> None:
    device = product(0x51E2, script(0x5201, ("01", "low", "low")))
    entry = await home.add(device)
    await choose(home, entry, timeout=60 * 24 * 30)
    await say(home, device, "low")
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    await home.clock.leap(8 * DAY)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.clock.run(1)
    assert home.value(device, "battery_low") == "off"


async def test_motion_of_an_unknown_product_ends(home: Home) -> None:
    device = product(0x7F02, script(0x0F, ("000000", "motion", "seen")))
    entry = await home.add(device)
    assert await form_of(home, entry) == set()
    await say(home, device, "motion")
    assert home.value(device, "motion") == "on"
    assert await form_of(home, entry) == {"motion_hold"}
    await home.clock.run(185)
    assert home.value(device, "motion") == "off"


async def test_moving_away_ends_motion(home: Home) -> None:
    device = product(
        0x7F03,
        script(0x03, ("01", "motion", "motion_detected")),
        script(0x04, ("01", "motion", "moved_away")),
    )
    await home.add(device)
    await say(home, device, "motion", "motion_detected")
    assert home.value(device, "motion") == "on"
    await say(home, device, "motion", "moved_away")
    assert home.value(device, "motion") == "off"


async def test_the_form_has_only_what_the_device_has(home: Home) -> None:
    makers = {
        "A4:C1:38:00:14:41": (KINDS["ATC1441"], set()),
        "DE:70:E8:00:03:DD": (KINDS["MUE4094RT"], {"motion_hold"}),
    }
    for address, (make, wanted) in makers.items():
        entry = await home.add(make(address=address))
        assert await form_of(home, entry) == wanted
    locked = await home.add(lock())
    assert await form_of(home, locked) == {"knock_on_the_door_hold", "fingerprint_hold"}


async def test_a_ring_is_told_in_home_assistants_word(home: Home) -> None:
    device = product(0x44C1, script(0x5606, ("00f15365", "doorbell", "rings")))
    await home.add(device)
    await say(home, device, "doorbell")
    state = home.state(device, "event_doorbell")
    assert state.attributes["event_type"] == "ring"
    assert state.attributes["device_class"] == "doorbell"
    assert state.attributes["event_types"] == ["ring"]


# --- BTHome: several of a kind, and what is shown in a special way


def bthome(*objects: dict[str, Any]) -> Beacon:
    return KINDS["BTHOME_OBJECTS"](address=ADDRESS, objects=list(objects))


def number(number: int, kind: str, field: str, start: float, scale: float) -> Any:
    return {
        "id": number,
        "kind": kind,
        "field": field,
        "start": start,
        "scale": scale,
        "frame": "all",
    }


async def test_the_second_of_a_kind_has_a_name_of_its_own(home: Home) -> None:
    device = bthome(
        number(0x02, "s16", "temperature", 20.5, 0.01),
        number(0x02, "s16", "temperature_2", 4.25, 0.01),
    )
    entry = await home.add(device)
    await home.listen(device, 1)
    names = {
        one.original_name
        for one in er.async_get(home.hass).entities.values()
        if "temperature" in one.unique_id
    }
    assert names == {"Temperature", "Temperature 2"}
    device.put("temperature_2", 5.5)
    await home.listen(device, 1)
    assert home.value(device, "temperature") == "20.5"
    assert home.value(device, "temperature_2") == "5.5"
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert home.value(device, "temperature_2") == "5.5"


async def test_a_time_is_shown_as_a_time(home: Home) -> None:
    device = bthome(number(0x50, "u32", "timestamp", 1_684_093_277, 1))
    await home.add(device)
    await home.listen(device, 1)
    assert home.value(device, "timestamp") == "2023-05-14T19:41:17+00:00"


async def test_a_switch_that_nobody_soldered_is_off_at_first(home: Home) -> None:
    device = KINDS["PVVX"](address=ADDRESS, flags=3)
    await home.add(device)
    await home.listen(device, 1)
    registry = er.async_get(home.hass)
    for field in ("opening", "switch"):
        entity_id = home.entity_id(device, field)
        assert entity_id
        assert registry.entities[entity_id].disabled_by
    assert float(home.value(device, "temperature"))


async def test_holding_a_button_is_told_in_home_assistants_words(home: Home) -> None:
    steps = [("80", "hold_press"), ("81", "hold_release"), ("05", "long_double_press")]
    device = bthome(
        {"id": 0x01, "kind": "u8", "start": 80},
        script(0x3A, *((data, "button", word) for data, word in steps)),
    )
    await home.add(device)
    told = []
    for _, word in steps:
        await say(home, device, "button", word)
        told.append(dict(home.state(device, "event_button").attributes))
    assert [one["event_type"] for one in told] == [
        "long_press_start",
        "long_press_end",
        "long_press_end",
    ]
    assert told[2]["multi_press_count"] == 2
    entry = next(
        one
        for one in dr.async_get(home.hass).devices
        if (DOMAIN, device.address) in one.identifiers
    )
    triggers = await async_get_device_automations(
        home.hass, DeviceAutomationType.TRIGGER, entry.id
    )
    types = {one["type"] for one in triggers if one["domain"] == DOMAIN}
    assert {"long_press_start", "long_press_end", "long_press_end_3"} <= types


async def test_a_sensor_that_tells_of_its_own_times_is_believed(home: Home) -> None:
    recorded = json.loads((FIXTURES / "timed" / "motion.json").read_text())
    address, key = recorded["address"], recorded["bindkey"]
    adverts = {
        one["at_s"]: ad.payload(
            ad.service_data16(0xFE95, bytes.fromhex(one["service_data"]))
        )
        for one in recorded["adverts"]
    }
    assert list(adverts) == [0, 60, 64, 183]

    def motion() -> str | None:
        entity = next(
            one.entity_id
            for one in er.async_get(home.hass).entities.values()
            if one.unique_id == f"{address}-motion"
        )
        state = home.hass.states.get(entity)
        return state.state if state else None

    home.air.hear(address, adverts[0])
    await home.clock.until(lambda: home.flows(address))
    menu = await home.answer(home.flows(address)[0])
    await home.answer(await home.choose(menu, "key"), {"key": key})
    await home.clock.settle()

    shown = {}
    for second in range(60, 200):
        await home.clock.run(1)
        if second in adverts:
            home.air.hear(address, adverts[second])
            await home.clock.settle()
        shown[second] = motion()
    assert {shown[second] for second in range(60, 183)} == {"on"}
    assert {shown[second] for second in range(183, 200)} == {"off"}
