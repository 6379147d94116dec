"""The gate refuses what physics forbids and nothing else."""

from dataclasses import replace
from math import inf, nan
import random

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.bms.limits import Chemistry, Guess, Jump
from custom_components.mi_bms.proto.bms.plausible import KEPT, Gate, credible
from custom_components.mi_bms.proto.model.errors import Implausible
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Value
from custom_components.mi_bms.proto.model.sample import BmsSample, Probe
from tests.bench.gate_matrix import CORPUS, measure
from tests.each import rows

GOOD: dict[Field, Value] = {
    Field.VOLTAGE: 13.3,
    Field.CURRENT: -5.0,
    Field.BATTERY_LEVEL: 50,
    Field.CYCLE_CHARGE: 50.0,
    Field.DESIGN_CAPACITY: 100.0,
    Field.CELL_COUNT: 4,
    Field.TEMPERATURE: 20.0,
}
CELLS = (3.32, 3.33, 3.32, 3.33)
PACKS = (BmsSample(values=GOOD, cells=CELLS), BmsSample(values=GOOD, cells=CELLS))


def sample(
    values: dict[Field, Value] | None = None,
    cells: tuple[float | None, ...] = CELLS,
    **more: object,
) -> BmsSample:
    made = BmsSample(values=GOOD | (values or {}), cells=cells, probes=(Probe(20),))
    return replace(made, **more)  # type: ignore[arg-type]


def refusal(gate: Gate, one: BmsSample, now: float) -> str | None:
    try:
        assert gate.take(one, now) is one
    except Implausible as err:
        return err.field
    return None


def seen(*more: BmsSample) -> Gate:
    gate = Gate()
    gate.take(sample(), 0.0)
    for number, one in enumerate(more, 1):
        gate.take(one, number * 30.0)
    return gate


@rows(
    "one",
    [
        sample(),
        BmsSample(),
        sample({Field.VOLTAGE: 9.98}, (3.32, 3.33, 0.0, 3.33)),  # a broken wire
        sample({Field.CELL_COUNT: 2, Field.VOLTAGE: 26.0}, CELLS[:1]),
        sample({Field.VOLTAGE: 26.0}, packs=PACKS),
        sample({Field.PROBLEM_CODE: 2**63, Field.BATTERY_MODE: "bulk"}),
        sample(
            {
                Field.DESIGN_CAPACITY: 1.0,
                Field.CYCLE_CHARGE: 0.5,
                Field.CURRENT: -200.0,
            }
        ),
        sample({Field.CYCLE_CHARGE: 124.0}),
        sample({Field.POWER: 66.5}),  # told without a sign
        sample({Field.POWER: 0.0}),
    ],
)
def test_good_samples_pass(one: BmsSample) -> None:
    assert refusal(Gate(), one, 0.0) is None


