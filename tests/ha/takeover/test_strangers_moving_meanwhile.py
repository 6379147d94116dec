"""What others do while a device is here, as a stranger tries it: it goes back all the same, or that is said."""

from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from tests.ha.home import Home

from .moving import (
    ADDRESS,
    OTHER,
    Old,
    Peers,
    back,
    content,
    differ,
    image,
    move,
    offer,
    ours,
    preview,
    row,
    rows,
    settled,
)
from .moving_there import BATTERY, HUMIDITY, TEMPERATURE, climate, peers, there

__all__ = ["peers"]  # a fixture


async def test_what_was_changed_meanwhile_stays_changed(
    home: Home, peers: Peers
) -> None:
    entry = await there(peers)
    await move(home, climate())
    await settled(home)
    registry = er.async_get(home.hass)
    ids = {one: row(home.hass, one).id for one in (TEMPERATURE, HUMIDITY, BATTERY)}
    registry.async_update_entity(
        TEMPERATURE, new_entity_id="sensor.fresh", name="Fresh"
    )
    registry.async_update_entity(HUMIDITY, disabled_by=er.RegistryEntryDisabler.USER)
    registry.async_update_entity(BATTERY, hidden_by=er.RegistryEntryHider.USER)
    await home.clock.run(40)
    await back(home)
    await home.clock.run(60)
    after = rows(home.hass, entry)
    assert after[ids[TEMPERATURE]].entity_id == "sensor.fresh"
    assert after[ids[TEMPERATURE]].name == "Fresh"
    assert after[ids[HUMIDITY]].disabled_by is er.RegistryEntryDisabler.USER
    assert after[ids[BATTERY]].hidden_by is er.RegistryEntryHider.USER
    shown = home.hass.states.get("sensor.fresh")
    assert shown
    assert shown.state == "20.5"


async def test_a_row_that_was_deleted_meanwhile_hinders_nothing(
    home: Home, peers: Peers
) -> None:
    entry = await there(peers)
    kept = {row(home.hass, one).id for one in (TEMPERATURE, BATTERY)}
    await move(home, climate())
    await settled(home)
    er.async_get(home.hass).async_remove(HUMIDITY)
    await home.clock.settle()
    done = await back(home)
    assert done["reason"] == "given_back"
    await home.clock.run(60)
    after = rows(home.hass, entry)
    assert kept <= set(after)
    assert {TEMPERATURE, HUMIDITY, BATTERY, "sensor.there_packet_id"} == {
        one.entity_id for one in after.values()
    }


async def test_without_the_other_entry_it_is_said_and_nothing_is_touched(
    home: Home, peers: Peers
) -> None:
    entry = await there(peers)
    await move(home, climate())
    await settled(home)
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    await home.clock.run(30)
    before = image(home.hass)
    flow = await home.reconfigure(ours(home.hass))
    if "give_back" in flow.get("menu_options", ()):
        flow = await home.choose(flow, "give_back")
        if flow["type"] == "form":
            flow = await home.answer(flow, {})
        assert "no longer has an entry" in str(flow), flow
    assert not differ(before, image(home.hass))
    assert ours(home.hass).state is ConfigEntryState.LOADED
    shown = home.hass.states.get(TEMPERATURE)
    assert shown
    assert shown.state == "20.5"


async def test_content_is_refused_until_all_is_on_the_disk(
    home: Home, peers: Peers
) -> None:
    entry = await there(peers)
    await move(home, climate())
    flow = await home.reconfigure(ours(home.hass))
    flow = await home.choose(flow, "content")
    if flow["type"] == "form":
        flow = await home.answer(flow, {})
    assert "five minutes" in str(flow), flow
    assert home.hass.config_entries.async_get_entry(entry.entry_id) is entry
    assert entry.disabled_by is ConfigEntryDisabler.USER


