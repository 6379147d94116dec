"""The older scales: 181D (10 bytes, weight) and 181B (13 bytes, weight and impedance), little-endian.

Weights are kg / 200, or lb / 100, or catties / 100. The clock inside is the scale's own and not used.
"""

from typing import Final

from ...model.fields import Field
from ...model.reading import Value
from .content import Content, Parsed, sift

WEIGHT_LENGTH: Final = 10
BODY_LENGTH: Final = 13

_WEIGHT_MODEL: Final = "XMTZC01HM/XMTZC04HM"
_BODY_MODEL: Final = "XMTZC02HM/XMTZC05HM/NUN4049CN"

_POUND: Final = 0.45359237
_CATTY: Final = 0.5


def _kilograms(raw: int, *, pounds: bool, catties: bool) -> float:
    if pounds:
        return round(raw / 100 * _POUND, 3)
    return raw / 100 * _CATTY if catties else raw / 200


def _content(
    weight: float, model: str, *, stable: bool, removed: bool, ohms: int = 0
) -> Content:
    final = stable and not removed and weight > 0
    values: dict[Field, Value] = {
        Field.WEIGHT_RAW: weight,
        Field.STABILIZED: final,
        Field.WEIGHT_REMOVED: removed,
    }
    if final:
        values[Field.WEIGHT] = weight
        if ohms:
            values[Field.IMPEDANCE] = ohms
    return sift(values, model=model)


def parse_weight(data: bytes, _mac: bytes | None) -> Parsed:
    """Read an entry of 181D."""
    if len(data) != WEIGHT_LENGTH:
        return None
    flags = data[0]
    weight = _kilograms(
        int.from_bytes(data[1:3], "little"),
        pounds=bool(flags & 0x01),
        catties=bool(flags & 0x10),
    )
    return _content(
        weight, _WEIGHT_MODEL, stable=bool(flags & 0x20), removed=bool(flags & 0x80)
    )


def parse_body(data: bytes, _mac: bytes | None) -> Parsed:
    """Read an entry of 181B."""
    if len(data) != BODY_LENGTH:
        return None
    unit, flags = data[0], data[1]
    weight = _kilograms(
        int.from_bytes(data[11:13], "little"),
        pounds=bool(unit & 0x01),
        catties=bool(flags & 0x40),
    )
    ohms = int.from_bytes(data[9:11], "little") if flags & 0x02 else 0
    return _content(
        weight,
        _BODY_MODEL,
        stable=bool(flags & 0x20),
        removed=bool(flags & 0x80),
        ohms=ohms,
    )
