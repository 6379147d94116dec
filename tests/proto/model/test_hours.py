"""Counting by the hour."""

from custom_components.mi_bms.proto.model.hours import HOUR, KEPT, Hours


def test_each_hour_has_its_count() -> None:
    hours = Hours()
    for now in (100.0, 200.0, HOUR + 1, 3 * HOUR):
        hours.take(now)
    assert hours.told(3 * HOUR + 5)[-4:] == [2, 1, 0, 1]
    assert hours.told(4 * HOUR)[-5:] == [2, 1, 0, 1, 0]


def test_a_day_later_nothing_of_it_is_left() -> None:
    hours = Hours()
    hours.take(5 * HOUR)
    assert sum(hours.told(28 * HOUR)) == 1
    assert hours.told(28 * HOUR)[0] == 1
    assert sum(hours.told(29 * HOUR)) == 0
    assert sum(hours.told(1000 * HOUR)) == 0


def test_what_comes_late_counts_now() -> None:
    hours = Hours()
    hours.take(50 * HOUR)
    hours.take(49 * HOUR)
    told = hours.told(50 * HOUR + 1)
    assert told[-2:] == [0, 2]
    assert len(told) == KEPT


def test_a_machine_that_has_run_for_long_begins_at_zero() -> None:
    hours = Hours()
    hours.take(1e7)
    assert sum(hours.told(1e7)) == 1
