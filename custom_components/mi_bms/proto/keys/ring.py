"""All keys that are known, to try on sensors that have none or whose key no longer fits."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, override

from ..mibeacon.crypto import Cipher, parse_key
from ..mibeacon.key_check import check_key
from ..model.reading import KeyCheck

type Frames = Iterable[tuple[str, bytes]]

KEYS: Final = 2000
SPARE: Final = 8  # further keys of one device
# Newest frames of one device that its own key, and that every other key, is tried on.
_LOOKED_AT: Final = 4
_TRIED: Final = 2


def opens(address: str, key: bytes, frames: Frames) -> bool:
    """Return whether a key opens at least one of a device's frames."""
    return check_key(address, key, frames) is KeyCheck.RIGHT


class KeyRing:
    """The keys of devices, and loose ones whose device is not known.

    A device may have further keys, of which nobody knows yet which is in use.
    """

    __slots__ = ("_loose", "_owned", "_uses", "undecided")

    def __init__(
        self, owned: Mapping[str, bytes] | None = None, loose: Iterable[bytes] = ()
    ) -> None:
        """Take keys by address, and those of no known device."""
        self._owned: dict[str, bytes] = {}
        # Further keys of devices, of which it is not decided yet which is in use.
        self.undecided: dict[str, tuple[bytes, ...]] = {}
        self._loose: dict[bytes, None] = {}
        self._uses: Counter[bytes] = Counter()
        for address, key in (owned or {}).items():
            self.add(address, key)
        for key in loose:
            self.add(None, key)

    def add(self, address: str | None, key: bytes) -> bool:
        """Keep a key of 12 or 16 bytes, else ``KeyFormatError``; false if the ring is full."""
        Cipher(key)
        if address is None and (key in self._loose or self._uses[key]):
            return True
        if address not in self._owned and len(self) >= KEYS:
            return False
        if address is None:
            self._loose[key] = None
        else:
            self._forget_use(self._owned.get(address))
            self._owned[address] = key
            self._uses[key] += 1
            self._loose.pop(key, None)
            self.add_spare(address, ())
        return True

    def add_spare(self, address: str, keys: Iterable[bytes]) -> None:
        """Keep further keys of a device that has one, as long as there is room."""
        own = self._owned.get(address)
        new = dict.fromkeys((*self.undecided.get(address, ()), *keys))
        new.pop(own or b"", None)
        room = max(0, KEYS - len(self) + len(self.undecided.get(address, ())))
        kept = tuple(new)[: min(room, SPARE)] if own else ()
        self.undecided.pop(address, None)
        if kept:
            self.undecided[address] = kept

    def settle(self, address: str) -> None:
        """Keep the further keys of a device as loose ones: its own has proven itself."""
        # One may be in use again, after the sensor was paired on another server.
        for key in self.undecided.pop(address, ()):
            self.add(None, key)

    def spare(self, address: str) -> tuple[bytes, ...]:
        """Return the further keys of a device."""
        return self.undecided.get(address, ())

    def _forget_use(self, key: bytes | None) -> None:
        if key is not None:
            self._uses[key] -= 1

    def remove(self, address: str) -> None:
        """Forget the keys of a device."""
        self._forget_use(self._owned.pop(address, None))
        self.undecided.pop(address, None)

    def drop(self, key: bytes) -> None:
        """Forget a key of no known device."""
        self._loose.pop(key, None)

    def get(self, address: str) -> bytes | None:
        """Return the key of a device."""
        return self._owned.get(address)

    def owners(self, key: bytes) -> tuple[str, ...]:
        """Return the devices that a key is known for."""
        # Copied at once: others may add keys meanwhile.
        return tuple(one for one, own in tuple(self._owned.items()) if own == key)

    @property
    def owned(self) -> dict[str, bytes]:
        """Return the keys by address, for storing."""
        return dict(self._owned)

    @property
    def spares(self) -> dict[str, tuple[bytes, ...]]:
        """Return the further keys by address."""
        return dict(self.undecided)

    @property
    def loose(self) -> tuple[bytes, ...]:
        """Return the keys of no known device, for storing."""
        return tuple(self._loose)

    def fill(self, texts: Mapping[str, Any]) -> None:
        """Add the keys that ``texts`` returned once, else ``KeyFormatError``."""
        for address, key in texts["keys"].items():
            self.add(address, parse_key(key))
        for address, spare in texts["spare"].items():
            self.add_spare(address, map(parse_key, spare))
        for key in texts["loose"]:
            self.add(None, parse_key(key))

    def texts(self) -> dict[str, Any]:
        """Return all keys in hex, for storing."""
        return {
            "keys": {one: key.hex() for one, key in self._owned.items()},
            "spare": {
                one: [key.hex() for key in keys] for one, keys in self.undecided.items()
            },
            "loose": [key.hex() for key in self._loose],
        }

    def decide(self, address: str, frames: Frames) -> bytes | None:
        """Return which of several keys of a device opens its newest frames, None if none does."""
        heard = tuple(frames)[-_TRIED:]
        own = self._owned.get(address)
        keys = (
            (own, *self.undecided[address]) if own and address in self.undecided else ()
        )
        return next((one for one in keys if opens(address, one, heard)), None)

    def match(self, address: str, frames: Frames) -> bytes | None:
        """Find the key that opens a device's frames: its own first, then every other.

        Give None if none does, or if there is no frame.
        """
        heard = tuple(frames)[-_LOOKED_AT:]
        for own in (self._owned.get(address), *self.undecided.get(address, ())):
            if own and opens(address, own, heard):
                return own
        spare = (key for keys in tuple(self.undecided.values()) for key in keys)
        others = dict.fromkeys((*self._loose, *self._owned.values(), *spare))
        best, most = None, 0
        for key in others:
            # A short key passes by chance now and then: the one that opens most is it.
            opened = sum(opens(address, key, (frame,)) for frame in heard[-_TRIED:])
            if opened > most:
                best, most = key, opened
        return best

    def __len__(self) -> int:
        """Count the keys."""
        spare = sum(map(len, self.undecided.values()))
        return len(self._owned) + len(self._loose) + spare

    @override
    def __repr__(self) -> str:
        """Tell how many keys there are, never which."""
        return f"<KeyRing of {len(self)} keys>"
