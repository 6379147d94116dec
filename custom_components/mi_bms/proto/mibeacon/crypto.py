"""Bind keys and what they open.

Everything is AES-128 in CCM mode. MiBeacon v4/v5, BTHome and the custom firmware use a 16-byte key
and a tag of 4 bytes. MiBeacon v2/v3 uses a 12-byte key around four fixed bytes, a 13-byte nonce and
sends one byte of check, which is the first byte of the tag that CCM makes when asked for 16.
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from ..model.errors import KeyFormatError

AAD: Final = b"\x11"

_LEGACY_MIDDLE: Final = bytes.fromhex("8d3d3c97")
_PADDING: Final = b"\xff" * 4
_SEPARATORS: Final = str.maketrans("", "", " \t\r\n:-")
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_MAC_DIGITS: Final = 12
_KEY_DIGITS: Final = (24, 32)

# CCM with a 13-byte nonce encrypts with a key stream made of blocks of a flag, the nonce and a
# number from 1; the block of number 0 is laid over the tag. No frame needs more blocks than these.
_FLAG: Final = b"\x01"
_NUMBERS: Final = tuple(number.to_bytes(2) for number in range(1, 17))
_BLOCK: Final = 16
# The tag is a chain of blocks: one of a flag (associated data, a tag of 16 bytes, lengths of 2 bytes),
# the nonce and the length, one of the associated data with its length, then what was said.
_TAG_FLAG: Final = b"\x79"
# What stands around the nonces of the three blocks to begin with, by the length of what was said: the
# first of the key stream, the one that is laid over the tag, the first of the tag.
_AROUND_NONCES: Final = tuple(
    (_FLAG, _NUMBERS[0] + _FLAG, bytes(2) + _TAG_FLAG, size.to_bytes(2))
    for size in range(_BLOCK + 1)
)
_REST: Final = tuple(8 * (_BLOCK - size) for size in range(_BLOCK + 1))  # bits
_number: Final = int.from_bytes  # looked up once: this is done with each frame
_TAG_AAD: Final = int.from_bytes((len(AAD).to_bytes(2) + AAD).ljust(_BLOCK, b"\0"))


def _digits(text: str) -> str:
    digits = text.translate(_SEPARATORS)
    if not _HEX.issuperset(digits):
        raise KeyFormatError("not_hex")
    return digits


def parse_key(text: str) -> bytes:
    """Read a key of 24 or 32 hex digits, with or without separators; raise ``KeyFormatError``."""
    digits = _digits(text)
    if len(digits) not in _KEY_DIGITS:
        raise KeyFormatError("length")
    return bytes.fromhex(digits)


def parse_key_and_mac(text: str) -> tuple[bytes, str | None]:
    """Read a key, or a key followed by the 12 digits of its device's address (as Tasmota writes it)."""
    digits = _digits(text)
    size = len(digits) - _MAC_DIGITS
    if size not in _KEY_DIGITS:
        return parse_key(digits), None
    return bytes.fromhex(digits[:size]), _address(digits[size:])


def parse_mac_and_key(text: str) -> tuple[bytes, str] | None:
    """Read an address of 12 digits followed by its key; None for text that cannot be both.

    Each such text is a key followed by an address as well: only what is heard tells which it is.
    """
    digits = text.translate(_SEPARATORS)
    if len(digits) - _MAC_DIGITS not in _KEY_DIGITS or not _HEX.issuperset(digits):
        return None
    return bytes.fromhex(digits[_MAC_DIGITS:]), _address(digits[:_MAC_DIGITS])


def _address(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)).upper()


class Cipher:
    """Be one key in both its shapes, ready to open frames.

    A 12-byte key is, followed by four bytes FF, the 16-byte key of newer remotes; the vendor's cloud
    gives it in that form too. Other programs store it in the shape that AES gets.
    """

    __slots__ = ("_blocks", "_legacy", "decrypt")

    def __init__(self, key: bytes) -> None:
        """Prepare a key of 12 or 16 bytes; any other length raises ``KeyFormatError``.

        ``decrypt`` opens ciphertext and tag, given nonce and associated data.
        """
        if len(key) not in {12, 16}:
            raise KeyFormatError("length")
        full = key if len(key) == 16 else key + _PADDING
        self.decrypt = AESCCM(full, tag_length=4).decrypt
        if full.endswith(_PADDING):
            full = full[:6] + _LEGACY_MIDDLE + full[6:12]
        self._legacy: AESCCM | None = None
        self._blocks: Callable[[bytes], bytes] | None = None
        if full[6:10] == _LEGACY_MIDDLE:
            self._legacy = AESCCM(full, tag_length=16)
            # Single blocks are what CCM itself is made of: no message is ever encrypted like this.
            self._blocks = BlockCipher(AES(full), ECB()).encryptor().update  # noqa: S305

    def decrypt_legacy(self, nonce: bytes, sealed: bytes, check: int) -> bytes:
        """Open a v2/v3 object; ``InvalidTag`` if the key has another length or the check byte is wrong."""
        plain, right = self.read_legacy(nonce, sealed)
        if right != check:
            raise InvalidTag
        return plain

    def read_legacy(self, nonce: bytes, sealed: bytes) -> tuple[bytes, int]:
        """Read a v2/v3 object, and the check byte that belongs to it; ``InvalidTag`` without such a key."""
        size, blocks = len(sealed), self._blocks
        if self._legacy is None or blocks is None:
            raise InvalidTag
        # One byte of a tag is none for CCM's own decryption, which gives nothing without it.
        if 0 < size <= _BLOCK:
            # Nearly all are that short, and CCM's own encryption takes longer than its blocks.
            made = blocks(nonce.join(_AROUND_NONCES[size]))
            said = _number(sealed) ^ _number(made[:size])
            chain = _number(made[2 * _BLOCK :]) ^ _TAG_AAD
            chain = _number(blocks(chain.to_bytes(_BLOCK))) ^ said << _REST[size]
            first = blocks(chain.to_bytes(_BLOCK))[0]
            return said.to_bytes(size), first ^ made[_BLOCK]
        head, numbers = _FLAG + nonce, _NUMBERS[: (size + _BLOCK - 1) // _BLOCK]
        stream = blocks(b"".join([head + number for number in numbers]))
        plain = (int.from_bytes(sealed) ^ int.from_bytes(stream[:size])).to_bytes(size)
        return plain, self._legacy.encrypt(nonce, plain, AAD)[size]

    def encrypt_legacy(self, nonce: bytes, plain: bytes) -> tuple[bytes, int]:
        """Seal a v2/v3 object: ciphertext and check byte; ``InvalidTag`` if the key has another length."""
        if self._legacy is None:
            raise InvalidTag
        sealed = self._legacy.encrypt(nonce, plain, AAD)
        return sealed[: len(plain)], sealed[len(plain)]
