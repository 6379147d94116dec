"""What Gobel, Dyness and Buknuwo batteries share: the module and the first registers.

Modbus RTU device 01, big endian. Source: what aiobmsble reads.
"""

from typing import Final

from ...model.fields import Field
from ..codec import Num, Row
from ..contract import Wire

WIRES: Final = (
    Wire(
        service="00002760-08c2-11e1-9073-0e8ac72e1001",
        notify=("00002760-08c2-11e1-9073-0e8ac72e0002",),
        write="00002760-08c2-11e1-9073-0e8ac72e0001",
    ),
)

# Registers 0 to 7; the two capacities among them are read by each family.
STATE: Final[tuple[Row, ...]] = (
    Num(Field.CURRENT, 0, ">i2", 0.01),
    Num(Field.VOLTAGE, 2, ">u2", 0.01),
    Num(Field.BATTERY_LEVEL, 4, ">u2"),
    Num(Field.BATTERY_HEALTH, 6, ">u2"),
    Num(Field.CYCLE_CHARGE, 8, ">u2", 0.01),
    Num(Field.CYCLES, 14, ">u2"),
)
