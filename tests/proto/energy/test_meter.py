"""Meters only grow, count each second once, and say what they could not see."""

from itertools import pairwise
from math import isfinite, nan
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.energy.day import Basis, Day
from custom_components.mi_bms.proto.energy.measures import MEASURES, TOTALS, Measure
from custom_components.mi_bms.proto.energy.meter import Meter, longest_drawn
from custom_components.mi_bms.proto.energy.point import (
    Lifetime,
    Moved,
    Point,
    bridged,
    drawn,
)
from custom_components.mi_bms.proto.energy.rows import Rows
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.each import rows

from .truth import MIDNIGHT, charged, discharged

few = settings(max_examples=20)
watts = st.floats(-5000, 5000, allow_nan=False).map(lambda one: round(one, 1))


def at(second: float, power: float = 500.0, **more: Any) -> Point:
    """Return what is read of a battery of 50 V and 100 Ah."""
    told: dict[str, Any] = {
        "mono": second,
        "wall": MIDNIGHT + second,
        "voltage": 50.0,
        "capacity": 100.0,
        "power": power,
        "current": power / 50.0,
    }
    return Point(**told | more)


def fed(*points: Point, meter: Meter | None = None, **more: Any) -> Meter:
    meter = meter or Meter()
    for one in points:
        meter.feed(one, **{"interval": 30.0, "midnight": MIDNIGHT} | more)
    return meter


def charge(ah: float, level: float = 50.0) -> dict[str, Any]:
    return {"charge": ah, "step": 0.1, "counted": True, "level": level}


# --- intervals ---------------------------------------------------------------------------------


@given(first=watts, last=watts, share=st.floats(0.1, 0.9))
@few
def test_a_line_in_two_parts_is_the_whole_line(
    first: float, last: float, share: float
) -> None:
    middle = at(60 * share, first + (last - first) * share)
    parts = drawn(at(0, first), middle, 60 * share)
    parts = parts.plus(drawn(middle, at(60, last), 60 * (1 - share)))
    whole = drawn(at(0, first), at(60, last), 60)
    assert parts == pytest.approx(whole, abs=1e-9)


@given(first=watts, last=watts)
@few
def test_the_other_sign_is_the_other_way(first: float, last: float) -> None:
    one = drawn(at(0, first), at(60, last), 60)
    other = drawn(at(0, -first), at(60, -last), 60)
    assert one == (
        other.energy_out,
        other.energy_in,
        other.charge_out,
        other.charge_in,
    )
    assert one.energy_in - one.energy_out == pytest.approx((first + last) / 120)
    assert min(one) >= 0


def test_a_change_of_sign_is_split_where_it_crosses_zero() -> None:
    found = drawn(at(0, 300), at(40, -100), 40)
    assert found.energy_in == pytest.approx(300 / 2 * 30 / 3600)
    assert found.energy_out == pytest.approx(100 / 2 * 10 / 3600)


@rows(("interval", "longest"), [(5, 90), (30, 90), (60, 180)])
def test_how_long_a_line_may_be(interval: float, longest: float) -> None:
    assert longest_drawn(interval) == longest
    assert fed(at(0), at(longest), interval=interval).day(longest, 0, 0).coverage == 100
    gap = fed(at(0), at(longest + 1), interval=interval)
    assert charged(gap) == 0


# --- gaps --------------------------------------------------------------------------------------


@rows(
    ("before", "after", "found"),
    [
        # Both counters of charge, or of energy, or both kinds.
        (Lifetime(None, None, 10, 20), Lifetime(None, None, 12, 21), (100, 50, 2, 1)),
        (Lifetime(100, 200), Lifetime(200, 250), (100, 50, 2, 1)),
        (Lifetime(0, 0, 0, 0), Lifetime(90, 40, 2, 1), (90, 40, 2, 1)),
        # One fell, one is missing, or it is more than any battery takes.
        (Lifetime(None, None, 10, 20), Lifetime(None, None, 12, 19), None),
        (Lifetime(None, None, None, 20), Lifetime(None, None, None, 21), None),
        (Lifetime(None, None, 0, 0), Lifetime(None, None, 900, 0), None),
        (Lifetime(), Lifetime(), None),
    ],
)
def test_a_gap_is_bridged_by_the_batterys_own_counters(
    before: Lifetime, after: Lifetime, found: tuple[float, ...] | None
) -> None:
    moved = bridged(at(0, counters=before), at(3600, counters=after), 3600)
    assert moved == (found and pytest.approx(found))


