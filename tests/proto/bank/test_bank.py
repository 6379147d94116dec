"""Several batteries as one: sums, what is left out, cells, and what is wrong with the bank itself."""

from itertools import permutations
from math import inf, isfinite, nan

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.bank.absence import Absence
from custom_components.mi_bms.proto.bank.bank import Bank
from custom_components.mi_bms.proto.bank.view import BankView, Trouble, Where
from custom_components.mi_bms.proto.bank.wiring import Wiring
from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample, Place, Probe
from tests.each import rows

from .batteries import bank, sample, seen

PARALLEL, SERIES, STRINGS = Wiring
EXAMPLE = (sample(-3, 62, 100), sample(4, 90, 150), sample(-10, 110, 200))
TOTALS = {
    Field.CURRENT,
    Field.POWER,
    Field.CYCLE_CHARGE,
    Field.FULL_CHARGE,
    Field.CYCLE_CAPACITY,
    Field.USABLE_CHARGE,
    Field.FITTING_CHARGE,
}


def test_the_worked_example() -> None:
    view = seen(PARALLEL, *EXAMPLE)
    said = view.sample.values
    assert said[Field.CURRENT] == -9
    assert said[Field.CIRCULATING_CURRENT] == 4
    assert (said[Field.CYCLE_CHARGE], said[Field.FULL_CHARGE]) == (262, 450)
    assert said[Field.BATTERY_LEVEL] == 58.2
    assert said[Field.VOLTAGE] == 13.2
    assert said[Field.POWER] == pytest.approx(-9 * 13.2)
    assert said[Field.CYCLE_CAPACITY] == pytest.approx(262 * 13.2)
    assert said[Field.BATTERY_STATE] == "discharging"
    # By the rules of a battery, of the current that leaves the bank.
    assert said[Field.RUNTIME] == pytest.approx(262 / 9 * 3600, rel=0.02)
    assert said[Field.LOAD_RATIO] == 250
    assert view.where[Field.LOAD_RATIO] == Where(members=("c",))
    assert said[Field.BATTERIES_READ] == 3
    assert not view.left_out


def test_in_series_the_emptiest_and_the_fullest_count() -> None:
    said = seen(SERIES, sample(5, 40, 100), sample(5.4, 70, 90)).sample.values
    assert said[Field.VOLTAGE] == 26.4
    assert said[Field.CURRENT] == 5.2
    assert said[Field.CYCLE_CHARGE] == 40
    assert said[Field.FULL_CHARGE] == 60
    assert said[Field.BATTERY_LEVEL] == 66.7
    assert Field.CIRCULATING_CURRENT not in said
    assert Field.CIRCULATING not in said


def test_currents_of_a_string_that_disagree_are_a_problem() -> None:
    view = seen(SERIES, *(sample(amps, 50, 100) for amps in (10, 10.2, 3)))
    assert view.troubles == (Trouble.CURRENTS_DISAGREE,)
    assert view.where[Field.PROBLEM] == Where(members=("c",))
    assert view.sample.values[Field.CURRENT] == 10
    assert view.sample.values[Field.POWER] == pytest.approx(10 * 39.6)
    assert view.sample.values[Field.PROBLEM] is True


def test_currents_of_different_moments_may_differ() -> None:
    made = bank(SERIES, sample(10, 50, 100), None)
    made.update("b", sample(3, 50, 100), 50)
    assert not made.view(50).troubles


def test_no_mean_of_two_currents_that_disagree_is_told() -> None:
    made = bank(SERIES, sample(10, 50, 100), None)
    made.update("b", sample(0, 50, 100), 20)
    view = made.view(20)
    # The same flows in both: the one that was read last knows what that is now.
    assert view.sample.values[Field.CURRENT] == 0
    assert view.where[Field.PROBLEM] == Where(members=("a", "b"))


def test_currents_that_disagree_without_a_voltage_make_no_power() -> None:
    one, other = sample(10, volts=None), sample(3, volts=None)
    assert Field.POWER not in seen(SERIES, one, other).sample.values


