"""Where a battery cannot be reached it is said why, and what helps."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mi_bms.batteries.coordinator import BatteryCoordinator
from custom_components.mi_bms.proto.scheduler.diagnosis import Cause, diagnose
from custom_components.mi_bms.proto.scheduler.facts import Facts, ScannerReport
from custom_components.mi_bms.proto.scheduler.link_state import Failure
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import issue_registry as ir

from ..home import Home
from ..test_diagnostics import diagnosed
from .test_batteries import ADDRESS, OTHER_WORD, WORD, added, jbd, still


def issue(home: Home, entry: ConfigEntry[Any]) -> ir.IssueEntry | None:
    """Return the issue of a battery."""
    found = ir.async_get(home.hass).issues.get(
        ("mi_bms", f"unreachable_{entry.entry_id}")
    )
    return found if found and found.active else None


def said(home: Home, entry: ConfigEntry[Any]) -> str:
    """Return what the issue of a battery says."""
    found = issue(home, entry)
    assert found
    assert found.translation_key == "unreachable"
    assert found.translation_placeholders
    assert found.translation_placeholders["name"] == entry.title
    return found.translation_placeholders["reason"]


async def lost(home: Home, device: Any) -> ConfigEntry[Any]:
    """Add a battery under load, whose every connection then fails."""
    device.pack.current = -20.0
    home.air.add(device, rssi=-80)
    entry = await added(home, device)
    home.air.refuse.add(ADDRESS)
    return entry


async def test_an_issue_lasts_as_long_as_its_reason(home: Home) -> None:
    device = jbd()
    entry = await lost(home, device)
    await home.listen(device, 18, every=20)
    assert home.value(device, "voltage") == "unavailable"
    assert issue(home, entry) is None  # not yet
    await home.listen(device, 12, every=20)
    assert said(home, entry) == (
        "The receiver air hears the battery well (-80 dBm), but the battery refuses to be "
        "connected. Close the maker's app on every phone; if that does not help, switch the "
        "battery's Bluetooth, or the battery, off and on."
    )
    home.air.refuse.clear()
    await home.listen(device, 20, every=20)
    assert home.value(device, "voltage") != "unavailable"
    assert issue(home, entry) is None


async def test_an_issue_changes_with_its_reason(home: Home) -> None:
    device = jbd()
    entry = await lost(home, device)
    await home.listen(device, 32, every=20)
    assert said(home, entry).startswith("The receiver air")
    home.air.rssi[ADDRESS] = -92
    await home.listen(device, 6, every=20)
    assert said(home, entry) == (
        "The best receiver (air) hears the battery with -92 dBm only, which is too weak to "
        "connect. Bring a receiver closer to the battery."
    )
    home.air.close()
    await home.clock.run(120)
    assert said(home, entry).startswith("No receiver hears the battery any more.")


async def test_what_nobody_can_explain_is_no_issue(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = jbd()
    entry = await lost(home, device)
    await home.listen(device, 32, every=20)
    assert issue(home, entry)
    heard = ScannerReport(name="air", rssi=-60)
    unknown = diagnose(Facts(scanners=[heard], failure=Failure.NOT_HEARD))
    assert unknown.cause is Cause.UNKNOWN
    monkeypatch.setattr(BatteryCoordinator, "diagnose", lambda _self: unknown)
    await home.listen(device, 4, every=20)
    assert issue(home, entry) is None


async def test_an_issue_goes_with_its_battery(home: Home) -> None:
    device = jbd()
    entry = await lost(home, device)
    await home.listen(device, 32, every=20)
    assert issue(home, entry)
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    assert issue(home, entry) is None
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.listen(device, 32, every=20)
    assert issue(home, entry)
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    assert issue(home, entry) is None


async def test_what_the_user_wants_is_no_issue(home: Home) -> None:
    device = jbd()
    entry = await lost(home, device)
    await home.listen(device, 32, every=20)
    assert issue(home, entry)
    entry.runtime_data.async_pause()
    await home.clock.settle()
    assert issue(home, entry) is None
    await home.listen(device, 32, every=20)
    assert issue(home, entry) is None


async def test_a_password_is_asked_for_instead(home: Home) -> None:
    device = jbd(password=WORD, handshake="short")
    form = await home.answer(await home.discover(device), {})
    entry = (await home.answer(form, {"password": WORD}))["result"]
    await home.clock.run(5)
    device.password = OTHER_WORD
    await home.listen(device, 40, every=20)
    assert home.value(device, "connection") == "auth"
    assert issue(home, entry) is None
    assert home.flows(ADDRESS)


async def test_diagnostics_name_cause_and_remedy(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    device = jbd()
    entry = await lost(home, device)
    battery = (await diagnosed(home, hass_client, entry))[0]["battery"]
    assert (battery["cause"], battery["remedy"]) == (None, None)
    assert battery["in_words"] is None
    assert battery["link"] == "awake"
    assert battery["link_quality"] == 100
    assert battery["receivers"][0]["polls"] == 1
    await home.listen(device, 14, every=20)
    battery = (await diagnosed(home, hass_client, entry))[0]["battery"]
    assert battery["link"] == "connect_failed"
    assert (battery["cause"], battery["remedy"]) == ("refused", "restart_battery")
    assert battery["in_words"].count(". ") >= 1  # a sentence of each
    assert "air" in battery["in_words"]


async def test_diagnostics_show_what_was_refused(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    device = still()
    entry = await added(home, device)
    device.pack.remaining = 2 * device.pack.capacity
    await home.clock.run(31)
    battery = (await diagnosed(home, hass_client, entry))[0]["battery"]
    (refused, *_) = battery["refused_samples"]
    assert refused["field"] == "battery_level"
    assert refused["values"]["battery_level"] == 200
    assert refused["at"].startswith("20")
    assert any("dd03" in one for one in refused["raw"])


@pytest.mark.parametrize(
    ("rssi", "connectable", "words"),
    [
        (-60, True, "refuses to be connected. Close the maker's app on every phone"),
        (-90, True, "hears the battery with -90 dBm only"),
        (-60, False, "heard by air (-60 dBm), but no receiver that hears it can"),
    ],
)
async def test_a_flow_says_why(
    home: Home, rssi: int, connectable: bool, words: str
) -> None:
    device = jbd()
    home.air.add(device, rssi=rssi)
    form = await home.discover(device)
    home.air.refuse.add(ADDRESS)
    home.air.connectable = connectable
    form = await home.answer(form, {})
    assert form["errors"] == {"base": "cannot_connect"}
    assert words in form["description_placeholders"]["reason"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (40, "is silent now: it is asleep, switched off, or connected to a phone"),
        (4_000, "No receiver hears the battery any more. Check that the battery is"),
    ],
)
async def test_a_flow_does_not_blame_the_app_for_a_sleep(
    home: Home, seconds: int, words: str
) -> None:
    """It stopped to advertise after it was found, so it may be either."""
    device = jbd()
    form = await home.discover(device)
    home.air.devices.pop(ADDRESS)
    home.air.refuse.add(ADDRESS)
    await home.clock.leap(seconds)
    form = await home.answer(form, {})
    assert form["errors"] == {"base": "cannot_connect"}
    assert words in form["description_placeholders"]["reason"]


async def test_a_flow_says_who_has_the_slots(home: Home) -> None:
    device = jbd()
    form = await home.discover(device)
    home.air.slots = 0
    form = await home.answer(form, {})
    reason = form["description_placeholders"]["reason"]
    assert "All connections of the receivers near the battery are in use." in reason


async def test_a_reconfigure_says_why(home: Home) -> None:
    device = jbd()
    entry = await lost(home, device)
    await home.listen(device, 2)
    flow = await home.choose(await home.reconfigure(entry), "family")
    form = await home.answer(flow, {"family": "jbd"})
    assert form["errors"] == {"base": "cannot_connect"}
    assert "-80 dBm" in form["description_placeholders"]["reason"]
