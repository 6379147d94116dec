"""The connection to a battery: what tells of it, and what acts on it."""

from datetime import datetime
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from tests.world.devices import KINDS

from ..home import Home
from ..sensors.test_sensors import STATE
from .test_batteries import ADDRESS, added, jbd, report
from .test_pack_devices import racked

OTHER = "A5:C2:37:00:00:05"


async def press(home: Home, device: Any, name: str) -> None:
    """Press a button of a battery."""
    await do(home, device, "button", "press", name)


async def do(home: Home, device: Any, domain: str, action: str, name: str) -> None:
    """Call an action on an entity of a battery."""
    target = {ATTR_ENTITY_ID: home.entity_id(device, name)}
    call = home.hass.services.async_call(domain, action, target, blocking=True)
    await home.clock.wait(call)
    await home.clock.settle()


async def act(home: Home, action: str, **data: Any) -> None:
    """Call an action of the integration."""
    call = home.hass.services.async_call("mi_bms", action, data, blocking=True)
    await home.clock.wait(call)
    await home.clock.settle()


def device_id(home: Home, address: str) -> str:
    """Return the device of an address."""
    return next(
        one.id
        for one in dr.async_get(home.hass).devices
        if ("mi_bms", address) in one.identifiers
    )


async def with_all_entities(home: Home, entry: ConfigEntry[Any]) -> None:
    """Enable what is off at first."""
    registry = er.async_get(home.hass)
    for one in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(one.entity_id, disabled_by=None)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(3)


async def test_how_well_a_battery_is_read(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    assert home.value(device, "connection") == "awake"
    assert float(home.value(device, "read_interval")) == 30
    registry = er.async_get(home.hass)
    for name in ("link_quality", "poll_time", "rssi", "receiver"):
        one = registry.async_get(home.entity_id(device, name) or "")
        assert one
        assert one.disabled
    await with_all_entities(home, entry)
    assert float(home.value(device, "link_quality")) == 100
    assert 0 < float(home.value(device, "poll_time")) < 2
    assert float(home.value(device, "rssi")) == -60
    assert home.value(device, "receiver") == "air"
    receiver = home.hass.states.get(home.entity_id(device, "receiver") or "")
    assert receiver
    told = receiver.attributes["receivers"]["air"]
    assert told["link_quality"] == 100
    assert 0 < told["time_to_read"] < 2

    home.air.refuse.add(ADDRESS)
    await home.listen(device, 8, every=5)
    # What was counted before the reload still counts: two good polls, three bad.
    assert float(home.value(device, "link_quality")) == 40
    await home.listen(device, 18, every=5)
    assert home.value(device, "connection") == "held"
    await home.listen(device, 18, every=5)
    assert home.value(device, "voltage") == "unavailable"
    assert home.value(device, "connection") == "held"


async def test_a_battery_out_of_reach(home: Home) -> None:
    device = jbd()
    device.pack.current = -20.0
    await added(home, device)
    home.air.close()
    await home.clock.run(300)
    assert home.value(device, "connection") == "no_receiver"
    assert home.value(device, "voltage") == "unavailable"


async def test_an_interval_that_cannot_be_kept_is_shown(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"interval": 5})
    home.air.faults[ADDRESS].latency = 2.0
    await home.listen(device, 60, every=5)
    shown = float(home.value(device, "read_interval"))
    assert shown > 5
    form = await home.options(entry)
    told = form["description_placeholders"]["pace"]
    assert "the interval of 5 seconds cannot be kept" in told
    assert f"raised to {shown:g} seconds" in told


async def test_refresh_now(home: Home) -> None:
    device = jbd()
    await added(home, device)
    connects = home.air.connects
    await press(home, device, "refresh")
    assert home.air.connects == connects + 1
    await home.clock.run(1)
    assert not home.air.links


async def test_a_refresh_that_fails_says_why(home: Home) -> None:
    device = jbd()
    await added(home, device)
    home.air.refuse.add(ADDRESS)
    with pytest.raises(HomeAssistantError, match="battery refuses to be connected"):
        await press(home, device, "refresh")


