"""The shared alarm vocabulary: what a battery's own bits mean, in the same words for every family.

Each row is a word and its kind. A protection has switched something off, a defect is a part that
failed: both are a problem, as is a bit that nobody has a word for. A warning announces a protection,
a state is normal (full, switched off by command): neither is a problem.
The words are also the keys of lifetime counters and of translations: never rename one.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Self


class Kind(StrEnum):
    """Describe how serious an alarm is, the most serious first."""

    PROTECTION = "protection"
    DEFECT = "defect"
    WARNING = "warning"
    STATE = "state"

    @property
    def is_problem(self) -> bool:
        """Return whether something acted or failed."""
        return self in (Kind.PROTECTION, Kind.DEFECT)


class Alarm(StrEnum):
    """Name one alarm of a battery and its kind."""

    kind: Kind

    def __new__(cls, word: str, kind: Kind = Kind.PROTECTION) -> Self:
        """Make the alarm of a row; its value is the word, which alone finds it again."""
        alarm = str.__new__(cls, word)
        alarm._value_ = word
        alarm.kind = kind
        return alarm

    # Voltages
    CELL_OVERVOLTAGE = "cell_overvoltage", Kind.PROTECTION
    CELL_OVERVOLTAGE_WARNING = "cell_overvoltage_warning", Kind.WARNING
    CELL_UNDERVOLTAGE = "cell_undervoltage", Kind.PROTECTION
    CELL_UNDERVOLTAGE_WARNING = "cell_undervoltage_warning", Kind.WARNING
    PACK_OVERVOLTAGE = "pack_overvoltage", Kind.PROTECTION
    PACK_OVERVOLTAGE_WARNING = "pack_overvoltage_warning", Kind.WARNING
    PACK_UNDERVOLTAGE = "pack_undervoltage", Kind.PROTECTION
    PACK_UNDERVOLTAGE_WARNING = "pack_undervoltage_warning", Kind.WARNING
    CHARGER_OVERVOLTAGE = "charger_overvoltage", Kind.PROTECTION
    CELL_IMBALANCE = "cell_imbalance", Kind.PROTECTION
    CELL_IMBALANCE_WARNING = "cell_imbalance_warning", Kind.WARNING

    # Currents
    CHARGE_OVERCURRENT = "charge_overcurrent", Kind.PROTECTION
    CHARGE_OVERCURRENT_WARNING = "charge_overcurrent_warning", Kind.WARNING
    DISCHARGE_OVERCURRENT = "discharge_overcurrent", Kind.PROTECTION
    DISCHARGE_OVERCURRENT_WARNING = "discharge_overcurrent_warning", Kind.WARNING
    OVERCURRENT = "overcurrent", Kind.PROTECTION  # either direction
    SHORT_CIRCUIT = "short_circuit", Kind.PROTECTION
    CHARGE_TIMEOUT = "charge_timeout", Kind.PROTECTION

    # Temperatures; without "charge" or "discharge" where the battery does not tell the two apart
    CHARGE_OVERTEMPERATURE = "charge_overtemperature", Kind.PROTECTION
    CHARGE_OVERTEMPERATURE_WARNING = "charge_overtemperature_warning", Kind.WARNING
    CHARGE_UNDERTEMPERATURE = "charge_undertemperature", Kind.PROTECTION
    CHARGE_UNDERTEMPERATURE_WARNING = "charge_undertemperature_warning", Kind.WARNING
    DISCHARGE_OVERTEMPERATURE = "discharge_overtemperature", Kind.PROTECTION
    DISCHARGE_OVERTEMPERATURE_WARNING = (
        "discharge_overtemperature_warning",
        Kind.WARNING,
    )
    DISCHARGE_UNDERTEMPERATURE = "discharge_undertemperature", Kind.PROTECTION
    DISCHARGE_UNDERTEMPERATURE_WARNING = (
        "discharge_undertemperature_warning",
        Kind.WARNING,
    )
    OVERTEMPERATURE = "overtemperature", Kind.PROTECTION
    OVERTEMPERATURE_WARNING = "overtemperature_warning", Kind.WARNING
    UNDERTEMPERATURE = "undertemperature", Kind.PROTECTION
    UNDERTEMPERATURE_WARNING = "undertemperature_warning", Kind.WARNING
    MOSFET_OVERTEMPERATURE = "mosfet_overtemperature", Kind.PROTECTION
    MOSFET_OVERTEMPERATURE_WARNING = "mosfet_overtemperature_warning", Kind.WARNING
    MOSFET_UNDERTEMPERATURE = "mosfet_undertemperature", Kind.PROTECTION
    MOSFET_UNDERTEMPERATURE_WARNING = "mosfet_undertemperature_warning", Kind.WARNING
    BOARD_OVERTEMPERATURE = "board_overtemperature", Kind.PROTECTION
    BOARD_OVERTEMPERATURE_WARNING = "board_overtemperature_warning", Kind.WARNING
    AMBIENT_OVERTEMPERATURE = "ambient_overtemperature", Kind.PROTECTION
    AMBIENT_OVERTEMPERATURE_WARNING = "ambient_overtemperature_warning", Kind.WARNING
    AMBIENT_UNDERTEMPERATURE = "ambient_undertemperature", Kind.PROTECTION
    AMBIENT_UNDERTEMPERATURE_WARNING = "ambient_undertemperature_warning", Kind.WARNING
    BALANCER_OVERTEMPERATURE = "balancer_overtemperature", Kind.PROTECTION
    TEMPERATURE_DIFFERENCE = "temperature_difference", Kind.PROTECTION
    TEMPERATURE_DIFFERENCE_WARNING = "temperature_difference_warning", Kind.WARNING

    # Charge level; a high level is the end of each charge
    LEVEL_LOW = "level_low", Kind.PROTECTION
    LEVEL_LOW_WARNING = "level_low_warning", Kind.WARNING
    LEVEL_HIGH = "level_high", Kind.STATE
    LEVEL_HIGH_WARNING = "level_high_warning", Kind.WARNING

    # Defects
    CHARGE_MOSFET_FAULT = "charge_mosfet_fault", Kind.DEFECT
    DISCHARGE_MOSFET_FAULT = "discharge_mosfet_fault", Kind.DEFECT
    MOSFET_FAULT = "mosfet_fault", Kind.DEFECT
    PRECHARGE_FAULT = "precharge_fault", Kind.DEFECT
    FRONTEND_FAULT = "frontend_fault", Kind.DEFECT
    TEMPERATURE_SENSOR_FAULT = "temperature_sensor_fault", Kind.DEFECT
    CURRENT_SENSOR_FAULT = "current_sensor_fault", Kind.DEFECT
    CELL_FAULT = "cell_fault", Kind.DEFECT
    CELL_COUNT_MISMATCH = "cell_count_mismatch", Kind.DEFECT
    # A cell or balance wire is open, swapped or has too much resistance
    WIRE_FAULT = "wire_fault", Kind.DEFECT
    BALANCER_FAULT = "balancer_fault", Kind.DEFECT
    HEATER_FAULT = "heater_fault", Kind.DEFECT
    MEMORY_FAULT = "memory_fault", Kind.DEFECT
    CLOCK_FAULT = "clock_fault", Kind.DEFECT
    COMMUNICATION_FAULT = "communication_fault", Kind.DEFECT
    CONFIGURATION_FAULT = "configuration_fault", Kind.DEFECT
    HARDWARE_FAULT = "hardware_fault", Kind.DEFECT
    FIRE_SENSOR = "fire_sensor", Kind.PROTECTION

    # Switched off on purpose: a command, not a defect
    MOSFET_LOCKED = "mosfet_locked", Kind.STATE

    # The battery reports a problem that nobody has a word for
    OTHER = "other", Kind.DEFECT


# What may burn comes before everything else.
_FIRST: Final = (Alarm.FIRE_SENSOR, Alarm.SHORT_CIRCUIT)
_URGENCY: Final = {Kind.PROTECTION: 0, Kind.DEFECT: 0, Kind.WARNING: 1, Kind.STATE: 2}
_ORDER: Final = {
    alarm: place
    for place, alarm in enumerate(
        sorted(Alarm, key=lambda alarm: (alarm not in _FIRST, _URGENCY[alarm.kind]))
    )
}


def active(words: Iterable[str], problem: object) -> tuple[Alarm, ...]:
    """Return the active alarms, the most serious first; a problem that no word explains is ``OTHER``."""
    known = frozenset(words)
    found = {alarm for alarm in Alarm if alarm in known}
    if problem and not any(alarm.kind.is_problem for alarm in found):
        found.add(Alarm.OTHER)
    return tuple(sorted(found, key=_ORDER.__getitem__))
