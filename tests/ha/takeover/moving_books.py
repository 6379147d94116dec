"""What the recorder has of a house that moves: statistics as they would be on a graph."""

from itertools import pairwise
import logging
from typing import Any, Final

import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
    validate_statistics,
)
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.ha.home import Home
from tests.world.peripheral import Peripheral

from .moving import Peers

SLOT: Final = 300
MIDDLE: Final = 150


@pytest.fixture
def enable_statistics() -> bool:
    """Have the recorder sum up what it records."""
    return True


@pytest.fixture
def peers(home: Home, monkeypatch: pytest.MonkeyPatch) -> Peers:
    """Return other integrations of a house with a database, each of whose questions is not written down."""
    monkeypatch.setattr(
        logging.getLogger("sqlalchemy.engine"), "level", logging.WARNING
    )
    return Peers(home, monkeypatch)


async def ask(home: Home, what: Any, *more: Any) -> Any:
    """Ask the database, when all is written."""
    instance = get_instance(home.hass)
    await instance.async_block_till_done()
    return await home.clock.wait(
        instance.async_add_executor_job(what, home.hass, *more)
    )


async def slot(home: Home, beacon: Peripheral | None = None, after: float = 11) -> None:
    """Let time pass until the recorder has summed up one more slot."""
    if beacon:
        await home.listen(beacon, 2)
    now = dt_util.utcnow().timestamp() % SLOT
    if now < MIDDLE:
        # What is due on the way happens there, and not when the slot is summed up.
        await home.clock.leap(MIDDLE - now)
    await home.clock.leap(SLOT - (dt_util.utcnow().timestamp() - after) % SLOT)
    await get_instance(home.hass).async_block_till_done()
    await home.clock.settle()


async def graph(home: Home, entity_id: str) -> list[dict[str, Any]]:
    """Return all slots of a statistic, in the unit in which it is stored."""
    found = await ask(
        home,
        statistics_during_period,
        dt_util.utc_from_timestamp(0),
        None,
        {entity_id},
        "5minute",
        None,
        {"mean", "sum", "state"},
    )
    return list(found.get(entity_id, ()))


async def book(home: Home, entity_id: str) -> dict[str, Any]:
    """Return what is said of a statistic."""
    found = await ask(home, list_statistic_ids)
    return next(one for one in found if one["statistic_id"] == entity_id)


async def books(home: Home) -> set[str]:
    """Return which statistics there are."""
    return {one["statistic_id"] for one in await ask(home, list_statistic_ids)}


async def complaints(home: Home, entity_id: str) -> list[str]:
    """Return what Home Assistant would ask to be fixed of a statistic."""
    found = await ask(home, validate_statistics)
    return [one.type for one in found.get(entity_id, ())]


def gaps(rows: list[dict[str, Any]]) -> list[float]:
    """Return after which slots one is missing."""
    starts = [one["start"] for one in rows]
    return [one % 3600 for one, two in pairwise(starts) if two - one != SLOT]


def moved(home: Home, entity_id: str) -> bool:
    """Tell whether an entity is ours now."""
    row = er.async_get(home.hass).async_get(entity_id)
    return row is not None and row.platform == DOMAIN


def recorder(home: Home) -> Recorder:
    """Return the recorder."""
    return get_instance(home.hass)


async def border(home: Home, before: float = 0.0) -> None:
    """Go to a point before the next slot begins."""
    await home.clock.leap(SLOT - (dt_util.utcnow().timestamp() + before) % SLOT)


def shown(home: Home, entity_id: str) -> tuple[float, str | None]:
    """Return what an entity shows, and in which unit."""
    state = home.hass.states.get(entity_id)
    assert state
    return float(state.state), state.attributes.get("unit_of_measurement")


def complained(home: Home) -> list[str]:
    """Return the repairs of the recorder's sensors and of ours."""
    found = ir.async_get(home.hass).issues.values()
    return [one.issue_id for one in found if one.domain in {SENSOR, "recorder"}]
