"""The list of devices that can be given a key: what is heard goes in, lines to choose from come out."""

from collections.abc import Collection
from typing import Final, NamedTuple

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import HomeAssistant

from ..bluetooth.discovery import MIBEACON_FORMAT, Heard, everybody
from ..proto.activation.devices import can_pair
from ..texts import Words

LISTED: Final = 30  # devices
_DIFFERENCE: Final = 3  # dB that change the list; less is noise
_AGE: Final = 10  # s in which silence is told


class Listed(NamedTuple):
    """A line of the list; ``age`` is for how long (s) the device has been silent."""

    heard: Heard
    age: int

    @property
    def silence(self) -> int:
        """Return the silence in s, in steps that are worth showing."""
        return self.age // _AGE * _AGE

    def differs(self, shown: Listed) -> bool:
        """Return whether a line reads otherwise than when it was shown."""
        moved = abs(self.heard.info.rssi - shown.heard.info.rssi)
        return moved >= _DIFFERENCE or self.silence != shown.silence

    def label(self, words: Words) -> str:
        """Return signal, model and address in this order: narrow screens cut the end off."""
        signal = f"{self.heard.info.rssi} dBm"
        if self.silence:
            signal = words("pair_list", "ago", seconds=str(self.silence))
        return f"{signal} · {self.heard.model} · {self.heard.address}"


def product_of(heard: Heard) -> int | None:
    """Return the product id that a device sends, None if it sends none."""
    seen = heard.sighting
    return seen.product_id if seen and seen.format == MIBEACON_FORMAT else None


def listed(
    hass: HomeAssistant, prefixes: str, shown: Collection[str]
) -> dict[str, Listed]:
    """Return the lines by address: of devices in reach whose name, model or address begins as wanted.

    ``prefixes`` have commas between them, none is for all. ``shown`` are the addresses on the list now.
    """
    begin = tuple(one.strip().lower() for one in prefixes.split(",") if one.strip())
    now = monotonic_time_coarse()
    found = [
        Listed(heard, max(0, int(now - heard.info.time)))
        for heard in everybody(hass, connectable=True)
        if can_pair(product_of(heard)) and _begins(heard, begin)
    ]
    # Those that are shown stay where they are: nobody should hit the wrong line.
    place = {address: number for number, address in enumerate(shown)}
    found.sort(key=lambda one: place.get(one.heard.address, len(place)))
    return {one.heard.address: one for one in found[:LISTED]}


def _begins(heard: Heard, prefixes: tuple[str, ...]) -> bool:
    names = (heard.info.name, heard.model, heard.address)
    return not prefixes or any(one.lower().startswith(prefixes) for one in names)
