"""Meters agree with the truth: each goal of the bench, on few and exact readings."""

from functools import cache
from random import Random

import pytest

from custom_components.mi_bms.proto.energy.measures import Measure
from custom_components.mi_bms.proto.energy.meter import Meter
from tests.each import rows

from .truth import (
    DAY,
    Pack,
    Power,
    charged,
    constant,
    counted,
    day_of,
    discharged,
    every,
    sine,
    solar,
)


@cache
def pack(power: Power, length: int = DAY) -> Pack:
    return Pack(power, length)


OUTAGE = [one for one in every() if not 10 * 3600 < one < 14 * 3600]


@rows(
    ("power", "length", "within"),
    [(constant, 7200, 0.001), (sine, 7200, 0.01), (solar, DAY, 0.003)],
)
def test_what_is_read_on_time_is_right(
    power: Power, length: int, within: float
) -> None:
    truth = pack(power, length)
    meter = counted(truth, every(length))
    assert charged(meter) == pytest.approx(truth.charged[-1], rel=within)
    assert discharged(meter) == pytest.approx(truth.discharged[-1], rel=within)
    assert day_of(meter, length).coverage == 100


def test_one_poll_in_ten_is_lost() -> None:
    truth, chance = pack(sine, 7200), Random(1)
    meter = counted(truth, [one for one in every(7200) if chance.random() > 0.1])
    assert charged(meter) == pytest.approx(truth.charged[-1], rel=0.025)


def test_four_hours_at_noon_are_bridged() -> None:
    truth = pack(solar)
    meter = counted(truth, OUTAGE)
    day = day_of(meter, DAY)
    assert charged(meter) == pytest.approx(truth.charged[-1], rel=0.02)
    assert day.coverage == pytest.approx(83.3, abs=0.5)
    assert day.estimated_in == pytest.approx(0.47 * truth.charged[-1], rel=0.02)
    assert day.longest_gap_s == 4 * 3600


def test_four_hours_at_noon_are_missing_where_nobody_wants_estimates() -> None:
    truth = pack(solar)
    meter = counted(truth, OUTAGE, Meter(estimates=False))
    assert charged(meter) == pytest.approx(0.53 * truth.charged[-1], rel=0.02)
    assert day_of(meter, DAY).left_out_s == 4 * 3600


def test_twenty_kills_in_an_hour() -> None:
    truth, meter, kept, shown = pack(constant, 7200), Meter(), None, 0.0
    for one in every(3600):
        if one % 180 == 90:
            meter = Meter()
            meter.restore(kept or {})
            meter.lift(Measure.ENERGY_CHARGED, shown)
            assert charged(meter) >= shown
        if one % 60 == 0:
            kept = meter.state()
        counted(truth, [one], meter)
        shown = max(shown, charged(meter))
    assert charged(meter) == pytest.approx(truth.charged[3600], rel=0.005)


@rows("step", [-1200.0, 1200.0])
def test_a_clock_that_is_put_changes_nothing(step: float) -> None:
    truth = pack(constant, 12 * 3600)
    put = counted(truth, every(12 * 3600), clock=step)
    left = counted(truth, every(12 * 3600))
    assert charged(put) == charged(left)
    assert put.day(43_200, 0, 0).coverage == 100