@rows(
    ("after", "found"),
    [
        # They stand still for ever, or say the opposite of what the charge did.
        (Lifetime(None, None, 10, 20), (0, 500, 0, 10)),
        (Lifetime(None, None, 20, 20), (0, 500, 0, 10)),
        (Lifetime(600, 1000), (0, 500, 0, 10)),
        # In and out in turn, of which the charge knows the difference only.
        (Lifetime(None, None, 15, 35), (250, 750, 5, 15)),
        (Lifetime(None, None, 10, 31), (0, 550, 0, 11)),
    ],
)
def test_counters_that_contradict_the_charge_are_not_believed(
    after: Lifetime, found: tuple[float, ...]
) -> None:
    energy = after.energy_in is not None
    before = Lifetime(500, 1000) if energy else Lifetime(None, None, 10, 20)
    first = at(0, counters=before, **charge(60))
    moved = bridged(first, at(3600, counters=after, **charge(50)), 3600)
    assert moved == pytest.approx(found)


def test_counters_need_a_voltage_that_makes_energy_of_them() -> None:
    before, after = Lifetime(None, None, 0, 0), Lifetime(None, None, 1, 1)
    first = at(0, voltage=0.0, counters=before)
    assert bridged(first, at(900, voltage=0.0, counters=after), 900) is None


@rows(
    ("before", "after", "found"),
    [
        (charge(40), charge(44), (200, 0, 4, 0)),
        (charge(44), charge(40), (0, 200, 0, 4)),
        (charge(40), charge(44) | {"counted": False}, None),
        (charge(40), charge(44) | {"capacity": 120.0}, None),
        (charge(40), charge(100, 100), None),
        (charge(40), charge(100, 99), None),
        (charge(4), charge(0, 1), None),
        (charge(99, 100), charge(95), (0, 200, 0, 4)),
        (charge(0), charge(90), (4500, 0, 90, 0)),
        ({}, charge(44), None),
        (charge(40), {}, None),
        ({"level": 40.0}, {"level": 44.0}, None),
        # Without a capacity only what no cable carries is impossible.
        (
            charge(40) | {"capacity": None},
            charge(44) | {"capacity": None},
            (200, 0, 4, 0),
        ),
    ],
)
def test_a_gap_is_bridged_by_the_charge_that_is_left(
    before: dict[str, Any], after: dict[str, Any], found: tuple[float, ...] | None
) -> None:
    moved = bridged(at(0, **before), at(3600, **after), 3600)
    assert moved == (found and pytest.approx(found))


def test_a_charge_that_moved_faster_than_it_can_is_set_anew() -> None:
    assert bridged(at(0, **charge(10)), at(120, **charge(80)), 120) is None


def test_a_gap_tells_how_it_was_bridged() -> None:
    meter = fed(at(0, **charge(40)), at(3600, **charge(44)), at(3630, **charge(44)))
    day = meter.day(3630, MIDNIGHT + 3630, MIDNIGHT)
    assert day.estimated_in == pytest.approx(0.2)
    assert day.coverage == pytest.approx(100 * 30 / 3630)
    assert (day.longest_gap_s, day.left_out_s) == (3600, 0)


def test_who_knows_a_gap_better_says_so() -> None:
    meter = fed(at(0))
    basis = meter.feed(
        at(3600),
        interval=30,
        midnight=MIDNIGHT,
        bridge=Moved(energy_in=700, charge_in=14),
    )
    assert basis is Basis.ESTIMATED
    assert charged(meter) == pytest.approx(0.7)


@rows("kept", [charge(40.0), {"charge": 40.0, "step": 1.0}])
def test_a_sleep_in_which_the_charge_stays_is_measured(kept: dict[str, Any]) -> None:
    meter = fed(at(0, 0.0, **kept))
    moved = kept | {"charge": 40.0 - 2 * kept["step"]}
    fed(at(36_000, 0.0, **moved), meter=meter, slept=True)
    assert meter.day(36_000, 0, 0).coverage == 100
    assert discharged(meter) == 0


@rows("before", [charge(50.0), {}])
def test_a_sleep_in_which_something_flowed_is_none(before: dict[str, Any]) -> None:
    meter = fed(at(0, **before))
    fed(at(36_000, **charge(40.0)), meter=meter, slept=True)
    assert meter.day(36_000, 0, 0).measured_s == 0


