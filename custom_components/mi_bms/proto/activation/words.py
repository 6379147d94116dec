"""Control words on characteristic 0010: 32 bits little-endian, of which only the low byte is used.

Source: the vendor's embedded stack; error words as observed on devices.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from ..model.errors import ActivationError, ActivationRefused
from .contract import ErrorCode


class ControlWord(IntEnum):
    """A word that is written or waited for."""

    GET_INFORMATION = 0xA2
    REGISTER = 0x15
    VERIFIED = 0x13
    REGISTERED = 0x11
    LOG_IN = 0x24
    LOGGED_IN = 0x21


_HOPELESS: Final[Mapping[int, ErrorCode]] = {
    0xE1: ErrorCode.ALREADY_REGISTERED,
    0xE4: ErrorCode.SECURE_CHIP,
    0xE5: ErrorCode.SECURE_CHIP,
}
_FAILED: Final[Mapping[int, ErrorCode]] = {
    0x12: ErrorCode.REFUSED,
    0x14: ErrorCode.REFUSED,
    0x22: ErrorCode.LOGIN_FAILED,
    0x23: ErrorCode.LOGIN_FAILED,
    0xE0: ErrorCode.NOT_REGISTERED,
    0xE6: ErrorCode.BUSY,
    0xE7: ErrorCode.DECRYPTION,
}


def encode(word: ControlWord) -> bytes:
    """Return the bytes of a word."""
    return word.to_bytes(4, "little")


def decode(data: bytes) -> int | None:
    """Return the number of a word; None for other bytes."""
    return int.from_bytes(data, "little") if len(data) == 4 else None


def failure(word: int) -> ActivationError | None:
    """Return the error that a word means; None for one that means no error."""
    if word in _HOPELESS:
        return ActivationRefused(_HOPELESS[word])
    if word in _FAILED:
        return ActivationError(_FAILED[word])
    # All words of this group are errors, also those without a reason of their own: 0xE2 (logged in
    # before) proves nothing about our token, 0xE3 and 0xE8 are refusals.
    return ActivationError(ErrorCode.REFUSED) if word & ~0x0F == 0xE0 else None
