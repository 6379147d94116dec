"""A loose probe, an unread cell or a pack that answers rubbish takes only itself away."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.derive import finish
from custom_components.mi_bms.proto.bms.limits import PROBE
from custom_components.mi_bms.proto.bms.plausible import Gate
from custom_components.mi_bms.proto.bms.sift import purged
from custom_components.mi_bms.proto.model.errors import Implausible
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Value
from custom_components.mi_bms.proto.model.sample import BmsSample, Place, Probe
from tests.each import rows


def draft(**more: object) -> Draft:
    values: dict[Field, Value] = {Field.VOLTAGE: 13.3, Field.CURRENT: -2.0}
    return Draft(values=values, **more)  # type: ignore[arg-type]


def believed(one: Draft) -> BmsSample:
    return Gate().take(finish(one), 0.0)


@rows("celsius", [-60.0, -273.1, 150.1, 6279.3, float("nan")])
def test_a_probe_is_left_out_and_named(celsius: float) -> None:
    places = (Place.CELL, Place.CELL, Place.CELL, Place.MOSFET)
    values = (20.0, celsius, 23.0, 55.0)
    probes = [Probe(one, place) for one, place in zip(values, places, strict=True)]
    sample = believed(draft(probes=probes))
    assert [probe.celsius for probe in sample.probes] == [20.0, None, 23.0, 55.0]
    assert [probe.place for probe in sample.probes] == list(places)
    assert sample.values[Field.TEMPERATURE] == 21.5
    assert sample.values[Field.MIN_CELL_TEMPERATURE] == 20.0
    assert list(sample.left_out) == ["probe_temperature_2"]


def test_what_the_board_computed_over_a_bad_probe_goes_with_it() -> None:
    one = draft(probes=[Probe(20.0), Probe(-100.0)])
    one.put(Field.TEMPERATURE, -40.0)
    assert believed(one).values[Field.TEMPERATURE] == 20.0


def test_without_any_good_probe_there_is_no_temperature() -> None:
    sample = believed(draft(probes=[Probe(-100.0), Probe(200.0)]))
    assert Field.TEMPERATURE not in sample.values
    assert sample.values[Field.VOLTAGE] == 13.3
    assert sample.left_out == {
        "probe_temperature_1": -100.0,
        "probe_temperature_2": 200.0,
    }


@rows("volts", [65.535, 6.0, -0.5])
def test_a_cell_is_left_out(volts: float) -> None:
    one = draft(cells=[3.31, volts, 3.33, 3.32])
    one.values |= {Field.MAX_CELL_VOLTAGE: volts, Field.DELTA_VOLTAGE: 5.0}
    sample = believed(one)
    assert sample.cells == (3.31, None, 3.33, 3.32)
    assert sample.values[Field.MAX_CELL_VOLTAGE] == 3.33
    assert sample.values[Field.MAX_CELL] == 3
    assert sample.values[Field.DELTA_VOLTAGE] == 0.02
    assert sample.values[Field.CELL_COUNT] == 4
    assert sample.left_out == {"cell_voltage_2": volts}


def test_a_sum_without_one_of_its_cells_is_none() -> None:
    sample = finish(Draft(cells=[3.31, 65.535, 3.33]))
    assert Field.VOLTAGE not in sample.values
    assert finish(Draft(cells=[3.31, None])).values[Field.VOLTAGE] == 3.31


def test_cells_of_which_most_are_impossible_are_another_matter() -> None:
    with pytest.raises(Implausible, match=Field.CELL_VOLTAGE):
        believed(draft(cells=[65.5, 65.5, 3.33]))


@rows(
    ("name", "value"),
    [
        (Field.TEMPERATURE, -273.1),
        (Field.BATTERY_HEALTH, 255),
        (Field.BALANCE_CURRENT, 6553.5),
        (Field.MAX_CELL_VOLTAGE, 65.535),
        (Field.FULL_CHARGE, 65_535),
        (Field.CYCLES, -1),
    ],
)
def test_what_tells_of_itself_only(name: Field, value: float) -> None:
    one = draft()
    one.put(name, value)
    sample = believed(one)
    assert name not in sample.values
    assert sample.left_out == {name: value}


@rows("name", [Field.VOLTAGE, Field.CURRENT, Field.BATTERY_LEVEL])
def test_what_everything_rests_on(name: Field) -> None:
    one = draft()
    one.put(name, 99_999)
    with pytest.raises(Implausible, match=name):
        believed(one)


def test_a_derived_value_that_cannot_be_is_none() -> None:
    one = Draft(values={Field.CURRENT: -0.001, Field.CYCLE_CHARGE: 5_000.0})
    assert Field.RUNTIME not in believed(one).values


def test_a_pack_is_left_out_and_keeps_its_place() -> None:
    bad = draft(cells=[3.3, 3.3], probes=[Probe(20.0, Place.CELL)])
    bad.put(Field.CURRENT, 32_767.0)
    good = draft(cells=[3.3, 3.4, 3.3, 3.3], probes=[Probe(21.0), Probe(-99.0)])
    good.put(Field.DESIGN_CAPACITY, 100.0)
    sample = believed(Draft(packs=[bad, good]))
    assert sample.packs[0] == BmsSample(
        cells=(None, None), probes=(Probe(None, Place.CELL),)
    )
    assert sample.packs[1].values[Field.CURRENT] == -2.0
    # What is a sum of all packs is not known without one of them.
    assert Field.CURRENT not in sample.values
    assert sample.values[Field.VOLTAGE] == 13.3
    assert sample.cells == (None, None, 3.3, 3.4, 3.3, 3.3)
    assert sample.left_out == {"pack_2_probe_temperature_2": -99.0, "pack_1": "current"}


def test_a_pack_without_any_voltage_is_left_out() -> None:
    off = Draft(values={Field.VOLTAGE: 0.0}, cells=[0.0, 0.0])
    sample = believed(Draft(packs=[draft(), off]))
    assert sample.left_out == {"pack_2": "voltage"}


def test_packs_of_which_most_are_impossible() -> None:
    bad = Draft(values={Field.VOLTAGE: 2000.0})
    with pytest.raises(Implausible):
        believed(Draft(values={Field.VOLTAGE: 13.3}, packs=[bad]))


def test_an_alarm_of_an_acting_kind_is_a_problem_whoever_set_it() -> None:
    assert finish(Draft(alarms={Alarm.SHORT_CIRCUIT})).values[Field.PROBLEM] is True
    mild = Draft(alarms={Alarm.CELL_OVERVOLTAGE_WARNING, Alarm.LEVEL_HIGH})
    assert finish(mild).values[Field.PROBLEM] is False


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e5, 1e5) | st.just(float("nan")), max_size=8))
def test_whatever_probes_say_the_rest_is_believed(values: list[float]) -> None:
    sample = believed(draft(probes=[Probe(one) for one in values]))
    shown = [probe.celsius for probe in sample.probes if probe.celsius is not None]
    assert len(sample.probes) == len(values)
    assert all(PROBE[0] <= one <= PROBE[1] for one in shown)
    assert len(sample.left_out) == len(values) - len(shown)
    assert (Field.TEMPERATURE in sample.values) is bool(shown)


@rows("bad", [420.0, -273.1])
def test_what_the_whole_computed_over_a_bad_probe_of_a_pack_goes_with_it(
    bad: float,
) -> None:
    good = draft(probes=[Probe(20.0, Place.CELL), Probe(21.0, Place.CELL)])
    loose = draft(probes=[Probe(bad, Place.CELL), Probe(22.0, Place.CELL)])
    whole = draft(packs=[good, loose])
    whole.put(Field.TEMPERATURE, (20 + 21 + bad + 22) / 4)
    sample = believed(whole)
    assert sample.values[Field.TEMPERATURE] == 21.0
    assert sample.values[Field.MIN_CELL_TEMPERATURE] == 20.0
    assert sample.left_out["pack_2_probe_temperature_1"] == bad


def test_what_the_whole_computed_over_a_bad_cell_of_a_pack_goes_with_it() -> None:
    good = draft(cells=[3.31, 3.32, 3.33, 3.34])
    unread = draft(cells=[3.31, 65.535, 3.35, 3.32])
    whole = draft(packs=[good, unread])
    whole.values |= {Field.MAX_CELL_VOLTAGE: 5.8, Field.MAX_CELL: 6}
    sample = believed(whole)
    assert sample.values[Field.MAX_CELL_VOLTAGE] == 3.35
    assert sample.values[Field.MAX_CELL] == 7


def test_what_the_whole_computed_over_a_pack_that_is_left_out_goes_with_it() -> None:
    good = draft(cells=[3.31, 3.32, 3.33, 3.34], probes=[Probe(20.0)])
    dead = draft(cells=[0.0] * 4, probes=[Probe(90.0)])
    dead.values[Field.VOLTAGE] = 0
    whole = draft(packs=[good, dead])
    whole.values |= {Field.TEMPERATURE: 55.0, Field.MIN_CELL_VOLTAGE: 0.0}
    sample = believed(whole)
    assert sample.values[Field.TEMPERATURE] == 20.0
    assert sample.values[Field.MIN_CELL_VOLTAGE] == 3.31


def test_what_was_stored_is_purged_place_by_place() -> None:
    part = BmsSample(values={Field.BATTERY_LEVEL: 60}, cells=(3.3, None, 9.9))
    stored = BmsSample(
        values={Field.VOLTAGE: -3, Field.BATTERY_LEVEL: 60, Field.PROBLEM: True},
        probes=(Probe(900.0, Place.CELL), Probe(20.0), Probe(None)),
        packs=(part,),
    )
    sample = purged(stored)
    assert sample.values == {Field.BATTERY_LEVEL: 60, Field.PROBLEM: True}
    assert sample.probes == (Probe(None, Place.CELL), Probe(20.0), Probe(None))
    assert sample.packs[0].cells == (3.3, None, None)
    assert purged(sample) == sample
