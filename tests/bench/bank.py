"""How long a bank of 16 batteries takes to be worked out: ``python -m tests.bench.bank``."""

from time import process_time

from custom_components.mi_bms.proto.bank.bank import Bank
from custom_components.mi_bms.proto.bank.wiring import Wiring
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample, Place, Probe

MEMBERS = 16
TIMES = 500


def battery(number: int) -> BmsSample:
    """Return what a battery of 16 cells says."""
    return BmsSample(
        values={
            Field.VOLTAGE: 52.8,
            Field.CURRENT: number - 8.0,
            Field.POWER: 52.8 * (number - 8),
            Field.BATTERY_LEVEL: 50 + number,
            Field.CYCLE_CHARGE: 140 + number,
            Field.DESIGN_CAPACITY: 280,
            Field.DELTA_VOLTAGE: 0.01,
            Field.PROBLEM: False,
        },
        cells=(3.3,) * 16,
        probes=(Probe(20.0, Place.CELL),) * 4,
        alarms=frozenset({"level_low_warning"}),
    )


def main() -> None:
    """Print the time of one view, and its ratio to the time of one sample's own sum of cells."""
    names = tuple(f"battery {number}" for number in range(MEMBERS))
    samples = [battery(number) for number in range(MEMBERS)]
    bank = Bank(Wiring.PARALLEL, names)
    began = process_time()
    for turn in range(TIMES):
        for name, sample in zip(names, samples, strict=True):
            bank.update(name, sample, turn)
        bank.view(turn)
    each = (process_time() - began) / TIMES
    began = process_time()
    for _ in range(TIMES):
        for sample in samples:
            sum(volts for volts in sample.cells if volts is not None)
    sums = (process_time() - began) / TIMES
    print(  # noqa: T201
        f"{MEMBERS} members: {each * 1000:.2f} ms, {each / sums:.0f} times the sum of their cells"
    )


if __name__ == "__main__":
    main()
