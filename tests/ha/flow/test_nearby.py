"""Adding everything that is heard in one go."""

from typing import Any

from custom_components.mi_bms.keys.ring import async_keys
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from tests.world.devices import KINDS

from ..home import Home, Result
from ..keys.test_ring import ADDRESS, CLEAR, KEY, entries, paste, take, thermometer
from .test_crowd import told

BATTERY = "A5:C2:37:00:00:04"
LOCKED = "A5:C2:37:00:00:05"
GONE = "A5:C2:37:00:00:06"
SECOND = "A4:C1:38:00:05:5C"
THIRD = "A4:C1:38:00:05:5D"
UNHEARD = "54:48:E6:00:07:F6"


def fill(form: Result, **more: Any) -> dict[str, Any]:
    """Take a form as it is proposed."""
    data: dict[str, Any] = {}
    for field, kind in form["data_schema"].schema.items():
        if str(field) == "names":
            data["names"] = {str(one): one.default() for one in kind.schema.schema}
        else:
            data[str(field)] = field.default()
    return data | more


async def near(home: Home) -> Result:
    """Let everything be heard and open the list."""
    devices = [
        thermometer(),
        KINDS["ATC1441"](address=CLEAR),
        KINDS["JBD"](address=BATTERY, name="JBD-mine"),
        KINDS["JBD"](address=GONE, name="JBD-gone"),
    ]
    for device in devices:
        home.air.add(device)
    home.air.refuse.add(GONE)
    await home.listen(devices[0], 2)
    home.shout(*devices)
    await home.clock.settle()
    return await home.choose(await home.start(), "nearby")


async def finish(home: Home, form: Result, data: dict[str, Any]) -> Result:
    """Send the form and wait for its end."""
    flow = await home.answer(form, data)
    if flow["type"] != "progress":
        return flow

    def ended() -> bool:
        return all(one["step_id"] != "nearby_run" for one in home.flows())

    await home.clock.until(ended, 300)
    return await home.answer(flow)


def labels(form: Result) -> dict[str, dict[str, str]]:
    """Return what the lines of each list say, by list and address."""
    return {
        str(field): {one["value"]: one["label"] for one in kind.config["options"]}
        for field, kind in form["data_schema"].schema.items()
        if "options" in getattr(kind, "config", {}) and str(field) != "ignored"
    }


async def test_everything_is_in_its_group_and_named(home: Home) -> None:
    form = await near(home)
    data = fill(form)
    assert data["take"] == [CLEAR]
    assert set(data["batteries"]) == {BATTERY, GONE}
    assert data["keyless"] == []
    assert set(labels(form)["keyless"]) == {ADDRESS}
    assert data["without_key"] is False
    # A name is labelled as the device is called in the lists.
    assert data["names"]["Thermometer 055B"] == "Thermometer 055B"
    listed = [line for lines in labels(form).values() for line in lines.values()]
    assert [*data["names"]] == [
        line.partition(" (")[0].partition(" · ")[0] for line in listed
    ]
    assert data["auto_add"] is False
    assert data["ignored"] == []


async def test_whose_model_encrypts_is_not_ready_before_it_said_anything(
    home: Home,
) -> None:
    """A remote control says between two presses that it is there, and no more."""
    dimmer = KINDS["YLKG07YL"](address="F8:24:41:00:03:B6", key="b6" * 12)
    home.air.add(dimmer)
    home.shout(dimmer)
    form = await near(home)
    assert set(labels(form)["keyless"]) == {ADDRESS, dimmer.address}
    assert fill(form)["keyless"] == []


async def test_a_line_says_what_the_device_says_now(home: Home) -> None:
    device = KINDS["LYWSDCGQ"](address="58:2D:34:00:00:01")
    home.air.add(device)
    await near(home)
    await home.listen(device, 12)
    truth = device.truth()
    said = labels(await near(home))
    values = said["take"][device.address]
    assert f"{truth['temperature']:.1f} °C" in values
    assert f" · {truth['humidity']:.0f} %" in values
    assert values.endswith("dBm")
    celsius = home.air.devices[CLEAR].truth()["temperature"]
    assert f"{celsius:.1f} °C" in said["take"][CLEAR]
    assert said["batteries"][BATTERY].startswith(
        "Battery JBD-mine 0004 (JBD smart BMS) · "
    )


