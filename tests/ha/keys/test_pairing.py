"""Making a key over Bluetooth, watched from the form."""

import contextlib
import json
from typing import Any

from bleak.backends.service import BleakGATTServiceCollection
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.components.diagnostics import DOMAIN as DIAGNOSTICS
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS
from tests.world.devices.activation import MiActivatable
from tests.world.devices.xiaomi import MiSensor

from ..clock import now
from ..home import Home, Result
from .test_ring import entries

ADDRESS = "A4:C1:38:00:05:5B"
LAST_WORD = 27  # the message in which a device says that it stored its key
READY = {"accept": True, "instant": False}


def fresh(home: Home, kind: str = "MI_FRESH", **more: Any) -> MiActivatable:
    """Put a device that can be given a key into the air, and let it be heard."""
    device = KINDS[kind](address=ADDRESS, **more)
    assert isinstance(device, MiActivatable)
    home.air.add(device)
    home.shout(device)
    return device


async def listing(home: Home) -> Result:
    """Open the list of devices."""
    flow = await home.choose(await home.start(), "pair")
    assert flow["progress_action"] == "pair_listen"
    await home.clock.run(3)
    return await home.answer(flow)


def line(address: str) -> str:
    """Return the step of a device in the list."""
    return f"pair_{address.replace(':', '').lower()}"


async def choose(home: Home, address: str = ADDRESS) -> Result:
    """Choose a device from the list, or by its address."""
    menu = await listing(home)
    assert menu["step_id"] == "pair_choose"
    if line(address) in menu["menu_options"]:
        return await home.choose(menu, line(address))
    form = await home.choose(menu, "pair_filter")
    return await home.answer(form, {"address": address})


def step(home: Home, flow: Result) -> Result | None:
    """Look at a flow as a browser that was closed meanwhile does."""
    with contextlib.suppress(Exception):
        found: Result = home.hass.config_entries.flow.async_get(flow["flow_id"])
        return found
    return None


async def watch(home: Home, flow: Result) -> list[str]:
    """Watch the stages until the pairing has ended."""
    seen: list[str] = []

    def ended() -> bool:
        here = step(home, flow)
        if here is None or here["step_id"] != "pairing":
            return True
        action = home.hass.config_entries.flow._progress[flow["flow_id"]].cur_step[
            "progress_action"
        ]
        if not seen or seen[-1] != action:
            seen.append(action)
        return False

    await home.clock.until(ended, 900)
    return seen


