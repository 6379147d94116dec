"""Moves over restarts, side by side and onto taken places, as a stranger tries them."""

import asyncio
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads
from tests.ha.home import Home
from tests.ha.lives import Life, again, life

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
    monitored,
    move,
    offer,
    ours,
    preview,
    row,
    rows,
    settled,
)
from .moving_there import HUMIDITY, TEMPERATURE, peers

__all__ = ["life", "peers"]  # fixtures


def climate(address: str = ADDRESS) -> Any:
    return device(address, temperature=20.5, humidity=51.0)


def olds() -> list[Old]:
    return [
        Old("temperature", 20.5, "°C", "temperature"),
        Old("humidity", 51.0, "%", "humidity"),
        Old("packet_id", 3),
    ]


def dress(home: Home) -> None:
    registry = er.async_get(home.hass)
    registry.async_update_entity(TEMPERATURE, name="Mine", icon="mdi:fire")
    registry.async_update_entity(HUMIDITY, disabled_by=er.RegistryEntryDisabler.USER)


@pytest.mark.parametrize("kind", ["own", "shared"])
async def test_the_way_back_after_a_restart_is_equal(
    life: Life,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    async with life([], {}) as home:
        peers = Peers(home, monkeypatch)
        if kind == "own":
            entry = await peers.bthome(ADDRESS, olds())
        else:
            plan = [monitored(ADDRESS, "There"), monitored(OTHER, "Two")]
            entry = await peers.entry("ble_monitor", plan, unique_id="all")
        dress(home)
        await home.clock.run(40)
        before = image(home.hass)
        plans = peers.plans[entry.entry_id]
        await move(home, climate())
        await settled(home)
        moved_image = image(home.hass)
        entries = [
            one
            for one in home.hass.config_entries.async_entries()
            if one.domain != "bluetooth"
        ]
    for key, stored in list(hass_storage.items()):
        hass_storage[key] = json_loads(json_bytes(stored))
    async with life([], {}) as home:
        for one in entries:
            again(one).add_to_hass(home.hass)
        # The test kit begins with empty ones.
        dr.async_get(home.hass)._loaded_event.clear()
        for registry in (dr.async_get(home.hass), er.async_get(home.hass)):
            registry._store._data = None
            await home.clock.wait(registry.async_load())
        peers = Peers(home, monkeypatch)
        peers.integration(entry.domain)
        peers.plans[entry.entry_id] = plans
        there = home.hass.config_entries.async_get_entry(entry.entry_id)
        assert there
        for one in [there, *home.hass.config_entries.async_entries("mi_bms")]:
            if not one.disabled_by:
                setup = home.hass.config_entries.async_setup(one.entry_id)
                await home.clock.wait(setup)
        home.air.add(climate())
        await home.listen(climate(), 2)
        await home.clock.run(40)
        kept = image(home.hass)
        names = ("entity_id", "unique_id", "platform", "disabled_by", "name")
        assert set(moved_image) <= set(kept), [
            moved_image[one] for one in set(moved_image) - set(kept)
        ]
        for one, things in moved_image.items():
            if "entity_id" in things:
                assert all(kept[one][name] == things[name] for name in names), things
        await back(home)
        await home.clock.run(60)
        after = image(home.hass)
        assert not differ(before, after)
        assert there.state is ConfigEntryState.LOADED
        assert not home.hass.config_entries.async_entries("mi_bms")


async def test_a_device_that_the_user_switched_off_is_so_after_both_ways(
    home: Home, peers: Peers
) -> None:
    await peers.bthome(ADDRESS, olds())
    found = row(home.hass, TEMPERATURE).device_id
    assert found
    registry = dr.async_get(home.hass)
    registry.async_update_device(found, disabled_by=dr.DeviceEntryDisabler.USER)
    await home.clock.run(40)
    before = image(home.hass)
    flow = await preview(home, await offer(home, climate()))
    if flow["step_id"] != "move_preview":
        return
    await home.answer(flow, {})
    await settled(home)
    moved_to = row(home.hass, TEMPERATURE)
    if moved_to.platform == "mi_bms":
        assert moved_to.device_id == found
        kept = registry.async_get(found)
        assert kept
        assert kept.disabled_by is dr.DeviceEntryDisabler.USER
        assert home.hass.states.get(TEMPERATURE) is None
        await back(home)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    assert set(before) == set(image(home.hass))


async def test_an_entity_that_has_the_place_already_is_told_or_kept(
    home: Home, peers: Peers
) -> None:
    await peers.bthome(ADDRESS, olds())
    stray = er.async_get(home.hass).async_get_or_create(
        "sensor", "mi_bms", f"{ADDRESS}-temperature", suggested_object_id="stray"
    )
    before = image(home.hass)
    flow = await preview(home, await offer(home, climate()))
    done = flow
    if flow["step_id"] == "move_preview":
        done = await home.answer(flow, {})
        await home.clock.settle()
    names = [
        one.unique_id
        for one in er.async_get(home.hass).entities.values()
        if one.platform == "mi_bms"
    ]
    assert len(names) == len(set(names))
    if done["type"] != "create_entry":
        assert not differ(before, image(home.hass))
        return
    assert row(home.hass, TEMPERATURE).platform == "mi_bms"
    shown = home.hass.states.get(TEMPERATURE)
    assert shown
    assert shown.state == "20.5"
    await settled(home)
    await back(home)
    await home.clock.run(60)
    del before[stray.id]
    assert not differ(before, image(home.hass))


async def test_an_id_that_was_given_away_meanwhile_hinders_no_way_back(
    home: Home, peers: Peers
) -> None:
    entry = await peers.bthome(ADDRESS, olds())
    packet = row(home.hass, "sensor.there_packet_id").id
    await move(home, climate())
    await settled(home)
    thief = er.async_get(home.hass).async_get_or_create(
        "sensor", "demo", "thief", suggested_object_id="there_packet_id"
    )
    assert thief.entity_id == "sensor.there_packet_id"
    done = await back(home)
    assert done["reason"] == "given_back"
    await home.clock.run(60)
    assert row(home.hass, "sensor.there_packet_id").id == thief.id
    back_again = rows(home.hass, entry)[packet]
    assert back_again.entity_id == "sensor.there_packet_id_2"
    assert row(home.hass, TEMPERATURE).config_entry_id == entry.entry_id


async def test_two_cards_of_one_device_move_it_once(home: Home, peers: Peers) -> None:
    entry = await peers.bthome(ADDRESS, olds())
    ids = set(rows(home.hass, entry))
    card = await preview(home, await offer(home, climate()))
    menu = await home.choose(await home.start(), "take_all")
    house = await home.send(menu, {})
    for _ in range(9):
        if house["type"] == "progress":
            await home.clock.run(1)
            house = await home.send(house, None)
    flows = home.hass.config_entries.flow
    asked = [flows.async_configure(one["flow_id"], {}) for one in (card, house)]
    await home.clock.wait(asyncio.gather(*asked, return_exceptions=True))
    await home.clock.run(60)
    registry = er.async_get(home.hass)
    left = [registry.entities.get_entry(one) for one in ids]
    assert [one.platform for one in left if one] == 2 * ["mi_bms"]
    assert len(home.hass.config_entries.async_entries("mi_bms")) == 1
    assert entry.disabled_by is ConfigEntryDisabler.USER
    await settled(home)
    await back(home)
    await home.clock.run(60)
    assert ids == set(rows(home.hass, entry))


@pytest.mark.parametrize("ends", ["back", "content"])
async def test_the_end_of_a_move_while_ours_is_switched_off(
    home: Home, peers: Peers, ends: str
) -> None:
    entry = await peers.bthome(ADDRESS, olds())
    begun = image(home.hass)
    await move(home, climate())
    await settled(home)
    mine = ours(home.hass)
    off = home.hass.config_entries.async_set_disabled_by(
        mine.entry_id, ConfigEntryDisabler.USER
    )
    await home.clock.wait(off)
    before = image(home.hass)
    flow = await home.reconfigure(mine)
    if ends in str(flow.get("menu_options", ())):
        chosen = {"back": "give_back", "content": "content"}[ends]
        flow = await home.choose(flow, chosen)
        if flow["type"] == "form":
            flow = await home.answer(flow, {})
        await home.clock.run(60)
    if flow.get("reason") == "given_back":
        assert not differ(begun, image(home.hass))
        assert entry.state is ConfigEntryState.LOADED
    elif flow.get("reason") == "move_finished":
        assert home.hass.config_entries.async_get_entry(entry.entry_id) is None
        assert row(home.hass, TEMPERATURE).platform == "mi_bms"
    else:
        assert not differ(before, image(home.hass))


async def test_content_twice_at_once_ends_it_once(home: Home, peers: Peers) -> None:
    await peers.bthome(ADDRESS, olds())
    await move(home, climate())
    await settled(home)
    forms = [
        await home.choose(await home.reconfigure(ours(home.hass)), "content")
        for _ in range(2)
    ]
    flows = home.hass.config_entries.flow
    asked = [flows.async_configure(one["flow_id"], {}) for one in forms]
    await home.clock.wait(asyncio.gather(*asked, return_exceptions=True))
    await home.clock.run(60)
    ignored = [
        one
        for one in home.hass.config_entries.async_entries("bthome")
        if one.unique_id == ADDRESS
    ]
    assert [one.source for one in ignored] == ["ignore"]
    assert row(home.hass, TEMPERATURE).platform == "mi_bms"


async def test_content_and_the_way_back_at_once_are_one_of_both(
    home: Home, peers: Peers
) -> None:
    entry = await peers.bthome(ADDRESS, olds())
    begun = image(home.hass)
    await move(home, climate())
    await settled(home)
    forms = [
        await home.choose(await home.reconfigure(ours(home.hass)), one)
        for one in ("content", "give_back")
    ]
    flows = home.hass.config_entries.flow
    asked = [flows.async_configure(one["flow_id"], {}) for one in forms]
    await home.clock.wait(asyncio.gather(*asked, return_exceptions=True))
    await home.clock.run(60)
    if home.hass.config_entries.async_get_entry(entry.entry_id):
        assert not differ(begun, image(home.hass))
        assert entry.state is ConfigEntryState.LOADED
    else:
        assert row(home.hass, TEMPERATURE).platform == "mi_bms"
        shown = home.hass.states.get(TEMPERATURE)
        assert shown
        assert shown.state == "20.5"


async def test_the_other_one_added_again_after_content_gets_entities_of_its_own(
    home: Home, peers: Peers
) -> None:
    await peers.bthome(ADDRESS, olds())
    await move(home, climate())
    await settled(home)
    await content(home)
    before = image(home.hass)
    (ignored,) = home.hass.config_entries.async_entries("bthome")
    await home.clock.wait(home.hass.config_entries.async_remove(ignored.entry_id))
    new = await peers.bthome(ADDRESS, olds())
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    assert not set(before) & set(rows(home.hass, new))
