"""How long a line may be while the time between two points changes."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.energy.day import Basis
from custom_components.mi_bms.proto.energy.meter import Meter
from custom_components.mi_bms.proto.energy.point import Point
from tests.each import rows

from .truth import MIDNIGHT, charged, day_of

INTERVALS = st.sampled_from([5.0, 30.0, 60.0, 300.0, 1800.0])


def at(second: float, watts: float = 500.0) -> Point:
    """Return what is read of a battery of 50 V and 100 Ah."""
    return Point(
        mono=second,
        wall=MIDNIGHT + second,
        voltage=50.0,
        capacity=100.0,
        power=watts,
        current=watts / 50.0,
    )


def fed(meter: Meter, point: Point, interval: float) -> Basis | None:
    return meter.feed(point, interval=interval, midnight=MIDNIGHT)


@given(
    first=INTERVALS,
    steps=st.lists(
        st.tuples(
            st.sampled_from([1.0, 29.0, 89.0, 91.0, 400.0, 2000.0, 5400.0, 5401.0]),
            INTERVALS,
            st.booleans(),
        ),
        max_size=30,
    ),
)
@settings(max_examples=60)
def test_a_stretch_is_judged_by_the_longest_interval_since_it_began(
    first: float, steps: list[tuple[float, float, bool]]
) -> None:
    meter, now, since = Meter(), 0.0, 0.0
    fed(meter, at(0), first)
    due, measured = [first], 0.0
    for passed, interval, read in steps:
        now += passed
        silence, drawn = now - since, max(90.0, 3 * max(due))
        # What is long overdue shows before the next point.
        assert (day_of(meter, now).left_out_s > now - measured - silence) is (
            silence > drawn
        )
        if not read:
            meter.paced(interval)
            due.append(interval)
            continue
        basis = fed(meter, at(now), interval)
        assert basis is (Basis.MEASURED if silence <= drawn else Basis.LEFT_OUT)
        measured += silence if silence <= drawn else 0.0
        since, due = now, [interval]
        assert day_of(meter, now).measured_s == pytest.approx(measured)
    assert charged(meter) == pytest.approx(500 * measured / 3.6e6)


def test_a_longer_interval_counts_at_once_and_a_shorter_one_with_the_next_point() -> (
    None
):
    meter = Meter()
    fed(meter, at(0), 30.0)
    meter.paced(1800.0)
    assert day_of(meter, 1600).left_out_s == 0
    meter.paced(30.0)
    assert day_of(meter, 1600).left_out_s == 0
    assert fed(meter, at(1600), 30.0) is Basis.MEASURED
    assert fed(meter, at(1800), 30.0) is Basis.LEFT_OUT


def test_the_point_that_ends_a_gap_does_not_make_it_shorter() -> None:
    meter = Meter()
    fed(meter, at(0), 30.0)
    # It shows a battery at rest, which is read seldom from now on.
    assert fed(meter, at(3600, 0.0), 1800.0) is Basis.LEFT_OUT
    assert fed(meter, at(7200, 0.0), 1800.0) is Basis.MEASURED


def test_what_a_stretch_is_judged_by_outlives_a_restart() -> None:
    meter, after = Meter(), Meter()
    fed(meter, at(0), 30.0)
    meter.paced(1800.0)
    after.restore(meter.state())
    after.paced(30.0)
    assert fed(after, at(1600), 30.0) is Basis.MEASURED


@rows(("paced", "basis"), [(30.0, Basis.LEFT_OUT), (1800.0, Basis.MEASURED)])
def test_a_current_that_waits_to_be_believed_begins_a_stretch(
    paced: float, basis: Basis
) -> None:
    meter, spike = Meter(), 100 * 50.0 * 6
    fed(meter, at(0), 1800.0)
    assert fed(meter, at(1200, spike), 30.0) is None
    meter.paced(paced)
    assert fed(meter, at(2400, spike), 30.0) is basis
    assert day_of(meter, 2400).measured_s == (2400 if paced > 30 else 1200)


def test_one_that_was_none_does_not_end_the_stretch() -> None:
    meter, spike = Meter(), 100 * 50.0 * 6
    fed(meter, at(0), 30.0)
    assert fed(meter, at(60, spike), 1800.0) is None
    assert day_of(meter, 1700).left_out_s == 0
    assert fed(meter, at(1700), 30.0) is Basis.MEASURED
    assert meter.dropped == {"spike": 1}


def test_one_that_was_one_does_not_excuse_the_gap_before() -> None:
    meter, spike = Meter(), 100 * 50.0 * 6
    fed(meter, at(0), 30.0)
    assert fed(meter, at(3600, spike), 1800.0) is None
    meter.paced(1800.0)
    assert fed(meter, at(3660, spike), 1800.0) is Basis.MEASURED
    assert day_of(meter, 3660).left_out_s == 3600
