"""Make adverts: the devices' side of the formats, written from their description."""

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.model.reading import Reading

ADDRESS = "A4:C1:38:02:83:F4"
MAC = bytes.fromhex("a4c1380283f4")
KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
OTHER_KEY = bytes(range(16))
SHORT_KEY = bytes.fromhex("00112233445566778899aabb")


def uuid(number: int) -> str:
    return f"0000{number:04x}-0000-1000-8000-00805f9b34fb"


FE95 = uuid(0xFE95)


def number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


def obj(object_id: int, data: bytes | str) -> bytes:
    """Make one object; data as bytes or hex."""
    data = bytes.fromhex(data) if isinstance(data, str) else data
    return number(object_id, 2) + bytes((len(data),)) + data


def clear(
    product: int,
    objects: bytes,
    counter: int = 1,
    *,
    version: int = 5,
    mac: bytes = MAC,
) -> bytes:
    """Make a clear frame with MAC."""
    control = 0x50 | version << 12
    return (
        number(control, 2)
        + number(product, 2)
        + bytes((counter,))
        + mac[::-1]
        + objects
    )


def sealed(
    product: int,
    objects: bytes,
    sequence: int = 1,
    *,
    key: bytes = KEY,
    mac: bytes = MAC,
    with_mac: bool = True,
    capability: bytes = b"",
) -> bytes:
    """Make an encrypted v5 frame; ``sequence`` is the 32-bit counter."""
    control = 0x5848 | with_mac << 4 | bool(capability) << 5
    counter, upper = sequence & 0xFF, number(sequence >> 8, 3)
    head = number(control, 2) + number(product, 2) + bytes((counter,))
    nonce = mac[::-1] + head[2:5] + upper
    body = AESCCM(key, tag_length=4).encrypt(nonce, objects, b"\x11")
    front = head + (mac[::-1] if with_mac else b"") + capability
    return front + body[:-4] + upper + body[-4:]


def legacy(
    product: int,
    objects: bytes,
    counter: int = 1,
    *,
    key: bytes = SHORT_KEY,
    capability: bytes = b"",
) -> bytes:
    """Make an encrypted v3 frame."""
    head = (
        number(0x3078 if capability else 0x3058, 2)
        + number(product, 2)
        + bytes((counter,))
    )
    upper = bytes(3)
    aes = key[:6] + bytes.fromhex("8d3d3c97") + key[6:]
    body = AESCCM(aes, tag_length=16).encrypt(
        head + upper + MAC[::-1][:5], objects, b"\x11"
    )
    size = len(objects)
    front = head + MAC[::-1] + capability
    return front + body[:size] + upper + body[size : size + 1]


def bthome(
    objects: bytes, counter: int, *, key: bytes = KEY, info: int = 0x41
) -> bytes:
    """Make an encrypted BTHome v2 entry."""
    count = number(counter, 4)
    nonce = MAC + b"\xd2\xfc" + bytes((info,)) + count
    body = AESCCM(key, tag_length=4).encrypt(nonce, objects, None)
    front = bytes((info,)) + (MAC[::-1] if info & 2 else b"")
    return front + body[:-4] + count + body[-4:]


def decode(data: bytes, key: bytes | None = None, service: int = 0xFE95) -> Reading:
    """Feed one entry to a fresh decoder."""
    return Decoder(ADDRESS, key).feed_one(uuid(service), data, 0.0)


def values(reading: Reading) -> dict[str, object]:
    return {str(field): value for field, value in reading.values.items()}


def events(reading: Reading) -> list[tuple[str, ...]]:
    return [
        (event.key, event.type, *map(str, event.properties.values()))
        for event in reading.events
    ]
