"""The meter of a bank: what goes in and out of all together, also over a time in which one is missing."""

from collections.abc import Callable
from math import cos, pi, sin
from random import Random

import pytest

from custom_components.mi_bms.proto.bank.bank import Bank
from custom_components.mi_bms.proto.bank.metering import BankMetering, Instant
from custom_components.mi_bms.proto.bank.wiring import Wiring
from custom_components.mi_bms.proto.energy.measures import Measure
from tests.each import rows

from .batteries import sample

PARALLEL, SERIES, STRINGS = Wiring
VOLTS, UNIX = 13.0, 1_790_000_000.0
HOUR = 3600
DAY = 3 * HOUR  # a short one
IN, OUT = Measure.ENERGY_CHARGED, Measure.ENERGY_DISCHARGED


class House:
    """Hold a bank whose batteries are read in turn, and what really flows."""

    def __init__(self, wiring: Wiring, *amps: Callable[[float], float]) -> None:
        """Take the current of each battery at a time."""
        self.amps = dict(zip("abcd", amps, strict=False))
        self.charge = dict.fromkeys(self.amps, 50.0)
        self.bank = Bank(wiring, tuple(self.amps))
        self.new()
        self.now = 0.0
        self.missing: set[str] = set()
        self.asleep: set[str] = set()

    def new(self) -> None:
        """Begin a meter."""
        row = self.bank.in_a_row
        self.metering = BankMetering(self.bank.members, in_a_row=row)

    def run(self, seconds: float, step: float = 10.0) -> None:
        """Let time pass; each is read every half minute, the next one ten seconds later."""
        end = self.now + seconds
        while self.now < end:
            for number, (name, amps) in enumerate(self.amps.items()):
                self.charge[name] += amps(self.now) * step / HOUR
                due = (self.now - 10 * number) % 30 == 0
                if due and name not in self.missing:
                    self.read(name)
            self.now += step

    def read(self, name: str, interval: float = 30.0) -> None:
        """Read one."""
        said = sample(self.amps[name](self.now), self.charge[name], 100, VOLTS)
        asleep = name in self.asleep
        self.bank.update(name, said, self.now, interval=interval, asleep=asleep)
        self.take()

    def told(self, interval: float) -> None:
        """Have all be read each so many seconds from now on."""
        for name, said in self.bank.last.items():
            self.bank.update(name, said.sample, said.at, interval=interval)
        self.take()

    def take(self) -> None:
        """Let the meter see what is known."""
        moment = Instant(mono=self.now, wall=UNIX + self.now, midnight=UNIX - HOUR)
        self.metering.take(self.bank.last, self.bank.view(self.now), moment)

    def total(self, name: Measure) -> float:
        """Return a total."""
        return self.metering.meter.total(name)


def test_all_flows_are_summed() -> None:
    house = House(PARALLEL, lambda _now: 5, lambda _now: 7)
    house.run(HOUR)
    assert house.total(IN) == pytest.approx(12 * VOLTS / 1000, rel=0.01)
    assert house.total(OUT) == 0
    assert house.total(Measure.CHARGE_IN) == pytest.approx(12, rel=0.01)


def test_what_circulates_is_not_counted() -> None:
    house = House(PARALLEL, lambda _now: 5, lambda _now: -5)
    house.run(HOUR)
    assert house.total(IN) == house.total(OUT) == 0


