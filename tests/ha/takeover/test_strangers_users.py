"""A move keeps what a user made of entities, and the way back restores it, whatever happened meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)

from ..home import Home
from . import strangers as st


@pytest.fixture
async def lived_in(home: Home) -> Any:
    """Return the entry of another integration whose entities were made somebody's own."""
    there = await st.read_there(home, st.thermometer())
    st.customise(home.hass, st.names(home.hass, there))
    registry = dr.async_get(home.hass)
    device = next(
        one for one in dr.async_entries_for_config_entry(registry, there.entry_id)
    )
    area = ar.async_get(home.hass).async_create("Cellar")
    registry.async_update_device(
        device.id, area_id=area.id, name_by_user="Thermo", labels={"mine"}
    )
    await home.clock.run(60)
    return there


async def test_the_preview_changes_nothing(home: Home, lived_in: Any) -> None:
    before, stamps = st.house(home.hass), st.stamps(home.hass)
    flow = await st.preview(home, st.thermometer())
    assert flow["step_id"] == "move_preview"
    await home.clock.run(300)
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.clock.settle()
    st.same(st.house(home.hass), before)
    assert st.stamps(home.hass) == stamps


async def test_what_moves_keeps_all_that_a_user_made_of_it(
    home: Home, lived_in: Any
) -> None:
    before = st.entity_rows(home.hass)
    area = dr.async_entries_for_config_entry(
        dr.async_get(home.hass), lived_in.entry_id
    )[0]
    done = await st.move(home, st.thermometer())
    assert done["type"] == "create_entry"
    entry = st.ours(home.hass)
    assert entry
    assert entry.state is ConfigEntryState.LOADED
    for _ in range(2):
        after = st.entity_rows(home.hass)
        moved = {
            row: one
            for row, one in after.items()
            if row in before and one["platform"] == "mi_bms"
        }
        assert len(moved) == 3
        for row, one in moved.items():
            assert st.kept(one) == st.kept(before[row])
        st.unique(home.hass)
        device = dr.async_get(home.hass).async_get(area.id)
        assert device is not None
        assert (device.area_id, device.name_by_user, device.labels) == (
            area.area_id,
            area.name_by_user,
            area.labels,
        )
        await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
        await home.listen(st.thermometer(), 5)
        await home.clock.run(600)


async def test_the_way_back_restores_everything(home: Home, lived_in: Any) -> None:
    before = st.house(home.hass)
    await st.move(home, st.thermometer())
    await home.clock.run(400)
    done = await st.give_back(home)
    assert done["reason"] == "given_back"
    st.same(st.house(home.hass), before)


async def test_an_entry_of_ours_that_ran_beside_stays_with_its_own(
    home: Home, lived_in: Any
) -> None:
    device = st.thermometer()
    home.shout(device)
    await home.clock.until(lambda: home.flows(device.address))
    flow = await home.answer(home.flows(device.address)[0])
    done = await home.choose(flow, "run_beside")
    while done["type"] == "form" or done["type"] == "menu":
        step = done["step_id"]
        done = (
            await home.choose(done, "key")
            if step == "key_ways"
            else await home.send(done, {"key": st.KEY} if step == "key" else {})
        )
    entry = done["result"]
    await home.listen(device, 60)
    await home.clock.run(60)
    registry = er.async_get(home.hass)
    own = next(
        one
        for one in er.async_entries_for_config_entry(registry, entry.entry_id)
        if one.unique_id.endswith("-temperature")
    )
    registry.async_update_entity(
        own.entity_id, new_entity_id="sensor.own", name="Own", labels={"own"}
    )
    device_here = dr.async_entries_for_config_entry(
        dr.async_get(home.hass), entry.entry_id
    )[0]
    dr.async_get(home.hass).async_update_device(device_here.id, name_by_user="Here")
    await home.clock.run(60)
    before = st.house(home.hass)
    flow = await st.standing(home, "move_here")
    assert flow["step_id"] == "move_preview"
    st.same(st.house(home.hass), before)
    done = await home.send(flow, {})
    assert done["type"] == "abort"
    await home.clock.run(400)
    st.unique(home.hass)
    assert own.id not in st.entity_rows(home.hass)
    done = await st.give_back(home)
    assert done["reason"] == "given_back"
    st.same(st.house(home.hass), before)


def renamed(home: Home, rows: st.Rows) -> None:
    """Rename what was moved, and put it elsewhere."""
    registry = er.async_get(home.hass)
    for row, one in st.entity_rows(home.hass).items():
        if row in rows and one["platform"] == "mi_bms":
            registry.async_update_entity(
                one["entity_id"],
                new_entity_id=f"{one['entity_id']}_new",
                name="New name",
                labels={"new"},
            )


