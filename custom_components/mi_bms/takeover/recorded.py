"""What is asked of the recorder: what it knows of statistics, when it is done, when five minutes are compiled."""

import asyncio
from functools import partial
import threading
from typing import Final

from homeassistant.components.recorder import DOMAIN as RECORDER
from homeassistant.components.recorder.models import StatisticMetaData
from homeassistant.components.recorder.statistics import (
    async_update_statistics_metadata,
    get_metadata,
    update_statistics_issues,
)
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from ..const import DOMAIN

type Known = dict[str, tuple[int, StatisticMetaData]]

_PATIENCE: Final = 10.0  # s that a busy recorder is waited for
_PERIOD: Final = 300.0  # s that it compiles at a time
_BEGINS: Final = 10.0  # s after them
_COMPILES: Final = 60.0  # s after which it has, most likely
_TAKES: Final = 5.0  # s that a move, or a way back, takes at most, most likely


async def async_known(hass: HomeAssistant, names: set[str]) -> Known:
    """Return what the recorder says of statistics; nothing without a recorder."""
    if RECORDER not in hass.config.components or not names:
        return {}
    return await get_instance(hass).async_add_executor_job(
        partial(get_metadata, hass, statistic_ids=names)
    )


async def async_idle(hass: HomeAssistant) -> bool:
    """Wait until the recorder compiles nothing, and will not for some seconds; return whether it is so.

    What it compiles while an entity changes hands, it compiles without that entity.
    """
    if RECORDER not in hass.config.components:
        return True
    left = _BEGINS - dt_util.utcnow().timestamp() % _PERIOD
    if 0 < left < _TAKES:
        await asyncio.sleep(left + 1)
    return await async_settled(hass)


async def async_settled(hass: HomeAssistant) -> bool:
    """Wait until the recorder has done what it was asked to, but not for long; return whether it has."""
    if RECORDER not in hass.config.components:
        return True
    if hass.state is not CoreState.running:
        # Until then it does nothing.
        return False
    done = threading.Event()
    # To change nothing stands behind all else that it has to do.
    async_update_statistics_metadata(hass, DOMAIN, on_done=done.set)
    # It is a thread of its own, at work by its own time.
    return await hass.async_add_executor_job(done.wait, _PATIENCE)


async def async_look_again(hass: HomeAssistant) -> None:
    """Have the recorder look at what is wrong with statistics, which it does once an hour.

    When that comes while an entity has two units it tells of one that has changed, for an hour.
    """
    if RECORDER in hass.config.components and await async_settled(hass):
        job = get_instance(hass).async_add_executor_job(update_statistics_issues, hass)
        await job


def until_compiled() -> float:
    """Return in how many seconds the five minutes of now are compiled, and the next ones are not."""
    return _PERIOD - dt_util.utcnow().timestamp() % _PERIOD + _COMPILES
