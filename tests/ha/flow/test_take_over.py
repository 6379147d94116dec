"""A device that another integration has already: moved here, run beside, given back."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral

from ..home import Home, Result
from ..keys.test_ring import ADDRESS, CLEAR, KEY, OTHER, paste, take, thermometer
from ..takeover.living import Living, living
from ..takeover.others import HUMIDITY, TEMPERATURE, OtherRow
from .test_nearby import BATTERY

pytestmark = pytest.mark.usefixtures("other_integrations")

VOLTAGE = OtherRow(key="voltage", value="13.2", unit="V", kind="voltage")
LEVEL = OtherRow(key="battery_level", value="62", unit="%", kind="battery")
PACKET = OtherRow(key="packet_id", value="7")


async def other(home: Home) -> Living:
    """Have another integration for the thermometer in the clear."""
    rows = (TEMPERATURE, HUMIDITY, PACKET)
    return await living(home, "xiaomi_ble", *rows, address=CLEAR)


async def other_battery(home: Home) -> Living:
    """Have the custom integration for batteries."""
    return await living(
        home,
        "bms_ble",
        VOLTAGE,
        LEVEL,
        address=BATTERY,
        prefix=f"bms_ble-{BATTERY.lower()}-",
        name="Old battery",
        data={"type": "jbd_bms"},
    )


async def by_mqtt(home: Home, topic: str) -> Living:
    """Have an add-on that announces a battery over MQTT."""
    entry = MockConfigEntry(domain="mqtt", unique_id="broker")
    entry.add_to_hass(home.hass)
    return await living(
        home,
        "mqtt",
        OtherRow(key="soc_total_voltage", value="13.2", unit="V", kind="voltage"),
        identifier=topic,
        prefix=f"{topic}__",
        entry=entry,
        name=topic,
    )


def sensor() -> Peripheral:
    """Return the thermometer in the clear."""
    return KINDS["ATC1441"](address=CLEAR)


def battery() -> Peripheral:
    """Return the battery."""
    return KINDS["JBD"](address=BATTERY, name="JBD-mine")


def owner(home: Home, old: Living) -> str:
    """Return the entry that the device belongs to now."""
    device = dr.async_get(home.hass).async_get(old.device.id)
    assert device is not None
    return str(device.config_entry_id)


async def moved(home: Home, form: Result) -> ConfigEntry[Any]:
    """Say yes to a preview and return the entry that comes of it."""
    assert form["step_id"] == "move_preview", form
    done = await home.answer(form, {})
    assert done["type"] == "create_entry", done
    await home.clock.settle()
    entry: ConfigEntry[Any] = done["result"]
    return entry


async def test_a_card_offers_to_move_the_device_here(home: Home) -> None:
    old = await other(home)
    before = old.row("temperature")
    menu = await home.discover(sensor())
    assert menu["step_id"] == "already_read"
    assert menu["menu_options"] == ["move_here", "run_beside", "not_now"]
    told = menu["description_placeholders"]["told"]
    assert told == 'Xiaomi BLE has this device already, as "Old cellar".'
    # Opened again, it is the same.
    assert (await home.answer(menu))["step_id"] == "already_read"
    form = await home.choose(menu, "move_here")
    assert not form["data_schema"].schema
    preview = form["description_placeholders"]["preview"]
    assert "2 of 3" in preview
    assert old.row("humidity").entity_id in preview
    assert "the entry of Xiaomi BLE for this device off" in preview
    assert "What stays in it is not shown" in preview
    assert not form["description_placeholders"]["warning"]
    # Nothing is changed by looking.
    assert owner(home, old) == old.entry.entry_id
    entry = await moved(home, form)
    assert old.entry.disabled_by
    assert owner(home, old) == entry.entry_id
    now = old.row("temperature")
    assert (now.id, now.platform) == (before.id, DOMAIN)
    await home.listen(home.air.devices[CLEAR], 2)
    state = home.hass.states.get(now.entity_id)
    assert state is not None
    assert float(state.state)


async def test_the_end_says_what_moved_and_where_the_way_back_is(home: Home) -> None:
    await other(home)
    menu = await home.discover(sensor())
    done = await home.answer(await home.choose(menu, "move_here"), {})
    assert done["description"] == "moved"
    told = done["description_placeholders"]["told"]
    assert "Entities moved from Xiaomi BLE: 2" in told
    assert "no place here: 1" in told
    assert "Give back" in told


async def test_it_goes_back(home: Home) -> None:
    old = await other(home)
    before = old.row("temperature")
    menu = await home.discover(sensor())
    entry = await moved(home, await home.choose(menu, "move_here"))
    menu = await home.reconfigure(entry)
    assert menu["menu_options"] == ["give_back", "content", "key_ways"]
    assert menu["description_placeholders"]["peer"] == "Xiaomi BLE"
    assert (await home.answer(menu))["step_id"] == "standing"
    form = await home.choose(menu, "give_back")
    assert "is removed" in form["description_placeholders"]["rest"]
    done = await home.answer(form, {})
    assert done["reason"] == "given_back"
    await home.clock.settle()
    assert old.entry.disabled_by is None
    assert owner(home, old) == old.entry.entry_id
    now = old.row("temperature")
    assert (now.id, now.platform) == (before.id, "xiaomi_ble")


async def test_who_is_content_finishes_the_move(home: Home) -> None:
    old = await other(home)
    menu = await home.discover(sensor())
    entry = await moved(home, await home.choose(menu, "move_here"))
    # Not before it is surely on the disk.
    form = await home.choose(await home.reconfigure(entry), "content")
    form = await home.answer(form, {})
    assert form["errors"] == {"base": "move_refused"}
    assert "five minutes" in form["description_placeholders"]["why"]
    await home.clock.run(400)
    assert "Xiaomi BLE" in form["description_placeholders"]["how"]
    done = await home.answer(form, {})
    assert done["reason"] == "move_finished"
    await home.clock.settle()
    entries = home.hass.config_entries
    assert entries.async_get_entry(old.entry.entry_id) is None
    assert old.row("temperature").platform == DOMAIN
    # From then on the form is the usual one.
    assert (await home.reconfigure(entry))["step_id"] == "key_ways"


async def test_the_key_comes_from_the_other_entry(home: Home) -> None:
    old = await living(
        home, "xiaomi_ble", TEMPERATURE, address=ADDRESS, data={"bindkey": KEY}
    )
    device = thermometer()
    menu = await home.discover(device)
    await home.listen(device, 2)
    entry = await moved(home, await home.choose(menu, "move_here"))
    assert entry.data["key"] == KEY
    assert old.row("temperature").platform == DOMAIN


async def test_a_card_that_was_there_first_offers_it_when_it_is_opened(
    home: Home,
) -> None:
    card = await home.discover(thermometer())
    assert card["step_id"] == "key_ways"
    await living(home, "xiaomi_ble", TEMPERATURE, address=ADDRESS)
    menu = await home.send(card)
    assert menu["step_id"] == "already_read"
    # Who wants both, or has no key there that fits, comes to the usual ways.
    assert (await home.choose(menu, "run_beside"))["step_id"] == "key_ways"


async def test_a_key_that_does_not_fit_is_told_and_another_way_is_offered(
    home: Home,
) -> None:
    old = await living(
        home, "xiaomi_ble", TEMPERATURE, address=ADDRESS, data={"bindkey": OTHER}
    )
    device = thermometer()
    menu = await home.discover(device)
    await home.listen(device, 2)
    ways = await home.choose(menu, "move_here")
    assert ways["step_id"] == "key_ways"
    assert "Xiaomi BLE" in ways["description_placeholders"]["outcome"]
    form = await home.choose(ways, "key")
    entry = await moved(home, await home.answer(form, {"key": KEY}))
    assert entry.data["key"] == KEY
    assert old.entry.disabled_by


async def test_a_battery_is_read_once_as_the_other_entry_says(home: Home) -> None:
    old = await other_battery(home)
    menu = await home.discover(battery())
    assert menu["step_id"] == "already_read"
    home.air.refuse.add(BATTERY)
    form = await home.choose(menu, "move_here")
    assert form["step_id"] == "battery"
    assert form["errors"] == {"base": "cannot_connect"}
    assert "may hold the connection" in form["description_placeholders"]["reason"]
    assert old.entry.disabled_by is None
    home.air.refuse.clear()
    form = await home.answer(form, {})
    entry = await moved(home, form)
    assert entry.data["family"] == "jbd"
    assert old.row("voltage").platform == DOMAIN
    assert home.read_at(home.air.devices[BATTERY])


async def test_a_battery_that_mqtt_names_alike_needs_a_yes(home: Home) -> None:
    old = await by_mqtt(home, "JBD-mine")
    menu = await home.discover(battery())
    assert menu["step_id"] == "already_read"
    assert "may have" in menu["description_placeholders"]["told"]
    form = await home.choose(menu, "move_here")
    assert form["step_id"] == "move_preview"
    assert [str(one) for one in form["data_schema"].schema] == ["same_device"]
    assert " goes on. In place" in form["description_placeholders"]["preview"]
    form = await home.answer(form, {"same_device": False})
    assert form["errors"] == {"same_device": "not_the_same"}
    # On a phone the switch and its error stand far below.
    assert "say below" in form["description_placeholders"]["warning"]
    assert old.row("soc_total_voltage").platform == "mqtt"


async def test_who_wants_both_is_not_asked_again(home: Home) -> None:
    old = await other(home)
    menu = await home.discover(sensor())
    form = await home.choose(menu, "run_beside")
    assert form["step_id"] == "confirm"
    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    assert done["data"]["beside"] is True
    await home.clock.settle()
    assert old.entry.disabled_by is None
    menu = await home.reconfigure(done["result"])
    assert menu["menu_options"] == ["move_here", "key_ways"]


async def test_not_now_changes_nothing(home: Home) -> None:
    old = await other(home)
    menu = await home.discover(sensor())
    done = await home.choose(menu, "not_now")
    assert done["reason"] == "not_now"
    assert not home.hass.config_entries.async_entries(DOMAIN)
    assert owner(home, old) == old.entry.entry_id


async def test_of_two_integrations_one_gives_its_history(home: Home) -> None:
    old = await other(home)
    second = await living(home, "bthome", TEMPERATURE, address=CLEAR, name="Second")
    menu = await home.discover(sensor())
    form = await home.choose(menu, "move_here")
    assert form["step_id"] == "take_from"
    field = form["data_schema"].schema["peer"]
    (chosen,) = (
        one["value"] for one in field.config["options"] if "Second" in one["label"]
    )
    await moved(home, await home.answer(form, {"peer": chosen}))
    assert second.row("temperature").platform == DOMAIN
    assert old.row("temperature").platform == "xiaomi_ble"


async def test_where_nothing_can_move_that_is_said(home: Home) -> None:
    await living(home, "xiaomi_ble", PACKET, address=CLEAR)
    menu = await home.discover(sensor())
    menu = await home.choose(menu, "move_here")
    assert menu["step_id"] == "nothing_moves"
    assert (await home.answer(menu))["step_id"] == "nothing_moves"
    form = await home.choose(menu, "run_beside")
    assert form["step_id"] == "confirm"


async def test_what_changes_while_the_preview_is_open_is_said_first(
    home: Home,
) -> None:
    old = await other(home)
    menu = await home.discover(sensor())
    form = await home.choose(menu, "move_here")
    gone = old.row("humidity").entity_id
    er.async_get(home.hass).async_remove(gone)
    form = await home.answer(form, {})
    assert form["errors"] == {"base": "move_refused"}
    assert gone in form["description_placeholders"]["why"]
    assert gone in form["description_placeholders"]["warning"]
    assert "1 of 2" in form["description_placeholders"]["preview"]
    assert old.entry.disabled_by is None
    await moved(home, form)
    assert old.row("temperature").platform == DOMAIN


@pytest.mark.parametrize("way", ["manual", "pick"])
async def test_each_way_in_offers_it(home: Home, way: str) -> None:
    await other(home)
    card = await home.discover(sensor())
    home.hass.config_entries.flow.async_abort(card["flow_id"])
    flow = await home.start()
    if way == "manual":
        form = await home.choose(flow, "manual")
    else:
        flow = await home.choose(flow, "search")
        await home.clock.run(30)
        form = await home.answer(flow)
    menu = await home.answer(form, {"address": CLEAR})
    assert menu["step_id"] == "already_read"


async def test_a_device_that_is_not_heard_moves_with_its_key(home: Home) -> None:
    await living(
        home, "xiaomi_ble", TEMPERATURE, address=ADDRESS, data={"bindkey": KEY}
    )
    flow = await home.choose(await home.start(), "manual")
    menu = await home.answer(flow, {"address": ADDRESS})
    entry = await moved(home, await home.choose(menu, "move_here"))
    assert entry.data["key"] == KEY


async def test_an_entry_that_runs_beside_takes_over_and_gives_back(
    home: Home,
) -> None:
    device = sensor()
    entry = await home.add(device)
    await home.listen(device, 2)
    ours = home.entity_id(device, "temperature")
    old = await other(home)
    menu = await home.reconfigure(entry)
    assert menu["menu_options"] == ["move_here", "key_ways"]
    form = await home.choose(menu, "move_here")
    assert form["step_id"] == "move_preview"
    done = await home.answer(form, {})
    assert done["reason"] == "moved"
    assert "Entities moved" in done["description_placeholders"]["told"]
    await home.clock.settle()
    assert home.entity_id(device, "temperature") == old.row("temperature").entity_id
    menu = await home.reconfigure(entry)
    form = await home.choose(menu, "give_back")
    assert "stays" in form["description_placeholders"]["rest"]
    await home.answer(form, {})
    await home.clock.settle()
    assert home.entity_id(device, "temperature") == ours
    assert owner(home, old) == old.entry.entry_id
    # Whoever gives back knows that both read it.
    assert entry.data["beside"] is True


async def test_the_way_back_needs_the_other_entry(home: Home) -> None:
    old = await other(home)
    menu = await home.discover(sensor())
    entry = await moved(home, await home.choose(menu, "move_here"))
    menu = await home.reconfigure(entry)
    form = await home.choose(menu, "give_back")
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_remove(old.entry.entry_id))
    form = await home.answer(form, {})
    assert form["errors"] == {"base": "move_refused"}
    assert "no longer has an entry" in form["description_placeholders"]["why"]
    assert old.row("temperature").platform == DOMAIN
    # From then on there is nothing to go back to.
    assert (await home.reconfigure(entry))["step_id"] == "key_ways"


async def test_a_menu_that_is_outdated_goes_on_as_usual(home: Home) -> None:
    old = await other(home)
    menu = await home.discover(sensor())
    entry = await moved(home, await home.choose(menu, "move_here"))
    menu = await home.reconfigure(entry)
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_remove(old.entry.entry_id))
    assert (await home.answer(menu))["step_id"] == "key_ways"


async def test_what_is_only_likely_is_told_so_of_what_is_here(home: Home) -> None:
    entry = await home.add(battery())
    await by_mqtt(home, "JBD-mine")
    menu = await home.reconfigure(entry)
    assert "move_here" in menu["menu_options"]
    assert "That is not certain" in menu["description_placeholders"]["told"]


async def test_a_battery_that_moved_keeps_its_own_choices(home: Home) -> None:
    old = await other_battery(home)
    menu = await home.discover(battery())
    form = await home.choose(menu, "move_here")
    form = await home.read(form) if form["step_id"] == "reading" else form
    entry = await moved(home, form)
    menu = await home.reconfigure(entry)
    assert menu["menu_options"] == ["give_back", "content", "family", "password"]
    assert (await home.choose(menu, "family"))["step_id"] == "family"
    form = await home.choose(await home.reconfigure(entry), "give_back")
    done = await home.answer(form, {})
    assert done["reason"] == "given_back"
    assert old.row("voltage").platform == "bms_ble"


async def test_a_battery_that_is_not_heard_is_not_moved(home: Home) -> None:
    old = await other_battery(home)
    flow = await home.choose(await home.start(), "manual")
    menu = await home.answer(flow, {"address": BATTERY})
    form = await home.choose(menu, "move_here")
    assert form["errors"] == {"base": "cannot_connect"}
    assert old.entry.disabled_by is None


async def test_a_type_that_is_not_known_here_is_found_out(home: Home) -> None:
    await living(
        home,
        "bms_ble",
        VOLTAGE,
        address=BATTERY,
        prefix=f"bms_ble-{BATTERY.lower()}-",
        data={"type": "never_heard_of_bms"},
    )
    menu = await home.discover(battery())
    entry = await moved(home, await home.choose(menu, "move_here"))
    assert entry.data["family"] == "jbd"


async def test_a_key_that_is_known_here_needs_no_other(home: Home) -> None:
    old = await living(home, "xiaomi_ble", TEMPERATURE, address=ADDRESS)
    await take(home, await paste(home, f"{KEY}\nA4:C1:38:99:99:99 {'22' * 16}"))
    device = thermometer()
    menu = await home.discover(device)
    await home.listen(device, 2)
    entry = await moved(home, await home.choose(menu, "move_here"))
    assert entry.data["key"] == KEY
    assert old.row("temperature").platform == DOMAIN


async def test_without_a_key_the_ways_to_it_are_offered(home: Home) -> None:
    old = await living(home, "xiaomi_ble", TEMPERATURE, address=ADDRESS)
    menu = await home.discover(thermometer())
    ways = await home.choose(menu, "move_here")
    assert ways["step_id"] == "key_ways"
    form = await home.choose(ways, "keyless")
    await moved(home, form)
    assert old.row("temperature").platform == DOMAIN


async def test_both_that_were_chosen_for_a_battery_that_was_read(home: Home) -> None:
    """Its name told nothing before; the preview shows that nothing can move."""
    await living(
        home,
        "bms_ble",
        OtherRow(key="unknown", value="1"),
        address=BATTERY,
        prefix=f"bms_ble-{BATTERY.lower()}-",
        data={"type": "jbd_bms"},
    )
    menu = await home.discover(battery())
    menu = await home.choose(menu, "move_here")
    assert menu["step_id"] == "nothing_moves"
    done = await home.choose(menu, "run_beside")
    assert done["type"] == "create_entry"
    assert done["data"]["beside"] is True