async def test_a_line_leaves_out_what_hardly_any_has(home: Home) -> None:
    """This firmware tells of a contact that has to be soldered on: "Opening Closed" of a thermometer."""
    device = home.air.add(KINDS["PVVX"](address="A4:C1:38:00:94:4A"))
    await home.listen(device, 12)
    form = await home.choose(await home.start(), "nearby")
    said = labels(form)["take"][device.address].split(" · ")
    assert [one.partition(" ")[2] for one in said[1:]] == ["°C", "%", "dBm"]


async def test_a_line_says_of_a_contact_how_it_stands(home: Home) -> None:
    device = KINDS["MCCGQ02HL"](address="E4:AA:EC:00:09:8B", key="8b" * 16)
    known = f"{'8b' * 16}\nA4:C1:38:99:99:99 {'22' * 16}"
    await take(home, await paste(home, known))
    home.air.add(device)
    await home.listen(device, 60)
    form = await home.choose(await home.start(), "nearby")
    said = labels(form)["take"][device.address].split(" · ")
    assert {"Open", "Closed"} & set(said), said


async def test_a_line_says_it_in_the_units_of_the_house(home: Home) -> None:
    home.hass.config.units = US_CUSTOMARY_SYSTEM
    said = labels(await near(home))["take"][CLEAR]
    celsius = home.air.devices[CLEAR].truth()["temperature"]
    assert f"{celsius * 1.8 + 32:.1f} °F" in said


async def test_what_a_known_key_opens_is_said_and_ready(home: Home) -> None:
    preview = await paste(home, f"{KEY}\nA4:C1:38:99:99:99 {'22' * 16}")
    await take(home, preview)
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 12)
    form = await home.choose(await home.start(), "nearby")
    said = labels(form)["take"][ADDRESS]
    assert f"{device.truth()['temperature']:.1f} °C" in said


async def test_who_is_barely_heard_is_not_ticked(home: Home) -> None:
    far = "A4:C1:38:00:00:99"
    product = 0x01AA
    home.air.hear(far, told(far, product, 1), rssi=-86)
    near_by = "A4:C1:38:00:00:98"
    home.air.hear(near_by, told(near_by, product, 1), rssi=-85)
    await home.clock.settle()
    form = await home.choose(await home.start(), "nearby")
    data = fill(form)
    assert data["take"] == [near_by]
    assert data["weak"] == []
    assert list(labels(form)["weak"]) == [far]


async def test_all_that_are_heard_well_are_added_at_once(home: Home) -> None:
    """Two choices from the beginning on: no list, no switch; keys can come later."""
    far, alone = "A4:C1:38:00:00:99", "A4:C1:38:00:00:98"
    for address, rssi in ((far, -86), (alone, -60)):
        home.air.hear(address, told(address, 0x01AA, 1), rssi=rssi)
    form = await near(home)
    data = fill(form, take=[], batteries=[], ignored=[alone])
    await finish(home, form, data | {"batteries": [GONE]})
    keys = await async_keys(home.hass)
    keys.async_set_adding(auto_add=False, ignored={alone})
    menu = await home.start()
    assert menu["menu_options"][0] == "all_now"
    assert menu["description_placeholders"]["count"] == "4"
    done = await finish(home, menu, {"next_step_id": "all_now"})
    assert done["menu_options"] == ["keys", "nearby_end"]
    assert done["description_placeholders"]["told"].startswith("Devices added: 3.")
    assert done["description_placeholders"]["missing"] == "1"
    assert "Battery JBD-gone 0006" in done["description_placeholders"]["failed"]
    made = entries(home)
    assert set(made) == {ADDRESS, CLEAR, BATTERY}
    assert made[ADDRESS].title == "Thermometer 055B"
    # Who is left alone stays so, and nothing is added by itself from now on.
    assert keys.ignored == {alone}
    assert not keys.auto_add


async def test_all_at_once_where_somebody_was_faster(home: Home) -> None:
    await near(home)
    menu, other = await home.start(), await home.start()
    home.air.refuse.clear()
    await finish(home, other, {"next_step_id": "all_now"})
    form = await home.choose(menu, "all_now")
    assert form["step_id"] == "nearby"
    assert form["description_placeholders"]["count"] == "0"