def removed(home: Home, rows: st.Rows) -> None:
    """Remove one of the entities that were moved."""
    registry = er.async_get(home.hass)
    name = next(
        one["entity_id"]
        for row, one in st.entity_rows(home.hass).items()
        if row in rows and one["unique_id"].endswith("-temperature")
    )
    registry.async_remove(name)


def switched_off(home: Home, rows: st.Rows) -> None:
    """Switch an entity off that was moved."""
    registry = er.async_get(home.hass)
    for row, one in st.entity_rows(home.hass).items():
        if row in rows and one["unique_id"].endswith("-temperature"):
            registry.async_update_entity(
                one["entity_id"], disabled_by=er.RegistryEntryDisabler.USER
            )


def another_area(home: Home, rows: st.Rows) -> None:
    """Put the device elsewhere and give it a new name."""
    entry = st.ours(home.hass)
    assert entry
    registry = dr.async_get(home.hass)
    device = dr.async_entries_for_config_entry(registry, entry.entry_id)[0]
    area = ar.async_get(home.hass).async_create("Attic")
    registry.async_update_device(device.id, area_id=area.id, name_by_user="Newer")


USER_PARTS = {
    renamed: {"entity_id", "name", "labels"},
    removed: set[str](),
    switched_off: {"disabled_by"},
    another_area: {"area_id", "name_by_user"},
}
# What has the same word in the other registry, but is not what a user sets there.
HIS = {"entities": {"area_id"}, "devices": {"name", "labels", "disabled_by"}}


@pytest.mark.parametrize("what", USER_PARTS)
async def test_what_a_user_did_meanwhile_stays_and_nothing_else_differs(
    home: Home, lived_in: Any, what: Callable[[Home, st.Rows], None]
) -> None:
    """His last word counts: it is kept on the way back; everything else is as before."""
    before = st.house(home.hass)
    await st.move(home, st.thermometer())
    await home.clock.run(400)
    what(home, before["entities"])
    await home.clock.run(60)
    mine = st.house(home.hass)
    done = await st.give_back(home)
    assert done["reason"] == "given_back"
    after = st.house(home.hass)
    for kind in ("entities", "devices"):
        for row, parts in before[kind].items():
            if (
                row not in mine[kind]
                or mine[kind][row]["config_entry_id"] == lived_in.entry_id
            ):
                continue
            for part in USER_PARTS[what] & parts.keys() - HIS[kind]:
                parts[part] = mine[kind][row][part]
    st.same(after, before)


async def test_it_goes_back_also_when_our_entry_is_off_or_failed(
    home: Home, lived_in: Any
) -> None:
    before = st.house(home.hass)
    await st.move(home, st.thermometer())
    await home.clock.run(400)
    entry = st.ours(home.hass)
    assert entry
    entries = home.hass.config_entries
    await home.clock.wait(
        entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    )
    await home.clock.run(60)
    await home.clock.wait(entries.async_remove(entry.entry_id))
    await home.clock.run(60)
    st.same(st.house(home.hass), before)


async def test_removing_our_entry_gives_back(home: Home, lived_in: Any) -> None:
    before = st.house(home.hass)
    await st.move(home, st.thermometer())
    entry = st.ours(home.hass)
    assert entry
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    await home.clock.run(60)
    st.same(st.house(home.hass), before)


async def test_removing_the_other_entry_afterwards_touches_nothing_of_ours(
    home: Home, lived_in: Any
) -> None:
    await st.move(home, st.thermometer())
    await home.clock.run(400)
    entry = st.ours(home.hass)
    assert entry
    mine = st.entity_rows(home.hass, entry.entry_id)
    await home.clock.wait(home.hass.config_entries.async_remove(lived_in.entry_id))
    await home.clock.run(60)
    assert st.entity_rows(home.hass, entry.entry_id) == mine
    flow = await home.reconfigure(entry)
    assert "give_back" not in flow.get("menu_options", ())
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.listen(st.thermometer(), 5)
    assert st.entity_rows(home.hass, entry.entry_id).keys() == mine.keys()
    st.unique(home.hass)


async def test_moved_back_and_forth_nothing_wears_off(
    home: Home, lived_in: Any
) -> None:
    before = st.house(home.hass)
    for _ in range(3):
        done = await st.move(home, st.thermometer())
        assert done["type"] == "create_entry"
        await home.clock.run(400)
        assert (await st.give_back(home))["reason"] == "given_back"
        await home.listen(st.thermometer(), 5)
        await home.clock.run(60)
        st.same(st.house(home.hass), before)
