"""The key ring: what is known already needs no typing."""

from pathlib import Path
from typing import Any

import pytest

from custom_components.mi_bms.runtime import SHARED
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers.storage import Store
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon
from tests.world.devices.xiaomi import MiSensor

from ..home import Home, Result

ADDRESS = "A4:C1:38:00:05:5B"
KEY = "5b0500112233445566778899aabbcc01"
OTHER = "22" * 16
PACK = "A5:C2:37:00:00:04"
CLEAR = "A4:C1:38:00:14:41"


def thermometer(address: str = ADDRESS, key: str = KEY, **more: Any) -> MiSensor:
    """Make a thermometer that encrypts."""
    device = KINDS["LYWSD03MMC"](address=address, key=key, **more)
    assert isinstance(device, MiSensor)
    return device


async def paste(home: Home, text: str) -> Result:
    """Paste keys and look at the preview."""
    flow = await home.choose(await home.start(), "keys")
    flow = await home.choose(flow, "import_keys")
    return await home.answer(flow, {"text": text})


async def take(home: Home, flow: Result, *addresses: str) -> Result:
    """Take some lines of a preview."""
    done = await home.answer(flow, {"take": list(addresses)})
    await home.clock.settle()
    return done


def entries(home: Home) -> dict[str, Any]:
    """Return our entries by address."""
    return {
        str(one.unique_id): one
        for one in home.hass.config_entries.async_entries("mi_bms")
    }


async def test_a_sensor_that_comes_back_is_added_with_one_click(home: Home) -> None:
    """The key outlives the entry, as long as there are others."""
    device = thermometer()
    await home.add(KINDS["ATC1441"](address=CLEAR))
    entry = await home.add(device)
    await home.listen(device, 3)
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    await home.listen(device, 3)
    await home.clock.until(lambda: home.flows(ADDRESS))
    (flow,) = home.flows(ADDRESS)
    assert flow["step_id"] == "known_key"
    assert flow["context"]["confirm_only"] is True
    done = await home.answer(flow, {})
    assert done["type"] == "create_entry"
    assert done["data"]["key"] == KEY
    await home.clock.settle()


async def test_a_loose_key_finds_its_sensor_when_it_turns_up(home: Home) -> None:
    """Pasted without an address, before the sensor was ever heard."""
    await home.add(KINDS["ATC1441"](address=CLEAR))
    form = await paste(home, KEY)
    assert form["step_id"] == "import_pick"
    assert "a key without an address" in form["description_placeholders"]["rest"]
    await take(home, form)
    form = await home.discover(thermometer())
    assert form["step_id"] == "known_key"
    done = await home.answer(form, {})
    assert done["data"]["key"] == KEY


async def test_a_card_that_is_open_learns_of_a_key(home: Home) -> None:
    device = thermometer()
    form = await home.ask_key(device)
    assert form["step_id"] == "key"
    assert home.flows(ADDRESS)[0]["step_id"] == "key"
    other = thermometer("A4:C1:38:00:05:5C", OTHER)
    home.air.add(other)
    home.shout(other)
    await home.clock.until(lambda: home.flows(other.address))
    form = await paste(home, f"{OTHER}\nA4:C1:38:99:99:99 {'44' * 16}")
    await take(home, form)
    form = await home.answer(home.flows(other.address)[0])
    assert form["step_id"] == "found"
    done = await home.choose(form, "add_one")
    assert done["data"]["key"] == OTHER


async def test_a_sensor_that_was_paired_anew_first_looks_at_the_ring(
    home: Home,
) -> None:
    device = thermometer()
    entry = await home.add(device)
    await home.listen(device, 3)
    form = await paste(home, f"{OTHER}\nA4:C1:38:99:99:99 {'44' * 16}")
    await take(home, form)
    device.bind(OTHER)
    await home.listen(device, 9, every=600)
    (flow,) = home.flows(ADDRESS)
    assert flow["context"]["source"] == "reauth"
    assert flow["step_id"] == "known_key"
    done = await home.answer(flow, {})
    assert done["reason"] == "change_kept"
    await home.clock.settle()
    assert entry.data["key"] == OTHER


