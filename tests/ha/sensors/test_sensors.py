"""Sensors over time: silence, restarts, keys that no longer fit."""

import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event
from tests.proto.mibeacon.frames import clear, obj
from tests.world import ad
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon
from tests.world.devices.qingping import cgg1
from tests.world.devices.xiaomi import MiSensor

from ..home import Home

ADDRESS = "A4:C1:38:00:14:41"
PASSIVE = "bluetooth.passive_update_processor"
STATE = "mi_bms.state"


def said(caplog: pytest.LogCaptureFixture, words: str) -> int:
    """Count the information lines of the integration that hold some words."""
    return sum(
        words in record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.mi_bms")
        and record.levelno == logging.INFO
    )


async def test_a_sensor_is_gone_after_its_time_and_back_when_heard(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key="11" * 16)
    await home.add(device)
    await home.listen(device, 3)
    await home.clock.run(3580)  # Home Assistant itself has given up long ago
    assert home.value(device, "temperature") != "unavailable"
    assert said(caplog, "no longer heard") == 0

    await home.clock.run(60)
    assert home.value(device, "temperature") == "unavailable"
    assert said(caplog, "no longer heard") == 1
    await home.clock.leap(36000)
    assert said(caplog, "no longer heard") == 1
    assert said(caplog, "heard again") == 0

    await home.listen(device, 5)
    assert home.value(device, "temperature") != "unavailable"
    assert said(caplog, "heard again") == 1


async def test_a_talkative_sensor_is_missed_sooner(home: Home) -> None:
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key="11" * 16)
    await home.add(device)
    await home.listen(device, 20, every=10)
    await home.clock.run(150)
    assert home.value(device, "temperature") != "unavailable"
    await home.clock.run(60)
    assert home.value(device, "temperature") == "unavailable"


async def test_a_remote_control_may_be_silent_for_weeks(home: Home) -> None:
    device = KINDS["YLYK01YL"](address="F8:24:41:00:01:53")
    await home.add(device)
    device.press("button_on")
    await home.listen(device, 3, every=0.1)
    await home.clock.leap(20 * 86400)
    assert home.value(device, "event_button_on") not in {"unavailable", "unknown"}


async def test_nothing_is_said_of_a_sensor_that_was_never_heard(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    entry = MockConfigEntry(
        domain="mi_bms",
        unique_id=ADDRESS,
        data={"kind": "sensor", "address": ADDRESS, "product": 0x055B, "model": None},
    )
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    device = home.air.add(KINDS["ATC1441"](address=ADDRESS))
    await home.listen(device, 2)

    assert said(caplog, "heard") == 0
    assert home.value(device, "humidity") == "52"


async def test_an_advert_that_is_repeated_changes_nothing(home: Home) -> None:
    device = KINDS["ATC1441"](address=ADDRESS)
    await home.add(device)
    await home.listen(device, 1)
    seen: list[Event[Any]] = []
    home.hass.bus.async_listen("state_changed", seen.append)
    data = device.advertisement(0.0)
    assert data is not None
    home.air.hear(ADDRESS, data[0] + data[1])
    await home.clock.settle()
    seen.clear()
    for _ in range(3):
        await home.clock.run(1)
        home.air.hear(ADDRESS, data[0] + data[1])
        home.air.hear(ADDRESS, data[0])  # without the scan response
    await home.clock.settle()

    assert seen == []


async def test_values_outlive_a_reload(home: Home) -> None:
    device = KINDS["LYWSDCGQ"](address="58:2D:34:00:01:AA")
    entry = await home.add(device)
    await home.listen(device, 12)
    await home.clock.run(61)  # small moves of a restless number wait a minute
    before = {
        field: home.value(device, field)
        for field in ("temperature", "humidity", "battery")
    }
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.settle()

    assert {field: home.value(device, field) for field in before} == before
    assert "unavailable" not in before.values()


@pytest.fixture
def last_time(hass_storage: dict[str, Any]) -> MockConfigEntry:
    """Leave what a former run of Home Assistant has stored of a sensor."""
    entry = MockConfigEntry(
        domain="mi_bms",
        unique_id=ADDRESS,
        data={"kind": "sensor", "address": ADDRESS, "product": None, "model": None},
    )
    data = {
        "devices": {},
        "entity_descriptions": {
            "temperature___": {"key": "temperature", "native_unit_of_measurement": "K"},
            "of_tomorrow___": {"key": "of_tomorrow", "name": "Of tomorrow"},
        },
        "entity_names": {},
        "entity_data": {"temperature___": 3.5, "of_tomorrow___": 7},
    }
    hass_storage[PASSIVE] = {
        "version": 1,
        "minor_version": 1,
        "key": PASSIVE,
        "data": {entry.entry_id: {"sensor": data}},
    }
    return entry


async def test_values_outlive_a_restart(last_time: MockConfigEntry, home: Home) -> None:
    """Also one that a newer version has stored, which this one does not know."""
    last_time.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(last_time.entry_id))
    device = home.air.add(KINDS["ATC1441"](address=ADDRESS, key="22" * 16))
    assert home.value(device, "temperature") == "unavailable"
    await home.listen(device, 1)  # encrypted: it tells that it is there, nothing else

    assert home.value(device, "temperature") == "3.5"
    assert home.state(device, "temperature").attributes["unit_of_measurement"] == "°C"
    assert home.value(device, "of_tomorrow") == "7"


