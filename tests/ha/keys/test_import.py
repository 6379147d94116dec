"""Many keys at once: from a text, a file, other integrations and the maker's account."""

import json
from pathlib import Path
import sys
from types import ModuleType, SimpleNamespace
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from tests.world.devices import KINDS

from ..home import Home, Result
from .test_ring import ADDRESS, CLEAR, KEY, OTHER, entries, paste, take, thermometer

SECOND = "A4:C1:38:00:05:5C"
UNHEARD = "54:48:E6:00:07:F6"


def choices(form: Result) -> dict[str, str]:
    """Return the lines that can be ticked."""
    (field,) = [one for one in form["data_schema"].schema if str(one) == "take"]
    options = form["data_schema"].schema[field].config["options"]
    return {one["value"]: one["label"] for one in options}


def ticked(form: Result) -> list[str]:
    """Return the lines that are ticked to begin with."""
    (field,) = [one for one in form["data_schema"].schema if str(one) == "take"]
    found: list[str] = field.default()
    return found


async def test_a_mixed_text_is_previewed_line_by_line_and_taken(home: Home) -> None:
    known = await home.add(thermometer(SECOND, "33" * 16))
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 3)
    text = "\n".join(
        [
            f'[{{"MAC":"A4C13800055B","PID":"055b","key":"{KEY.upper()}","name":"Attic"}}]\0',
            f"MI32Key {OTHER}A4C13800055C",
            f"{UNHEARD} {'f6' * 16}",
            "A4:C1:38:00:00:01 1234",
            "what is this",
        ]
    )
    form = await paste(home, text)
    assert form["step_id"] == "import_pick"
    assert set(choices(form)) == {ADDRESS, SECOND, UNHEARD}
    assert choices(form)[ADDRESS] == (
        f"Attic (LYWSD03MMC) · {ADDRESS} · -60 dBm · will be added · key fits"
    )
    assert choices(form)[UNHEARD] == (
        f"Sensor 07F6 · {UNHEARD} · not heard · will be added · will be checked when it speaks"
    )
    assert "conflict" in choices(form)[SECOND]
    assert set(ticked(form)) == {ADDRESS, UNHEARD}
    rest = form["description_placeholders"]["rest"]
    assert "Line 4: `A4:C1:38:00:00:01 1234`" in rest
    assert "Line 5: `what is this`: not understood" in rest
    assert KEY not in rest.lower()

    done = await take(home, form, ADDRESS, UNHEARD, SECOND)
    assert done["type"] == "abort"
    assert done["reason"] == "keys_taken"
    assert done["description_placeholders"] == {"added": "2", "updated": "1"}
    made = entries(home)
    assert made[ADDRESS].title == "Attic"
    assert made[ADDRESS].data["product"] == 0x055B
    assert made[UNHEARD].data["key"] == "f6" * 16
    assert known.data["key"] == OTHER
    await home.listen(device, 6)
    assert home.entity_id(device, "temperature")


async def test_what_is_there_already_is_left_as_it_is(home: Home) -> None:
    await home.add(thermometer())
    form = await paste(home, f"{ADDRESS} {KEY}\n{UNHEARD} {'f6' * 16}")
    assert set(choices(form)) == {UNHEARD}
    assert (
        "Line 1: Thermometer 055B (`A4:C1:38:00:05:5B`)"
        in form["description_placeholders"]["rest"]
    )


async def test_a_key_that_does_not_fit_is_not_ticked(home: Home) -> None:
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 3)
    form = await paste(home, f"{ADDRESS} {OTHER}")
    assert "does not fit" in choices(form)[ADDRESS]
    assert ticked(form) == []
    assert (await take(home, form))["reason"] == "keys_left"


async def test_a_sensor_without_a_key_may_stand_in_the_file(home: Home) -> None:
    device = KINDS["ATC1441"](address=CLEAR)
    home.air.add(device)
    home.shout(device)
    form = await paste(
        home,
        '[{"MAC":"A4C138001441","PID":"0a1c","key":""},'
        '{"MAC":"582D34000001","PID":"01aa","key":""},'
        '{"MAC":"582D34000002","PID":"ffff","key":""}]',
    )
    # What is silent is known by its product.
    assert set(choices(form)) == {CLEAR, "58:2D:34:00:00:01"}
    await take(home, form, CLEAR)
    assert "key" not in entries(home)[CLEAR].data


async def test_a_key_updates_an_entry_that_asks_for_one(home: Home) -> None:
    device = home.air.add(KINDS["MJYD02YL"](address=UNHEARD, key="f6" * 16))
    entry = await home.add(device, {})
    await home.listen(device, 9)
    assert home.flows() == []
    form = await paste(home, f"{UNHEARD} {'f6' * 16}")
    assert "will get this key" in choices(form)[UNHEARD]
    await take(home, form, UNHEARD)
    assert entry.data["key"] == "f6" * 16
    assert home.flows() == []


