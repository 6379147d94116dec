"""Whether a key belongs to a device: it is tried on encrypted entries that were heard."""

from collections.abc import Iterable

from ..model.reading import KeyCheck, KeyState, Outcome
from .decoder import Decoder


def check_key(
    address: str, key: bytes, frames: Iterable[tuple[str, bytes]]
) -> KeyCheck:
    """Try a key on encrypted entries (name, bytes); one that it opens is enough.

    ``KeyFormatError`` if the key has neither 12 nor 16 bytes.
    """
    found = KeyCheck.UNKNOWN
    # One decoder for all: some frames are only believed together.
    decoder = Decoder(address, key)
    for entry, data in frames:
        reading = decoder.feed_one(entry, data, 0.0)
        if decoder.key_state is KeyState.RIGHT:
            found = KeyCheck.RIGHT
            break
        if reading.outcome is Outcome.WRONG_KEY:
            found = KeyCheck.WRONG
    return found
