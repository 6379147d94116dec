"""Options, triggers, recordings and reception of sensors."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    async_get_device_automations,
    async_mock_service,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Context, Event, EventStateChangedData
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from tests.replay import sensors as replay
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..air import SOURCE, Air
from ..home import Home
from ..secrets import Secrets

ADDRESS = "A4:C1:38:00:14:41"
SWITCH = "54:EF:44:00:19:49"
KEY = "5b0500112233445566778899aabbcc01"
STRANGER = "A4:C1:38:00:AF:FE"


def thermometer(**start: float) -> Beacon:
    return KINDS["ATC1441"](address=ADDRESS, start=start)


def switch() -> Beacon:
    steps = [{"hex": "01", "tells": {"event:button_left": "press"}}]
    press = {"id": 0x4E0C, "kind": "script", "every": 9e9, "steps": steps}
    return KINDS["XMWXKG01YL"](address=SWITCH, key="19" * 16, objects=[press])


def stranger() -> Beacon:
    thing = {"id": 0x1004, "kind": "s16", "scale": 0.1, "field": "temperature"}
    return KINDS["MIBEACON"](
        address=STRANGER, product=0x7F01, objects=[thing | {"start": 21.5}]
    )


async def options(home: Home, entry: ConfigEntry[Any], **chosen: Any) -> None:
    flow = home.hass.config_entries.options
    form = await home.options(entry)
    assert form["step_id"] == "sensor"
    done = await home.clock.wait(flow.async_configure(form["flow_id"], chosen))
    assert done["type"] == "create_entry"
    await home.clock.settle()


def device_of(home: Home, device: Beacon) -> dr.DeviceEntry:
    return next(
        one
        for one in dr.async_get(home.hass).devices
        if (DOMAIN, device.address) in one.identifiers
    )


async def test_correction_is_added(home: Home) -> None:
    device = thermometer(temperature=20.0, humidity=50.0)
    entry = await home.add(device)
    await options(home, entry, offset_temperature=-1.5, offset_humidity=3)
    await home.listen(device, 2)
    truth = device.truth()
    assert float(home.value(device, "temperature")) == pytest.approx(
        float(str(truth["temperature"])) - 1.5
    )
    assert float(home.value(device, "humidity")) == pytest.approx(
        float(str(truth["humidity"])) + 3
    )


async def test_options_are_followed_without_being_unavailable(home: Home) -> None:
    device = thermometer(temperature=20.0)
    entry = await home.add(device)
    device.put("temperature", 20.0)
    await home.listen(device, 2)
    gone: list[str] = []
    mine = {
        one.entity_id
        for one in er.async_entries_for_config_entry(
            er.async_get(home.hass), entry.entry_id
        )
    }

    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if event.data["entity_id"] in mine and (not new or new.state == "unavailable"):
            gone.append(event.data["entity_id"])

    stop = home.hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await options(home, entry, offset_temperature=1.5, timeout=10)
    assert home.value(device, "temperature") == "20.0"
    device.put("temperature", 20.0)
    # The next advert is shown by the new options, though it says the same as the last.
    await home.listen(device, 1)
    stop()
    assert gone == []
    assert home.value(device, "temperature") == "21.5"


async def test_another_time_of_silence_counts_at_once(home: Home) -> None:
    device = thermometer(temperature=20.0)
    entry = await home.add(device)
    await home.listen(device, 2)
    await home.clock.run(5 * 60)
    assert home.value(device, "temperature") != "unavailable"
    await options(home, entry, timeout=2)
    assert home.value(device, "temperature") == "unavailable"
    await options(home, entry, timeout=60)
    assert home.value(device, "temperature") != "unavailable"
    await home.clock.run(60 * 60)
    assert home.value(device, "temperature") == "unavailable"


async def test_dead_band_keeps_small_changes_back(home: Home) -> None:
    device = thermometer(temperature=20.0)
    entry = await home.add(device)
    await options(home, entry, dead_band_temperature=1.0)
    device.put("temperature", 20.0)
    await home.listen(device, 1)
    device.put("temperature", 20.8)
    await home.listen(device, 1)
    assert float(home.value(device, "temperature")) == 20.0
    device.put("temperature", 21.2)
    await home.listen(device, 1)
    assert float(home.value(device, "temperature")) == 21.2


async def test_median_ignores_one_outlier(home: Home) -> None:
    device = thermometer(temperature=20.0)
    entry = await home.add(device)
    await options(home, entry, smoothing="median", smoothing_window=600)
    for value in (20.0, 20.2, 35.0, 20.2, 20.2):
        device.put("temperature", value)
        await home.listen(device, 1)
        assert float(home.value(device, "temperature")) < 21


async def test_user_decides_when_it_is_gone(home: Home) -> None:
    device = thermometer()
    entry = await home.add(device)
    await options(home, entry, timeout=2)
    await home.listen(device, 2)
    await home.clock.run(110)
    assert home.value(device, "temperature") != "unavailable"
    await home.clock.run(20)
    assert home.value(device, "temperature") == "unavailable"


async def test_form_offers_what_the_model_has(home: Home) -> None:
    clear = await home.add(thermometer())
    remote = await home.add(switch())
    for entry, wanted in ((clear, True), (remote, False)):
        form = await home.options(entry)
        keys = {str(key) for key in form["data_schema"].schema}
        assert "timeout" in keys
        assert ("offset_temperature" in keys) is wanted


async def test_device_trigger_runs_an_automation(home: Home) -> None:
    device = switch()
    await home.add(device)
    device.press("button_left")
    await home.listen(device, 3, every=0.1)
    entry = device_of(home, device)
    triggers = await async_get_device_automations(
        home.hass, DeviceAutomationType.TRIGGER, entry.id
    )
    ours = {
        (one["subtype"], one["type"]) for one in triggers if one["domain"] == DOMAIN
    }
    assert {
        ("button_left", "press_end"),
        ("button_right", "multi_press_end_2"),
    } <= ours

    calls = async_mock_service(home.hass, "test", "automation")
    assert await async_setup_component(
        home.hass,
        "automation",
        {
            "automation": {
                "alias": "pressed",
                "trigger": {
                    "platform": "device",
                    "domain": DOMAIN,
                    "device_id": entry.id,
                    "type": "press_end",
                    "subtype": "button_left",
                },
                "action": {"service": "test.automation"},
            }
        },
    )
    device.press("button_left")
    await home.listen(device, 3, every=0.1)
    assert len(calls) == 1


async def test_device_without_events_has_no_triggers(home: Home) -> None:
    device = thermometer()
    await home.add(device)
    triggers = await async_get_device_automations(
        home.hass, DeviceAutomationType.TRIGGER, device_of(home, device).id
    )
    assert not [one for one in triggers if one["domain"] == DOMAIN]


async def record(
    home: Home, device_id: str, user: MockUser | None = None, **data: Any
) -> Mapping[str, Any]:
    answer = await home.hass.services.async_call(
        DOMAIN,
        "record",
        {"device_id": device_id, **data},
        blocking=True,
        return_response=True,
        context=Context(user_id=user.id if user else None),
    )
    assert answer is not None
    return answer


async def test_recording_replays_and_gives_nothing_away(
    home: Home, tmp_path: Path
) -> None:
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key="11" * 16)
    await home.add(device)
    task = home.hass.async_create_task(
        record(home, device_of(home, device).id, minutes=0.5)
    )
    await home.listen(device, 10)
    answer = await home.clock.wait(task)
    vectors: list[dict[str, Any]] = answer["vectors"]
    assert vectors
    assert ADDRESS not in json.dumps(vectors)
    assert "11" * 16 not in json.dumps(vectors)
    for vector in vectors:
        replayed = replay.replay(vector)
        assert replayed["outcome"] == vector["outcome"]
        assert replayed["values"] == vector["expect"]
    assert any(vector["outcome"] == "decoded" for vector in vectors)


async def test_an_undisguised_recording_is_only_for_who_asked(
    home: Home, hass_admin_user: MockUser, hass_client: ClientSessionGenerator
) -> None:
    """It holds address and key, and what is posted in public afterwards does not."""
    assert await async_setup_component(home.hass, "diagnostics", {})
    device = KINDS["LYWSD03MMC"](address=ADDRESS, key=KEY)
    entry = await home.add(device)
    device_id, data = device_of(home, device).id, {"minutes": 0.1, "disguise": False}
    with pytest.raises(ServiceValidationError) as refused:
        await record(home, device_id, hass_admin_user, **data)
    assert refused.value.translation_key == "export_not_confirmed"
    with pytest.raises(Unauthorized):
        await record(home, device_id, None, **data, confirm=True)
    task = home.hass.async_create_task(
        record(home, device_id, hass_admin_user, **data, confirm=True)
    )
    await home.listen(device, 3)
    answer = await home.clock.wait(task)
    assert {vector["address"] for vector in answer["vectors"]} == {ADDRESS}
    assert {vector["bindkey"] for vector in answer["vectors"]} == {KEY}
    report = await get_diagnostics_for_config_entry(home.hass, hass_client, entry)
    assert report["sensor"]["recording"] == []
    secrets = Secrets()
    secrets.add(KEY, ADDRESS)
    secrets.look("diagnostics", report)
    assert secrets.hits == []


async def test_two_recordings_at_once_are_refused(home: Home) -> None:
    device = thermometer()
    await home.add(device)
    device_id = device_of(home, device).id
    first = home.hass.async_create_task(record(home, device_id, minutes=1))
    await home.clock.settle()
    with pytest.raises(ServiceValidationError, match="under way"):
        await record(home, device_id)
    await home.clock.wait(first)


async def test_recording_needs_a_sensor_of_ours(home: Home) -> None:
    await home.add(thermometer())
    with pytest.raises(ServiceValidationError):
        await record(home, "nothing")


async def test_button_records_for_the_diagnostics_of_an_unknown_product(
    home: Home,
    hass_client: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(home.hass, "diagnostics", {})
    device = stranger()
    added = await home.add(device)
    await home.listen(device, 2)
    assert float(home.value(device, "temperature")) == pytest.approx(21.5, abs=1)
    assert device_of(home, device).model_id is None
    button = home.entity_id(device, "record")
    registered = er.async_get(home.hass).async_get(str(button))
    assert registered is not None
    assert registered.disabled_by is None

    async def press() -> None:
        await home.hass.services.async_call(
            "button", "press", {"entity_id": button}, blocking=True
        )

    await press()
    with pytest.raises(HomeAssistantError):
        await press()
    await home.listen(device, 5)
    await home.clock.run(301)
    report = await get_diagnostics_for_config_entry(home.hass, hass_client, added)
    recording = report["sensor"]["recording"]
    assert recording
    assert STRANGER not in json.dumps(report)
    await press()


async def test_lost_packets_are_counted_for_each_receiver(home: Home) -> None:
    device = KINDS["LYWSDCGQ"](address="58:2D:34:00:01:AA")
    await home.add(device)
    entity = home.entity_id(device, f"lost_packets_{SOURCE}")
    registered = er.async_get(home.hass).async_get(str(entity))
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    er.async_get(home.hass).async_update_entity(registered.entity_id, disabled_by=None)
    await home.clock.run(40)
    for _ in range(10):
        device.advertisement(0.0)  # nobody hears this one
        await home.listen(device, 1)
    await home.clock.run(40)
    state = home.state(device, f"lost_packets_{SOURCE}")
    assert float(state.state) == pytest.approx(50, abs=8)
    assert state.name.endswith("Lost packets (air)")


@pytest.mark.usefixtures("all_entities_on")
async def test_last_seen_moves_in_steps_and_stays(home: Home) -> None:
    device = thermometer()
    await home.add(device)
    await home.listen(device, 2)
    await home.clock.run(60)
    first = home.value(device, "last_seen")
    await home.listen(device, 2)
    await home.clock.run(60)
    assert home.value(device, "last_seen") == first
    for _ in range(13):
        await home.listen(device, 1)
        await home.clock.run(59)
    assert home.value(device, "last_seen") == first
    await home.clock.run(120)
    await home.listen(device, 2)
    await home.clock.run(60)
    assert home.value(device, "last_seen") > first


async def test_receiver_that_comes_later_gets_its_own(home: Home) -> None:
    device = KINDS["LYWSDCGQ"](address="58:2D:34:00:01:AA")
    await home.add(device)
    other = Air(home.hass, source="AA:BB:CC:00:00:98")
    said = device.advertisement(0.0)
    assert said is not None
    other.hear(device.address, said[0], rssi=-30)
    await home.clock.settle()
    other.close()
    assert home.entity_id(device, "lost_packets_AA:BB:CC:00:00:98")


def stock(product: int, field: str, object_id: int, kind: str, scale: float) -> Beacon:
    """Make a device of stock firmware that sends one object."""
    thing = {"id": object_id, "kind": kind, "scale": scale, "field": field}
    return KINDS["MIBEACON"](
        address=ADDRESS,
        product=product,
        key="22" * 16,
        version=5,
        objects=[thing | {"start": 46.7 if scale < 1 else 80}],
    )


async def test_tenths_that_jump_are_cut(home: Home) -> None:
    device = stock(0x055B, "humidity", 0x1006, "u16", 0.1)
    await home.add(device)
    device.put("humidity", 46.7)
    await home.listen(device, 2)
    assert float(home.value(device, "humidity")) == 46


async def test_doubtful_value_counts_when_it_comes_twice(home: Home) -> None:
    device = stock(0x0A83, "battery", 0x100A, "u8", 1)
    await home.add(device)
    device.put("battery", 80)
    await home.listen(device, 3)
    assert home.value(device, "battery") == "80"
    device.put("battery", 3)
    await home.listen(device, 1)
    assert home.value(device, "battery") == "80"
    await home.listen(device, 1)
    assert home.value(device, "battery") == "3"


async def test_the_form_says_what_an_empty_field_means_now(home: Home) -> None:
    entry = await home.add(thermometer(temperature=20.0))
    form = await home.options(entry)
    limit = entry.runtime_data.cadence.limit
    told = {"learned": f"now {limit / 60:.0f} minutes"}
    assert form["description_placeholders"] == told
    await options(home, entry, timeout=500)
    assert entry.runtime_data.cadence.limit == 500 * 60
    form = await home.options(entry)
    assert form["description_placeholders"] == told
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    form = await home.options(entry)
    assert form["description_placeholders"] == {"learned": "not known yet"}
