"""What is active, and in which order a person is told."""

from custom_components.mi_bms.proto.bms.alarms import Alarm, Severity, active
from tests.each import rows


@rows(
    ("words", "problem", "found"),
    [
        ((), False, ()),
        ((), None, ()),
        ((), True, (Alarm.OTHER,)),
        (("short_circuit",), True, (Alarm.SHORT_CIRCUIT,)),
        (("mosfet_locked",), False, (Alarm.MOSFET_LOCKED,)),
        (
            ("level_low_warning", "cell_undervoltage", "fire_sensor"),
            True,
            (Alarm.FIRE_SENSOR, Alarm.CELL_UNDERVOLTAGE, Alarm.LEVEL_LOW_WARNING),
        ),
        (("a word of a newer version",), True, (Alarm.OTHER,)),
        # Neither a warning nor a state explains a problem.
        (
            ("level_high", "level_high_warning"),
            True,
            (Alarm.OTHER, Alarm.LEVEL_HIGH_WARNING, Alarm.LEVEL_HIGH),
        ),
        (("level_high",), False, (Alarm.LEVEL_HIGH,)),
    ],
)
def test_active(
    words: tuple[str, ...], problem: object, found: tuple[Alarm, ...]
) -> None:
    assert active(words, problem) == found


def test_problems_come_before_warnings_and_states() -> None:
    kinds = [alarm.severity for alarm in active(Alarm, problem=True)]
    places = [2 if kind is Severity.STATE else not kind.is_problem for kind in kinds]
    assert places == sorted(places)
    assert len(kinds) == len(Alarm)


def test_kinds() -> None:
    assert Alarm("cell_overvoltage") is Alarm.CELL_OVERVOLTAGE
    assert Alarm.CELL_OVERVOLTAGE.severity is Severity.PROTECTION
    assert Alarm.CLOCK_FAULT.severity is Severity.DEFECT
    assert {alarm for alarm in Alarm if alarm.severity is Severity.WARNING} == {
        alarm for alarm in Alarm if alarm.endswith("_warning")
    }
    assert {alarm for alarm in Alarm if alarm.severity is Severity.STATE} == {
        Alarm.MOSFET_LOCKED,
        Alarm.LEVEL_HIGH,
    }