def test_while_it_sleeps_the_day_is_measured_and_else_it_is_not() -> None:
    meter = fed(at(0), at(30))
    wall = MIDNIGHT + 630
    assert meter.day(60, MIDNIGHT + 60, MIDNIGHT).elapsed_s == 30
    assert meter.day(630, wall, MIDNIGHT, asleep=True).coverage == 100
    assert meter.day(630, wall, MIDNIGHT).left_out_s == 600
    assert Meter().day(0, 0, 0).coverage is None


# --- bad input ---------------------------------------------------------------------------------


@rows(
    "values",
    [
        {Field.VOLTAGE: nan, Field.CURRENT: 1.0},
        {Field.VOLTAGE: 50.0},
        {Field.CURRENT: True, Field.VOLTAGE: 50.0},
        {Field.CURRENT: float("inf"), Field.VOLTAGE: 50.0},
    ],
)
def test_a_sample_without_sound_figures_is_none(values: dict[Field, Any]) -> None:
    assert Point.of(BmsSample(values=values), 0, 0) is None


def test_what_is_taken_of_a_sample() -> None:
    values = {
        Field.VOLTAGE: 50.0,
        Field.CURRENT: -2.0,
        Field.CYCLE_CHARGE: 40.25,
        Field.DESIGN_CAPACITY: 100,
        Field.TOTAL_CHARGE: 7,
    }
    sent = Point.of(BmsSample(values=values), 1, 2)
    assert sent is not None
    assert (sent.power, sent.step, sent.counted) == (-100.0, 0.01, True)
    assert sent.counters.charge_out == 7
    derived = frozenset({Field.CYCLE_CHARGE})
    made = Point.of(BmsSample(values=values, derived=derived), 1, 2)
    assert made is not None
    assert (made.step, made.counted) == (1.0, False)
    scaled = Point.of(BmsSample(values=values), 1, 2, 1.1)
    assert scaled is not None
    # What the board counts is as wrong as the current that the user scales.
    assert (scaled.counted, scaled.counters) == (False, Lifetime())
    bare = {name: values[name] for name in (Field.VOLTAGE, Field.CURRENT)}
    nothing = Point.of(BmsSample(values=bare), 1, 2)
    assert nothing is not None
    assert (nothing.charge, nothing.counted, nothing.at_end) == (None, False, False)


def test_points_out_of_order_are_left_alone() -> None:
    meter = fed(at(0), at(30), at(10), at(30), at(60))
    assert charged(meter) == pytest.approx(500 * 60 / 3.6e6)
    assert meter.dropped == {"order": 2}


def test_more_than_a_week_is_not_bridged() -> None:
    week = 7 * 86_400
    assert charged(fed(at(0, **charge(40)), at(week, **charge(44)))) > 0
    late = fed(at(0, **charge(40)), at(week + 1, **charge(44)))
    assert charged(late) == 0


def test_no_line_is_drawn_to_a_current_of_another_sign_of_the_user() -> None:
    meter = fed(at(0, -500), at(30, 500, factor=-1.0), at(60, 500, factor=-1.0))
    assert charged(meter) == pytest.approx(500 * 30 / 3.6e6)
    assert meter.day(60, MIDNIGHT + 60, MIDNIGHT).left_out_s == 30


def test_a_capacity_that_changed_is_no_change_of_charge() -> None:
    bigger = charge(80) | {"capacity": 200.0}
    meter = fed(at(0, **charge(40)), at(3600, **bigger))
    assert charged(meter) == 0
    assert fed(at(3630, **bigger), meter=meter).total(Measure.CHARGE_IN) > 0


SPIKE = 100 * 50.0 * 6  # W: six times the capacity in an hour


@pytest.mark.parametrize(
    ("before", "odd", "after", "counts"),
    [
        ({}, {}, {}, False),
        # The charge shows that it was none, or that it was one.
        (charge(40), charge(40), charge(40), False),
        (charge(40), charge(42.5), charge(45), True),
    ],
)
def test_one_excessive_current_has_to_be_shown_by_something(
    before: dict[str, Any], odd: dict[str, Any], after: dict[str, Any], *, counts: bool
) -> None:
    meter = fed(at(0, **before), at(30, SPIKE, **odd), at(60, **after))
    assert (charged(meter) > 0.1) is counts
    assert (meter.dropped == {"spike": 1}) is not counts
    assert meter.day(60, MIDNIGHT + 60, MIDNIGHT).measured_s == 60


