"""The alarm bits of Daly boards: the same eight groups in the old and the new protocol, in another order.

Lowest bit of a group first; where there are two stages a warning comes before its protection.
Source: what aiobmsble, ESPHome components and dbus-serialbattery read.
"""

from collections.abc import Mapping
from typing import Final

from ..alarms import Alarm

type Group = tuple[Alarm, ...]

# Ids of the makers of the modules; both protocols are found behind each.
IDS: Final = (0x0102, 0x0104, 0x0302, 0x0303, 0x0402)

VOLTAGES: Final[Group] = (
    Alarm.CELL_OVERVOLTAGE_WARNING,
    Alarm.CELL_OVERVOLTAGE,
    Alarm.CELL_UNDERVOLTAGE_WARNING,
    Alarm.CELL_UNDERVOLTAGE,
    Alarm.PACK_OVERVOLTAGE_WARNING,
    Alarm.PACK_OVERVOLTAGE,
    Alarm.PACK_UNDERVOLTAGE_WARNING,
    Alarm.PACK_UNDERVOLTAGE,
)
TEMPERATURES: Final[Group] = (
    Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    Alarm.CHARGE_OVERTEMPERATURE,
    Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    Alarm.CHARGE_UNDERTEMPERATURE,
    Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    Alarm.DISCHARGE_OVERTEMPERATURE,
    Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    Alarm.DISCHARGE_UNDERTEMPERATURE,
)
CURRENTS_AND_LEVEL: Final[Group] = (
    Alarm.CHARGE_OVERCURRENT_WARNING,
    Alarm.CHARGE_OVERCURRENT,
    Alarm.DISCHARGE_OVERCURRENT_WARNING,
    Alarm.DISCHARGE_OVERCURRENT,
    Alarm.LEVEL_HIGH_WARNING,
    Alarm.LEVEL_HIGH,
    Alarm.LEVEL_LOW_WARNING,
    Alarm.LEVEL_LOW,
)
DIFFERENCES: Final[Group] = (
    Alarm.CELL_IMBALANCE_WARNING,
    Alarm.CELL_IMBALANCE,
    Alarm.TEMPERATURE_DIFFERENCE_WARNING,
    Alarm.TEMPERATURE_DIFFERENCE,
)
MOSFETS: Final[Group] = (
    Alarm.MOSFET_OVERTEMPERATURE,
    Alarm.MOSFET_OVERTEMPERATURE,
    Alarm.TEMPERATURE_SENSOR_FAULT,
    Alarm.TEMPERATURE_SENSOR_FAULT,
    Alarm.CHARGE_MOSFET_FAULT,
    Alarm.DISCHARGE_MOSFET_FAULT,
    Alarm.CHARGE_MOSFET_FAULT,
    Alarm.DISCHARGE_MOSFET_FAULT,
)
PARTS: Final[Group] = (
    Alarm.FRONTEND_FAULT,
    Alarm.WIRE_FAULT,
    Alarm.TEMPERATURE_SENSOR_FAULT,
    Alarm.MEMORY_FAULT,
    Alarm.CLOCK_FAULT,
    Alarm.PRECHARGE_FAULT,
    Alarm.COMMUNICATION_FAULT,
    Alarm.COMMUNICATION_FAULT,
)
# Only in the old protocol.
MODULES: Final[Group] = (
    Alarm.CURRENT_SENSOR_FAULT,
    Alarm.HARDWARE_FAULT,
    Alarm.SHORT_CIRCUIT,
    Alarm.PACK_UNDERVOLTAGE,
)


def bits(*groups: Group) -> Mapping[int, Alarm]:
    """Make the table of a big endian number: one group per byte, the highest byte first."""
    return {
        8 * byte + bit: alarm
        for byte, group in enumerate(reversed(groups))
        for bit, alarm in enumerate(group)
    }
