"""Small formats of single products: HHCCJCY10 (FD50), Xiaogui and MaxxMee scales, bands, Amazfit scale."""

from struct import Struct
from typing import Final

from ...model.fields import Field
from ...model.reading import Value
from .content import Parsed, same_mac, sift

PLANT_LENGTH: Final = 9
_PLANT: Final = Struct(">BhxxxBH")

SCALE_LENGTH: Final = 13
_SCALE: Final = Struct(">HHHB6s")
# State byte: model, units in a kilogram, stable.
_SCALE_STATES: Final[dict[int, tuple[str, int, bool]]] = {
    0x20: ("TZC4", 10, False),
    0x21: ("TZC4", 10, True),
    0x24: ("QJ-J", 100, False),
    0x25: ("QJ-J", 100, True),
}

_BAND: Final = "Mi Band"
_BAND_SHORTEST: Final = 10
_PULSE_AT: Final = 3
_NO_PULSE: Final = 0xFF
STEPS_LENGTH: Final = 4

_AMAZFIT: Final = "Amazfit scale"
AMAZFIT_LENGTH: Final = 20
_AMAZFIT_DATA: Final = Struct("<5xHH3sB")


def parse_plant(data: bytes, _mac: bytes | None) -> Parsed:
    """Read an entry of FD50 (big-endian); other devices of this UUID have other lengths."""
    if len(data) != PLANT_LENGTH:
        return None
    moisture, tenths, battery, conductivity = _PLANT.unpack(data)
    return sift(
        {
            Field.MOISTURE: moisture,
            Field.TEMPERATURE: tenths / 10,
            Field.ILLUMINANCE: int.from_bytes(data[3:6], "big"),
            Field.BATTERY: battery,
            Field.CONDUCTIVITY: conductivity,
        },
        model="HHCCJCY10",
    )


def parse_scale(data: bytes, mac: bytes | None) -> Parsed:
    """Read manufacturer data whose company id is C0 and a counter (big-endian, MAC as printed)."""
    if len(data) != SCALE_LENGTH:
        return None
    raw, ohms, _control, state, inside = _SCALE.unpack(data)
    if state not in _SCALE_STATES or not same_mac(inside, mac):
        return None
    model, units, stable = _SCALE_STATES[state]
    weight = raw / units
    values: dict[Field, Value] = {Field.WEIGHT_RAW: weight, Field.STABILIZED: stable}
    if stable:
        values[Field.WEIGHT] = weight
        if ohms:
            values[Field.IMPEDANCE] = ohms / 10
    return sift(values, model=model)


def parse_band(data: bytes, mac: bytes | None) -> Parsed:
    """Read a band's manufacturer data 0157: the pulse, with the MAC at the end."""
    if len(data) < _BAND_SHORTEST or not same_mac(data[-6:], mac):
        return None
    pulse = data[_PULSE_AT]
    return sift({} if pulse == _NO_PULSE else {Field.HEART_RATE: pulse}, model=_BAND)


def parse_huami(data: bytes, _mac: bytes | None) -> Parsed:
    """Read an entry of FEE0: a band's steps or an Amazfit scale's measurement."""
    if len(data) == STEPS_LENGTH:
        return sift({Field.STEPS: int.from_bytes(data, "little")}, model=_BAND)
    if len(data) != AMAZFIT_LENGTH:
        return None
    ohms, raw, final, pulse = _AMAZFIT_DATA.unpack_from(data)
    weight, stable = raw / 200, any(final)
    values: dict[Field, Value] = {Field.WEIGHT_RAW: weight, Field.STABILIZED: stable}
    if stable:
        values[Field.WEIGHT] = weight
        if ohms:
            values[Field.IMPEDANCE] = ohms / 10
        if pulse not in {0, _NO_PULSE}:
            values[Field.HEART_RATE] = pulse
    return sift(values, model=_AMAZFIT)