def test_an_excessive_current_that_lasts_is_one() -> None:
    lasting = [at(30, SPIKE), at(60, SPIKE * 0.9), at(90, SPIKE)]
    meter = fed(at(0), *lasting, at(120))
    assert charged(meter) > SPIKE * 60 / 3.6e6
    assert charged(fed(*lasting)) > SPIKE * 50 / 3.6e6
    # Two that contradict each other show nothing.
    assert charged(fed(at(0), at(30, SPIKE), at(60, -SPIKE), at(90))) < 0.1
    assert fed(at(0), at(30, SPIKE, capacity=None)).dropped == {}
    assert fed(at(30, SPIKE), at(60)).dropped == {"spike": 1}


# --- days --------------------------------------------------------------------------------------


@rows("hours", [23, 24, 25])
def test_a_day_is_as_long_as_it_is(hours: int) -> None:
    next_one = MIDNIGHT + hours * 3600
    meter = fed(at(-60), at(0), at(60))
    last = fed(at(hours * 3600 - 30), meter=meter)
    assert last.day(0, 0, MIDNIGHT).elapsed_s == hours * 3600 - 30
    over = fed(at(hours * 3600 + 30), meter=last, midnight=next_one)
    day = over.day(hours * 3600 + 30, next_one + 30, next_one)
    assert (day.elapsed_s, day.measured_s) == (30, 30)


def test_a_clock_that_was_years_ahead_does_not_end_all_days() -> None:
    ahead = Day(midnight=MIDNIGHT + 1e9).after(
        30, Basis.MEASURED, Moved(), MIDNIGHT + 30, MIDNIGHT
    )
    assert ahead.midnight == MIDNIGHT
    back = ahead.after(30, Basis.MEASURED, Moved(), MIDNIGHT - 30, MIDNIGHT - 86_400)
    assert back.elapsed_s == 60


# --- keeping -----------------------------------------------------------------------------------


@given(
    powers=st.lists(watts, min_size=4, max_size=12),
    kept=st.integers(0, 3),
    killed=st.integers(0, 3),
)
@few
def test_nothing_is_counted_twice_or_lost_over_a_kill(
    powers: list[float], kept: int, killed: int
) -> None:
    points = [at(30.0 * n, one) for n, one in enumerate(powers)]
    whole = fed(*points)
    killed = min(max(killed, kept), len(points) - 2)
    kept = min(kept, killed)
    before = fed(*points[: kept + 1])
    stored = before.state()
    fed(*points[kept + 1 : killed + 1], meter=before)
    shown = {name: before.total(name) for name in TOTALS}
    after = Meter()
    after.restore(stored)
    for name in TOTALS:
        after.lift(name, shown[name])
        assert after.total(name) >= shown[name]
    fed(points[killed + 1], meter=after)
    # The time since what was stored is drawn as one line, or left out when it was too long.
    line = drawn(points[kept], points[killed + 1], 1)
    seconds = 30.0 * (killed + 1 - kept)
    most = max(
        shown[Measure.ENERGY_CHARGED],
        stored["totals"]["energy_charged"] + line.energy_in * seconds / 1000,
    )
    assert charged(after) <= most + 1e-9
    assert charged(after) >= shown[Measure.ENERGY_CHARGED]
    if kept == killed:
        fed(*points[killed + 2 :], meter=after)
        assert charged(after) == pytest.approx(charged(whole))
        assert discharged(after) == pytest.approx(discharged(whole))


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([-30.0, 0.0, 5.0, 30.0, 95.0, 5000.0, 700_000.0]),
            watts,
            st.one_of(st.none(), st.floats(-5, 130)),
            st.booleans(),
        ),
        max_size=15,
    ),
)
@few
def test_a_meter_never_falls_whatever_comes(steps: list[tuple[Any, ...]]) -> None:
    meter, now, values = Meter(), 0.0, []
    for passed, power, left, run in steps:
        now += passed
        told = {} if left is None else charge(left, max(0.0, min(left, 100.0)))
        fed(at(now, power, **told), meter=meter, slept=run)
        if not run:
            again = Meter()
            again.restore(meter.state())
            meter = again
        values.append([meter.total(name) for name in TOTALS])
        assert all(isfinite(one) for one in values[-1])
        coverage = meter.day(now, MIDNIGHT + now, MIDNIGHT).coverage
        assert coverage is None or 0 <= coverage <= 100 + 1e-9
    for one, other in pairwise(values):
        assert all(new >= old - 1e-12 for old, new in zip(one, other, strict=True))