async def test_two_who_ask_at_once_share_one_reading(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    connects = home.air.connects
    begun = home.clock._frozen.time_to_freeze
    one, other = (
        home.hass.async_create_task(entry.runtime_data.async_refresh())
        for _ in range(2)
    )
    await home.clock.wait(one)
    await home.clock.wait(other)
    assert (home.clock._frozen.time_to_freeze - begun).total_seconds() < 10
    assert home.air.connects <= connects + 2


async def test_release_for_the_app(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"release_minutes": 3})
    await home.clock.run(3)
    await press(home, device, "release")
    connects = home.air.connects
    assert home.value(device, "connection") == "paused"
    assert home.value(device, "reading") == "on"
    await home.listen(device, 34, every=5)
    assert home.air.connects == connects
    assert home.value(device, "voltage") == "13.18"  # it holds that long
    await home.listen(device, 4, every=5)
    assert home.air.connects > connects
    assert home.value(device, "connection") == "awake"


async def reload(home: Home, entry: Any, pause: float = 0.0) -> None:
    """Take a battery down and, some time later, set it up again, as a restart does."""
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_unload(entry.entry_id))
    await home.clock.run(pause)
    await home.clock.wait(entries.async_setup(entry.entry_id))
    await home.clock.settle()


async def test_a_release_outlives_a_restart(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    await home.clock.run(3)
    await act(home, "release", minutes=5)
    connects = home.air.connects
    await home.listen(device, 12, every=5)
    await reload(home, entry, pause=60)
    await home.listen(device, 34, every=5)  # 290 s
    assert home.value(device, "connection") == "paused"
    assert home.air.connects == connects
    assert home.value(device, "voltage") == "13.18"
    await home.listen(device, 4, every=5)
    assert home.value(device, "connection") == "awake"
    assert home.air.connects > connects


async def test_a_refresh_ends_a_release(home: Home) -> None:
    device = jbd()
    await added(home, device)
    await act(home, "release", minutes=60)
    connects = home.air.connects
    await press(home, device, "refresh")
    assert home.air.connects == connects + 1
    assert home.value(device, "connection") == "awake"


async def test_what_was_wished_is_written_down_at_once(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """A crash asks nobody what is worth keeping."""
    device = jbd()
    await added(home, device)
    await act(home, "release", minutes=5)
    await home.clock.run(10)
    kept = hass_storage[STATE]["data"][ADDRESS]
    left = datetime.fromisoformat(kept["left_until"]) - dt_util.utcnow()
    assert 280 < left.total_seconds() <= 290
    await do(home, device, "switch", "turn_on", "reading")
    await home.clock.run(10)
    assert not hass_storage[STATE]["data"][ADDRESS]["left_until"]


async def test_a_release_that_ended_during_a_restart_is_over(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    await home.clock.run(3)
    await act(home, "release", minutes=1)
    await reload(home, entry, pause=70)
    home.shout(device)
    await home.clock.run(3)
    assert home.value(device, "connection") == "awake"


async def test_a_release_of_a_battery_that_was_never_read_outlives_a_restart(
    home: Home,
) -> None:
    device = jbd()
    form = await home.discover(device)
    done = await home.answer(form, {})
    home.air.refuse.add(ADDRESS)
    entry = done["result"]
    await home.clock.run(5)
    await act(home, "release", minutes=5)
    await reload(home, entry)
    await home.clock.run(1)
    assert home.value(device, "connection") == "paused"


async def test_a_held_link_is_closed_at_once(home: Home) -> None:
    device = KINDS["JIKONG"](address=ADDRESS, name="JK-mine")
    await home.add(device)
    await home.clock.until(lambda: home.air.links, 60)
    await home.clock.run(40)
    assert home.air.links
    await press(home, device, "release")
    await home.clock.run(1)
    assert not home.air.links
    assert home.value(device, "connection") == "paused"


async def test_a_battery_that_is_not_read(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    await do(home, device, "switch", "turn_off", "reading")
    connects = home.air.connects
    assert home.value(device, "reading") == "off"
    assert home.value(device, "connection") == "paused"
    with pytest.raises(HomeAssistantError, match="Reading is switched off"):
        await press(home, device, "refresh")
    # A release would end by itself.
    await press(home, device, "release")
    await home.listen(device, 40, every=20)
    assert home.value(device, "voltage") == "unavailable"
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.listen(device, 5, every=20)
    assert home.air.connects == connects
    assert home.value(device, "reading") == "off"

    await do(home, device, "switch", "turn_on", "reading")
    await home.clock.run(3)
    assert home.air.connects == connects + 1
    assert home.value(device, "reading") == "on"
    assert home.value(device, "voltage") == "13.18"


async def test_one_that_was_never_read_stays_off_too(home: Home) -> None:
    device = jbd()
    form = await home.discover(device)
    done = await home.answer(form, {})
    home.air.refuse.add(ADDRESS)
    entry = done["result"]
    await home.clock.run(1)
    await do(home, device, "switch", "turn_off", "reading")
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert home.value(device, "reading") == "off"


async def test_one_that_was_never_read_and_is_switched_on_stays_on(home: Home) -> None:
    device = jbd()
    form = await home.discover(device)
    done = await home.answer(form, {})
    home.air.refuse.add(ADDRESS)
    await home.clock.run(1)
    await do(home, device, "switch", "turn_off", "reading")
    await home.clock.run(10)
    await do(home, device, "switch", "turn_on", "reading")
    await home.clock.run(10)
    entry = done["result"]
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert home.value(device, "reading") == "on"


async def test_actions_on_all_batteries(home: Home) -> None:
    first, second = jbd(), jbd(address=OTHER)
    await added(home, first)
    await added(home, second)
    await act(home, "release", minutes=1)
    assert home.value(first, "connection") == "paused"
    assert home.value(second, "connection") == "paused"
    connects = home.air.connects
    await act(home, "refresh")  # none is left to read
    assert home.air.connects == connects
    await home.clock.run(65)
    assert home.value(second, "connection") == "awake"
    connects = home.air.connects
    await act(home, "refresh")
    assert home.air.connects == connects + 2


async def test_actions_on_one_battery(home: Home) -> None:
    first, second = jbd(), jbd(address=OTHER)
    entry = await added(home, first)
    await added(home, second)
    await act(home, "release", device_id=device_id(home, ADDRESS))
    assert home.value(first, "connection") == "paused"
    assert home.value(second, "connection") == "awake"
    polls = (await report(home, entry))["polls"]
    with pytest.raises(HomeAssistantError, match="left to its app"):
        await act(home, "refresh", device_id=[device_id(home, ADDRESS)])
    await act(home, "refresh", device_id=[device_id(home, OTHER)])
    assert (await report(home, entry))["polls"] == polls


async def test_actions_refuse_what_is_no_battery(home: Home) -> None:
    entry = await added(home, jbd())
    sensor = KINDS["ATC1441"](address="A4:C1:38:7E:14:01")
    await home.add(sensor)
    await home.listen(sensor, 2)
    for action in ("release", "refresh"):
        for wrong in (device_id(home, sensor.address), "nothing"):
            with pytest.raises(ServiceValidationError) as raised:
                await act(home, action, device_id=wrong)
            assert raised.value.translation_key == "not_a_battery"
    mine = device_id(home, ADDRESS)
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    with pytest.raises(ServiceValidationError):
        await act(home, "release", device_id=mine)


async def test_a_pack_stands_for_its_battery(home: Home) -> None:
    device, entry = await racked(home)
    part = dr.async_get(home.hass).async_get_child_device_by_identifier(
        ("mi_bms", f"{device.address}-pack_1"), entry.entry_id
    )
    assert part is not None
    await act(home, "release", device_id=part.id)
    assert home.value(device, "connection") == "paused"


@pytest.mark.parametrize("minutes", [0, 241, "long"])
async def test_a_release_has_bounds(home: Home, minutes: Any) -> None:
    await added(home, jbd())
    with pytest.raises(Exception, match="minutes"):
        await act(home, "release", minutes=minutes)
