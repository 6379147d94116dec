"""The ways to a sensor's key: one menu for cards, entries and repairs, and none a dead end."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components import bluetooth
from homeassistant.components.repairs.const import DOMAIN as REPAIRS
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon
from tests.world.devices.xiaomi import MiSensor

from ..home import Home, Result

ADDRESS = "A4:C1:38:00:05:5B"
OTHER = "A4:C1:38:00:05:5C"
KEY = "5b0500112233445566778899aabbcc01"
OTHER_KEY = "11" * 16
CLOUD = "custom_components.mi_bms.flow.key_ways.async_available"
FIX = "/api/repairs/issues/fix"
ALL = ["key", "pair_this", "import_keys"]


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the account's library missing, whatever is installed."""

    async def available(_hass: object) -> bool:
        return False

    monkeypatch.setattr(CLOUD, available)


def thermometer(address: str = ADDRESS, key: str = KEY) -> Beacon:
    device: Beacon = KINDS["LYWSD03MMC"](address=address, key=key)
    return device


def waits(home: Home) -> list[ir.IssueEntry]:
    found = ir.async_get(home.hass).issues.values()
    words = {"key_missing", "keys_missing"}
    return [one for one in found if one.active and one.translation_key in words]


def suggested(form: Result) -> Any:
    (field,) = form["data_schema"].schema
    return (field.description or {}).get("suggested_value")


async def paste_here(home: Home, menu: Result, text: str) -> Result:
    """Choose in a menu to paste many keys, and take all that is ticked."""
    form = await home.choose(menu, "import_keys")
    form = await home.answer(form, {"text": text})
    assert form["step_id"] == "import_pick", form
    (field,) = form["data_schema"].schema
    return await home.answer(form, {"take": field.default()})


async def keyless(home: Home, device: Beacon) -> ConfigEntry[Any]:
    """Add a sensor without its key, and let it speak."""
    entry = await home.add(device, {})
    await home.listen(device, 9)
    return entry


async def asks_again(home: Home, device: Beacon) -> tuple[ConfigEntry[Any], Result]:
    """Let a sensor get another key than the one that is set."""
    entry = await home.add(device)
    await home.listen(device, 3)
    assert isinstance(device, MiSensor)
    device.bind(OTHER_KEY)
    await home.listen(device, 9, every=600)
    (flow,) = home.flows(device.address)
    assert flow["context"]["source"] == "reauth"
    return entry, await home.answer(flow)


async def test_the_menu_of_a_card(home: Home) -> None:
    menu = await home.discover(thermometer())
    assert (menu["type"], menu["step_id"]) == ("menu", "key_ways")
    assert menu["menu_options"] == [*ALL, "keyless"]
    assert "encrypts" in menu["description_placeholders"]["why"]
    assert menu["description_placeholders"]["pairing"] == ""


async def test_the_menu_of_an_entry_whose_key_no_longer_fits(home: Home) -> None:
    entry, menu = await asks_again(home, thermometer())
    assert (menu["step_id"], menu["menu_options"]) == ("key_ways", ALL)
    assert "no longer opens" in menu["description_placeholders"]["why"]
    done = await paste_here(home, menu, f"{ADDRESS} {OTHER_KEY}")
    assert done["reason"] == "change_kept"
    await home.clock.settle()
    assert entry.data["key"] == OTHER_KEY
    assert home.flows() == []


