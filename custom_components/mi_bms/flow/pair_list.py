"""The list of devices that can be given a key: what is on it, and how a line reads."""

from typing import Final, NamedTuple

from ..bluetooth.discovery import MIBEACON_FORMAT, Heard
from ..proto.activation.devices import HINTS, Hint, Preparation, Way
from ..texts import Words

_DIFFERENCE: Final = 3  # dB that change the list; less is noise
_AGE: Final = 10  # s in which silence is told

_UNKNOWN: Final = Hint(Way.STANDARD, Preparation.HOLD_BUTTON)


class Listed(NamedTuple):
    """Hold one line of the list; ``age`` is for how long (s) the device has been silent."""

    heard: Heard
    age: int

    @property
    def silence(self) -> int:
        """Return for how long it has been silent, in steps that are worth telling."""
        return self.age // _AGE * _AGE

    def differs(self, shown: Listed) -> bool:
        """Return whether a line looks otherwise than when it was shown."""
        moved = abs(self.heard.info.rssi - shown.heard.info.rssi)
        return moved >= _DIFFERENCE or self.silence != shown.silence

    def label(self, words: Words) -> str:
        """Return signal, model and address, what changes first: narrow screens cut the end off."""
        signal = f"{self.heard.info.rssi} dBm"
        if self.silence:
            signal = words("pair_list", "ago", seconds=str(self.silence))
        return f"{signal} · {self.heard.model} · {self.heard.address}"


def hint_of(product: int | None) -> Hint:
    """Return what is known of giving a product a key."""
    return _UNKNOWN if product is None else HINTS.get(product, _UNKNOWN)


def can_pair(product: int | None) -> bool:
    """Return whether it makes sense to offer a pairing at all."""
    return product is not None and hint_of(product).way is not Way.NOT_NEEDED


def product_of(heard: Heard) -> int | None:
    """Return the product that a device tells of, None if it tells none."""
    seen = heard.sighting
    return seen.product_id if seen and seen.format == MIBEACON_FORMAT else None


def begins(heard: Heard, prefixes: list[str]) -> bool:
    """Return whether a device's name, model or address begins with one of some prefixes, if there are any."""
    names = (heard.info.name.lower(), heard.model.lower(), heard.address.lower())
    return not prefixes or any(
        name.startswith(prefix) for prefix in prefixes for name in names
    )
