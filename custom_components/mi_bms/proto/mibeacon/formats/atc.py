"""Custom firmware on Telink thermometers: the atc1441 and pvvx formats under 181A, clear and encrypted.

Lengths tell them apart: 13 atc1441 (mostly big-endian, MAC as printed), 15 or 14 pvvx (little-endian,
MAC reversed), 8 and 11 the same two encrypted. Other makers use 181A too, hence the look at the MAC.
The reed switch's events come under 2A56 (flags) and 2AEB (count).
"""

from functools import partial
from struct import Struct
from typing import Final

from ...model.fields import Field
from ...model.reading import Value
from ..crypto import AAD
from .content import Content, Parsed, Sealed, same_mac, sift

MODEL: Final = "ATC"
CUSTOM_NAME: Final = "pvvx"

ATC: Final = 13
CUSTOM: Final = 15
CUSTOM_WITHOUT_FLAGS: Final = 14
ATC_SEALED: Final = 8
CUSTOM_SEALED: Final = 11
CLEAR: Final = frozenset({ATC, CUSTOM, CUSTOM_WITHOUT_FLAGS})
SEALED: Final = frozenset({ATC_SEALED, CUSTOM_SEALED})

_ATC: Final = Struct(">6shBBHB")
_CUSTOM: Final = Struct("<6shHHB")
_CUSTOM_PLAIN: Final = Struct("<hHBB")
_FLAGS_AT: Final = 14
_NO_VOLTAGE: Final = 0xFFFF

_REED: Final = 0x01  # set = open
_OUTPUT: Final = 0x02

# The nonce contains the header of the advert structure, which hosts cut off.
_UUID: Final = b"\x16\x1a\x18"
_HEADER: Final = 3


def _flags(flags: int) -> dict[Field, Value]:
    return {Field.OPENING: bool(flags & _REED), Field.SWITCH: bool(flags & _OUTPUT)}


def _cell(millivolts: int) -> dict[Field, Value]:
    return {} if millivolts == _NO_VOLTAGE else {Field.VOLTAGE: millivolts / 1000}


def inner_mac(data: bytes) -> bytes | None:
    """Return the MAC inside a clear frame in printed order."""
    if len(data) == ATC:
        return data[:6]
    return data[5::-1] if len(data) in CLEAR else None


def parse(data: bytes, mac: bytes | None) -> Parsed:
    """Read an entry of 181A."""
    found = inner_mac(data)
    if found is not None:
        if not same_mac(found, mac):
            return None
        return _atc(data) if len(data) == ATC else _custom(data)
    return _sealed(data, mac) if mac and len(data) in SEALED else None


def _atc(data: bytes) -> Content:
    _, tenths, humidity, battery, millivolts, _ = _ATC.unpack(data)
    return sift(
        {
            Field.TEMPERATURE: tenths / 10,
            Field.HUMIDITY: humidity,
            Field.BATTERY: battery,
        }
        | _cell(millivolts),
        model=MODEL,
    )


def _custom(data: bytes) -> Content:
    _, hundredths, humidity, millivolts, battery = _CUSTOM.unpack_from(data)
    values: dict[Field, Value] = {
        Field.TEMPERATURE: hundredths / 100,
        Field.HUMIDITY: humidity / 100,
        Field.BATTERY: battery,
    } | _cell(millivolts)
    if len(data) == CUSTOM:
        values |= _flags(data[_FLAGS_AT])
    return sift(values, model=MODEL, name=CUSTOM_NAME)


def _sealed(data: bytes, mac: bytes) -> Sealed:
    nonce = mac[::-1] + bytes((len(data) + _HEADER,)) + _UUID + data[:1]
    plain = _atc_plain if len(data) == ATC_SEALED else _custom_plain
    return Sealed(nonce, data[1:], AAD, None, plain)


def _atc_plain(plain: bytes) -> Content:
    celsius, humidity, battery = plain
    return sift(
        {
            Field.TEMPERATURE: celsius / 2 - 40,
            Field.HUMIDITY: humidity / 2,
            Field.BATTERY: min(battery & 0x7F, 100),
        },
        model=MODEL,
    )


def _custom_plain(plain: bytes) -> Content:
    hundredths, humidity, battery, flags = _CUSTOM_PLAIN.unpack(plain)
    values: dict[Field, Value] = {
        Field.TEMPERATURE: hundredths / 100,
        Field.HUMIDITY: humidity / 100,
        Field.BATTERY: min(battery, 100),
    }
    return sift(values | _flags(flags), model=MODEL, name=CUSTOM_NAME)


def _of_length(length: int, data: bytes, _mac: bytes | None) -> Parsed:
    if len(data) != length:
        return None
    if length == 1:
        return Content(_flags(data[0]), model=MODEL)
    return Content({Field.COUNT: int.from_bytes(data, "big")}, model=MODEL)


parse_reed = partial(_of_length, 1)
parse_count = partial(_of_length, 3)
