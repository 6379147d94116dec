"""Devices whose entry others share, and batteries, as a stranger tries them."""

import asyncio
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers.device_registry import DeviceInfo
from tests.ha.home import Home
from tests.world.devices import KINDS

from .moving import (
    ADDRESS,
    OTHER,
    Old,
    Peers,
    back,
    content,
    device,
    differ,
    image,
    listed,
    monitored,
    move,
    offer,
    offered,
    ours,
    preview,
    row,
    rows,
    settled,
    tick,
)
from .moving_there import done, peers, platforms

__all__ = ["peers"]  # a fixture


async def shared(home: Home, peers: Peers) -> Any:
    devices = [monitored(ADDRESS, "One"), monitored(OTHER, "Two")]
    entry = await peers.entry("ble_monitor", devices, unique_id="all", title="All")
    for address in (ADDRESS, OTHER):
        beacon = device(address, temperature=20.5, humidity=51.0)
        home.air.add(beacon)
        await home.listen(beacon, 2)
    return entry


async def test_of_a_shared_entry_only_the_ticked_device_moves(
    home: Home, peers: Peers
) -> None:
    entry = await shared(home, peers)
    before = image(home.hass)
    flow = await listed(home)
    (field,) = offered(flow)
    picked = [
        one["value"] for one in offered(flow)[field] if ADDRESS in one["label"]
    ]  # fmt: skip
    end = await done(home, await tick(home, flow, {field: picked}))
    assert end["reason"] == "taken_over", end
    assert platforms(home, "sensor.one_temperature", "sensor.two_temperature") == [
        "mi_bms",
        "ble_monitor",
    ]
    assert entry.state is ConfigEntryState.LOADED
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(40)
    on = [
        one.entity_id
        for one in rows(home.hass, entry).values()
        if not one.disabled_by and "two" not in one.entity_id
    ]
    assert not on
    await settled(home)
    await back(home)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    assert set(before) == set(image(home.hass))
    for one in ("one", "two"):
        state = home.hass.states.get(f"sensor.{one}_temperature")
        assert state
        assert state.state == "20.5"


async def test_content_with_a_shared_entry_leaves_it_and_its_other_device(
    home: Home, peers: Peers
) -> None:
    entry = await shared(home, peers)
    shown = await preview(
        home, await offer(home, device(ADDRESS, temperature=20.5, humidity=51.0))
    )
    await home.answer(shown, {})
    await settled(home)
    before = image(home.hass)
    end = await content(home)
    assert end["reason"] == "move_finished", end
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(60)
    assert entry.state is ConfigEntryState.LOADED
    after = image(home.hass)
    assert set(after) == set(before)
    for one, things in before.items():
        for name in ("unique_id", "platform", "config_entry_id", "disabled_by"):
            assert after[one].get(name) == things.get(name), things
    state = home.hass.states.get("sensor.two_temperature")
    assert state
    assert state.state == "20.5"
    assert ours(home.hass).state is ConfigEntryState.LOADED


async def test_two_devices_of_one_entry_move_and_go_back_at_once(
    home: Home, peers: Peers
) -> None:
    plan = [monitored(ADDRESS, "There"), monitored(OTHER, "Two")]
    entry = await peers.entry("ble_monitor", plan, unique_id="all")
    before = image(home.hass)
    forms = [
        await preview(
            home, await offer(home, device(one, temperature=20.5, humidity=51.0))
        )
        for one in (ADDRESS, OTHER)
    ]
    flows = home.hass.config_entries.flow
    asked = [flows.async_configure(one["flow_id"], {}) for one in forms]
    ends = await home.clock.wait(asyncio.gather(*asked))
    assert {one["type"] for one in ends} == {"create_entry"}, ends
    await settled(home)
    assert row(home.hass, "sensor.there_temperature").platform == "mi_bms"
    assert row(home.hass, "sensor.two_temperature").platform == "mi_bms"
    forms = [
        await home.choose(await home.reconfigure(ours(home.hass, one)), "give_back")
        for one in (ADDRESS, OTHER)
    ]
    asked = [flows.async_configure(one["flow_id"], {}) for one in forms]
    ends = await home.clock.wait(asyncio.gather(*asked))
    assert {one["reason"] for one in ends} == {"given_back"}, ends
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    assert set(before) == set(image(home.hass))
    assert entry.state is ConfigEntryState.LOADED


# --- batteries