async def test_an_ignored_sensor_can_be_taken(home: Home) -> None:
    MockConfigEntry(domain="mi_bms", unique_id=ADDRESS, source="ignore").add_to_hass(
        home.hass
    )
    form = await paste(home, f"{ADDRESS} {KEY}")
    await take(home, form, ADDRESS)
    assert entries(home)[ADDRESS].data["key"] == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "no keys here",
        "\x00\x01\x02" * 50,
        "[" * 20_000,
        "&a [*a, *a]\n" * 100,
        "x" * 1_100_000,
        ADDRESS,
    ],
)
async def test_hostile_or_empty_text_is_refused_with_a_sentence(
    home: Home, text: str
) -> None:
    form = await paste(home, text)
    assert form["type"] == "form"
    assert form["step_id"] == "import_keys"
    if text:
        assert form["errors"] == {"base": "nothing_found"}
        assert len(form["description_placeholders"]["why"]) < 200
    assert entries(home) == {}


async def test_five_hundred_lines(home: Home) -> None:
    """Every line is accounted for."""
    lines = []
    for number in range(500):
        address = f"A4:C1:38:01:{number // 256:02X}:{number % 256:02X}"
        lines.append(
            [f"{address} {number:032x}", f"{address} 12345", f"MI32Key {number:032x}"][
                number % 3
            ]
        )
    flow = await home.choose(await home.start(), "keys")
    flow = await home.choose(flow, "import_keys")
    form = await home.answer(flow, {"text": "\n".join(lines)})
    assert form["step_id"] == "import_pick"
    rest = form["description_placeholders"]["rest"].splitlines()
    assert len(choices(form)) == 167
    assert rest[0] == "What is left as it is:"
    assert rest[-1] == "- and 33 more lines"
    assert len(rest) == 303


async def test_a_file_is_read_and_deleted(
    home: Home, hass: HomeAssistant, tmp_path: Path
) -> None:
    file = tmp_path / "mi32cfg"
    file.write_bytes(
        json.dumps([{"MAC": "A4C13800055B", "PID": "055b", "key": KEY}]).encode()
        + b"\0"
    )
    flow = await home.choose(await home.start(), "keys")
    flow = await home.choose(flow, "import_keys")
    number = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    gone = await home.answer(flow, {"file": number})
    assert gone["errors"] == {"file": "file_lost"}
    with patch(
        "custom_components.mi_bms.flow.import_keys.process_uploaded_file"
    ) as uploaded:
        uploaded.return_value.__enter__.return_value = file
        form = await home.answer(flow, {"file": number})
    assert list(choices(form)) == [ADDRESS]


async def test_keys_of_other_integrations(home: Home) -> None:
    there = MockConfigEntry(
        domain="xiaomi_ble", unique_id=ADDRESS, title="Attic", data={"bindkey": KEY}
    )
    there.add_to_hass(home.hass)
    for data in ({}, {"bindkey": "nonsense"}, {"bindkey": None}):
        MockConfigEntry(
            domain="bthome", unique_id="A4:C1:38:00:00:01", data=data
        ).add_to_hass(home.hass)
    menu = await home.choose(await home.start(), "keys")
    assert "there" in menu["menu_options"]
    form = await home.choose(menu, "there")
    assert form["step_id"] == "there"
    assert list(choices(form)) == [ADDRESS]
    await take(home, form, ADDRESS)
    assert entries(home)[ADDRESS].title == "Attic"
    assert entries(home)[ADDRESS].data["key"] == KEY
    assert dict(there.data) == {"bindkey": KEY}


class TwoFactor(Exception):
    """Be the library's word for a second factor."""

    url = "https://account.example/second"


class Refused(Exception):
    """Be the library's word for a refused login."""


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Put a library that talks to nobody in the place of Home Assistant's."""
    state = SimpleNamespace(answer=None, asked=[])
    module = ModuleType("xiaomi_ble")

    class Fetch:
        def __init__(self, username: str, password: str, session: object) -> None:
            state.asked.append((username, password))

        async def get_device_info(self, mac: str) -> object:
            state.asked.append(mac)
            if isinstance(state.answer, Exception):
                raise state.answer
            return state.answer

    module.__dict__.update(
        XiaomiCloudTokenFetch=Fetch,
        XiaomiCloudTwoFactorAuthenticationException=TwoFactor,
        XiaomiCloudInvalidAuthenticationException=Refused,
        __spec__=SimpleNamespace(name="xiaomi_ble"),
    )
    monkeypatch.setitem(sys.modules, "xiaomi_ble", module)
    return state


async def cloud(home: Home, *devices: str) -> Result:
    """Log in to the maker's account."""
    menu = await home.choose(await home.start(), "keys")
    form = await home.choose(menu, "cloud")
    return await home.answer(
        form,
        {"username": "me", "password": "hunter2hunter2", "devices": list(devices)},
    )


