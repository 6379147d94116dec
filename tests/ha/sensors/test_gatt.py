"""What sensors do over a connection: buttons, settings, actions, and what is done by itself."""

from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.mi_bms.const import DOMAIN
from custom_components.mi_bms.proto.active import codec, spec
from custom_components.mi_bms.sensors.options import FILL, SYNC_CLOCK
from homeassistant.config_entries import ConfigEntry
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.util import dt as dt_util
from tests.world.devices import KINDS
from tests.world.link import moved
from tests.world.peripheral import GattError

from ..gatt import GattSensor, refuse
from ..home import Home
from ..outputs.test_outputs import lines, output

CLOCK = "E7:2E:00:00:04:5B"
THERMOMETER = "A4:C1:38:00:05:5B"
PLANT = "C4:7C:8D:00:00:98"
ALARM_CLOCK = "58:2D:34:00:05:76"
TIME, UNIT, COMFORT, COMMAND = (
    name.rpartition("/")[2]
    for name in (spec.TIME, spec.UNIT, spec.COMFORT, spec.PLANT_COMMAND)
)
OLD = (1_600_000_000).to_bytes(4, "little") + b"\0"
HOUR = 3600


def clock() -> GattSensor:
    values = {
        spec.TIME: OLD,
        spec.BATTERY: b"\x4e",
        spec.UNIT: b"\xff",
        spec.LIVE: bytes.fromhex("59092b"),
    }
    return GattSensor("LYWSD02", CLOCK, values)


def thermometer(**values: bytes) -> GattSensor:
    table = {
        spec.LIVE: bytes.fromhex("59092b9a0a"),
        spec.UNIT: b"\0",
        spec.COMFORT: bytes.fromhex("8c0a6c075514"),
        spec.FIRMWARE: b"1.0.0_0130",
    }
    return GattSensor("LYWSD03MMC", THERMOMETER, table)


def plant() -> GattSensor:
    values = {
        spec.PLANT_COMMAND: b"",
        spec.PLANT_LIVE: bytes.fromhex("ea0000ab00000015b200023c00fb349b"),
        spec.PLANT_STATUS: bytes.fromhex("6328332e312e39"),
        spec.PLANT_MEMORY: b"",
        spec.PLANT_RECORD: b"\x02\0",
        spec.PLANT_TIME: (1_000_000).to_bytes(4, "little"),
    }
    return GattSensor("HHCCJCY01", PLANT, values)


async def press(home: Home, device: GattSensor, key: str) -> None:
    await act(home, device, "button", "press", key)


async def act(
    home: Home, device: GattSensor, domain: str, action: str, key: str, **data: Any
) -> None:
    home.shout(device)
    target = {"entity_id": home.entity_id(device, key)}
    await home.clock.wait(
        home.hass.services.async_call(domain, action, data | target, blocking=True)
    )


async def ask(home: Home, device: GattSensor, action: str, **data: Any) -> Any:
    home.shout(device)
    return await home.clock.wait(call(home, device, action, **data))


def call(home: Home, device: GattSensor, action: str, **data: Any) -> Awaitable[Any]:
    found = next(
        one
        for one in dr.async_get(home.hass).devices
        if (DOMAIN, device.address) in one.identifiers
    )
    answers = action != "set_clock"
    return home.hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": found.id, **data},
        blocking=True,
        return_response=answers,
    )


async def options(home: Home, entry: ConfigEntry[Any], **chosen: bool) -> None:
    flow = await home.options(entry)
    done = await home.set_options(flow, dict(chosen))
    assert done["type"] == "create_entry"


def shown(device: GattSensor) -> int:
    """Return the local time on a display."""
    dial = codec.dial(device.values[TIME])
    return dial.unix + (dial.offset or 0)


def local() -> float:
    now = dt_util.now()
    offset = now.utcoffset() or timedelta()
    return now.timestamp() + offset.total_seconds()


KEYS = ("read_now", "set_clock", "blink", "temperature_unit", "comfort_humidity_low")


@pytest.mark.parametrize(
    ("device", "has"),
    [
        (clock(), {"read_now", "set_clock", "temperature_unit"}),
        (thermometer(), {"read_now", "temperature_unit", "comfort_humidity_low"}),
        (plant(), {"read_now", "blink"}),
    ],
    ids=lambda one: one.address if isinstance(one, GattSensor) else "",
)
async def test_a_model_shows_what_it_can(
    home: Home, device: GattSensor, has: set[str]
) -> None:
    await home.add(device)
    assert {key for key in KEYS if home.entity_id(device, key)} == has


