"""Adding a sensor that was heard, and changing it later."""

import json
from pathlib import Path
import re
from typing import Any

import pytest

from homeassistant.components import bluetooth
from tests.world import ad
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon
from tests.world.devices.xiaomi import MiSensor

from ..home import Home

FIXTURES = Path(__file__).parents[2] / "fixtures"
ADDRESS = "A4:C1:38:00:05:5B"
KEY = "5b0500112233445566778899aabbcc01"


def thermometer(**more: Any) -> Beacon:
    """Make a thermometer that encrypts."""
    device: Beacon = KINDS["LYWSD03MMC"](address=ADDRESS, key=KEY, **more)
    return device


def motion_sensor() -> Beacon:
    """Make a sensor that shows its presence without saying whether it encrypts."""
    device: Beacon = KINDS["MJYD02YL"](address="54:48:E6:00:07:F6", key="f6" * 16)
    return device


async def test_what_a_sensor_is_stands_in_one_language(home: Home) -> None:
    """Chinese has its own marks between things and after sentences, and nothing after those."""
    home.hass.config.language = "zh-Hans"
    form = await home.discover(KINDS["ATC1441"](address="A4:C1:38:00:14:41"))
    about = form["description_placeholders"]["about"]
    assert re.fullmatch(
        r"[^。、]+。[^。、]+温度、湿度。[^。、]+20\.5 °C · 52 %。", about
    )


async def test_a_sensor_in_the_clear_is_confirmed(home: Home) -> None:
    device = KINDS["ATC1441"](address="A4:C1:38:00:14:41")
    form = await home.discover(device)
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"] == {
        "name": "Thermometer 1441 (ATC)",
        "address": "A4:C1:38:00:14:41",
        "rssi": "-60",
        "about": "Thermometer with custom firmware ATC. "
        "It measures: Temperature, Humidity. "
        "It says now: 20.5 °C · 52 %.",
    }
    assert home.flows()[0]["context"]["confirm_only"] is True
    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    assert done["result"].unique_id == "A4:C1:38:00:14:41"
    assert done["data"]["kind"] == "sensor"
    assert done["data"]["address"] == "A4:C1:38:00:14:41"
    assert "key" not in done["data"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("5b05 00zz", "key_not_hex"),
        (KEY[:-2], "key_length"),
        ("", "key_length"),
        ("00" * 16, "wrong_key"),
        ("00" * 16 + "A4C138999999", "key_of_other_device"),
        ("00" * 16 + "A4C13800055B", "wrong_key"),
    ],
)
async def test_a_key_that_does_not_do_is_refused_with_the_reason(
    home: Home, text: str, error: str
) -> None:
    form = await home.ask_key(thermometer())
    assert form["step_id"] == "key"
    form = await home.answer(form, {"key": text})
    assert form["step_id"] == "key"
    assert form["errors"] == {"key": error}

    done = await home.answer(form, {"key": KEY})
    assert done["type"] == "create_entry"


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY.upper(),
        " 5b:05:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:01\n",
        KEY + "A4C13800055B",
        KEY + "A4C138999999",  # what was heard counts for more
        f"{ADDRESS} {KEY}  # bedroom",
    ],
)
async def test_the_right_key_in_any_spelling(home: Home, text: str) -> None:
    form = await home.ask_key(thermometer())
    done = await home.answer(form, {"key": text})
    assert done["type"] == "create_entry"
    assert done["data"]["key"] == KEY
    assert done["data"]["product"] == 0x055B


async def test_a_key_may_be_judged_on_what_is_heard_while_the_form_is_open(
    home: Home,
) -> None:
    """Presence says nothing of the key, even when it is heard many times."""
    device = motion_sensor()
    form = await home.ask_key(device)
    assert form["step_id"] == "key"
    for _ in range(40):
        data = device.idle()
        assert data is not None
        home.air.hear(device.address, ad.payload(ad.service_data16(*data[0])))
    await home.listen(device, 4)
    form = await home.answer(form, {"key": "00" * 16})
    assert form["errors"] == {"key": "wrong_key"}
    done = await home.answer(form, {"key": "f6" * 16})
    assert done["type"] == "create_entry"


async def test_a_key_that_cannot_be_judged_yet_is_taken_with_a_warning(
    home: Home,
) -> None:
    form = await home.ask_key(motion_sensor())
    form = await home.answer(form, {"key": "f6" * 16})
    assert form["step_id"] == "unchecked"
    assert home.flows()[0]["context"]["confirm_only"] is True
    done = await home.answer(form, {})
    assert done["data"]["key"] == "f6" * 16


async def test_a_sensor_that_may_have_no_key_is_added_without(home: Home) -> None:
    form = await home.discover(motion_sensor())
    done = await home.choose(form, "keyless")
    assert done["type"] == "create_entry"
    assert "key" not in done["data"]


