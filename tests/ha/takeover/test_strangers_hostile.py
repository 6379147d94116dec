"""Whatever another integration has in the registries: nothing breaks, and what is refused is changed nowhere."""

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..home import Home
from . import strangers as st

EVIL = (
    "|x|\n\n# <script>alert(1)</script> [a](javascript:b) `c` **d** {peer} \x00\u202e"
)


async def lived_in(home: Home) -> MockConfigEntry:
    """Let another integration read a thermometer, and make its entities somebody's own."""
    there = await st.read_there(home, st.thermometer())
    st.customise(home.hass, st.names(home.hass, there))
    await home.clock.run(60)
    return there


def device_of(home: Home, entry: MockConfigEntry) -> dr.DeviceEntry:
    """Return the one device of an entry."""
    (one,) = dr.async_entries_for_config_entry(dr.async_get(home.hass), entry.entry_id)
    return one


def row_of(home: Home, entry: MockConfigEntry, key: str) -> er.RegistryEntry:
    """Return the entity of a key of an entry."""
    registry = er.async_get(home.hass)
    return next(
        one
        for one in er.async_entries_for_config_entry(registry, entry.entry_id)
        if one.unique_id.endswith(f"-{key}")
    )


async def test_names_stay_names(home: Home) -> None:
    there = await lived_in(home)
    plain = await st.preview(home, st.thermometer())
    text = plain["description_placeholders"]["preview"]
    home.hass.config_entries.flow.async_abort(plain["flow_id"])
    registry = er.async_get(home.hass)
    for name in st.names(home.hass, there):
        registry.async_update_entity(name, name=EVIL)
    dr.async_get(home.hass).async_update_device(
        device_of(home, there).id, name_by_user=EVIL
    )
    await home.clock.run(20)
    flow = await home.start()
    flow = await home.choose(flow, "manual")
    flow = await home.answer(flow, {"address": st.ADDRESS})
    told = str(flow["description_placeholders"])
    flow = await home.choose(flow, "move_here")
    evil = flow["description_placeholders"]["preview"]
    assert len(evil.splitlines()) == len(text.splitlines())
    for bad in ("<script", "](javascript", "**d**", "\x00", "\u202e", "|x|"):
        assert bad not in evil.replace("\\", ""), bad
        assert bad not in told.replace("\\", ""), bad
    assert (await home.send(flow, {}))["type"] == "create_entry"


@pytest.mark.parametrize(
    "data",
    [
        {"bindkey": 5},
        {"bindkey": ["5b" * 16]},
        {"bindkey": None},
        {"bindkey": "zz"},
        {"bindkey": "5b" * 400},
        {"bindkey": {"a": object}},
        {"bindkey": b"\x00"},
        {},
        {1: 2},
    ],
    ids=repr,
)
@pytest.mark.parametrize("domain", ["xiaomi_ble", "bthome", "bms_ble", "ble_monitor"])
async def test_an_entry_may_hold_anything(
    home: Home, domain: str, data: dict[Any, Any]
) -> None:
    entry = MockConfigEntry(
        domain=domain,
        unique_id=st.ADDRESS,
        data={**data, "type": data, "devices": 7},
        options={"password": data, "bindkey": 1, "devices": [3, {"mac": 4}]},
        title=EVIL,
    )
    entry.add_to_hass(home.hass)
    device = dr.async_get(home.hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(domain, st.ADDRESS)},
        connections={(dr.CONNECTION_BLUETOOTH, st.ADDRESS)},
        name=EVIL,
    )
    er.async_get(home.hass).async_get_or_create(
        "sensor",
        domain,
        f"{st.ADDRESS}-temperature",
        config_entry=entry,
        device_id=device.id,
    )
    before = st.house(home.hass)
    flow = await home.choose(await home.start(), "take_all")
    assert flow["type"] in {"form", "abort", "menu"}
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    flow = await home.discover(st.thermometer())
    if "move_here" in flow.get("menu_options", ()):
        flow = await home.choose(flow, "move_here")
    assert flow["type"] in {"form", "menu", "abort"}
    st.same(st.house(home.hass), before)


async def test_ids_of_any_shape(home: Home) -> None:
    there = await lived_in(home)
    device, registry = device_of(home, there), er.async_get(home.hass)
    shapes = [
        "",
        "-",
        "-temperature",
        f"{st.ADDRESS}",
        f"{st.ADDRESS}-",
        f"{st.ADDRESS}--temperature",
        f"{st.ADDRESS}-temperature-temperature",
        f"{st.ADDRESS}-temperature_1",
        f"{st.ADDRESS}-temperature_99999999999999999999",
        f"{st.ADDRESS}-temperature_-1",
        f"{st.ADDRESS}-{{n}}",
        f"{st.ADDRESS}-temperatür\u0660",
        f"{st.ADDRESS.lower()}-temperature",
        f"{st.ADDRESS.replace(':', '')}-temperature",
        "x" * 5000,
        EVIL,
    ]
    for number, one in enumerate(shapes):
        registry.async_get_or_create(
            "sensor",
            st.PEER,
            one,
            config_entry=there,
            device_id=device.id if number % 2 else None,
            suggested_object_id=f"odd_{number}",
        )
    await home.clock.run(60)
    before = st.house(home.hass)
    done = await st.move(home, st.thermometer())
    assert done["type"] == "create_entry"
    st.unique(home.hass)
    await home.clock.run(400)
    assert (await st.give_back(home))["reason"] == "given_back"
    st.same(st.house(home.hass), before)