@rows(
    ("one", "field"),
    [
        (sample({Field.VOLTAGE: -1.0}), Field.VOLTAGE),
        (sample({Field.VOLTAGE: nan}), Field.VOLTAGE),
        (sample({Field.PROBLEM_CODE: inf}), Field.PROBLEM_CODE),
        (sample({Field.CURRENT: 5000.0}), Field.CURRENT),
        (sample({Field.CURRENT: 2999.0, Field.DESIGN_CAPACITY: 50}), Field.CURRENT),
        (sample({Field.BATTERY_LEVEL: 440}), Field.BATTERY_LEVEL),
        (sample({Field.TEMPERATURE: -273.1}), Field.TEMPERATURE),
        (sample({Field.MAX_CELL_VOLTAGE: 6.5}), Field.MAX_CELL_VOLTAGE),
        (sample({Field.VOLTAGE: 26.6}), Field.VOLTAGE),
        (sample({Field.VOLTAGE: 0.0}), Field.VOLTAGE),
        (sample({Field.VOLTAGE: 0.0}, ()), Field.VOLTAGE),
        (sample({Field.VOLTAGE: 0.0}, (3.3, None, 3.3)), Field.VOLTAGE),
        (sample({Field.CELL_COUNT: 0}, ()), Field.CELL_COUNT),
        (sample({Field.CYCLE_CHARGE: 126.0}), Field.CYCLE_CHARGE),
        (sample({Field.POWER: 800.0}), Field.POWER),
        (sample({Field.POWER: 0.0, Field.CURRENT: -60.0}), Field.POWER),
        (sample(packs=(sample({Field.POWER: -900.0}),)), Field.POWER),
        (sample({Field.DELTA_VOLTAGE: 0.5}), Field.DELTA_VOLTAGE),
        (sample(cells=(3.3, None, 65.5)), Field.CELL_VOLTAGE),
        (sample(probes=(Probe(-60),)), Field.PROBE_TEMPERATURE),
        (
            sample(packs=(PACKS[0], sample({Field.BATTERY_LEVEL: 200}))),
            Field.BATTERY_LEVEL,
        ),
        (sample(packs=(sample({Field.VOLTAGE: 26.6}),)), Field.VOLTAGE),
        (
            BmsSample(
                values={Field.CELL_COUNT: 4, Field.MIN_CELL_VOLTAGE: 1.0}, cells=CELLS
            ),
            Field.MIN_CELL_VOLTAGE,
        ),
    ],
)
def test_what_no_battery_can_be(one: BmsSample, field: Field) -> None:
    gate = Gate()
    assert refusal(gate, one, 0.0) == field
    assert gate.refused == {field: 1}
    assert gate.kept[0].sample is one
    assert gate.good is None


@rows(
    ("one", "field"),
    [
        (sample({Field.BATTERY_LEVEL: 90}), Field.BATTERY_LEVEL),
        (sample({Field.CYCLE_CHARGE: 60.0}), Field.CYCLE_CHARGE),
        (sample({Field.CYCLES: 30}), Field.CYCLES),
        (sample({Field.DESIGN_CAPACITY: 105.0}), Field.DESIGN_CAPACITY),
        (sample({Field.TEMPERATURE: 50.0}), Field.TEMPERATURE),
        (sample({Field.POWER: 900.0}), Field.POWER),
        (sample({Field.CELL_COUNT: 5}), Field.CELL_COUNT),
        (sample(cells=CELLS[:3]), Field.CELL_COUNT),
        (sample(cells=(3.32, 3.33, 2.72, 3.33)), Field.CELL_VOLTAGE),
        (sample(probes=(Probe(60),)), Field.PROBE_TEMPERATURE),
    ],
)
def test_a_change_is_believed_when_it_stays(one: BmsSample, field: Field) -> None:
    gate = seen(sample({Field.CYCLES: 3, Field.POWER: -66.5}))
    assert refusal(gate, one, 60.0) == field
    assert refusal(gate, one, 90.0) is None
    assert gate.good is one
    assert gate.refused == {field: 1}


def test_a_change_that_does_not_stay_is_a_lie() -> None:
    gate = seen()
    lie = sample({Field.BATTERY_LEVEL: 90})
    assert refusal(gate, lie, 30.0) == Field.BATTERY_LEVEL
    assert refusal(gate, sample(), 60.0) is None
    assert refusal(gate, lie, 90.0) == Field.BATTERY_LEVEL
    assert refusal(gate, sample({Field.BATTERY_LEVEL: 20}), 120.0) == "battery_level"
    assert refusal(gate, sample(), 150.0) is None
    assert gate.refused == {Field.BATTERY_LEVEL: 3}


def test_the_current_says_how_far_the_charge_may_move() -> None:
    assert refusal(seen(), sample({Field.BATTERY_LEVEL: 46}), 30.0) == "battery_level"
    loaded = {Field.CURRENT: -300.0, Field.BATTERY_LEVEL: 46, Field.CYCLE_CHARGE: 46.5}
    assert refusal(seen(), sample(loaded), 30.0) is None


def test_after_a_long_time_anything_may_have_happened() -> None:
    assert refusal(seen(), sample({Field.BATTERY_LEVEL: 90}), 7200.0) is None


def test_without_current_and_capacity_the_charge_is_judged_roughly() -> None:
    gate = Gate()
    gate.take(BmsSample(values={Field.BATTERY_LEVEL: 50}), 0.0)
    assert refusal(gate, BmsSample(values={Field.BATTERY_LEVEL: 60}), 30.0)
    gate.take(BmsSample(values={Field.BATTERY_LEVEL: 51}), 60.0)