def test_a_string_that_tells_no_current_has_none() -> None:
    said = seen(SERIES, sample(None, 50, 100), sample(None, 50, 100)).sample.values
    assert said[Field.VOLTAGE] == 26.4
    assert {Field.CURRENT, Field.POWER}.isdisjoint(said)


def test_large_currents_agree_within_a_part_of_them() -> None:
    assert not seen(SERIES, sample(100), sample(104)).troubles


def test_strings_are_added_up_in_series_first() -> None:
    four = [sample(2, charge, 100) for charge in (40, 50, 60, 70)]
    said = seen(STRINGS, *four, length=2).sample.values
    assert said[Field.VOLTAGE] == 26.4
    assert said[Field.CURRENT] == 4
    assert said[Field.CYCLE_CHARGE] == 40 + 60
    assert said[Field.FULL_CHARGE] == (40 + 50) + (60 + 30)


# --- who is left out ---------------------------------------------------------------------------


def test_totals_need_all_members() -> None:
    view = seen(PARALLEL, EXAMPLE[0], None, EXAMPLE[2])
    said = view.sample.values
    assert view.left_out == {"b": Absence.NEVER_READ}
    assert TOTALS.isdisjoint(said)
    assert said[Field.BATTERY_LEVEL] == round(172 / 300 * 100, 1)
    assert said[Field.VOLTAGE] == 13.2
    assert said[Field.BATTERIES_READ] == 2


def test_the_sum_of_those_that_are_read() -> None:
    said = seen(PARALLEL, EXAMPLE[0], None, EXAMPLE[2], partial=True).sample.values
    assert said[Field.CURRENT] == -13
    assert said[Field.CYCLE_CHARGE] == 172
    # Who carries how much of the whole cannot be told without all.
    assert {Field.LOAD_RATIO, Field.CIRCULATING_CURRENT}.isdisjoint(said)


def test_a_string_that_lacks_a_member_has_a_current_but_no_voltage() -> None:
    said = seen(SERIES, sample(5, 40, 100), None).sample.values
    assert said[Field.CURRENT] == 5
    assert {Field.VOLTAGE, Field.CYCLE_CHARGE}.isdisjoint(said)
    assert said[Field.BATTERY_LEVEL] == 40
    partial = seen(SERIES, sample(5, 40, 100), None, partial=True).sample.values
    assert partial[Field.VOLTAGE] == 13.2


def test_a_member_counts_for_two_intervals_and_at_least_for_90_seconds() -> None:
    made = bank(PARALLEL, EXAMPLE[0], None)
    made.update("b", EXAMPLE[1], 0, interval=60)
    assert made.expires(0) == 90
    assert not made.view(90).left_out
    assert made.view(90.1).left_out == {"a": Absence.TOO_OLD}
    assert made.expires(90.1) == 120
    assert made.view(120).available
    gone = made.view(120.1)
    assert (made.expires(120.1), gone.available, gone.sample) == (
        inf,
        False,
        BmsSample(),
    )


def test_of_one_that_is_asleep_nothing_flows() -> None:
    made = bank(PARALLEL, EXAMPLE[0])
    made.update("a", EXAMPLE[0], 0, asleep=True)
    assert made.asleep
    view = made.view(9_000)
    assert made.expires(9_000) == inf
    assert view.sample.values[Field.CURRENT] == 0
    assert view.sample.values[Field.BATTERY_LEVEL] == 62


def test_old_news_and_strangers_change_nothing() -> None:
    made = bank(PARALLEL, EXAMPLE[0], at=10)
    made.update("a", EXAMPLE[1], 9)
    made.update("z", EXAMPLE[1], 11)
    assert made.view(11).sample.values[Field.CURRENT] == -3
    made.withdraw("a")
    assert not made.view(11).available
    made.withdraw("a")