async def test_the_makers_account_gives_a_key(
    home: Home, library: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 2)
    library.answer = SimpleNamespace(name="Bedroom", mac=ADDRESS, bindkey=KEY)
    form = await cloud(home, ADDRESS.lower())
    assert library.asked == [("me", "hunter2hunter2"), ADDRESS]
    assert "Bedroom" in choices(form)[ADDRESS]
    assert "key fits" in choices(form)[ADDRESS]
    await take(home, form, ADDRESS)
    assert entries(home)[ADDRESS].data["key"] == KEY
    assert "hunter2" not in caplog.text
    assert "hunter2" not in str(dict(entries(home)[ADDRESS].data))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (TwoFactor("hunter2hunter2"), "cloud_second_factor"),
        (Refused("no"), "cloud_refused"),
        (KeyError("result"), "cloud_failed"),
        (TimeoutError(), "cloud_unreachable"),
        (None, "cloud_unknown_device"),
        (SimpleNamespace(name="x", mac=ADDRESS, bindkey=""), "cloud_no_key"),
    ],
)
async def test_every_failure_of_the_account_is_told(
    home: Home,
    library: SimpleNamespace,
    caplog: pytest.LogCaptureFixture,
    answer: object,
    error: str,
) -> None:
    library.answer = answer
    form = await cloud(home, ADDRESS)
    assert form["step_id"] == "cloud"
    assert form["errors"] == {"base": error}
    shown = form["description_placeholders"]["second_factor"]
    assert ("https://account.example/second" in shown) is (
        error == "cloud_second_factor"
    )
    suggested = {
        str(field): (field.description or {}).get("suggested_value")
        for field in form["data_schema"].schema
    }
    assert suggested == {"username": "me", "password": None, "devices": [ADDRESS]}
    assert "hunter2" not in caplog.text


async def test_a_device_has_to_be_named(home: Home, library: SimpleNamespace) -> None:
    form = await cloud(home)
    assert form["errors"] == {"devices": "nothing_chosen"}
    form = await cloud(home, "my thermometer")
    assert form["errors"] == {"base": "cloud_bad_address"}
    assert form["description_placeholders"]["device"] == "my thermometer"
    assert library.asked == []


async def test_without_the_library_there_is_no_such_way(home: Home) -> None:
    with patch.dict(sys.modules):
        sys.modules.pop("xiaomi_ble", None)
        with patch("custom_components.mi_bms.keys.cloud.find_spec", return_value=None):
            menu = await home.choose(await home.start(), "keys")
    assert menu["menu_options"] == ["import_keys"]


async def test_the_reason_is_told_where_nothing_can_be_taken(home: Home) -> None:
    form = await paste(home, "x" * 1_100_000)
    assert "one megabyte" in form["description_placeholders"]["why"]
    form = await paste(home, f"{ADDRESS} 12345678901234567890")
    assert "wrong length" in form["description_placeholders"]["why"]


async def test_a_pasted_key_is_judged_at_once(home: Home) -> None:
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 3)
    flow = await home.choose(await home.start(), "manual")
    menu = await home.answer(flow, {"address": ADDRESS})
    form = await home.choose(menu, "key")
    done = await home.answer(form, {"key": OTHER})
    assert done["errors"] == {"key": "wrong_key"}
    done = await home.answer(form, {"key": "F" * 32})
    assert done["errors"] == {"key": "key_empty"}


async def test_what_stands_in_one_word_is_read_as_what_is_heard_says(
    home: Home,
) -> None:
    """Tasmota writes the key first; other people write the address first."""
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 3)
    digits = ADDRESS.replace(":", "")
    for text in (
        digits + KEY,
        f"{ADDRESS}:{':'.join(KEY[at : at + 2] for at in range(0, 32, 2))}",
        KEY + digits,
    ):
        form = await paste(home, text)
        assert ticked(form) == [ADDRESS]
        assert "key fits" in choices(form)[ADDRESS]
        assert list(choices(form)) == [ADDRESS]
    form = await home.answer(await home.ask_key(device), {"key": digits + KEY})
    assert form["type"] == "create_entry"
    assert form["data"]["key"] == KEY


async def test_tasmotas_way_is_taken_if_nothing_is_heard(home: Home) -> None:
    form = await paste(home, "f6" * 16 + UNHEARD.replace(":", ""))
    assert ticked(form) == [UNHEARD]
    assert list(choices(form)) == [UNHEARD]


async def test_it_is_asked_where_nothing_tells(home: Home) -> None:
    pairs = ":".join(["F6"] * 16)
    stranger = "C0:FF:EE:00:07:F6"
    form = await paste(home, f"{stranger}:{pairs}")
    assert ticked(form) == []
    assert list(choices(form)) == ["F6:F6:F6:F6:F6:F6", stranger]
    assert "tick the right one" in choices(form)[stranger]
    await take(home, form, stranger)
    assert entries(home)[stranger].data["key"] == "f6" * 16
    # A maker's address tells.
    form = await paste(home, f"{UNHEARD}:{pairs}")
    assert ticked(form) == list(choices(form)) == [UNHEARD]
