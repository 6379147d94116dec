"""Settings of Seplos V3: input registers from 0x1300 and from 0x1335. Source: the maker's Modbus text V0.3, a recording.

The pack that is connected to answers as device E0; what the others are set to nobody asks over Bluetooth.
"""

from typing import Final

from ...model.fields import Field
from ..codec import Num, Row

_VOLTS: Final = (">u2", 0.001, 0)
_PACK: Final = (">u2", 0.01, 0)
_AMPERES: Final = (">i2", 1, 0)
_KELVIN: Final = (">u2", 0.1, -2731)


def _rows(
    first: int, *rows: tuple[int, Field, tuple[str, float, int]]
) -> tuple[Row, ...]:
    """Make the rows of a block that begins with a register."""
    return tuple(
        Num(name, 2 * (register - first), raw, scale, offset, absent=(0,))
        for register, name, (raw, scale, offset) in rows
    )


FIRST: Final = _rows(
    0x1300,
    (0x1305, Field.PACK_OVERVOLTAGE_LIMIT, _PACK),
    (0x1309, Field.PACK_UNDERVOLTAGE_LIMIT, _PACK),
    (0x130C, Field.CELL_OVERVOLTAGE_RELEASE, _VOLTS),
    (0x130D, Field.CELL_OVERVOLTAGE_LIMIT, _VOLTS),
    (0x1310, Field.CELL_UNDERVOLTAGE_RELEASE, _VOLTS),
    (0x1311, Field.CELL_UNDERVOLTAGE_LIMIT, _VOLTS),
    (0x1317, Field.CHARGE_CURRENT_LIMIT, _AMPERES),
    (0x131D, Field.DISCHARGE_CURRENT_LIMIT, _AMPERES),
    (0x1332, Field.CHARGE_OVERTEMPERATURE_LIMIT, _KELVIN),
)
SECOND: Final = _rows(
    0x1335,
    (0x1336, Field.CHARGE_UNDERTEMPERATURE_LIMIT, _KELVIN),
    (0x133A, Field.DISCHARGE_OVERTEMPERATURE_LIMIT, _KELVIN),
    (0x133E, Field.DISCHARGE_UNDERTEMPERATURE_LIMIT, _KELVIN),
    (0x1350, Field.BALANCE_START_VOLTAGE, _VOLTS),
    (0x1351, Field.BALANCE_START_DIFFERENCE, _VOLTS),
)
