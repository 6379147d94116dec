"""Our own devices for scripts, and readings that an action sets."""

import json
from typing import Any

import probatio
import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..home import Home

type Json = dict[str, Any]

SENSOR = "A4:C1:38:00:14:41"
DOOR = "54:EF:44:00:18:65"
PACK = "A4:C1:38:00:0B:D1"
MARK = "set_by_action"


def thermometer() -> Beacon:
    device: Beacon = KINDS["ATC1441"](
        address=SENSOR, start={"temperature": 21.5, "humidity": 50.0}
    )
    return device


async def act(home: Home, action: str, **data: Any) -> Json:
    answer = await home.clock.wait(
        home.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
    )
    plain: Json = json.loads(json.dumps(answer))
    assert plain["code"] == 0
    return plain


async def devices(home: Home) -> dict[str, Json]:
    return {one["address"]: one for one in (await act(home, "devices"))["devices"]}


def device_id(home: Home, address: str) -> str:
    return next(
        one.id
        for one in dr.async_get(home.hass).devices
        if (DOMAIN, address) in one.identifiers
    )


async def give(home: Home, **values: Any) -> Json:
    return await act(home, "set_reading", device_id=device_id(home, SENSOR), **values)


def marked(home: Home, device: Beacon, field: str) -> bool:
    return bool(home.state(device, field).attributes.get(MARK))


async def test_nothing_is_set_up(home: Home) -> None:
    await home.add(thermometer())
    (entry,) = home.hass.config_entries.async_entries(DOMAIN)
    await home.hass.config_entries.async_remove(entry.entry_id)
    assert await devices(home) == {}


async def test_list(home: Home) -> None:
    sensor, pack = thermometer(), KINDS["JBD"](address=PACK, name="JBD-mine")
    first = await home.add(sensor)
    await home.add(pack, {})
    await home.clock.until(lambda: home.entity_id(pack, "voltage"))
    await home.listen(sensor, 1)
    await home.clock.run(3)
    found = await devices(home)
    one = found[SENSOR]
    assert (one["name"], one["kind"]) == (first.title, "sensor")
    assert one["entry_id"] == first.entry_id
    assert one["device_id"] == device_id(home, SENSOR)
    assert one["available"] is True
    assert one["values"]["temperature"] == float(home.value(sensor, "temperature"))
    assert one["age"] == pytest.approx(3, abs=0.2)
    assert one["ages"]["temperature"] == pytest.approx(3, abs=0.2)
    assert one[MARK] == []
    two = found[PACK]
    assert (two["kind"], two["model"]) == ("battery", "JBD smart BMS") or two["model"]
    assert two["values"]["voltage"] == float(home.value(pack, "voltage"))
    assert two["ages"]["voltage"] == two["age"]
    assert len(two["cells"]) == 4
    assert set(two["probes"][0]) == {"temperature", "place"}


async def test_list_of_what_is_not_loaded(home: Home) -> None:
    sensor = thermometer()
    entry = await home.add(sensor)
    await home.clock.wait(
        home.hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )
    )
    one = (await devices(home))[SENSOR]
    assert one["name"] == entry.title
    assert (one["available"], one["age"], one["values"]) == (False, None, {})


async def test_a_pack_that_was_never_read(home: Home) -> None:
    pack = KINDS["JBD"](address=PACK, name="JBD-mine")
    entry: ConfigEntry[Any] = await home.add(pack, {})
    home.air.refuse.add(PACK)
    home.hass.data["mi_bms"].kept.pop(PACK, None)
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    home.hass.data["mi_bms"].kept.pop(PACK, None)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    one = (await devices(home))[PACK]
    assert (one["available"], one["age"], one["values"]) == (False, None, {})


async def test_a_value_holds_until_the_sensor_says_it(home: Home) -> None:
    sensor = thermometer()
    await home.add(sensor)
    await home.listen(sensor, 2)
    temperature = home.value(sensor, "temperature")
    answer = await give(home, humidity=12.5)
    assert answer["set"] == {"humidity": 12.5}
    await home.clock.settle()
    assert home.value(sensor, "humidity") == "12.5"
    assert marked(home, sensor, "humidity")
    assert not marked(home, sensor, "temperature")
    assert home.value(sensor, "temperature") == temperature
    found = (await devices(home))[SENSOR]
    assert found[MARK] == ["humidity"]
    assert "humidity" not in found["ages"]
    await home.listen(sensor, 1)
    assert home.value(sensor, "humidity") != "12.5"
    assert not marked(home, sensor, "humidity")
    assert (await devices(home))[SENSOR][MARK] == []