def test_who_knows_why_a_member_is_not_read_says_so() -> None:
    made = bank(PARALLEL, EXAMPLE[0], EXAMPLE[1], None)
    made.update("b", EXAMPLE[1], 60)
    told = {"a": Absence.HELD, "b": Absence.PAUSED, "c": Absence.GONE}
    view = made.view(100, told)
    # What is still fresh counts, whatever comes next.
    assert view.left_out == {"a": Absence.HELD, "c": Absence.GONE}
    assert view.worst is Absence.GONE
    assert view.sample.values[Field.COMPLETENESS] == "gone"
    assert made.view(9_000, told).worst is Absence.GONE
    assert made.view(9_000).worst is Absence.TOO_OLD


def test_a_member_that_counts_may_lack_figures() -> None:
    view = seen(PARALLEL, sample(1, 50, 100), sample(None, 50, None, volts=None))
    lacks = (Field.CURRENT, Field.VOLTAGE, Field.CYCLE_CHARGE)
    assert view.lacking == {"b": lacks}
    assert view.sample.values[Field.COMPLETENESS] == "no_figure"
    whole = seen(PARALLEL, sample(1, 50, 100))
    assert whole.sample.values[Field.COMPLETENESS] == "complete"
    assert whole.worst is None


# --- asleep in a string ------------------------------------------------------------------------


def string(wiring: Wiring, *amps: float | None, length: int = 1) -> Bank:
    """Return a bank whose batteries were read at 0, and now are awake with a current or else asleep."""
    made = bank(wiring, *(sample(20, 50, 100) for _ in amps), length=length)
    for name, one in zip("abcd", amps, strict=False):
        asleep = one is None
        made.update(
            name, sample(one or 0.0, 50, 100), 0 if asleep else 200, asleep=asleep
        )
    return made


def test_nobody_is_asleep_in_a_string_that_carries_current() -> None:
    view = string(SERIES, 15, 15.2, None).view(200)
    assert view.left_out == {"c": Absence.ASLEEP_UNDER_LOAD}
    # The same flows in it, but what it has left is not known any more.
    assert view.sample.values[Field.CURRENT] == 15.1
    assert {Field.POWER, Field.CYCLE_CHARGE}.isdisjoint(view.sample.values)


def test_one_that_fell_asleep_just_now_counts_with_what_it_said() -> None:
    made = string(SERIES, 15, None)
    made.update("b", sample(14.8, 50, 100), 190, asleep=True)
    view = made.view(200)
    assert not view.left_out
    assert view.sample.values[Field.CURRENT] == 14.9
    assert made.expires(200) == 280
    assert made.view(281).left_out == {"b": Absence.ASLEEP_UNDER_LOAD}


def test_what_hardly_flows_lets_a_battery_sleep() -> None:
    view = string(SERIES, -0.6, -0.6, None).view(200)
    assert not view.left_out
    # Those that are awake tell what flows in all, no mean with an assumed nothing.
    assert view.sample.values[Field.CURRENT] == -0.6
    assert view.sample.values[Field.POWER] == pytest.approx(-0.6 * 39.6, abs=1e-3)


def test_a_string_that_sleeps_carries_nothing() -> None:
    said = string(SERIES, None, None).view(9_000).sample.values
    assert (said[Field.CURRENT], said[Field.POWER]) == (0, 0)


def test_the_current_of_another_string_wakes_nobody() -> None:
    view = string(STRINGS, 15, None, None, None, length=2).view(200)
    assert view.left_out == {"b": Absence.ASLEEP_UNDER_LOAD}
    assert string(PARALLEL, 15, None).view(200).sample.values[Field.CURRENT] == 15


def test_a_current_that_was_long_ago_wakes_nobody() -> None:
    assert not string(SERIES, 15, None).view(200).sample.values.get(Field.POWER)
    assert string(SERIES, 15, None).view(9_000).read == ("b",)


# --- batteries that say little -----------------------------------------------------------------


