"""Settings of JK boards: little endian numbers of four bytes. Source: what ESPHome components read."""

from typing import Final

from ...model.fields import Field
from ..codec import Num, Row

ROWS: Final[tuple[Row, ...]] = (
    *(
        Num(name, at, "<u4", 0.001)
        for name, at in (
            (Field.CELL_UNDERVOLTAGE_LIMIT, 10),
            (Field.CELL_UNDERVOLTAGE_RELEASE, 14),
            (Field.CELL_OVERVOLTAGE_LIMIT, 18),
            (Field.CELL_OVERVOLTAGE_RELEASE, 22),
            (Field.BALANCE_START_DIFFERENCE, 26),
            (Field.CELL_SHUTDOWN_VOLTAGE, 46),
            (Field.CHARGE_CURRENT_LIMIT, 50),
            (Field.DISCHARGE_CURRENT_LIMIT, 62),
            (Field.BALANCE_START_VOLTAGE, 138),
        )
    ),
    *(
        Num(name, at, "<i4", 0.1)
        for name, at in (
            (Field.CHARGE_OVERTEMPERATURE_LIMIT, 82),
            (Field.DISCHARGE_OVERTEMPERATURE_LIMIT, 90),
            (Field.CHARGE_UNDERTEMPERATURE_LIMIT, 98),
        )
    ),
)
