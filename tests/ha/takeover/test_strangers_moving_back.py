"""The way back, as a stranger tries it: everything as before, whatever happened meanwhile."""

from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import (
    area_registry as ar,
    category_registry as cr,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from tests.ha.home import Home

from .moving import (
    Peers,
    back,
    content,
    differ,
    image,
    move,
    offer,
    ours,
    row,
    rows,
    settled,
)
from .moving_there import BATTERY, HUMIDITY, TEMPERATURE, climate, peers, there

__all__ = ["peers"]  # a fixture


def dress(home: Home) -> None:
    """Change everything that a user can change of rows and device."""
    hass = home.hass
    area = ar.async_get(hass).async_create("Cellar").id
    attic = ar.async_get(hass).async_create("Attic").id
    label = lr.async_get(hass).async_create("Important").label_id
    category = cr.async_get(hass).async_create(scope="entities", name="Air").category_id
    registry = er.async_get(hass)
    registry.async_update_entity(
        TEMPERATURE,
        name="Wine <b>& cheese</b>",
        icon="mdi:bottle-wine",
        area_id=attic,
        labels={label},
        aliases=["how warm is it", er.COMPUTED_NAME],
        categories={"entities": category},
        device_class="temperature",
    )
    registry.async_update_entity_options(
        TEMPERATURE, "sensor", {"display_precision": 3, "unit_of_measurement": "°F"}
    )
    registry.async_update_entity_options(
        TEMPERATURE, "conversation", {"should_expose": False}
    )
    registry.async_update_entity(
        HUMIDITY,
        hidden_by=er.RegistryEntryHider.USER,
        new_entity_id="sensor.cellar_wet",
    )
    registry.async_update_entity(BATTERY, disabled_by=er.RegistryEntryDisabler.USER)
    found = row(hass, TEMPERATURE).device_id
    assert found
    dr.async_get(hass).async_update_device(
        found, area_id=area, labels={label}, name_by_user="Cellar <i>{x}</i>"
    )


async def dressed(home: Home, peers: Peers) -> Any:
    entry = await there(peers)
    dress(home)
    await home.clock.settle()
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(40)  # rows that were switched on or off
    return entry


CHOSEN = (
    "entity_id", "name", "icon", "area_id", "labels", "aliases", "categories",
    "disabled_by", "hidden_by", "device_class", "device_id",
)  # fmt: skip


def chosen(one: er.RegistryEntry) -> dict[str, Any]:
    """Return what the user chose of a row."""
    found = {name: getattr(one, name) for name in CHOSEN}
    options = {key: dict(value) for key, value in one.options.items()}
    options.pop("sensor.private", None)
    if "sensor" in options:
        options["sensor"].pop("suggested_display_precision", None)
    return found | {"options": {key: one for key, one in options.items() if one}}


async def test_everything_that_was_chosen_comes_here(home: Home, peers: Peers) -> None:
    entry = await dressed(home, peers)
    before = rows(home.hass, entry)
    await move(home, climate())
    await home.clock.run(40)
    after = rows(home.hass, ours(home.hass))
    for one, was in before.items():
        if was.unique_id.endswith("packet_id"):
            assert one not in after
        else:
            assert chosen(after[one]) == chosen(was), was.entity_id
    assert home.hass.states.get(BATTERY) is None
    shown = home.hass.states.get(TEMPERATURE)
    assert shown
    assert float(shown.state) == pytest.approx(68.9)


async def test_the_way_back_is_equal_and_nothing_of_ours_is_left(
    home: Home, peers: Peers
) -> None:
    await dressed(home, peers)
    before = image(home.hass)
    await move(home, climate())
    await settled(home)
    done = await back(home)
    await home.clock.run(60)
    assert done["reason"] == "given_back"
    after = image(home.hass)
    assert not differ(before, after)
    assert set(after) == set(before)
    assert not home.hass.config_entries.async_entries("mi_bms")


async def test_two_moves_and_two_ways_back_change_nothing(
    home: Home, peers: Peers
) -> None:
    entry = await dressed(home, peers)
    before = image(home.hass)
    for _ in range(2):
        await move(home, climate())
        await home.clock.run(20)
        await back(home)
        await home.clock.run(60)
        after = image(home.hass)
        assert not differ(before, after)
        assert set(after) == set(before)
        assert entry.state is ConfigEntryState.LOADED
        assert entry.disabled_by is None


async def test_removing_our_entry_is_a_way_back(home: Home, peers: Peers) -> None:
    entry = await dressed(home, peers)
    before = image(home.hass)
    await move(home, climate())
    await settled(home)
    removing = home.hass.config_entries.async_remove(ours(home.hass).entry_id)
    await home.clock.wait(removing)
    await home.clock.run(60)
    after = image(home.hass)
    assert not differ(before, after)
    assert set(after) == set(before)
    assert entry.state is ConfigEntryState.LOADED


async def test_reloads_of_ours_in_between_do_not_matter(
    home: Home, peers: Peers
) -> None:
    await dressed(home, peers)
    before = image(home.hass)
    await move(home, climate())
    for _ in range(3):
        again = home.hass.config_entries.async_reload(ours(home.hass).entry_id)
        await home.clock.wait(again)
        await home.clock.run(120)
    await back(home)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))


async def test_after_content_there_is_no_way_back_and_all_works(
    home: Home, peers: Peers
) -> None:
    await dressed(home, peers)
    before = {one: chosen(row(home.hass, one)) for one in (TEMPERATURE, BATTERY)}
    await move(home, climate())
    await settled(home)
    done = await content(home)
    assert done["reason"] == "move_finished", done
    await home.clock.run(60)
    flow = await home.reconfigure(ours(home.hass))
    assert not {"give_back", "content"} & set(flow.get("menu_options", ()))
    for one, was in before.items():
        assert chosen(row(home.hass, one)) == was
    assert home.hass.states.get(TEMPERATURE)


async def test_with_ours_beside_it_ours_is_back_too(home: Home, peers: Peers) -> None:
    await there(peers)
    beacon = climate()
    flow = await home.choose(await offer(home, beacon), "run_beside")
    if flow["type"] == "form":
        await home.answer(flow, {})
    await home.listen(beacon, 2)
    mine = ours(home.hass)
    my_temperature = home.entity_id(beacon, "temperature")
    assert my_temperature
    assert my_temperature != TEMPERATURE
    er.async_get(home.hass).async_update_entity(my_temperature, name="Mine")
    before = image(home.hass)
    shown = await home.choose(await home.reconfigure(mine), "move_here")
    assert shown["step_id"] == "move_preview", shown
    done = await home.answer(shown, {})
    assert done["type"] == "abort", done
    await home.listen(beacon, 2)
    assert row(home.hass, TEMPERATURE).config_entry_id == mine.entry_id
    await settled(home)
    await back(home)
    await home.listen(beacon, 2)
    await home.clock.run(60)
    after = image(home.hass)
    assert ours(home.hass) is mine
    assert not differ(before, after)
    assert set(after) == set(before)