def test_a_charge_that_is_not_told_is_that_of_the_state_of_charge() -> None:
    little = sample(1, None, 200, more={Field.BATTERY_LEVEL: 50})
    view = seen(PARALLEL, EXAMPLE[0], little)
    assert view.sample.values[Field.CYCLE_CHARGE] == 162
    assert view.estimated == ("b",)


@rows("capacity", [None, 0])
def test_without_a_capacity_there_is_no_common_state_of_charge(
    capacity: float | None,
) -> None:
    little = sample(1, None, capacity, more={Field.BATTERY_LEVEL: 50})
    view = seen(PARALLEL, EXAMPLE[0], little)
    assert Field.BATTERY_LEVEL not in view.sample.values
    assert view.without_capacity == ("b",)
    assert view.sample.values[Field.CURRENT] == -2


def test_of_those_without_any_capacity_each_counts_the_same() -> None:
    both = [sample(1, more={Field.BATTERY_LEVEL: level}) for level in (40, 60)]
    assert seen(PARALLEL, *both).sample.values[Field.BATTERY_LEVEL] == 50


def test_one_battery_says_its_state_of_charge_best() -> None:
    one = sample(1, 50, 100, more={Field.BATTERY_LEVEL: 54})
    assert seen(PARALLEL, one).sample.values[Field.BATTERY_LEVEL] == 54


def test_a_current_that_is_not_told_follows_from_the_power() -> None:
    said = seen(PARALLEL, sample(volts=10, more={Field.POWER: -50})).sample.values
    assert said[Field.CURRENT] == -5
    alone = seen(PARALLEL, sample(volts=None, more={Field.POWER: -50})).sample.values
    assert Field.CURRENT not in alone
    assert Field.VOLTAGE not in alone


def test_a_number_that_is_none_is_as_if_it_was_not_told() -> None:
    view = seen(PARALLEL, EXAMPLE[0], sample(nan, inf, 100))
    assert TOTALS - view.sample.values.keys() >= {Field.CURRENT, Field.CYCLE_CHARGE}
    flag = seen(PARALLEL, sample(more={Field.CURRENT: True})).sample.values
    assert Field.CURRENT not in flag


def test_one_that_blocks_has_energy_that_cannot_be_used() -> None:
    off = {Field.CHRG_MOSFET: False, Field.DISCHRG_MOSFET: False}
    view = seen(PARALLEL, EXAMPLE[0], sample(0, 90, 150, more=off))
    said = view.sample.values
    assert view.blocked == ("b",)
    assert said[Field.CYCLE_CHARGE] == 152
    assert (said[Field.USABLE_CHARGE], said[Field.FITTING_CHARGE]) == (62, 38)
    whole = seen(SERIES, EXAMPLE[0], sample(0, 90, 150, more=off)).sample.values
    assert (whole[Field.USABLE_CHARGE], whole[Field.FITTING_CHARGE]) == (0, 0)


# --- cells and alarms --------------------------------------------------------------------------


def test_cells_of_all_batteries_are_one_row() -> None:
    said = {Field.DELTA_VOLTAGE: 0.01}
    one = sample(cells=(3.31, None, 3.32), more=said, probes=(Probe(21, Place.CELL),))
    other = sample(
        cells=(3.30, 3.29),
        more={Field.DELTA_VOLTAGE: 0.02},
        probes=(Probe(19, Place.CELL), Probe(60, Place.MOSFET)),
    )
    view = seen(PARALLEL, one, other)
    values = view.sample.values
    assert values[Field.MAX_CELL_VOLTAGE] == 3.32
    assert values[Field.MIN_CELL_VOLTAGE] == 3.29
    assert values[Field.DELTA_VOLTAGE] == 0.03
    assert values[Field.PACK_DELTA_VOLTAGE] == 0.02
    assert values[Field.MAX_CELL_TEMPERATURE] == 21
    assert values[Field.MIN_CELL_TEMPERATURE] == 19
    assert view.where[Field.MAX_CELL_VOLTAGE] == Where(members=("a",), cell=3)
    assert view.where[Field.MIN_CELL_VOLTAGE] == Where(members=("b",), cell=2)
    assert view.where[Field.PACK_DELTA_VOLTAGE] == Where(members=("b",))


