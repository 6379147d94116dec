"""The whole house in one go, as a stranger tries it: one that cannot, dialogs closed, two at once, rows that change."""

import asyncio
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.helpers import entity_registry as er
from tests.ha.home import Home

from .moving import (
    ADDRESS,
    OTHER,
    THIRD,
    Old,
    Peers,
    back,
    device,
    differ,
    image,
    listed,
    offered,
    row,
    rows,
    settled,
    through,
    tick,
)
from .moving_there import done, peers, platforms

__all__ = ["peers"]  # a fixture


def climate(value: float = 20.5) -> list[Old]:
    return [
        Old("temperature", value, "°C", "temperature"),
        Old("humidity", 51.0, "%", "humidity"),
    ]


async def houseful(home: Home, peers: Peers, *titles: str) -> list[Any]:
    """Let another integration have several thermometers, all of them heard."""
    found = []
    for address, title in zip((ADDRESS, OTHER, THIRD), titles, strict=False):
        found.append(await peers.bthome(address, climate(), title))
        beacon = device(address, temperature=20.5, humidity=51.0)
        home.air.add(beacon)
        await home.listen(beacon, 2)
    return found


async def test_all_of_the_house_move_and_each_goes_back_alone(
    home: Home, peers: Peers
) -> None:
    await houseful(home, peers, "One", "Two", "Three")
    before = image(home.hass)
    shown = await tick(home, await listed(home))
    assert shown["description_placeholders"]["moving"] == "6"
    end = await done(home, shown)
    assert end["reason"] == "taken_over", end
    assert platforms(
        home, "sensor.one_temperature", "sensor.two_humidity", "sensor.three_humidity"
    ) == 3 * ["mi_bms"]
    await settled(home)
    for address in (OTHER, ADDRESS, THIRD):
        await back(home, address)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    assert set(before) == set(image(home.hass))


async def test_one_that_will_not_unload_stays_and_the_others_move(
    home: Home, peers: Peers
) -> None:
    entries = await houseful(home, peers, "One", "Two", "Three")
    stubborn = entries[1]
    before = {one: image(home.hass)[one] for one in rows(home.hass, stubborn)}
    peers.unloads = lambda entry: entry is not stubborn
    end = await done(home, await tick(home, await listed(home)))
    assert end["reason"] == "taken_partly", end
    failed = end["description_placeholders"]["failed"]
    assert "could not be switched off" in failed
    assert failed.count("\n- ") + 1 == 1
    assert platforms(
        home, "sensor.one_temperature", "sensor.two_temperature",
        "sensor.three_temperature",
    ) == ["mi_bms", "bthome", "mi_bms"]  # fmt: skip
    assert not differ(before, image(home.hass))
    assert stubborn.disabled_by is None


@pytest.mark.parametrize("step", ["list", "reading", "preview"])
async def test_a_dialog_that_is_closed_before_the_yes_changed_nothing(
    home: Home, peers: Peers, step: str
) -> None:
    entries = await houseful(home, peers, "One", "Two")
    before = image(home.hass)
    flow = await listed(home)
    if step != "list":
        flow = await home.send(flow, {})
    if step == "preview":
        flow = await through(home, flow)
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    assert set(before) == set(image(home.hass))
    assert all(one.disabled_by is None for one in entries)


async def test_a_dialog_that_is_closed_while_they_move_leaves_none_half(
    home: Home, peers: Peers
) -> None:
    entries = await houseful(home, peers, "One", "Two", "Three")
    shown = await tick(home, await listed(home))
    flow = await home.hass.config_entries.flow.async_configure(shown["flow_id"], {})
    assert flow["type"] == "progress"
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.clock.run(90)
    for entry, title in zip(entries, ("one", "two", "three"), strict=True):
        whole = set(
            platforms(home, f"sensor.{title}_temperature", f"sensor.{title}_humidity")
        )
        assert len(whole) == 1, title
        gone = whole == {"mi_bms"}
        assert (entry.disabled_by is ConfigEntryDisabler.USER) == gone, title
        shown_state = home.hass.states.get(f"sensor.{title}_temperature")
        assert shown_state
        assert shown_state.state == "20.5"


async def test_two_lists_at_once_move_each_device_once(
    home: Home, peers: Peers
) -> None:
    await houseful(home, peers, "One", "Two")
    first, second = await listed(home), await listed(home)
    first, second = await tick(home, first), await tick(home, second)
    flows = home.hass.config_entries.flow
    await home.clock.wait(
        asyncio.gather(
            *(flows.async_configure(one["flow_id"], {}) for one in (first, second)),
            return_exceptions=True,
        )
    )
    await home.clock.run(60)
    assert platforms(home, "sensor.one_temperature", "sensor.two_humidity") == [
        "mi_bms",
        "mi_bms",
    ]
    assert len(home.hass.config_entries.async_entries("mi_bms")) == 2
    names = [one.unique_id for one in er.async_get(home.hass).entities.values()
             if one.platform == "mi_bms"]  # fmt: skip
    assert len(names) == len(set(names))
    ends = [
        one
        for one in flows.async_progress_by_handler("mi_bms")
        if one["flow_id"] in {first["flow_id"], second["flow_id"]}
    ]
    told = [await through(home, await home.send(one, None)) for one in ends]
    assert all(one["type"] == "abort" for one in told), told


