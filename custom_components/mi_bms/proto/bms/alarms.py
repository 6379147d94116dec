"""The shared alarm vocabulary: what a battery's own bits mean, in the same words for every family.

Each row is a word and how serious it is. A protection has switched something off, a defect is a part that
failed: both are a problem, as is a bit that nobody has a word for. A warning announces a protection,
a state is normal (full, switched off by command): neither is a problem.
The words are also the keys of lifetime counters and of translations: never rename one.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Self


class Severity(StrEnum):
    """How serious an alarm is, the most serious first."""

    PROTECTION = "protection"
    DEFECT = "defect"
    WARNING = "warning"
    STATE = "state"

    @property
    def is_problem(self) -> bool:
        """Return whether something acted or failed."""
        return self in (Severity.PROTECTION, Severity.DEFECT)


class Alarm(StrEnum):
    """One alarm of a battery and how serious it is."""

    severity: Severity

    def __new__(cls, word: str, severity: Severity = Severity.PROTECTION) -> Self:
        """Make the alarm of a row; its value is the word, which alone finds it again."""
        alarm = str.__new__(cls, word)
        alarm._value_ = word
        alarm.severity = severity
        return alarm

    # Voltages
    CELL_OVERVOLTAGE = "cell_overvoltage", Severity.PROTECTION
    CELL_OVERVOLTAGE_WARNING = "cell_overvoltage_warning", Severity.WARNING
    CELL_UNDERVOLTAGE = "cell_undervoltage", Severity.PROTECTION
    CELL_UNDERVOLTAGE_WARNING = "cell_undervoltage_warning", Severity.WARNING
    PACK_OVERVOLTAGE = "pack_overvoltage", Severity.PROTECTION
    PACK_OVERVOLTAGE_WARNING = "pack_overvoltage_warning", Severity.WARNING
    PACK_UNDERVOLTAGE = "pack_undervoltage", Severity.PROTECTION
    PACK_UNDERVOLTAGE_WARNING = "pack_undervoltage_warning", Severity.WARNING
    CHARGER_OVERVOLTAGE = "charger_overvoltage", Severity.PROTECTION
    CELL_IMBALANCE = "cell_imbalance", Severity.PROTECTION
    CELL_IMBALANCE_WARNING = "cell_imbalance_warning", Severity.WARNING

    # Currents
    CHARGE_OVERCURRENT = "charge_overcurrent", Severity.PROTECTION
    CHARGE_OVERCURRENT_WARNING = "charge_overcurrent_warning", Severity.WARNING
    DISCHARGE_OVERCURRENT = "discharge_overcurrent", Severity.PROTECTION
    DISCHARGE_OVERCURRENT_WARNING = "discharge_overcurrent_warning", Severity.WARNING
    OVERCURRENT = "overcurrent", Severity.PROTECTION  # either direction
    SHORT_CIRCUIT = "short_circuit", Severity.PROTECTION
    CHARGE_TIMEOUT = "charge_timeout", Severity.PROTECTION

    # Temperatures; without "charge" or "discharge" where the battery does not tell the two apart
    CHARGE_OVERTEMPERATURE = "charge_overtemperature", Severity.PROTECTION
    CHARGE_OVERTEMPERATURE_WARNING = "charge_overtemperature_warning", Severity.WARNING
    CHARGE_UNDERTEMPERATURE = "charge_undertemperature", Severity.PROTECTION
    CHARGE_UNDERTEMPERATURE_WARNING = (
        "charge_undertemperature_warning",
        Severity.WARNING,
    )
    DISCHARGE_OVERTEMPERATURE = "discharge_overtemperature", Severity.PROTECTION
    DISCHARGE_OVERTEMPERATURE_WARNING = (
        "discharge_overtemperature_warning",
        Severity.WARNING,
    )
    DISCHARGE_UNDERTEMPERATURE = "discharge_undertemperature", Severity.PROTECTION
    DISCHARGE_UNDERTEMPERATURE_WARNING = (
        "discharge_undertemperature_warning",
        Severity.WARNING,
    )
    OVERTEMPERATURE = "overtemperature", Severity.PROTECTION
    OVERTEMPERATURE_WARNING = "overtemperature_warning", Severity.WARNING
    UNDERTEMPERATURE = "undertemperature", Severity.PROTECTION
    UNDERTEMPERATURE_WARNING = "undertemperature_warning", Severity.WARNING
    MOSFET_OVERTEMPERATURE = "mosfet_overtemperature", Severity.PROTECTION
    MOSFET_OVERTEMPERATURE_WARNING = "mosfet_overtemperature_warning", Severity.WARNING
    MOSFET_UNDERTEMPERATURE = "mosfet_undertemperature", Severity.PROTECTION
    MOSFET_UNDERTEMPERATURE_WARNING = (
        "mosfet_undertemperature_warning",
        Severity.WARNING,
    )
    BOARD_OVERTEMPERATURE = "board_overtemperature", Severity.PROTECTION
    BOARD_OVERTEMPERATURE_WARNING = "board_overtemperature_warning", Severity.WARNING
    AMBIENT_OVERTEMPERATURE = "ambient_overtemperature", Severity.PROTECTION
    AMBIENT_OVERTEMPERATURE_WARNING = (
        "ambient_overtemperature_warning",
        Severity.WARNING,
    )
    AMBIENT_UNDERTEMPERATURE = "ambient_undertemperature", Severity.PROTECTION
    AMBIENT_UNDERTEMPERATURE_WARNING = (
        "ambient_undertemperature_warning",
        Severity.WARNING,
    )
    BALANCER_OVERTEMPERATURE = "balancer_overtemperature", Severity.PROTECTION
    TEMPERATURE_DIFFERENCE = "temperature_difference", Severity.PROTECTION
    TEMPERATURE_DIFFERENCE_WARNING = "temperature_difference_warning", Severity.WARNING

    # Charge level; a high level is the end of each charge
    LEVEL_LOW = "level_low", Severity.PROTECTION
    LEVEL_LOW_WARNING = "level_low_warning", Severity.WARNING
    LEVEL_HIGH = "level_high", Severity.STATE
    LEVEL_HIGH_WARNING = "level_high_warning", Severity.WARNING

    # Defects
    CHARGE_MOSFET_FAULT = "charge_mosfet_fault", Severity.DEFECT
    DISCHARGE_MOSFET_FAULT = "discharge_mosfet_fault", Severity.DEFECT
    MOSFET_FAULT = "mosfet_fault", Severity.DEFECT
    PRECHARGE_FAULT = "precharge_fault", Severity.DEFECT
    FRONTEND_FAULT = "frontend_fault", Severity.DEFECT
    TEMPERATURE_SENSOR_FAULT = "temperature_sensor_fault", Severity.DEFECT
    CURRENT_SENSOR_FAULT = "current_sensor_fault", Severity.DEFECT
    CELL_FAULT = "cell_fault", Severity.DEFECT
    CELL_COUNT_MISMATCH = "cell_count_mismatch", Severity.DEFECT
    # A cell or balance wire is open, swapped or has too much resistance
    WIRE_FAULT = "wire_fault", Severity.DEFECT
    BALANCER_FAULT = "balancer_fault", Severity.DEFECT
    HEATER_FAULT = "heater_fault", Severity.DEFECT
    MEMORY_FAULT = "memory_fault", Severity.DEFECT
    CLOCK_FAULT = "clock_fault", Severity.DEFECT
    COMMUNICATION_FAULT = "communication_fault", Severity.DEFECT
    CONFIGURATION_FAULT = "configuration_fault", Severity.DEFECT
    HARDWARE_FAULT = "hardware_fault", Severity.DEFECT
    FIRE_SENSOR = "fire_sensor", Severity.PROTECTION

    # Switched off on purpose: a command, not a defect
    MOSFET_LOCKED = "mosfet_locked", Severity.STATE

    # The battery reports a problem that nobody has a word for
    OTHER = "other", Severity.DEFECT


_WARNING: Final = "_warning"
WARNING_OF: Final = {
    Alarm(alarm.removesuffix(_WARNING)): alarm
    for alarm in Alarm
    if alarm.endswith(_WARNING) and alarm.removesuffix(_WARNING) in Alarm
}

# What may burn comes before everything else.
_FIRST: Final = (Alarm.FIRE_SENSOR, Alarm.SHORT_CIRCUIT)
_URGENCY: Final = {
    Severity.PROTECTION: 0,
    Severity.DEFECT: 0,
    Severity.WARNING: 1,
    Severity.STATE: 2,
}
_ORDER: Final = {
    alarm: place
    for place, alarm in enumerate(
        sorted(Alarm, key=lambda alarm: (alarm not in _FIRST, _URGENCY[alarm.severity]))
    )
}


def active(words: Iterable[str], problem: object) -> tuple[Alarm, ...]:
    """Return the active alarms, the most serious first; a problem that no word explains is ``OTHER``."""
    known = frozenset(words)
    found = {alarm for alarm in Alarm if alarm in known}
    if problem and not any(alarm.severity.is_problem for alarm in found):
        found.add(Alarm.OTHER)
    return tuple(sorted(found, key=_ORDER.__getitem__))