def test_of_one_that_tells_only_extremes_these_count() -> None:
    told = {
        Field.MAX_CELL_VOLTAGE: 3.4,
        Field.MIN_CELL_VOLTAGE: 3.2,
        Field.MAX_CELL: 7,
        Field.TEMPERATURE: 20,
    }
    view = seen(PARALLEL, sample(more=told))
    assert view.where[Field.MAX_CELL_VOLTAGE].cell == 7
    assert view.where[Field.MIN_CELL_VOLTAGE].cell is None
    assert view.sample.values[Field.MAX_CELL_TEMPERATURE] == 20


def test_cells_of_two_kinds_are_not_compared() -> None:
    level = {Field.BATTERY_LEVEL: 50}
    made = Bank(PARALLEL, ("a", "b"))
    for at in range(25):
        made.update("a", sample(cells=(3.3,) * 4, more=level), at)
        made.update("b", sample(cells=(3.7,) * 4, more=level), at)
    view = made.view(25)
    assert view.troubles == (Trouble.CHEMISTRIES_DIFFER,)
    assert Field.DELTA_VOLTAGE not in view.sample.values
    assert view.sample.values[Field.MAX_CELL_VOLTAGE] == 3.7


def test_alarms_are_those_of_all_with_their_batteries() -> None:
    fault = sample(alarms=frozenset({"cell_overvoltage"}), more={Field.PROBLEM: True})
    also = sample(alarms=frozenset({"cell_overvoltage", "mosfet_locked"}))
    view = seen(PARALLEL, fault, also)
    assert view.alarms == {
        Alarm.CELL_OVERVOLTAGE: ("a", "b"),
        Alarm.MOSFET_LOCKED: ("b",),
    }
    assert view.sample.alarms == {"cell_overvoltage", "mosfet_locked"}
    assert view.sample.values[Field.PROBLEM] is True


def test_all_is_well_when_all_say_so() -> None:
    well = sample(more={Field.PROBLEM: False})
    assert seen(PARALLEL, well, well).sample.values[Field.PROBLEM] is False
    assert Field.PROBLEM not in seen(PARALLEL, well, sample()).sample.values


# --- how they pull together --------------------------------------------------------------------


def last(
    seconds: float, *samples: BmsSample, start: Bank | None = None, at: float = 0
) -> tuple[Bank, BankView]:
    """Read all batteries each half minute for some time."""
    made = start or bank(PARALLEL, *samples, at=at)
    now = at
    while now <= at + seconds:
        for name, one in zip("abc", samples, strict=False):
            made.update(name, one, now)
        view = made.view(now)
        now += 30
    return made, view


def test_a_current_that_circulates_for_minutes_is_told() -> None:
    both = sample(5, 50, 100), sample(-5, 50, 100)
    assert last(270, *both)[1].sample.values[Field.CIRCULATING] is False
    view = last(300, *both)[1]
    assert view.sample.values[Field.CIRCULATING] is True
    assert Trouble.CIRCULATING in view.troubles


def test_a_large_bank_may_circulate_a_little() -> None:
    both = sample(5, 200, 400), sample(-5, 200, 400)
    assert last(600, *both)[1].sample.values[Field.CIRCULATING] is False


def test_what_cannot_be_told_for_a_while_changes_nothing() -> None:
    both = sample(5, 50, 100), sample(-5, 50, 100)
    made, _ = last(300, *both)
    made.update("a", both[0], 360)
    assert Field.CIRCULATING_CURRENT not in made.view(360).sample.values
    assert made.view(361).sample.values[Field.CIRCULATING] is True
    made.update("a", both[0], 1_000)
    assert made.view(1_000).sample.values[Field.CIRCULATING] is False


