"""Settings of Daly boards that speak D2: registers 0x80 to 0xA8. Source: what an ESPHome component reads.

Of each limit there is a warning, then the value that switches off: the second one counts. Charging is
written as a negative current on some boards, so that only its size is read.
"""

from typing import Final

from ...model.fields import Field
from ..codec import Num, Row

ROWS: Final[tuple[Row, ...]] = tuple(
    Num(name, 2 * (register - 0x80), ">u2", scale, offset, absent=(0,))
    for register, name, scale, offset in (
        (0x8C, Field.CELL_OVERVOLTAGE_LIMIT, 0.001, 0),
        (0x8E, Field.CELL_UNDERVOLTAGE_LIMIT, 0.001, 0),
        (0x90, Field.PACK_OVERVOLTAGE_LIMIT, 0.1, 0),
        (0x92, Field.PACK_UNDERVOLTAGE_LIMIT, 0.1, 0),
        (0x94, Field.CHARGE_CURRENT_LIMIT, 0.1, -30000),
        (0x96, Field.DISCHARGE_CURRENT_LIMIT, 0.1, -30000),
        (0x98, Field.CHARGE_OVERTEMPERATURE_LIMIT, 1, -40),
        (0x9A, Field.CHARGE_UNDERTEMPERATURE_LIMIT, 1, -40),
        (0x9C, Field.DISCHARGE_OVERTEMPERATURE_LIMIT, 1, -40),
        (0x9E, Field.DISCHARGE_UNDERTEMPERATURE_LIMIT, 1, -40),
        (0xA3, Field.BALANCE_START_VOLTAGE, 0.001, 0),
        (0xA4, Field.BALANCE_START_DIFFERENCE, 0.001, 0),
    )
)
