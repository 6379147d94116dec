"""Take advertising data apart, or put it together again from what the host kept of it.

A payload is a row of structures ``length(1) | type(1) | data(length - 1)``; the length counts the
type, a zero is padding. Numbers and UUIDs are little-endian. An advert and its scan response may
follow each other without a mark between them. Nothing here raises: what is cut short is handed back
as it is. Source: Bluetooth core specification supplement, part A, and the assigned numbers.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from ..model.names import clean_name
from .uuids import shortest, text

type Said = bool | int | float | str | list[Said] | dict[str, Said] | None
type Read = Callable[[bytes], Said]

# An extended advert holds 1650 bytes, its scan response as many.
LONGEST: Final = 3300

_FLAGS: Final = (
    "limited_discoverable",
    "general_discoverable",
    "br_edr_not_supported",
    "le_and_br_edr_controller",
    "le_and_br_edr_host",
)
_ROLES: Final = (
    "peripheral",
    "central",
    "peripheral_preferred",
    "central_preferred",
)
_SCHEMES: Final = {0x01: "", 0x16: "http:", 0x17: "https:"}
_NO_POWER: Final = 127
_ANY_INTERVAL: Final = 0xFFFF
_CONNECTION_STEP: Final = 1.25  # ms
_ADVERTISING_STEP: Final = 0.625  # ms
_ADDRESS: Final = 6


class Structure(NamedTuple):
    """Hold one structure: ``value`` is None where the type has no reading or the data do not fit it."""

    type: int
    name: str
    data: bytes
    value: Said


class Payload(NamedTuple):
    """Hold a payload: ``rest`` are the bytes from the first structure on that is cut short."""

    structures: tuple[Structure, ...]
    rest: bytes = b""


class StructureType(NamedTuple):
    """A type of structure and how to read it."""

    name: str
    read: Read | None = None


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _flags(data: bytes) -> Said:
    if not data:
        return None
    return [word for bit, word in enumerate(_FLAGS) if data[0] >> bit & 1]


def _uuids(width: int) -> Read:
    def read(data: bytes) -> Said:
        if len(data) % width:
            return None
        return [text(data[at : at + width]) for at in range(0, len(data), width)]

    return read


def _service_data(width: int) -> Read:
    def read(data: bytes) -> Said:
        if len(data) < width:
            return None
        return {"uuid": text(data[:width]), "data": data[width:].hex()}

    return read


def _words(data: bytes) -> Said:
    return clean_name(data.decode(errors="replace"))


def _power(data: bytes) -> Said:
    if len(data) != 1:
        return None
    power = int.from_bytes(data, signed=True)
    return None if power == _NO_POWER else power


def _class_of_device(data: bytes) -> Said:
    return f"{_number(data):06x}" if len(data) == 3 else None


def _connection_interval(data: bytes) -> Said:
    if len(data) != 4:
        return None
    ends = {"min_ms": _number(data[:2]), "max_ms": _number(data[2:])}
    return {
        name: None if end == _ANY_INTERVAL else end * _CONNECTION_STEP
        for name, end in ends.items()
    }


def _address(data: bytes) -> str:
    return data[::-1].hex(":").upper()


def _addresses(data: bytes) -> Said:
    if len(data) % _ADDRESS:
        return None
    starts = range(0, len(data), _ADDRESS)
    return [_address(data[at : at + _ADDRESS]) for at in starts]


def _own_address(data: bytes) -> Said:
    if len(data) != _ADDRESS + 1:
        return None
    kind = "random" if data[_ADDRESS] & 1 else "public"
    return {"address": _address(data[:_ADDRESS]), "address_type": kind}


def _appearance(data: bytes) -> Said:
    if len(data) != 2:
        return None
    return {"category": _number(data) >> 6, "subcategory": _number(data) & 0x3F}


def _interval(*widths: int) -> Read:
    def read(data: bytes) -> Said:
        return _number(data) * _ADVERTISING_STEP if len(data) in widths else None

    return read


def _role(data: bytes) -> Said:
    return _ROLES[data[0]] if len(data) == 1 and data[0] < len(_ROLES) else None


def _uri(data: bytes) -> Said:
    if not data or (scheme := _SCHEMES.get(data[0])) is None:
        return None
    return scheme + data[1:].decode(errors="replace")


def _maker(data: bytes) -> Said:
    if len(data) < 2:
        return None
    return {"company": f"{_number(data[:2]):04x}", "data": data[2:].hex()}


TYPES: Final[Mapping[int, StructureType]] = {
    0x01: StructureType("flags", _flags),
    0x02: StructureType("incomplete_list_16_bit_services", _uuids(2)),
    0x03: StructureType("complete_list_16_bit_services", _uuids(2)),
    0x04: StructureType("incomplete_list_32_bit_services", _uuids(4)),
    0x05: StructureType("complete_list_32_bit_services", _uuids(4)),
    0x06: StructureType("incomplete_list_128_bit_services", _uuids(16)),
    0x07: StructureType("complete_list_128_bit_services", _uuids(16)),
    0x08: StructureType("short_name", _words),
    0x09: StructureType("complete_name", _words),
    0x0A: StructureType("tx_power", _power),
    0x0D: StructureType("class_of_device", _class_of_device),
    0x0E: StructureType("simple_pairing_hash_c192"),
    0x0F: StructureType("simple_pairing_randomizer_r192"),
    0x10: StructureType("device_id"),
    0x11: StructureType("security_manager_flags"),
    0x12: StructureType("connection_interval_range", _connection_interval),
    0x14: StructureType("solicited_16_bit_services", _uuids(2)),
    0x15: StructureType("solicited_128_bit_services", _uuids(16)),
    0x16: StructureType("service_data_16_bit", _service_data(2)),
    0x17: StructureType("public_target_address", _addresses),
    0x18: StructureType("random_target_address", _addresses),
    0x19: StructureType("appearance", _appearance),
    0x1A: StructureType("advertising_interval", _interval(2)),
    0x1B: StructureType("le_device_address", _own_address),
    0x1C: StructureType("le_role", _role),
    0x1D: StructureType("simple_pairing_hash_c256"),
    0x1E: StructureType("simple_pairing_randomizer_r256"),
    0x1F: StructureType("solicited_32_bit_services", _uuids(4)),
    0x20: StructureType("service_data_32_bit", _service_data(4)),
    0x21: StructureType("service_data_128_bit", _service_data(16)),
    0x22: StructureType("secure_connections_confirmation"),
    0x23: StructureType("secure_connections_random"),
    0x24: StructureType("uri", _uri),
    0x25: StructureType("indoor_positioning"),
    0x26: StructureType("transport_discovery"),
    0x27: StructureType("le_supported_features"),
    0x28: StructureType("channel_map_update"),
    0x29: StructureType("mesh_provisioning"),
    0x2A: StructureType("mesh_message"),
    0x2B: StructureType("mesh_beacon"),
    0x2C: StructureType("big_info"),
    0x2D: StructureType("broadcast_code"),
    0x2E: StructureType("resolvable_set_identifier"),
    0x2F: StructureType("advertising_interval_long", _interval(3, 4)),
    0x30: StructureType("broadcast_name", _words),
    0x31: StructureType("encrypted_advertising_data"),
    0x32: StructureType("periodic_response_timing"),
    0x34: StructureType("electronic_shelf_label"),
    0x3D: StructureType("three_d_information"),
    0xFF: StructureType("manufacturer_data", _maker),
}
_UNKNOWN: Final = StructureType("unknown")


def structure(kind: int, data: bytes) -> Structure:
    """Read one structure of a type."""
    row = TYPES.get(kind, _UNKNOWN)
    return Structure(kind, row.name, data, row.read(data) if row.read else None)


def parse(raw: bytes) -> Payload:
    """Take a payload apart; bytes beyond ``LONGEST`` are part of the rest."""
    found, at, end = [], 0, min(len(raw), LONGEST)
    while at < end:
        length = raw[at]
        if not length:
            at += 1
            continue
        if at + 1 + length > end:
            break
        found.append(structure(raw[at + 1], raw[at + 2 : at + 1 + length]))
        at += 1 + length
    return Payload(tuple(found), raw[at:])


def find(payload: Payload, kind: int) -> Structure | None:
    """Return the first structure of a type."""
    return next((one for one in payload.structures if one.type == kind), None)


# Which list and which service data a UUID of so many bytes stands in.
_LISTS: Final = {2: 0x03, 4: 0x05, 16: 0x07}
_DATA: Final = {2: 0x16, 4: 0x20, 16: 0x21}


def rebuild(
    *,
    name: str | None,
    services: tuple[str, ...],
    service_data: Mapping[str, bytes],
    manufacturer_data: Mapping[int, bytes],
    tx_power: int | None,
) -> Payload:
    """Put together what a host kept of adverts whose bytes it does not give.

    The kinds of lists and all that only bytes tell (flags, intervals …) are lost; a text that is no
    UUID, a company id or a power out of bounds is left out.
    """
    return Payload(
        (
            *_list(services),
            *_data(service_data),
            *(
                structure(0xFF, company.to_bytes(2, "little") + data)
                for company, data in manufacturer_data.items()
                if 0 <= company <= 0xFFFF
            ),
            *((structure(0x09, name.encode(errors="replace")),) if name else ()),
            *(
                (structure(0x0A, tx_power.to_bytes(1, signed=True)),)
                if tx_power is not None and -_NO_POWER <= tx_power <= _NO_POWER
                else ()
            ),
        )
    )


def _list(services: tuple[str, ...]) -> Iterator[Structure]:
    joined: dict[int, bytes] = {}
    for uuid in services:
        if packed := shortest(uuid):
            joined[len(packed)] = joined.get(len(packed), b"") + packed
    for width, data in sorted(joined.items()):
        yield structure(_LISTS[width], data)


def _data(service_data: Mapping[str, bytes]) -> Iterator[Structure]:
    for uuid, data in service_data.items():
        if packed := shortest(uuid):
            yield structure(_DATA[len(packed)], packed + data)
