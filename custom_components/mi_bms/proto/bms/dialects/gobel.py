"""What Gobel, Dyness and Buknuwo batteries share: the module, the first registers and the alarm words.

Modbus RTU device 01, big endian. Source: what aiobmsble reads, and the published register text of Pace
boards, which have the same first registers: their names of the alarm bits were not tried on these.
"""

from collections.abc import Mapping
from typing import Final

from ...model.fields import Field
from ..alarms import Alarm
from ..codec import Flags, Num, Row
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

_WARNING, _PROTECTION = (
    32,
    16,
)  # lowest bits of the first two words; the third one is of faults and states
_ALARMS: Final[Mapping[int, Alarm]] = {
    _WARNING + 0: Alarm.CELL_OVERVOLTAGE_WARNING,
    _WARNING + 1: Alarm.CELL_UNDERVOLTAGE_WARNING,
    _WARNING + 2: Alarm.PACK_OVERVOLTAGE_WARNING,
    _WARNING + 3: Alarm.PACK_UNDERVOLTAGE_WARNING,
    _WARNING + 4: Alarm.CHARGE_OVERCURRENT_WARNING,
    _WARNING + 5: Alarm.DISCHARGE_OVERCURRENT_WARNING,
    _WARNING + 8: Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    _WARNING + 9: Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    _WARNING + 10: Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    _WARNING + 11: Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    _WARNING + 12: Alarm.AMBIENT_OVERTEMPERATURE_WARNING,
    _WARNING + 13: Alarm.AMBIENT_UNDERTEMPERATURE_WARNING,
    _WARNING + 14: Alarm.MOSFET_OVERTEMPERATURE_WARNING,
    _WARNING + 15: Alarm.LEVEL_LOW_WARNING,
    _PROTECTION + 0: Alarm.CELL_OVERVOLTAGE,
    _PROTECTION + 1: Alarm.CELL_UNDERVOLTAGE,
    _PROTECTION + 2: Alarm.PACK_OVERVOLTAGE,
    _PROTECTION + 3: Alarm.PACK_UNDERVOLTAGE,
    _PROTECTION + 4: Alarm.CHARGE_OVERCURRENT,
    _PROTECTION + 5: Alarm.DISCHARGE_OVERCURRENT,
    _PROTECTION + 6: Alarm.SHORT_CIRCUIT,
    _PROTECTION + 7: Alarm.CHARGER_OVERVOLTAGE,
    _PROTECTION + 8: Alarm.CHARGE_OVERTEMPERATURE,
    _PROTECTION + 9: Alarm.DISCHARGE_OVERTEMPERATURE,
    _PROTECTION + 10: Alarm.CHARGE_UNDERTEMPERATURE,
    _PROTECTION + 11: Alarm.DISCHARGE_UNDERTEMPERATURE,
    _PROTECTION + 12: Alarm.MOSFET_OVERTEMPERATURE,
    _PROTECTION + 13: Alarm.AMBIENT_OVERTEMPERATURE,
    _PROTECTION + 14: Alarm.AMBIENT_UNDERTEMPERATURE,
    0: Alarm.CHARGE_MOSFET_FAULT,
    1: Alarm.DISCHARGE_MOSFET_FAULT,
    2: Alarm.TEMPERATURE_SENSOR_FAULT,
    4: Alarm.CELL_FAULT,
    5: Alarm.FRONTEND_FAULT,
}
# Charging, discharging, both FETs, charge limiter, charger reversed, heater.
_STATES: Final = 0xDF00


def words(at: int, mask: int | None = None) -> Flags:
    """Make the row of the three alarm words."""
    return Flags(at, ">u6", _ALARMS, mask=mask, harmless=_STATES)
