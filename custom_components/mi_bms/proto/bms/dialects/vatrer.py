"""The register table of Vatrer drop-in batteries and of C4S100 boards: Modbus device 02, Nordic UART.

Both have the same table and differ in what one read may ask for. Source: what aiobmsble reads.
"""

from typing import Final

from ...model.fields import Field
from ..codec import Num, Row
from ..contract import Wire
from ..uuids import NUS, NUS_NOTIFY, NUS_WRITE

DEVICE: Final = 0x02
WIRES: Final = (Wire(service=NUS, notify=(NUS_NOTIFY,), write=NUS_WRITE),)

# Registers 0 to 13.
MAIN: Final[tuple[Row, ...]] = (
    Num(Field.VOLTAGE, 0, ">u2", 0.01),
    Num(Field.CURRENT, 2, ">i4", 0.01),
    Num(Field.BATTERY_LEVEL, 6, ">u2"),
    Num(Field.CYCLE_CHARGE, 8, ">u2", 0.01),
    Num(Field.DESIGN_CAPACITY, 10, ">u2", 0.01, digits=0),
    Num(Field.CYCLES, 12, ">u2"),
    Num(Field.BATTERY_HEALTH, 14, ">u2"),
    Num(Field.DELTA_VOLTAGE, 26, ">u2", 0.001),
)
