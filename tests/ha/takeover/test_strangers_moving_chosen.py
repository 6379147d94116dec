"""Units on the way back, as a stranger tries it: what was chosen stays, and what was cured is as before."""

from typing import Any

import pytest

from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from tests.ha.database import written_database
from tests.ha.home import Home

from .moving import ADDRESS, Old, Peers, back, device, move, ours, row
from .moving_books import (
    book,
    books,
    border,
    complained,
    complaints,
    enable_statistics,
    gaps,
    graph,
    moved,
    peers,
    slot,
)

__all__ = ["enable_statistics", "peers", "written_database"]  # fixtures


@pytest.mark.parametrize("unit", ["K", "°F", "°C"])
async def test_the_unit_and_the_digits_that_the_user_chose_stay(
    home: Home, peers: Peers, unit: str
) -> None:
    await border(home, 30)
    entry = await peers.bthome(ADDRESS, [Old("temperature", 20.5, "°C", "temperature")])
    entity_id = "sensor.there_temperature"
    chosen = {"unit_of_measurement": unit, "display_precision": 3}
    er.async_get(home.hass).async_update_entity_options(entity_id, "sensor", chosen)
    await home.clock.settle()
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    beacon = device(temperature=20.5)
    await slot(home)
    await slot(home)
    before = home.hass.states.get(entity_id)
    await move(home, beacon)
    for _ in range(2):
        await slot(home, beacon)
    after = home.hass.states.get(entity_id)
    assert before
    assert after
    assert float(after.state) == pytest.approx(float(before.state))
    assert after.attributes["unit_of_measurement"] == unit
    options: Any = row(home.hass, entity_id).options["sensor"]
    assert chosen.items() <= options.items()
    assert not gaps(await graph(home, entity_id))
    assert not await complaints(home, entity_id)
    await home.clock.run(400)
    await back(home)
    await slot(home)
    await slot(home)
    assert not gaps(await graph(home, entity_id))
    options = row(home.hass, entity_id).options["sensor"]
    assert chosen.items() <= options.items()
    assert not await complaints(home, entity_id)


@pytest.mark.parametrize(
    ("key", "unit"), [("conductivity", "\u00b5S/cm"), ("volume_flow_rate", "m3/hr")]
)
async def test_a_cured_unit_goes_on_after_the_way_back(
    home: Home, peers: Peers, key: str, unit: str
) -> None:
    await border(home, 30)
    await peers.bthome(ADDRESS, [Old(key, 12.0, unit)])
    beacon = device(**{key: 12.0})
    entity_id = f"sensor.there_{key}"
    await slot(home)
    await slot(home)
    for _ in range(2):
        await move(home, beacon)
        assert moved(home, entity_id)
        await slot(home, beacon)
        await slot(home, beacon)
        await back(home)
        assert not moved(home, entity_id)
        await slot(home)
        await slot(home)
        await home.clock.run(60)
    rows = await graph(home, entity_id)
    assert not gaps(rows)
    assert {round(one["mean"], 1) for one in rows} == {12.0}
    assert not await complaints(home, entity_id)
    assert not complained(home)


async def test_an_average_that_becomes_a_total_is_kept_and_comes_back(
    home: Home, peers: Peers
) -> None:
    await border(home, 30)
    await peers.bthome(ADDRESS, [Old("count", 7)])
    beacon = device(count=7)
    entity_id = "sensor.there_count"
    await slot(home)
    await slot(home)
    old = await graph(home, entity_id)
    assert old
    await move(home, beacon)
    assert moved(home, entity_id)
    for _ in range(2):
        await slot(home, beacon)
    kept = await books(home) - {entity_id}
    (archive,) = [one for one in kept if "count" in one]
    assert (await graph(home, archive))[0]["mean"] == 7
    assert all(one["sum"] is not None for one in await graph(home, entity_id))
    assert not await complaints(home, entity_id)
    assert ours(home.hass)


async def test_what_the_recorder_tells_of_a_unit_meanwhile_is_gone_minutes_later(
    home: Home, peers: Peers
) -> None:
    """Once an hour it looks at that, and then an entity that goes back may have two units."""
    await border(home, 30)
    await peers.bthome(ADDRESS, [Old("volume_flow_rate", 12.0, "m3/hr")])
    beacon = device(volume_flow_rate=12.0)

    async def unit() -> str:
        told = await book(home, "sensor.there_volume_flow_rate")
        return str(told["statistics_unit_of_measurement"])

    await slot(home)
    await move(home, beacon)
    await slot(home, beacon)
    await slot(home, beacon)
    minute = 50 * 60
    await home.clock.leap(3600 - (dt_util.utcnow().timestamp() - minute - 30) % 3600)
    assert await unit() == "m³/h"
    await back(home)
    assert await unit() == "m3/hr"
    await slot(home)
    assert await unit() == "m³/h"
    assert len(complained(home)) == 1
    await slot(home, after=200)
    assert await unit() == "m3/hr"
    assert not complained(home)
