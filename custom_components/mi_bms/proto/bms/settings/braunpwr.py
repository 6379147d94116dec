"""Settings of KS48 boards: voltages, temperatures, balancing; rows count from the start of a frame.

Source: what an ESPHome component reads. Its only recorded frame of currents makes no sense: they are
left out.
"""

from typing import Final

from ...model.fields import Field
from ..codec import Num, Row

BALANCING: Final[tuple[Row, ...]] = (
    Num(Field.BALANCE_START_VOLTAGE, 7, ">u2", 0.001),
    Num(Field.BALANCE_START_DIFFERENCE, 9, ">u2", 0.001),
)
VOLTAGES: Final[tuple[Row, ...]] = (
    Num(Field.CELL_OVERVOLTAGE_LIMIT, 3, ">u2", 0.001),
    Num(Field.CELL_OVERVOLTAGE_RELEASE, 5, ">u2", 0.001),
    Num(Field.CELL_UNDERVOLTAGE_LIMIT, 9, ">u2", 0.001),
    Num(Field.CELL_UNDERVOLTAGE_RELEASE, 11, ">u2", 0.001),
    Num(Field.PACK_OVERVOLTAGE_LIMIT, 15, ">u2", 0.01),
    Num(Field.PACK_UNDERVOLTAGE_LIMIT, 21, ">u2", 0.01),
)
TEMPERATURES: Final[tuple[Row, ...]] = tuple(
    Num(name, at, ">u2", 0.1, -2731)
    for name, at in (
        (Field.CHARGE_OVERTEMPERATURE_LIMIT, 3),
        (Field.CHARGE_UNDERTEMPERATURE_LIMIT, 9),
        (Field.DISCHARGE_OVERTEMPERATURE_LIMIT, 15),
        (Field.DISCHARGE_UNDERTEMPERATURE_LIMIT, 21),
    )
)