def test_states_of_charge_that_are_apart_at_rest_are_told() -> None:
    both = [
        sample(0, level, 100, more={Field.BATTERY_LEVEL: level}) for level in (40, 56)
    ]
    made, view = last(1770, *both)
    assert view.sample.values[Field.LEVEL_SPREAD] == 16
    assert view.sample.values[Field.IMBALANCE] is False
    _, view = last(30, *both, start=made, at=1800)
    assert view.troubles == (Trouble.LEVELS_APART,)
    assert view.sample.values[Field.IMBALANCE] is True
    loaded = [
        sample(-20, level, 100, more={Field.BATTERY_LEVEL: level}) for level in (40, 56)
    ]
    assert last(1800, *loaded)[1].sample.values[Field.IMBALANCE] is False


def test_a_battery_that_carries_too_much_is_told() -> None:
    both = sample(-16, 50, 100), sample(-4, 50, 100)
    assert not last(570, *both)[1].troubles
    view = last(600, *both)[1]
    assert view.troubles == (Trouble.UNEQUAL_LOAD,)
    assert view.sample.values[Field.LOAD_RATIO] == 160
    assert view.where[Field.LOAD_RATIO].members == ("a",)


def test_what_flows_at_rest_is_no_load() -> None:
    view = seen(PARALLEL, sample(-0.3, 50, 100), sample(0.2, 50, 100))
    assert Field.LOAD_RATIO not in view.sample.values


def test_times_go_on_after_a_restart() -> None:
    view = seen(PARALLEL, *EXAMPLE)
    made = bank(PARALLEL, *EXAMPLE)
    made.restore(view.sample, 0)
    after = made.view(1).sample.values
    assert after[Field.RUNTIME] == view.sample.values[Field.RUNTIME]


# --- properties --------------------------------------------------------------------------------

numbers = st.floats(-50, 300) | st.sampled_from([0.0, nan, inf])
batteries = st.builds(
    sample,
    amps=st.none() | numbers,
    charge=st.none() | numbers,
    capacity=st.none() | numbers,
    volts=st.none() | numbers,
    cells=st.lists(st.none() | numbers, max_size=3).map(tuple),
)


@settings(max_examples=60)
@given(
    st.sampled_from(Wiring),
    st.lists(st.none() | batteries, min_size=1, max_size=5),
    st.booleans(),
    st.integers(0, 3),
)
def test_nothing_is_ever_no_number(
    wiring: Wiring, samples: list[BmsSample | None], partial: bool, length: int
) -> None:
    view = seen(wiring, *samples, partial=partial, length=length)
    for name, value in view.sample.values.items():
        assert not isinstance(value, float) or isfinite(value), name
    assert view.available is any(one is not None for one in samples)


@settings(max_examples=30)
@given(st.lists(batteries, min_size=3, max_size=3))
def test_parallel_batteries_have_no_order(samples: list[BmsSample]) -> None:
    views = [seen(PARALLEL, *order).sample.values for order in permutations(samples)]
    for view in views[1:]:
        assert view == pytest.approx(views[0], abs=1e-3)


positive = st.floats(1, 500)


@settings(max_examples=30)
@given(st.sampled_from(Wiring), st.floats(-99, 99), positive, positive, positive)
def test_a_bank_of_one_is_that_battery(
    wiring: Wiring, amps: float, charge: float, room: float, volts: float
) -> None:
    said = seen(wiring, sample(amps, charge, charge + room, volts)).sample.values
    assert said[Field.VOLTAGE] == pytest.approx(volts, abs=1e-3)
    assert said[Field.CURRENT] == pytest.approx(amps, abs=1e-3)
    assert said[Field.POWER] == pytest.approx(amps * volts, abs=1e-3)
    assert said[Field.CYCLE_CHARGE] == pytest.approx(charge, abs=1e-3)
    assert said[Field.FULL_CHARGE] == pytest.approx(charge + room, abs=1e-3)