def test_packs_are_compared_with_themselves() -> None:
    gate = Gate()
    gate.take(sample(packs=PACKS), 0.0)
    other = sample({Field.BATTERY_LEVEL: 90})
    assert refusal(gate, sample(packs=(PACKS[0], other)), 30.0) == "battery_level"
    gate.take(sample(packs=PACKS), 60.0)
    gate.take(sample(packs=PACKS[:1]), 90.0)


def test_a_contradiction_that_lasts_is_a_habit() -> None:
    gate = seen()
    odd = sample({Field.VOLTAGE: 11.5})
    for at in (30.0, 60.0):
        assert refusal(gate, odd, at) == Field.VOLTAGE
    assert refusal(gate, odd, 90.0) is None
    assert refusal(gate, odd, 120.0) is None
    # Nobody is punished for getting better.
    assert refusal(gate, sample({Field.VOLTAGE: 12.6}), 150.0) is None
    assert refusal(gate, sample({Field.VOLTAGE: 16.0}), 180.0) == Field.VOLTAGE


@rows(
    "odd",
    [
        {Field.CYCLE_CHARGE: 160.0},
        {Field.CELL_COUNT: 0},
        {Field.POWER: 800.0},
        {Field.VOLTAGE: 0.0},
    ],
)
def test_a_contradiction_of_the_first_samples_is_no_end(
    odd: dict[Field, Value],
) -> None:
    gate = Gate()
    found = [refusal(gate, sample(odd), 30.0 * number) for number in range(6)]
    assert found == [next(iter(odd))] * 2 + [None] * 4


def test_a_power_of_its_own_is_believed_though_it_is_restless() -> None:
    gate, chance = Gate(), random.Random(3)
    found = [
        refusal(gate, sample({Field.POWER: chance.uniform(600, 9000)}), 30.0 * number)
        for number in range(20)
    ]
    assert found == [Field.POWER] * 2 + [None] * 18


def test_a_probe_that_comes_and_goes_moves_the_mean() -> None:
    gate = Gate()
    for number in range(8):
        cold = Probe(None) if number % 2 else Probe(-5.0)
        mean = 40.0 if number % 2 else 17.5
        one = sample({Field.TEMPERATURE: mean}, probes=(Probe(40.0), cold))
        assert refusal(gate, one, 30.0 * number) is None


def test_contradictions_of_different_kinds_are_no_habit() -> None:
    gate = seen()
    for at, volts in ((30.0, 11.5), (60.0, 15.5), (90.0, 11.5), (120.0, 15.5)):
        assert refusal(gate, sample({Field.VOLTAGE: volts}), at) == Field.VOLTAGE


def test_an_earlier_run_counts() -> None:
    gate = Gate()
    gate.restore(sample(), 100.0)
    assert refusal(gate, sample({Field.BATTERY_LEVEL: 90}), 130.0) == "battery_level"


def test_what_was_corrected_otherwise_is_no_measure() -> None:
    gate = seen()
    gate.forget()
    assert refusal(gate, sample({Field.BATTERY_LEVEL: 90}), 30.0) is None


def test_a_clock_that_jumps_back_allows_nothing_more() -> None:
    assert refusal(seen(), sample(), -1e6) is None
    assert refusal(seen(), sample({Field.BATTERY_LEVEL: 90}), -1e6) == "battery_level"


def test_a_sample_alone() -> None:
    assert credible(sample({}))
    assert not credible(sample({Field.BATTERY_LEVEL: 101}))


def test_only_the_last_refused_samples_are_kept() -> None:
    gate = seen()
    for number in range(KEPT + 3):
        refusal(gate, sample({Field.BATTERY_LEVEL: 101}), 30.0 * number)
    assert len(gate.kept) == KEPT
    assert gate.kept[-1].raw == ()
    with pytest.raises(Implausible):
        gate.take(sample({Field.BATTERY_LEVEL: 101}), 900.0, [b"as", b"said"])
    assert gate.kept[-1].raw == (b"as", b"said")
    gate.refused[Field.BATTERY_LEVEL] -= 1
    assert gate.refused[Field.BATTERY_LEVEL] == KEPT + 3