def test_an_old_backup_is_no_fall() -> None:
    old = fed(at(0), at(30))
    meter = Meter()
    meter.restore(old.state())
    meter.lift(Measure.ENERGY_CHARGED, 20.0)
    assert charged(meter) == 20.0
    # What flowed since the backup was recorded already, and is not added once more.
    fed(at(3600, **charge(44)), meter=meter)
    assert charged(meter) == 20.0
    fed(at(3630), meter=meter)
    assert charged(meter) == pytest.approx(20.0 + 500 * 30 / 3.6e6)


def test_what_was_recorded_may_be_known_late() -> None:
    meter = fed(at(0), at(30))
    meter.lift(Measure.ENERGY_CHARGED, 3.0)
    meter.lift(Measure.ENERGY_CHARGED, 1.0)
    assert charged(meter) == 3.0


def test_the_clock_on_the_wall_counts_over_a_restart_only() -> None:
    stored = fed(at(0)).state()
    meter = Meter()
    meter.restore(stored)
    fed(at(900_000, wall=MIDNIGHT + 60), meter=meter)
    assert charged(meter) == pytest.approx(500 * 60 / 3.6e6)
    behind = Meter()
    behind.restore(stored)
    # Nobody knows how long it was.
    fed(at(0, wall=MIDNIGHT - 5), at(30), meter=behind)
    assert charged(behind) == pytest.approx(500 * 30 / 3.6e6)


def test_the_day_after_a_restart_is_not_yesterday() -> None:
    meter = Meter()
    meter.restore(fed(at(0), at(60)).state())
    assert meter.day(5, MIDNIGHT + 100, MIDNIGHT).measured_s == 60
    later = meter.day(5, MIDNIGHT + 90_000, MIDNIGHT + 86_400)
    assert (later.measured_s, later.left_out_s) == (0, 3600)


def test_a_meter_goes_on_from_elsewhere() -> None:
    start = {Measure.ENERGY_CHARGED: 1234.5}
    meter = fed(at(0), at(30), meter=Meter(start))
    assert charged(meter) == pytest.approx(1234.5 + 500 * 30 / 3.6e6)
    again = Meter(start)
    again.restore(meter.state())
    assert charged(again) == charged(meter)
    empty = Meter(start)
    empty.restore({})
    assert charged(empty) == 1234.5


# --- what follows ------------------------------------------------------------------------------


def cycled(meter: Meter, cycles: int, every: float = 3600.0, begin: int = 0) -> Meter:
    """Charge and discharge a battery so many times: 90 % of what went in comes out."""
    points = []
    for number in range(begin, begin + cycles):
        for part, (power, left) in enumerate(
            [(5000, 20.0), (5000, 90.0), (-4500, 90.0), (-4500, 20.0)]
        ):
            second = (4 * number + part) * every
            points.append(at(second, power, **charge(left, left)))
    return fed(*points, meter=meter, interval=every)


def test_efficiency_is_told_after_five_cycles() -> None:
    meter = cycled(Meter(), 3)
    assert meter.efficiency is None
    meter = cycled(meter, 8, begin=3)
    assert meter.efficiency == pytest.approx(90, abs=4)
    assert meter.total(Measure.EQUIVALENT_FULL_CYCLES) > 10
    again = Meter()
    again.restore(meter.state())
    assert again.efficiency == meter.efficiency


def test_efficiency_is_not_told_of_what_was_hardly_measured() -> None:
    meter = Meter()
    for number in range(40):
        cycled(meter, 1, begin=2 * number)
    assert meter.efficiency is None


def test_no_battery_gives_more_than_it_got() -> None:
    week = [at(n * 86_400.0, -100, **charge(50)) for n in range(32)]
    odd = [at(86_400.0 * 32, 100, **charge(50)), at(86_400.0 * 33, **charge(50))]
    assert fed(*week, *odd, interval=86_400).efficiency is None
    full = [at(n * 86_400.0, 100, **charge(50 + n / 8)) for n in range(15)]
    assert fed(*full, interval=86_400).efficiency is None


