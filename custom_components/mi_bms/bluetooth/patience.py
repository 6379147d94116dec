"""How long connecting may take: less where the scanner that connects seems to be without power."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from typing import Final

from homeassistant.components import bluetooth
from homeassistant.core import HomeAssistant

from ..proto.scheduler.slots import SILENT_AFTER

CONNECT_TIMEOUT: Final = 45.0  # s for the whole connecting, all attempts together
LEAST_PATIENCE: Final = 5.0  # s, however long the scanner has been silent
_LOOK: Final = 1.0  # s


def _doubtful(hass: HomeAssistant, address: str) -> bool:
    """Return whether a scanner that connects right now is silent while another one hears the device, too."""
    near = [
        one.scanner
        for one in bluetooth.async_scanner_devices_by_address(hass, address, True)
    ]
    silent = [one for one in near if one.time_since_last_detection() >= SILENT_AFTER]
    # Which one the stack has asked nobody tells; one that hears somebody may take its time.
    busy = any(one.connections_in_progress() for one in silent)
    return busy and len(silent) < len(near)


@contextlib.asynccontextmanager
async def patience(hass: HomeAssistant, address: str) -> AsyncIterator[None]:
    """Limit the time for connecting; raise ``TimeoutError``.

    A scanner that may be without power is given up sooner: only failures make the stack take another
    one.
    """

    async def watch(limit: asyncio.Timeout) -> None:
        await asyncio.sleep(LEAST_PATIENCE)
        while not _doubtful(hass, address):  # noqa: ASYNC110 (no event tells)
            await asyncio.sleep(_LOOK)
        limit.reschedule(asyncio.get_running_loop().time())

    async with asyncio.timeout(CONNECT_TIMEOUT) as limit:
        watching = asyncio.create_task(watch(limit))
        try:
            yield
        finally:
            watching.cancel()