async def test_a_legacy_dimmer_takes_24_digits(home: Home) -> None:
    device = KINDS["YLKG07YL"](
        address="F8:24:41:00:03:B6", key="b60300112233445566778807"
    )
    device.press("dimmer", "press")
    form = await home.ask_key(device)
    assert form["step_id"] == "key"
    form = await home.answer(form, {"key": "0000001122334455667788aa"})
    assert form["errors"] == {"key": "wrong_key"}
    done = await home.answer(form, {"key": "b60300112233445566778807F824410003B6"})
    assert done["data"]["key"] == "b60300112233445566778807"


async def test_what_is_no_sensor_of_ours_is_not_offered(home: Home) -> None:
    """A lamp of the same maker shows its presence, too."""
    lamp = ad.service_data16(0xFE95, bytes.fromhex("3050ffee01010000 38c1a408"))
    home.air.hear("A4:C1:38:00:00:01", ad.payload(lamp))
    await home.clock.run(1)
    assert home.flows() == []

    info = bluetooth.async_last_service_info(home.hass, "A4:C1:38:00:00:01", False)
    done = await home.clock.wait(
        home.hass.config_entries.flow.async_init(
            "mi_bms", context={"source": "bluetooth"}, data=info
        )
    )
    assert done["type"] == "abort"
    assert done["reason"] == "not_supported"


REFLASHED = json.loads((FIXTURES / "discovery" / "reflashed.json").read_text())


@pytest.mark.parametrize("device", REFLASHED, ids=[one["id"] for one in REFLASHED])
async def test_a_reflashed_thermometer_is_offered_whatever_it_is_called(
    home: Home, device: dict[str, Any]
) -> None:
    data = ad.service_data16(0xFCD2, bytes.fromhex(device["service_data"]))
    name = device["local_name"]
    raw = ad.payload(data, *([ad.name(name)] if name else []), limit=62)
    home.air.hear(device["address"], raw)
    await home.clock.run(1)
    assert bool(home.flows(device["address"])) is device["offered"]


async def test_a_device_is_offered_once(home: Home) -> None:
    device = thermometer()
    await home.discover(device)
    info = bluetooth.async_last_service_info(home.hass, ADDRESS, False)
    again = await home.clock.wait(
        home.hass.config_entries.flow.async_init(
            "mi_bms", context={"source": "bluetooth"}, data=info
        )
    )
    assert again["reason"] == "already_in_progress"


async def test_a_device_that_is_set_up_is_not_offered_again(home: Home) -> None:
    device = thermometer()
    await home.add(device)
    info = bluetooth.async_last_service_info(home.hass, ADDRESS, False)
    again = await home.clock.wait(
        home.hass.config_entries.flow.async_init(
            "mi_bms", context={"source": "bluetooth"}, data=info
        )
    )
    assert again["reason"] == "already_configured"


async def test_a_form_that_is_closed_stops_listening(home: Home) -> None:
    device = thermometer()
    form = await home.discover(device)
    home.hass.config_entries.flow.async_abort(form["flow_id"])
    await home.listen(device, 3)
    assert home.flows() == []


async def test_reconfiguring_changes_the_key(home: Home) -> None:
    device = thermometer()
    entry = await home.add(device)
    await home.listen(device, 3)
    assert isinstance(device, MiSensor)
    device.bind("22" * 16)
    flow = await home.reconfigure(entry)
    assert flow["step_id"] == "key_ways"
    assert {"key", "pair_this", "import_keys"} <= set(flow["menu_options"])
    flow = await home.choose(flow, "key")
    assert flow["step_id"] == "key"
    await home.listen(device, 6)  # until those under the old key are not kept any more
    form = await home.answer(flow, {"key": KEY})
    assert form["errors"] == {"key": "wrong_key"}
    done = await home.answer(flow, {"key": "22" * 16})
    assert done["reason"] == "change_kept"
    await home.clock.settle()
    assert entry.data["key"] == "22" * 16
    assert entry.data["product"] == 0x055B


async def test_reconfiguring_a_sensor_that_is_not_heard(home: Home) -> None:
    device = thermometer()
    entry = await home.add(device)
    await home.clock.leap(4000)
    await home.clock.leap(4000)
    flow = await home.choose(await home.reconfigure(entry), "key")
    assert flow["description_placeholders"]["rssi"] == "-"
    form = await home.answer(flow, {"key": "33" * 16})
    assert form["step_id"] == "unchecked"
    done = await home.answer(form, {})
    assert done["reason"] == "change_kept"
    await home.clock.settle()


async def test_a_key_is_hidden_and_never_logged(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    device = thermometer()
    form = await home.ask_key(device)
    form = await home.answer(form, {"key": "00" * 16})
    await home.answer(form, {"key": KEY})
    await home.listen(device, 5)
    assert isinstance(device, MiSensor)
    device.bind("44" * 16)
    await home.listen(device, 8)

    ours = "\n".join(
        record.getMessage() for record in caplog.records if "mi_bms" in record.name
    )
    # The test kit logs what is written to files; Home Assistant does not.
    everything = "\n".join(
        record.getMessage()
        for record in caplog.records
        if not record.getMessage().startswith("Writing data to")
    )
    assert KEY not in everything.lower()
    assert ADDRESS not in ours
