"""Say whether a battery is charged, discharged or at rest, without flickering between two of them.

Samples go in one after the other, a word comes out of each. From rest, a current that is clearly there
is told at once. A turn is told when the mean of some minutes has turned: a load that comes and goes
beside a charger is none. Rest is told once the current was nearly gone for two minutes.

Pure: times are seconds of any clock that runs on.
"""

from collections.abc import Mapping
from enum import StrEnum
from math import exp
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
TIME_CONSTANT: Final = 300.0  # s, of the mean
REST_TIME: Final = 120.0  # s


class BatteryState(StrEnum):
    """What is done with a battery."""

    CHARGING = "charging"
    DISCHARGING = "discharging"
    IDLE = "idle"


class Movement:
    """Follow what is done with one battery, or with one of its packs."""

    def __init__(self) -> None:
        """Begin without a sample."""
        self._state: BatteryState | None = None
        self._mean = self._at = 0.0
        self._moved_at = 0.0

    def restore(self, state: object, at: float) -> None:
        """Go on from the state that was told at a time of this clock; the mean begins with the next sample."""
        words: Mapping[object, BatteryState] = {one.value: one for one in BatteryState}
        self._state = words.get(state)
        self._at = self._moved_at = at

    def rescale(self, factor: float) -> None:
        """Go on with currents that are from now on so many times what they were."""
        self._mean *= factor
        if factor < 0:
            self._state = None

    def take(self, sample: BmsSample, now: float) -> BatteryState | None:
        """Return the state that follows, None for a battery that tells nothing of it."""
        current = _current(sample)
        if current is None:
            # A bare flag knows one direction only.
            charging = sample.values.get(Field.BATTERY_CHARGING)
            self._state = BatteryState.CHARGING if charging else None
            return self._state
        size = capacity(sample) or USUAL_CAPACITY
        rate = current / size
        if self._state in {None, BatteryState.IDLE}:
            self._begin(rate, now)
        else:
            self._go_on(rate, now)
        return self._state

    def _begin(self, rate: float, now: float) -> None:
        """Take the rate of a battery that was at rest, or of which nothing was known."""
        self._mean, self._at, self._moved_at = rate, now, now
        self._state = _way(rate) if abs(rate) >= MOVES else BatteryState.IDLE

    def _go_on(self, rate: float, now: float) -> None:
        """Take the rate of a battery that moved: it goes on, turns, or comes to rest."""
        share = 1 - exp(-max(0.0, now - self._at) / TIME_CONSTANT)
        self._mean, self._at = self._mean + (rate - self._mean) * share, now
        onward = rate if self._state is BatteryState.CHARGING else -rate
        if abs(rate) >= MOVES or onward >= RESTS:
            self._moved_at = now
        if now - self._moved_at >= REST_TIME:
            self._state = BatteryState.IDLE
        elif abs(self._mean) >= MOVES:
            self._state = _way(self._mean)


def _way(rate: float) -> BatteryState:
    return BatteryState.CHARGING if rate > 0 else BatteryState.DISCHARGING


def _current(sample: BmsSample) -> float | None:
    """Return the current in A, from the power where only that is told."""
    current, power = number(sample, Field.CURRENT), number(sample, Field.POWER)
    if current is not None or power is None:
        return current
    return power / (number(sample, Field.VOLTAGE) or USUAL_VOLTAGE)
