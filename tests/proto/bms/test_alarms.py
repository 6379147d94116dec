"""What is active, and in which order a person is told."""

import pytest

from custom_components.mi_bms.proto.bms.alarms import Alarm, Kind, active


@pytest.mark.parametrize(
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
    ],
)
def test_active(
    words: tuple[str, ...], problem: object, found: tuple[Alarm, ...]
) -> None:
    assert active(words, problem) == found


def test_protections_come_before_warnings() -> None:
    kinds = [alarm.kind for alarm in active(Alarm, problem=True)]
    assert kinds == sorted(kinds, key=lambda kind: kind is Kind.WARNING)
    assert len(kinds) == len(Alarm)