def firmware_of(home: Home) -> str | None:
    """Return the firmware that the page of the only device of ours names."""
    (found,) = [
        one.sw_version
        for one in dr.async_get(home.hass).devices
        if any(domain == DOMAIN for domain, _ in one.identifiers)
    ]
    return found


async def test_the_firmware_that_was_read_stays_with_the_device(home: Home) -> None:
    device = thermometer()
    entry = await home.add(device)
    assert firmware_of(home) is None
    await press(home, device, "read_now")
    assert firmware_of(home) == "1.0.0_0130"
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert firmware_of(home) == "1.0.0_0130"


async def test_settings_that_nobody_has_read_are_off_at_first(home: Home) -> None:
    device = thermometer()
    await home.add(device)
    registry = er.async_get(home.hass)
    for key in ("temperature_unit", "comfort_temperature_high", "comfort_humidity_low"):
        one = registry.async_get(home.entity_id(device, key) or "")
        assert one
        assert one.disabled_by is er.RegistryEntryDisabler.INTEGRATION


@pytest.mark.usefixtures("all_entities_on")
async def test_reading_a_clock(home: Home) -> None:
    device = clock()
    await home.add(device)
    # Its adverts lie about the battery.
    await home.listen(device, 5)
    assert home.entity_id(device, "battery") is None
    await press(home, device, "read_now")
    await home.clock.settle()
    assert home.value(device, "battery") == "78"
    assert home.value(device, "temperature_unit") == "celsius"
    assert int(home.value(device, "clock_drift")) < -1e6
    assert not home.air.links


async def test_setting_a_clock(home: Home) -> None:
    device = clock()
    await home.add(device)
    await press(home, device, "set_clock")
    assert abs(shown(device) - local()) < 5
    assert [(name, response) for name, _, response in device.written] == [(TIME, True)]
    await press(home, device, "read_now")
    await home.clock.settle()
    assert abs(int(home.value(device, "clock_drift"))) <= 5
    device.values[TIME] = OLD
    await ask(home, device, "set_clock")
    assert abs(shown(device) - local()) < 5


async def test_a_clock_that_drops_the_link_after_the_write(home: Home) -> None:
    device = clock()
    await home.add(device)

    def taken(uuid: str, data: bytes) -> bool:
        device.values[uuid] = data
        assert device.leave
        device.leave()
        return True

    device.taken = taken
    links = device.links
    await press(home, device, "set_clock")
    assert abs(shown(device) - local()) < 10
    assert len(device.written) == 1
    assert device.links == links + 2
    assert not home.air.links


@pytest.mark.usefixtures("all_entities_on")
async def test_unit(home: Home) -> None:
    device = clock()
    await home.add(device)
    await act(
        home, device, "select", "select_option", "temperature_unit", option="fahrenheit"
    )
    assert device.values[UNIT] == b"\x01"
    assert home.value(device, "temperature_unit") == "fahrenheit"
    await act(
        home, device, "select", "select_option", "temperature_unit", option="celsius"
    )
    assert device.values[UNIT] == b"\xff"


@pytest.mark.usefixtures("all_entities_on")
async def test_a_thermometer_and_its_limits(home: Home) -> None:
    device = thermometer()
    await home.add(device)
    await press(home, device, "read_now")
    await home.clock.settle()
    assert home.value(device, "battery") == "61"
    assert home.value(device, "voltage") == "2.714"
    assert home.value(device, "temperature") == "23.93"
    assert home.value(device, "firmware") == "1.0.0_0130"
    assert firmware_of(home) == "1.0.0_0130"
    assert float(home.value(device, "comfort_temperature_high")) == 27
    # There is one battery, and adverts that lie do not touch it.
    await home.listen(device, 5)
    assert home.value(device, "battery") == "61"
    await act(home, device, "number", "set_value", "comfort_temperature_high", value=26)
    assert device.values[COMFORT].hex() == "280a6c075514"
    assert float(home.value(device, "comfort_temperature_high")) == 26
    with pytest.raises(ServiceValidationError) as told:
        await act(
            home, device, "number", "set_value", "comfort_temperature_low", value=25
        )
    assert told.value.translation_key == "limits_refused"
    assert device.values[COMFORT].hex() == "280a6c075514"


