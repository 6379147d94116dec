"""The times to empty and to full follow a smoothed current; what a battery says itself stays."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.derive import finish
from custom_components.mi_bms.proto.bms.outlook import TIME_CONSTANT, Outlook
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample


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


def test_the_first_time_is_that_of_the_moment() -> None:
    assert Outlook().judge(sample(-10), 0).values[Field.RUNTIME] == 18_000
    assert Outlook().judge(sample(10), 0).values[Field.TIME_TO_FULL] == 18_000


def test_a_short_load_hardly_shortens_the_time() -> None:
    outlook = Outlook()
    for second in range(0, 3600, 30):
        steady = outlook.judge(sample(-10), second)
    assert steady.values[Field.RUNTIME] == 18_000
    loaded = outlook.judge(sample(-100), 3600)
    assert loaded.values[Field.CURRENT] == -100
    runtime = loaded.values[Field.RUNTIME]
    assert isinstance(runtime, int)
    assert 9_000 < runtime < 18_000  # the moment's own would be 1 800 s


def test_after_a_time_constant_most_of_a_step_is_taken() -> None:
    outlook = Outlook()
    outlook.judge(sample(-10), 0)
    found = outlook.judge(sample(-20), TIME_CONSTANT).values[Field.RUNTIME]
    assert found == pytest.approx(50 * 3600 / (10 + 10 * 0.632), rel=1e-3)


def test_a_turn_starts_anew() -> None:
    outlook = Outlook()
    outlook.judge(sample(-10), 0)
    turned = outlook.judge(sample(5), 1)
    assert turned.values[Field.TIME_TO_FULL] == 36_000
    assert Field.RUNTIME not in turned.values
    idle = outlook.judge(sample(0), 2)
    assert not {Field.RUNTIME, Field.TIME_TO_FULL} & idle.values.keys()


def test_a_time_of_the_battery_itself_stays() -> None:
    outlook = Outlook()
    outlook.judge(sample(-10), 0)
    assert outlook.judge(sample(-20, runtime=777), 9).values[Field.RUNTIME] == 777


def test_without_a_current_nothing_changes() -> None:
    found = sample(None)
    assert Outlook().judge(found, 0) == found


def test_packs_have_means_of_their_own() -> None:
    outlook = Outlook()
    outlook.judge(sample(-10, packs=2), 0)
    found = outlook.judge(sample(-20, packs=2), TIME_CONSTANT)
    for pack in found.packs:
        assert pack.values[Field.RUNTIME] == found.values[Field.RUNTIME]
    assert len(outlook.judge(sample(-20, packs=1), 2 * TIME_CONSTANT).packs) == 1


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(0, 1000)), max_size=30))
def test_times_exist_exactly_where_they_are_derived(
    steps: list[tuple[float, float]],
) -> None:
    outlook, now = Outlook(), 0.0
    for current, seconds in steps:
        now += seconds
        raw = sample(current)
        found = outlook.judge(raw, now)
        assert found.values.keys() == raw.values.keys()
        for name in (Field.RUNTIME, Field.TIME_TO_FULL):
            value = found.values.get(name, 0)
            assert isinstance(value, int)
            assert value >= 0
