"""The list of devices that can be given a key: what is heard goes in, lines to choose from come out."""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import HomeAssistant

from ..bluetooth.discovery import MIBEACON_FORMAT, Heard, async_ours, nearness
from ..proto.activation.devices import can_pair
from ..proto.model.names import Words, bracketed
from ..texts import async_words
from .base import names_of

LISTED: Final = 30  # devices
LONGEST_FILTER: Final = 200  # characters
_DIFFERENCE: Final = 3  # dB that change the list; less is noise
_AGE: Final = 10  # s in which silence is told


class Listed(NamedTuple):
    """A line of the list; ``age`` is for how long (s) the device has been silent."""

    heard: Heard
    name: str
    age: int

    @property
    def silence(self) -> int:
        """Return the silence in s, in steps that are worth showing."""
        return self.age // _AGE * _AGE

    def differs(self, shown: Listed) -> bool:
        """Return whether a line reads otherwise than when it was shown."""
        moved = abs(self.heard.info.rssi - shown.heard.info.rssi)
        told = self.silence, self.name
        return moved >= _DIFFERENCE or told != (shown.silence, shown.name)

    def label(self, words: Words) -> str:
        """Return signal, name and address in this order: narrow screens cut the end off."""
        signal = f"{self.heard.info.rssi} dBm"
        if self.silence:
            signal = words("pair_list", "ago", seconds=str(self.silence))
        shown = bracketed(self.name, self.heard.known_as(words))
        return f"{signal} · {shown} · {self.heard.address}"


def product_of(heard: Heard) -> int | None:
    """Return the product id that a device sends, None if it sends none."""
    seen = heard.sighting
    return seen.product_id if seen and seen.format == MIBEACON_FORMAT else None


async def async_listed(
    hass: HomeAssistant, wanted: str, shown: Collection[str]
) -> dict[str, Listed]:
    """Return the lines by address: of devices in reach whose name, model or address begins as wanted.

    What is ``wanted`` has commas between, nothing is for all. ``shown`` are the addresses on the list
    now.
    """
    parts = wanted[:LONGEST_FILTER].lower().split(",")
    begin = tuple(one.strip() for one in parts if one.strip())
    # Those that are shown stay where they are: nobody should hit the wrong line.
    place = {address: number for number, address in enumerate(shown)}
    now = monotonic_time_coarse()

    def choose(ours: Iterator[Heard]) -> list[Heard]:
        found = [
            one for one in ours if can_pair(product_of(one)) and _begins(one, begin)
        ]
        found.sort(key=lambda one: (place.get(one.address, len(place)), nearness(one)))
        return found[:LISTED]

    found = await async_ours(hass, choose, connectable=True)
    names = names_of(hass, found, await async_words(hass))
    return {
        one.address: Listed(one, names[one.address], max(0, int(now - one.info.time)))
        for one in found
    }


def _begins(heard: Heard, prefixes: tuple[str, ...]) -> bool:
    names = (heard.info.name, heard.model, heard.address)
    return not prefixes or any(one.lower().startswith(prefixes) for one in names)
