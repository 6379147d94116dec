"""Buttons, dimmers and motion: what happened once is told once."""

from collections.abc import Mapping

import pytest
from pytest_homeassistant_custom_component.common import async_get_device_automations

from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..air import Air
from ..home import Home

SWITCH = "54:EF:44:00:19:49"


@pytest.fixture
def fired(hass: HomeAssistant) -> list[tuple[str, Mapping[str, object]]]:
    """Collect what event entities tell; their state is the time at which it happened."""
    found: list[tuple[str, Mapping[str, object]]] = []
    times = set()

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is None or new.domain != "event" or not new.state[:1].isdigit():
            return
        if (new.entity_id, new.state) not in times:
            times.add((new.entity_id, new.state))
            what = {
                str(key): value
                for key, value in new.attributes.items()
                if key not in {"event_types", "friendly_name", "device_class"}
            }
            found.append((new.entity_id, what))

    hass.bus.async_listen("state_changed", changed)
    return found


def switch() -> Beacon:
    """Make a switch with two buttons that is pressed by the test only."""
    press = [
        {
            "id": 0x4E0C,
            "kind": "script",
            "every": 9e9,
            "steps": [
                {"hex": "01", "tells": {"event:button_left": "press"}},
                {"hex": "02", "tells": {"event:button_right": "press"}},
            ],
        },
        {
            "id": 0x4E0D,
            "kind": "script",
            "every": 9e9,
            "steps": [
                {"hex": "01", "tells": {"event:button_left": "double_press"}},
            ],
        },
        {
            "id": 0x4E0E,
            "kind": "script",
            "every": 9e9,
            "steps": [
                {"hex": "01", "tells": {"event:button_left": "long_press"}},
            ],
        },
    ]
    return KINDS["XMWXKG01YL"](address=SWITCH, key="19" * 16, objects=press)