async def test_ten_thousand_entities(home: Home) -> None:
    there = await lived_in(home)
    device, registry = device_of(home, there), er.async_get(home.hass)
    for number in range(10_000):
        registry.async_get_or_create(
            "sensor",
            st.PEER,
            f"{st.ADDRESS}-temperature_{number}",
            config_entry=there,
            device_id=device.id,
        )
    await home.clock.run(60)
    before = st.house(home.hass)
    flow = await st.preview(home, st.thermometer())
    assert len(flow["description_placeholders"]["preview"]) < 20_000
    done = await home.send(flow, {})
    assert done["type"] == "create_entry"
    await home.clock.run(400)
    assert (await st.give_back(home))["reason"] == "given_back"
    st.same(st.house(home.hass), before)


async def refused(home: Home, change: Callable[[], Any]) -> str:
    """Move after something was changed; return the words of the refusal, after which all is as it was."""
    flow = await st.preview(home, st.thermometer())
    change()
    await home.clock.run(30)
    before = st.house(home.hass)
    done = await home.send(flow, {})
    await home.clock.run(60)
    assert done["errors"] == {"base": "move_refused"}, done
    st.same(st.house(home.hass), before)
    why: str = done["description_placeholders"]["why"]
    return why


async def test_a_device_with_parts_stays(home: Home) -> None:
    there = await lived_in(home)
    dr.async_get(home.hass).async_get_or_create_child(
        config_entry_id=there.entry_id,
        identifiers={(st.PEER, "part")},
        parent_device_id=device_of(home, there).id,
        name="Part",
    )
    assert "parts" in await refused(home, lambda: None)


async def test_a_place_that_another_has_taken(home: Home) -> None:
    await lived_in(home)
    stray = MockConfigEntry(domain="mi_bms", unique_id="stray", data={"kind": "bank"})
    stray.add_to_hass(home.hass)
    registry = er.async_get(home.hass)

    def take() -> None:
        registry.async_get_or_create(
            "sensor", "mi_bms", f"{st.ADDRESS}-temperature", config_entry=stray
        )

    assert "taken" in await refused(home, take)


async def test_a_device_that_is_switched_off_stays_so(home: Home) -> None:
    there = await lived_in(home)
    device = device_of(home, there)
    dr.async_get(home.hass).async_update_device(
        device.id, disabled_by=dr.DeviceEntryDisabler.USER
    )
    await home.clock.run(120)
    before = st.house(home.hass)
    flow = await st.preview(home, st.thermometer())
    if flow["step_id"] == "move_preview":
        await home.send(flow, {})
        await home.clock.run(400)
        now = dr.async_get(home.hass).async_get(device.id)
        assert now and now.disabled_by is dr.DeviceEntryDisabler.USER
        for row in before["entities"]:
            one = st.entity_rows(home.hass).get(row)
            assert one is None or one["disabled_by"]
        assert (await st.give_back(home))["reason"] == "given_back"
        await home.clock.run(120)
    st.same(st.house(home.hass), before)


async def says_no(*_: Any) -> bool:
    return False


async def fails(*_: Any) -> bool:
    raise RuntimeError("no")


@pytest.mark.parametrize("unload", [says_no, fails])
async def test_an_integration_that_does_not_let_go(
    home: Home, unload: Callable[..., Any]
) -> None:
    there = await lived_in(home)
    before = st.house(home.hass)
    with patch("homeassistant.components.xiaomi_ble.async_unload_entry", unload):
        flow = await st.preview(home, st.thermometer())
        done = await home.send(flow, {})
        await home.clock.run(60)
    assert done["errors"] == {"base": "move_refused"}
    assert "switched off" in done["description_placeholders"]["why"]
    assert there.disabled_by is None
    after = st.house(home.hass)
    before["entries"][there.entry_id]["state"] = there.state
    st.same(after, before)


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


async def test_a_button_in_capitals_is_ours_in_small_letters(home: Home) -> None:
    there = await lived_in(home)
    row = er.async_get(home.hass).async_get_or_create(
        "event",
        st.PEER,
        f"{st.ADDRESS}-button_M",
        config_entry=there,
        device_id=device_of(home, there).id,
    )
    await home.clock.run(60)
    await st.move(home, st.thermometer())
    assert (
        st.entity_rows(home.hass)[row.id]["unique_id"] == f"{st.ADDRESS}-event_button_m"
    )
    await home.clock.run(400)
    assert (await st.give_back(home))["reason"] == "given_back"
    back = st.entity_rows(home.hass)[row.id]
    assert (back["platform"], back["unique_id"]) == (st.PEER, row.unique_id)
