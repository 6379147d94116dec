"""Corrections act before anything is derived, and what the battery computed from a wrong value goes."""

import pytest

from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.correct import Correction
from custom_components.mi_bms.proto.bms.derive import finish
from custom_components.mi_bms.proto.bms.plausible import Gate
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample, Place, Probe
from tests.each import rows


def draft(**values: float) -> Draft:
    return Draft(values={Field(name): value for name, value in values.items()})


def corrected(found: Draft, **correction: object) -> BmsSample:
    Correction(**correction).apply(found)  # type: ignore[arg-type]
    return finish(found)


def test_nothing_is_changed_without_corrections() -> None:
    found = draft(voltage=13.2, current=-4.0, cycle_charge=50, runtime=1234)
    before = finish(draft(voltage=13.2, current=-4.0, cycle_charge=50, runtime=1234))
    assert corrected(found) == before


def test_the_sign_of_the_current() -> None:
    sample = corrected(
        draft(voltage=13.2, current=-4.0, cycle_charge=50, design_capacity=100),
        invert=True,
    )
    assert sample.values[Field.CURRENT] == 4.0
    assert sample.values[Field.POWER] == 52.8
    assert sample.values[Field.BATTERY_CHARGING] is True
    assert sample.values[Field.TIME_TO_FULL] == 45_000
    assert Field.RUNTIME not in sample.values


def test_what_the_battery_computed_from_its_current_goes() -> None:
    sample = corrected(
        draft(
            voltage=13.2,
            current=-4.0,
            power=-53.0,
            battery_charging=False,
            runtime=99,
            cycle_charge=50,
        ),
        gain=0.5,
    )
    assert sample.values[Field.CURRENT] == -2.0
    assert sample.values[Field.POWER] == -26.5
    assert sample.values[Field.BATTERY_CHARGING] is False
    assert sample.values[Field.RUNTIME] == 90_000


@rows(("current", "shown"), [(0.19, 0), (-0.19, 0), (0.2, 0.2), (-0.3, -0.3), (0, 0)])
def test_the_dead_band(current: float, shown: float) -> None:
    sample = corrected(draft(voltage=10, current=current, power=5), dead_band=0.2)
    assert sample.values[Field.CURRENT] == shown
    if not shown and current:
        assert sample.values[Field.POWER] == 0
        assert sample.values[Field.BATTERY_CHARGING] is False


def test_a_battery_without_a_current() -> None:
    sample = corrected(draft(voltage=13.2), invert=True, gain=2.0, dead_band=1.0)
    assert Field.CURRENT not in sample.values
    assert Field.POWER not in sample.values


def test_the_capacity_replaces_what_rests_on_it() -> None:
    sample = corrected(
        draft(
            voltage=10,
            battery_level=50,
            cycle_charge=100,
            design_capacity=200,
            full_charge=190,
            cycle_capacity=1000,
        ),
        capacity=280.0,
    )
    assert sample.values[Field.DESIGN_CAPACITY] == 280
    assert sample.values[Field.CYCLE_CHARGE] == 140
    assert sample.values[Field.CYCLE_CAPACITY] == 1400
    assert sample.values[Field.FULL_CHARGE] == 266


def test_what_was_counted_is_scaled() -> None:
    counted = draft(
        battery_level=50, cycle_charge=101.37, design_capacity=200, full_charge=190
    )
    sample = corrected(counted, capacity=280.0)
    assert sample.values[Field.CYCLE_CHARGE] == 141.918
    assert sample.values[Field.BATTERY_LEVEL] == 50


def test_the_level_stays_where_only_the_charge_is_known() -> None:
    sample = corrected(draft(cycle_charge=70, design_capacity=100), capacity=280.0)
    assert sample.values[Field.CYCLE_CHARGE] == 196
    assert sample.values[Field.BATTERY_LEVEL] == 70


def test_a_count_in_an_unknown_capacity() -> None:
    level = corrected(draft(cycle_charge=70, battery_level=40), capacity=280.0)
    assert level.values[Field.CYCLE_CHARGE] == 112
    alone = corrected(draft(cycle_charge=70), capacity=280.0)
    assert alone.values[Field.CYCLE_CHARGE] == 70
    assert alone.values[Field.BATTERY_LEVEL] == 25
    full = corrected(draft(cycle_charge=70, full_charge=140), capacity=280.0)
    assert full.values[Field.CYCLE_CHARGE] == 140
    assert full.values[Field.FULL_CHARGE] == 280


def test_every_temperature_moves() -> None:
    found = draft(temperature=20.0)
    found.probes = [Probe(20.5, Place.CELL), Probe(-1.0, Place.MOSFET)]
    sample = corrected(found, offset=-1.5)
    assert [probe.celsius for probe in sample.probes] == [19.0, -2.5]
    assert [probe.place for probe in sample.probes] == [Place.CELL, Place.MOSFET]
    assert sample.values[Field.TEMPERATURE] == 18.5
    mean = corrected(Draft(probes=[Probe(10.0), Probe(20.0)]), offset=1.0)
    assert mean.values[Field.TEMPERATURE] == 16.0
    empty = corrected(Draft(probes=[Probe(None)]), offset=1.0)
    assert empty.probes == (Probe(None),)


def test_packs_are_corrected_one_by_one() -> None:
    found = Draft(
        packs=[
            draft(voltage=50, current=-2, cycle_charge=10, design_capacity=100),
            draft(voltage=50, current=-3, cycle_charge=10, design_capacity=100),
        ]
    )
    sample = corrected(found, invert=True, capacity=180.0)
    assert sample.values[Field.CURRENT] == 5
    assert [pack.values[Field.CURRENT] for pack in sample.packs] == [2, 3]
    assert sample.values[Field.DESIGN_CAPACITY] == 180
    assert [pack.values[Field.DESIGN_CAPACITY] for pack in sample.packs] == [100, 100]
    assert sample.values[Field.CYCLE_CHARGE] == 18


@rows("capacity", [7.0, 105.0, 280.0])
def test_packs_that_tell_a_level_only(capacity: float) -> None:
    """The charge that follows from it is of the capacity that was replaced."""
    part = {"voltage": 13.3, "battery_level": 80, "design_capacity": 105}
    sample = corrected(Draft(packs=[draft(**part)]), capacity=capacity)
    assert sample.values[Field.CYCLE_CHARGE] == pytest.approx(0.8 * capacity)
    assert Gate().take(sample, 0.0) is sample


def test_packs_of_which_one_tells_neither() -> None:
    parts = [draft(battery_level=80, design_capacity=105), draft(voltage=13.3)]
    sample = corrected(Draft(packs=parts), capacity=280.0)
    assert Field.CYCLE_CHARGE not in sample.values


@rows(
    ("correction", "factor"),
    [(Correction(), 1), (Correction(gain=2), 2), (Correction(gain=2, invert=True), -2)],
)
def test_by_what_currents_are_multiplied(correction: Correction, factor: float) -> None:
    assert correction.factor == factor
