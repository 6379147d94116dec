"""What Seplos V2 and V3 share: the bits of three bytes of alarms, lowest first. Source: what ESPHome components read."""

from collections.abc import Mapping
from typing import Final

from ..alarms import Alarm

VOLTAGES: Final[Mapping[int, Alarm]] = {
    0: Alarm.CELL_OVERVOLTAGE_WARNING,
    1: Alarm.CELL_OVERVOLTAGE,
    2: Alarm.CELL_UNDERVOLTAGE_WARNING,
    3: Alarm.CELL_UNDERVOLTAGE,
    4: Alarm.PACK_OVERVOLTAGE_WARNING,
    5: Alarm.PACK_OVERVOLTAGE,
    6: Alarm.PACK_UNDERVOLTAGE_WARNING,
    7: Alarm.PACK_UNDERVOLTAGE,
}
TEMPERATURES: Final[Mapping[int, Alarm]] = {
    0: Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    1: Alarm.CHARGE_OVERTEMPERATURE,
    2: Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    3: Alarm.CHARGE_UNDERTEMPERATURE,
    4: Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    5: Alarm.DISCHARGE_OVERTEMPERATURE,
    6: Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    7: Alarm.DISCHARGE_UNDERTEMPERATURE,
}
AMBIENT: Final[Mapping[int, Alarm]] = {
    0: Alarm.AMBIENT_OVERTEMPERATURE_WARNING,
    1: Alarm.AMBIENT_OVERTEMPERATURE,
    2: Alarm.AMBIENT_UNDERTEMPERATURE_WARNING,
    3: Alarm.AMBIENT_UNDERTEMPERATURE,
}
