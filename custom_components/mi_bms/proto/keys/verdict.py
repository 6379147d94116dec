"""Judge a key that was typed or pasted, in one word."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from string import hexdigits
from typing import Final

from ..mibeacon.crypto import parse_key_and_mac
from ..mibeacon.frame import MODERN_VERSION, parse_head
from ..mibeacon.identify import FE95, uuid16
from ..mibeacon.key_check import check_key
from ..model.errors import KeyFormatError
from ..model.reading import KeyCheck
from .collect import PADDING
from .contract import Refusal
from .importer import read_keys
from .ring import Frames, KeyRing, opens
from .texts import is_empty

_OTHERS: Final = 500  # devices that a key is tried on
_SHORT: Final = 12
_LONGEST: Final = 400  # characters of a key alone, however it is spaced


class Judgement(StrEnum):
    """What a key is worth."""

    RIGHT = "right"
    WRONG = "wrong"
    RIGHT_FOR_OTHER_DEVICE = "right_for_other_device"
    LEGACY_KEY_FOR_NEW_DEVICE = "legacy_key_for_new_device"
    NEW_KEY_FOR_LEGACY_DEVICE = "new_key_for_legacy_device"
    CORRUPT = "corrupt"  # frames were heard, none is whole enough to try a key on
    NOTHING_HEARD = "nothing_heard"
    BAD_KEY_LENGTH = "bad_key_length"
    BAD_KEY_DIGITS = "bad_key_digits"
    EMPTY_KEY = "empty_key"  # how the maker's cloud says that it has none


_REASONS: Final = {
    "length": Judgement.BAD_KEY_LENGTH,
    "not_hex": Judgement.BAD_KEY_DIGITS,
}
_REFUSALS: Final = {
    Refusal.BAD_KEY_LENGTH: Judgement.BAD_KEY_LENGTH,
    Refusal.BAD_KEY_DIGITS: Judgement.BAD_KEY_DIGITS,
    Refusal.EMPTY_KEY: Judgement.EMPTY_KEY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The word, the key if the text had one, and the other device that it is for.

    ``frames`` is on how many frames it was tried: one alone may have been damaged on its way.
    ``digits`` is how many a text without a key has, ``wanted`` how many are needed.
    """

    word: Judgement
    key: bytes | None = field(default=None, repr=False)
    other: str | None = None
    frames: int = 0
    digits: int = 0
    wanted: int = 32


def judge(
    text: str,
    address: str,
    frames: Frames,
    ring: KeyRing | None = None,
    others: Mapping[str, Frames] | None = None,
) -> Verdict:
    """Judge a key for one device by the encrypted frames that were kept of it.

    ``others`` are frames of other devices by address. The text may be any that can be imported.
    """
    heard = tuple(frames)
    read = _read(text, address, heard)
    if isinstance(read, Judgement):
        digits = sum(map(text[:_LONGEST].count, hexdigits))
        sizes = _sizes(heard)
        wanted = next((one for one in sizes if digits <= one), sizes[-1])
        return Verdict(word=read, frames=len(heard), digits=digits, wanted=wanted)
    key, owner = read
    check = check_key(address, key, heard)
    word, other = Judgement.RIGHT, None
    if check is not KeyCheck.RIGHT:
        other = _other_device(key, address, owner, ring or KeyRing(), others or {})
        if other:
            word = Judgement.RIGHT_FOR_OTHER_DEVICE
        elif not heard:
            word = Judgement.NOTHING_HEARD
        elif check is KeyCheck.UNKNOWN:
            word = Judgement.CORRUPT
        else:
            word = _why_wrong(key, heard)
    return Verdict(word=word, key=key, other=other, frames=len(heard))


def _read(
    text: str, address: str, heard: tuple[tuple[str, bytes], ...]
) -> tuple[bytes, str | None] | Judgement:
    """Find the key in a text: this device's if it says so and it fits, else the first."""
    pasted = read_keys(text)
    for line in pasted.found:
        if line.address == address:
            keys = (line.key, *line.others)
            fitting = (one for one in keys if opens(address, one, heard))
            return next(fitting, line.key), address
        if line.swapped and line.swapped[0] == address:
            return line.swapped[1], address
    for line in pasted.found:
        return line.key, line.address
    for key in pasted.loose:
        return key, None
    try:
        found = parse_key_and_mac(text[:_LONGEST])
    except KeyFormatError as err:
        reason = _REASONS[err.reason]
    else:
        return Judgement.EMPTY_KEY if is_empty(found[0]) else found
    for refused in pasted.refused:
        reason = _REFUSALS.get(refused.reason, reason)
    return reason


def _other_device(
    key: bytes,
    address: str,
    owner: str | None,
    ring: KeyRing,
    others: Mapping[str, Frames],
) -> str | None:
    """Return the device that a key is for by its frames, by its own word or by the ring."""
    for other, frames in islice(others.items(), _OTHERS):
        heard = tuple(frames)
        if other != address and opens(other, key, heard):
            return other
    # Its own word, or that of the ring, is not taken against what was heard.
    named = (owner, *ring.owners(key)) if address not in ring.owners(key) else (owner,)
    for device in named:
        if device and device != address and not tuple(others.get(device, ())):
            return device
    return None


def _sizes(heard: tuple[tuple[str, bytes], ...]) -> tuple[int, int]:
    """Return how many digits the keys of a device have, alone and with its address."""
    legacy = bool(heard) and all(_is_legacy(uuid, data) for uuid, data in heard)
    return (24, 36) if legacy else (32, 44)


def _why_wrong(key: bytes, heard: tuple[tuple[str, bytes], ...]) -> Judgement:
    """Tell a wrong key from one of another generation."""
    legacy = {_is_legacy(uuid, data) for uuid, data in heard}
    short = len(key) == _SHORT
    if legacy == {False} and (short or key.endswith(PADDING)):
        return Judgement.LEGACY_KEY_FOR_NEW_DEVICE
    if legacy == {True} and not short and not key.endswith(PADDING):
        return Judgement.NEW_KEY_FOR_LEGACY_DEVICE
    return Judgement.WRONG


def _is_legacy(uuid: str, data: bytes) -> bool:
    return uuid16(uuid) == FE95 and parse_head(data).version < MODERN_VERSION
