"""Bind keys and what they open.

Everything is AES-128 in CCM mode. MiBeacon v4/v5, BTHome and the custom firmware use a 16-byte key
and a tag of 4 bytes. MiBeacon v2/v3 uses a 12-byte key around four fixed bytes, a 13-byte nonce and
sends one byte of check, which is the first byte of the tag that CCM makes when asked for 16.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from ..model.errors import KeyFormatError

AAD: Final = b"\x11"

_LEGACY_MIDDLE: Final = bytes.fromhex("8d3d3c97")
_PADDING: Final = b"\xff" * 4
_SEPARATORS: Final = str.maketrans("", "", " \t\r\n:-")
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_MAC_DIGITS: Final = 12
_KEY_DIGITS: Final = (24, 32)


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
    mac = digits[size:].upper()
    return bytes.fromhex(digits[:size]), ":".join(
        mac[at : at + 2] for at in range(0, 12, 2)
    )


class Cipher:
    """Be one key in both its shapes, ready to open frames.

    A 12-byte key is, followed by four bytes FF, the 16-byte key of newer remotes; the vendor's cloud
    gives it in that form too. Other programs store it in the shape that AES gets.
    """

    __slots__ = ("_legacy", "decrypt")

    def __init__(self, key: bytes) -> None:
        """Prepare a key of 12 or 16 bytes; any other length raises ``KeyFormatError``.

        ``decrypt`` opens ciphertext and tag, given nonce and associated data.
        """
        if len(key) not in {12, 16}:
            raise KeyFormatError("length")
        full = key if len(key) == 16 else key + _PADDING
        self.decrypt = AESCCM(full, tag_length=4).decrypt
        self._legacy: AESCCM | None = None
        if full.endswith(_PADDING):
            self._legacy = AESCCM(full[:6] + _LEGACY_MIDDLE + full[6:12], tag_length=16)
        elif full[6:10] == _LEGACY_MIDDLE:
            self._legacy = AESCCM(full, tag_length=16)

    def decrypt_legacy(self, nonce: bytes, sealed: bytes, check: int) -> bytes:
        """Open a v2/v3 object; ``InvalidTag`` if the key has another length or the check byte is wrong."""
        if self._legacy is None:
            raise InvalidTag
        # CCM encrypts with a key stream, so encrypting the ciphertext gives the plaintext.
        encrypt, size = self._legacy.encrypt, len(sealed)
        plain = encrypt(nonce, sealed, AAD)[:size]
        if encrypt(nonce, plain, AAD)[size] != check:
            raise InvalidTag
        return plain

    def encrypt_legacy(self, nonce: bytes, plain: bytes) -> tuple[bytes, int]:
        """Seal a v2/v3 object: ciphertext and check byte; ``InvalidTag`` if the key has another length."""
        if self._legacy is None:
            raise InvalidTag
        sealed = self._legacy.encrypt(nonce, plain, AAD)
        return sealed[: len(plain)], sealed[len(plain)]