async def test_a_key_of_another_device_is_named(home: Home) -> None:
    other = thermometer("A4:C1:38:00:05:5C", OTHER)
    home.air.add(other)
    home.shout(other)
    form = await home.ask_key(thermometer())
    form = await home.answer(form, {"key": OTHER})
    assert form["errors"] == {"key": "key_of_other_device"}
    assert form["description_placeholders"]["other"] == (
        "Thermometer 055C (A4:C1:38:00:05:5C)"
    )
    await home.add(other)
    form = await home.answer(home.flows(ADDRESS)[0], {"key": OTHER})
    assert form["description_placeholders"]["other"] == (
        "Thermometer 055C (A4:C1:38:00:05:5C)"
    )


async def test_a_key_of_the_wrong_kind(home: Home) -> None:
    form = await home.ask_key(thermometer())
    form = await home.answer(form, {"key": "11" * 12})
    assert form["errors"] == {"key": "key_of_old_kind"}
    remote = KINDS["YLKG07YL"](
        address="F8:24:41:00:03:B6", key="b60300112233445566778807"
    )
    remote.press("dimmer", "press")
    form = await home.ask_key(remote)
    form = await home.answer(form, {"key": "88" * 16})
    assert form["errors"] == {"key": "key_of_new_kind"}


async def test_how_often_a_silent_sensor_speaks_is_told(home: Home) -> None:
    device = KINDS["MJYD02YL"](address="54:48:E6:00:07:F6", key="f6" * 16)
    form = await home.ask_key(device)
    form = await home.answer(form, {"key": "f6" * 16})
    assert form["step_id"] == "unchecked"
    assert "once a minute" in form["description_placeholders"]["often"]


async def test_what_was_said_before_the_form_was_opened_counts(home: Home) -> None:
    """The only encrypted packet came long before; presence covers it in the host's memory."""
    await home.add(KINDS["ATC1441"](address=CLEAR))
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 3)
    flow = await home.choose(await home.start(), "manual")
    menu = await home.answer(flow, {"address": ADDRESS})
    form = await home.choose(menu, "key")
    form = await home.answer(form, {"key": "00" * 16})
    assert form["errors"] == {"key": "wrong_key"}