async def test_a_new_key_is_made_and_used(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    device = fresh(home)
    form = await choose(home)
    assert form["step_id"] == "pair_prepare"
    assert "Nothing needs to be done" in form["description_placeholders"]["preparation"]
    flow = await home.answer(form, READY)
    assert flow["type"] == "progress"
    stages = await watch(home, flow)
    assert flow["progress_action"] == "pair_connecting"
    assert stages[0] == "pair_reading_id"
    assert "pair_exchanging_keys" in stages
    assert stages[-1] == "pair_checking_login"
    assert home.air.links == {}

    form = await home.answer(flow)
    assert form["step_id"] == "pair_done"
    shown = form["description_placeholders"]
    assert device.token is not None
    assert shown["token"] == device.token.hex()
    assert shown["device_id"].startswith("blt.3.129v")
    assert shown["address"] == ADDRESS
    assert shown["mi32_key"] == (shown["key"] + "A4C13800055B").upper()
    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    assert done["title"] == "Thermometer 055B"
    assert done["data"]["key"] == shown["key"]
    assert done["data"]["product"] == 0x055B

    await home.listen(device, 15, every=4.0)
    assert device.key == shown["key"]
    assert float(home.value(device, "temperature")) == pytest.approx(
        float(device.truth()["temperature"]), abs=0.5
    )
    logged = "\n".join(
        one.getMessage()
        for one in caplog.records
        if not one.getMessage().startswith("Writing data to")
    )
    assert shown["key"] not in logged
    assert shown["token"] not in logged


@pytest.mark.parametrize("forgets", [False, True])
async def test_a_new_key_is_on_the_disk_while_it_is_made(
    home: Home, hass_storage: dict[str, Any], forgets: bool
) -> None:
    """Whatever happens to the house after that; a key that the device does not have is forgotten."""
    fresh(home, forgets=forgets)
    flow = await home.answer(await choose(home), READY)

    def written() -> dict[str, Any]:
        found: dict[str, Any] = hass_storage.get("mi_bms.keys", {}).get("data", {})
        return found

    def loose() -> bool:
        return bool(written().get("loose"))

    await home.clock.until(loose)
    assert written()["keys"] == {}
    (early,) = written()["loose"]
    await watch(home, flow)
    assert written()["loose"] == []
    assert written()["keys"] == ({} if forgets else {ADDRESS: early})


async def test_only_what_can_be_paired_is_listed(home: Home) -> None:
    fresh(home)
    other = KINDS["MI_FRESH"](address="A4:C1:38:00:05:5C", model="MHO-C401")
    home.air.add(other, rssi=-40)
    clear = KINDS["LYWSDCGQ"](address="58:2D:34:00:01:AA")
    custom = KINDS["ATC1441"](address="A4:C1:38:00:14:41")
    for device in (other, clear, custom):
        if device.address not in home.air.devices:
            home.air.add(device)
        home.shout(device)
    menu = await listing(home)
    assert list(menu["menu_options"]) == [
        line(other.address),
        line(ADDRESS),
        "pair_filter",
    ]
    assert (
        menu["menu_options"][line(ADDRESS)]
        == f"-60 dBm · Thermometer 055B (LYWSD03MMC) · {ADDRESS}"
    )
    assert menu["description_placeholders"]["filter"] == ""
    form = await home.choose(menu, "pair_filter")
    menu = await home.answer(form, {"prefix": "XYZ, lywsd"})
    assert list(menu["menu_options"]) == [line(ADDRESS), "pair_filter"]
    assert "XYZ, lywsd" in menu["description_placeholders"]["filter"]
    form = await home.choose(menu, "pair_filter")
    form = await home.answer(form, {"prefix": "XYZ, lywsd", "address": "kitchen"})
    assert form["errors"] == {"address": "invalid_address"}
    menu = await home.answer(form, {"prefix": "XYZ"})
    assert list(menu["menu_options"]) == ["pair_filter"]
    assert "No Xiaomi device" in menu["description_placeholders"]["found"]


async def test_the_list_stays_up_to_date_while_it_is_shown(home: Home) -> None:
    """The frontend is told when the list looks otherwise, and fetches it anew."""
    device = fresh(home)
    news: list[str] = []
    home.hass.bus.async_listen(
        "data_entry_flow_progressed", lambda event: news.append(event.data["flow_id"])
    )
    menu = await listing(home)
    news.clear()

    async def hear(rssi: int) -> dict[str, str]:
        home.air.rssi[ADDRESS] = rssi
        await home.listen(device, 3)
        return dict((await home.answer(menu))["menu_options"])

    await hear(-61)
    assert news == []
    assert "-44 dBm" in (await hear(-44))[line(ADDRESS)]
    assert set(news) == {menu["flow_id"]}

    news.clear()
    other = KINDS["MI_FRESH"](address="A4:C1:38:00:05:5C", model="MHO-C401")
    home.air.add(other, rssi=-30)
    await home.listen(other, 3)
    assert len(news) == 1
    shown = (await home.answer(menu))["menu_options"]
    assert list(shown) == [line(ADDRESS), line(other.address), "pair_filter"]

    news.clear()
    await home.clock.run(21)
    assert news
    shown = (await home.answer(menu))["menu_options"]
    assert shown[line(ADDRESS)].startswith("silent for 20 s · Thermometer 055B")

    await home.choose(menu, line(ADDRESS))
    news.clear()
    home.air.rssi[ADDRESS] = -80
    await home.listen(device, 5)
    assert news == []


async def test_the_warning_has_to_be_accepted(home: Home) -> None:
    fresh(home)
    form = await home.answer(await choose(home), {"accept": False, "instant": False})
    assert form["step_id"] == "pair_prepare"
    assert form["errors"] == {"accept": "not_accepted"}
    assert home.air.connects == 0


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("MI_REFUSING", {}, "Reset it first"),
        ("MI_PROTOCOL_02", {}, "maker's app only"),
        ("MI_SECURE_CHIP", {}, "secure chip"),
        ("MI_LEAVES", {"leaves": 9}, "could not be connected"),
        ("MI_FRESH", {"forgets": True}, "says that it"),
    ],
)
async def test_why_there_is_no_key_is_told(
    home: Home, kind: str, more: dict[str, Any], words: str
) -> None:
    fresh(home, kind, **more)
    flow = await home.answer(await choose(home), READY)
    await watch(home, flow)
    menu = await home.answer(flow)
    assert menu["step_id"] == "pair_failed"
    assert menu["menu_options"] == ["pair_prepare", "pair_choose"]
    assert words in menu["description_placeholders"]["reason"]
    assert home.air.links == {}
    form = await home.choose(menu, "pair_prepare")
    assert form["step_id"] == "pair_prepare"
    assert entries(home) == {}


