"""The record of moves is damaged in any place: everything comes up, and no entity is lost."""

import copy
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryState

from ..home import Home
from ..mutants import some
from . import strangers as st
from .disk import Disk, Start, start, written
from .test_strangers_crashes import first_life

__all__ = ["start"]

pytestmark = pytest.mark.slow

RECORD = "mi_bms.takeover"
EACH = 12  # copies of each state


async def begun(
    start: Start, hass_storage: Disk
) -> tuple[dict[str, st.Rows], list[Disk]]:
    """Return a house before a move, and disks with each state of the record."""
    async with start({}) as home:
        before = await first_life(home)
        with written(hass_storage) as states:
            await st.move(home, st.thermometer())
            await home.clock.run(500)
    seen: dict[str, Disk] = {}
    for one in states:
        if RECORD in one:
            order = one[RECORD]["data"][st.ADDRESS]
            seen[order["state"]] = one
    assert len(seen) == 3
    return before, list(seen.values())


async def test_damaged_in_any_place(start: Start, hass_storage: Disk) -> None:
    before, states = await begun(start, hass_storage)
    tried = 0
    for seed, state in enumerate(states):
        for what, _place, record in some(state[RECORD], ("data",), EACH, seed):
            async with start(state | {RECORD: record}) as home:
                home.air.add(st.thermometer())
                await home.listen(st.thermometer(), 4)
                await home.clock.run(60)
                whole(home, before, what)
            tried += 1
    assert tried == EACH * len(states)


def whole(home: Home, before: dict[str, st.Rows], what: str) -> None:
    """Check that every entity is somewhere, once, and that somebody reads the device."""
    st.unique(home.hass)
    rows = st.entity_rows(home.hass)
    entries = home.hass.config_entries
    (there,) = entries.async_entries(st.PEER)
    ours = st.ours(home.hass)
    loaded = [
        one
        for one in (there, ours)
        if one is not None and one.state is ConfigEntryState.LOADED
    ]
    assert loaded, what
    for row, one in before["entities"].items():
        if row in rows:
            assert st.kept(rows[row]) == st.kept(one), what
    temperature = next(
        row
        for row, one in before["entities"].items()
        if one["unique_id"].endswith("-temperature")
    )
    assert temperature in rows, what


@pytest.mark.parametrize(
    "record",
    [
        {"version": 2, "minor_version": 1, "data": {}},
        {"version": 1, "minor_version": 9, "data": {}},
        {"version": 1, "minor_version": 1, "data": None},
        {"version": 1, "minor_version": 1, "data": []},
        {"version": 1, "minor_version": 1, "data": {"": {}}},
    ],
    ids=repr,
)
async def test_another_record(
    start: Start, hass_storage: Disk, record: dict[str, Any]
) -> None:
    """What was moved stays where it is, and a move can begin or is refused in words."""
    async with start({}) as home:
        before = await first_life(home)
        await st.move(home, st.thermometer())
        await home.clock.run(500)
        state = copy.deepcopy(hass_storage)
    damaged = {"key": RECORD, **record}
    async with start(state | {RECORD: damaged}) as home:
        home.air.add(st.thermometer())
        await home.listen(st.thermometer(), 4)
        whole(home, before, "")
        entry = st.ours(home.hass)
        assert entry
        flow = await home.reconfigure(entry)
        assert flow["type"] in {"form", "menu"}
        await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
        await home.clock.run(300)
        st.unique(home.hass)


async def test_back_after_a_restart(start: Start, hass_storage: Disk) -> None:
    async with start({}) as home:
        before = await first_life(home)
        await st.move(home, st.thermometer())
        await home.clock.run(500)
        state = copy.deepcopy(hass_storage)
    for _ in range(2):
        async with start(state) as home:
            home.air.add(st.thermometer())
            await home.listen(st.thermometer(), 4)
            await home.clock.run(300)
            state = copy.deepcopy(hass_storage)
    async with start(state) as home:
        home.air.add(st.thermometer())
        await home.listen(st.thermometer(), 4)
        assert (await st.give_back(home))["reason"] == "given_back"
        await home.listen(st.thermometer(), 4)
        await home.clock.run(300)
        state = copy.deepcopy(hass_storage)
        st.same(st.house(home.hass), before)
    async with start(state) as home:
        home.air.add(st.thermometer())
        await home.listen(st.thermometer(), 4)
        await home.clock.run(60)
        st.same(st.house(home.hass), before)
