"""Batteries whose energy is known exactly: power over time, its integral, and what a poll would read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import pi, sin

from custom_components.mi_bms.proto.energy.day import Day
from custom_components.mi_bms.proto.energy.measures import Measure
from custom_components.mi_bms.proto.energy.meter import Meter
from custom_components.mi_bms.proto.energy.point import Point

DAY = 86_400
MIDNIGHT = 1_795_824_000.0
CAPACITY = 280.0  # Ah
VOLTS = 52.0
INTERVAL = 30.0

type Power = Callable[[float], float]


def constant(_seconds: float) -> float:
    return 500.0


def sine(seconds: float) -> float:
    """Return a load that turns every five minutes."""
    return 800.0 * sin(2 * pi * seconds / 600)


def solar(seconds: float) -> float:
    """Return a day: the sun from half past five to half past six, and what the house takes all day."""
    hours = seconds / 3600
    sun = 2000.0 * max(0.0, sin(pi * (hours - 5.4) / 13.2)) if 5.4 < hours < 18.6 else 0
    return sun - 60.0 if sun > 60 else sun - 350.0


@dataclass(slots=True)
class Pack:
    """A battery: charged and discharged kWh until each second, and its charge in Ah."""

    power: Power
    length: int = DAY
    charge: float = 40.0
    charged: list[float] = field(default_factory=lambda: [0.0])
    discharged: list[float] = field(default_factory=lambda: [0.0])
    left: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left = [self.charge]
        before = self.power(0)
        for second in range(1, self.length + 1):
            now = self.power(second)
            area = (before + now) / 2 / 3600
            self.charged.append(self.charged[-1] + max(area, 0) / 1000)
            self.discharged.append(self.discharged[-1] + max(-area, 0) / 1000)
            self.left.append(self.left[-1] + area / VOLTS)
            before = now

    def at(self, second: float, *, clock: float = 0.0, run: bool = True) -> Point:
        """Return what a poll reads; ``clock`` is by what the clock on the wall is wrong."""
        watts = self.power(second)
        return Point(
            mono=second if run else None,
            wall=MIDNIGHT + second + clock,
            power=watts,
            current=watts / VOLTS,
            voltage=VOLTS,
            charge=round(self.left[int(second)], 2),
            step=0.01,
            counted=True,
            capacity=CAPACITY,
            level=round(100 * self.left[int(second)] / CAPACITY),
        )


def every(length: int = DAY, interval: int = int(INTERVAL)) -> Iterator[int]:
    return iter(range(0, length + 1, interval))


def counted(
    pack: Pack, times: Iterable[int], meter: Meter | None = None, clock: float = 0.0
) -> Meter:
    """Return a meter that has read a battery at some times."""
    meter = meter or Meter()
    for one in times:
        meter.feed(
            pack.at(one, clock=clock if one > DAY // 4 else 0.0),
            interval=INTERVAL,
            midnight=MIDNIGHT,
        )
    return meter


def charged(meter: Meter) -> float:
    return meter.total(Measure.ENERGY_CHARGED)


def discharged(meter: Meter) -> float:
    return meter.total(Measure.ENERGY_DISCHARGED)


def day_of(meter: Meter, second: float) -> Day:
    return meter.day(second, MIDNIGHT + second, MIDNIGHT)


def left_riemann(pack: Pack, times: Iterable[int]) -> float:
    """Return what Home Assistant's helper makes of the positive power with its method *left*."""
    return sum(
        max(pack.power(one), 0) * (other - one) / 3.6e6
        for one, other in pairwise(times)
    )


def trapezoid(pack: Pack, times: Iterable[int]) -> float:
    """Return the same with its method *trapezoidal*."""
    return sum(
        (max(pack.power(one), 0) + max(pack.power(other), 0))
        / 2
        * (other - one)
        / 3.6e6
        for one, other in pairwise(times)
    )