@pytest.mark.parametrize(
    "kind", ["MI_SLOW_KEY", "MI_LOSES_FRAGMENT", "MI_OVERTAKES", "MI_LEAVES"]
)
async def test_difficult_devices_get_their_key_all_the_same(
    home: Home, kind: str
) -> None:
    device = fresh(home, kind)
    flow = await home.answer(await choose(home), READY)
    await watch(home, flow)
    form = await home.answer(flow)
    assert form["step_id"] == "pair_done"
    assert device.token is not None
    assert form["description_placeholders"]["token"] == device.token.hex()


async def test_a_table_that_was_remembered_of_other_firmware_is_dropped(
    home: Home,
) -> None:
    fresh(home)
    home.air.caches = True
    home.air.tables[ADDRESS] = BleakGATTServiceCollection()
    flow = await home.answer(await choose(home), READY)
    await watch(home, flow)
    assert (await home.answer(flow))["step_id"] == "pair_done"
    assert home.air.cleared == 1
    assert home.air.connects == 2


async def test_a_form_that_is_closed_frees_the_connection_at_once(home: Home) -> None:
    fresh(home, "MI_SLOW_KEY")
    flow = await home.answer(await choose(home), READY)
    await home.clock.until(lambda: home.air.links)
    await home.clock.run(0.5)
    began = now()
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.clock.until(lambda: not home.air.links)
    assert now() - began < 1
    flow = await home.answer(await choose(home), READY)
    await watch(home, flow)
    assert (await home.answer(flow))["step_id"] == "pair_done"


async def test_two_pairings_at_once_are_refused(home: Home) -> None:
    fresh(home, "MI_SLOW_KEY")
    flow = await home.answer(await choose(home), READY)
    await home.clock.until(lambda: home.air.links)
    second = await home.answer(await choose(home), READY)
    assert second["errors"] == {"base": "pairing_busy"}
    await watch(home, flow)
    assert (await home.answer(flow))["step_id"] == "pair_done"


async def test_a_browser_that_is_opened_again_finds_the_stage(home: Home) -> None:
    fresh(home)
    flow = await home.answer(await choose(home), READY)
    await home.clock.until(lambda: home.air.links)
    here = step(home, flow)
    assert here is not None
    assert here["step_id"] == "pairing"
    await watch(home, flow)
    here = step(home, flow)
    assert here is not None
    assert here["step_id"] == "pair_done"


async def test_a_key_whose_form_was_lost_is_known_when_the_sensor_turns_up(
    home: Home,
) -> None:
    """Nobody answered the last form; the card offers the key although nothing proves it yet."""
    device = fresh(home)
    flow = await home.answer(await choose(home), READY)
    await watch(home, flow)
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.listen(device, 2)
    form = await home.answer(home.flows(ADDRESS)[0])
    assert form["step_id"] == "known_key"
    done = await home.answer(home.flows(ADDRESS)[0], {})
    await home.listen(device, 12, every=4.0)
    assert done["data"]["key"] == device.key
    assert done["data"]["keyed_at"] > 0


async def test_pair_as_soon_as_it_wakes(home: Home) -> None:
    """The device sleeps; nothing is tried before it is heard through a receiver that connects."""
    device = KINDS["MI_FRESH"](address=ADDRESS)
    home.air.add(device)
    form = await choose(home)
    assert form["step_id"] == "pair_prepare"
    assert form["description_placeholders"]["rssi"] == "-"
    flow = await home.answer(form, {"accept": True, "instant": True})
    assert flow["progress_action"] == "pair_waiting"
    await home.clock.run(60)
    assert home.air.connects == 0
    home.shout(device)
    await watch(home, flow)
    assert (await home.answer(flow))["step_id"] == "pair_done"


