"""What the recorder makes of a meter: sums that only grow, over reloads, gaps and old backups."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    do_adhoc_statistics,
)

from custom_components.mi_bms.runtime import SHARED
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.config_entries import ConfigEntry
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ..database import written_database
from ..home import Home
from .test_batteries import ADDRESS, added, still
from .test_meters import CHARGED, exact, reload

pytestmark = pytest.mark.slow

__all__ = ["written_database"]  # a fixture

SLOT = 300.0  # s
SLOTS = 8

type Act = Callable[[Home, ConfigEntry[Any], dict[str, Any]], Awaitable[None]]


async def reloaded(home: Home, entry: ConfigEntry[Any], _old: dict[str, Any]) -> None:
    await reload(home, entry)


async def unheard(home: Home, entry: ConfigEntry[Any], _old: dict[str, Any]) -> None:
    """Lose the battery for most of a slot."""
    del entry
    home.air.refuse.add(ADDRESS)
    await home.clock.run(200)
    home.air.refuse.clear()


async def restored(home: Home, entry: ConfigEntry[Any], old: dict[str, Any]) -> None:
    """Begin again with what an old backup holds, or with nothing at all."""
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    shared = home.hass.data[SHARED]
    shared.kept[ADDRESS] = dict(old)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.clock.settle()


async def emptied(home: Home, entry: ConfigEntry[Any], _old: dict[str, Any]) -> None:
    await restored(home, entry, {})


async def nothing(_home: Home, _entry: ConfigEntry[Any], _old: dict[str, Any]) -> None:
    """Let the battery be read."""


async def compiled(home: Home, start: datetime) -> None:
    """Have the recorder compile the slot that has ended."""
    instance = get_instance(home.hass)
    await instance.async_block_till_done()
    do_adhoc_statistics(home.hass, start=start)
    await instance.async_block_till_done()


@pytest.mark.parametrize("act", [nothing, reloaded, unheard, restored, emptied])
async def test_sums_only_grow(home: Home, act: Act) -> None:
    assert await async_setup_component(home.hass, "sensor", {})
    now = dt_util.utcnow().timestamp()
    await home.clock.leap(SLOT - now % SLOT)
    device = still()
    device.pack.current = 60.0
    entry = await added(home, device)
    meter_id = home.entity_id(device, CHARGED)
    assert meter_id
    old: dict[str, Any] = {}
    begin = start = dt_util.utc_from_timestamp(
        dt_util.utcnow().timestamp() // SLOT * SLOT
    )
    for slot in range(SLOTS):
        if slot in {3, 5}:
            await act(home, entry, old)
        end = start.timestamp() + SLOT
        while dt_util.utcnow().timestamp() < end:
            await home.listen(device, 1, every=10)
        if slot == 1:
            old = dict(entry.runtime_data.snapshot())
        await compiled(home, start)
        start += timedelta(seconds=SLOT)
    found = await get_instance(home.hass).async_add_executor_job(
        lambda: statistics_during_period(
            home.hass, begin, None, {meter_id}, "5minute", None, {"sum", "state"}
        )
    )
    rows = found[meter_id]
    assert len(rows) >= SLOTS - 1
    for one, other in pairwise(rows):
        assert (other["sum"] or 0) >= (one["sum"] or 0)
        assert (other["state"] or 0) >= (one["state"] or 0)
    # The whole sum is what flowed: nothing was counted again.
    volts = float(home.value(device, "voltage"))
    most = 60.0 * volts * SLOT * SLOTS / 3.6e6
    assert 0.5 * most < (rows[-1]["sum"] or 0) <= 1.01 * most
    assert (rows[-1]["state"] or 0) <= (await exact(home, entry))[CHARGED]
