"""The shared alarm vocabulary: what a battery's own bits mean, in the same words for every family.

A protection has acted (the battery switched something off) or is a defect; a warning announces one.
The words are also the keys of lifetime counters and of translations: never rename one.
"""

from collections.abc import Iterable
from enum import StrEnum

_WARNING = "_warning"


class Kind(StrEnum):
    """Say how serious an alarm is."""

    WARNING = "warning"
    PROTECTION = "protection"


class Alarm(StrEnum):
    """Name one alarm of a battery."""

    # Voltages
    CELL_OVERVOLTAGE = "cell_overvoltage"
    CELL_OVERVOLTAGE_WARNING = "cell_overvoltage_warning"
    CELL_UNDERVOLTAGE = "cell_undervoltage"
    CELL_UNDERVOLTAGE_WARNING = "cell_undervoltage_warning"
    PACK_OVERVOLTAGE = "pack_overvoltage"
    PACK_OVERVOLTAGE_WARNING = "pack_overvoltage_warning"
    PACK_UNDERVOLTAGE = "pack_undervoltage"
    PACK_UNDERVOLTAGE_WARNING = "pack_undervoltage_warning"
    CELL_IMBALANCE = "cell_imbalance"
    CELL_IMBALANCE_WARNING = "cell_imbalance_warning"

    # Currents
    CHARGE_OVERCURRENT = "charge_overcurrent"
    CHARGE_OVERCURRENT_WARNING = "charge_overcurrent_warning"
    DISCHARGE_OVERCURRENT = "discharge_overcurrent"
    DISCHARGE_OVERCURRENT_WARNING = "discharge_overcurrent_warning"
    SHORT_CIRCUIT = "short_circuit"
    CHARGE_TIMEOUT = "charge_timeout"

    # Temperatures; without "charge" or "discharge" where the battery does not tell the two apart
    CHARGE_OVERTEMPERATURE = "charge_overtemperature"
    CHARGE_OVERTEMPERATURE_WARNING = "charge_overtemperature_warning"
    CHARGE_UNDERTEMPERATURE = "charge_undertemperature"
    CHARGE_UNDERTEMPERATURE_WARNING = "charge_undertemperature_warning"
    DISCHARGE_OVERTEMPERATURE = "discharge_overtemperature"
    DISCHARGE_OVERTEMPERATURE_WARNING = "discharge_overtemperature_warning"
    DISCHARGE_UNDERTEMPERATURE = "discharge_undertemperature"
    DISCHARGE_UNDERTEMPERATURE_WARNING = "discharge_undertemperature_warning"
    OVERTEMPERATURE = "overtemperature"
    OVERTEMPERATURE_WARNING = "overtemperature_warning"
    UNDERTEMPERATURE = "undertemperature"
    UNDERTEMPERATURE_WARNING = "undertemperature_warning"
    MOSFET_OVERTEMPERATURE = "mosfet_overtemperature"
    MOSFET_OVERTEMPERATURE_WARNING = "mosfet_overtemperature_warning"
    MOSFET_UNDERTEMPERATURE = "mosfet_undertemperature"
    MOSFET_UNDERTEMPERATURE_WARNING = "mosfet_undertemperature_warning"
    BOARD_OVERTEMPERATURE = "board_overtemperature"
    BOARD_OVERTEMPERATURE_WARNING = "board_overtemperature_warning"
    AMBIENT_OVERTEMPERATURE = "ambient_overtemperature"
    AMBIENT_OVERTEMPERATURE_WARNING = "ambient_overtemperature_warning"
    AMBIENT_UNDERTEMPERATURE = "ambient_undertemperature"
    AMBIENT_UNDERTEMPERATURE_WARNING = "ambient_undertemperature_warning"
    BALANCER_OVERTEMPERATURE = "balancer_overtemperature"
    TEMPERATURE_DIFFERENCE = "temperature_difference"
    TEMPERATURE_DIFFERENCE_WARNING = "temperature_difference_warning"

    # Charge level
    LEVEL_LOW = "level_low"
    LEVEL_LOW_WARNING = "level_low_warning"
    LEVEL_HIGH = "level_high"
    LEVEL_HIGH_WARNING = "level_high_warning"

    # Defects
    CHARGE_MOSFET_FAULT = "charge_mosfet_fault"
    DISCHARGE_MOSFET_FAULT = "discharge_mosfet_fault"
    MOSFET_FAULT = "mosfet_fault"
    PRECHARGE_FAULT = "precharge_fault"
    FRONTEND_FAULT = "frontend_fault"
    TEMPERATURE_SENSOR_FAULT = "temperature_sensor_fault"
    CURRENT_SENSOR_FAULT = "current_sensor_fault"
    CELL_FAULT = "cell_fault"
    CELL_COUNT_MISMATCH = "cell_count_mismatch"
    WIRE_FAULT = "wire_fault"  # a cell or balance wire is open, swapped or has too much resistance
    BALANCER_FAULT = "balancer_fault"
    HEATER_FAULT = "heater_fault"
    MEMORY_FAULT = "memory_fault"
    CLOCK_FAULT = "clock_fault"
    COMMUNICATION_FAULT = "communication_fault"
    CONFIGURATION_FAULT = "configuration_fault"
    HARDWARE_FAULT = "hardware_fault"
    FIRE_SENSOR = "fire_sensor"

    # Switched off on purpose: a command, not a defect
    MOSFET_LOCKED = "mosfet_locked"

    # The battery reports a problem that nobody has a word for
    OTHER = "other"

    @property
    def kind(self) -> Kind:
        """Say whether this alarm warns or has acted."""
        mild = self.endswith(_WARNING) or self is Alarm.MOSFET_LOCKED
        return Kind.WARNING if mild else Kind.PROTECTION


# What may burn comes before everything else.
_FIRST = (Alarm.FIRE_SENSOR, Alarm.SHORT_CIRCUIT)
_ORDER = {alarm: place for place, alarm in enumerate((*_FIRST, *Alarm))}


def active(words: Iterable[str], problem: object) -> tuple[Alarm, ...]:
    """Give the active alarms, the most serious first; a problem without any word is ``OTHER``."""
    known = frozenset(words)
    found = {alarm for alarm in Alarm if alarm in known}
    if problem and not found:
        found.add(Alarm.OTHER)
    return tuple(
        sorted(
            found,
            key=lambda alarm: (
                alarm.kind is Kind.WARNING,
                alarm not in _FIRST,
                _ORDER[alarm],
            ),
        )
    )
