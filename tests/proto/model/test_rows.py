"""Dead-bands keep rows out of the database, and the estimate says how many are left."""

from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.model.fields import Field, spot_of
from custom_components.mi_bms.proto.model.rows import (
    DEAD_BANDS,
    STEPS,
    Bands,
    Detail,
    RowsPerDay,
    bands,
    time_to_tell,
)
from custom_components.mi_bms.proto.model.sample import BmsSample, Probe


def sample(volts: float, *, flag: bool = False, probes: int = 1) -> BmsSample:
    return BmsSample(
        values={Field.VOLTAGE: volts, Field.PROBLEM: flag, Field.BATTERY_MODE: "bulk"},
        cells=(3.3, None),
        probes=(Probe(20.0),) * probes,
    )


def test_only_what_left_its_band_is_written() -> None:
    bands = Bands({Field.VOLTAGE: 0.1})
    assert len(bands.take(sample(13.0))) == 6
    assert bands.take(sample(13.05)) == {}
    assert bands.take(sample(13.2)) == {(Field.VOLTAGE, 0): 13.2}
    assert bands.take(sample(13.2, flag=True)) == {(Field.PROBLEM, 0): True}
    gone = {(Field.PROBE_TEMPERATURE, 1): None}
    assert bands.take(sample(13.2, flag=True, probes=0)) == gone
    assert bands.take(sample(13.2, flag=True, probes=0)) == {}
    back = bands.take(sample(13.2, flag=True))
    assert back == {(Field.PROBE_TEMPERATURE, 1): 20.0}


def test_without_a_band_each_change_is_written() -> None:
    bands = Bands({})
    bands.take(sample(13.0))
    assert bands.take(sample(13.0)) == {}
    assert bands.take(sample(13.001)) == {(Field.VOLTAGE, 0): 13.001}


def test_rows_per_day() -> None:
    rows = RowsPerDay()
    rows.take(sample(13.0), 0.0)
    assert rows.estimate({}, 30.0) is None
    for number in range(1, 100):
        rows.take(sample(13.0 + number % 2), 30.0 * number)
    assert rows.estimate({}, 30.0) == 2880
    assert rows.estimate({Field.VOLTAGE: 2.0}, 30.0) == 0
    # Every second poll sees no change at all; too few are left of very long intervals.
    assert rows.estimate({}, 60.0) == 0
    assert rows.estimate({}, 3000.0) == 29


@given(st.lists(st.floats(10, 15), min_size=12, max_size=40), st.floats(0, 2))
def test_a_wider_band_never_writes_more_than_everything(
    volts: list[float], band: float
) -> None:
    rows = RowsPerDay()
    for number, value in enumerate(volts):
        rows.take(sample(value), 30.0 * number)
    most, fewer = (
        rows.estimate(bands, 30.0) or 0 for bands in ({}, {Field.VOLTAGE: band})
    )
    assert 0 <= fewer <= most <= 2880


@pytest.mark.parametrize("field", sorted(DEAD_BANDS))
def test_default_bands_are_positive(field: Field) -> None:
    assert DEAD_BANDS[field] > 0


def test_less_detail_means_wider_bands() -> None:
    normal, sparing = bands(Detail.NORMAL), bands(Detail.SPARING)
    assert normal == DEAD_BANDS
    assert not any(bands(Detail.ALL).values())
    assert all(sparing[field] > normal[field] for field in DEAD_BANDS)


@pytest.mark.parametrize("quantity", STEPS)
def test_own_bands_are_set_by_quantity(quantity: Field) -> None:
    own = bands(Detail.OWN, {quantity: 7.5})
    for field, band in DEAD_BANDS.items():
        assert own[field] == (7.5 if field in STEPS[quantity] else band)
    for detail in set(Detail) - {Detail.OWN}:
        assert bands(detail, {quantity: 7.5}) == bands(detail)


def test_each_field_follows_one_quantity() -> None:
    fields = [field for some in STEPS.values() for field in some]
    assert len(fields) == len(set(fields))
    assert set(fields) <= DEAD_BANDS.keys()
    assert all(quantity in fields for quantity, fields in STEPS.items())


@pytest.mark.parametrize(
    ("key", "field", "number"),
    [
        ("temperature", Field.TEMPERATURE, 1),
        ("temperature_3", Field.TEMPERATURE, 3),
        ("battery_low", Field.BATTERY_LOW, 1),
        ("of_tomorrow", None, 1),
        ("of_tomorrow_2", None, 1),
        ("temperature_x", None, 1),
    ],
)
def test_the_key_of_an_entity_names_its_field(
    key: str, field: Field | None, number: int
) -> None:
    assert spot_of(key) == (field, number)


@pytest.mark.parametrize(
    ("at", "told", "late", "shown"),
    [
        (None, None, False, None),
        (0, None, False, 0),
        (899, 0, False, 0),
        (900, 0, False, 900),
        (899, 0, True, 899),
        # The clock was put back.
        (100, 700, False, 100),
        (None, 700, False, None),
    ],
)
def test_the_time_of_a_last_reading_moves_in_steps(
    at: int | None, told: int | None, late: bool, shown: int | None
) -> None:
    when = [
        None if one is None else datetime.fromtimestamp(one, UTC)
        for one in (at, told, shown)
    ]
    assert time_to_tell(when[0], when[1], late=late) == when[2]
