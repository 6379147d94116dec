"""What all entries share: how many batteries may be read at once, and their last good samples."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

# Proxies have three connection slots each, and the bridge to a radio is slow: more at once only
# makes every poll slower.
CONCURRENT_POLLS = 3
STORE_VERSION = 1
STORE_DELAY = 300  # s; a crash loses at most this much of restorable history


@dataclass(slots=True)
class Shared:
    """Hold what the entries of this domain share."""

    polls: asyncio.Semaphore
    store: Store[dict[str, Any]]
    samples: dict[str, dict[str, Any]] = field(default_factory=dict)
    _due: bool = False

    def remember(self, address: str, sample: dict[str, Any]) -> None:
        """Keep a battery's last good sample for the next start."""
        self.samples[address] = sample
        self._save_later()

    def forget(self, address: str) -> None:
        """Drop what is kept of a battery that was removed."""
        if self.samples.pop(address, None) is not None:
            self._save_later()

    def _save_later(self) -> None:
        # Each request would put the write off once more, and polls come more often than that.
        if not self._due:
            self._due = True
            self.store.async_delay_save(self._saved, STORE_DELAY)

    def _saved(self) -> dict[str, Any]:
        self._due = False
        return self.samples


SHARED: HassKey[Shared] = HassKey(DOMAIN)


async def async_setup_shared(hass: HomeAssistant) -> None:
    """Make the shared state once, when the integration is loaded."""
    store: Store[dict[str, Any]] = Store(hass, STORE_VERSION, f"{DOMAIN}.samples")
    shared = Shared(asyncio.Semaphore(CONCURRENT_POLLS), store)
    shared.samples = await store.async_load() or {}
    hass.data[SHARED] = shared
