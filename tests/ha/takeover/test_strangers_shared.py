"""A thermometer leaves an entry that has others, too: whatever happens there, nothing is lost or doubled."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo

from ..home import Home, Result
from . import strangers as st
from .stub import OldReader, measured
from .test_strangers_faults import trapped

PEER = "ble_monitor"
MAC = st.ADDRESS.replace(":", "")
TOLD = {
    f"t_{MAC}": measured(
        "Temperature", 21.0, native_unit_of_measurement="°C", device_class="temperature"
    ),
    f"h_{MAC}": measured(
        "Humidity", 40.0, native_unit_of_measurement="%", device_class="humidity"
    ),
    f"nobody_{MAC}": measured("Something else", 1.0),
}


@pytest.fixture
async def reader(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[OldReader, Any]]:
    """Return an integration that reads a thermometer beside other things, and its entry."""
    monkeypatch.setattr("tests.ha.takeover.stub.DOMAIN", PEER)
    info = DeviceInfo(identifiers={(PEER, st.ADDRESS)}, name="Attic")
    reader = OldReader(home.hass, info)
    entry = await home.clock.wait(reader.install(TOLD))
    st.customise(home.hass, st.names(home.hass, entry))
    home.air.add(st.thermometer())
    await home.listen(st.thermometer(), 3)
    await home.clock.run(60)
    yield reader, entry
    reader.close()


async def preview(home: Home) -> Result:
    """Open the preview; the other integration does not tell its key."""
    flow = await st.preview(home, st.thermometer())
    if flow["step_id"] == "key_ways":
        flow = await home.send(await home.choose(flow, "key"), {"key": st.KEY})
    assert flow["step_id"] == "move_preview"
    return flow


async def announced(home: Home, reader: OldReader) -> None:
    """Have it announce everything once more."""
    reader.announce(*TOLD)
    await home.clock.settle()
    await home.clock.run(60)


async def test_here_and_back(home: Home, reader: Any) -> None:
    stub, entry = reader
    before = st.house(home.hass)
    flow = await preview(home)
    st.same(st.house(home.hass), before)
    done = await home.send(flow, {})
    assert done["type"] == "create_entry"
    for _ in range(2):
        await announced(home, stub)
        st.unique(home.hass)
        rows = st.entity_rows(home.hass)
        moved = [row for row in before["entities"] if rows[row]["platform"] == "mi_bms"]
        assert len(moved) == 2
        for row in before["entities"]:
            assert st.kept(rows[row]) == st.kept(before["entities"][row])
        # Besides those that moved, and the one that stays, only what is switched off.
        others = [
            one
            for row, one in st.entity_rows(home.hass, entry.entry_id).items()
            if row not in before["entities"]
        ]
        assert len(others) == 2
        assert all(one["disabled_by"] for one in others)
        await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
        await home.clock.run(300)
    assert (await st.give_back(home))["reason"] == "given_back"
    await announced(home, stub)
    st.same(st.house(home.hass), before)


async def moved(home: Home) -> None:
    """Move, and wait until that is on the disk."""
    done = await home.send(await preview(home), {})
    assert done["type"] == "create_entry"
    await home.clock.run(400)


def stubs(home: Home, before: dict[str, st.Rows], entry: Any) -> list[str]:
    """Return what was left behind."""
    return [
        one["entity_id"]
        for row, one in st.entity_rows(home.hass, entry.entry_id).items()
        if row not in before["entities"]
    ]


@pytest.mark.parametrize("what", ["on", "removed", "renamed", "ours removed", "reload"])
async def test_back_whatever_happened_meanwhile(
    home: Home, reader: Any, what: str
) -> None:
    stub, entry = reader
    before, registry = st.house(home.hass), er.async_get(home.hass)
    await moved(home)
    for name in stubs(home, before, entry):
        if what == "on":
            registry.async_update_entity(name, disabled_by=None)
        elif what == "removed":
            registry.async_remove(name)
        elif what == "renamed":
            registry.async_update_entity(name, new_entity_id=f"{name}_x", name="x")
    if what == "ours removed":
        registry.async_remove(
            next(
                one["entity_id"]
                for row, one in st.entity_rows(home.hass).items()
                if row in before["entities"]
                and one["unique_id"].endswith("-temperature")
            )
        )
    await home.clock.run(60)
    await announced(home, stub)
    if what == "reload":
        await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
        await home.clock.run(60)
    st.unique(home.hass)
    assert (await st.give_back(home))["reason"] == "given_back"
    await announced(home, stub)
    st.same(st.house(home.hass), before)


async def test_the_other_entry_is_removed_afterwards(home: Home, reader: Any) -> None:
    _stub, entry = reader
    await moved(home)
    ours = st.ours(home.hass)
    assert ours
    mine = st.entity_rows(home.hass, ours.entry_id)
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    await home.clock.run(60)
    assert st.entity_rows(home.hass, ours.entry_id) == mine


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
async def test_a_failure_at_any_step_leaves_everything_as_it_was(
    home: Home, reader: Any, late: bool
) -> None:
    stub, _entry = reader
    before = st.house(home.hass)
    at, sprung = 0, True
    while sprung:
        at += 1
        flow = await preview(home)
        with trapped(at, late) as trap:
            done = await home.send(flow, {})
            await home.clock.run(60)
        st.unique(home.hass)
        if sprung := trap.sprung:
            entry = st.ours(home.hass)
            assert entry
            await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
            await home.clock.run(60)
            await announced(home, stub)
            st.same(st.house(home.hass), before)
    assert at > 5
    assert done["type"] == "create_entry"


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
async def test_a_failure_at_any_step_of_the_way_back(
    home: Home, reader: Any, late: bool
) -> None:
    stub, _entry = reader
    start = st.house(home.hass)
    at, sprung = 0, True
    while sprung:
        at += 1
        await moved(home)
        before = st.house(home.hass)
        flow = await st.standing(home, "give_back")
        with trapped(at, late) as trap:
            done = await home.send(flow, {})
            await home.clock.run(60)
        st.unique(home.hass)
        if sprung := trap.sprung:
            assert done["errors"] == {"base": "move_refused"}
            st.same(st.house(home.hass), before)
            assert (await st.give_back(home))["reason"] == "given_back"
        await announced(home, stub)
        st.same(st.house(home.hass), start)
    assert at > 5
