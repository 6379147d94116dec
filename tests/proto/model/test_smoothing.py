"""Smoothing keeps the truth and drops the noise."""

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.model.smoothing import Shaper, Smoother, Smoothing
from tests.each import rows


def test_off_passes_everything() -> None:
    smoother = Smoother(Smoothing.OFF, 60.0)
    assert [smoother.take(value, 0.0) for value in (1.0, 1.0, 9.0)] == [1.0, 1.0, 9.0]


@rows(("kind", "expected"), [(Smoothing.MEAN, 5.0), (Smoothing.MEDIAN, 2.0)])
def test_window(kind: Smoothing, expected: float) -> None:
    smoother = Smoother(kind, 60.0)
    smoother.take(1.0, 0.0)
    smoother.take(2.0, 10.0)
    assert smoother.take(12.0, 20.0) == expected
    # The first two have left the window.
    assert smoother.take(12.0, 75.0) == 12.0


def test_dead_band() -> None:
    smoother = Smoother(Smoothing.OFF, 0.0, dead_band=0.5)
    assert smoother.take(20.0, 0.0) == 20.0
    assert smoother.take(20.4, 1.0) is None
    assert smoother.take(20.5, 2.0) == 20.5


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=50))
def test_stays_within_what_was_heard(values: list[float]) -> None:
    for kind in (Smoothing.MEAN, Smoothing.MEDIAN):
        smoother = Smoother(kind, 1e9)
        for now, value in enumerate(values):
            result = smoother.take(value, float(now))
            assert result is not None
            assert min(values) - 0.01 <= result <= max(values) + 0.01


def test_a_field_is_corrected_before_it_is_smoothed() -> None:
    shape = Shaper(Smoother(Smoothing.OFF, 60.0, 0.5), -0.25, 1)
    assert shape(21.5, 0.0) == 21.2
    assert shape(21.6, 1.0) is None
    assert shape("low", 2.0) == "low"
