"""Ours ran beside the other for a while before it takes over: both had a life of their own, and get it back."""

import asyncio
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)

from ..home import Home
from . import strangers as st
from .test_strangers_faults import settled, told, trapped

SECOND = "A4:C1:38:00:05:5C"


async def beside(home: Home) -> ConfigEntry[Any]:
    """Have a thermometer read by both, and make everything somebody's own."""
    device = st.thermometer()
    home.air.refuse.add(
        device.address
    )  # what it would tell over a connection is not told
    there = await st.read_there(home, device)
    st.customise(home.hass, st.names(home.hass, there))
    home.shout(device)
    await home.clock.until(lambda: home.flows(device.address))
    flow = await home.answer(home.flows(device.address)[0])
    flow = await home.choose(flow, "run_beside")
    for _ in range(4):
        if flow["type"] == "create_entry":
            break
        if flow["step_id"] == "key_ways":
            flow = await home.choose(flow, "key")
        else:
            flow = await home.send(flow, {"key": st.KEY})
    entry: ConfigEntry[Any] = flow["result"]
    await home.listen(device, 60)
    registry = er.async_get(home.hass)
    for number, name in enumerate(st.names(home.hass, entry)):
        registry.async_update_entity(
            name,
            new_entity_id=f"{name.partition('.')[0]}.own_{number}",
            name=f"Own {number}",
            labels={"own"},
        )
    here = dr.async_entries_for_config_entry(dr.async_get(home.hass), entry.entry_id)[0]
    area = ar.async_get(home.hass).async_create("Here")
    dr.async_get(home.hass).async_update_device(
        here.id, name_by_user="Here", area_id=area.id
    )
    await home.clock.run(60)
    return entry


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
async def test_a_move_that_fails_at_any_step(home: Home, late: bool) -> None:
    await beside(home)
    before = st.house(home.hass)
    at, sprung = 0, True
    while sprung:
        at += 1
        flow = await st.standing(home, "move_here")
        with trapped(at, late) as trap:
            done = await home.send(flow, {})
            await settled(home)
        st.unique(home.hass)
        if sprung := trap.sprung:
            st.same(st.house(home.hass), before)
            assert ("mi_bms", f"moved_unfinished_{st.ADDRESS}") in told(home)
            assert "Entities moved" not in str(done["description_placeholders"])
    assert at > 10
    await home.clock.run(400)
    assert (await st.give_back(home))["reason"] == "given_back"
    await home.listen(st.thermometer(), 6)
    st.same(st.house(home.hass), before)


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
async def test_a_way_back_that_fails_at_any_step(home: Home, late: bool) -> None:
    await beside(home)
    start = st.house(home.hass)
    at, sprung = 0, True
    while sprung:
        at += 1
        await home.send(await st.standing(home, "move_here"), {})
        await home.clock.run(400)
        before = st.house(home.hass)
        flow = await st.standing(home, "give_back")
        with trapped(at, late) as trap:
            done = await home.send(flow, {})
            await settled(home)
        st.unique(home.hass)
        if sprung := trap.sprung:
            assert done["errors"] == {"base": "move_refused"}
            st.same(st.house(home.hass), before)
            assert (await st.give_back(home))["reason"] == "given_back"
        await home.listen(st.thermometer(), 6)
        await home.clock.run(400)
        st.same(st.house(home.hass), start)
    assert at > 10


async def test_the_other_is_switched_on_again_meanwhile(home: Home) -> None:
    """It makes entities anew; on the way back there is one of each, the old one."""
    there = await st.read_there(home, st.thermometer())
    st.customise(home.hass, st.names(home.hass, there))
    await home.clock.run(60)
    before = st.house(home.hass)
    await st.move(home, st.thermometer())
    await home.clock.run(400)
    await home.clock.wait(
        home.hass.config_entries.async_set_disabled_by(there.entry_id, None)
    )
    await home.listen(st.thermometer(), 6)
    await home.clock.run(60)
    st.unique(home.hass)
    assert len(st.names(home.hass, there)) > 2
    assert ("mi_bms", f"moved_active_{st.ADDRESS}") in told(home)
    assert (await st.give_back(home))["reason"] == "given_back"
    await home.listen(st.thermometer(), 6)
    await home.clock.run(60)
    st.same(st.house(home.hass), before)


async def test_two_devices_at_the_same_moment(home: Home) -> None:
    """Each has its own record; both move, and both go back."""
    first = st.thermometer()
    second = st.thermometer(SECOND, "5c" * 16)
    for one in (first, second):
        await st.read_there(home, one)
    await home.clock.run(60)
    before = st.house(home.hass)
    forms = [await st.preview(home, one) for one in (first, second)]
    flows = home.hass.config_entries.flow
    both = await home.clock.wait(
        asyncio.gather(*(flows.async_configure(one["flow_id"], {}) for one in forms))
    )
    assert [one["type"] for one in both] == ["create_entry"] * 2
    await home.clock.run(400)
    st.unique(home.hass)
    forms = [await st.standing(home, "give_back", one) for one in (st.ADDRESS, SECOND)]
    await home.clock.wait(
        asyncio.gather(*(flows.async_configure(one["flow_id"], {}) for one in forms))
    )
    await home.clock.run(60)
    for one in (first, second):
        await home.listen(one, 4)
    st.same(st.house(home.hass), before)


async def test_given_back_twice_at_once(home: Home) -> None:
    await st.read_there(home, st.thermometer())
    await home.clock.run(60)
    before = st.house(home.hass)
    await st.move(home, st.thermometer())
    await home.clock.run(400)
    forms = [await st.standing(home, "give_back") for _ in range(2)]
    flows = home.hass.config_entries.flow
    await home.clock.wait(
        asyncio.gather(
            *(flows.async_configure(one["flow_id"], {}) for one in forms),
            return_exceptions=True,
        )
    )
    await home.clock.run(60)
    await home.listen(st.thermometer(), 4)
    await home.clock.run(60)
    st.same(st.house(home.hass), before)