async def test_no_pairing_without_a_receiver_that_connects(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = bluetooth.async_scanner_count
    monkeypatch.setattr(
        bluetooth,
        "async_scanner_count",
        lambda hass, connectable=True: 0 if connectable else count(hass, False),
    )
    menu = await home.discover(thermometer())
    assert menu["menu_options"] == ["key", "import_keys", "keyless"]
    assert "receiver that can connect" in menu["description_placeholders"]["pairing"]


async def test_a_sensor_of_other_firmware_is_neither_paired_nor_in_an_account(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def available(_hass: object) -> bool:
        return True

    monkeypatch.setattr(CLOUD, available)
    menu = await home.discover(KINDS["PVVX"](address=OTHER, key="22" * 16))
    assert menu["menu_options"] == ["key", "import_keys", "keyless"]
    menu = await home.discover(thermometer())
    assert menu["menu_options"] == [
        "key",
        "pair_this",
        "cloud",
        "import_keys",
        "keyless",
        "nearby",
    ]
    form = await home.choose(menu, "cloud")
    fields = {str(one): one for one in form["data_schema"].schema}
    assert fields["devices"].default() == [ADDRESS]


@pytest.mark.parametrize(
    ("typed", "digits", "wanted"),
    [
        ("5b05 0011", "8", "32"),
        ("", "0", "32"),
        (KEY[:-1], "31", "32"),
        (KEY + "A4C13800055", "43", "44"),
    ],
)
async def test_a_wrong_key_stays_and_is_counted(
    home: Home, typed: str, digits: str, wanted: str
) -> None:
    form = await home.answer(await home.ask_key(thermometer()), {"key": typed})
    assert form["errors"] == {"key": "key_length"}
    shown = form["description_placeholders"]
    assert (shown["digits"], shown["wanted"]) == (digits, wanted)
    assert suggested(form) == typed


async def test_the_digits_of_an_old_remote(home: Home) -> None:
    device = KINDS["YLKG07YL"](
        address="F8:24:41:00:03:B6", key="b60300112233445566778807"
    )
    device.press("dimmer", "press")
    form = await home.answer(await home.ask_key(device), {"key": "b603"})
    shown = form["description_placeholders"]
    assert (shown["digits"], shown["wanted"]) == ("4", "24")


async def test_many_keys_with_that_of_the_card_finish_it(home: Home) -> None:
    menu = await home.discover(thermometer())
    text = f"{ADDRESS} {KEY} # Hall\n{OTHER} {OTHER_KEY}"
    done = await paste_here(home, menu, text)
    assert done["type"] == "create_entry"
    assert done["data"]["key"] == KEY
    await home.clock.settle()
    entries = home.hass.config_entries.async_entries(DOMAIN)
    assert {one.unique_id for one in entries} == {ADDRESS, OTHER}
    assert home.flows() == []


async def test_many_keys_without_that_of_the_card_lead_back(home: Home) -> None:
    menu = await home.discover(thermometer())
    menu = await paste_here(home, menu, f"{OTHER} {OTHER_KEY}")
    assert menu["step_id"] == "key_ways"
    outcome = menu["description_placeholders"]["outcome"]
    assert "added: 1" in outcome
    assert "was not among" in outcome
    done = await home.answer(await home.choose(menu, "key"), {"key": KEY})
    assert done["type"] == "create_entry"


async def test_pairing_in_the_flow_that_asks_again(home: Home) -> None:
    """The new key is shown, though it settles the question that led to it."""
    device: Any = KINDS["MI_REGISTERED"](address=ADDRESS, first_data=60.0)
    old = device.key
    entry, menu = await asks_again(home, device)
    form = await home.choose(menu, "pair_this")
    ready = {"accept": True, "instant": False}
    flow = await home.answer(form, ready)
    for _ in range(60):
        await home.clock.run(1)
        home.shout(device)
        await home.clock.settle()
    done = await home.answer(flow)
    assert done["reason"] == "paired"
    # Nobody has to send the form that shows the key: it is closed as often as not.
    await home.clock.settle()
    await home.listen(device, 20, every=10)
    assert home.value(device, "key_state") == "right"
    (form,) = [one for one in home.flows() if one["flow_id"] == done["next_flow"][1]]
    form = await home.answer(form)
    assert form["step_id"] == "pair_done"
    assert entry.data["key"] == form["description_placeholders"]["key"] != old
    done = await home.answer(form, {})
    assert done["reason"] == "paired"


async def test_a_pairing_that_failed_leads_back_to_the_ways(home: Home) -> None:
    device = KINDS["MI_FRESH"](address=ADDRESS)
    form = await home.choose(await home.discover(device), "pair_this")
    home.air.refuse.add(ADDRESS)
    flow = await home.answer(form, {"accept": True, "instant": False})
    for _ in range(60):
        await home.clock.run(1)
    menu = await home.answer(flow)
    assert menu["menu_options"] == ["pair_prepare", "key_ways"]
    menu = await home.choose(menu, "key_ways")
    done = await home.choose(menu, "keyless")
    assert done["type"] == "create_entry"


async def test_one_repair_for_all_that_wait(home: Home) -> None:
    first, second = thermometer(), thermometer(OTHER, OTHER_KEY)
    entry = await keyless(home, first)
    assert home.flows() == []
    (issue,) = waits(home)
    assert issue.translation_key == "key_missing"
    assert issue.translation_placeholders == {"count": "1", "names": entry.title}
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.is_fixable

    other = await keyless(home, second)
    (issue,) = waits(home)
    assert issue.translation_key == "keys_missing"
    assert (issue.translation_placeholders or {})["count"] == "2"

    flow = await home.choose(await home.reconfigure(entry), "key")
    done = await home.answer(flow, {"key": KEY})
    assert done["reason"] == "change_kept"
    await home.listen(first, 3)
    (issue,) = waits(home)
    assert (issue.translation_placeholders or {})["names"] == other.title
    await home.clock.wait(home.hass.config_entries.async_remove(other.entry_id))
    assert waits(home) == []


@pytest.mark.usefixtures("socket_enabled")
async def test_the_repair_leads_to_the_menu_and_to_many_keys(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(home.hass, REPAIRS, {})
    first, second = thermometer(), thermometer(OTHER, OTHER_KEY)
    entry, other = await keyless(home, first), await keyless(home, second)
    (issue,) = waits(home)
    browser = await hass_client()

    async def fix(step: str) -> Result:
        start = {"handler": DOMAIN, "issue_id": issue.issue_id}
        menu = await (await browser.post(FIX, json=start)).json()
        assert menu["type"] == "menu", menu
        assert list(menu["menu_options"].values()) == [
            entry.title,
            other.title,
            "Paste keys of many sensors",
        ]
        url = f"{FIX}/{menu['flow_id']}"
        done = await (await browser.post(url, json={"next_step_id": step})).json()
        assert (done["type"], done["reason"]) == ("abort", "goes_on")
        kind, flow_id = done["next_flow"]
        assert kind == "config_flow"
        return await home.answer({"flow_id": flow_id})

    menu = await fix(f"sensor_{entry.entry_id.lower()}")
    assert (menu["step_id"], menu["menu_options"]) == ("key_ways", ALL)
    done = await home.answer(await home.choose(menu, "key"), {"key": KEY})
    assert done["reason"] == "change_kept"
    await keyless_again(home, entry, first)

    form = await fix("import_keys")
    assert form["step_id"] == "import_keys"
    text = f"{ADDRESS} {KEY}\n{OTHER} {OTHER_KEY}"
    form = await home.answer(form, {"text": text})
    done = await home.answer(form, {"take": [ADDRESS, OTHER]})
    assert done["reason"] == "keys_taken"
    await home.listen(first, 3)
    await home.listen(second, 3)
    assert waits(home) == []


async def keyless_again(home: Home, entry: ConfigEntry[Any], device: Beacon) -> None:
    """Take a sensor's key away, as if it had never had one."""
    data = {name: value for name, value in entry.data.items() if name != "key"}
    home.hass.config_entries.async_update_entry(entry, data=data)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.listen(device, 9)
