"""Adding a device by hand."""

from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..air import Air
from ..clock import Clock
from ..home import Home, Result

ADDRESS = "A5:C2:37:00:00:04"


@pytest.mark.usefixtures("mock_bluetooth")
async def test_without_a_receiver_there_is_nothing_to_search_with(
    clock: Clock, hass: HomeAssistant
) -> None:
    assert await async_setup_component(hass, "bluetooth_adapters", {})
    done = await clock.wait(
        hass.config_entries.flow.async_init("mi_bms", context={"source": "user"})
    )
    assert done["type"] == "abort"
    assert done["reason"] == "no_bluetooth"


async def searched(home: Home) -> Result:
    """Search with a receiver that always asks for names: that takes no time."""
    menu = await home.start()
    assert [one for one in menu["menu_options"] if one != "all_now"] == [
        "search",
        "nearby",
        "keys",
        "pair",
        "manual",
        "bank",
        "outputs",
    ]
    return await home.choose(menu, "search")


async def test_a_search_shows_that_it_takes_time(home: Home) -> None:
    receiver = Air(home.hass, source="AA:BB:CC:00:00:97", on_demand=True)
    flow = await home.choose(await home.start(), "search")
    assert flow["type"] == "progress"
    assert flow["progress_action"] == "search"
    still = await home.answer(flow)
    assert still["type"] == "progress"
    device = home.air.add(KINDS["ATC1441"](address="A4:C1:38:00:14:41"))
    home.shout(device)
    await home.clock.until(lambda: _step(home, flow) not in {"search", None}, 60)
    form = await home.answer(flow)
    assert form["step_id"] == "pick"
    assert [one["value"] for one in _choices(form)] == [device.address]
    receiver.close()


def _step(home: Home, flow: Result) -> str | None:
    return next(
        (one["step_id"] for one in home.flows() if one["flow_id"] == flow["flow_id"]),
        None,
    )


async def test_a_search_lists_what_is_heard_the_nearest_first(home: Home) -> None:
    sensor = KINDS["LYWSD03MMC"](address="A4:C1:38:00:05:5B", key="11" * 16)
    battery = KINDS["JBD"](address=ADDRESS, name="JBD-mine")
    stranger = KINDS["EJ"](address="C8:47:8C:00:15:44", name="Headphones")
    done = KINDS["ATC1441"](address="A4:C1:38:00:14:41")
    await home.add(done)
    for device, rssi in ((sensor, -80), (battery, -55), (stranger, -30)):
        home.air.add(device, rssi=rssi)
        home.shout(device)
    form = await searched(home)
    assert form["step_id"] == "pick"
    assert _choices(form) == [
        {
            "value": ADDRESS,
            "label": f"Battery JBD-mine 0004 (JBD smart BMS) · {ADDRESS} · -55 dBm",
        },
        {
            "value": "A4:C1:38:00:05:5B",
            "label": "Thermometer 055B (LYWSD03MMC) · A4:C1:38:00:05:5B · -80 dBm",
        },
    ]

    form = await home.answer(form, {"address": ADDRESS})
    assert form["step_id"] == "battery"
    created = await home.answer(form, {})
    assert created["type"] == "create_entry"
    await home.clock.run(5)


async def test_nothing_heard(home: Home) -> None:
    menu = await searched(home)
    assert menu["type"] == "menu"
    assert menu["step_id"] == "nothing_heard"
    assert menu["menu_options"] == ["search", "manual"]
    flow = await home.choose(menu, "search")
    assert flow["step_id"] == "nothing_heard"


async def manual(home: Home, address: str) -> Result:
    """Enter an address."""
    form = await home.choose(await home.start(), "manual")
    return await home.answer(form, {"address": address})


@pytest.mark.parametrize(
    "text",
    [
        "A4:C1:38:00:05:5B",
        "a4:c1:38:00:05:5b",
        "A4-C1-38-00-05-5B",
        "a4c13800055b",
        " A4 C1 38 00 05 5B ",
        "a4c1.3800.055b",
    ],
)
async def test_an_address_in_any_spelling(home: Home, text: str) -> None:
    device = home.air.add(
        KINDS["LYWSD03MMC"](address="A4:C1:38:00:05:5B", key="11" * 16)
    )
    home.shout(device)
    form = await manual(home, text)
    assert form["step_id"] == "key_ways"
    assert form["description_placeholders"]["address"] == "A4:C1:38:00:05:5B"


@pytest.mark.parametrize(
    "text", ["", "A4:C1:38:00:05", "A4:C1:38:00:05:5G", "thermometer"]
)
async def test_what_is_no_address(home: Home, text: str) -> None:
    form = await manual(home, text)
    assert form["step_id"] == "manual"
    assert form["errors"] == {"address": "invalid_address"}


