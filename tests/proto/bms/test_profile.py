"""What a battery has shown is remembered, and each of its spots finds its value again."""

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.profile import Profile, Spot
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Value
from custom_components.mi_bms.proto.model.sample import (
    BmsSample,
    DeviceInfo,
    Place,
    Probe,
)
from tests.each import rows

PACK = BmsSample(values={Field.VOLTAGE: 13.1}, cells=(3.3, 3.2))
WHOLE = BmsSample(
    values={Field.VOLTAGE: 26.4, Field.BALANCER: 0b10, Field.PROBLEM_CODE: 0},
    cells=(3.3, None),
    probes=(Probe(21.5, Place.CELL), Probe(None)),
    counters={Alarm.CELL_OVERVOLTAGE: 3},
    info=DeviceInfo(model="ACME", production_date="2024-02-29"),
)


@rows(
    ("spot", "value"),
    [
        (Spot(Field.VOLTAGE), 26.4),
        (Spot(Field.CURRENT), None),
        (Spot(Field.CELL_VOLTAGE, 1), 3.3),
        (Spot(Field.CELL_VOLTAGE, 2), None),
        (Spot(Field.CELL_VOLTAGE, 3), None),
        (Spot(Field.PROBE_TEMPERATURE, 1), 21.5),
        (Spot(Field.PROBE_TEMPERATURE, 2), None),
        (Spot(Field.PROBE_TEMPERATURE, 3), None),
        (Spot(Field.PROTECTION_COUNT, Alarm.CELL_OVERVOLTAGE), 3),
        (Spot(Field.PROTECTION_COUNT, Alarm.SHORT_CIRCUIT), None),
        (Spot(Field.BALANCER), 0b10),
        (Spot(Field.BALANCER, 1), False),
        (Spot(Field.BALANCER, 2), True),
    ],
)
def test_a_spot_finds_its_value(spot: Spot, value: Value | None) -> None:
    assert spot.value(WHOLE) == value


def test_a_cell_is_not_balanced_where_nothing_was_told() -> None:
    assert Spot(Field.BALANCER, 1).value(PACK) is None


def test_a_spot_belongs_to_its_pack() -> None:
    sample = BmsSample(packs=(PACK,))
    assert Spot(Field.VOLTAGE).around(sample) is sample
    assert Spot(Field.VOLTAGE, pack=1).around(sample) is PACK
    assert Spot(Field.VOLTAGE, pack=2).around(sample) is None


def test_keys_of_spots_differ() -> None:
    assert Spot(Field.VOLTAGE).key == "voltage"
    assert Spot(Field.CELL_VOLTAGE, 3).key == "cell_voltage_3"
    assert Spot(Field.CELL_VOLTAGE, 3, 2).key == "pack_2_cell_voltage_3"


def test_what_was_shown_once_stays() -> None:
    profile = Profile().learn(WHOLE).learn(PACK)
    assert profile.fields == WHOLE.values.keys()
    assert (profile.cells, profile.balancing) == (2, True)
    assert profile.probes == (Place.CELL, Place.GENERIC)
    assert profile.counters == {Alarm.CELL_OVERVOLTAGE}
    assert profile.info == WHOLE.info


def test_a_flag_of_the_balancer_tells_of_no_cell() -> None:
    profile = Profile().learn(BmsSample(values={Field.BALANCER: True}, cells=(3.3,)))
    assert Spot(Field.BALANCER) in profile.spots()
    assert Spot(Field.BALANCER, 1) not in profile.spots()


def test_each_thing_that_was_shown_has_a_spot() -> None:
    spots = {one.key for one in Profile().learn(WHOLE).spots()}
    assert spots == {
        "last_read",
        *("voltage", "balancer", "problem_code", "alarm", "production_date"),
        *("cell_voltage_1", "cell_voltage_2", "balancer_1", "balancer_2"),
        *("probe_temperature_1", "probe_temperature_2"),
        f"protection_count_{Alarm.CELL_OVERVOLTAGE}",
    }


def test_cells_and_probes_of_packs_stand_with_their_packs() -> None:
    packs = (PACK, BmsSample(probes=WHOLE.probes))
    sample = BmsSample(cells=PACK.cells, probes=WHOLE.probes, packs=packs)
    spots = {one.key for one in Profile().learn(sample).spots()}
    assert spots == {
        "last_read",
        *("pack_1_voltage", "pack_1_cell_voltage_1", "pack_1_cell_voltage_2"),
        *("pack_2_probe_temperature_1", "pack_2_probe_temperature_2"),
    }


def test_a_pack_that_is_gone_can_be_forgotten() -> None:
    profile = Profile().learn(BmsSample(packs=(PACK, PACK, PACK)))
    assert len(profile.without_packs_from(2).packs) == 1


def test_a_profile_comes_back_as_it_was() -> None:
    profile = Profile().learn(WHOLE).learn(BmsSample(packs=(PACK,)))
    assert Profile.from_json(profile.to_json()) == profile


def test_what_a_newer_version_knows_more_of_is_left_out() -> None:
    stored = Profile().to_json() | {
        "fields": ["voltage", "warp_factor"],
        "probes": ["cell", "flux_capacitor"],
        "counters": ["short_circuit", "meltdown"],
        "info": {"model": "ACME", "colour": "red"},
    }
    profile = Profile.from_json(stored)
    assert profile.fields == {Field.VOLTAGE}
    assert profile.probes == (Place.CELL, Place.GENERIC)
    assert profile.counters == {Alarm.SHORT_CIRCUIT}
    assert profile.info == DeviceInfo(model="ACME")
