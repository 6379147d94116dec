"""Renogy batteries: Modbus RTU device 30, one notification per reply, big endian. Source: what aiobmsble reads.

Current and device number of the replies differ between the two families. The level is not sent: it
follows from the two charges. The alarms are 112 bits wide; three of them are states, not alarms.
"""

from typing import Final

from ...model.fields import Field
from ..codec import Bit, Cells, Count, Flags, Num, Probes, Row, Text
from ..contract import Ask, Family, Wire
from . import modbus

_DEVICE: Final = 0x30
_STATES: Final = 0x0E  # bits of the last alarm byte: the FETs among them
_ALARMS: Final = (1 << 112) - 1 - _STATES

_CELLS: Final[tuple[Row, ...]] = (
    Num(Field.CELL_COUNT, 0, ">u2"),
    Cells(2, Count(0, ">u2", most=16), scale=0.1),
    Num(Field.TEMP_SENSORS, 34, ">u2"),
    Probes(36, Count(34, ">u2", most=16), ">i2", 0.1),
)

_STATUS: Final[tuple[Row, ...]] = (
    Flags(0, ">u14", mask=_ALARMS),
    Bit(Field.CHRG_MOSFET, 13, 0x02),
    Bit(Field.DISCHRG_MOSFET, 13, 0x04),
    Bit(Field.HEATER, 14, 0x20),
)

_INFO: Final[tuple[Row, ...]] = (
    Text("serial_number", 12, 16),
    Text("name", 36, 16),
    Text("sw_version", 52, 4),
)


def family(
    family_id: str,
    wires: tuple[Wire, ...],
    *,
    ampere: float,
    cycles: Row,
    answers: bytes = bytes((_DEVICE,)),
    uncertain: bool = False,
) -> Family:
    """Make a family: ``ampere`` is the unit of the current, ``answers`` who may reply."""

    def question(register: int, count: int, *rows: Row) -> Ask:
        return modbus.question(register, count, rows, device=_DEVICE, answers=answers)

    return modbus.family(
        family_id,
        wires,
        (
            question(
                0x13B2,
                7,
                Num(Field.CURRENT, 0, ">i2", ampere),
                Num(Field.VOLTAGE, 2, ">u2", 0.1),
                Num(Field.CYCLE_CHARGE, 4, ">u4", 0.001),
                Num(Field.DESIGN_CAPACITY, 8, ">u4", 0.001),
                cycles,
            ),
            question(0x1388, 34, *_CELLS),
            question(0x13EC, 8, *_STATUS),
        ),
        devices=answers,
        inform=question(0x13F0, 28, *_INFO),
        uncertain=uncertain,
    )
