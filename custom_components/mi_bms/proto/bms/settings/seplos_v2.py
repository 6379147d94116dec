"""Settings of a Seplos V2 unit: the data of answer 47. Source: what an ESPHome component and an owner's tool read."""

from typing import Final

from ...model.fields import Field
from ..codec import Num, Row

_VOLTS: Final = (">u2", 0.001, 0)
_PACK: Final = (">u2", 0.01, 0)
_AMPERES: Final = (">i2", 0.01, 0)
_KELVIN: Final = (">u2", 0.1, -2731)

ROWS: Final[tuple[Row, ...]] = tuple(
    Num(name, at, raw, scale, offset, absent=(0,))
    for at, name, (raw, scale, offset) in (
        (10, Field.CELL_OVERVOLTAGE_LIMIT, _VOLTS),
        (12, Field.CELL_OVERVOLTAGE_RELEASE, _VOLTS),
        (14, Field.CELL_UNDERVOLTAGE_LIMIT, _VOLTS),
        (16, Field.CELL_UNDERVOLTAGE_RELEASE, _VOLTS),
        (18, Field.BALANCE_START_VOLTAGE, _VOLTS),
        (30, Field.PACK_OVERVOLTAGE_LIMIT, _PACK),
        (34, Field.PACK_UNDERVOLTAGE_LIMIT, _PACK),
        (50, Field.CHARGE_OVERTEMPERATURE_LIMIT, _KELVIN),
        (54, Field.CHARGE_UNDERTEMPERATURE_LIMIT, _KELVIN),
        (66, Field.DISCHARGE_OVERTEMPERATURE_LIMIT, _KELVIN),
        (70, Field.DISCHARGE_UNDERTEMPERATURE_LIMIT, _KELVIN),
        (110, Field.CHARGE_CURRENT_LIMIT, _AMPERES),
        (112, Field.DISCHARGE_CURRENT_LIMIT, _AMPERES),
        (125, Field.BALANCE_START_DIFFERENCE, (">u1", 0.001, 0)),
    )
)