async def test_a_plant(home: Home) -> None:
    device = plant()
    await home.add(device)
    answer = await ask(home, device, "read_sensor")
    assert answer["values"] == {
        "battery": 99,
        "firmware": "3.1.9",
        "temperature": 23.4,
        "illuminance": 171,
        "moisture": 21,
        "conductivity": 178,
    }
    assert home.value(device, "conductivity") == "178"
    await press(home, device, "blink")
    assert device.written[-1] == (COMMAND, b"\xfd\xff", True)


async def test_firmware_that_is_too_old_to_broadcast_is_told(home: Home) -> None:
    """As long as it sends nothing: what does send needs no update."""
    silent = KINDS["MIBEACON"](address=PLANT, product=0x0098, objects=[], idle=True)
    status = spec.PLANT_STATUS.rpartition("/")[2]
    device = plant()
    talking, device.beacon = device.beacon, silent
    device.values[status] = bytes.fromhex("6315322e372e30")
    entry = await home.add(device)
    issues = ir.async_get(home.hass)
    issue = f"firmware_mute_{entry.entry_id}"
    await ask(home, device, "read_sensor")
    told = issues.async_get_issue("mi_bms", issue)
    assert told
    assert told.translation_placeholders == {
        "name": entry.title,
        "firmware": "2.7.0",
    }
    device.values[status] = bytes.fromhex("6315332e322e31")
    await ask(home, device, "read_sensor")
    assert not issues.async_get_issue("mi_bms", issue)

    device.values[status] = bytes.fromhex("6315322e372e30")
    await ask(home, device, "read_sensor")
    assert issues.async_get_issue("mi_bms", issue)
    device.beacon = talking
    await home.listen(device, 6)
    await ask(home, device, "read_sensor")
    assert not issues.async_get_issue("mi_bms", issue)


async def test_what_was_told_is_handed_on(home: Home, tmp_path: Path) -> None:
    home.hass.config.config_dir = str(tmp_path)
    device = plant()
    await home.add(device)
    await output(home, "file", path="all.jsonl")
    await ask(home, device, "read_sensor")
    await home.clock.run(60)
    written = [line["values"] for line in lines(tmp_path / "all.jsonl")]
    assert [one["battery"] for one in written if "battery" in one] == [99]


async def test_the_memory_of_a_plant(home: Home) -> None:
    device = plant()
    memory, data = (
        name.rpartition("/")[2] for name in (spec.PLANT_MEMORY, spec.PLANT_RECORD)
    )
    rows = [
        (1_000_000 - number * HOUR).to_bytes(4, "little")
        + bytes.fromhex("eb00005a00000015b3000000")
        for number in range(5)
    ]
    rows[1] = b"\xff" * 16

    def taken(uuid: str, sent: bytes) -> bool:
        if uuid == memory:
            first = sent[:1] == b"\xa0"
            device.values[data] = b"\x05\0" if first else rows[sent[1]]
        return True

    device.taken = taken
    await home.add(device)
    answer = await ask(home, device, "read_history")
    assert len(answer["records"]) == 4
    assert answer["dropped"] == 1
    assert answer["complete"]
    newest = answer["records"][-1]
    assert newest["temperature"] == {"min": 23.5, "max": 23.5}
    assert newest["conductivity"] == {"min": 179, "max": 179}
    end = dt_util.parse_datetime(newest["end"])
    assert end
    assert abs((dt_util.utcnow() - end).total_seconds()) < 5
    few = await ask(home, device, "read_history", hours=2)
    assert len(few["records"]) == 2


async def pass_by(home: Home, device: GattSensor, hours: float, step: float) -> None:
    """Let hours pass in which a device is heard now and then, and long enough to be read."""
    end = dt_util.utcnow() + timedelta(hours=hours)
    while dt_util.utcnow() < end:
        await home.clock.leap(step * HOUR - 400)
        await home.clock.run(200)
        home.shout(device)
        await home.clock.run(200)


