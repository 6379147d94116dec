"""A whole house that moves here: one list, one preview, one go."""

from typing import Any

import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.helpers import entity_registry as er

from ..home import Home, Result
from ..keys.test_ring import ADDRESS, CLEAR, KEY, OTHER, entries, thermometer
from ..takeover.living import Living, living
from ..takeover.others import HUMIDITY, TEMPERATURE
from .test_nearby import BATTERY
from .test_take_over import LEVEL, PACKET, VOLTAGE, battery, by_mqtt, sensor

pytestmark = pytest.mark.usefixtures("other_integrations")


async def house(home: Home, *, key: str = KEY) -> dict[str, Living]:
    """Have three devices in other integrations, and hear them."""
    found = {
        CLEAR: await living(
            home,
            "bthome",
            TEMPERATURE,
            HUMIDITY,
            PACKET,
            address=CLEAR,
            name="Old attic",
        ),
        ADDRESS: await living(
            home, "xiaomi_ble", TEMPERATURE, address=ADDRESS, data={"bindkey": key}
        ),
        BATTERY: await living(
            home,
            "bms_ble",
            VOLTAGE,
            LEVEL,
            address=BATTERY,
            prefix=f"bms_ble-{BATTERY.lower()}-",
            name="Old battery",
            data={"type": "jbd_bms"},
        ),
    }
    device = thermometer()
    for one in (sensor(), device, battery()):
        home.air.add(one)
        home.shout(one)
    await home.listen(device, 2)
    return found


async def offered(home: Home) -> Result:
    """Open the list."""
    return await home.choose(await home.start(), "take_all")


def lines(form: Result, field: str) -> dict[str, str]:
    """Return the labels of a list by their values."""
    schema = form["data_schema"].schema
    return {one["value"]: one["label"] for one in schema[field].config["options"]}


def ticked(form: Result, field: str) -> list[str]:
    """Return what is proposed of a list."""
    (key,) = (one for one in form["data_schema"].schema if str(one) == field)
    proposed: list[str] = key.default()
    return proposed


async def work(home: Home, flow: Result, step: str) -> Result:
    """Wait until something that takes time is done."""
    if flow["type"] != "progress":
        return flow

    def ended() -> bool:
        return all(one["step_id"] != step for one in home.flows())

    await home.clock.until(ended, 600)
    return await home.send(flow)


async def preview(home: Home, form: Result, data: dict[str, Any]) -> Result:
    """Send the list and come to the preview."""
    return await work(home, await home.send(form, data), "take_all_reading")


async def go(home: Home, form: Result) -> Result:
    """Say yes to the preview and wait for the end."""
    assert form["step_id"] == "take_all_preview", form
    done = await work(home, await home.send(form, {}), "take_all_moving")
    await home.clock.settle()
    return done


async def test_it_is_offered_only_where_others_have_something(home: Home) -> None:
    home.air.add(sensor())
    home.shout(home.air.devices[CLEAR])
    assert "take_all" not in (await home.start())["menu_options"]
    await living(home, "bthome", TEMPERATURE, address=CLEAR)
    assert "take_all" in (await home.start())["menu_options"]


async def test_a_whole_house_moves(home: Home) -> None:
    found = await house(home)
    form = await offered(home)
    assert form["description_placeholders"]["count"] == "3"
    assert len(lines(form, "sure")) == 3
    assert sorted(ticked(form, "sure")) == sorted(lines(form, "sure"))
    assert "Xiaomi BLE" in " ".join(lines(form, "sure").values())
    form = await preview(home, form, {"sure": ticked(form, "sure")})
    assert form["description_placeholders"]["moving"] == "5"
    told = form["description_placeholders"]["preview"]
    assert "from BTHome: entities that move: 2, that stay: 1" in told
    assert "packet_id: Stays." in told
    for one in found.values():
        assert one.entry.disabled_by is None
    done = await go(home, form)
    assert done["reason"] == "taken_over"
    assert (
        "Devices moved: 3. Entities moved: 5."
        in done["description_placeholders"]["told"]
    )
    assert {*entries(home)} == {*found}
    for one in found.values():
        assert one.entry.disabled_by
    assert found[CLEAR].row("temperature").platform == DOMAIN
    assert found[BATTERY].row("voltage").platform == DOMAIN
    assert entries(home)[ADDRESS].data["key"] == KEY
    assert home.read_at(home.air.devices[BATTERY])
    # Nothing is left to move.
    assert "take_all" not in (await home.start())["menu_options"]


async def test_what_cannot_move_is_told_and_the_rest_moves(home: Home) -> None:
    found = await house(home, key=OTHER)
    home.air.refuse.add(BATTERY)
    form = await offered(home)
    form = await preview(home, form, {"sure": ticked(form, "sure")})
    told = form["description_placeholders"]["preview"]
    assert "cannot move: could not be reached" in told
    assert "its key does not fit" in told
    done = await go(home, form)
    assert done["reason"] == "taken_partly"
    assert "could not be reached" in done["description_placeholders"]["failed"]
    assert {*entries(home)} == {CLEAR}
    assert found[BATTERY].entry.disabled_by is None
    assert found[ADDRESS].entry.disabled_by is None


async def test_where_nothing_can_move_the_end_says_so(home: Home) -> None:
    await living(home, "bthome", PACKET, address=CLEAR)
    form = await offered(home)
    done = await preview(home, form, {"sure": ticked(form, "sure")})
    assert done["reason"] == "taken_partly"
    told = done["description_placeholders"]
    assert told["told"] == "No device was moved."
    assert "none of its entities" in told["failed"]


