"""What people do with a move that nobody planned: again and again, the wrong way round, in the middle of it."""

from typing import Any

import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral

from ..home import Home, Result
from .registers import Rows, devices, read_by, row_of, rows

CLEAR, OTHER = "4C:65:A8:00:01:AB", "4C:65:A8:00:01:AC"
ON_DISK = 20  # s


def thermometer(address: str = CLEAR) -> Peripheral:
    """Return a thermometer that core's integration and ours read."""
    return KINDS["MJ_HT_V1"](address=address)


async def preview(home: Home, sensor: Peripheral) -> Result:
    """Go from the card of a device to what would become of it."""
    form = await home.choose(await home.discover(sensor), "move_here")
    assert form["step_id"] == "move_preview"
    return form


async def yes(home: Home, form: Result) -> ConfigEntry[Any]:
    """Move what a preview shows; return our entry."""
    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    await home.clock.settle()
    entry: ConfigEntry[Any] = done["result"]
    return entry


async def back(home: Home, entry: ConfigEntry[Any]) -> None:
    """Give a device back, and wait until that is on the disk."""
    menu = await home.reconfigure(entry)
    done = await home.answer(await home.choose(menu, "give_back"), {})
    assert done["reason"] == "given_back"
    await home.clock.run(ON_DISK)
    await home.clock.settle()


def all_of(hass: HomeAssistant, peer: ConfigEntry[Any]) -> tuple[Rows, Rows]:
    """Return what the registries hold of an entry."""
    return rows(hass, peer), devices(hass, peer)


def state(home: Home, unique_id: str) -> str:
    """Return what our entity shows."""
    found = home.hass.states.get(row_of(home.hass, DOMAIN, unique_id).entity_id)
    assert found is not None
    return found.state


async def test_there_and_back_again_and_again(home: Home) -> None:
    sensor = thermometer()
    peer = await read_by(home, "xiaomi_ble", sensor)
    before = all_of(home.hass, peer)
    for _ in range(3):
        entry = await yes(home, await preview(home, sensor))
        assert not rows(home.hass, peer)
        await back(home, entry)
        assert all_of(home.hass, peer) == before
        assert peer.state is ConfigEntryState.LOADED
        assert not home.hass.config_entries.async_entries(DOMAIN)


async def test_two_previews_are_open_and_the_later_one_is_answered_first(
    home: Home,
) -> None:
    first, second = thermometer(), thermometer(OTHER)
    for one in (first, second):
        await read_by(home, "xiaomi_ble", one)
    forms = [await preview(home, one) for one in (first, second)]
    for form, one in reversed([*zip(forms, (first, second), strict=True)]):
        await yes(home, form)
        await home.listen(one, 6, every=10)
    for one in (first, second):
        assert float(state(home, f"{one.address}-temperature"))


async def test_what_is_changed_after_the_move_goes_along_on_the_way_back(
    home: Home,
) -> None:
    sensor = thermometer()
    await read_by(home, "xiaomi_ble", sensor)
    entry = await yes(home, await preview(home, sensor))
    registry = er.async_get(home.hass)
    row = row_of(home.hass, DOMAIN, f"{CLEAR}-temperature")
    registry.async_update_entity(
        row.entity_id, new_entity_id="sensor.later", name="Later", icon="mdi:clock"
    )
    await back(home, entry)
    now = row_of(home.hass, "xiaomi_ble", f"{CLEAR}-temperature")
    assert (now.id, now.entity_id, now.name, now.icon) == (
        row.id,
        "sensor.later",
        "Later",
        "mdi:clock",
    )


async def test_our_entry_is_deleted_without_a_thought(home: Home) -> None:
    sensor = thermometer()
    peer = await read_by(home, "xiaomi_ble", sensor)
    before = all_of(home.hass, peer)
    entry = await yes(home, await preview(home, sensor))
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    await home.clock.settle()
    assert all_of(home.hass, peer) == before
    assert peer.state is ConfigEntryState.LOADED


async def test_the_other_entry_is_deleted_and_nothing_here_cares(home: Home) -> None:
    sensor = thermometer()
    peer = await read_by(home, "xiaomi_ble", sensor)
    entry = await yes(home, await preview(home, sensor))
    ours = rows(home.hass, entry)
    await home.clock.wait(home.hass.config_entries.async_remove(peer.entry_id))
    await home.clock.settle()
    assert rows(home.hass, entry) == ours
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.listen(sensor, 6, every=10)
    assert float(state(home, f"{CLEAR}-temperature"))
    menu = await home.reconfigure(entry)
    assert "give_back" not in menu.get("menu_options", ())


@pytest.mark.parametrize("loads", [1, 3])
async def test_loaded_anew_it_is_as_before(home: Home, loads: int) -> None:
    sensor = thermometer()
    await read_by(home, "xiaomi_ble", sensor)
    entry = await yes(home, await preview(home, sensor))
    await home.listen(sensor, 6, every=10)
    ours = rows(home.hass, entry)
    for _ in range(loads):
        await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
        await home.listen(sensor, 6, every=10)
    assert rows(home.hass, entry) == ours
    assert float(state(home, f"{CLEAR}-temperature"))


async def test_nobody_offers_it_once_more(home: Home) -> None:
    sensor = thermometer()
    await read_by(home, "xiaomi_ble", sensor)
    await yes(home, await preview(home, sensor))
    await home.listen(sensor, 12, every=10)
    assert not home.flows(CLEAR)
    form = await home.start()
    assert "take_all" not in form["menu_options"]
