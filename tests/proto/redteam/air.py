"""What a stranger can send with a device's address: every format in the clear, and what was recorded."""

from collections.abc import Iterator
from functools import cache
import struct

from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from custom_components.mi_bms.proto.mibeacon.formats import bthome
from custom_components.mi_bms.proto.mibeacon.objects import OBJECTS
from tests.proto.mibeacon.frames import FE95, MAC, clear, number, obj, uuid

type Entries = tuple[dict[str, bytes], dict[int, bytes]]

CLIMATE = bytes.fromhex("5802f401")  # 60.0 °C, 50.0 %


def _service(service: int, data: bytes) -> Entries:
    return {uuid(service): data}, {}


@cache
def beacons(product: int) -> tuple[Entries, ...]:
    """Return a clear frame for each object, with all its lengths, in all versions and places."""
    return tuple(_beacons(product))


def _beacons(product: int) -> Iterator[Entries]:
    rows = {**OBJECTS, **DEVICES[product].objects}
    for object_id, row in rows.items():
        for size in row.decode:
            data = obj(object_id, b"\x01" * size)
            version = 2 + object_id % 4
            frame = clear(product, data, object_id & 0xFF, version=version)
            yield {FE95: frame}, {}
    frame = clear(product, obj(0x1004, "5802"), 9, version=4)
    yield {}, {0x038F: frame}
    without_mac = (
        frame[:5].replace(frame[:1], bytes((frame[0] & 0xEF,)), 1) + frame[11:]
    )
    yield {FE95: without_mac}, {}
    yield (
        {
            FE95: bytes.fromhex("3058")
            + number(product, 2)
            + b"\x07"
            + MAC[::-1]
            + b"\x08"
        },
        {},
    )


def others() -> Iterator[Entries]:
    """Return one frame at least of each format that is no MiBeacon."""
    for object_id, row in bthome.NUMBERS.items():
        yield _service(0xFCD2, bytes((0x40, object_id)) + b"\x01" * row.size)
        yield _service(0x181C, bytes((row.size + 1, object_id)) + b"\x01" * row.size)
    for object_id in (*bthome.FLAGS, *bthome.EVENTS):
        yield _service(0xFCD2, bytes((0x44, object_id, 1, 1)))
        yield _service(0x181C, bytes((3, object_id, 1, 1)))
    yield _service(0xFCD2, b"\x42" + MAC[::-1] + bytes.fromhex("02701703dd12"))
    yield _service(0x181A, MAC + bytes.fromhex("0258325f0bf819"))
    yield _service(0x181A, MAC[::-1] + bytes.fromhex("70176911b60b58f70d"))
    yield _service(0x181A, MAC[::-1] + bytes.fromhex("70176911b60b58f8"))
    yield _service(0x2A56, b"\x01")
    yield _service(0x2AEB, b"\x00\x00\x07")
    for kind in (0x01, 0x04, 0x09, 0x0C, 0x0E, 0x10, 0x12, 0x18, 0x33):
        said = bytes((0x08, kind)) + MAC[::-1] + b"\x01\x04" + CLIMATE
        yield _service(0xFDCD, said + bytes.fromhex("020132040100110101"))
        yield _service(0xFFF9, said)
    yield _service(0x181D, bytes.fromhex("229e43e507040b101301"))
    yield _service(0x181B, bytes.fromhex("0226b20705040f0201ac018642"))
    yield _service(0xFD50, bytes.fromhex("0e006e0134a428005b"))
    yield _service(0xFEE0, struct.pack("<I", 4_242))
    yield _service(0xFEE0, bytes.fromhex("0000000000880ba03e01010148000000000000ff"))
    yield {}, {0xA3C0: bytes.fromhex("0276138b000221") + MAC}
    yield {}, {0x0157: bytes.fromhex("00000050") + MAC}