async def test_a_second_form_of_the_way_back_says_that_it_is_done(
    home: Home, peers: Peers
) -> None:
    await there(peers)
    before = image(home.hass)
    await move(home, climate())
    await settled(home)
    forms = [
        await home.choose(await home.reconfigure(ours(home.hass)), "give_back")
        for _ in range(2)
    ]
    first = await home.answer(forms[0], {})
    assert first["reason"] == "given_back"
    left = home.hass.config_entries.flow.async_progress_by_handler("mi_bms")
    if any(one["flow_id"] == forms[1]["flow_id"] for one in left):
        second = await home.answer(forms[1], {})
        assert second["type"] == "abort" or second["errors"], second
    await home.clock.run(60)
    assert not differ(before, image(home.hass))


async def test_the_other_one_switched_on_again_is_told_and_both_remedies_work(
    home: Home, peers: Peers
) -> None:
    entry = await there(peers)
    before = image(home.hass)
    await move(home, climate())
    await settled(home)
    on = home.hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await home.clock.wait(on)
    await home.clock.run(60)
    issues = ir.async_get(home.hass).issues
    assert any(ADDRESS in str(one) or "moved_active" in str(one) for one in issues)
    await back(home)
    await home.clock.run(60)
    after = image(home.hass)
    assert not differ(before, after)
    assert set(after) == set(before)
    assert not any("moved_" in str(one) for one in ir.async_get(home.hass).issues)


async def test_rows_go_back_even_if_the_other_integration_fails_to_start(
    home: Home, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await there(peers)
    before = rows(home.hass, entry)
    await move(home, climate())
    await settled(home)

    def fails(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no")

    module = home.hass.data["components"]["bthome"]
    monkeypatch.setattr(module, "async_setup_entry", fails)
    await back(home)
    await home.clock.run(60)
    after = rows(home.hass, entry)
    moved = {one for one, was in before.items() if "packet" not in was.unique_id}
    assert moved <= set(after)
    assert entry.disabled_by is None
    assert not any(
        one.platform == "mi_bms" for one in er.async_get(home.hass).entities.values()
    )


async def test_another_device_of_the_same_integration_notices_nothing(
    home: Home, peers: Peers
) -> None:
    await there(peers)
    other = await there(peers, OTHER, "Elsewhere")
    before = {one: was.extended_dict for one, was in rows(home.hass, other).items()}
    await move(home, climate())
    await settled(home)
    await back(home)
    await move(home, climate())
    await settled(home)
    await content(home)
    await home.clock.run(60)
    after = {one: was.extended_dict for one, was in rows(home.hass, other).items()}
    assert before == after
    assert other.state is ConfigEntryState.LOADED
    assert (await preview(home, await offer(home, climate(OTHER))))["step_id"] == (
        "move_preview"
    )


@pytest.mark.parametrize("moving", [["temperature", "battery"], ["temperature"]])
async def test_what_stays_keeps_its_id_and_its_history_for_itself(
    home: Home, peers: Peers, moving: list[str]
) -> None:
    units = {"temperature": "°C", "battery": "%"}
    olds = [Old(one, 20.5, units[one], one) for one in moving]
    await peers.bthome(ADDRESS, [*olds, Old("humidity", 7.0, "g/kg")])
    before = image(home.hass)
    await move(home, climate())
    await home.listen(climate(), 2)
    mine = er.async_get(home.hass).async_get_entity_id(
        "sensor", "mi_bms", f"{ADDRESS}-humidity"
    )
    assert mine is not None
    assert mine != HUMIDITY
    assert home.hass.states.get(HUMIDITY) is None
    await settled(home)
    await back(home)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))


async def test_what_stays_keeps_its_id_where_no_ids_begin_alike(
    home: Home, peers: Peers
) -> None:
    await peers.bthome(
        ADDRESS,
        [Old("temperature", 20.5, "°C", "temperature"), Old("humidity", 7.0, "g/kg")],
    )
    placed = row(home.hass, TEMPERATURE).device_id
    assert placed
    dr.async_get(home.hass).async_update_device(placed, name_by_user="There")
    registry = er.async_get(home.hass)
    registry.async_update_entity(TEMPERATURE, new_entity_id="sensor.cellar")
    before = image(home.hass)
    await move(home, climate())
    await home.listen(climate(), 2)
    await home.clock.run(40)
    assert row(home.hass, "sensor.cellar").platform == "mi_bms"
    assert home.entity_id(climate(), "humidity")
    assert registry.async_get(HUMIDITY) is None
    await settled(home)
    await back(home)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
