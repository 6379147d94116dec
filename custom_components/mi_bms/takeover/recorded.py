"""What is asked of the recorder: what it knows of statistics, when it is done, when five minutes are compiled."""

from functools import partial
import threading
from typing import Final

from homeassistant.components.recorder import DOMAIN as RECORDER
from homeassistant.components.recorder.models import StatisticMetaData
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

type Known = dict[str, tuple[int, StatisticMetaData]]

_PATIENCE: Final = 10.0  # s that a busy recorder is waited for
_PERIOD: Final = 300.0  # s that it compiles at a time
_COMPILES: Final = 60.0  # s after which it has, most likely: it begins after 10 s


async def async_known(hass: HomeAssistant, names: set[str]) -> Known:
    """Return what the recorder says of statistics; nothing without a recorder."""
    if RECORDER not in hass.config.components or not names:
        return {}
    return await get_instance(hass).async_add_executor_job(
        partial(get_metadata, hass, statistic_ids=names)
    )


async def async_settled(hass: HomeAssistant) -> None:
    """Wait until the recorder has done what it was asked to; one that hangs is not waited for."""
    if RECORDER not in hass.config.components:
        return
    done = threading.Event()
    work = hass.async_create_task(get_instance(hass).async_block_till_done())
    work.add_done_callback(lambda _work: done.set())
    # It is a thread of its own, at work by its own time.
    if not await hass.async_add_executor_job(done.wait, _PATIENCE):
        work.cancel()


def until_compiled() -> float:
    """Return in how many seconds the five minutes of now are compiled, and the next ones are not."""
    return _PERIOD - dt_util.utcnow().timestamp() % _PERIOD + _COMPILES