async def test_keys_are_kept_privately_and_survive_a_restart(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    await home.add(thermometer())
    await home.clock.run(5)
    assert hass_storage["mi_bms.keys"]["data"]["keys"] == {ADDRESS: KEY}
    store: Store[Any] = home.hass.data["mi_bms.keys"]._store
    assert store._private
    # When a door was opened and who is there, too.
    assert home.hass.data[SHARED].store._private


async def test_new_sensors_are_added_by_themselves_when_that_is_wanted(
    home: Home,
) -> None:
    form = await home.choose(await home.start(), "nearby")
    done = await home.answer(
        form,
        {"take": [], "names": {}, "auto_add": True, "ignored": ["A4:C1:38:00:00:99"]},
    )
    await home.clock.settle()
    form = await paste(home, f"{KEY}\nA4:C1:38:99:99:99 {OTHER}")
    await take(home, form)
    assert entries(home) == {}

    clear: Beacon = KINDS["ATC1441"](address=CLEAR)
    ignored: Beacon = KINDS["ATC1441"](address="A4:C1:38:00:00:99")
    known = thermometer()
    unknown = thermometer("A4:C1:38:00:05:5C", "77" * 16)
    battery = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine")
    far: Beacon = KINDS["ATC1441"](address="A4:C1:38:00:00:98")
    for device in (clear, ignored, known, unknown, battery):
        home.air.add(device)
    home.air.add(far, rssi=-92)
    fleeting: Beacon = KINDS["ATC1441"](address="5A:C1:38:00:00:97")
    for turn in range(8):
        for device in (clear, ignored, known, unknown, battery, far):
            home.shout(device)
        said = fleeting.advertisement(home.clock.time)
        assert said is not None
        home.air.hear(fleeting.address, said[0] + said[1], address_type=1)
        await home.clock.run(20)
        assert turn >= 5 or entries(home) == {}
    assert set(entries(home)) == {CLEAR, ADDRESS}
    assert entries(home)[ADDRESS].data["key"] == KEY
    assert entries(home)[CLEAR].title == "Thermometer 1441"
    assert {one["context"]["unique_id"] for one in home.flows()} == {
        "A4:C1:38:00:00:99",
        far.address,
        unknown.address,
        battery.address,
    }

    await home.clock.wait(
        home.hass.config_entries.async_remove(entries(home)[CLEAR].entry_id)
    )
    await home.listen(clear, 3)
    assert CLEAR not in entries(home)
    assert done["type"] in {"abort", "progress"}


@pytest.mark.parametrize("answer", [False, True])
async def test_an_export_is_for_administrators_who_confirm(
    home: Home, hass_admin_user: Any, hass_read_only_user: Any, answer: bool
) -> None:
    await home.add(thermometer())

    async def export(user: Any) -> Any:
        return await home.hass.services.async_call(
            "mi_bms",
            "export_keys",
            {"confirm": answer},
            blocking=True,
            return_response=True,
            context=Context(user_id=user.id if user else None),
        )

    for user in (hass_read_only_user, None):
        with pytest.raises(Unauthorized):
            await home.clock.wait(export(user))
    if not answer:
        with pytest.raises(ServiceValidationError) as refused:
            await home.clock.wait(export(hass_admin_user))
        assert refused.value.translation_key == "export_not_confirmed"
        return
    assert await home.clock.wait(export(hass_admin_user)) == {
        "mi32cfg": f'[{{"MAC":"A4C13800055B","PID":"055b","key":"{KEY.upper()}"' + "}]",
        "list": f"{ADDRESS} {KEY} # Thermometer 055B\n",
        "too_big_for_tasmota": False,
        "not_in_mi32cfg": [],
    }


async def test_single_keys_can_be_forgotten(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """Those of devices that are not set up, and those of nobody."""
    assert "kept_keys" not in (await home.start())["menu_options"]
    await home.add(thermometer())
    # The key of a device that is set up can be handed out, not forgotten.
    kept = await home.choose(await home.start(), "kept_keys")
    assert kept["step_id"] == "export_keys"
    third, loose = "A4:C1:38:00:00:03", "33" * 16
    form = await paste(home, f"{CLEAR} {OTHER}\n{third} {KEY}\n{loose}\n{'44' * 16}")
    await take(home, form, CLEAR, third)
    for one in (CLEAR, third):
        await home.clock.wait(
            home.hass.config_entries.async_remove(entries(home)[one].entry_id)
        )
    form = await home.forget_keys()
    (field,) = form["data_schema"].schema.values()
    shown = {one["value"]: one["label"] for one in field.config["options"]}
    assert shown[third] == third
    assert shown["loose_0"] == "Key of an unknown device, ending in 3333"
    assert set(shown) == {CLEAR, third, "loose_0", "loose_1"}
    form = await home.answer(form, {"keys": []})
    assert form["errors"] == {"keys": "nothing_ticked"}
    done = await home.answer(form, {"keys": [CLEAR, "loose_0"]})
    assert done["reason"] == "keys_forgotten"
    await home.clock.run(2)
    kept = hass_storage["mi_bms.keys"]["data"]
    assert kept["keys"] == {ADDRESS: KEY, third: KEY}
    assert kept["loose"] == ["44" * 16]


async def test_nothing_is_kept_once_the_last_entry_is_gone(
    home: Home, hass_storage: dict[str, Any], tmp_path: Path
) -> None:
    """Keys, tokens, device ids, states, queues and what was put aside."""
    home.hass.config.config_dir = str(tmp_path)
    # The second one is Home Assistant's own, of a file that is no JSON any more.
    storage = tmp_path / ".storage"
    aside = storage / "mi_bms.keys.bad"
    aside.parent.mkdir()
    for copy in (aside, storage / "mi_bms.keys.corrupt.2026-11-28T15:46:41+00:00"):
        copy.write_text(KEY)
    hass_storage["mi_bms.keys"] = {
        "version": 1,
        "minor_version": 1,
        "key": "mi_bms.keys",
        "data": {
            "keys": {"A4:C1:38:00:00:03": OTHER},
            "loose": ["33" * 16],
            "identities": {ADDRESS: {"token": "0123456789ab", "device_id": "blt.1.x"}},
            "extras": {ADDRESS: "{}"},
            "auto_add": True,
            "ignored": [CLEAR],
        },
    }
    device, battery = thermometer(), KINDS["JBD"](address=PACK, name="Boat")
    await home.add(device)
    await home.add(battery)
    form = await home.choose(await home.start(), "outputs")
    form = await home.choose(form, "output_file")
    output = (await home.answer(form, {"path": "x/a.jsonl"}))["result"]
    for name in ("mi_bms.state", f"mi_bms.output.{output.entry_id}"):
        (storage / f"{name}.corrupt.2026").write_text("[")
    await home.listen(device, 3)
    await home.clock.run(2000)
    assert {"mi_bms.keys", "mi_bms.state"} <= set(hass_storage)
    for entry in home.hass.config_entries.async_entries("mi_bms"):
        assert aside.exists()
        await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    await home.listen(device, 3)
    await home.clock.run(2000)
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(10)
    assert not [one for one in hass_storage if one.startswith("mi_bms")]
    assert not [one.name for one in storage.iterdir()]
    assert entries(home) == {}
    # It can begin again, and knows nothing.
    await home.listen(device, 3)
    await home.clock.until(lambda: home.flows(ADDRESS))
    (flow,) = home.flows(ADDRESS)
    assert flow["step_id"] == "key_ways"


async def test_what_was_removed_is_discovered_again(home: Home) -> None:
    """However it was added: Home Assistant looks again only at what it had discovered."""
    clear = KINDS["ATC1441"](address=CLEAR)
    home.air.add(clear)
    home.shout(clear)
    await home.clock.until(lambda: home.flows(CLEAR))
    home.hass.config_entries.flow.async_abort(home.flows(CLEAR)[0]["flow_id"])
    done = await home.clock.wait(
        home.hass.config_entries.flow.async_init(
            "mi_bms",
            context={"source": "import"},
            data={
                "name": "Attic",
                "kind": "sensor",
                "address": CLEAR,
                "product_id": None,
                "model": None,
            },
        )
    )
    await home.listen(clear, 3)
    assert not home.flows(CLEAR)
    await home.clock.wait(
        home.hass.config_entries.async_remove(done["result"].entry_id)
    )
    await home.clock.until(lambda: home.flows(CLEAR))


async def test_what_was_kept_is_there_again(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    hass_storage["mi_bms.keys"] = {
        "version": 1,
        "minor_version": 1,
        "key": "mi_bms.keys",
        "data": {
            "keys": {ADDRESS: KEY, "A4:C1:38:00:00:01": "damaged", "x": "00"},
            "loose": [OTHER, None],
            "identities": {},
            "auto_add": False,
            "ignored": [CLEAR],
        },
    }
    form = await home.discover(thermometer())
    assert form["step_id"] == "known_key"
    other = await home.discover(thermometer("A4:C1:38:00:05:5C", OTHER))
    assert other["step_id"] == "found"
    form = await home.choose(await home.start(), "nearby")
    fields = {str(one): one for one in form["data_schema"].schema}
    assert fields["ignored"].default() == [CLEAR]
    done = await home.choose(other, "add_one")
    assert done["data"]["key"] == OTHER