async def test_two_of_one_name_have_fields_of_their_own(home: Home) -> None:
    """One that fell silent keeps its line, and another one that sounds like it may come."""
    form = await near(home)
    data = fill(form)
    home.air.devices.pop(CLEAR)
    await home.clock.leap(3_000)
    twin = "A4:C1:38:99:14:41"
    home.air.add(KINDS["ATC1441"](address=twin))
    home.shout(home.air.devices[twin])
    await home.clock.settle()
    again = fill(await home.answer(form))["names"]
    assert "Thermometer 1441" in data["names"]
    assert {f"Thermometer 1441 {one}" for one in (CLEAR, twin)} <= set(again)


async def test_all_are_added_in_one_go(home: Home) -> None:
    form = await near(home)
    data = fill(form, without_key=True)
    data["names"]["Thermometer 055B"] = "  Attic "
    data["names"]["Battery JBD-mine 0004"] = ""
    done = await finish(home, form, data)
    assert done["step_id"] == "nearby_done"
    assert done["menu_options"] == ["keys", "nearby_end"]
    assert done["description_placeholders"]["told"].startswith("Devices added: 3.")
    assert done["description_placeholders"]["missing"] == "1"
    failed = done["description_placeholders"]["failed"]
    assert "\n- Battery JBD-gone 0006: could not be reached." in failed
    done = await home.choose(done, "nearby_end")
    assert done["reason"] == "nearby_partly"
    made = entries(home)
    assert set(made) == {ADDRESS, CLEAR, BATTERY}
    assert made[ADDRESS].title == "Attic"
    assert made[BATTERY].title == "Battery JBD-mine 0004"
    assert made[BATTERY].data["family"] == "jbd"
    assert "key" not in made[ADDRESS].data
    await home.clock.run(5)


async def test_keys_are_one_part_of_what_is_left_to_do(home: Home) -> None:
    for address in (SECOND, THIRD):
        home.air.add(device := thermometer(address, "33" * 16))
        await home.listen(device, 2)
    form = await near(home)
    done = await finish(home, form, fill(form, without_key=True))
    told = done["description_placeholders"]
    assert (told["missing"], told["keyed"]) == ("3", "")
    assert told["told"].startswith("Devices added: 5.")
    done = await pasted(home, done, f"{SECOND} {'33' * 16}\n{UNHEARD} {'f6' * 16}")
    assert done["step_id"] == "nearby_done"
    assert done["menu_options"] == ["keys", "nearby_end"]
    told = done["description_placeholders"]
    assert told["missing"] == "2"
    assert told["told"].startswith("Devices added: 6.")
    assert told["keyed"] == "Devices with a new key: 1."
    done = await pasted(home, done, f"{ADDRESS} {KEY}")
    assert done["description_placeholders"]["keyed"] == "Devices with a new key: 2."
    done = await pasted(home, done, f"{THIRD} {'33' * 16}")
    assert (done["type"], done["reason"]) == ("abort", "nearby_partly")
    made = entries(home)
    assert all("key" in made[one].data for one in (ADDRESS, SECOND, THIRD, UNHEARD))


async def pasted(home: Home, menu: Result, text: str) -> Result:
    """Paste the missing keys, and take all that can be taken."""
    form = await home.choose(await home.choose(menu, "keys"), "import_keys")
    form = await home.answer(form, {"text": text})
    (field,) = form["data_schema"].schema
    return await home.answer(form, {"take": field.default()})


async def test_known_keys_are_used(home: Home) -> None:
    preview = await paste(home, f"{KEY}\nA4:C1:38:99:99:99 {'22' * 16}")
    await take(home, preview)
    form = await near(home)
    await finish(home, form, fill(form, take=[ADDRESS], batteries=[]))
    assert entries(home)[ADDRESS].data["key"] == KEY
    assert set(entries(home)) == {ADDRESS}


NOTHING: dict[str, Any] = {"take": [], "batteries": [], "keyless": []}


async def test_nothing_ticked_only_keeps_the_switch(
    home: Home, hass: HomeAssistant
) -> None:
    form = await near(home)
    done = await finish(home, form, fill(form, **NOTHING, ignored=["nonsense"]))
    assert done["reason"] == "nearby_nothing"
    assert entries(home) == {}


async def test_where_no_device_could_be_added_nothing_is_said_to_be_found(
    home: Home,
) -> None:
    form = await near(home)
    done = await finish(home, form, fill(form, **(NOTHING | {"batteries": [GONE]})))
    assert done["description_placeholders"]["told"] == "No device was added."
    assert "Battery JBD-gone 0006" in done["description_placeholders"]["failed"]


