"""Actions on batteries: leave them to their maker's app for a while, read them now."""

import asyncio
from itertools import chain
from typing import Final

from probatio import All, Optional, Schema

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import config_validation as cv

from ..banks.members import entries_behind
from ..batteries.coordinator import BatteryCoordinator
from ..batteries.diagnosis import async_refresh
from ..const import DOMAIN, MAX_RELEASE
from ..entries import entry_of_device, running
from ..options import within
from .errors import refusal

ATTR_MINUTES: Final = "minutes"

_DEVICES: Final = {Optional(ATTR_DEVICE_ID): All(cv.ensure_list, [cv.string])}
REFRESH: Final = Schema(_DEVICES)
RELEASE: Final = Schema(
    {
        **_DEVICES,
        Optional(ATTR_MINUTES): within(1, MAX_RELEASE),
    }
)


def _of_device(hass: HomeAssistant, device_id: str) -> list[BatteryCoordinator]:
    """Return the coordinator of a battery, of the one that a pack belongs to, or those of a bank."""
    entry = entry_of_device(hass, device_id)
    found = [
        coordinator
        for one in (entries_behind(hass, entry) if entry else ())
        if (coordinator := running(one, BatteryCoordinator))
    ]
    if not found:
        raise refusal("not_a_battery")
    return found


def _batteries(call: ServiceCall) -> list[BatteryCoordinator]:
    """Return the batteries that are meant, all when none is named; raise what the user did wrong."""
    hass = call.hass
    if ATTR_DEVICE_ID in call.data:
        named = [_of_device(hass, one) for one in call.data[ATTR_DEVICE_ID]]
        return list(dict.fromkeys(chain.from_iterable(named)))
    return [
        coordinator
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        if (coordinator := running(entry, BatteryCoordinator))
    ]


async def async_release(call: ServiceCall) -> None:
    """Disconnect from batteries and stay away from them for some minutes."""
    for coordinator in _batteries(call):
        coordinator.async_release_for(call.data.get(ATTR_MINUTES))


async def async_refresh_batteries(call: ServiceCall) -> None:
    """Read batteries as soon as a slot is free; raise what is wrong with the first that cannot be."""
    batteries = _batteries(call)
    if ATTR_DEVICE_ID not in call.data:
        # Nobody asked for one that somebody wants left alone.
        batteries = [one for one in batteries if not one.away]
    done = await asyncio.gather(
        *(async_refresh(one) for one in batteries), return_exceptions=True
    )
    for failed in done:
        if isinstance(failed, BaseException):
            raise failed
