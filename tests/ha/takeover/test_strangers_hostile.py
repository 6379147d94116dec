"""Whatever another integration has in the registries: nothing breaks, and what is refused is changed nowhere."""

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.world.devices import KINDS

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


async def hangs(*_: Any) -> bool:
    await asyncio.Event().wait()
    return True


@pytest.mark.parametrize("unload", [says_no, fails, hangs])
async def test_an_integration_that_does_not_let_go(
    home: Home, unload: Callable[..., Any]
) -> None:
    there = await lived_in(home)
    before = st.house(home.hass)
    with patch("homeassistant.components.xiaomi_ble.async_unload_entry", unload):
        flow = await st.preview(home, st.thermometer())
        done = await home.send(flow, {})
        await home.clock.run(120)
    assert done["errors"] == {"base": "move_refused"}
    assert "switched off" in done["description_placeholders"]["why"]
    assert there.disabled_by is None
    after = st.house(home.hass)
    before["entries"][there.entry_id]["state"] = there.state
    st.same(after, before)


async def test_a_sensor_of_theirs_is_no_battery_of_ours(home: Home) -> None:
    pack = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine")
    entry = await home.add(pack)
    other = MockConfigEntry(domain=st.PEER, unique_id=pack.address)
    other.add_to_hass(home.hass)
    device = dr.async_get(home.hass).async_get_or_create(
        config_entry_id=other.entry_id,
        identifiers={("bluetooth", pack.address)},
        connections={(dr.CONNECTION_BLUETOOTH, pack.address)},
    )
    er.async_get(home.hass).async_get_or_create(
        "sensor",
        st.PEER,
        f"{pack.address}-voltage",
        config_entry=other,
        device_id=device.id,
        original_device_class="voltage",
        unit_of_measurement="V",
        capabilities={"state_class": "measurement"},
    )
    await home.clock.run(60)
    before = st.house(home.hass)
    flow = await home.reconfigure(entry)
    assert flow["type"] in {"form", "menu"}
    if "move_here" in flow.get("menu_options", ()):
        flow = await home.choose(flow, "move_here")
        if flow["type"] == "form":
            flow = await home.send(flow, {})
            assert flow["errors"] == {"base": "move_refused"}
    st.same(st.house(home.hass), before)


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
