"""When what was changed in the registries is surely on the disk."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final

from homeassistant.core import (
    CALLBACK_TYPE,
    CoreState,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.event import async_call_later

SURELY: Final = (
    200.0  # s; Home Assistant writes its registries after 180 s while it starts
)
_RUNNING: Final = 15.0  # s; and after 10 s when it runs


@callback
def async_when_on_disk(
    hass: HomeAssistant,
    then: Callable[[], Coroutine[Any, Any, None]],
    *,
    surely: bool = True,
    since: float | None = None,
    least: float = 0.0,
) -> CALLBACK_TYPE:
    """Do something as soon as the registries are written, which were changed ``since`` (s of the loop).

    ``surely`` counts on other changes that put it off. ``least`` is for how long (s) it waits in any case.
    """

    async def do(_now: datetime) -> None:
        await then()

    wait = SURELY if surely else _RUNNING
    if hass.state is not CoreState.running:
        # What is surely on the disk comes after the rest here, too.
        wait = SURELY + (_RUNNING if surely else 0.0)
    job = HassJob(do, "takeover on disk", cancel_on_shutdown=True)
    passed = 0.0 if since is None else hass.loop.time() - since
    return async_call_later(hass, max(wait - passed, least), job)
