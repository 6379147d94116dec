"""The MiBeacon frame up to its objects.

Frame control (2 bytes), product id (2), counter (1), then as the control bits say: MAC reversed (6),
capability (1, and 2 bytes of a Wi-Fi MAC for combo chips, and 2 bytes of input/output capability),
objects; at the end, when encrypted, the upper counter (3) and the check (4, in v2/v3 1).
Little-endian throughout.
"""

from typing import Final, NamedTuple

FIXED: Final = 5  # bytes before anything optional
MAC_END: Final = FIXED + 6
LONGEST: Final = 255  # an advert structure cannot say more

ENCRYPTED: Final = 1 << 3
HAS_MAC: Final = 1 << 4
HAS_CAPABILITY: Final = 1 << 5
HAS_OBJECTS: Final = 1 << 6
MESH: Final = 1 << 7
REGISTERED: Final = 1 << 8
SOLICITED: Final = 1 << 9

_BOND_ABILITY: Final = 0b11 << 3
_COMBO: Final = 0b11 << 3
_IO_CAPABILITY: Final = 1 << 5

OLDEST_VERSION: Final = 2
NEWEST_VERSION: Final = 5
# From here on the tag has 4 bytes and the key 16.
MODERN_VERSION: Final = 4


class Head(NamedTuple):
    """Hold what the first four bytes say."""

    product_id: int
    version: int
    encrypted: bool
    has_mac: bool
    has_capability: bool
    has_objects: bool
    mesh: bool
    registered: bool
    solicited: bool
    auth_mode: int


def parse_head(data: bytes) -> Head:
    """Read frame control and product id from the first four bytes."""
    control = int.from_bytes(data[0:2], "little")
    return Head(
        product_id=int.from_bytes(data[2:4], "little"),
        version=control >> 12,
        encrypted=bool(control & ENCRYPTED),
        has_mac=bool(control & HAS_MAC),
        has_capability=bool(control & HAS_CAPABILITY),
        has_objects=bool(control & HAS_OBJECTS),
        mesh=bool(control & MESH),
        registered=bool(control & REGISTERED),
        solicited=bool(control & SOLICITED),
        auth_mode=control >> 10 & 0b11,
    )


def objects_at(head: Head, data: bytes) -> int:
    """Return where the objects begin; past the end if the frame is too short."""
    at = MAC_END if head.has_mac else FIXED
    if not head.has_capability:
        return at
    if at >= len(data):
        return at + 1
    capability = data[at]
    at += 1
    if capability & _BOND_ABILITY == _COMBO:
        at += 2
    if capability & _IO_CAPABILITY:
        at += 2
    return at