async def test_by_itself_once_a_day(home: Home) -> None:
    device = plant()
    await home.add(device)
    await pass_by(home, device, 1, 0.5)
    assert home.value(device, "battery") == "99"
    assert home.value(device, "firmware") == "3.1.9"
    # It takes no more than it needs: what adverts say is not asked for.
    assert not device.written
    links = device.links
    status = spec.PLANT_STATUS.rpartition("/")[2]
    device.values[status] = bytes.fromhex("6228332e312e39")
    await pass_by(home, device, 20, 4)
    assert device.links == links
    await pass_by(home, device, 8, 2)
    assert device.links == links + 1
    assert home.value(device, "battery") == "98"


async def test_nobody_is_bothered_who_is_weak_or_far(home: Home) -> None:
    device = plant()
    await home.add(device)
    links = device.links
    home.air.rssi[device.address] = -95
    await pass_by(home, device, 2, 0.5)
    home.air.rssi[device.address] = -60
    await home.clock.leap(HOUR)
    await home.clock.run(400)
    assert device.links == links


async def test_after_failures_it_waits_longer(home: Home) -> None:
    device = plant()
    await home.add(device)
    device.values[spec.PLANT_STATUS.rpartition("/")[2]] = b"\xff"
    links = device.links
    await pass_by(home, device, 8, 0.5)
    # After half an hour, one, two and four hours; three connections each.
    assert 9 <= device.links - links <= 15
    assert home.entity_id(device, "battery") is None
    device.values[spec.PLANT_STATUS.rpartition("/")[2]] = bytes.fromhex(
        "6328332e312e39"
    )
    await pass_by(home, device, 8, 1)
    assert home.value(device, "battery") == "99"


async def test_the_clock_every_week_and_with_daylight_saving(home: Home) -> None:
    await home.hass.config.async_set_time_zone("Europe/Berlin")
    start = dt_util.parse_datetime("2027-03-20T12:00:00+00:00")
    assert start
    await home.clock.leap((start - dt_util.utcnow()).total_seconds())
    device = clock()
    entry = await home.add(device)
    await options(home, entry, **{SYNC_CLOCK.key: True})
    writes: list[float] = []

    def taken(uuid: str, data: bytes) -> bool:
        writes.append(dt_util.utcnow().timestamp())
        return True

    device.taken = taken
    await pass_by(home, device, 216, 6)
    days = [(one - start.timestamp()) / 86_400 for one in writes]
    # At once, after a week, and when the hour changed on the 28th at 01:00 UTC.
    assert len(days) == 3
    assert days[0] < 0.6
    assert 7 <= days[1] - days[0] <= 7.3
    assert 7.54 <= days[2] <= 7.9
    assert codec.dial(device.values[TIME]).offset == 2 * HOUR


async def test_without_a_database_no_gaps_are_filled(home: Home) -> None:
    device = clock()
    entry = await home.add(device)
    await options(home, entry, **{FILL.key: True})
    await pass_by(home, device, 0.5, 0.25)
    assert home.value(device, "battery") == "78"
    assert not device.written


@pytest.mark.usefixtures("all_entities_on")
async def test_what_was_told_outlives_a_reload(home: Home) -> None:
    device = thermometer()
    entry = await home.add(device)
    await press(home, device, "read_now")
    await home.clock.settle()
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.settle()
    assert home.value(device, "battery") == "61"
    assert home.value(device, "temperature_unit") == "celsius"
    assert float(home.value(device, "comfort_humidity_low")) == 20


@pytest.mark.usefixtures("all_entities_on")
async def test_what_a_device_lacks_after_all(home: Home) -> None:
    device = thermometer()
    device.services = tuple(
        one for one in device.services if not one.uuid.startswith("0000180a")
    )
    service = device.services[0]
    device.services = (
        type(service)(
            service.uuid,
            service.handle,
            tuple(one for one in service.characteristics if one.uuid != COMFORT),
        ),
    )
    entry = await home.add(device)
    assert home.value(device, "comfort_humidity_low") == "unknown"
    await press(home, device, "read_now")
    await home.clock.settle()
    assert home.value(device, "battery") == "61"
    assert home.value(device, "comfort_humidity_low") == "unavailable"
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.settle()
    assert home.value(device, "comfort_humidity_low") == "unavailable"


