"""Derived values follow the table, and ``problem`` means a problem."""

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.derive import finish
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Value
from custom_components.mi_bms.proto.model.sample import DeviceInfo, Place, Probe
from tests.each import rows


def derived(values: dict[Field, Value], **more: object) -> dict[Field, Value]:
    return dict(finish(Draft(values=dict(values), **more)).values)  # type: ignore[arg-type]


def test_an_empty_draft_derives_nothing() -> None:
    assert derived({}) == {}


def test_cells_give_voltage_extremes_and_count() -> None:
    found = derived({}, cells=[3.257, 3.258, 3.259, 3.254, None])
    assert found[Field.VOLTAGE] == 13.028
    assert found[Field.DELTA_VOLTAGE] == 0.005
    assert (found[Field.MAX_CELL_VOLTAGE], found[Field.MAX_CELL]) == (3.259, 3)
    assert (found[Field.MIN_CELL_VOLTAGE], found[Field.MIN_CELL]) == (3.254, 4)
    assert found[Field.CELL_COUNT] == 5


def test_discharging() -> None:
    found = derived(
        {
            Field.VOLTAGE: 15.6,
            Field.CURRENT: -2.87,
            Field.CYCLE_CHARGE: 4.98,
            Field.DESIGN_CAPACITY: 5.0,
            Field.TOTAL_CHARGE: 26,
        },
        probes=[Probe(22.4), Probe(22.3), Probe(21.7)],
    )
    assert found[Field.POWER] == -44.772
    assert found[Field.RUNTIME] == 6246
    assert found[Field.BATTERY_CHARGING] is False
    assert found[Field.BATTERY_LEVEL] == 99.6
    assert found[Field.CYCLE_CAPACITY] == 77.688
    assert found[Field.CYCLES] == 5
    assert found[Field.TEMPERATURE] == 22.133
    assert Field.TIME_TO_FULL not in found


def test_charging() -> None:
    values: dict[Field, Value] = {
        Field.CURRENT: 10.0,
        Field.BATTERY_LEVEL: 50,
        Field.DESIGN_CAPACITY: 100,
    }
    found = derived(values)
    assert found[Field.CYCLE_CHARGE] == 50.0
    assert found[Field.TIME_TO_FULL] == 18000
    assert found[Field.BATTERY_CHARGING] is True
    assert Field.RUNTIME not in found
    assert derived(values | {Field.FULL_CHARGE: 110.0})[Field.TIME_TO_FULL] == 21600


def test_what_is_sent_is_not_derived() -> None:
    found = derived({Field.VOLTAGE: 13.0, Field.DELTA_VOLTAGE: 0.5}, cells=[3.2, 3.3])
    assert (found[Field.VOLTAGE], found[Field.DELTA_VOLTAGE]) == (13.0, 0.5)


def test_fields_that_must_not_be_derived() -> None:
    draft = Draft(values={Field.CURRENT: -1.0, Field.CYCLE_CHARGE: 1.0})
    assert Field.RUNTIME not in finish(draft, {Field.RUNTIME}).values


@rows(
    ("places", "mean", "lowest"),
    [
        ("cell cell mosfet", 15.0, 10.0),
        ("generic mosfet cell", 30.0, None),
        ("mosfet generic generic", 25.0, 20.0),
        ("generic balancer pcb", 10.0, None),
        ("cell_max cell_min generic", 15.0, 10.0),
        ("mosfet ambient heater", None, None),
    ],
)
def test_the_temperature_is_that_of_the_cells(
    places: str, mean: float | None, lowest: float | None
) -> None:
    probes = [
        Probe(10.0 * number, Place(place))
        for number, place in enumerate(places.split(), 1)
    ]
    found = derived({}, probes=probes)
    assert found.get(Field.TEMPERATURE) == mean
    assert found.get(Field.MIN_CELL_TEMPERATURE) == lowest


@rows(
    ("charge", "level"),
    [
        (100.4, 100.0),
        (125.0, 100.0),
        (125.5, None),
        (-0.2, 0.0),
        (-30.0, None),
        (50, 50),
    ],
)
def test_a_count_may_run_a_little_over(charge: float, level: float | None) -> None:
    found = derived({Field.CYCLE_CHARGE: charge, Field.DESIGN_CAPACITY: 100.0})
    assert found.get(Field.BATTERY_LEVEL) == level


def test_no_capacity_gives_no_level() -> None:
    assert Field.BATTERY_LEVEL not in derived(
        {Field.DESIGN_CAPACITY: 0, Field.CYCLE_CHARGE: 0}
    )
    assert Field.CYCLES not in derived(
        {Field.DESIGN_CAPACITY: 0, Field.TOTAL_CHARGE: 5}
    )


