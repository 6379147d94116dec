"""What happens while a preview is open, or while a device moves: said first, or done once."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..home import Home
from . import strangers as st
from .test_strangers_hostile import lived_in, refused, row_of


async def test_removed_while_it_is_asked(home: Home) -> None:
    there = await lived_in(home)
    registry = er.async_get(home.hass)

    def remove() -> None:
        registry.async_remove(row_of(home, there, "temperature").entity_id)

    assert "was removed" in await refused(home, remove)


async def test_renamed_while_it_is_asked(home: Home) -> None:
    there = await lived_in(home)
    flow = await st.preview(home, st.thermometer())
    registry = er.async_get(home.hass)
    row = row_of(home, there, "temperature")
    registry.async_update_entity(
        row.entity_id, new_entity_id="sensor.other", name="Other"
    )
    registry.async_update_entity(
        row_of(home, there, "humidity").entity_id,
        disabled_by=er.RegistryEntryDisabler.USER,
    )
    await home.clock.run(60)
    before = st.house(home.hass)
    done = await home.send(flow, {})
    assert done["type"] == "create_entry"
    await home.clock.run(400)
    after = st.entity_rows(home.hass)
    assert after[row.id]["platform"] == "mi_bms"
    for key in before["entities"].keys() & after.keys():
        assert st.kept(after[key]) == st.kept(before["entities"][key])
    assert (await st.give_back(home))["reason"] == "given_back"
    st.same(st.house(home.hass), before)


async def test_moved_to_another_device_while_it_is_asked(home: Home) -> None:
    """It was the other integration's, and comes along; where it hangs is what both say when they come up."""
    there = await lived_in(home)
    flow = await st.preview(home, st.thermometer())
    row = row_of(home, there, "temperature")
    other = dr.async_get(home.hass).async_get_or_create(
        config_entry_id=there.entry_id, identifiers={("elsewhere", "1")}
    )
    er.async_get(home.hass).async_update_entity(row.entity_id, device_id=other.id)
    await home.clock.run(20)
    before = st.house(home.hass)
    done = await home.send(flow, {})
    assert done["type"] == "create_entry"
    await home.clock.run(400)
    assert st.entity_rows(home.hass)[row.id]["platform"] == "mi_bms"
    assert (await st.give_back(home))["reason"] == "given_back"
    await home.clock.run(60)
    before["entities"][row.id]["device_id"] = row.device_id
    st.same(st.house(home.hass), before)


async def test_the_other_entry_goes_while_it_is_asked(home: Home) -> None:
    there = await lived_in(home)
    flow = await st.preview(home, st.thermometer())
    await home.clock.wait(home.hass.config_entries.async_remove(there.entry_id))
    done = await home.send(flow, {})
    assert done.get("errors") == {"base": "move_refused"} or done["type"] != "form"
    assert st.ours(home.hass) is None


async def test_the_other_entry_is_off_when_it_is_asked(home: Home) -> None:
    there = await lived_in(home)
    flow = await st.preview(home, st.thermometer())
    await home.clock.wait(
        home.hass.config_entries.async_set_disabled_by(
            there.entry_id, ConfigEntryDisabler.USER
        )
    )
    await home.clock.run(60)
    before = st.house(home.hass)
    done = await home.send(flow, {})
    assert done["type"] == "create_entry"
    await home.clock.run(400)
    assert (await st.give_back(home))["reason"] == "given_back"
    await home.clock.run(60)
    st.same(st.house(home.hass), before)


async def test_answered_twice_at_once(home: Home) -> None:
    there = await lived_in(home)
    before = st.house(home.hass)
    flow = await st.preview(home, st.thermometer())
    flows = home.hass.config_entries.flow
    both = await home.clock.wait(
        asyncio.gather(
            flows.async_configure(flow["flow_id"], {}),
            flows.async_configure(flow["flow_id"], {}),
            return_exceptions=True,
        )
    )
    ends = {one["type"] for one in both if isinstance(one, dict)}
    assert "create_entry" in ends
    await home.clock.run(400)
    st.unique(home.hass)
    assert len(home.hass.config_entries.async_entries("mi_bms")) == 1
    assert there.disabled_by
    assert (await st.give_back(home))["reason"] == "given_back"
    st.same(st.house(home.hass), before)


async def test_removed_in_the_middle(home: Home) -> None:
    """Our entry is removed at once, and then while it goes back."""
    await lived_in(home)
    before = st.house(home.hass)
    entries = home.hass.config_entries
    done = await home.send(await st.preview(home, st.thermometer()), {})
    await home.clock.wait(entries.async_remove(done["result"].entry_id))
    await home.clock.run(60)
    st.same(st.house(home.hass), before)
    done = await home.send(await st.preview(home, st.thermometer()), {})
    await home.clock.run(300)
    flow = await st.standing(home, "give_back")
    await home.clock.wait(
        asyncio.gather(
            entries.flow.async_configure(flow["flow_id"], {}),
            entries.async_remove(done["result"].entry_id),
            return_exceptions=True,
        )
    )
    await home.clock.run(300)
    st.same(st.house(home.hass), before)


async def test_the_whole_house_and_one_card_at_once(home: Home) -> None:
    """What was moved from its card meanwhile is not moved once more."""
    await lived_in(home)
    before = st.house(home.hass)
    every = await home.choose(await home.start(), "take_all")
    card = await st.preview(home, st.thermometer())
    every = await home.send(every, {"sure": [one["value"] for one in options(every)]})
    await home.clock.run(30)
    done = await home.send(card, {})
    assert done["type"] == "create_entry"
    for _ in range(4):
        if every["type"] not in {"form", "progress", "progress_done"}:
            break
        every = await home.send(every, {} if every["type"] == "form" else None)
        await home.clock.run(30)
    st.unique(home.hass)
    await home.clock.run(400)
    assert (await st.give_back(home))["reason"] == "given_back"
    st.same(st.house(home.hass), before)


def options(flow: Any) -> list[Any]:
    """Return what the list of the whole house offers."""
    field = next(
        kind for key, kind in flow["data_schema"].schema.items() if str(key) == "sure"
    )
    found: list[Any] = field.config["options"]
    return found
