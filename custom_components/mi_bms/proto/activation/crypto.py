"""The arithmetic of the activation: everything is recomputed from bytes, nothing is kept.

Registration: P-256 keys travel as X and Y (32 bytes each, big-endian); the X of the shared point goes
through HKDF-SHA-256 without salt. Login: HKDF-SHA-256 over the token, salted with both random values.
Older remotes: RC4, started anew for every message, with keys mixed from address and product id.
"""

from collections.abc import Callable
import hmac
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..model.errors import ActivationError
from .contract import ErrorCode

type Chance = Callable[[int], bytes]

ID_SIZE: Final = 20
RANDOM_SIZE: Final = 16
PROOF_SIZE: Final = 32
PUBLIC_SIZE: Final = 64

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SETUP: Final = b"mible-setup-info"
_LOGIN: Final = b"mible-login-info"
# Constant on purpose: the key it is used with is fresh in every run.
_ID_NONCE: Final = bytes(range(0x10, 0x1C))
_ID_ASSOCIATED: Final = b"devID"
_ID_PREFIX: Final = b"\0blt.3.129v"
_ID_SUFFIX: Final = b"MIB"
_ID_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class SetupKeys(NamedTuple):
    """The result of a key exchange: token (12 bytes), bind key (16), key of the device id (16)."""

    token: bytes
    bind_key: bytes
    id_key: bytes


class LoginKeys(NamedTuple):
    """The keys of one login, 16 bytes each."""

    device: bytes
    app: bytes


def make_private(chance: Chance) -> ec.EllipticCurvePrivateKey:
    """Return a private key made of 32 random bytes, drawn again until they fit."""
    while not 0 < (number := int.from_bytes(chance(32), "big")) < _ORDER:
        pass
    return ec.derive_private_key(number, ec.SECP256R1())


def public_bytes(private: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as it travels: X and Y."""
    point = private.public_key().public_bytes(
        Encoding.X962, PublicFormat.UncompressedPoint
    )
    return point[1:]


def agree(private: ec.EllipticCurvePrivateKey, public: bytes) -> SetupKeys:
    """Return the keys derived from both sides'; raises ``ActivationError`` for no point of the curve."""
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), b"\x04" + public
        )
    except ValueError:
        raise ActivationError(ErrorCode.GARBAGE) from None
    secret = private.exchange(ec.ECDH(), theirs)
    output = HKDF(SHA256(), 64, None, _SETUP).derive(secret)
    return SetupKeys(output[:12], output[12:28], output[28:44])


def seal_id(id_key: bytes, device_id: bytes) -> bytes:
    """Return a device id (20 bytes) encrypted for the confirmation: ciphertext and 4 bytes of tag."""
    return AESCCM(id_key, tag_length=4).encrypt(_ID_NONCE, device_id, _ID_ASSOCIATED)


def invent_id(chance: Chance) -> bytes:
    """Return a new device id (20 bytes) for a device that has none."""
    letters = bytes(_ID_LETTERS[byte % len(_ID_LETTERS)] for byte in chance(6))
    return _ID_PREFIX + letters + _ID_SUFFIX


def login_keys(token: bytes, app_random: bytes, device_random: bytes) -> LoginKeys:
    """Return the keys of one login, derived from the token and both random values."""
    output = HKDF(SHA256(), 64, app_random + device_random, _LOGIN).derive(token)
    return LoginKeys(output[:16], output[16:32])


def prove(key: bytes, own: bytes, other: bytes) -> bytes:
    """Return a side's proof (32 bytes): its own random value comes first."""
    return hmac.digest(key, own + other, "sha256")


def rc4(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt one message of the older generation."""
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 0xFF
        state[i], state[j] = state[j], state[i]
    output = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) & 0xFF
        j = (j + state[i]) & 0xFF
        state[i], state[j] = state[j], state[i]
        output.append(byte ^ state[(state[i] + state[j]) & 0xFF])
    return bytes(output)


def mix(address: str, product_id: int) -> tuple[bytes, bytes]:
    """Return both mixed keys (8 bytes each) of a device of the older generation."""
    m = bytes.fromhex(address.replace(":", ""))[::-1]
    low, high = product_id & 0xFF, product_id >> 8
    return (
        bytes((m[0], m[2], m[5], low, low, m[4], m[5], m[1])),
        bytes((m[0], m[2], m[5], high, m[4], m[0], m[5], low)),
    )