async def test_what_is_normal_for_a_sensor_outlives_a_restart(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key="11" * 16)
    await home.add(device)
    await home.listen(device, 20, every=10)
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(1)

    kept = hass_storage[STATE]["data"][ADDRESS]
    assert kept["longest"] == pytest.approx(10, abs=1)
    assert kept["silences"] >= 12
    assert kept["seen_at"] > "2026"


@pytest.fixture
def learned(hass_storage: dict[str, Any]) -> None:
    hass_storage[STATE] = {
        "version": 1,
        "minor_version": 1,
        "key": STATE,
        "data": {ADDRESS: {"longest": 100.0, "silences": 50, "seen_at": ""}},
    }


async def test_what_an_earlier_run_has_learned_counts(
    learned: None, home: Home
) -> None:
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key="11" * 16)
    await home.add(device)
    await home.listen(device, 3)
    await home.clock.run(350)
    assert home.value(device, "temperature") != "unavailable"
    await home.clock.run(100)
    assert home.value(device, "temperature") == "unavailable"


async def test_a_new_key_after_pairing_anew(home: Home) -> None:
    """When the key has opened nothing for longer than is normal, the new one is asked for, and used at once."""
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key="11" * 16)
    entry = await home.add(device)
    await home.listen(device, 20, every=10)
    assert isinstance(device, MiSensor)
    device.bind("22" * 16)
    await home.listen(device, 10)
    assert home.flows() == []
    await home.listen(device, 20, every=10)
    (flow,) = home.flows()
    assert flow["context"]["source"] == "reauth"
    flow = await home.choose(flow, "key")
    form = await home.answer(flow, {"key": "33" * 16})
    assert form["errors"] == {"key": "wrong_key"}
    done = await home.answer(flow, {"key": "22" * 16})
    assert done["reason"] == "change_kept"
    await home.clock.settle()
    assert entry.data["key"] == "22" * 16
    device.put("temperature", -7.0)
    await home.listen(device, 6)
    assert float(home.value(device, "temperature")) == pytest.approx(-7, abs=0.3)
    assert home.flows() == []


async def test_a_key_is_missed_as_soon_as_something_is_encrypted(home: Home) -> None:
    """Added while it only showed its presence; its first real packets need a key."""
    device = home.air.add(KINDS["MJYD02YL"](address="54:48:E6:00:07:F6", key="f6" * 16))
    entry = await home.add(device, {})
    assert "key" not in entry.data
    assert home.flows() == []
    await home.listen(device, 9)
    assert home.flows() == []
    flow = await home.choose(await home.reconfigure(entry), "key")
    done = await home.answer(flow, {"key": "f6" * 16})
    assert done["reason"] == "change_kept"
    await home.listen(device, 12, every=0.7)
    assert home.value(device, "motion") in {"on", "off"}


async def test_no_key_is_missed_of_a_sensor_that_says_the_same_in_clear(
    home: Home,
) -> None:
    device = cgg1(address="58:2D:34:00:03:47", key="47" * 12)
    assert isinstance(device, Beacon)
    entry = MockConfigEntry(
        domain="mi_bms",
        unique_id=device.address,
        data={
            "kind": "sensor",
            "address": device.address,
            "product": None,
            "model": None,
        },
    )
    entry.add_to_hass(home.hass)
    # The clear format is heard first: from then on nothing is missed.
    device._turn = 2
    home.air.add(device)
    home.shout(device)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.listen(device, 12)

    assert home.value(device, "temperature") == str(device.truth()["temperature"])
    assert [one for one in home.flows() if one["context"]["source"] == "reauth"] == []


async def test_the_debug_log_has_a_line_for_what_is_new(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "custom_components.mi_bms.sensors.coordinator")
    key = "5b" * 16
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key=key, interval=20.0)
    await home.add(device)
    await home.listen(device, 5, every=20)

    def lines() -> list[str]:
        said = [one.getMessage() for one in caplog.records]
        return [one for one in said if "(mibeacon, -60 dBm): " in one]

    assert any("temperature" in one for one in lines())
    assert all(one.startswith("LYWSD03MMC (") for one in lines())
    logged = "\n".join(lines())
    assert key not in logged.lower()
    assert ADDRESS not in logged.upper()


async def test_what_is_shown_already_is_not_logged(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "custom_components.mi_bms.sensors.coordinator")

    async def hear(counter: int, tenths: str) -> None:
        frame = clear(0x01AA, obj(0x1004, tenths), counter, mac=mac)
        home.air.hear(ADDRESS, ad.payload(ad.service_data16(0xFE95, frame)))
        await home.clock.run(1)

    mac = bytes.fromhex(ADDRESS.replace(":", ""))
    await hear(1, "c800")
    await home.answer(await home.answer(home.flows(ADDRESS)[0]), {})
    await home.clock.settle()
    caplog.clear()
    for counter in range(2, 6):
        await hear(counter, "c900")
    said = [one.getMessage() for one in caplog.records if "dBm" in one.getMessage()]
    assert said == ["LYWSDCGQ (mibeacon, -60 dBm): temperature 20.1"]
