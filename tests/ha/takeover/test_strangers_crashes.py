"""Home Assistant is killed at any moment of a move: the next start heals what it finds."""

from itertools import pairwise
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CoreState

from ..home import Home
from . import strangers as st
from .disk import Disk, Start, start, written

__all__ = ["start"]

RECORD = "mi_bms.takeover"
REGISTRIES = ("core.entity_registry", "core.device_registry")

pytestmark = pytest.mark.slow


async def first_life(home: Home) -> dict[str, st.Rows]:
    """Read a thermometer there, make it somebody's own, and wait until all is on disk."""
    device = st.thermometer()
    entry = MockConfigEntry(
        domain=st.PEER,
        unique_id=st.ADDRESS,
        title="Old name",
        data={"bindkey": st.KEY},
    )
    await home.clock.wait(home.hass.config_entries.async_add(entry))
    home.air.add(device)
    await home.listen(device, 6)
    st.customise(home.hass, st.names(home.hass, entry))
    await home.clock.run(400)
    return st.house(home.hass)


def kills(states: list[Disk]) -> list[Disk]:
    """Return the disk after each write that changed it."""
    return [new for old, new in pairwise(states) if old != new]


def moved(house: dict[str, st.Rows], before: dict[str, st.Rows]) -> int:
    """Return how many of the rows from before are ours."""
    return sum(
        one["platform"] == "mi_bms"
        for row, one in house["entities"].items()
        if row in before["entities"]
    )


async def lives_on(home: Home) -> None:
    """Hear the thermometer for a while."""
    device = st.thermometer()
    home.air.add(device)
    await home.listen(device, 8)
    await home.clock.run(400)
    await home.listen(device, 4)
    await home.clock.run(30)


def sound(home: Home, before: dict[str, st.Rows]) -> str:
    """Check that no row was lost or doubled, and say who reads the thermometer."""
    st.unique(home.hass)
    house = st.house(home.hass)
    there = next(one for one in home.hass.config_entries.async_entries(st.PEER))
    ours = st.ours(home.hass)
    if not there.disabled_by:
        assert there.state is ConfigEntryState.LOADED
        lost = before["entities"].keys() - house["entities"].keys()
        assert not lost
        assert not moved(house, before)
        for row, one in before["entities"].items():
            assert st.kept(house["entities"][row]) == st.kept(one)
        return "there, beside" if ours else "there"
    assert ours is not None, "nobody reads it"
    assert ours.state is ConfigEntryState.LOADED
    assert moved(house, before) == 3
    for row, one in before["entities"].items():
        if row in house["entities"]:
            assert st.kept(house["entities"][row]) == st.kept(one)
    devices = [
        row
        for row, one in house["devices"].items()
        if one["config_entry_id"] == ours.entry_id
    ]
    assert devices == [
        row
        for row, one in before["devices"].items()
        if one["config_entry_id"] == there.entry_id
    ]
    return "here"


def either(states: list[Disk]) -> list[Disk]:
    """Return the disk with only one of both registries written: either may be the first."""
    first = states[0]
    both = next(
        one for one in states if all(one[name] != first[name] for name in REGISTRIES)
    )
    return [both | {name: first[name]} for name in REGISTRIES]


async def killed(
    start: Start, disks: list[Disk], before: dict[str, st.Rows]
) -> set[str]:
    """Start from each of these disks, and say who reads the thermometer then."""
    ends = set()
    for state in disks:
        async with start(state) as home:
            await lives_on(home)
            ends.add(sound(home, before))
    return ends


@pytest.fixture(params=[CoreState.running, CoreState.starting])
def phase(request: pytest.FixtureRequest) -> CoreState:
    """Return whether Home Assistant still starts: it writes its registries even later then."""
    state: CoreState = request.param
    return state


@pytest.fixture
async def moving(
    start: Start, hass_storage: Disk, phase: CoreState
) -> tuple[dict[str, st.Rows], list[Disk]]:
    """Return a house before a move, and what its disk held after each write of that."""
    async with start({}) as home:
        before = await first_life(home)
        home.hass.set_state(phase)
        with written(hass_storage) as states:
            await st.move(home, st.thermometer())
            await home.clock.run(500)
            await home.listen(st.thermometer(), 3)
    return before, states


async def test_killed_after_any_write_of_a_move(start: Start, moving: Any) -> None:
    before, states = moving
    assert await killed(start, kills(states), before) == {"there", "here"}
    assert await killed(start, either(states), before) == {"here"}


async def test_killed_after_any_write_of_the_way_back(
    start: Start, hass_storage: Disk, moving: Any, phase: CoreState
) -> None:
    before, states = moving
    async with start(states[-1]) as home:
        await lives_on(home)
        home.hass.set_state(phase)
        with written(hass_storage) as back:
            assert (await st.give_back(home))["reason"] == "given_back"
            await home.clock.run(400)
    assert await killed(start, kills(back), before) == {"there"}
    assert await killed(start, either(back), before) == {"there"}
