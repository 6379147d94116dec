"""Say whether a battery is charged, discharged or at rest, without flickering between two of them.

Samples go in one after the other, a word comes out of each. A current has to be clearly there before the
battery counts as moving, and nearly gone before it counts as idle again.

Pure: no clock.
"""

from enum import StrEnum
from typing import Final

from ..model.fields import Field
from ..model.sample import BmsSample
from .limits import capacity, number

# Parts of the capacity per hour: from the first on it moves, below the second it is at rest. In between
# lie the electronics' own needs and the error of a current sensor at zero.
MOVES: Final = 0.005
RESTS: Final = 0.002
USUAL_CAPACITY: Final = 100.0  # Ah, of a battery that does not tell its own
USUAL_VOLTAGE: Final = 12.0  # V, of one that tells its power only


class BatteryState(StrEnum):
    """What is done with a battery."""

    CHARGING = "charging"
    DISCHARGING = "discharging"
    IDLE = "idle"


def battery_state(sample: BmsSample, before: object = None) -> BatteryState | None:
    """Return the state that follows on ``before``, None for a battery that tells nothing of it."""
    current = _current(sample)
    if current is None:
        # A bare flag knows one direction only.
        charging = sample.values.get(Field.BATTERY_CHARGING)
        return BatteryState.CHARGING if charging else None
    way = BatteryState.CHARGING if current > 0 else BatteryState.DISCHARGING
    least = RESTS if way == before else MOVES
    moves = abs(current) >= least * (capacity(sample) or USUAL_CAPACITY)
    return way if moves else BatteryState.IDLE


def _current(sample: BmsSample) -> float | None:
    """Return the current in A, from the power where only that is told."""
    current, power = number(sample, Field.CURRENT), number(sample, Field.POWER)
    if current is not None or power is None:
        return current
    return power / (number(sample, Field.VOLTAGE) or USUAL_VOLTAGE)
