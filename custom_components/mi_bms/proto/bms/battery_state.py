"""Say whether a battery is charged, discharged or at rest, without flickering between two of them.

Samples go in one after the other, a word comes out of each. From rest, a current that is clearly there
is told at once. A turn is told once the current has gone the other way for a minute longer than the way
that is told. A load that comes and goes beside a charger is none: whenever a turn is undone within a
quarter of an hour, the next one has to last for twice as long, up to five minutes, until an hour has
passed in which nothing went the other way. Rest is told once the current was nearly gone for two minutes.

Pure: times are seconds of any clock that runs on.
"""

from collections.abc import Mapping
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
REST_TIME: Final = 120.0  # s
TURN_TIME: Final = 60.0  # s for which a current contradicts before it is believed
LONGEST_TURN: Final = 300.0  # s; what stands for that long is always believed
UNDONE: Final = 900.0  # s within which a second turn says that the first one was none
CALM: Final = (
    3600.0  # s without a contradiction, after which turns are believed early again
)


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
        self._at = self._moved_at = 0.0
        self._against = (
            0.0  # s for which the current went the other way, less what went this way
        )
        self._turn_time = TURN_TIME
        self._turned_at = self._against_at = -CALM

    def restore(self, state: object, at: float) -> None:
        """Go on from the state that was told at a time of this clock."""
        words: Mapping[object, BatteryState] = {one.value: one for one in BatteryState}
        self._state = words.get(state)
        self._at = self._moved_at = at

    def turn_sign(self) -> None:
        """Go on with currents that have from now on the other sign."""
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
        self._against, self._at, self._moved_at = 0.0, now, now
        self._state = _way(rate) if abs(rate) >= MOVES else BatteryState.IDLE

    def _go_on(self, rate: float, now: float) -> None:
        """Take the rate of a battery that moved: it goes on, turns, or comes to rest."""
        passed = max(0.0, now - self._at)
        onward = rate if self._state is BatteryState.CHARGING else -rate
        if now - self._against_at >= CALM:
            self._turn_time = TURN_TIME
        if onward >= MOVES:
            self._against = max(0.0, self._against - passed)
        elif onward <= -MOVES:
            # When it began between two samples is not known: in the middle.
            begins = self._against_at < self._at
            self._against += passed / 2 if begins else passed
            self._against_at = now
        self._at = now
        if abs(rate) >= MOVES or onward >= RESTS:
            self._moved_at = now
        if now - self._moved_at >= REST_TIME:
            self._state = BatteryState.IDLE
        elif self._against >= self._turn_time:
            self._turn(_way(rate), now)

    def _turn(self, state: BatteryState, now: float) -> None:
        """Go the other way from now on; be slower to believe the next turn if this one undoes another."""
        if now - self._turned_at < UNDONE:
            self._turn_time = min(2 * self._turn_time, LONGEST_TURN)
        self._state, self._against, self._turned_at = state, 0.0, now


def _way(rate: float) -> BatteryState:
    return BatteryState.CHARGING if rate > 0 else BatteryState.DISCHARGING


def _current(sample: BmsSample) -> float | None:
    """Return the current in A, from the power where only that is told."""
    current, power = number(sample, Field.CURRENT), number(sample, Field.POWER)
    if current is not None or power is None:
        return current
    return power / (number(sample, Field.VOLTAGE) or USUAL_VOLTAGE)
