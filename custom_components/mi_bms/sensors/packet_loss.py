"""How often a sensor is heard, which receivers hear its counter, and what each of them misses."""

from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant

from ..bluetooth.adverts import HeardAdvert
from ..bluetooth.scanners import names
from ..proto.mibeacon.losses import Losses
from ..proto.model.hours import Hours

MIBEACON: Final = "0000fe95-0000-1000-8000-00805f9b34fb"


class PacketLoss:
    """Adverts by the hour, and gaps in the counter for each receiver; ``on_new`` is called with address and name of a new one."""

    __slots__ = ("_hass", "_known", "hours", "losses", "on_new")

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin without knowing a receiver."""
        self._hass = hass
        self.losses, self.hours = Losses(), Hours()
        self._known: set[str] = set()
        self.on_new: Callable[[str, str], None] | None = None

    def take(self, info: HeardAdvert) -> None:
        """Take an advert."""
        self.hours.take(info.time)
        if frame := info.service_data.get(MIBEACON):
            self.losses.take(frame, info.source)
            if info.source not in self._known:
                self._meet(info.source)

    def _meet(self, source: str) -> None:
        self._known.add(source)
        if self.on_new:
            self.on_new(source, names(self._hass).get(source, source))
