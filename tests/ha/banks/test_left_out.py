"""Why a battery of a bank does not count: shown, written to diagnostics, told to who asks for it."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import MqttMockHAClient

from custom_components.mi_bms.const import DOMAIN
from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.exceptions import HomeAssistantError

from .conftest import Owner, address, battery, named

ONE, TWO, THREE = address(1), address(2), address(3)
# The MQTT integration's own, which its mocked client leaves behind.
MQTT_TIMERS = pytest.mark.parametrize("expected_lingering_timers", [True])


async def pair(owner: Owner, **more: Any) -> tuple[list[Any], ConfigEntry[Any]]:
    """Return two batteries, and a bank of them."""
    devices = [battery(1, 5, 0.4), battery(2, 5, 0.6)]
    await owner.add(*devices)
    return devices, await owner.combine(ONE, TWO, **more)


def reasons(owner: Owner, bank: ConfigEntry[Any]) -> tuple[str, list[str]]:
    """Return why a bank is not complete, in one word and in sentences."""
    state = owner.state(bank, "completeness")
    return state.state, state.attributes["reasons"]


async def act(owner: Owner, action: str, **data: Any) -> Any:
    services = owner.home.hass.services
    answers = action == "devices"
    return await owner.home.clock.wait(
        services.async_call(
            DOMAIN, action, data, blocking=True, return_response=answers
        )
    )


async def test_each_reason_is_shown_with_the_name_of_the_battery(owner: Owner) -> None:
    _, bank = await pair(owner)
    assert reasons(owner, bank) == ("complete", [])
    await act(owner, "release", device_id=owner.device(owner_entry(owner, TWO)).id)
    await owner.home.clock.run(150)
    assert reasons(owner, bank) == (
        "paused",
        [f"{named(2)}: It is released for its app, or not to be read."],
    )
    assert owner.state(bank, "completeness").attributes["batteries"] == [named(2)]
    owner.home.air.refuse.add(ONE)
    await owner.home.clock.run(150)
    # No battery is read: that is what this is about.
    state, sentences = reasons(owner, bank)
    assert state == "unreachable"
    assert sentences == [
        f"{named(1)}: It is unreachable.",
        f"{named(2)}: It is released for its app, or not to be read.",
    ]
    assert owner.value(bank, "batteries_read") == "0"
    assert owner.value(bank, "current") == "unavailable"


def owner_entry(owner: Owner, member: str) -> ConfigEntry[Any]:
    entries = owner.home.hass.config_entries
    found = entries.async_entry_for_domain_unique_id(DOMAIN, member)
    assert found is not None
    return found


async def test_one_that_is_switched_off_or_removed(owner: Owner) -> None:
    _, bank = await pair(owner)
    entries, entry = owner.home.hass.config_entries, owner_entry(owner, TWO)
    off = ConfigEntryDisabler.USER
    await owner.home.clock.wait(entries.async_set_disabled_by(entry.entry_id, off))
    await owner.home.clock.run(3)
    assert reasons(owner, bank) == (
        "not_running",
        [f"{named(2)}: It is disabled, or failed to start."],
    )
    await owner.home.clock.wait(entries.async_remove(entry.entry_id))
    await owner.home.clock.run(3)
    assert reasons(owner, bank) == ("gone", [f"{named(2)}: It was removed."])


async def test_what_a_battery_does_not_tell(owner: Owner) -> None:
    silent: Any = battery(2, 5, 0.6, capacity=100)
    await owner.add(battery(1, 5), silent)
    bank = await owner.combine(ONE, TWO)
    coordinator = owner_entry(owner, TWO).runtime_data
    values = {
        name: value
        for name, value in coordinator.data.values.items()
        if name not in {"current", "power", "design_capacity", "full_charge"}
    }
    coordinator.async_set_updated_data(type(coordinator.data)(values=values))
    await owner.home.clock.run(2)
    state, sentences = reasons(owner, bank)
    assert state == "no_figure"
    assert sentences == [
        f"{named(2)}: It does not tell its current, charge or capacity."
    ]


async def test_a_battery_in_series_is_not_asleep_under_load(owner: Owner) -> None:
    devices, bank = await pair(owner, wiring="series")
    for device in devices:
        device.pack.current = 0.0
    await owner.home.listen(devices[1], 6, every=10)
    owner.home.air.refuse.add(TWO)
    for _ in range(60):
        await owner.home.listen(devices[0], 1, every=10)
    assert owner.home.value(devices[1], "connection") == "asleep"
    assert reasons(owner, bank) == ("complete", [])
    assert owner.value(bank, "power") == "0.0"
    devices[0].pack.current = 5.0
    for _ in range(6):
        await owner.home.listen(devices[0], 1, every=10)
    assert owner.home.value(devices[1], "connection") == "asleep"
    assert reasons(owner, bank)[0] == "asleep_under_load"
    assert owner.value(bank, "current") == "5.0"
    assert owner.value(bank, "power") == "unknown"


async def test_who_tells_another_current_is_named(owner: Owner) -> None:
    devices = [battery(number, 5) for number in (1, 2, 3)]
    await owner.add(*devices)
    bank = await owner.combine(ONE, TWO, THREE, wiring="series")
    devices[2].pack.current = 0.0
    await owner.home.clock.run(70)
    problem = owner.state(bank, "problem")
    assert problem.state == "on"
    assert problem.attributes["reasons"] == ["currents_disagree"]
    assert problem.attributes["batteries"] == [named(3)]
    assert owner.value(bank, "current") == "5.0"


# --- who asks ----------------------------------------------------------------------------------


async def test_diagnostics_say_why_in_sentences(owner: Owner) -> None:
    _, bank = await pair(owner, name="Secret place")
    owner.home.air.refuse.add(TWO)
    await owner.home.clock.run(150)
    report = await async_get_config_entry_diagnostics(owner.home.hass, bank)
    assert report["bank"]["left_out"] == {"2": "unreachable"}
    assert len(report["bank"]["in_words"]["2"].split()) > 8
    assert report["bank"]["meters"]["energy_charged"] >= 0
    for secret in (TWO, "JBD-2", "Secret place"):
        assert secret not in str(report)


async def test_an_action_on_a_bank_is_one_on_its_batteries(owner: Owner) -> None:
    devices, bank = await pair(owner)
    other = battery(3)
    await owner.add(other)
    ours = owner.device(bank).id
    connects = owner.home.air.connects
    await act(owner, "refresh", device_id=ours)
    assert owner.home.air.connects == connects + 2
    await act(owner, "release", device_id=ours, minutes=5)
    states = [owner.home.value(one, "connection") for one in (*devices, other)]
    assert states == ["paused", "paused", "awake"]
    with pytest.raises(HomeAssistantError, match=named(1)):
        await act(owner, "refresh", device_id=ours)


async def test_a_bank_is_in_the_list_of_devices(owner: Owner) -> None:
    _, bank = await pair(owner)
    listed = {one["name"]: one for one in (await act(owner, "devices"))["devices"]}
    ours = listed["Bank"]
    assert (ours["kind"], ours["available"]) == ("bank", True)
    assert ours["address"] == bank.unique_id
    assert ours["values"]["current"] == 10
    assert 0 <= ours["age"] < 60
    for member in (ONE, TWO):
        owner.home.air.refuse.add(member)
    await owner.home.clock.run(150)
    listed = {one["name"]: one for one in (await act(owner, "devices"))["devices"]}
    assert (listed["Bank"]["available"], listed["Bank"]["values"]) == (False, {})


async def test_lines_tell_why_a_bank_is_not_complete(
    owner: Owner, tmp_path: Path
) -> None:
    owner.home.hass.config.config_dir = str(tmp_path)
    _, bank = await pair(owner)
    menu = await owner.home.choose(await owner.home.start(), "outputs")
    form = await owner.home.choose(menu, "output_file")
    chosen = {"path": "a.jsonl", "devices": [bank.unique_id]}
    await owner.home.answer(form, chosen)
    await owner.home.clock.run(60)
    owner.home.air.refuse.add(TWO)
    await owner.home.clock.run(150)
    lines = [json.loads(one) for one in (tmp_path / "a.jsonl").read_text().splitlines()]
    first, last = lines[0]["values"], lines[-1]["values"]
    assert (first["completeness"], first["current"]) == ("complete", 10)
    assert (last["completeness"], last["batteries_read"]) == ("unreachable", 1)
    assert "current" not in last


@MQTT_TIMERS
async def test_a_broker_gets_a_bank(owner: Owner, mqtt_mock: MqttMockHAClient) -> None:
    _, bank = await pair(owner, name="Garage")
    menu = await owner.home.choose(await owner.home.start(), "outputs")
    form = await owner.home.choose(menu, "output_battery")
    await owner.home.answer(form, {"topic": "home", "devices": [bank.unique_id]})
    mqtt_mock.reset_mock()
    await owner.home.clock.run(60)
    sent = [call.args[:2] for call in mqtt_mock.async_publish.call_args_list]
    assert {topic for topic, _ in sent} == {"home/Garage"}
    assert json.loads(sent[-1][1])["current"] == 10
    for entry in owner.home.hass.config_entries.async_loaded_entries("mqtt"):
        await owner.home.clock.wait(
            owner.home.hass.config_entries.async_unload(entry.entry_id)
        )
