"""A battery is charged, discharged or idle, and does not flicker between them."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from math import pi, sin
from random import Random

from hypothesis import assume, given, settings, strategies as st

from custom_components.mi_bms.proto.bms.battery_state import (
    LONGEST_TURN,
    MOVES,
    REST_TIME,
    RESTS,
    USUAL_CAPACITY,
    BatteryState,
    Movement,
)
from custom_components.mi_bms.proto.bms.outlook import Outlook
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Value
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.each import rows

# Turns until a load that toggles is seen through: there and back after a minute, two, four, five.
UNDOING = 8

IN, OUT, IDLE = BatteryState.CHARGING, BatteryState.DISCHARGING, BatteryState.IDLE


def said(**values: Value) -> BmsSample:
    return BmsSample(values={Field(name): value for name, value in values.items()})


@rows(
    ("values", "expected"),
    [
        ({"current": 5.0, "design_capacity": 100.0}, IN),
        ({"current": -5.0, "design_capacity": 100.0}, OUT),
        ({"current": 0.0, "design_capacity": 100.0}, IDLE),
        ({"current": 1.0, "design_capacity": 300.0}, IDLE),
        ({"current": 1.0, "design_capacity": 50.0}, IN),
        ({"current": -MOVES * USUAL_CAPACITY}, OUT),
        ({"current": 0.1, "battery_charging": True}, IDLE),
        # A power station tells watts only.
        ({"power": -60.0, "voltage": 50.0}, OUT),
        ({"power": 2.0, "voltage": 50.0}, IDLE),
        ({"power": 60.0}, IN),
        ({"battery_charging": True}, IN),
        ({"battery_charging": False}, None),
        ({"voltage": 13.2}, None),
    ],
)
def test_one_sample(values: dict[str, Value], expected: BatteryState | None) -> None:
    assert Movement().take(said(**values), 0.0) is expected


def samples_of(currents: Collection[float]) -> dict[float, BmsSample]:
    """Make one sample of each current, however often it comes."""
    return {one: said(current=one, design_capacity=100.0) for one in {*currents}}


def walk(*currents: float, every: float = 30.0) -> list[Value | None]:
    outlook, samples = Outlook(), samples_of(currents)
    return [
        outlook.judge(samples[one], at * every).values.get(Field.BATTERY_STATE)
        for at, one in enumerate(currents)
    ]


def long_walk(*currents: float, every: float) -> list[BatteryState | None]:
    """Walk without the times that are told beside it: thousands of samples."""
    movement, samples = Movement(), samples_of(currents)
    return [movement.take(samples[one], at * every) for at, one in enumerate(currents)]


def changes(told: Sequence[Value | None]) -> int:
    return sum(one != other for one, other in pairwise(told))


EDGE = (MOVES + RESTS) / 2 * 100


def test_a_current_at_the_edge_does_not_flicker() -> None:
    assert walk(EDGE, 1.0, EDGE, 1.0, EDGE, 0.0, EDGE) == [IDLE, *(IN,) * 6]


def test_rest_is_told_after_two_minutes_and_movement_at_once() -> None:
    rest = int(REST_TIME / 30)
    assert walk(-1.0, *(0.0,) * rest, -1.0, *(0.0,) * (rest - 1), -1.0) == [
        *(OUT,) * rest, IDLE, *(OUT,) * (rest + 1)
    ]  # fmt: skip
    # Of one that is seldom read each reading counts.
    assert walk(-1.0, 0.0, 3.0, every=3600.0) == [OUT, IDLE, IN]


def test_a_trickle_the_other_way_is_rest() -> None:
    """Less than counts as movement, for as long as it lasts."""
    assert walk(-1.0, *(EDGE,) * 6)[-1] == IDLE
    assert walk(-1.0, *(-EDGE,) * 60)[-1] == OUT


def test_a_turn_is_told_within_a_minute() -> None:
    """However strong the current was before: what is told is what a person sees."""
    for before, after in ((-10.0, 10.0), (-90.0, 1.0), (90.0, -1.0), (-1.0, 90.0)):
        told = walk(*(before,) * 60, *(after,) * 10)
        assert changes(told) == 1
        # The third sample.
        assert told.index(IN if after > 0 else OUT) == 62
    # A moment of it is none, wherever the current goes in between.
    assert changes(walk(-10.0, 10.0, 10.0, -10.0, 0.0, 10.0, 0.1, -10.0)) == 0


def test_what_the_current_does_most_of_the_time_is_told() -> None:
    """With an interruption now and then."""
    told = walk(*(10.0,) * 60, *(-10.0, -10.0, 10.0) * 10)
    assert changes(told) == 1
    assert told[-1] == OUT


@rows("period", [120, 240, 700, 900])
def test_loads_that_come_and_go_beside_a_charger_are_no_turns(period: int) -> None:
    """An evening: the current crosses zero all the time, the battery goes down."""
    currents = (-3 + 6 * sin(2 * pi * at * 30 / period) for at in range(720))
    assert changes(told := walk(*currents)) <= UNDOING
    assert told[-1] == OUT


@settings(max_examples=40, deadline=None)
@given(
    st.integers(5, 60), st.floats(20, 1190), st.floats(0.05, 0.95), st.floats(1, 200)
)
def test_a_load_that_toggles_all_day_makes_a_few_turns(
    every: int, period: float, share: float, amps: float
) -> None:
    """Unless each of its phases lasts for as long as what is always believed."""
    # Read so rarely that nobody could say which way it goes most of the time, it may seem to last.
    assume(abs(share - 0.5) * period >= every)
    assume(min(share, 1 - share) * period <= LONGEST_TURN - 2 * every)
    times = [number * every for number in range(20_000 // every)]
    currents = (-amps if at % period < share * period else amps for at in times)
    assert changes(long_walk(*currents, every=every)) <= UNDOING


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-90, 90) | st.just(0.0), st.integers(1, 400))),
    st.sampled_from([-1, 1]),
    st.lists(st.tuples(st.floats(MOVES * 100, 90), st.integers(1, 400)), min_size=2),
)
def test_a_current_that_stands_is_never_contradicted_for_long(
    before: list[tuple[float, int]], sign: int, after: list[tuple[float, int]]
) -> None:
    """Whatever came before, however often it is read."""
    movement, now, stands = Movement(), 0, 0
    for current, seconds in before:
        now += seconds
        movement.take(said(current=current, design_capacity=100.0), now)
    for number, (current, seconds) in enumerate(after):
        now += seconds
        stands += seconds if number else 0
        told = movement.take(said(current=sign * current, design_capacity=100.0), now)
        if stands >= LONGEST_TURN:
            assert told is (IN if sign > 0 else OUT)


def test_a_house_of_restless_batteries_makes_few_lines_a_day() -> None:
    """Those of ``tests/world/scenarios/rows.toml``, where each crossing of zero would be 1,800."""
    chance, lines = Random(14), 0
    for middle, swing, period in (
        (-12, 8, 900), (-2, 6, 700), (-3, 6, 800), (-4, 6, 900), (-5, 6, 1000)
    ):  # fmt: skip
        currents = (
            middle + swing * sin(2 * pi * at * 30 / period) + chance.gauss(0, 0.1)
            for at in range(2880)
        )
        lines += changes(long_walk(*currents, every=30.0))
    assert lines <= 5 * UNDOING


def test_after_an_hour_of_calm_turns_are_told_early_again() -> None:
    restless = (-5.0,) * 8 + (5.0,) * 8
    told = walk(*restless * 5, *(-5.0,) * 130, *(5.0,) * 4)
    assert told[-2:] == [IN, IN]
    # Not before.
    told = walk(*restless * 5, *(-5.0,) * 60, *(5.0,) * 4)
    assert told[-1] == OUT


def test_packs_have_states_of_their_own() -> None:
    sample = BmsSample(
        values={Field.CURRENT: 3.0},
        packs=(said(current=-4.0), said(current=7.0), said(voltage=13.0)),
    )
    told = Outlook().judge(sample, 0.0)
    assert told.values[Field.BATTERY_STATE] == IN
    assert [one.values.get(Field.BATTERY_STATE) for one in told.packs] == [
        OUT,
        IN,
        None,
    ]


def test_a_start_anew_goes_on() -> None:
    edge = (MOVES + RESTS) / 2 * 100
    before = said(current=-1.0, design_capacity=100.0, battery_state="discharging")
    outlook = Outlook()
    outlook.restore(before, 0.0)
    after = outlook.judge(said(current=-edge, design_capacity=100.0), 60.0)
    assert after.values[Field.BATTERY_STATE] == OUT
    outlook.restore(before, 0.0)
    after = outlook.judge(said(current=5.0, design_capacity=100.0), 3600.0)
    assert after.values[Field.BATTERY_STATE] == IN


def test_a_sign_that_is_turned_turns_it() -> None:
    edge = (MOVES + RESTS) / 2 * 100
    outlook = Outlook()
    outlook.judge(said(current=-1.0, design_capacity=100.0), 0.0)
    outlook.rescale(-1.0)
    after = outlook.judge(said(current=edge, design_capacity=100.0), 30.0)
    assert after.values[Field.BATTERY_STATE] == IDLE


def test_the_flag_follows_the_state() -> None:
    """A current around zero is no charging that comes and goes."""
    outlook = Outlook()
    told = [
        outlook.judge(
            said(current=one, design_capacity=100.0, battery_charging=one > 0),
            at * 120.0,
        ).values[Field.BATTERY_CHARGING]
        for at, one in enumerate((0.1, -0.1, 0.1, 2.0, 0.3, 2.0, -0.1, 0.1, -2.0))
    ]
    assert told == [False, False, False, True, True, True, False, False, False]
    bare = Outlook().judge(said(battery_charging=False), 0.0)
    assert bare.values == {Field.BATTERY_CHARGING: False}
