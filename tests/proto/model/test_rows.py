"""Dead-bands keep rows out of the database, and the estimate says how many are left."""

from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.model.fields import Field, spot_of
from custom_components.mi_bms.proto.model.rows import (
    DEAD_BANDS,
    STEPS,
    Detail,
    RowsPerDay,
    Shown,
    bands,
    rounded,
    time_to_tell,
)
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.each import rows


def sample(volts: float | None) -> BmsSample:
    return BmsSample(values={} if volts is None else {Field.VOLTAGE: volts})


def played(volts: Iterable[float | None]) -> RowsPerDay:
    rows = RowsPerDay()
    for number, one in enumerate(volts):
        rows.take(sample(one), 30.0 * number)
    return rows


def entity(band: float = 0.0) -> Shown:
    return Shown(lambda one: one.values.get(Field.VOLTAGE), band)


def test_only_what_left_its_band_is_written() -> None:
    # Back and forth within the band, out of it, and gone twice.
    rows = played([13.0, 13.05, 13.0, 13.2, 13.25, None, None, 13.2, 13.2, None])
    assert rows.estimate([entity(0.1)], 30.0) == pytest.approx(4 / 9 * 2880)
    assert rows.estimate([entity()], 30.0) == pytest.approx(7 / 9 * 2880)


def test_rows_per_day() -> None:
    rows = played([13.0])
    assert rows.estimate([entity()], 30.0) is None
    rows = played(13.0 + number % 2 for number in range(100))
    assert rows.estimate([entity()], 30.0) == 2880
    assert rows.estimate([entity(), entity(), entity(2.0)], 30.0) == 5760
    assert rows.estimate([], 30.0) == 0
    # Every second poll sees no change at all; too few are left of very long intervals.
    assert rows.estimate([entity()], 60.0) == 0
    assert rows.estimate([entity()], 3000.0) == pytest.approx(28.8)


@given(st.lists(st.floats(10, 15), min_size=12, max_size=40), st.floats(0, 2))
def test_a_wider_band_never_writes_more_than_everything(
    volts: list[float], band: float
) -> None:
    rows = played(volts)
    most, fewer = (rows.estimate([entity(one)], 30.0) or 0 for one in (0.0, band))
    assert 0 <= fewer <= most <= 2880


@rows(
    ("rows", "told"),
    [
        (0, 0),
        (7, 7),
        (14, 14),
        (96, 100),
        (187, 190),
        (4_980, 5_000),
        (7_344, 7_000),
        (14_039, 14_000),
        (60_696, 60_000),
        (96_000, 100_000),
    ],
)
def test_an_estimate_has_one_digit_or_two(rows: float, told: int) -> None:
    assert rounded(rows) == told


@rows("field", sorted(DEAD_BANDS))
def test_default_bands_are_positive(field: Field) -> None:
    assert DEAD_BANDS[field] > 0


def test_less_detail_means_wider_bands() -> None:
    normal, sparing = bands(Detail.NORMAL), bands(Detail.SPARING)
    assert normal == DEAD_BANDS
    assert not any(bands(Detail.ALL).values())
    assert all(sparing[field] > normal[field] for field in DEAD_BANDS)


@rows("quantity", STEPS)
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


@rows(
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


@rows(
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


@rows(
    ("field", "value", "small"),
    [
        (Field.TEMPERATURE, 21.0, 0.2),
        (Field.TEMPERATURE, -400.0, 0.2),
        # What spans decades: a share of it, whatever its sign, but never less than a step.
        (Field.ILLUMINANCE, 0.0, 2.0),
        (Field.ILLUMINANCE, 40_000.0, 2_000.0),
        (Field.COUNT, 7.0, 0.0),
    ],
)
def test_what_is_small_beside_a_value(field: Field, value: float, small: float) -> None:
    assert field.quantity.small(value) == pytest.approx(small)
