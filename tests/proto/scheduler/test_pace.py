"""A battery is read faster when much happens and slower when nothing does."""

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Value
from custom_components.mi_bms.proto.model.sample import BmsSample, Probe
from custom_components.mi_bms.proto.scheduler.pace import Flow, Pace, flow, near_limit
from custom_components.mi_bms.proto.scheduler.quality import POLLS, Quality
from tests.each import rows

PACE = Pace(interval=30.0, fastest=12.0, slowest=100.0)


def sample(
    current: float | None = None,
    cells: tuple[float, ...] = (),
    probe: float = 20.0,
    **values: Value,
) -> BmsSample:
    known = {Field(name): value for name, value in values.items()}
    if current is not None:
        known[Field.CURRENT] = current
    return BmsSample(values=known, cells=cells, probes=(Probe(probe),))


@rows(
    ("one", "expected"),
    [
        (sample(), Flow.NORMAL),
        (sample(0.5), Flow.IDLE),
        (sample(0.5, design_capacity=20), Flow.NORMAL),
        (sample(-2.0, design_capacity=280), Flow.IDLE),
        (sample(-2.0, full_charge=280.0, design_capacity=100), Flow.IDLE),
        (sample(-10.0), Flow.NORMAL),
        (sample(40.0), Flow.BUSY),
        (sample(-40.0, design_capacity=280), Flow.NORMAL),
        (sample(-90.0, design_capacity=280), Flow.BUSY),
    ],
)
def test_flow(one: BmsSample, expected: Flow) -> None:
    assert flow(one) is expected


@rows(
    ("one", "expected"),
    [
        (sample(), False),
        (sample(-10.0, battery_level=9), True),
        (sample(10.0, battery_level=9), False),
        (sample(10.0, battery_level=97), True),
        (sample(0.0, battery_level=97), False),
        (sample(-10.0, cells=(3.1, 3.3)), True),
        (sample(0.0, cells=(3.1, 3.3)), False),
        (sample(0.0, probe=55.0), True),
        (sample(10.0, probe=1.0), True),
        (sample(-10.0, probe=1.0), False),
        (sample(-10.0, problem=True), True),
        (sample(0.0, problem=True), False),
        (BmsSample(), False),
    ],
)
def test_near_limit(one: BmsSample, expected: bool) -> None:
    assert near_limit(one) is expected


def test_the_interval_follows() -> None:
    assert PACE.after(sample(-10.0)) == 30.0
    assert PACE.after(sample(-50.0)) == 12.0
    assert PACE.after(sample(-10.0, battery_level=5)) == 12.0
    assert PACE.after(sample(0.0)) == 100.0
    assert Pace(interval=30.0).after(sample(0.0)) == 120.0
    assert Pace(interval=30.0).after(sample(-50.0)) == 10.0


@given(st.floats(1, 7200), st.floats(-500, 500), st.integers(0, 100))
def test_bounds_hold_but_never_against_the_user(
    interval: float, current: float, level: int
) -> None:
    pace = Pace(interval=interval)
    after = pace.after(sample(current, battery_level=level))
    assert min(interval, pace.fastest) <= after <= max(interval, pace.slowest)


def test_quality() -> None:
    quality = Quality()
    assert quality.share is None
    assert quality.seconds is None
    for _ in range(POLLS):
        quality.bad()
    for seconds in (1.0, 2.0, 9.0):
        quality.good(seconds)
    assert quality.polls == POLLS
    assert quality.share == 3.0
    assert quality.seconds == 2.0
    assert quality.timed == 3
