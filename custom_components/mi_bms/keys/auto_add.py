"""Sensors that are added without asking: who has been near for a while, one after the other."""

import asyncio
from typing import TYPE_CHECKING

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import HomeAssistant

from ..bluetooth.adverts import HeardAdvert, last_advert
from ..bluetooth.discovery import look_at
from ..const import DOMAIN
from ..entries import Wish, async_add
from ..proto.keys.newcomers import AN_HOUR, Newcomers
from ..proto.model.reading import Outcome
from .storage import STOPPED, tell

if TYPE_CHECKING:
    from .ring import Keys


class AutoAdd:
    """Who may be added by itself, for the ring of keys that hears them."""

    def __init__(self, hass: HomeAssistant, keys: Keys) -> None:
        """Begin with nobody near."""
        self._hass, self._keys = hass, keys
        self._newcomers = Newcomers()
        self._adding = asyncio.Lock()

    def start_anew(self, *, forgive: bool = False) -> None:
        """Look at everybody again; with ``forgive``, as if none had been added before."""
        self._newcomers.start_anew()
        if forgive:
            self._newcomers.forgive()

    def consider(self, info: HeardAdvert) -> None:
        """Add a sensor that has been near for a while, one after the other."""
        address = info.address
        if address in self._keys.ignored or self._adding.locked():
            return
        if not self._newcomers.hear(address, info.time, info.rssi):
            return
        if self._hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, address):
            return
        self._hass.async_create_task(self._async_add(address), f"{DOMAIN} add a sensor")

    async def _async_add(self, address: str) -> None:
        async with self._adding:
            keys = self._keys
            info = last_advert(self._hass, address)
            heard = look_at(info) if info else None
            decoder = keys.decoder(address)
            if heard is None or decoder is None or not keys.auto_add:
                return
            key = await keys.async_match(address, proven=True)
            if key is None and decoder.frames:
                # One more packet is no reason to try all keys again; a new key is.
                return
            if key is None and Outcome.DECODED not in decoder.counters:
                self._newcomers.again(address)
                return
            wish = Wish(address=address, key=key, heard=heard)
            await async_add(self._hass, wish)
            if not self._newcomers.add(monotonic_time_coarse()):
                # So many at once are hardly the user's own.
                keys.async_stop_adding()
                tell(self._hass, STOPPED, count=str(AN_HOUR))
