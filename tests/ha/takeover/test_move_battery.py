"""A battery of several packs that another integration reads, too: parts, units, what was off at first."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.mi_bms.proto.takeover.model import OurRow
from custom_components.mi_bms.takeover.give_back import async_give_back
from custom_components.mi_bms.takeover.move import async_begin
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from tests.ha.home import Home
from tests.world.devices import KINDS

from .registers import Rows, apart, devices, plan_of, rows
from .stub import DOMAIN, OldReader, measured

ADDRESS = "C0:D6:3C:00:00:03"
PREFIX = f"{DOMAIN}-{ADDRESS.lower()}-"
TOLD = {
    f"{PREFIX}voltage": measured(
        "Voltage", 52.0, native_unit_of_measurement="V", device_class="voltage"
    ),
    f"{PREFIX}temperature": measured(
        "Temperature",
        77.0,
        native_unit_of_measurement="°F",
        device_class="temperature",
        suggested_display_precision=3,
    ),
    f"{PREFIX}current": measured(
        "Current",
        0.0,
        native_unit_of_measurement="A",
        device_class="current",
        entity_registry_enabled_default=False,
    ),
    f"{PREFIX}power": measured(
        "Power",
        0.0,
        native_unit_of_measurement="W",
        device_class="power",
        entity_registry_enabled_default=False,
    ),
}


def key_of(row: er.RegistryEntry) -> str:
    return row.unique_id.removeprefix(PREFIX)


def parts(home: Home, entry: Any) -> Rows:
    """Return the packs of a battery by their own id."""
    found = dr.async_child_entries_for_config_entry(
        dr.async_get(home.hass), entry.entry_id
    )
    return {one.id: {"name": one.name, "area": one.area_id} for one in found}


@pytest.mark.parametrize("beside", [False, True], ids=["new", "beside"])
async def test_there_and_back(home: Home, beside: bool) -> None:
    info = DeviceInfo(
        identifiers={(DOMAIN, ADDRESS), ("bluetooth", ADDRESS)},
        connections={(dr.CONNECTION_BLUETOOTH, ADDRESS)},
        name="Rack",
        sw_version="1.0",
    )
    reader = OldReader(home.hass, info)
    peer = await reader.install(TOLD, unique_id=ADDRESS)
    pack = KINDS["SEPLOS"](address=ADDRESS, name="SP00BATTERY", packs=2)
    entries: list[Any] = [peer]
    if beside:
        ours = await home.add(pack)
        await home.clock.run(60)
        entries.append(ours)
        registry = er.async_get(home.hass)
        # Of two that are off there, the user does not want one of ours either.
        name = home.entity_id(pack, "power")
        assert name
        registry.async_update_entity(name, disabled_by=er.RegistryEntryDisabler.USER)
        await home.clock.run(60)
    before = rows(home.hass, *entries), devices(home.hass, *entries)
    plan = plan_of(home.hass, peer, ADDRESS, key_of)
    added = OurRow(domain="sensor", key="cell_voltage_1", shown=False)
    plan = replace(plan, added=(added,))
    if beside:
        packs = parts(home, ours)
        assert len(packs) == 2
        await home.clock.wait(async_begin(home.hass, plan, made=False))
        await home.clock.wait(home.hass.config_entries.async_reload(ours.entry_id))
    else:
        form = await home.discover(pack)
        await home.clock.wait(async_begin(home.hass, plan, made=True))
        ours = (await home.answer(form, {}))["result"]
    await home.clock.run(90)

    now = {row["entity_id"]: row for row in rows(home.hass, ours).values()}
    assert now["sensor.rack_current"]["disabled_by"] is None
    assert now["sensor.rack_power"]["disabled_by"] == (
        "integration" if beside else None
    )
    assert {now[f"sensor.rack_{one}"]["id"] for one in ("voltage", "power")} == {
        one.old.row_id
        for one in plan.rulings
        if one.old.entity_id[-5:] in "voltage power"
    }
    assert float(home.value(pack, "voltage")) < 60
    shown = home.hass.states.get("sensor.rack_temperature")
    assert shown is not None
    assert shown.attributes["unit_of_measurement"] == "°F"
    assert len(parts(home, ours)) == 2
    if beside:
        assert parts(home, ours) == packs
    else:
        first = er.async_get(home.hass).async_get("sensor.rack_cell_voltage_1")
        assert first is not None
        assert first.unique_id == f"{ADDRESS}-cell_voltage_1"

    await home.clock.run(210)
    await home.clock.wait(async_give_back(home.hass, ours))
    await home.clock.run(90)
    reader.close()
    after = rows(home.hass, *entries)
    news = after.keys() - before[0].keys()
    assert {after[one]["platform"] for one in news} <= {"mi_bms"}
    assert apart({one: after.get(one, {}) for one in before[0]}, before[0]) == {}
    assert apart(devices(home.hass, *entries), before[1]) == {}
    if beside:
        assert parts(home, ours) == packs
