"""What follows from measured values, against published ones."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.model.derived import (
    CARE,
    DERIVED,
    absolute_humidity,
    dew_point,
    needs_water,
)
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows

ROWS = {row.field: row for row in DERIVED}
# Water in saturated air, g/m³: tables of respiratory medicine (medicalalgorithms.com, 19 to 41 °C).
SATURATED = {
    19: 16.3,
    20: 17.3,
    21: 18.4,
    22: 19.4,
    25: 23.0,
    30: 30.4,
    35: 39.6,
    40: 51.1,
}


@rows(("celsius", "grams"), SATURATED.items())
def test_water_in_saturated_air(celsius: float, grams: float) -> None:
    assert absolute_humidity(celsius, 100) == pytest.approx(grams, rel=0.01)
    assert dew_point(celsius, 100) == pytest.approx(celsius)


def test_a_calculator_that_others_use_says_the_same() -> None:
    """aqua-calc.com/calculate/humidity: 71 °F and 40 %."""
    assert dew_point(21.67, 40) == pytest.approx(7.48, abs=0.02)
    assert absolute_humidity(21.67, 40) == pytest.approx(7.62, rel=0.01)


def test_a_number_has_the_digits_that_mean_something() -> None:
    air = {"temperature": 21.67, "humidity": 40}
    assert {field: row.of(air) for field, row in ROWS.items()} == {
        Field.DEW_POINT: 7.5,
        Field.ABSOLUTE_HUMIDITY: 7.6,
    }


@rows(
    "values",
    [
        {},
        {"temperature": 20.0},
        {"humidity": 50},
        {"temperature": "warm", "humidity": 50},
        {"temperature": 20.0, "humidity": 0},
    ],
)
def test_what_is_missing_gives_nothing(values: dict[str, float | str]) -> None:
    assert ROWS[Field.DEW_POINT].of(values) is None


def test_what_no_air_can_have_gives_nothing() -> None:
    """Without limits this were a dew point of -135 °C."""
    assert ROWS[Field.DEW_POINT].of({"temperature": -40, "humidity": 0.001}) is None


@settings(max_examples=50)
@given(st.floats(-40, 125), st.floats(0, 100), st.sampled_from(sorted(ROWS, key=str)))
def test_any_air(celsius: float, humidity: float, field: Field) -> None:
    found = ROWS[field].of({"temperature": celsius, "humidity": humidity})
    if found is not None:
        low, high = field.quantity.sensor or (0, 0)
        assert low <= found <= high
        assert field is not Field.DEW_POINT or found <= celsius + 0.06


@rows(
    ("moisture", "before", "needs"),
    [
        (19.9, None, True),
        (19.9, False, True),
        (20, None, False),
        (22, True, True),
        (22, False, False),
        (25, True, False),
        (60, None, False),
    ],
)
def test_a_plant_needs_water_until_it_has_enough(
    moisture: float, before: bool | None, needs: bool
) -> None:
    assert needs_water(moisture, CARE["normal"], before) is needs


def test_limits_turned_around_flicker_not() -> None:
    """Below the lower one it needs water, whatever the other says."""
    assert needs_water(25, (30, 20), False)
    assert not needs_water(30, (30, 20), True)


def test_each_row_has_limits_and_a_unit() -> None:
    for row in DERIVED:
        assert row.field.quantity.sensor
        assert row.field.quantity.unit
    assert all(low < high for low, high in CARE.values())
