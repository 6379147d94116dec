"""Qingping's own format under FDCD (sometimes FFF9): never encrypted, little-endian.

Flags (1), device type (1), MAC reversed (6), then entries of type (1), length (1) and data.
"""

from collections.abc import Callable
from struct import Struct
from typing import Final

from ...model.fields import Field
from ...model.reading import Value
from .content import Content, Parsed, sift

_FIXED: Final = 8
_PAIR: Final = Struct("<hH")
_TWO: Final = Struct("<HH")

MODELS: Final[dict[int, str]] = {
    0x01: "CGG1",
    0x07: "CGG1",
    0x16: "CGG1",
    0x04: "CGH1",
    0x09: "CGP1W",
    0x0C: "CGD1",
    0x0E: "CGDN1",
    0x0F: "CGM1",
    0x24: "CGDN1",
    0x10: "CGDK2",
    0x12: "CGPR1",
    0x15: "CGF1W",
    0x18: "CGP23W",
    0x26: "CGP23W",
    0x1E: "CGC1",
    0x33: "CGP22C",
    0x4F: "CGG3",
    0x5D: "CGP22C",
}
# These put another address into their frames than they send from.
_OTHER_MAC: Final = frozenset({"CGDN1"})
# These repeat the packet id's entry, with the contact in bit 0 of the second.
_CONTACT_IN_SECOND_ID: Final = frozenset({"CGH1"})

_PACKET_ID: Final = 0x0F
# Flag of a frame that tells a change; the light in one has been seen far off.
_EVENT: Final = 0x40

type Values = dict[Field, Value]


def _climate(data: bytes) -> Values:
    celsius, humidity = _PAIR.unpack(data)
    return {Field.TEMPERATURE: celsius / 10, Field.HUMIDITY: humidity / 10}


def _particles(data: bytes) -> Values:
    pm25, pm10 = _TWO.unpack(data)
    return {Field.PM25: pm25, Field.PM10: pm10}


# As MiBeacon's object 1019.
_CONTACT: Final[dict[int, Values]] = {
    0: {Field.OPENING: True},
    1: {Field.OPENING: False, Field.DOOR_LEFT_OPEN: False},
    2: {Field.OPENING: True, Field.DOOR_LEFT_OPEN: True},
}


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


# By type and length; a type of another length is skipped.
ENTRIES: Final[dict[tuple[int, int], Callable[[bytes], Values]]] = {
    (0x01, 4): _climate,
    (0x02, 1): lambda data: {Field.BATTERY: data[0] & 0x7F},
    (0x04, 1): lambda data: _CONTACT.get(data[0], {}),
    (0x07, 2): lambda data: {Field.PRESSURE: _number(data) * 10},
    (0x08, 4): lambda data: {
        Field.MOTION: data[0] != 0,
        Field.ILLUMINANCE: _number(data[1:]),
    },
    (0x09, 4): lambda data: {Field.ILLUMINANCE: _number(data)},
    (0x11, 1): lambda data: {Field.LIGHT: data[0] != 0},
    (0x12, 4): _particles,
    (0x13, 2): lambda data: {Field.CO2: _number(data)},
}


def parse(data: bytes, mac: bytes | None) -> Parsed:
    """Read an entry of FDCD or FFF9."""
    if len(data) < _FIXED:
        return None
    model = MODELS.get(data[1])
    if mac is not None and data[7:1:-1] != mac and model not in _OTHER_MAC:
        return None
    if len(data) == _FIXED:
        return Content({}, model=model, payload=False)
    values: Values = {}
    at, ids = _FIXED, 0
    while at + 2 <= len(data):
        kind, size = data[at], data[at + 1]
        entry = data[at + 2 : at + 2 + size]
        if len(entry) < size:
            break
        if decode := ENTRIES.get((kind, size)):
            values |= decode(entry)
        if kind == _PACKET_ID and size == 1:
            ids += 1
            if ids == 2 and model in _CONTACT_IN_SECOND_ID:
                values |= _CONTACT[entry[0] & 1]
        at += 2 + size
    if data[0] & _EVENT:
        values.pop(Field.ILLUMINANCE, None)
    return sift(values, model=model)