async def test_who_was_unticked_is_left_alone_from_now_on(home: Home) -> None:
    """A sensor without its key is not: it may get one."""
    form = await near(home)
    data = fill(form, **(NOTHING | {"batteries": [BATTERY]}))
    await finish(home, form, data | {"auto_add": True})
    assert set(entries(home)) == {BATTERY}
    clear = home.air.devices[CLEAR]
    for _ in range(8):
        await home.listen(clear, 1, 40)
    assert set(entries(home)) == {BATTERY}
    form = await home.choose(await home.start(), "nearby")
    data = fill(form)
    assert data["auto_add"] is True
    assert set(data["ignored"]) == {CLEAR, GONE}
    (kind,) = [
        kind
        for one, kind in form["data_schema"].schema.items()
        if str(one) == "ignored"
    ]
    called = {one["value"]: one["label"] for one in kind.config["options"]}
    assert called[CLEAR] == "Thermometer 1441"
    assert called[GONE] == "Battery JBD-gone 0006"
    assert data["take"] == data["batteries"] == []
    # Somebody thinks better of it.
    await finish(home, form, data | {"ignored": [], "take": []})
    form = await home.choose(await home.start(), "nearby")
    assert fill(form)["ignored"] == []
    await finish(home, form, fill(form, take=[CLEAR]))
    assert CLEAR in entries(home)


async def test_what_is_added_by_itself_takes_no_name_away(home: Home) -> None:
    """Batteries that take minutes are read meanwhile, and the sensors go on talking."""
    slow = [
        KINDS["JBD"](address=f"A5:C2:37:00:01:0{number}", name=f"JBD-slow{number}")
        for number in range(4)
    ]
    for device in slow:
        home.air.add(device)
        home.air.faults[device.address].mute = True
    home.shout(*slow)
    form = await near(home)
    data = fill(form, auto_add=True)
    data["names"]["Thermometer 1441"] = "Greenhouse"
    flow = await home.answer(form, data)
    assert flow["type"] == "progress"
    await home.clock.run(2)
    assert entries(home)[CLEAR].title == "Greenhouse"
    for _ in range(10):
        await home.listen(home.air.devices[CLEAR], 1, 40)
    done = await home.answer(flow)
    assert done["description_placeholders"]["told"].startswith("Devices added: 2.")
    assert entries(home)[CLEAR].title == "Greenhouse"


async def test_who_was_added_meanwhile_gets_the_name_that_was_typed(home: Home) -> None:
    form = await near(home)
    data = fill(form, batteries=[])
    data["names"]["Thermometer 1441"] = "Greenhouse"
    card = next(one for one in home.flows(CLEAR))
    done = await home.answer(card, {})
    assert done["type"] == "create_entry", done
    done = await finish(home, form, data)
    assert done["description_placeholders"]["told"].startswith("Devices added: 1.")
    assert entries(home)[CLEAR].title == "Greenhouse"


async def test_who_is_silent_when_the_form_is_sent_is_added_or_named(
    home: Home,
) -> None:
    form = await near(home)
    data = fill(form)
    for address in (CLEAR, BATTERY):
        home.air.devices.pop(address)
    await home.clock.leap(3_000)
    # Another browser opens the same flow, and sees it as it stands now.
    again = await home.answer(form)
    assert fill(again)["take"] == [CLEAR]
    done = await finish(home, form, data)
    assert set(entries(home)) == {CLEAR}
    assert done["description_placeholders"]["told"].startswith("Devices added: 1.")
    assert (
        "Battery JBD-mine 0004: could not be reached"
        in (done["description_placeholders"]["failed"])
    )


async def test_two_browsers_send_the_same_list(home: Home) -> None:
    form = await near(home)
    data = fill(form, batteries=[BATTERY])
    flow = await home.answer(form, data)
    assert flow["type"] == "progress"
    second = await home.answer(form, fill(form, batteries=[]))
    assert second["type"] == "progress"
    await home.clock.run(60)
    done = await home.answer(flow)
    assert set(entries(home)) == {CLEAR, BATTERY}
    assert done["description_placeholders"]["told"].startswith("Devices added: 2.")


async def test_a_form_that_is_closed_stops_adding(home: Home) -> None:
    form = await near(home)
    flow = await home.answer(form, fill(form, take=[], batteries=[BATTERY]))
    assert flow["type"] == "progress"
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.clock.run(10)
    assert home.air.links == {}
    assert entries(home) == {}