PACK = "A5:C2:37:00:01:04"


def battery() -> Any:
    """Return a battery whose values stay as they are set."""
    found: Any = KINDS["JBD"](address=PACK, name="JBD-mine")
    found.pack.step = lambda _seconds: None
    return found


async def read_there(peers: Peers) -> Any:
    """Let another integration read a battery."""
    olds = [
        Old("voltage", 13.2, "V", "voltage"),
        Old("battery_level", 60, "%", "battery"),
        Old("power", 0.0, "W", "power"),
        Old("cycles", 12, None, None, "total_increasing"),
        Old("temperature", 21.0, "°C", "temperature"),
    ]
    for one in olds:
        one.unique_id = f"bms_ble-{PACK.lower()}-{one.key}"
    ids = {("bms_ble", PACK), ("bluetooth", PACK)}
    info = DeviceInfo(
        identifiers=ids, connections={("bluetooth", PACK)}, name="Pack <b>1</b>"
    )
    data = {"type": "aiobmsble.bms.jbd_bms"}
    return await peers.entry(
        "bms_ble", [(info, olds)], unique_id=PACK, title="Pack", data=data
    )


async def test_a_battery_moves_and_goes_back_equal(home: Home, peers: Peers) -> None:
    entry = await read_there(peers)
    before = image(home.hass)
    ids = set(rows(home.hass, entry))
    await move(home, battery())
    await home.clock.run(60)
    assert ids <= set(rows(home.hass, ours(home.hass, PACK)))
    for key in ("voltage", "battery_level", "cycles"):
        state = home.hass.states.get(f"sensor.pack_b_1_b_{key}")
        assert state
        assert state.state not in {"unknown", "unavailable"}
    await settled(home)
    await back(home, PACK)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    assert set(before) == set(image(home.hass))


async def test_a_battery_that_does_not_answer_stays_and_the_sensor_moves(
    home: Home, peers: Peers
) -> None:
    entry = await read_there(peers)
    await peers.bthome(ADDRESS, [Old("temperature", 20.5, "°C", "temperature")])
    kept = {one: image(home.hass)[one] for one in rows(home.hass, entry)}
    for beacon in (battery(), device(temperature=20.5)):
        home.air.add(beacon)
        await home.listen(beacon, 2)
    home.air.refuse.add(PACK)
    flow = await home.send(await listed(home), {})
    for _ in range(200):
        if flow["type"] != "progress":
            break
        await home.clock.run(2)
        flow = await home.send(flow, None)
    assert "cannot move" in flow["description_placeholders"]["preview"], flow
    end = await done(home, flow)
    assert end["reason"] == "taken_partly", end
    assert platforms(home, "sensor.there_temperature") == ["mi_bms"]
    assert not differ(kept, image(home.hass))
    assert entry.state is ConfigEntryState.LOADED
    assert entry.disabled_by is None


# --- devices of which only a part of the address is told


@pytest.mark.parametrize("sure", [False, True])
async def test_what_is_not_certain_moves_only_with_a_yes(
    home: Home, peers: Peers, sure: bool
) -> None:
    olds = [
        Old(
            quantity,
            20.5,
            unit,
            quantity.lower(),
            unique_id=f"A1B2C3D4E5F6_sensor_sensor_ATC-000101_{quantity}",
        )
        for quantity, unit in (("Temperature", "°C"), ("Humidity", "%"))
    ]
    info = DeviceInfo(connections={("mac", "a1:b2:c3:d4:e5:f6")}, name="Bridge")
    other = Old("Uptime", 3, "h", unique_id="A1B2C3D4E5F6_status_sensor_uptime")
    entry = await peers.entry("tasmota", [(info, [*olds, other])], unique_id="bridge")
    before = image(home.hass)
    beacon = device(temperature=20.5, humidity=51.0)
    form = await preview(home, await offer(home, beacon))
    assert "same_device" in {str(one) for one in form["data_schema"].schema}
    end = await home.answer(form, {"same_device": sure})
    await home.clock.run(40)
    if not sure:
        assert end["type"] == "form"
        assert end["errors"]
        assert not differ(before, image(home.hass))
        return
    assert platforms(home, "sensor.bridge_temperature", "sensor.bridge_uptime") == [
        "mi_bms",
        "tasmota",
    ]
    assert entry.state is ConfigEntryState.LOADED
    await settled(home)
    await back(home)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    assert set(before) == set(image(home.hass))
