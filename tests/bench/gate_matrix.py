"""Let a battery lie: which impossible values does the gate find, and which true samples does it refuse?

    python -m tests.bench.gate_matrix [polls]

Samples come from the battery model under changing loads, polled every half minute with some polls
missed. At random one value becomes one that the battery cannot have at that moment. Now and then
the board corrects its count of charge: a true step, which costs one refused sample.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
import sys
from typing import Final

from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.derive import finish
from custom_components.mi_bms.proto.bms.plausible import Gate
from custom_components.mi_bms.proto.model.errors import Implausible
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample, Probe
from tests.world.devices.battery import Pack
from tests.world.devices.profile import Profile

POLLS: Final = 10_000
INTERVAL: Final = 30.0  # s
LIES: Final = 0.05
MISSED: Final = 0.05
TRUE_STEP_EVERY: Final = 2_000  # polls

# Rest, charge, heavy load, a switching load: in seconds and ampere, for a pack of 100 Ah.
LOADS: Final = (
    (3600.0, 0.0),
    (9000.0, 40.0),
    (1800.0, -0.4),
    (45.0, -140.0),
    (3600.0, -20.0),
    (20.0, 60.0),
    (70.0, -90.0),
    (10800.0, -18.0),
    (600.0, 5.0),
)
PACKS: Final[tuple[Mapping[str, object], ...]] = (
    {"cells": 4, "chemistry": "lfp"},
    {"cells": 7, "chemistry": "nmc"},
)

type Lie = Callable[[BmsSample, Random], BmsSample]


def sample_of(pack: Pack, rng: Random) -> BmsSample:
    """Return what a usual board sends, with its rounding and its noise."""
    draft = Draft(
        cells=[round(volts + rng.gauss(0, 0.001), 3) for volts in pack.cell_voltages],
        probes=[Probe(round(celsius, 1)) for celsius in pack.temperatures],
    )
    draft.values = {
        Field.VOLTAGE: round(pack.voltage + rng.gauss(0, 0.01), 2),
        Field.CURRENT: round(pack.current + rng.gauss(0, 0.02), 2),
        Field.BATTERY_LEVEL: round(pack.level),
        Field.BATTERY_HEALTH: 98,
        Field.CYCLES: pack.cycles,
        Field.CYCLE_CHARGE: round(pack.remaining, 2),
        Field.DESIGN_CAPACITY: pack.capacity,
    }
    return finish(draft)


def _set(name: Field, choose: Callable[[float, Random], float]) -> Lie:
    def lie(sample: BmsSample, rng: Random) -> BmsSample:
        true = sample.values.get(name, 0)
        value = choose(true if isinstance(true, int | float) else 0, rng)
        return replace(sample, values={**sample.values, name: value})

    return lie


def _off(low: float, high: float) -> Callable[[float, Random], float]:
    return lambda true, rng: true + rng.choice((-1, 1)) * rng.uniform(low, high)


def _either(
    *ways: Callable[[float, Random], float],
) -> Callable[[float, Random], float]:
    return lambda true, rng: rng.choice(ways)(true, rng)


def _be(*values: float) -> Callable[[float, Random], float]:
    return lambda _, rng: rng.choice(values)


def _cell(sample: BmsSample, rng: Random) -> BmsSample:
    cells = list(sample.cells)
    at = rng.randrange(len(cells))
    true = cells[at] or 0.0
    cells[at] = rng.choice((6.5535, 65.535, -1.0, true + 0.8, true - 0.9))
    return replace(sample, cells=tuple(cells))


def _lost_cell(sample: BmsSample, _: Random) -> BmsSample:
    return replace(sample, cells=sample.cells[:-1])


def _probe(sample: BmsSample, rng: Random) -> BmsSample:
    true = sample.probes[0].celsius
    value = rng.choice((-273.1, 6279.3, 180.0, true + 40, true - 45))
    return replace(sample, probes=(Probe(value), *sample.probes[1:]))


CELL_LIES: Final = _either(_be(65.535, -0.5), _off(0.8, 2.0))
CORPUS: Final[Mapping[str, Lie]] = {
    Field.VOLTAGE: _set(Field.VOLTAGE, _either(_be(655.35, -1.0, 0.0), _off(4, 20))),
    Field.CURRENT: _set(Field.CURRENT, _off(3_300, 30_000)),
    Field.POWER: _set(Field.POWER, _off(20_000, 10_000_000)),
    Field.BATTERY_LEVEL: _set(
        Field.BATTERY_LEVEL, _either(_be(101, 255, 440, -1), _off(10, 60))
    ),
    Field.BATTERY_HEALTH: _set(Field.BATTERY_HEALTH, _be(0, 40, 151, 255)),
    Field.CYCLES: _set(Field.CYCLES, _either(_be(0, 65_535), _off(30, 500))),
    Field.CYCLE_CHARGE: _set(
        Field.CYCLE_CHARGE, _either(_be(655.35, -50), _off(12, 90))
    ),
    Field.DESIGN_CAPACITY: _set(Field.DESIGN_CAPACITY, _be(0, 10, 50, 200, 1000, -100)),
    Field.CYCLE_CAPACITY: _set(
        Field.CYCLE_CAPACITY, _either(_be(-5_000, 1e9), _off(1_500, 50_000))
    ),
    Field.RUNTIME: _set(Field.RUNTIME, _be(-1, -3600, 2**32)),
    Field.TIME_TO_FULL: _set(Field.TIME_TO_FULL, _be(-60, 2**31)),
    Field.CELL_VOLTAGE: _cell,
    Field.CELL_COUNT: _set(Field.CELL_COUNT, _be(0, 1, 24, 255, 65_535)),
    "cells": _lost_cell,
    Field.DELTA_VOLTAGE: _set(Field.DELTA_VOLTAGE, CELL_LIES),
    Field.MAX_CELL_VOLTAGE: _set(Field.MAX_CELL_VOLTAGE, CELL_LIES),
    Field.MIN_CELL_VOLTAGE: _set(Field.MIN_CELL_VOLTAGE, CELL_LIES),
    Field.TEMPERATURE: _set(
        Field.TEMPERATURE, _either(_be(-273.1, 6279.3, 180), _off(35, 90))
    ),
    Field.PROBE_TEMPERATURE: _probe,
    "not a number": _set(Field.VOLTAGE, _be(float("nan"), float("inf"))),
}


@dataclass(slots=True)
class Matrix:
    """Count samples by what they were and what became of them."""

    polls: int = 0
    true: int = 0
    refused_true: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    lies: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)

    @property
    def false_refusals(self) -> float:
        """Return the share of true samples that were refused."""
        return sum(self.refused_true.values()) / self.true


def play(
    matrix: Matrix, spec: Mapping[str, object], polls: int, seed: int, lies: float
) -> None:
    """Poll one battery many times."""
    rng = Random(f"{seed} lies")
    pack = Pack(profile=Profile(kind="steps", steps=LOADS), seed=seed, **spec)  # type: ignore[arg-type]
    gate = Gate()
    now = 0.0
    gate.take(sample_of(pack, rng), now)
    for number in range(1, polls + 1):
        wait = INTERVAL * (1 + (rng.random() < MISSED))
        now += wait
        pack.step(wait)
        if number % TRUE_STEP_EVERY == 0:
            pack.remaining = pack.capacity * (0.35 if pack.level > 50 else 0.65)
            matrix.steps += 1
        sample = sample_of(pack, rng)
        matrix.polls += 1
        name = rng.choice(list(CORPUS)) if rng.random() < lies else None
        if name is None:
            matrix.true += 1
        else:
            matrix.lies[name] += 1
            sample = CORPUS[name](sample, rng)
        try:
            gate.take(sample, now)
        except Implausible as err:
            if name is None:
                matrix.refused_true[err.field] += 1
        else:
            if name is not None:
                matrix.published[name] += 1


def measure(polls: int = POLLS, lies: float = LIES) -> Matrix:
    """Return the matrix of all batteries together."""
    matrix = Matrix()
    for seed, spec in enumerate(PACKS, 1):
        play(matrix, spec, polls // len(PACKS), seed, lies)
    return matrix


def main() -> int:
    """Print the table; 1 if an aim is missed."""
    matrix = measure(int(sys.argv[1]) if len(sys.argv) > 1 else POLLS)
    lines = [f"{'lie about':20}{'told':>8}{'refused':>10}{'published':>11}"]
    lines += [
        f"{name:20}{matrix.lies[name]:8}{matrix.lies[name] - matrix.published[name]:10}{matrix.published[name]:11}"
        for name in CORPUS
    ]
    lies, published = sum(matrix.lies.values()), sum(matrix.published.values())
    refused = sum(matrix.refused_true.values())
    lines += [
        f"{'all lies':20}{lies:8}{lies - published:10}{published:11}",
        f"{'true samples':20}{matrix.true:8}{refused:10}{matrix.true - refused:11}",
        f"false refusals: {1000 * matrix.false_refusals:.2f} of 1000; true steps: {matrix.steps}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if published or matrix.false_refusals >= 0.001 else 0


if __name__ == "__main__":
    sys.exit(main())
