"""Build advertising payloads: a row of AD structures, each ``length | type | data``.

Numbers and UUIDs are little-endian. A legacy advert or scan response carries 31 bytes at most.
Source: Bluetooth core specification supplement, part A, and the assigned numbers.
"""

from typing import Final

LEGACY_LIMIT: Final = 31
BASE_UUID: Final = "0000{}-0000-1000-8000-00805f9b34fb"
LE_GENERAL_NO_BREDR: Final = 0x06

FLAGS: Final = 0x01
UUIDS16_COMPLETE: Final = 0x03
UUIDS128_COMPLETE: Final = 0x07
NAME_COMPLETE: Final = 0x09
SERVICE_DATA16: Final = 0x16
MANUFACTURER: Final = 0xFF


def structure(kind: int, data: bytes) -> bytes:
    """Return one AD structure of a type; the length byte counts the type."""
    if len(data) > 254:
        raise ValueError(f"AD structure of {len(data)} bytes: 254 at most")
    return bytes((len(data) + 1, kind)) + data


def flags(value: int = LE_GENERAL_NO_BREDR) -> bytes:
    """Return the flags; the default is "general discoverable, Bluetooth LE only"."""
    return structure(FLAGS, bytes((value,)))


def name(text: str) -> bytes:
    """Return the complete local name in UTF-8."""
    return structure(NAME_COMPLETE, text.encode())


def services16(*uuids: int) -> bytes:
    """Return the complete list of 16-bit service UUIDs."""
    return structure(
        UUIDS16_COMPLETE, b"".join(uuid.to_bytes(2, "little") for uuid in uuids)
    )


def service128(uuid: str) -> bytes:
    """Return a complete list with one 128-bit service UUID in its printed form."""
    return structure(UUIDS128_COMPLETE, bytes.fromhex(uuid.replace("-", ""))[::-1])


def service_data16(uuid: int, data: bytes) -> bytes:
    """Return service data under a 16-bit UUID."""
    return structure(SERVICE_DATA16, uuid.to_bytes(2, "little") + data)


def manufacturer(company: int, data: bytes) -> bytes:
    """Return manufacturer data under a company id."""
    return structure(MANUFACTURER, company.to_bytes(2, "little") + data)


def payload(*structures: bytes, limit: int = LEGACY_LIMIT) -> bytes:
    """Join structures; raise ``ValueError`` where they exceed what one advert carries."""
    joined = b"".join(structures)
    if len(joined) > limit:
        raise ValueError(f"advert of {len(joined)} bytes: {limit} at most")
    return joined


def structures(data: bytes) -> list[tuple[int, bytes]]:
    """Take a payload apart into (type, data); stop at padding and at a structure cut short."""
    found = []
    while len(data) >= 2 and data[0] and len(data) > data[0]:
        found.append((data[1], data[2 : data[0] + 1]))
        data = data[data[0] + 1 :]
    return found