@rows(
    ("values", "cells", "problem"),
    [
        ({Field.VOLTAGE: 0.0}, [], True),
        ({}, [3.3, 0.0], True),
        # Impossible values are left out, and tell nothing of the battery.
        ({}, [3.3, 6.0], False),
        ({}, [6.0], True),
        ({Field.DELTA_VOLTAGE: 6.0, Field.BATTERY_LEVEL: 50}, [], False),
        ({Field.BATTERY_LEVEL: 101}, [], True),
        ({Field.CYCLE_CHARGE: 0.0, Field.BATTERY_LEVEL: 97}, [], True),
        ({Field.CYCLE_CHARGE: 0.0, Field.BATTERY_LEVEL: 0}, [], False),
        ({Field.CYCLE_CHARGE: 0.0, Field.DESIGN_CAPACITY: 100}, [], False),
        ({Field.PROBLEM: True}, [], True),
        ({Field.VOLTAGE: 13.0}, [3.3], False),
    ],
)
def test_problem(values: dict[Field, Value], cells: list[float], problem: bool) -> None:
    assert derived(values, cells=cells)[Field.PROBLEM] is problem


def pack(
    level: float | None, capacity: float | None, current: float, *cells: float
) -> Draft:
    draft = Draft(
        values={Field.CURRENT: current, Field.BATTERY_HEALTH: 99 + current},
        cells=list(cells),
    )
    draft.put(Field.BATTERY_LEVEL, level)
    draft.put(Field.DESIGN_CAPACITY, capacity)
    return draft


def test_packs_give_the_system() -> None:
    draft = Draft(packs=[pack(40, 100, 1.0, 3.2, 3.3), pack(80, 300, -2.0, 3.4, 3.1)])
    draft.packs[0].probes.append(Probe(20))
    draft.packs[1].flag(1)
    draft.packs[1].alarms.add(Alarm.SHORT_CIRCUIT)
    sample = finish(draft)
    assert sample.values[Field.PACK_COUNT] == 2
    assert sample.values[Field.CURRENT] == -1.0
    assert sample.values[Field.DESIGN_CAPACITY] == 400
    assert sample.values[Field.CYCLE_CHARGE] == 280.0
    assert sample.values[Field.BATTERY_LEVEL] == 70.0
    assert sample.values[Field.BATTERY_HEALTH] == 97.0
    assert sample.values[Field.VOLTAGE] == 6.5
    assert sample.values[Field.DELTA_VOLTAGE] == 0.3
    assert sample.values[Field.PROBLEM] is True
    assert sample.alarms == {Alarm.SHORT_CIRCUIT}
    assert sample.cells == (3.2, 3.3, 3.4, 3.1)
    assert sample.probes == (Probe(20),)
    assert [len(one.cells) for one in sample.packs] == [2, 2]


def test_behind_a_pack_that_did_not_tell_its_cells_no_numbers_move() -> None:
    told, silent = pack(40, 100, 1.0, 3.2, 3.3), pack(80, 300, -2.0)
    silent.unknown.add(Field.PROBLEM)
    told.probes.append(Probe(20))
    other = pack(50, 100, 0.0, 3.1)
    other.probes.append(Probe(30))
    sample = finish(Draft(packs=[told, silent, other]))
    assert sample.cells == (3.2, 3.3)
    assert sample.probes == (Probe(20),)
    assert Field.PROBLEM not in sample.packs[1].values
    assert Field.PROBLEM not in sample.values


def test_a_problem_that_was_not_told_is_unknown_unless_the_values_show_one() -> None:
    assert Field.PROBLEM not in finish(Draft(unknown={Field.PROBLEM})).values
    empty = Draft(values={Field.VOLTAGE: 0.0}, unknown={Field.PROBLEM})
    assert finish(empty).values[Field.PROBLEM] is True


def test_a_system_that_told_its_alarms_needs_no_word_of_its_packs() -> None:
    draft = Draft(values={Field.PROBLEM: False}, packs=[pack(40, None, 0.0), Draft()])
    sample = finish(draft)
    assert sample.values[Field.PROBLEM] is False
    assert Field.PROBLEM not in sample.packs[1].values


def test_the_system_keeps_its_own_words() -> None:
    draft = Draft(
        values={Field.VOLTAGE: 26.0},
        cells=[3.3],
        probes=[Probe(5)],
        packs=[pack(40, None, 0.0)],
    )
    sample = finish(draft)
    assert sample.values[Field.VOLTAGE] == 26.0
    assert sample.values[Field.BATTERY_LEVEL] == 40
    assert sample.cells == (3.3,)
    assert sample.probes == (Probe(5),)


def test_levels_need_every_pack() -> None:
    sample = finish(Draft(packs=[pack(40, 100, 0.0), pack(None, 0, 0.0)]))
    assert Field.BATTERY_LEVEL not in sample.values
    assert finish(Draft(packs=[pack(40, 0, 0.0)])).values[Field.BATTERY_LEVEL] == 40


def test_device_information_is_carried_over() -> None:
    sample = finish(Draft(info={"model": "X"}, counters={"short_circuit": 1}))
    assert sample.info == DeviceInfo(model="X")
    assert sample.counters == {"short_circuit": 1}
