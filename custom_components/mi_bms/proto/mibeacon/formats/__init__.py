"""Advert formats other than MiBeacon, one module each; ``SERVICES`` and ``MAKERS`` say where they sit."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ...model.fields import Field
from . import atc, bthome, others, qingping, scales
from .content import Parse


class Format(NamedTuple):
    """Name a format, its reader, and whether its payloads carry a counter of at least 8 bits."""

    name: str
    parse: Parse
    counted: bool


_QINGPING: Final = Format("qingping", qingping.parse, False)
_ATC: Final = Format("atc", atc.parse, True)
_REED: Final = Format(atc.CUSTOM_NAME, atc.parse_reed, False)

# By 16-bit service UUID.
SERVICES: Final[Mapping[int, Format]] = {
    0x181A: _ATC,
    0x2A56: _REED,
    0x2AEB: Format(atc.CUSTOM_NAME, atc.parse_count, False),
    0xFCD2: Format("bthome", bthome.parse, False),
    0x181C: Format("bthome", bthome.parse_v1, False),
    0x181E: Format("bthome", bthome.parse_v1_sealed, False),
    0xFDCD: _QINGPING,
    0xFFF9: _QINGPING,
    0x181D: Format("scale", scales.parse_weight, True),
    0x181B: Format("scale", scales.parse_body, True),
    0xFD50: Format("hhccjcy10", others.parse_plant, False),
    0xFEE0: Format("huami", others.parse_huami, False),
}

BAND_COMPANY: Final = 0x0157
BAND: Final = Format("huami", others.parse_band, False)
# This maker's company id is a fixed low byte under a counter.
SCALE_LOW_BYTE: Final = 0xC0
SCALE: Final = Format("xiaogui", others.parse_scale, True)
# Names of formats that only custom firmware sends.
CUSTOM: Final = frozenset({"atc", atc.CUSTOM_NAME, "bthome"})

# Inputs and outputs that it adds to the models that can run it; the first is named after its formats.
GPIO: Final = frozenset({Field.OPENING, Field.SWITCH, Field.COUNT})
REFLASHABLE: Final = frozenset(
    {
        atc.MODEL,
        "CGDK2",
        "CGG1",
        "CGG1-ENCRYPTED",
        "LYWSD02MMC",
        "LYWSD03MMC",
        "MHO-C401",
        "MJWSD05MMC",
        "MJWSD06MMC",
    }
)


def of_company(company: int) -> Format | None:
    """Return the format of a manufacturer's data."""
    if company == BAND_COMPANY:
        return BAND
    return SCALE if company & 0xFF == SCALE_LOW_BYTE else None