async def test_the_same_value_from_the_sensor_takes_the_mark_away(home: Home) -> None:
    sensor = thermometer()
    await home.add(sensor)
    await home.listen(sensor, 2)
    battery = float(home.value(sensor, "battery"))
    await give(home, battery=battery)
    await home.clock.settle()
    assert marked(home, sensor, "battery")
    await home.listen(sensor, 1)
    assert not marked(home, sensor, "battery")
    assert float(home.value(sensor, "battery")) == battery


async def test_a_small_step_back_is_not_swallowed(home: Home) -> None:
    sensor = thermometer()
    entry = await home.add(sensor)
    await home.listen(sensor, 2)
    form = await home.options(entry)
    await home.set_options(form, {"dead_band_temperature": 1.0})
    sensor.put("temperature", 20.0)
    await home.listen(sensor, 2)
    await give(home, temperature=20.5)
    await home.clock.settle()
    assert home.value(sensor, "temperature") == "20.5"
    await home.listen(sensor, 1)
    assert home.value(sensor, "temperature") == "20.0"
    assert not marked(home, sensor, "temperature")


async def test_a_value_that_the_sensor_never_sent(home: Home) -> None:
    sensor = thermometer()
    await home.add(sensor)
    await home.listen(sensor, 2)
    assert home.entity_id(sensor, "moisture") is None
    await give(home, values={"moisture": 31, "door": True, "lock_method": "by hand"})
    await home.clock.run(1)
    assert home.value(sensor, "moisture") == "31"
    assert home.value(sensor, "door") == "on"
    assert home.value(sensor, "lock_method") == "by hand"
    await home.listen(sensor, 1)
    assert marked(home, sensor, "moisture")
    assert marked(home, sensor, "door")


async def test_a_restart_keeps_value_and_mark(home: Home) -> None:
    sensor = thermometer()
    entry = await home.add(sensor)
    await home.listen(sensor, 2)
    await give(home, values={"moisture": 31})
    await home.clock.settle()
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.settle()
    assert home.value(sensor, "moisture") == "31"
    assert marked(home, sensor, "moisture")
    # What an earlier run heard is there, without an age.
    found = (await devices(home))[SENSOR]
    assert found["values"]["moisture"] == 31


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({}, "no_value"),
        ({"humidity": 101}, "wrong_value"),
        ({"temperature": float("nan")}, "wrong_value"),
        ({"values": {"height": 3}}, "unknown_field"),
        ({"values": {"rssi": -3}}, "unknown_field"),
        ({"values": {"last_seen": "2026-11-01"}}, "unknown_field"),
        ({"values": {"opening": 1}}, "wrong_value"),
        ({"values": {"moisture": True}}, "wrong_value"),
        ({"values": {"moisture": "wet"}}, "wrong_value"),
        ({"values": {"moisture": None}}, "wrong_value"),
        ({"values": {"kettle_state": 3}}, "wrong_value"),
        ({"values": {"kettle_state": "singing"}}, "wrong_value"),
        ({"values": {"lock_method": "x" * 300}}, "wrong_value"),
        ({"humidity": 50, "values": {"moisture": 101}}, "wrong_value"),
    ],
)
async def test_what_cannot_be_is_refused(home: Home, values: Json, key: str) -> None:
    sensor = thermometer()
    await home.add(sensor)
    await home.listen(sensor, 2)
    with pytest.raises(ServiceValidationError) as caught:
        await give(home, **values)
    assert caught.value.translation_key == key
    assert str(caught.value) != key
    # All or nothing.
    assert not marked(home, sensor, "humidity")


async def test_only_sensors(home: Home) -> None:
    await home.add(KINDS["JBD"](address=PACK, name="JBD-mine"), {})
    for wrong in (device_id(home, PACK), "none"):
        with pytest.raises(ServiceValidationError) as caught:
            await act(home, "set_reading", device_id=wrong, humidity=50)
        assert caught.value.translation_key == "not_a_sensor"
    with pytest.raises(probatio.Invalid):
        await act(home, "set_reading", device_id="x", humidity="wet")