async def test_what_is_unticked_stays(home: Home) -> None:
    found = await house(home)
    form = await offered(home)
    (mine,) = (one for one in lines(form, "sure") if CLEAR in one)
    await go(home, await preview(home, form, {"sure": [mine]}))
    assert {*entries(home)} == {CLEAR}
    assert found[ADDRESS].entry.disabled_by is None


async def test_nothing_ticked_is_told(home: Home) -> None:
    await house(home)
    form = await home.send(await offered(home), {"sure": []})
    assert form["errors"] == {"base": "none_ticked"}


async def test_a_device_of_two_integrations_gives_one_history(home: Home) -> None:
    await house(home)
    second = await living(home, "xiaomi_ble", TEMPERATURE, address=CLEAR)
    form = await offered(home)
    assert form["description_placeholders"]["count"] == "3"
    assert "Thermometer 1441" in form["description_placeholders"]["twice"]
    assert len(lines(form, "sure")) == 4
    assert len(ticked(form, "sure")) == 3
    form = await home.send(form, {"sure": [*lines(form, "sure")]})
    assert form["errors"] == {"base": "one_of_two"}
    assert form["description_placeholders"]["devices"] == "Thermometer 1441"
    # What somebody has ticked is not forgotten for it.
    assert ticked(form, "sure") == [*lines(form, "sure")]
    mine = [one for one in lines(form, "sure") if one.startswith("xiaomi_ble")]
    await go(home, await preview(home, form, {"sure": mine}))
    assert second.row("temperature").platform == DOMAIN


async def test_what_is_only_likely_is_not_ticked(home: Home) -> None:
    await home.add(battery())
    old = await by_mqtt(home, "JBD-mine")
    form = await offered(home)
    assert "sure" not in [str(one) for one in form["data_schema"].schema]
    assert ticked(form, "unsure") == []
    (value,) = lines(form, "unsure")
    done = await go(home, await preview(home, form, {"unsure": [value]}))
    assert done["reason"] == "taken_over"
    await home.clock.settle()
    assert old.row("soc_total_voltage").platform == DOMAIN


async def test_entries_that_run_beside_are_there_but_not_proposed(home: Home) -> None:
    old = await living(home, "bthome", TEMPERATURE, address=CLEAR)
    menu = await home.discover(sensor())
    form = await home.choose(menu, "run_beside")
    await home.answer(form, {})
    await home.clock.settle()
    form = await offered(home)
    assert ticked(form, "sure") == []
    await go(home, await preview(home, form, {"sure": [*lines(form, "sure")]}))
    assert old.row("temperature").platform == DOMAIN
    assert len(entries(home)) == 1


async def test_closing_the_form_stops_reading(home: Home) -> None:
    found = await house(home)
    form = await offered(home)
    flow = await home.send(form, {"sure": ticked(form, "sure")})
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.clock.run(120)
    assert not entries(home)
    assert found[BATTERY].entry.disabled_by is None


async def test_what_changes_before_the_yes_is_told(home: Home) -> None:
    found = await house(home)
    form = await offered(home)
    form = await preview(home, form, {"sure": ticked(form, "sure")})
    gone = found[CLEAR].row("humidity").entity_id
    er.async_get(home.hass).async_remove(gone)
    done = await go(home, form)
    assert done["reason"] == "taken_partly"
    failed = done["description_placeholders"]["failed"]
    assert failed.startswith(f"- Thermometer 1441: {gone} was removed")
    assert {*entries(home)} == {ADDRESS, BATTERY}
    assert found[CLEAR].entry.disabled_by is None


async def test_a_sensor_that_is_silent_moves_with_its_key(home: Home) -> None:
    old = await living(
        home, "xiaomi_ble", TEMPERATURE, address=ADDRESS, data={"bindkey": KEY}
    )
    form = await offered(home)
    await go(home, await preview(home, form, {"sure": ticked(form, "sure")}))
    assert old.row("temperature").platform == DOMAIN
    assert entries(home)[ADDRESS].data["key"] == KEY


async def test_a_battery_that_is_silent_stays(home: Home) -> None:
    old = await living(
        home,
        "bms_ble",
        VOLTAGE,
        address=BATTERY,
        prefix=f"bms_ble-{BATTERY.lower()}-",
        data={"type": "jbd_bms"},
    )
    form = await offered(home)
    done = await preview(home, form, {"sure": ticked(form, "sure")})
    assert done["reason"] == "taken_partly"
    assert "could not be reached" in done["description_placeholders"]["failed"]
    assert old.entry.disabled_by is None


async def test_a_battery_of_an_unknown_type_is_recognised(home: Home) -> None:
    old = await living(
        home,
        "bms_ble",
        VOLTAGE,
        address=BATTERY,
        prefix=f"bms_ble-{BATTERY.lower()}-",
        data={"type": "never_heard_of_bms"},
    )
    home.air.add(battery())
    home.shout(home.air.devices[BATTERY])
    await home.clock.settle()
    form = await offered(home)
    await go(home, await preview(home, form, {"sure": ticked(form, "sure")}))
    assert old.row("voltage").platform == DOMAIN
    assert entries(home)[BATTERY].data["family"] == "jbd"


async def test_what_others_read_is_not_added_by_the_way(home: Home) -> None:
    await house(home)
    menu = await home.start()
    assert "all_now" not in menu["menu_options"], "all of them are read elsewhere"
    form = await home.choose(menu, "nearby")
    assert lines(form, "batteries"), "it is listed"
    assert not ticked(form, "batteries") and not ticked(form, "take")
