"""Compare the meters with the truth, beside what Home Assistant's own helper makes of the same states.

    python -m tests.bench.energy

Each line is a way in which a battery is read: what went into it, the meter's error, and the errors of
the helper's methods *left* and *trapezoidal* on the positive power, as long as its state stays. While it
is unavailable the helper counts nothing, which is the line *left out*. The goal is the meter's.
"""

from collections.abc import Iterator
from math import pi, sin
from random import Random
import sys
from typing import Final, NamedTuple

from custom_components.mi_bms.proto.energy.measures import Measure
from custom_components.mi_bms.proto.energy.meter import Meter
from tests.proto.energy.truth import (
    DAY,
    Pack,
    Power,
    charged,
    constant,
    counted,
    day_of,
    every,
    left_riemann,
    sine,
    solar,
    trapezoid,
)

from .schedule_sim import SCENARIOS, Scheduled, SimPack, World

OUTAGE: Final = (10 * 3600, 14 * 3600)
TWELVE: Final = "12 packs, 2 scanners of 3 slots"
SEEDS: Final = 5


def wandering(seconds: float) -> float:
    """Return a charge that wanders within half an hour."""
    return 600.0 + 400.0 * sin(2 * pi * seconds / 1800)


class Line(NamedTuple):
    """One way of reading: errors in parts of the truth, and the goal of the first one."""

    name: str
    truth: float
    meter: float
    left: float
    trapezoidal: float
    goal: float
    coverage: float | None = None
    aim: float = 0.0

    @property
    def good(self) -> bool:
        """Return whether the goal is met."""
        return abs(self.meter - self.aim) <= self.goal


def line(
    name: str,
    pack: Pack,
    times: list[int],
    goal: float,
    *,
    meter: Meter | None = None,
    clock: float = 0.0,
    aim: float = 0.0,
) -> Line:
    """Read a battery at some times and compare."""
    truth, last = pack.charged[times[-1]], times[-1]
    meter = counted(pack, times, meter, clock)
    return Line(
        name,
        truth,
        charged(meter) / truth - 1,
        left_riemann(pack, times) / truth - 1,
        trapezoid(pack, times) / truth - 1,
        goal,
        day_of(meter, last).coverage,
        aim,
    )


def lossy(length: int, seed: int) -> list[int]:
    """Return the times of polls of which one in ten is lost."""
    chance = Random(seed)
    times = [one for one in every(length) if chance.random() > 0.1]
    return [0, *times, length]


def worst(lines: Iterator[Line]) -> Line:
    """Return the line with the largest error of the meter."""
    return max(lines, key=lambda one: abs(one.meter))


def killed(pack: Pack, length: int = 3600) -> Line:
    """Kill Home Assistant twenty times in an hour: what was stored is up to a minute old, and a start takes time."""
    chance, meter, kept, shown, fell = Random(1), Meter(), {}, 0.0, False
    kills = sorted(chance.sample(range(60, length - 60), 20))
    times = []
    for second in range(0, length + 1, 10):
        while kills and kills[0] <= second:
            kills.pop(0)
            meter = Meter()
            meter.restore(kept)
            meter.lift(Measure.ENERGY_CHARGED, shown)
            fell = fell or charged(meter) < shown
        if second % 30 == 0:
            times.append(second)
            counted(pack, [second], meter)
            shown = max(shown, charged(meter))
        if second % 60 == 50:
            kept = meter.state()
    truth = pack.charged[length]
    error = charged(meter) / truth - 1 if not fell else -1.0
    return Line(
        "twenty kills in an hour",
        truth,
        error,
        left_riemann(pack, times) / truth - 1,
        trapezoid(pack, times) / truth - 1,
        0.005,
    )


def twelve(power: Power, seed: int) -> Iterator[Line]:
    """Read twelve packs over six slots, of which one read in twenty fails, as the scheduler has them read."""
    world = World(SCENARIOS[TWELVE], seed)
    read: dict[str, list[int]] = {name: [] for name in world.packs}
    plain = world.read

    def noted(pack: SimPack) -> Iterator[float]:
        failure = yield from plain(pack)
        if failure is None:
            read[pack.name].append(round(world.now))
        return failure

    world.read = noted  # type: ignore[method-assign,assignment]
    world.spawn(world.air())
    world.run(0.0)
    Scheduled(world)
    world.run(3600)
    truth = Pack(power, 3600)
    for times in read.values():
        found = sorted(set(times))
        begin, end = found[0], found[-1]
        whole = truth.charged[end] - truth.charged[begin]
        meter = counted(truth, found)
        yield Line(
            f"twelve packs on six slots, {SEEDS} seeds",
            whole,
            charged(meter) / whole - 1,
            left_riemann(truth, found) / whole - 1,
            trapezoid(truth, found) / whole - 1,
            0.01,
            meter.day(end, 0, 0).coverage,
        )


def lines() -> Iterator[Line]:
    """Measure everything."""
    day = Pack(solar)
    hours = Pack(sine, 4 * 3600)
    steady = Pack(constant)
    outage = [one for one in every() if not OUTAGE[0] < one < OUTAGE[1]]
    yield line("constant", steady, [*every()], 0.001)
    yield line("sine of 600 s", hours, [*every(4 * 3600)], 0.01)
    yield line("solar day", day, [*every()], 0.003)
    yield worst(
        line("one poll in ten lost, sine", hours, lossy(4 * 3600, seed), 0.025)
        for seed in range(10)
    )
    yield worst(
        line("one poll in ten lost, solar day", day, lossy(DAY, seed), 0.025)
        for seed in range(3)
    )
    yield line("four hours at noon, bridged", day, outage, 0.02)
    yield line(
        "four hours at noon, left out",
        day,
        outage,
        0.01,
        meter=Meter(estimates=False),
        aim=-0.47,
    )
    yield killed(steady)
    for step in (-1200.0, 1200.0):
        yield line(
            f"clock {step / 60:+.0f} min",
            steady,
            [*every()],
            0.0,
            clock=step,
            aim=line("", steady, [*every()], 0).meter,
        )
    yield worst(one for seed in range(SEEDS) for one in twelve(wandering, seed))


def told(one: Line) -> str:
    """Return a line as it is printed."""
    coverage = "" if one.coverage is None else f"{one.coverage:.1f}%"
    goal = f"{one.aim:+.0%}" if one.aim < -0.1 else f"{one.goal:.1%}"
    errors = f"{one.meter:+8.2%} {one.left:+8.2%} {one.trapezoidal:+8.2%}"
    end = "" if one.good else "  MISSED"
    return f"{one.name:34} {one.truth:8.3f} {errors} {goal:>8} {coverage:>9}{end}"


def main() -> int:
    """Print a line for each; the exit code says whether all goals are met."""
    found = [*lines()]
    heads = (f"{one:>8}" for one in ("kWh", "meter", "left", "trapez.", "goal"))
    print(f"{'':34}", *heads, " coverage")  # noqa: T201
    print("\n".join(told(one) for one in found))  # noqa: T201
    return any(not one.good for one in found)


if __name__ == "__main__":
    sys.exit(main())