async def test_a_device_that_moved_by_its_card_meanwhile_is_told_in_the_list(
    home: Home, peers: Peers
) -> None:
    await houseful(home, peers, "One", "Two")
    shown = await tick(home, await listed(home))
    flow = home.flows(ADDRESS)[0]
    flow = await home.choose(await home.send(flow, None), "move_here")
    alone = await home.answer(flow, {})
    assert alone["type"] in {"create_entry", "abort"}, alone
    await home.clock.settle()
    end = await done(home, shown)
    assert platforms(home, "sensor.one_temperature", "sensor.two_humidity") == [
        "mi_bms",
        "mi_bms",
    ]
    assert end["reason"] == "taken_partly", end
    assert len(home.hass.config_entries.async_entries("mi_bms")) == 2


async def test_a_reload_of_the_other_one_under_the_open_preview_hinders_nothing(
    home: Home, peers: Peers
) -> None:
    entries = await houseful(home, peers, "One", "Two")
    shown = await tick(home, await listed(home))
    for entry in entries:
        await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    end = await done(home, shown)
    assert end["reason"] == "taken_over", end


async def test_an_entry_that_vanishes_under_the_open_preview_is_told(
    home: Home, peers: Peers
) -> None:
    entries = await houseful(home, peers, "One", "Two")
    shown = await tick(home, await listed(home))
    gone = home.hass.config_entries.async_remove(entries[0].entry_id)
    await home.clock.wait(gone)
    end = await done(home, shown)
    assert end["reason"] == "taken_partly", end
    assert platforms(home, "sensor.two_temperature") == ["mi_bms"]
    assert er.async_get(home.hass).async_get("sensor.one_temperature") is None


@pytest.mark.parametrize("change", ["rename", "remove", "disable", "name"])
async def test_a_row_that_changes_under_the_open_preview_is_not_lost(
    home: Home, peers: Peers, change: str
) -> None:
    entries = await houseful(home, peers, "One", "Two")
    ids = set(rows(home.hass, entries[0]))
    shown = await tick(home, await listed(home))
    registry = er.async_get(home.hass)
    one = "sensor.one_temperature"
    row_id = row(home.hass, one).id
    if change == "rename":
        registry.async_update_entity(one, new_entity_id="sensor.other")
    elif change == "remove":
        registry.async_remove(one)
        ids -= {row_id}
    elif change == "disable":
        registry.async_update_entity(one, disabled_by=er.RegistryEntryDisabler.USER)
    else:
        registry.async_update_entity(one, name="Other")
    await home.clock.settle()
    await done(home, shown)
    there = {one.id for one in registry.entities.values()}
    assert ids <= there
    assert platforms(home, "sensor.two_temperature") == ["mi_bms"]
    kinds = {registry.entities.get_entry(one).platform for one in ids}  # type: ignore[union-attr]
    assert len(kinds) == 1, kinds
    if change == "disable":
        assert row(home.hass, one).disabled_by is er.RegistryEntryDisabler.USER
    if change == "name":
        assert row(home.hass, one).name == "Other"


async def test_two_that_have_the_same_device_cannot_both_give_it(
    home: Home, peers: Peers
) -> None:
    await houseful(home, peers, "One")
    await peers.bthome(ADDRESS, climate(), "Again", "xiaomi_ble")
    before = image(home.hass)
    flow = await listed(home)
    both = {
        field: [one["value"] for one in options]
        for field, options in offered(flow).items()
    }
    shown = await tick(home, flow, both)
    if shown["step_id"] == "take_all_preview":
        end = await done(home, shown)
        assert end["type"] == "abort", end
    else:
        home.hass.config_entries.flow.async_abort(shown["flow_id"])
        await home.clock.settle()
    first = platforms(home, "sensor.one_temperature", "sensor.one_humidity")
    second = platforms(home, "sensor.again_temperature", "sensor.again_humidity")
    assert first in (2 * ["mi_bms"], 2 * ["bthome"])
    assert second in (2 * ["mi_bms"], 2 * ["xiaomi_ble"])
    assert "mi_bms" not in first or "mi_bms" not in second
    if "mi_bms" in first + second:
        await settled(home)
        await back(home)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))


async def test_nothing_ticked_is_said(home: Home, peers: Peers) -> None:
    await houseful(home, peers, "One")
    flow = await listed(home)
    nothing: dict[str, list[str]] = {one: [] for one in offered(flow)}
    flow = await home.send(flow, nothing)
    assert flow["type"] == "form"
    assert "none_ticked" in flow["errors"].values()


async def test_a_house_without_other_integrations_is_told_so(home: Home) -> None:
    flow = await listed(home)
    assert flow["type"] in {"abort", "menu", "form"}
    assert not home.hass.config_entries.async_entries("mi_bms")


async def test_an_entry_that_the_user_switched_off_is_not_switched_on_by_the_way_back(
    home: Home, peers: Peers
) -> None:
    (entry,) = await houseful(home, peers, "One")
    off = ConfigEntryDisabler.USER
    setting = home.hass.config_entries.async_set_disabled_by(entry.entry_id, off)
    await home.clock.wait(setting)
    before = image(home.hass)
    flow = await listed(home)
    if flow["type"] == "form":
        await done(home, await tick(home, flow))
        if row(home.hass, "sensor.one_temperature").platform == "mi_bms":
            await settled(home)
            await back(home)
            await home.clock.run(60)
    assert entry.disabled_by is off
    assert not differ(before, image(home.hass))
