"""Something fails at any step of a move or of the way back: everything is as it was."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import functools
import sys
from typing import Any
from unittest.mock import patch

import pytest

from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.device_registry import DeviceRegistry
from homeassistant.helpers.entity_registry import EntityRegistry

from ..home import Home
from . import strangers as st

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("late", [False, True], ids=["before", "after"]),
]

STEPS = (
    (EntityRegistry, "async_update_entity_platform"),
    (EntityRegistry, "async_update_entity"),
    (EntityRegistry, "async_update_entity_options"),
    (EntityRegistry, "async_get_or_create"),
    (EntityRegistry, "async_remove"),
    (DeviceRegistry, "async_update_device"),
    (DeviceRegistry, "async_get_or_create"),
    (DeviceRegistry, "async_remove_device"),
)


class Trap:
    """Fail at one of the steps that are done to the registries, before it or right after it."""

    def __init__(self, at: int, late: bool) -> None:
        self.at, self.late = at, late
        self.count = 0
        self.sprung = False

    def wrap(self, real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def step(*args: Any, **kwargs: Any) -> Any:
            asked_by = sys._getframe(1).f_code.co_filename
            if "mi_bms/takeover" not in asked_by or self.sprung:
                return real(*args, **kwargs)
            self.count += 1
            if self.count != self.at:
                return real(*args, **kwargs)
            self.sprung = True
            if self.late:
                real(*args, **kwargs)
            raise RuntimeError("the registry is out of order")

        return step


@contextmanager
def trapped(at: int, late: bool) -> Iterator[Trap]:
    """Let the registries fail once."""
    trap = Trap(at, late)
    patches = [
        patch.object(owner, name, trap.wrap(getattr(owner, name)))
        for owner, name in STEPS
    ]
    for one in patches:
        one.start()
    try:
        yield trap
    finally:
        for one in patches:
            one.stop()


async def settled(home: Home) -> None:
    """Wait until nothing of a failure goes on."""
    await home.clock.run(90)
    await home.listen(st.thermometer(), 4)
    await home.clock.run(30)


def told(home: Home) -> set[tuple[str, str]]:
    """Return the repairs that there are."""
    return set(ir.async_get(home.hass).issues)


async def lived_in(home: Home) -> dict[str, st.Rows]:
    """Let another integration read a thermometer, and make its entities somebody's own."""
    there = await st.read_there(home, st.thermometer())
    st.customise(home.hass, st.names(home.hass, there))
    await home.clock.run(60)
    return st.house(home.hass)


def without_ours(house: dict[str, st.Rows]) -> dict[str, st.Rows]:
    """Return a house without what we have in it."""
    entries = {
        row for row, one in house["entries"].items() if one["domain"] == "mi_bms"
    }
    return {
        kind: {
            row: one
            for row, one in rows.items()
            if row not in entries and one.get("config_entry_id") not in entries
        }
        for kind, rows in house.items()
    }


async def test_a_move_that_fails_at_any_step_leaves_everything_as_it_was(
    home: Home, late: bool
) -> None:
    """What is new stands beside, a repair tells it, and the end of the form does not say it moved."""
    before = await lived_in(home)
    at, sprung = 0, True
    while sprung:
        at += 1
        flow = await st.preview(home, st.thermometer())
        with trapped(at, late) as trap:
            done = await home.send(flow, {})
            await settled(home)
        st.unique(home.hass)
        if sprung := trap.sprung:
            st.same(without_ours(st.house(home.hass)), before)
            assert ("mi_bms", f"moved_unfinished_{st.ADDRESS}") in told(home)
            assert "Entities moved" not in str(done["description_placeholders"])
            entry = st.ours(home.hass)
            assert entry
            await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
            await settled(home)
            st.same(st.house(home.hass), before)
    assert at > 7  # five rows and their device
    assert done["type"] == "create_entry"


async def test_a_way_back_that_fails_at_any_step_can_be_gone_again(
    home: Home, late: bool
) -> None:
    start = await lived_in(home)
    at, sprung = 0, True
    while sprung:
        at += 1
        await st.move(home, st.thermometer())
        await home.clock.run(400)
        moved = st.house(home.hass)
        flow = await st.standing(home, "give_back")
        with trapped(at, late) as trap:
            done = await home.send(flow, {})
            await settled(home)
        st.unique(home.hass)
        if sprung := trap.sprung:
            assert done["errors"] == {"base": "move_refused"}
            st.same(st.house(home.hass), moved)
            assert (await st.give_back(home))["reason"] == "given_back"
            await settled(home)
        st.same(st.house(home.hass), start)
    assert at > 7
