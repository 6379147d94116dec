"""The other integration's entry of a device: switched off for a move, and on again."""

import asyncio
import contextlib
from typing import Final

from homeassistant.config_entries import (
    ConfigEntryDisabler,
    ConfigEntryState,
    OperationNotAllowed,
)
from homeassistant.core import HomeAssistant, callback

_LEAVES: Final = 60.0  # s that an entry has to be unloaded


async def async_peer_off(hass: HomeAssistant, entry_id: str) -> bool:
    """Switch an entry off; return whether nothing of it runs any more."""
    if (entry := hass.config_entries.async_get_entry(entry_id)) is None:
        return False
    if entry.disabled_by is None:
        # One that hangs would keep whoever waits for it, too.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVES):
                await hass.config_entries.async_set_disabled_by(
                    entry_id, ConfigEntryDisabler.USER
                )
    return entry.state is ConfigEntryState.NOT_LOADED


async def async_peer_on(hass: HomeAssistant, entry_id: str) -> None:
    """Switch an entry on, if it is still there."""
    if hass.config_entries.async_get_entry(entry_id) is not None:
        # One that could not be unloaded comes up at the next start of Home Assistant.
        with contextlib.suppress(OperationNotAllowed):
            await hass.config_entries.async_set_disabled_by(entry_id, None)


@callback
def async_peer_again(hass: HomeAssistant, entry_id: str) -> None:
    """Have an entry that goes on find the entities that it has got back."""
    entry = hass.config_entries.async_get_entry(entry_id)
    if entry and entry.supports_unload and entry.state.recoverable:
        hass.config_entries.async_schedule_reload(entry_id)
