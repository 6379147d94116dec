"""When a sensor is connected to by itself; a clock that was wrong holds nothing up."""

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.active.codec import Moment
from custom_components.mi_bms.proto.active.due import (
    DAY,
    FILL_EVERY,
    FIRST,
    SPREAD,
    WEEK,
    Due,
)
from tests.each import rows

NOW = 1_790_000_000.0


def fresh() -> Due:
    return Due.again({}, NOW, 0.0)


def test_everything_is_due_at_first_but_not_all_at_once() -> None:
    due = Due.again({}, NOW, 100.0)
    assert due.rests(NOW)
    assert not due.rests(NOW + 100)
    assert due.wants_look(NOW)
    assert due.wants_fill(NOW)
    assert due.wants_clock(Moment(NOW, 0))


def test_a_look_a_day_at_a_time_of_its_own() -> None:
    due = fresh()
    due.looked(NOW, 0.5)
    assert not due.wants_look(NOW + DAY)
    assert due.wants_look(NOW + DAY + SPREAD / 2)


def test_gaps_every_three_hours() -> None:
    due = fresh()
    due.fill = NOW + FILL_EVERY
    assert not due.wants_fill(NOW)
    assert due.wants_fill(NOW + FILL_EVERY)
    due.filled_to = NOW - 5
    assert due.filled_until(NOW) == NOW - 5
    assert due.filled_until(NOW - 60) == 0.0


@rows(
    ("later", "offset", "wanted"),
    [
        (0.0, 3600, False),
        (WEEK - 1, 3600, False),
        (WEEK, 3600, True),
        (60.0, 7200, True),
        (-60.0, 3600, True),
    ],
)
def test_the_clock_every_week_and_at_daylight_saving(
    later: float, offset: int, wanted: bool
) -> None:
    due = fresh()
    due.set_at = (NOW, 3600)
    assert due.wants_clock(Moment(NOW + later, offset)) is wanted


def test_one_out_of_reach_is_tried_ever_more_rarely() -> None:
    due = fresh()
    waits = [due.failed(NOW) for _ in range(9)]
    assert waits[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert waits[-1] == DAY
    assert due.rests(NOW + DAY - 1)
    assert not due.rests(NOW + DAY)


@given(st.floats(0, 4e9), st.floats(0, 4e9), st.floats(0, 1))
def test_no_wrong_clock_holds_it_up(wrong: float, now: float, chance: float) -> None:
    due = Due.again({}, wrong, 300.0)
    due.looked(wrong, chance)
    due.failed(wrong)
    later = now + DAY + SPREAD
    assert not due.rests(later) or later <= wrong + DAY
    assert due.wants_look(later) or later <= wrong + DAY + SPREAD


def test_goes_on_after_a_restart() -> None:
    due = fresh()
    due.looked(NOW, 1.0)
    due.set_at, due.filled_to = (NOW, 3600), NOW
    kept = due.snapshot()
    assert kept == {"due": NOW + DAY + SPREAD, "set_at": [NOW, 3600], "filled": NOW}
    again = Due.again(kept, NOW, 0.0)
    assert again.snapshot() == kept
    assert not again.wants_look(NOW)
