"""Killed at any moment of a move or of the way back: the next start leads to one of both ends, whole."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
import itertools
from typing import Any, NamedTuple

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.proto.takeover.model import Recipe
from custom_components.mi_bms.takeover.give_back import async_give_back
from custom_components.mi_bms.takeover.journal import order_of
from custom_components.mi_bms.takeover.move import async_begin
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from tests.ha.home import Home
from tests.world.devices import KINDS

from .crashes import (
    DEVICES,
    ENTITIES,
    JOURNAL,
    Files,
    House,
    as_stored,
    come_up,
    disk,
    house,
    written,
)
from .registers import Rows, apart, devices, plan_of, rows
from .stub import DOMAIN, OldReader, measured

__all__ = ["disk", "house"]  # fixtures

ADDRESS, OTHER = "A4:C1:38:00:05:5B", "A4:C1:38:00:05:5C"
LEARNED = frozenset(
    {"manufacturer", "model", "model_id", "sw_version"}
)  # from the first advert
PLACE = ("entity_id", "config_entry_id", "device_id", "disabled_by")
SETTLED = 210
WRITTEN = 30  # s after which everything is on the disk
TOLD = {
    f"old-{key}": measured(key.title(), 20.5)
    for key in ("temperature", "humidity", "unknown_here")
}


class Moment(NamedTuple):
    """Hold what a crash leaves, and what there is to compare with."""

    files: Files
    entries: list[MockConfigEntry]
    rows: Rows
    devices: Rows


def sensor_entry(address: str) -> MockConfigEntry:
    return MockConfigEntry(
        domain="mi_bms",
        unique_id=address,
        title="Attic",
        data={"kind": "sensor", "address": address, "product": None},
        minor_version=4,
    )


@asynccontextmanager
async def reading(home: Home) -> AsyncIterator[OldReader]:
    info = DeviceInfo(
        identifiers={(DOMAIN, ADDRESS)},
        connections={(dr.CONNECTION_BLUETOOTH, ADDRESS)},
        name="Old attic",
    )
    reader = OldReader(home.hass, info)
    reader.entities = TOLD
    try:
        yield reader
    finally:
        reader.close()


def all_entries(hass: HomeAssistant) -> list[ConfigEntry[Any]]:
    return [
        one
        for domain in (DOMAIN, "mi_bms")
        for one in hass.config_entries.async_entries(domain)
    ]


def moment(home: Home, files: Files) -> Moment:
    entries = all_entries(home.hass)
    return Moment(
        written(files),
        [as_stored(one) for one in entries],
        rows(home.hass, *entries),
        devices(home.hass, *entries),
    )


def known(found: Rows, before: Moment) -> Rows:
    """Return rows by what they are where they have come since: their own ids are by chance.

    What stands in the place of what has moved is described when it is announced again.
    """
    rows: Rows = {}
    for one, said in found.items():
        there = said["device_id"] in before.devices
        row = said if there else said | {"device_id": "new"}
        if one in before.rows:
            rows[one] = row
        else:
            names = PLACE if row["platform"] == DOMAIN else row.keys() - {"id"}
            key = f"{row['platform']} {row['unique_id']}"
            rows[key] = {name: row[name] for name in names}
    return rows


def known_devices(found: Rows, before: Moment) -> Rows:
    """Return devices likewise."""
    return {
        (one if one in before.devices else str(said["identifiers"])): (
            said if one in before.devices else said | {"id": ""}
        )
        for one, said in found.items()
    }


def key_of(row: er.RegistryEntry) -> str | None:
    key = row.unique_id.removeprefix("old-")
    return None if key == "unknown_here" else key


async def heard(home: Home) -> None:
    """Hear the sensor, which has a value of everything then."""
    device = KINDS["ATC1441"](address=ADDRESS)
    home.air.devices.pop(ADDRESS, None)
    home.air.add(device)
    await home.listen(device, 3, every=5)


async def live(
    house: House, disk: Files, beside: bool, recipe: Recipe
) -> dict[str, Moment]:
    """Return the moments of a move and of its way back, none of which was disturbed."""
    found: dict[str, Moment] = {}
    async with house({}) as home, reading(home):
        peer = MockConfigEntry(domain=DOMAIN, title="Old", unique_id=ADDRESS)
        # Somebody else of ours, so that the integration is loaded at each start.
        ours = sensor_entry(ADDRESS)
        await come_up(home, [peer, sensor_entry(OTHER), *([ours] if beside else [])])
        await heard(home)
        registry = er.async_get(home.hass)
        registry.async_update_entity(
            "sensor.old_attic_temperature", name="Cold", icon="mdi:snowflake"
        )
        await home.clock.run(SETTLED)
        found["before"] = moment(home, disk)
        plan = replace(plan_of(home.hass, peer, ADDRESS, key_of), recipe=recipe)
        await home.clock.wait(async_begin(home.hass, plan, made=not beside))
        found["ordered"] = moment(home, disk)
        if beside:
            again = home.hass.config_entries.async_reload(ours.entry_id)
            await home.clock.wait(again)
        else:
            await come_up(home, [ours])
        await heard(home)
        await home.clock.run(WRITTEN)
        found["moved"] = moment(home, disk)
        await home.clock.run(200)
        found["settled"] = moment(home, disk)
        await home.clock.wait(async_give_back(home.hass, ours))
        found["returning"] = moment(home, disk)
        await heard(home)
        await home.clock.run(WRITTEN)
        found["back"] = moment(home, disk)
    return found


def mixed(first: Moment, last: Moment, journal: Moment, late: set[str]) -> Moment:
    """Return what a crash leaves that hit before ``late`` was written."""
    files = written(last.files)
    for name in late & {ENTITIES, DEVICES}:
        files[name] = written(first.files)[name]
    files.pop(JOURNAL, None)
    if JOURNAL in journal.files:
        files[JOURNAL] = written(journal.files)[JOURNAL]
    return Moment(files, (first if "entries" in late else last).entries, {}, {})


LATE = [
    set(late)
    for count in range(4)
    for late in itertools.combinations(("entries", ENTITIES, DEVICES), count)
]


async def check(
    house: House, disk: Files, left: Moment, before: Moment, wanted: Moment, case: str
) -> None:
    """Start from what a crash has left, and once more: it is as wanted, and stays so."""
    for _ in range(2):
        async with house(left.files) as home, reading(home):
            await come_up(home, [as_stored(one) for one in left.entries])
            await heard(home)
            await home.clock.run(SETTLED)
            entries = all_entries(home.hass)
            assert {
                (one.domain, one.unique_id, one.disabled_by) for one in entries
            } == {
                (one.domain, one.unique_id, one.disabled_by) for one in wanted.entries
            }
            there = known(rows(home.hass, *entries), before)
            assert apart(there, known(wanted.rows, before)) == {}, case
            parts = known_devices(devices(home.hass, *entries), before)
            wanted_parts = known_devices(wanted.devices, before)
            assert apart(parts, wanted_parts, LEARNED) == {}, case
            assert all(
                one.state is ConfigEntryState.LOADED
                for one in entries
                if one.disabled_by is None
            )
            order = order_of(home.hass, ADDRESS)
            assert order is None or not order.open
            left = moment(home, disk)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", Recipe)
@pytest.mark.parametrize("beside", [False, True], ids=["new", "beside"])
async def test_killed_while_it_moves(
    house: House, disk: Files, beside: bool, recipe: Recipe
) -> None:
    found = await live(house, disk, beside, recipe)
    before, moved = found["before"], found["moved"]
    for journal, late in itertools.product(("ordered", "moved"), LATE):
        left = mixed(before, moved, found[journal], late)
        # Without our entry there is nobody to have it: it is as if nobody had begun.
        goes_on = beside or "entries" not in late
        await check(
            house,
            disk,
            left,
            before,
            moved if goes_on else before,
            f"{journal} without {late}",
        )


@pytest.mark.slow
@pytest.mark.parametrize("recipe", Recipe)
@pytest.mark.parametrize("beside", [False, True], ids=["new", "beside"])
async def test_killed_while_it_goes_back(
    house: House, disk: Files, beside: bool, recipe: Recipe
) -> None:
    found = await live(house, disk, beside, recipe)
    settled, back = found["settled"], found["back"]
    assert apart(back.rows, found["before"].rows) == {}
    for late in LATE:
        left = mixed(settled, back, found["returning"], late)
        await check(house, disk, left, found["before"], back, f"without {late}")
