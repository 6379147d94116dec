"""A sensor that core's integration reads moves here, and goes back."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.proto.takeover.model import MovePlan
from custom_components.mi_bms.takeover.give_back import async_give_back
from custom_components.mi_bms.takeover.move import async_begin
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.ha.home import Home
from tests.world.devices import KINDS

from .registers import devices, plan_of, read_by, row_of, rows

ADDRESS, KEY = "A4:C1:38:00:05:5B", "b853075158487ca39a5b5ea9a2d0a2cc"
SETTLED = 210


def thermometer() -> Any:
    return KINDS["LYWSD03MMC"](address=ADDRESS, key=KEY)


def same_word(row: er.RegistryEntry) -> str | None:
    """Return what is called the same here; the strength of reception is left behind."""
    key = row.unique_id.removeprefix(f"{ADDRESS}-")
    return None if key == "signal_strength" else key


async def made(home: Home, plan: MovePlan, **told: Any) -> ConfigEntry[Any]:
    """Order a move of a device that is not set up here, and add it."""
    await home.clock.wait(async_begin(home.hass, plan, made=True))
    data = {"kind": "sensor", "address": ADDRESS, "key": KEY, "product": 0x055B} | told
    entry = MockConfigEntry(
        domain="mi_bms",
        unique_id=ADDRESS,
        title="Attic",
        data={name: one for name, one in data.items() if one is not None},
        minor_version=4,
    )
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.clock.settle()
    return entry


def customise(home: Home) -> None:
    """Change about everything that a user can."""
    registry, found = er.async_get(home.hass), dr.async_get(home.hass)
    temperature = row_of(home.hass, "xiaomi_ble", f"{ADDRESS}-temperature")
    registry.async_update_entity(
        temperature.entity_id,
        new_entity_id="sensor.cold_attic",
        name="Cold",
        icon="mdi:snowflake",
        labels={"winter"},
        hidden_by=er.RegistryEntryHider.USER,
    )
    registry.async_update_entity_options(
        "sensor.cold_attic", "sensor", {"display_precision": 2}
    )
    humidity = row_of(home.hass, "xiaomi_ble", f"{ADDRESS}-humidity")
    registry.async_update_entity(
        humidity.entity_id, disabled_by=er.RegistryEntryDisabler.USER
    )
    assert temperature.device_id
    found.async_update_device(
        temperature.device_id, name_by_user="Roof", labels={"high"}
    )


KEPT = [
    "id",
    "entity_id",
    "device_id",
    "name",
    "icon",
    "labels",
    "hidden_by",
    "aliases",
    "area_id",
    "categories",
    "device_class",
]


@pytest.mark.parametrize("beside", [False, True], ids=["new", "beside"])
async def test_there_and_back(home: Home, beside: bool) -> None:
    sensor = thermometer()
    if beside:
        ours = await home.add(sensor)
        await home.listen(sensor, 6, every=10)
    peer = await read_by(home, "xiaomi_ble", sensor, bindkey=KEY)
    customise(home)
    # The entities that were disabled leave.
    await home.clock.run(40)
    await home.listen(sensor, 6, every=10)
    entries = [peer, ours] if beside else [peer]
    before = rows(home.hass, *entries), devices(home.hass, *entries)
    theirs = rows(home.hass, peer)
    plan = plan_of(home.hass, peer, ADDRESS, same_word)
    if beside:
        await home.clock.wait(async_begin(home.hass, plan, made=False))
        await home.clock.wait(home.hass.config_entries.async_reload(ours.entry_id))
    else:
        ours = await made(home, plan)

    assert ours.state is ConfigEntryState.LOADED
    assert (peer.disabled_by, peer.state) == ("user", ConfigEntryState.NOT_LOADED)
    assert not rows(home.hass, peer)
    assert not devices(home.hass, peer)
    now = rows(home.hass, ours)
    for ruling in plan.moving:
        old, new = theirs[ruling.old.row_id], now[ruling.old.row_id]
        assert {name: new[name] for name in KEPT} == {name: old[name] for name in KEPT}
        assert (new["platform"], new["disabled_by"]) == ("mi_bms", old["disabled_by"])
    (device,) = devices(home.hass, ours).values()
    assert (device["id"], device["name_by_user"]) == (plan.device_id, "Roof")
    await home.listen(sensor, 6, every=10)
    assert float(home.value(sensor, "temperature"))
    assert home.entity_id(sensor, "temperature") == "sensor.cold_attic"
    assert home.hass.states.get("sensor.cold_attic").attributes["friendly_name"]
    await home.clock.run(SETTLED)

    await home.clock.wait(async_give_back(home.hass, ours))
    assert ours.state is ConfigEntryState.LOADED
    # Home Assistant loads it anew where entities were switched on some seconds ago.
    await home.clock.wait(home.hass.config_entries.async_reload(ours.entry_id))
    assert ours.state is ConfigEntryState.LOADED
    await home.clock.run(SETTLED)

    assert peer.state is ConfigEntryState.LOADED
    assert (ours in home.hass.config_entries.async_entries("mi_bms")) is beside
    after = rows(home.hass, *entries)
    assert {one: after[one] for one in before[0]} == before[0]
    # What ours came to show meanwhile is its own.
    news = after.keys() - before[0].keys()
    assert {after[one]["platform"] for one in news} <= {"mi_bms"}
    assert devices(home.hass, *entries) == before[1]
    await home.listen(sensor, 6, every=10)
    assert float(home.hass.states.get("sensor.cold_attic").state)
