"""What the keys of devices have proven, and how far their frames counted, kept as long as the keys are."""

from collections.abc import Callable, Mapping
from typing import Final

from ..mibeacon.decoder import Decoder

type Snapshot = Mapping[str, object]


class Proofs:
    """Hold the snapshots of decoders whose key has opened a frame, by address."""

    __slots__ = ("_decoders", "_kept", "_left")

    def __init__(self, kept: Mapping[str, Snapshot] | None = None) -> None:
        """Take what former runs kept; a decoder judges it."""
        self._kept: Final = dict(kept or {})
        self._decoders: Final[dict[str, Decoder]] = {}
        self._left = False  # somebody, since the last snapshot

    def __contains__(self, address: str) -> bool:
        """Say whether something is kept of a device."""
        return address in self._kept

    def get(self, address: str) -> Snapshot | None:
        """Return what is kept of a device."""
        return self._kept.get(address)

    def proves(self, address: str, key: bytes) -> bool:
        """Say whether a key has ever opened a frame of a device."""
        kept = self._kept.get(address)
        return kept is not None and Decoder(address, key, backup=kept).proven

    def follow(
        self, address: str, decoder: Decoder, changed: Callable[[], None]
    ) -> None:
        """Keep what a decoder finds out; ``changed`` is called when that is another proof."""
        self._decoders[address] = decoder
        decoder.device.followers.append(changed)
        if decoder.proven and address not in self._kept:
            changed()

    def leave(self, address: str) -> None:
        """Keep what a decoder has found out, and ask it no more."""
        self._ask(address)
        self._left |= self._decoders.pop(address).proven

    @property
    def moves(self) -> bool:
        """Say whether counters may have gone on since the last snapshot."""
        return self._left or any(one.proven for one in self._decoders.values())

    def _ask(self, address: str) -> None:
        decoder = self._decoders[address]
        if decoder.proven:
            self._kept[address] = decoder.snapshot()

    def snapshot(self) -> dict[str, Snapshot]:
        """Return all, for JSON."""
        self._left = False
        for address in self._decoders:
            self._ask(address)
        return dict(self._kept)

    def forget(self, address: str) -> None:
        """Drop what is kept of a device whose key is forgotten."""
        self._kept.pop(address, None)
