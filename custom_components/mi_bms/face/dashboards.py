"""A dashboard that makes itself: stored is only that it does.

From Python, Home Assistant has no public way to make one. The command that its own pages use is asked
instead; where that has changed, nothing is made, and people are told how they do it.
"""

import asyncio
import inspect
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..texts import async_words

_LOGGER = logging.getLogger(__name__)

STRATEGY: Final = "custom:mi-bms"
# The second, where somebody has something else under the first. Home Assistant wants a hyphen.
PATHS: Final = ("mi-bms", "mi-bms-dashboard")
ICON: Final = "mdi:battery-bluetooth"
_CREATE: Final = "lovelace/dashboards/create"
_LOCK: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}.dashboards")


async def async_ours(hass: HomeAssistant) -> str | None:
    """Return the path of a dashboard that is ours, None where there is none or nothing is known."""
    for path, dashboard in _dashboards(hass).items():
        try:
            config = await dashboard.async_load(False)
            if path and config["strategy"]["type"] == STRATEGY:
                return str(path)
        # One that is empty, or made in another way, or cannot be read: it is not ours.
        except Exception:  # noqa: BLE001, S112
            continue
    return None


async def async_may_make(hass: HomeAssistant) -> bool:
    """Return whether a dashboard is worth to be offered."""
    return bool(_dashboards(hass)) and await async_ours(hass) is None


async def async_make(hass: HomeAssistant) -> str | None:
    """Make the dashboard and return its path, None where that is not possible.

    One of ours that is there is left as it is, whatever else has its path, too.
    """
    async with hass.data.setdefault(_LOCK, asyncio.Lock()):
        if path := await async_ours(hass):
            return path
        title = (await async_words(hass))("dashboard", "title")
        try:
            return await _async_make(hass, title)
        except Exception as err:  # noqa: BLE001  (whatever has changed in there)
            _LOGGER.debug("No dashboard could be made: %r", err)
            return None


def _dashboards(hass: HomeAssistant) -> dict[str | None, Any]:
    if "frontend" not in hass.config.components:
        return {}
    from homeassistant.components.lovelace.const import LOVELACE_DATA  # noqa: PLC0415

    found = getattr(hass.data.get(LOVELACE_DATA), "dashboards", None)
    return {**found} if isinstance(found, dict) else {}


async def _async_make(hass: HomeAssistant, title: str) -> str | None:
    from homeassistant.components.frontend import DATA_PANELS  # noqa: PLC0415

    taken = {*_dashboards(hass), *hass.data[DATA_PANELS]}
    path = next((one for one in PATHS if one not in taken), None)
    if path is None:
        return None
    handler, _schema = hass.data["websocket_api"][_CREATE]
    # A second collection would write over what the first keeps.
    collection: Any = inspect.unwrap(handler).__self__.storage_collection
    made = await collection.async_create_item(
        {"url_path": path, "title": title, "icon": ICON, "show_in_sidebar": True}
    )
    try:
        await _dashboards(hass)[path].async_save({"strategy": {"type": STRATEGY}})
    except Exception:
        await collection.async_delete_item(made["id"])
        raise
    return path