async def test_a_press_heard_three_times_fires_once(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    device = switch()
    await home.add(device)
    device.press("button_right")
    await home.listen(device, 3, every=0.1)

    assert fired == [("event.switch_1949_button_right", {"event_type": "press_end"})]


async def test_a_press_that_two_receivers_hear_fires_once(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    device = switch()
    await home.add(device)
    await home.clock.run(1)
    other = Air(home.hass, source="AA:BB:CC:00:00:98")
    device.press("button_left")
    said = device.advertisement(0.0)
    assert said is not None
    for air, rssi in ((home.air, -80), (other, -50), (home.air, -80), (other, -50)):
        air.hear(device.address, said[0], rssi=rssi)
        await home.clock.run(0.2)
    other.close()

    assert len(fired) == 1


async def test_two_equal_presses_fire_twice(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    device = switch()
    await home.add(device)
    for _ in range(2):
        device.press("button_left")
        await home.listen(device, 3, every=0.1)

    assert [what["event_type"] for _, what in fired] == ["press_end", "press_end"]


async def test_presses_come_in_home_assistants_words(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    device = switch()
    await home.add(device)
    for kind in ("press", "double_press", "long_press"):
        device.press("button_left", kind)
        await home.listen(device, 3, every=0.1)

    assert [what for _, what in fired] == [
        {"event_type": "press_end"},
        {"event_type": "multi_press_end", "multi_press_count": 2},
        {"event_type": "long_press_end"},
    ]
    state = home.state(device, "event_button_left")
    assert state.attributes["device_class"] == "button"
    assert state.attributes["event_types"] == [
        "press_end",
        "multi_press_end",
        "long_press_end",
    ]


async def test_the_press_that_led_to_discovery_fires_nothing(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    """Home Assistant replays the last advert when we start to listen: that press is history."""
    device = home.air.add(switch())
    assert isinstance(device, Beacon)
    device.press("button_left")
    entry = await home.add(device)
    assert fired == []
    assert home.entity_id(device, "event_button_left") is None

    device.press("button_left")
    await home.listen(device, 3, every=0.1)
    assert len(fired) == 1
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(1)
    assert len(fired) == 1


async def test_an_old_press_that_comes_with_news_after_a_restart_fires_nothing(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    """A receiver hands over what it heard last of everything whenever one part of it changes."""
    device = KINDS["YLYK01YL"](address="F8:24:41:00:01:53")
    entry = await home.add(device)
    await home.clock.run(1)
    device.press("button_on")
    said = device.advertisement(0.0)
    assert said is not None
    home.air.hear(device.address, said[0])
    await home.clock.run(1)
    assert len(fired) == 1

    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    other = Air(home.hass, source="AA:BB:CC:00:00:98")
    for number, air in enumerate((home.air, other, home.air, other)):
        await home.clock.run(2)
        air.hear(device.address, b"\x04\x16\x0f\x18" + bytes((number,)))
        air.hear(device.address, said[0])
    await home.clock.run(1)
    other.close()
    assert len(fired) == 1


async def test_each_button_comes_with_its_first_press(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    """Those that nobody presses would be unknown for good; automations can be made of all of them."""
    device = KINDS["YLYK01YL"](address="F8:24:41:00:01:53")
    await home.add(device)
    assert not [one for one in er.async_get(home.hass).entities if "event." in one]
    device.press("button_plus")
    await home.listen(device, 3, every=0.1)

    # The press that makes them is told, too.
    assert fired == [("event.remote_0153_button_plus", {"event_type": "press_end"})]
    rows = [
        one
        for one in er.async_get(home.hass).entities.values()
        if one.domain == "event"
    ]
    assert [one.original_name for one in rows] == ["Button plus"]
    offered = await async_get_device_automations(
        home.hass, DeviceAutomationType.TRIGGER, str(rows[0].device_id)
    )
    assert {one["subtype"] for one in offered if one["domain"] == "mi_bms"} == {
        "button_on",
        "button_off",
        "button_brightness",
        "button_plus",
        "button_m",
        "button_min",
    }


async def test_a_capital_letter_on_a_button_matters_to_nobody(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    device = KINDS["YLYK01YL"](address="F8:24:41:00:01:53")
    await home.add(device)
    device.press("button_M")
    await home.listen(device, 3, every=0.1)

    assert fired == [("event.remote_0153_button_m", {"event_type": "press_end"})]


async def test_without_a_key_there_is_no_event(home: Home) -> None:
    """A button that nobody can read would be a state that is unknown for good."""
    device = switch()
    entry = await home.add(device, {})
    for _ in range(3):
        device.press("button_left")
        await home.listen(device, 3, every=0.1)
    assert home.entity_id(device, "event_button_left") is None

    # With the key it comes with the first press.
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    home.hass.config_entries.async_update_entry(
        entry, data={**entry.data, "key": "19" * 16}
    )
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    device.press("button_left")
    await home.listen(device, 3, every=0.1)
    assert home.state(device, "event_button_left").attributes["event_type"]
    assert home.entity_id(device, "event_button_right") is None


async def test_a_dimmer_keeps_its_own_words_and_steps(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    device = KINDS["YLKG07YL"](address="F8:24:41:00:03:B6", key="b6" * 12)
    await home.add(device)
    device.press("dimmer", "rotate_left")
    await home.listen(device, 3, every=0.1)

    (only,) = fired
    assert only[1]["event_type"] == "rotate_left"
    assert only[1]["steps"] == 3
    # What is pressed about it is told as of a button.
    device.press("dimmer", "press")
    await home.listen(device, 3, every=0.1)
    state = home.state(device, "event_dimmer")
    assert state.attributes["device_class"] == "button"
    assert state.attributes["event_type"] == "press_end"


def unknown_product() -> Beacon:
    steps = [{"hex": "01", "tells": {"event:motion": "motion_detected"}}]
    return KINDS["MIBEACON"](
        address="54:EF:44:00:FF:FD",
        product=0xFFFD,
        objects=[
            {"id": 0x0003, "kind": "script", "steps": steps, "every": 9e9},
            {"id": 0x100A, "kind": "u8", "field": "battery", "start": 50},
        ],
    )


async def test_an_event_of_an_unknown_product_makes_its_entity_and_fires(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    device = unknown_product()
    entry = await home.add(device)
    assert home.entity_id(device, "event_motion") is None
    device.press()
    await home.listen(device, 3, every=0.1)
    assert [what["event_type"] for _, what in fired] == ["motion_detected"]

    device.press()
    await home.listen(device, 3, every=0.1)
    assert len(fired) == 2

    # Known from now on: the entity is there before anything is heard.
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    before = home.value(device, "event_motion")
    assert before not in {"unknown", "unavailable"}
    device.press()
    await home.listen(device, 3, every=0.1)
    assert home.value(device, "event_motion") > before


async def test_motion_ends_by_itself_where_the_model_never_says_so(home: Home) -> None:
    device = KINDS["MUE4094RT"](address="DE:70:E8:00:03:DD")
    await home.add(device)
    await home.listen(device, 6)  # one motion after five seconds
    assert home.value(device, "motion") == "on"
    assert home.state(device, "event_motion").attributes["event_type"] == (
        "motion_detected"
    )
    await home.clock.run(33)
    assert home.value(device, "motion") == "on"
    await home.clock.run(5)
    assert home.value(device, "motion") == "off"


async def test_each_motion_begins_the_hold_anew(home: Home) -> None:
    device = KINDS["MUE4094RT"](address="DE:70:E8:00:03:DD")
    await home.add(device)
    await home.listen(device, 6)
    await home.clock.run(25)
    device.press("motion")
    await home.listen(device, 3, every=0.1)
    await home.clock.run(30)
    assert home.value(device, "motion") == "on"
    await home.clock.run(10)
    assert home.value(device, "motion") == "off"


async def test_a_motion_that_is_over_is_not_shown_after_a_reload(home: Home) -> None:
    device = KINDS["MUE4094RT"](address="DE:70:E8:00:03:DD")
    entry = await home.add(device)
    await home.listen(device, 6)
    assert home.value(device, "motion") == "on"
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    await home.clock.run(200)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.clock.run(1)
    assert home.value(device, "motion") == "off"


async def test_a_motion_that_lasts_over_a_reload_still_ends(home: Home) -> None:
    device = KINDS["MUE4094RT"](address="DE:70:E8:00:03:DD")
    entry = await home.add(device)
    await home.listen(device, 6)
    await home.clock.run(15)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(15)
    assert home.value(device, "motion") == "on"
    await home.clock.run(10)
    assert home.value(device, "motion") == "off"


async def test_what_happened_is_unavailable_with_its_sensor(
    home: Home, fired: list[tuple[str, Mapping[str, object]]]
) -> None:
    """At once, as all its other entities are, and there again with the next one."""
    device = KINDS["MUE4094RT"](address="DE:70:E8:00:03:DD")
    entry = await home.add(device)
    await home.set_options(await home.options(entry), {"timeout": 60})
    await home.listen(device, 6)
    assert len(fired) == 1
    before = home.value(device, "event_motion")
    await home.clock.leap(7200)
    assert home.value(device, "motion") == "unavailable"
    assert home.value(device, "event_motion") == "unavailable"
    device.press()
    await home.listen(device, 3, every=0.1)
    assert home.value(device, "event_motion") > before
    assert len(fired) == 2