async def test_a_device_that_never_wakes(home: Home) -> None:
    flow = await home.answer(await choose(home), {"accept": True, "instant": True})
    assert await watch(home, flow) == ["pair_waiting"]
    menu = await home.answer(flow)
    assert "within ten minutes" in menu["description_placeholders"]["reason"]
    flow = await home.choose(menu, "pair_prepare")
    flow = await home.answer(flow, READY)
    await watch(home, flow)
    menu = await home.answer(flow)
    assert "No receiver" in menu["description_placeholders"]["reason"]


async def test_a_sensor_that_is_set_up_gets_a_new_key(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    """Packets under the old key that still come do not make it look wrong."""
    device = KINDS["MI_REGISTERED"](address=ADDRESS, first_data=60.0)
    assert isinstance(device, MiSensor)
    entry = await home.add(device)
    old = entry.data["key"]
    menu = await home.reconfigure(entry)
    form = await home.choose(menu, "pair_this")
    assert form["step_id"] == "pair_prepare"
    flow = await home.answer(form, READY)
    await watch(home, flow)
    form = await home.answer(flow)
    assert form["step_id"] == "pair_done"
    assert entry.data["key"] == form["description_placeholders"]["key"] != old
    done = await home.answer(form, {})
    assert done["reason"] == "paired"
    await home.listen(device, 12)
    assert device.key == old
    assert home.flows() == []
    await home.listen(device, 20, every=4.0)
    assert device.key == entry.data["key"]
    device.put("temperature", -7.0)
    await home.listen(device, 10)
    assert float(home.value(device, "temperature")) == pytest.approx(-7, abs=0.3)

    assert await async_setup_component(home.hass, DIAGNOSTICS, {})
    client = await hass_client()
    url = f"/api/diagnostics/config_entry/{entry.entry_id}"
    report = json.dumps(await (await client.get(url)).json())
    token = form["description_placeholders"]["token"]
    assert entry.data["key"] not in report
    assert token not in report


async def test_a_key_that_is_wrong_after_the_grace_is_asked_for(home: Home) -> None:
    device = KINDS["MI_REGISTERED"](address=ADDRESS, first_data=10_000.0)
    entry = await home.add(device)
    flow = await home.answer(
        await home.choose(await home.reconfigure(entry), "pair_this"), READY
    )
    await watch(home, flow)
    await home.answer(flow, {})
    await home.listen(device, 10)
    assert home.flows() == []
    await home.clock.leap(900)
    await home.listen(device, 6)
    assert [one["context"]["source"] for one in home.flows()] == ["reauth"]


async def test_an_old_remote_hands_out_its_own_key(home: Home) -> None:
    device = KINDS["MI_LEGACY_REMOTE"](address="F8:24:41:00:03:B6")
    home.air.add(device)
    home.shout(device)
    form = await choose(home, device.address)
    assert "hands out" in form["description_placeholders"]["way"]
    flow = await home.answer(form, READY)
    await watch(home, flow)
    form = await home.answer(flow)
    assert form["description_placeholders"]["key"] == device.key
    assert form["description_placeholders"]["token"] == "-"  # noqa: S105
    done = await home.answer(form, {})
    assert done["data"]["key"] == device.key


async def test_a_key_of_uncertain_fate_is_kept_and_tried(home: Home) -> None:
    """The connection breaks after the device stored the key, before it says so, for good."""
    device = fresh(home, leave_at=LAST_WORD)
    flow = await home.answer(await choose(home), READY)
    await home.clock.until(lambda: home.air.links)
    await home.clock.until(lambda: not home.air.links)
    home.air.refuse.add(ADDRESS)
    await watch(home, flow)
    menu = await home.answer(flow)
    assert "The key is kept" in menu["description_placeholders"]["reason"]
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.listen(device, 15, every=4.0)
    form = await home.answer(home.flows(ADDRESS)[0])
    assert form["step_id"] == "known_key"
    done = await home.answer(form, {})
    assert done["data"]["key"] == device.key