def hour(begin: int, change: float, power: float = 500.0) -> list[Point]:
    """Return an hour in which the charge did something else than the currents say."""
    return [
        at(begin * 3600 + n * 600, power, **charge(30 + change * (begin + n / 6)))
        for n in range(6)
    ]


@pytest.mark.parametrize(
    ("change", "hours", "aliased"),
    [(10, 5, False), (13, 5, True), (13, 3, False), (10.4, 5, False)],
)
def test_loads_that_samples_miss_are_noticed(
    change: float, hours: int, *, aliased: bool
) -> None:
    points = [one for n in range(hours) for one in hour(n, change)]
    assert fed(*points, interval=600).aliased is aliased


def test_of_another_battery_only_the_time_goes_on() -> None:
    meter = fed(at(0, **charge(40)), at(30, **charge(40)))
    before = charged(meter)
    meter.cut()
    again = Meter()
    again.restore(meter.state())
    again.cut()
    fed(at(1230, **charge(90)), at(1260, **charge(90)), meter=again)
    assert charged(again) - before == pytest.approx(500 * 30 / 3.6e6)
    day = again.day(1260, MIDNIGHT + 1260, MIDNIGHT)
    assert (day.left_out_s, day.longest_gap_s, day.measured_s) == (1200, 1200, 60)
    fresh = Meter()
    fresh.cut()
    assert fresh.last is None


def test_how_long_a_line_is_drawn_is_known_after_a_start() -> None:
    meter = fed(at(0), at(600), interval=600)
    again = Meter()
    again.restore(meter.state())
    assert again.day(0, MIDNIGHT + 1200, MIDNIGHT).left_out_s == 0


def test_hours_in_which_loads_were_missed_outlive_a_restart() -> None:
    points = [one for n in range(5) for one in hour(n, 13)]
    # The clock on the wall goes on: a quick restart is no gap.
    meter = Meter()
    for one in points:
        again = Meter()
        again.restore(meter.state())
        meter = fed(one, meter=again, interval=600)
    assert meter.aliased
    again = Meter()
    again.restore(meter.state())
    assert again.aliased


def test_an_hour_with_a_gap_or_a_new_capacity_says_nothing() -> None:
    points = [one for n in range(5) for one in hour(n, 13)]
    assert not fed(*points[::4], interval=600).aliased
    other = [
        at(one.mono or 0.0, **charge(one.charge or 0.0) | {"capacity": 100.0 + n % 2})
        for n, one in enumerate(points)
    ]
    assert not fed(*other, interval=600).aliased


# --- rows --------------------------------------------------------------------------------------


def test_a_value_is_written_when_it_moved_or_after_five_minutes() -> None:
    rows = Rows(0.01)
    assert rows.worth(1.0, 0)
    assert not rows.worth(1.009, 30)
    assert rows.worth(1.01, 60)
    assert not rows.worth(1.01, 300)
    assert rows.worth(1.01, 360)
    assert rows.worth(1.01, 361, urgent=True)
    assert rows.worth(None, 362)
    assert not rows.worth(None, 363)
    assert rows.worth(1.01, 364)


@rows("kilowatts", [0.0, 0.1, 5.0])
def test_there_are_at_most_288_rows_a_day(kilowatts: float) -> None:
    rows = Rows(0.01)
    times = range(0, 86_400, 30)
    written = sum(rows.worth(kilowatts * one / 3600, one) for one in times)
    assert written <= 288


def test_each_quantity_has_a_row() -> None:
    assert MEASURES.keys() == set(Measure)
    assert len(TOTALS) == 5


@pytest.mark.parametrize(
    ("damage", "possible"),
    [
        ({}, True),
        ({"measured_s": 3700.0}, False),
        ({"measured_s": 3000.0, "left_out_s": 700.0}, False),
        ({"longest_gap_s": 3700.0}, False),
        ({"elapsed_s": 1e12}, False),
    ],
)
def test_no_part_of_a_day_is_longer_than_what_has_passed(
    damage: dict[str, float], *, possible: bool
) -> None:
    sane = {"elapsed_s": 3600.0, "measured_s": 3000.0, "longest_gap_s": 600.0}
    assert Day(**sane | damage).possible is possible