def test_a_day_of_sun_and_loads_is_right_though_much_circulates() -> None:
    chance = Random(3)
    loads = [chance.choice([2, 5, 8, 20, 40, 5, 3]) for _ in range(DAY // 300)]

    def net(now: float) -> float:
        return (
            max(0, -60 * cos(2 * pi * now / DAY)) - loads[int(now / 300) % len(loads)]
        )

    def part(share: float, circulates: float) -> Callable[[float], float]:
        return lambda now: share * net(now) + circulates * sin(2 * pi * now / 600)

    house = House(PARALLEL, part(0.3, 10), part(0.33, -5), part(0.37, -5))
    house.run(DAY)
    for name, sign in ((IN, 1), (OUT, -1)):
        flowed = sum(max(0, sign * net(now)) * 10 for now in range(0, DAY, 10))
        truth = flowed * VOLTS / 3.6e6
        assert house.total(name) == pytest.approx(truth, rel=0.01)


def test_a_load_that_changes_is_counted_right() -> None:
    def saw(now: float) -> float:
        return 10 - abs(now % 1200 - 600) / 30

    house = House(PARALLEL, saw, saw, saw)
    house.run(2400)
    # A triangle between 10 and -10 A: half of the time on either side, 5 A in the mean.
    truth = 3 * 5 * VOLTS / 3 / 1000
    assert house.total(IN) == pytest.approx(truth, rel=0.01)
    # The last half minute, of the strongest current, is not counted yet.
    assert house.total(OUT) == pytest.approx(truth, abs=0.004)


@rows(("wiring", "times"), [(PARALLEL, 2), (SERIES, 1)])
def test_a_gap_of_one_is_bridged_by_what_all_counted(
    wiring: Wiring, times: int
) -> None:
    house = House(wiring, lambda _now: 6, lambda _now: 6)
    house.run(600)
    house.missing = {"b"}
    house.run(HOUR)
    before = house.total(IN)
    assert before < 0.05
    house.missing = set()
    house.run(600)
    hours = (HOUR + 1200) / HOUR
    assert house.total(IN) == pytest.approx(2 * 6 * VOLTS * hours / 1000, rel=0.01)
    assert house.total(Measure.CHARGE_IN) == pytest.approx(times * 6 * hours, rel=0.01)


def unequal_house() -> House:
    """Return a bank that gives 40 A, of which one member is charged by the others."""
    house = House(PARALLEL, lambda _now: -50, lambda _now: 30, lambda _now: -20)
    house.charge = {"a": 90.0, "b": 30.0, "c": 90.0}
    return house


def unequal(*, partial: bool = False) -> House:
    """Return it, with one member that is not read for an hour."""
    house = unequal_house()
    house.bank = Bank(PARALLEL, ("a", "b", "c"), partial=partial)
    house.run(600)
    house.missing = {"a"}
    house.run(HOUR)
    return house


@pytest.mark.parametrize("partial", [False, True])
def test_what_circulates_in_a_gap_is_not_counted(*, partial: bool) -> None:
    house = unequal(partial=partial)
    # Without one of its members nothing is counted, whatever is shown.
    assert house.total(OUT) == pytest.approx(40 * VOLTS * 650 / 3.6e6, rel=0.05)
    house.missing = set()
    house.run(600)
    assert house.total(IN) == 0
    truth = 40 * VOLTS * (HOUR + 1200) / 3.6e6
    assert house.total(OUT) == pytest.approx(truth, rel=0.01)
    day = house.metering.meter.day(house.now, UNIX + house.now, UNIX - HOUR)
    assert day.longest_gap_s == pytest.approx(HOUR, abs=60)
    assert day.coverage == pytest.approx(100 * 1200 / (HOUR + 1200), abs=2)


def test_a_gap_keeps_what_went_in_and_out_in_turn() -> None:
    def turns(now: float) -> float:
        return 20.0 if now // 1800 % 2 else -20.0

    house = House(PARALLEL, turns, lambda _now: 0.0)
    house.run(600)
    house.missing = {"b"}
    house.run(4 * HOUR)
    house.missing = set()
    house.run(600)
    for name in (IN, OUT):
        assert house.total(name) == pytest.approx(20 * VOLTS * 2 / 1000, rel=0.15)


def test_a_gap_of_weeks_is_not_kept_for_ever() -> None:
    def amps(now: float) -> float:
        return 6 if now % (2 * HOUR) < HOUR else -6

    for days, counted in ((6, True), (8, False)):
        house = House(PARALLEL, amps, amps)
        house.run(60)
        house.missing = {"b"}
        before = house.total(IN)
        house.run(days * 24 * HOUR, step=1800.0)
        house.missing = set()
        house.run(60)
        assert (house.total(IN) - before > 1) is counted


def test_what_nobody_counted_is_left_out() -> None:
    house = House(PARALLEL, lambda _now: 6, lambda _now: 6)
    house.run(600)
    before = house.total(IN)
    house.missing = {"b"}
    house.run(HOUR)
    # Its count was set anew meanwhile: what flowed is not known.
    house.charge["b"] = 100.0
    house.missing = set()
    house.run(60)
    assert house.total(IN) - before < 0.02


def test_a_sleep_of_all_is_measured_as_nothing() -> None:
    house = House(PARALLEL, lambda _now: 0, lambda _now: 0)
    house.run(600)
    house.asleep, house.missing = {"a", "b"}, {"a", "b"}
    for name in "ab":
        house.read(name)
    house.run(HOUR)
    house.take()
    house.asleep, house.missing = set(), set()
    house.run(60)
    day = house.metering.meter.day(house.now, UNIX + house.now, UNIX - HOUR)
    assert day.coverage == pytest.approx(100, abs=0.1)
    assert house.total(IN) == house.total(OUT) == 0


def test_nothing_is_counted_twice() -> None:
    house = House(PARALLEL, lambda _now: 6)
    house.run(600)
    before = house.total(IN)
    house.take()
    house.take()
    assert house.total(IN) == before


def test_without_a_current_there_is_no_point() -> None:
    house = House(PARALLEL, lambda _now: 6)
    house.bank.update("a", sample(None, 50, 100), 0)
    house.take()
    assert house.metering.meter.last is None


def test_what_circulates_while_all_are_away_is_not_counted() -> None:
    house = unequal_house()
    house.run(600)
    house.missing = {"a", "b", "c"}
    house.run(1200)
    house.missing = set()
    house.run(600)
    assert house.total(IN) == 0
    assert house.total(OUT) == pytest.approx(40 * VOLTS * 2400 / 3.6e6, rel=0.02)


def test_batteries_that_are_to_be_read_more_often_leave_no_gap_behind() -> None:
    house = House(PARALLEL, lambda _now: 6, lambda _now: 6)
    for name in house.amps:
        house.read(name, 1800.0)
    house.now = 1500
    house.told(30.0)
    for house.now in (1501, 1531):
        for name in house.amps:
            house.read(name, 30.0)
    day = house.metering.meter.day(house.now, UNIX + house.now, UNIX - HOUR)
    assert (day.measured_s, day.coverage) == (1531, 100)
    assert house.total(IN) == pytest.approx(12 * VOLTS * 1531 / HOUR / 1000)


def test_an_interval_counts_for_a_bank_from_when_it_is_told() -> None:
    house = House(PARALLEL, lambda _now: 6, lambda _now: 6)
    for name in house.amps:
        house.read(name, 30.0)
    for interval in (1800.0, 600.0):
        house.now += 10
        house.told(interval)
    house.now = 1150
    for name in house.amps:
        house.read(name, 30.0)
        house.now += 1
    meter = house.metering.meter
    assert meter.day(house.now, UNIX + house.now, UNIX - HOUR).coverage == 100
    # Those that are late now do not excuse it by being read seldom from then on.
    house.now += 299
    for name in house.amps:
        house.read(name, 1800.0)
    assert meter.day(house.now, UNIX + house.now, UNIX - HOUR).longest_gap_s == 300
