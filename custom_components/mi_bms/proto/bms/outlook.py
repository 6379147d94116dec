"""Steady the times to empty and to full: loads come and go, and a time from one moment's current jumps.

One signed exponential mean of the current that really flows in or out, by real time and never begun
anew, says in which direction the battery goes and how fast. The direction turns when the mean has
clearly turned. Without a current the mean fades, and the time grows; while none can be told, the last one
is kept for a quarter of an hour. The state of the battery (`battery_state.py`) turns earlier: where it has
turned for good, no time is told until the mean follows.

Pure: times are seconds of any clock that runs on. A time that the battery itself reports is left alone:
only what once equalled the derivation of a moment's values is replaced.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import exp
from typing import Final

from ..model.fields import Field
from ..model.sample import BmsSample
from .battery_state import BatteryState, Movement
from .derive import time_to_empty, time_to_full
from .limits import number

TIME_CONSTANT: Final = 300.0  # s
LONGEST: Final = 240 * 3600  # s; what would take longer is not told
KEPT: Final = 900.0  # s
CLEAR: Final = (
    0.02  # of the capacity per hour; less than that the other way is no turn yet
)
# s without a current the way of the time that is shown, after which the state of the battery refutes it.
REFUTED: Final = 240.0
DEAD_BAND: Final = 0.02  # of the time that is shown
# Below the first time (s) the second is the step in which it is shown.
_STEPS: Final = ((3600, 60), (36_000, 360))
_LONG_STEP: Final = 3600
_TIMES: Final = (Field.RUNTIME, Field.TIME_TO_FULL)
_WAYS: Final = {
    BatteryState.DISCHARGING: Field.RUNTIME,
    BatteryState.CHARGING: Field.TIME_TO_FULL,
}


class Outlook:
    """Tell the times of one battery and of each of its packs."""

    def __init__(self) -> None:
        """Start without any current."""
        self._mean: float | None = None
        self._at = 0.0
        self._derived: set[Field] = set()
        self._shown: tuple[Field, int] | None = None
        self._told_at = 0.0
        self._went_at = 0.0
        self._packs: list[Outlook] = []
        self._movement = Movement()

    def restore(self, sample: BmsSample, at: float) -> None:
        """Go on from a sample of an earlier run, told at a time of this clock."""
        self._packs = [Outlook() for _ in sample.packs]
        for outlook, pack in zip(self._packs, sample.packs, strict=True):
            outlook.restore(pack, at)
        self._mean, self._at = _mean_of(sample), at
        self._movement.restore(sample.values.get(Field.BATTERY_STATE), at)

    def rescale(self, factor: float) -> None:
        """Go on with currents that are from now on so many times what they were."""
        for outlook in self._packs:
            outlook.rescale(factor)
        if self._mean is not None:
            self._mean *= factor
        if factor < 0:
            self._movement.turn_sign()
            self._shown = None

    def lapse(self, sample: BmsSample, now: float) -> BmsSample:
        """Return a sample of one that is not read any more, without times that were kept for long enough."""
        packs = tuple(
            outlook.lapse(pack, now) for outlook, pack in self._of_packs(sample)
        )
        values = sample.values
        if now - self._told_at >= KEPT:
            self._shown = None
            values = {
                name: value
                for name, value in values.items()
                if name not in self._derived
            }
        return replace(sample, values=values, packs=packs)

    def _of_packs(self, sample: BmsSample) -> Iterable[tuple[Outlook, BmsSample]]:
        while len(self._packs) < len(sample.packs):
            self._packs.append(Outlook())
        return zip(self._packs, sample.packs, strict=False)

    def judge(self, sample: BmsSample, now: float) -> BmsSample:
        """Return the sample with steady times, and whether the battery is charged or discharged."""
        packs = tuple(
            outlook.judge(pack, now) for outlook, pack in self._of_packs(sample)
        )
        values = dict(sample.values)
        state = self._movement.take(sample, now)
        if state is not None:
            values[Field.BATTERY_STATE] = state.value
            if Field.BATTERY_CHARGING in values:
                # One decision: a flag of its own would flicker where the current is about zero.
                charging = state is BatteryState.CHARGING
                values[Field.BATTERY_CHARGING] = charging
        current = number(sample, Field.CURRENT)
        if current is not None:
            way = _WAYS.get(state) if state else None
            self._follow(sample, current, way, now)
            for name in self._derived:
                values.pop(name, None)
            if self._shown is not None and self._shown[0] in self._derived:
                values |= (self._shown,)
        return replace(sample, values=values, packs=packs)

    def _follow(
        self, sample: BmsSample, current: float, way: Field | None, now: float
    ) -> None:
        """Take the current of a sample, and the way that the state of the battery tells."""
        self._learn(sample, current)
        mean = self._smooth(current, now)
        if not self._is_refuted(current, mean, way, now):
            self._tell(sample, mean, now)

    def _learn(self, sample: BmsSample, current: float) -> None:
        """See which times are derived, and which the battery reports itself."""
        for name in _TIMES:
            moment = _time(name, sample, current)
            if moment is not None and name in sample.values:
                same = sample.values[name] == moment
                (self._derived.add if same else self._derived.discard)(name)

    def _smooth(self, current: float, now: float) -> float:
        """Take a current in A; return the mean."""
        passed = max(0.0, now - self._at)
        share = 1.0 if self._mean is None else 1 - exp(-passed / TIME_CONSTANT)
        mean = self._mean or 0.0
        self._mean, self._at = mean + (current - mean) * share, now
        return self._mean

    def _is_refuted(
        self, current: float, mean: float, way: Field | None, now: float
    ) -> bool:
        """Forget a time whose way the battery has not gone for long; return whether none can be told yet."""
        told = self._shown[0] if self._shown else _way(mean)
        if way is None or told is way or _way(current) is not way:
            self._went_at = now
        if now - self._went_at < REFUTED:
            return False
        self._shown = None
        return _way(mean) is not way

    def _tell(self, sample: BmsSample, mean: float, now: float) -> None:
        """Choose what is shown from now on."""
        name = _way(mean)
        time = _time(name, sample, mean)
        if time is not None and time <= LONGEST and not self._hardly(sample, mean):
            shown = self._shown[1] if self._shown and self._shown[0] is name else None
            if shown is None or _differs(time, shown):
                self._shown = name, _rounded(time)
            self._told_at = now
        elif now - self._told_at >= KEPT:
            self._shown = None

    def _hardly(self, sample: BmsSample, mean: float) -> bool:
        """Return whether a mean points the other way than what is shown, but not clearly."""
        if self._shown is None or (self._shown[0] is Field.RUNTIME) is (mean < 0):
            return False
        sizes = (Field.FULL_CHARGE, Field.DESIGN_CAPACITY, Field.CYCLE_CHARGE)
        size = next((one for name in sizes if (one := number(sample, name))), 0.0)
        return abs(mean) < size * CLEAR


def _way(current: float) -> Field:
    return Field.RUNTIME if current < 0 else Field.TIME_TO_FULL


def _time(name: Field, sample: BmsSample, current: float) -> int | None:
    charge = number(sample, Field.CYCLE_CHARGE)
    if name is Field.RUNTIME:
        return time_to_empty(charge, current)
    full = number(sample, Field.FULL_CHARGE) or number(sample, Field.DESIGN_CAPACITY)
    return time_to_full(charge, full, current)


def _mean_of(sample: BmsSample) -> float | None:
    """Return the mean current that a sample's times were told from, or else its current."""
    charge = number(sample, Field.CYCLE_CHARGE)
    full = number(sample, Field.FULL_CHARGE) or number(sample, Field.DESIGN_CAPACITY)
    empty_in, full_in = (number(sample, name) for name in _TIMES)
    if charge is not None and empty_in:
        return -charge * 3600 / empty_in
    if charge is not None and full is not None and full_in:
        return (full - charge) * 3600 / full_in
    return number(sample, Field.CURRENT)


def _rounded(time: int) -> int:
    """Round a time to the step in which times of its length are shown."""
    step = _step(time)
    return round(time / step) * step


def _step(time: int) -> int:
    """Return the step in which times of a length are shown."""
    return next((step for below, step in _STEPS if time < below), _LONG_STEP)


def _differs(time: int, shown: int) -> bool:
    """Return whether a time is to be shown instead of another one.

    Between two steps neither is nearer for long: the way there and back is the dead band, too.
    """
    band = DEAD_BAND * shown
    step = min(_step(time), _step(shown))
    return abs(time - shown) > max(band, (step + band) / 2)
