"""What devices are called: on cards, in lists, as entries; twins, strangers and what was renamed."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from tests.world.devices import KINDS

from ..home import Home
from ..keys.test_import import choices
from ..keys.test_pairing import fresh, line, listing
from ..keys.test_ring import ADDRESS, KEY, OTHER, entries, paste, take, thermometer
from .test_nearby import labels

ONE, TWIN = "A4:C1:38:12:14:41", "A4:C1:38:13:14:41"
NAME = "Cellar, left"


def rename(home: Home, entry: ConfigEntry[Any]) -> None:
    """Rename a device as a person does on its page."""
    devices = dr.async_get(home.hass)
    (device,) = dr.async_entries_for_config_entry(devices, entry.entry_id)
    devices.async_update_device(device.id, name_by_user=NAME)


def card(home: Home, address: str) -> str:
    """Return what the card of a device says."""
    (flow,) = home.flows(address)
    name: str = flow["context"]["title_placeholders"]["name"]
    return name


async def test_a_card_has_the_model_and_a_title_has_none(home: Home) -> None:
    device = KINDS["HHCCJCY01"](address="C4:7C:8D:00:00:98")
    form = await home.discover(device)
    assert card(home, device.address) == "Plant sensor 0098 (Flora)"
    done = await home.answer(form, {})
    assert done["title"] == "Plant sensor 0098"
    await home.listen(device, 6)
    assert home.entity_id(device, "moisture") == "sensor.plant_sensor_0098_moisture"


async def test_a_battery_says_battery_and_its_end_once(home: Home) -> None:
    form = await home.discover(
        KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-SP04S020-0004")
    )
    # The type as well would be cut off.
    assert card(home, "A5:C2:37:00:00:04") == "Battery JBD-SP04S020-0004"
    done = await home.answer(form, {})
    while done["type"] != "create_entry":
        await home.clock.run(1)
        done = await home.answer(done, {} if done["type"] == "form" else None)
    assert done["title"] == "Battery JBD-SP04S020-0004"


async def test_an_unknown_product_is_called_by_its_number(home: Home) -> None:
    field = {"id": 0x1004, "kind": "s16", "scale": 0.1, "field": "temperature"}
    device = KINDS["MIBEACON"](
        address="A4:C1:38:00:AB:CD", product=0x1235, objects=[{**field, "start": 19.5}]
    )
    form = await home.discover(device)
    assert card(home, device.address) == "Sensor ABCD (product 1235)"
    assert (await home.answer(form, {}))["title"] == "Sensor ABCD"


async def test_a_twin_gets_the_third_byte(home: Home) -> None:
    first = await home.discover(KINDS["ATC1441"](address=ONE))
    second = await home.discover(KINDS["ATC1441"](address=TWIN))
    assert card(home, ONE) == "Thermometer 1441 (ATC)"
    assert card(home, TWIN) == "Thermometer 131441 (ATC)"
    assert (await home.answer(first, {}))["title"] == "Thermometer 1441"
    assert (await home.answer(second, {}))["title"] == "Thermometer 131441"


async def test_twins_in_a_list_both_get_it(home: Home) -> None:
    devices = [KINDS["ATC1441"](address=address) for address in (ONE, TWIN)]
    for device in devices:
        home.air.add(device)
    home.shout(*devices)
    await home.clock.settle()
    said = labels(await home.choose(await home.start(), "nearby"))["take"]
    assert said[ONE].startswith("Thermometer 121441 (ATC) · ")
    assert said[TWIN].startswith("Thermometer 131441 (ATC) · ")


async def test_a_twin_in_a_list_of_keys_gets_it_as_it_is_added(home: Home) -> None:
    await home.add(thermometer())
    twin = ADDRESS.replace(":00:", ":13:")
    text = f'[{{"MAC":"{twin.replace(":", "")}","PID":"055b","key":"{OTHER.upper()}"}}]'
    form = await paste(home, text)
    assert choices(form)[twin].startswith("Thermometer 13055B (LYWSD03MMC) · ")
    await take(home, form, twin)
    assert entries(home)[twin].title == "Thermometer 13055B"


async def test_what_was_renamed_is_called_so_in_the_list_of_pairing(home: Home) -> None:
    device = fresh(home)
    rename(home, await home.add(device, {"key": KEY}))
    menu = await listing(home)
    said = menu["menu_options"][line(ADDRESS)]
    assert said == f"-60 dBm · {NAME} (LYWSD03MMC) · {ADDRESS}"
    form = await home.choose(menu, line(ADDRESS))
    assert form["description_placeholders"]["name"] == NAME


async def test_what_was_renamed_is_called_so_in_forms_and_previews(home: Home) -> None:
    device = thermometer()
    entry = await home.add(device)
    await home.listen(device, 3)
    rename(home, entry)
    form = await paste(home, f"{ADDRESS} {OTHER} # Hall")
    assert choices(form)[ADDRESS].startswith(f"{NAME} (LYWSD03MMC) · {ADDRESS} · ")
    form = await home.reconfigure(entry)
    assert form["description_placeholders"]["name"] == NAME
    form = await home.choose(
        await home.choose(await home.start(), "outputs"), "output_file"
    )
    fields = form["data_schema"].schema
    (devices,) = [fields[one] for one in fields if str(one) == "devices"]
    assert devices.config["options"] == [{"value": ADDRESS, "label": NAME}]


async def test_what_was_renamed_is_called_so_where_its_key_is_entered(
    home: Home,
) -> None:
    other = await home.add(thermometer("A4:C1:38:00:05:5C", OTHER))
    rename(home, other)
    form = await home.ask_key(thermometer())
    form = await home.answer(form, {"key": OTHER})
    assert form["description_placeholders"]["other"] == f"{NAME} (A4:C1:38:00:05:5C)"


async def test_what_was_renamed_is_called_so_by_the_repair(home: Home) -> None:
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 1)
    form = await home.choose(await home.discover(device), "keyless")
    entry = form["result"]
    await home.clock.settle()
    rename(home, entry)
    home.hass.config_entries.async_schedule_reload(entry.entry_id)
    await home.clock.settle()
    await home.listen(device, 30)
    issue = ir.async_get(home.hass).async_get_issue("mi_bms", "keys_missing")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["names"] == NAME
