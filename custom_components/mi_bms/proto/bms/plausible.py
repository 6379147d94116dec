"""Refuse samples that physics forbids, so that one broken answer never reaches a history.

Pure: the caller keeps the last good sample, its age and the count of refusals.
"""

from typing import Final

from ..model.errors import Implausible
from ..model.fields import Field
from ..model.sample import BmsSample

# Field -> lowest and highest value that a real battery can have.
_RANGES: Final[dict[Field, tuple[float, float]]] = {
    Field.VOLTAGE: (0, 1000),
    Field.CURRENT: (-3000, 3000),
    Field.POWER: (-1_000_000, 1_000_000),
    Field.BATTERY_LEVEL: (0, 100),
    Field.BATTERY_HEALTH: (0, 150),
    Field.CYCLES: (0, 100_000),
    Field.CYCLE_CHARGE: (-1, 20_000),
    Field.DESIGN_CAPACITY: (0, 20_000),
    Field.FULL_CHARGE: (0, 20_000),
    Field.TEMPERATURE: (-50, 150),
    Field.DELTA_VOLTAGE: (0, 5.9),
    Field.BALANCE_CURRENT: (-100, 100),
    Field.HEATER_CURRENT: (-100, 100),
}
_CELL: Final = (0.0, 5.9)  # V; 0 is a broken wire, which the user has to see
_PROBE: Final = (-50.0, 150.0)  # °C

# The sum of the cells and the pack voltage come from two measurements and two moments.
_SUM_SHARE: Final = 0.1
_SUM_VOLTS: Final = 1.0

# Field -> jump that no battery makes within a few polls.
_JUMPS: Final[dict[Field, float]] = {Field.BATTERY_LEVEL: 30, Field.TEMPERATURE: 40}
_JUMP_SECONDS: Final = 60.0


def gate(
    sample: BmsSample, previous: BmsSample | None = None, since: float | None = None
) -> None:
    """Raise ``Implausible`` naming the field that gives a sample away.

    ``previous`` is the last good sample and ``since`` its age in seconds. Jumps are refused only
    while it is fresh, so a real change gets through on a later poll.
    """
    _ranges(sample)
    _sum(sample)
    if previous is not None and since is not None and since <= _JUMP_SECONDS:
        _jumps(sample, previous)
    for pack in sample.packs:
        gate(pack)


def _number(sample: BmsSample, name: Field) -> float | None:
    """Give a numeric field, or None."""
    value = sample.values.get(name)
    return value if isinstance(value, int | float) else None


def _ranges(sample: BmsSample) -> None:
    """Compare every value with what is possible at all."""
    for name, (low, high) in _RANGES.items():
        value = _number(sample, name)
        if value is not None and not low <= value <= high:
            raise Implausible(name)
    if any(
        volts is not None and not _CELL[0] <= volts <= _CELL[1]
        for volts in sample.cells
    ):
        raise Implausible(Field.CELL_VOLTAGE)
    if any(not _PROBE[0] <= probe.celsius <= _PROBE[1] for probe in sample.probes):
        raise Implausible(Field.PROBE_TEMPERATURE)


def _sum(sample: BmsSample) -> None:
    """Compare the pack voltage with its cells, when every single cell is known and alive."""
    voltage = _number(sample, Field.VOLTAGE)
    cells = [volts for volts in sample.cells if volts]
    if (
        voltage is None
        or sample.packs
        or not cells
        or len(cells) != _number(sample, Field.CELL_COUNT)
    ):
        return
    if abs(sum(cells) - voltage) > max(_SUM_VOLTS, _SUM_SHARE * voltage):
        raise Implausible(Field.VOLTAGE)


def _jumps(sample: BmsSample, previous: BmsSample) -> None:
    """Compare with the last good sample."""
    for name, most in _JUMPS.items():
        new, old = _number(sample, name), _number(previous, name)
        if new is not None and old is not None and abs(new - old) > most:
            raise Implausible(name)
