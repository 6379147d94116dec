"""What a meter tells: a quantity is one row."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Measure(StrEnum):
    """Name what a meter tells of a battery or a bank."""

    ENERGY_CHARGED = "energy_charged"
    ENERGY_DISCHARGED = "energy_discharged"
    CHARGE_IN = "charge_in"
    CHARGE_OUT = "charge_out"
    EQUIVALENT_FULL_CYCLES = "equivalent_full_cycles"
    ENERGY_COVERAGE = "energy_coverage"
    EFFICIENCY = "efficiency"


class MeasureRow(NamedTuple):
    """Say what a quantity is measured in, to how many decimals, and what change is worth a row.

    ``total``: it only ever grows. ``shown``: without anybody switching it on.
    """

    unit: str
    digits: int
    step: float
    total: bool = True
    shown: bool = False


MEASURES: Final[Mapping[Measure, MeasureRow]] = {
    Measure.ENERGY_CHARGED: MeasureRow("kWh", 3, 0.01, shown=True),
    Measure.ENERGY_DISCHARGED: MeasureRow("kWh", 3, 0.01, shown=True),
    Measure.CHARGE_IN: MeasureRow("Ah", 2, 0.2),
    Measure.CHARGE_OUT: MeasureRow("Ah", 2, 0.2),
    Measure.EQUIVALENT_FULL_CYCLES: MeasureRow("", 2, 0.01),
    Measure.ENERGY_COVERAGE: MeasureRow("%", 1, 1.0, total=False, shown=True),
    Measure.EFFICIENCY: MeasureRow("%", 1, 0.1, total=False),
}
TOTALS: Final = tuple(one for one, row in MEASURES.items() if row.total)
