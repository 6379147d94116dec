"""What the simulated world holds now, for all devices of an entry."""

from datetime import timedelta
import json
import logging
from pathlib import Path
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

ABOUT = Path(__file__).resolve().parent / "about.json"
CONTROL = "world_control"  # the file beside the configuration with the world's address
DOMAIN = __name__.split(".")[-2]
EVERY = timedelta(seconds=3)

type Told = dict[str, dict[str, Any]]


class World(DataUpdateCoordinator[Told]):
    """Ask the world every few seconds."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Take the entry; one that names no address hears all devices of ``about.json``."""
        super().__init__(
            hass,
            logging.getLogger(__name__),
            config_entry=entry,
            name=DOMAIN,
            update_interval=EVERY,
        )
        self._entry = entry
        self.addresses: list[str] = []

    @override
    async def _async_update_data(self) -> Told:
        control = Path(self.hass.config.path(CONTROL))
        read = self.hass.async_add_executor_job
        about = json.loads(await read(ABOUT.read_text))
        one = self._entry.unique_id
        self.addresses = about["devices"] if one == DOMAIN or one is None else [one]
        session = async_get_clientsession(self.hass)
        async with session.get(await read(control.read_text) + "/truth") as reply:
            told: Told = await reply.json()
        return {one: _with_more(told[one]["truth"]) for one in self.addresses}


def _with_more(truth: dict[str, Any]) -> dict[str, Any]:
    """Return what the world holds with what a reader works out by itself."""
    more = {"rssi": -60, "link_quality": 99}
    if (current := truth.get("current", 0)) < 0:
        more["runtime"] = int(3600 * truth["cycle_charge"] / -current)
    return truth | more