async def test_a_device_that_is_set_up_is_refused(home: Home) -> None:
    await home.add(KINDS["ATC1441"](address="A4:C1:38:00:14:41"))
    done = await manual(home, "a4c138001441")
    assert done["reason"] == "already_configured"


async def test_a_form_by_hand_does_not_mind_one_by_discovery(home: Home) -> None:
    await home.discover(KINDS["ATC1441"](address="A4:C1:38:00:14:41"))
    form = await manual(home, "a4c138001441")
    assert form["step_id"] == "confirm"
    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    await home.clock.settle()
    assert home.flows() == []


async def test_a_sensor_that_sleeps_is_added_by_its_address(home: Home) -> None:
    menu = await manual(home, "54:48:E6:00:07:F6")
    assert menu["step_id"] == "kind"
    assert menu["menu_options"] == ["key_ways", "family"]
    assert menu["description_placeholders"]["name"] == "54:48:E6:00:07:F6"
    form = await home.choose(await home.choose(menu, "key_ways"), "key")
    form = await home.answer(form, {"key": "f6" * 16})
    assert form["step_id"] == "unchecked"
    done = await home.answer(form, {})
    assert done["title"] == "Sensor 07F6"
    assert done["data"] == {
        "kind": "sensor",
        "address": "54:48:E6:00:07:F6",
        "product": None,
        "model": None,
        "key": "f6" * 16,
    }
    await home.clock.settle()

    device = home.air.add(KINDS["MJYD02YL"](address="54:48:E6:00:07:F6", key="f6" * 16))
    await home.listen(device, 12, every=0.7)
    assert home.value(device, "motion") in {"on", "off"}


async def unrecognised(home: Home, **more: Any) -> Result:
    """Enter the address of a battery whose adverts say nothing, and call it a battery."""
    device = home.air.add(
        KINDS["EJ"](address="C8:47:8C:00:15:44", name="Nobody", **more)
    )
    home.shout(device)
    menu = await manual(home, "C8:47:8C:00:15:44")
    assert menu["step_id"] == "kind"
    form = await home.choose(menu, "family")
    assert form["step_id"] == "family"
    return form


async def test_a_battery_that_is_not_recognised_is_named_by_the_user(
    home: Home,
) -> None:
    form = await unrecognised(home)
    values = [one["value"] for one in _choices(form, "family")]
    labels = [one["label"] for one in _choices(form, "family")]
    assert values[0] == "find_out"
    assert labels[1:] == sorted(labels[1:], key=str.casefold)
    form = await home.answer(form, {"family": "jbd"})
    assert form["step_id"] == "family"
    assert form["errors"]["base"] in {"no_answer", "invalid_reply"}
    done = await home.answer(form, {"family": "ej"})
    assert done["data"]["family"] == "ej"
    assert done["title"] == "Battery E&J Technology BMS 1544"
    await home.clock.run(5)


async def test_a_battery_that_is_not_recognised_is_found_out(home: Home) -> None:
    form = await unrecognised(home)
    done = await home.answer(form, {"family": "find_out"})
    assert done["data"]["family"] == "ej"
    await home.clock.run(5)


async def test_a_wrong_choice_leads_to_the_right_one(home: Home) -> None:
    """The module has nothing that this type needs; another type answers."""
    form = await unrecognised(home)
    form = await home.answer(form, {"family": "eleksol"})
    assert form["step_id"] == "family"
    assert form["errors"] == {"base": "other_family"}
    proposed = next(key.description for key in form["data_schema"].schema)
    assert proposed == {"suggested_value": "ej"}


async def test_what_nobody_knows(home: Home) -> None:
    form = await unrecognised(home)
    home.air.faults["C8:47:8C:00:15:44"].mute = True
    form = await home.answer(form, {"family": "find_out"})
    assert form["errors"] == {"base": "not_supported"}


async def test_a_battery_that_is_not_heard_cannot_be_read(home: Home) -> None:
    menu = await manual(home, "C8:47:8C:00:15:44")
    form = await home.choose(menu, "family")
    form = await home.answer(form, {"family": "ej"})
    assert form["errors"] == {"base": "cannot_connect"}
    assert form["description_placeholders"]["rssi"] == "-"


async def test_a_device_that_falls_silent_after_the_search(home: Home) -> None:
    device = home.air.add(KINDS["ATC1441"](address="A4:C1:38:00:14:41"))
    home.shout(device)
    form = await searched(home)
    await home.clock.leap(2000)
    await home.clock.leap(2000)
    menu = await home.answer(form, {"address": "A4:C1:38:00:14:41"})
    assert menu["step_id"] == "kind"


def _choices(form: Result, field: str = "address") -> list[dict[str, str]]:
    choices: list[dict[str, str]] = form["data_schema"].schema[field].config["options"]
    return choices