@pytest.mark.usefixtures("all_entities_on")
async def test_an_outdated_table_of_services_is_asked_for_anew(home: Home) -> None:
    device = thermometer()
    whole = device.services
    first = whole[0]
    fewer = tuple(one for one in first.characteristics if one.uuid != COMFORT)
    device.services = (type(first)(first.uuid, first.handle, fewer), *whole[1:])
    home.air.caches = True
    await home.add(device)
    await act(
        home, device, "select", "select_option", "temperature_unit", option="fahrenheit"
    )
    # New firmware; what is remembered of the old one is used first.
    device.services = whole
    cleared = home.air.cleared
    await press(home, device, "read_now")
    await home.clock.settle()
    assert float(home.value(device, "comfort_humidity_low")) == 20
    assert home.air.cleared == cleared + 1


@pytest.mark.usefixtures("all_entities_on")
async def test_handles_that_moved_are_looked_up_anew(home: Home) -> None:
    device = thermometer()
    home.air.caches = True
    await home.add(device)
    await press(home, device, "read_now")
    cleared = home.air.cleared
    # The link stands, but what is asked for is refused: its place is another one now.
    device.services = moved(device.services, 1)
    await act(
        home, device, "select", "select_option", "temperature_unit", option="fahrenheit"
    )
    assert device.values[UNIT] == b"\x01"
    assert home.air.cleared == cleared + 1


async def test_an_alarm_clock_that_names_no_product(home: Home) -> None:
    """Its adverts in the clear tell a model and no product id."""
    values = {spec.BATTERY_LEVEL: b"\x2a", spec.QINGPING_LIVE: b"\0\x66\x08\x12\x11"}
    device = GattSensor("CGD1", ALARM_CLOCK, values)
    await home.add(device)
    answer = await ask(home, device, "read_sensor")
    assert answer["values"] == {"battery": 42, "temperature": 21.5, "humidity": 43.7}


def wants_a_pairing(*_: object) -> bytes:
    raise GattError(5)


async def test_errors_say_what_to_do(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = clock()
    await home.add(device)

    async def fails() -> str | None:
        with pytest.raises(HomeAssistantError) as told:
            await press(home, device, "set_clock")
        assert not home.air.links
        assert device.address not in str(told.value)
        return told.value.translation_key

    device.taken = lambda *_: False
    assert await fails() == "sensor_kept"
    device.taken = refuse
    assert await fails() == "sensor_kept"
    device.values[TIME] = b"\0"
    assert await fails() == "sensor_garbled"
    monkeypatch.setattr(device, "read", wants_a_pairing)
    assert await fails() == "sensor_paired_only"
    home.air.refuse.add(device.address)
    assert await fails() == "sensor_lost"
    assert device.values[UNIT] == b"\xff"


async def test_what_is_not_heard(home: Home) -> None:
    device = clock()
    await home.add(device)
    await home.clock.run(1000)
    with pytest.raises(HomeAssistantError) as told:
        await home.clock.wait(call(home, device, "set_clock"))
    assert told.value.translation_key == "sensor_not_heard"


async def test_no_slot(home: Home) -> None:
    device = clock()
    await home.add(device)
    home.air.slots, home.air.tells_slots = 0, True
    with pytest.raises(HomeAssistantError) as told:
        await press(home, device, "set_clock")
    assert told.value.translation_key == "sensor_no_slot"


async def test_functions_that_a_model_lacks(home: Home) -> None:
    device = plant()
    await home.add(device)
    with pytest.raises(ServiceValidationError) as told:
        await ask(home, device, "set_clock")
    assert told.value.translation_key == "function_missing"
    with pytest.raises(ServiceValidationError) as told:
        await home.hass.services.async_call(
            DOMAIN, "set_clock", {"device_id": "nobody"}, blocking=True
        )
    assert told.value.translation_key == "not_a_sensor"


async def test_silence_and_missing_functions_are_told(home: Home) -> None:
    device = GattSensor("HHCCJCY01", PLANT, {spec.PLANT_STATUS: b"\0"})
    await home.add(device)
    with pytest.raises(HomeAssistantError) as told:
        await press(home, device, "blink")
    assert told.value.translation_key == "sensor_cannot"
    mute = GattSensor("CGG1", "58:2D:34:00:03:47", {spec.QINGPING_LIVE: b""})
    mute.services = tuple(
        type(one)(
            one.uuid,
            one.handle,
            tuple(
                type(each)(each.uuid, each.handle, frozenset({"notify"}))
                for each in one.characteristics
            ),
        )
        for one in mute.services
    )
    await home.add(mute)
    with pytest.raises(HomeAssistantError) as told:
        await press(home, mute, "read_now")
    assert told.value.translation_key == "sensor_silent"
