"""The times to empty and to full do not jump; what a battery says itself stays."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.derive import finish
from custom_components.mi_bms.proto.bms.outlook import (
    DEAD_BAND,
    KEPT,
    LONGEST,
    TIME_CONSTANT,
    Outlook,
)
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.each import rows

HOUR = 3600
EMPTY, FULL = Field.RUNTIME, Field.TIME_TO_FULL


def sample(
    current: float | None, charge: float = 50.0, packs: int = 0, **more: float
) -> BmsSample:
    values: dict[Field, bool | int | float | str] = {
        Field.CYCLE_CHARGE: charge,
        Field.DESIGN_CAPACITY: 100.0,
        **{Field(name): value for name, value in more.items()},
    }
    if current is not None:
        values[Field.CURRENT] = current
    parts = [
        Draft(values={Field.CURRENT: current or 0, Field.CYCLE_CHARGE: charge})
        for _ in range(packs)
    ]
    return finish(Draft(values=values, packs=parts))


def told(one: BmsSample) -> tuple[Field, float] | None:
    found = [(name, one.values[name]) for name in (EMPTY, FULL) if name in one.values]
    assert len(found) <= 1
    for name, value in found:
        assert isinstance(value, int)
        return name, value / HOUR
    return None


@dataclass
class Battery:
    """Hold a battery of 100 Ah that is read every half minute."""

    charge: float = 50.0
    now: float = 0.0

    def __post_init__(self) -> None:
        self.outlook = Outlook()

    def play(
        self, currents: Iterable[float], every: float = 30.0
    ) -> Iterator[tuple[Field, float] | None]:
        for current in currents:
            self.now += every
            self.charge += current * every / HOUR
            yield told(self.outlook.judge(sample(current, self.charge), self.now))

    def last(self, current: float, times: int) -> tuple[Field, float] | None:
        return list(self.play([current] * times))[-1]


def test_the_first_time_is_that_of_the_moment() -> None:
    assert told(Outlook().judge(sample(-10), 0)) == (EMPTY, 5)
    assert told(Outlook().judge(sample(10), 0)) == (FULL, 5)


def test_a_short_load_hardly_shortens_the_time() -> None:
    outlook = Outlook()
    for second in range(0, HOUR, 30):
        steady = outlook.judge(sample(-10), second)
    assert told(steady) == (EMPTY, 5)
    loaded = outlook.judge(sample(-100), HOUR)
    assert loaded.values[Field.CURRENT] == -100
    # The moment's own would be half an hour.
    assert told(loaded) == (EMPTY, 2.7)


@rows("polls", [1, 10, 100])
def test_after_a_time_constant_most_of_a_step_is_taken(polls: int) -> None:
    """However often it is read meanwhile."""
    outlook = Outlook()
    outlook.judge(sample(-10), 0)
    for number in range(1, polls + 1):
        found = told(outlook.judge(sample(-20), TIME_CONSTANT * number / polls))
    assert found is not None
    assert found[1] == pytest.approx(50 / (10 + 10 * 0.632), abs=0.1)


def test_clouds_do_not_make_it_jump() -> None:
    """Sun and loads all but cancel out: what would need days is not told, and nothing jumps."""
    battery = Battery()
    chance = Random(7)
    seen = list(battery.play(chance.uniform(-6, 6) for _ in range(960)))
    known = [one for one in seen if one]
    assert all(hours <= LONGEST / HOUR for _, hours in known)
    turns = sum(one[0] is not other[0] for one, other in pairwise(known))
    crossings = 960 / 2
    assert turns < crossings / 20


def test_a_crossing_of_zero_shows_neither_unknown_nor_another_direction() -> None:
    battery = Battery()
    before = battery.last(-10, 60)
    seen = list(battery.play([2.0, -10.0, 0.0, -10.0, 15.0, -12.0, -10.0]))
    assert {one[0] for one in (before, *seen) if one} == {EMPTY}
    assert None not in seen


def test_a_clear_turn_is_told() -> None:
    battery = Battery()
    battery.last(-10, 60)
    seen = list(battery.play([20.0] * 20))
    names = [one[0] for one in seen if one]
    assert names == sorted(names, key=[EMPTY, FULL].index)
    assert names[-1] is FULL
    assert None not in seen
    # The mean crosses zero after 300 s x ln 1.5 = 122 s, and is clear after 153 s.
    assert names.count(EMPTY) in {4, 5}


def test_a_hardly_turned_mean_is_no_turn() -> None:
    battery = Battery()
    battery.last(-10, 60)
    # The state is idle; two ampere of 100 Ah would be clear.
    seen = list(battery.play([0.45] * 90))
    assert {one[0] for one in seen[:30] if one} == {EMPTY}
    assert seen[-1] is not None
    # What has not been told for long enough is told anew, in whatever direction.
    assert seen[-1][0] is FULL


def test_no_time_stands_against_a_state_that_has_turned_for_good() -> None:
    battery = Battery()
    battery.last(-10, 60)
    seen = [one and one[0] for one in battery.play([1.5] * 60)]
    # For a few minutes it may have been a moment of sun.
    assert seen[:8] == [EMPTY] * 8
    assert seen[10:20] == [None] * 10
    assert seen[-1] is FULL
    assert FULL not in seen[: seen.index(None)]


def test_what_flows_in_the_mean_says_how_long_whatever_the_state() -> None:
    """Charged most of the time, beside short loads that take more: it will be empty."""
    outlook, now, names = Outlook(), 0.0, []
    for current in [5.0, 5.0, 5.0, -90.0] * 60:
        now += 30
        found = told(outlook.judge(sample(current), now))
        names.append(found and found[0])
    assert set(names[20:]) == {EMPTY}


def test_idle_keeps_the_time_for_a_quarter_of_an_hour() -> None:
    battery = Battery()
    battery.last(-10, 60)
    seen = list(battery.play([0.0] * 120))
    last = max(number for number, one in enumerate(seen) if one)
    assert seen[last + 1 :] == [None] * (119 - last)
    kept = [one for one in seen if one == seen[last]]
    assert KEPT - 60 <= 30 * len(kept) <= KEPT + 60
    assert seen[last] is not None
    assert seen[last][1] <= LONGEST / HOUR


def test_what_takes_longer_is_not_told() -> None:
    assert told(Outlook().judge(sample(-0.1), 0)) is None
    assert told(Outlook().judge(sample(-50 / 240), 0)) == (EMPTY, 240)


@rows(
    ("current", "hours"),
    [
        (-53.0, 57 / 60),  # 56.6 min
        (-60.5, 50 / 60),
        (-51.0, 59 / 60),
        (-7.0, 7.1),
        (-5.01, 10.0),
        (-1.3, 38.0),
    ],
)
def test_steps(current: float, hours: float) -> None:
    found = told(Outlook().judge(sample(current), 0))
    assert found is not None
    assert found[1] == pytest.approx(hours)


def test_small_changes_are_not_shown() -> None:
    outlook = Outlook()
    assert told(outlook.judge(sample(-10, 50), 0)) == (EMPTY, 5)
    assert told(outlook.judge(sample(-10, 49.1), 30)) == (EMPTY, 5)
    assert told(outlook.judge(sample(-10, 48.9), 60)) == (EMPTY, 4.9)


def test_an_empty_battery_has_no_time_left() -> None:
    assert Battery(charge=0.5).last(-10, 10) == (EMPTY, 0)


def test_a_time_of_the_battery_itself_stays() -> None:
    outlook = Outlook()
    outlook.judge(sample(-10, runtime=700), 0)
    assert outlook.judge(sample(-20, runtime=777), 9).values[EMPTY] == 777
    # Where it tells none, none is told for it.
    assert EMPTY not in outlook.judge(sample(0), 12).values
    charging = outlook.judge(sample(90), 600)
    assert told(charging) is not None


def test_one_that_begins_to_tell_it_itself_is_believed() -> None:
    outlook = Outlook()
    outlook.judge(sample(-10), 0)
    assert outlook.judge(sample(-20, runtime=777), 9).values[EMPTY] == 777


def test_without_a_current_nothing_changes() -> None:
    found = sample(None)
    assert Outlook().judge(found, 0) == found


def test_without_a_charge_the_last_time_is_kept() -> None:
    outlook = Outlook()
    outlook.judge(sample(-10), 0)
    lacking = BmsSample(values={Field.CURRENT: -10.0})
    assert told(outlook.judge(lacking, 30)) == (EMPTY, 5)
    assert told(outlook.judge(lacking, 30 + KEPT)) is None


def test_packs_have_means_of_their_own() -> None:
    outlook = Outlook()
    outlook.judge(sample(-10, packs=2), 0)
    found = outlook.judge(sample(-20, packs=2), TIME_CONSTANT)
    for pack in found.packs:
        assert told(pack) == told(found)
    assert len(outlook.judge(sample(-20, packs=1), 2 * TIME_CONSTANT).packs) == 1


@rows("current", [-10.0, 10.0])
def test_an_earlier_run_is_gone_on_with(current: float) -> None:
    first, second = Outlook(), Outlook()
    for now in range(0, 3000, 30):
        before = first.judge(sample(current, packs=1), now)
    second.restore(before, 3000)
    # A load of a moment, right after the start.
    found = second.judge(sample(current * 10, packs=1), 3030)
    hours, (_, was) = told(found), told(before) or (None, 0.0)
    assert hours is not None
    assert 0.5 * was < hours[1] < was
    assert told(found.packs[0]) == (hours if current < 0 else None)


@rows("kept", [sample(-10, runtime=0), sample(None), BmsSample()])
def test_an_earlier_run_that_told_nothing(kept: BmsSample) -> None:
    outlook = Outlook()
    outlook.restore(kept, 0)
    assert told(outlook.judge(sample(-10), 3000)) == (EMPTY, 5)


def test_a_clock_that_stands_or_runs_back_moves_nothing() -> None:
    outlook = Outlook()
    outlook.judge(sample(-10), 100)
    assert told(outlook.judge(sample(-90), 100)) == (EMPTY, 5)
    assert told(outlook.judge(sample(-90), 0)) == (EMPTY, 5)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-500, 500) | st.just(0.0), st.floats(0, 1000)), max_size=30
    )
)
def test_at_most_one_time_and_never_too_long(steps: list[tuple[float, float]]) -> None:
    outlook, now = Outlook(), 0.0
    for current, seconds in steps:
        now += seconds
        raw = sample(current)
        found = outlook.judge(raw, now)
        others = raw.values.keys() - {EMPTY, FULL, Field.BATTERY_CHARGING}
        assert {name: found.values[name] for name in others} == {
            name: raw.values[name] for name in others
        }
        if (time := told(found)) is not None:
            assert 0 <= time[1] <= LONGEST / HOUR


@settings(max_examples=50, deadline=None)
@given(st.floats(0.3, 40), st.floats(0, 0.3), st.integers(0, 99))
def test_a_restless_load_is_told_steadily(load: float, share: float, seed: int) -> None:
    """Around a steady load no shown time is more than twice, or less than half, of the one before."""
    chance, battery = Random(seed), Battery(charge=90.0)
    currents = [-load * (1 + share * chance.uniform(-1, 1)) for _ in range(120)]
    seen = [one for one in battery.play(currents) if one and one[1] > 0.5]
    for one, other in pairwise(seen):
        assert one[0] is other[0] is EMPTY
        assert one == other or abs(other[1] / one[1] - 1) > DEAD_BAND / 2
        assert 0.5 < other[1] / one[1] < 2


@pytest.mark.parametrize("step", [60, 360, HOUR])
@pytest.mark.parametrize("steps", [2.5, 10.5, 15.5])
def test_between_two_steps_neither_is_near_for_long(step: int, steps: float) -> None:
    """Noise of a thousandth around the middle makes no steps."""
    outlook, middle = Outlook(), step * steps
    seen = set()
    for number in range(200):
        time = middle * (1.001 if number % 2 else 0.999)
        # Ten hours apart: the mean is the current of the moment.
        found = outlook.judge(sample(-50 * HOUR / time), number * 36_000)
        seen.add(told(found))
    assert len(seen) == 1


@rows("factor", [1.0, 2.0, 0.5])
def test_currents_that_are_corrected_otherwise_go_on(factor: float) -> None:
    """Above all in a moment without load, which would tell a time of its own."""
    outlook = Outlook()
    for now in range(0, HOUR, 30):
        before = told(outlook.judge(sample(-10, packs=1), now))
    outlook.rescale(factor)
    after = outlook.judge(sample(-0.2 * factor, packs=1), HOUR)
    assert before is not None
    for one in (after, *after.packs):
        hours = told(one)
        assert hours is not None
        assert hours[1] == pytest.approx(before[1] / factor, rel=0.15)


def test_a_sign_that_is_turned_turns_the_time_at_once() -> None:
    outlook = Outlook()
    outlook.judge(sample(-0.5), 0)
    outlook.rescale(-1)
    assert told(outlook.judge(sample(0.5), 30)) == (FULL, 100)


def test_nothing_to_go_on_with() -> None:
    outlook = Outlook()
    outlook.rescale(2)
    assert told(outlook.judge(sample(-10), 30)) == (EMPTY, 5)


def test_the_time_of_one_that_is_not_read_any_more_ends() -> None:
    outlook = Outlook()
    last = outlook.judge(sample(-10, packs=1), 100)
    assert outlook.lapse(last, 99 + KEPT) == last
    found = outlook.lapse(last, 100 + KEPT)
    assert told(found) is None
    assert told(found.packs[0]) is None
    assert found.values == {
        name: value for name, value in last.values.items() if name is not EMPTY
    }


def test_a_time_of_the_battery_itself_stays_while_it_is_not_read() -> None:
    outlook = Outlook()
    last = outlook.judge(sample(-10, runtime=777), 0)
    assert outlook.lapse(last, 10 * KEPT) == last


def test_packs_of_an_earlier_run_are_not_lost() -> None:
    stored = sample(-10, packs=2)
    assert Outlook().lapse(stored, 10 * KEPT) == stored