@rows(
    ("volts", "chemistry"),
    [
        (3.3, Chemistry.LFP),
        (3.8, Chemistry.LITHIUM_ION),
        (2.3, Chemistry.LTO),
        (3.46, Chemistry.UNKNOWN),
    ],
)
def test_the_chemistry_is_learned(volts: float, chemistry: Chemistry) -> None:
    guess = Guess()
    for _ in range(30):
        guess.learn(BmsSample(values={Field.BATTERY_LEVEL: 60}, cells=(volts,) * 4))
        guess.learn(BmsSample(values={Field.BATTERY_LEVEL: 5}, cells=(3.8,) * 4))
        guess.learn(BmsSample(values={Field.BATTERY_LEVEL: 60}))
    assert guess.chemistry is chemistry


def test_the_chemistry_sets_the_limit_of_a_cell() -> None:
    gate = Gate()
    for number in range(30):
        gate.take(sample(), 30.0 * number)
    assert gate.guess.chemistry is Chemistry.LFP
    burnt = sample({Field.VOLTAGE: 15.0}, (3.33, 3.33, 3.33, 4.9))
    assert refusal(gate, burnt, 900.0) == Field.CELL_VOLTAGE
    assert refusal(gate, burnt, 930.0) == Field.CELL_VOLTAGE


def test_mixed_votes_decide_nothing() -> None:
    guess = Guess()
    for volts in (3.3, 3.8) * 20:
        guess.learn(BmsSample(values={Field.BATTERY_LEVEL: 60}, cells=(volts,)))
    assert guess.chemistry is Chemistry.UNKNOWN


@given(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(0, 1e5), st.floats(0, 10))
def test_a_jump_is_allowed_the_more_the_longer(
    old: float, new: float, seconds: float, always: float
) -> None:
    jump = Jump(always, 0.1, 0.01)
    assert not jump.allows(old, new, seconds) or jump.allows(old, new, seconds * 2)


@given(st.lists(st.sampled_from([*GOOD, Field.PROBLEM]), max_size=3), st.floats())
def test_nothing_but_implausible_is_raised(names: list[Field], value: float) -> None:
    gate = seen()
    refusal(gate, sample(dict.fromkeys(names, value)), 30.0)
    named = refusal(gate, sample(dict.fromkeys(names, value)), 60.0)
    assert named in {None, *GOOD, *names}


def test_no_lie_is_published_and_hardly_a_truth_is_lost() -> None:
    matrix = measure(400, lies=0.22)
    assert sum(matrix.lies.values()) > 80
    assert set(matrix.lies) == set(CORPUS)
    assert not matrix.published
    assert sum(matrix.refused_true.values()) <= matrix.steps + matrix.true // 1000


def test_no_board_answers_without_any_voltage() -> None:
    gate = Gate()
    gate.take(sample(), 0.0)
    dead = {
        Field.VOLTAGE: 0.0,
        Field.CURRENT: 0.0,
        Field.BATTERY_LEVEL: 0,
        Field.CYCLE_CHARGE: 0.0,
    }
    for number in range(1, 9):
        assert refusal(gate, sample(dead, (0.0,) * 4), 30.0 * number)


def test_a_loose_probe_takes_only_itself_away() -> None:
    chance, gate = random.Random(1), Gate()
    now = last = worst = 0.0
    while now < 3600:
        probes = (Probe(20.0), Probe(round(chance.uniform(-40, 120), 1)))
        if refusal(gate, sample(probes=probes), now) is None:
            worst, last = max(worst, now - last), now
        now += 30
    assert worst <= 120


def test_another_chemistry_behind_the_same_board() -> None:
    gate = Gate()
    for number in range(25):
        gate.take(sample({Field.VOLTAGE: 9.4}, (2.35,) * 4), 30.0 * number)
    swapped = sample({Field.VOLTAGE: 14.0}, (3.5,) * 4)
    assert None in [refusal(gate, swapped, 1000 + 30.0 * n) for n in range(5)]
