"""Steady the times to empty and to full: loads come and go, and a time from one moment's current jumps.

The current is smoothed by an exponential mean with a time constant of five minutes. It starts anew when
the battery turns from charging to discharging or back, so that the times never lag behind a turn. Pure:
times are seconds of any clock that runs on. A time that the battery itself reports is left alone: only
what equals the derivation of this moment's values is replaced.
"""

from dataclasses import replace
from math import exp
from typing import Final

from ..model.fields import Field
from ..model.reading import Value
from ..model.sample import BmsSample
from .derive import time_to_empty, time_to_full

TIME_CONSTANT: Final = 300.0  # s


class Outlook:
    """Smooth the current of one battery and of each of its packs."""

    def __init__(self) -> None:
        """Start without any current."""
        self._mean = 0.0
        self._at = 0.0
        self._packs: list[Outlook] = []

    def judge(self, sample: BmsSample, now: float) -> BmsSample:
        """Give the sample with steady times."""
        while len(self._packs) < len(sample.packs):
            self._packs.append(Outlook())
        packs = tuple(
            outlook.judge(pack, now)
            for outlook, pack in zip(self._packs, sample.packs, strict=False)
        )
        current = _number(sample, Field.CURRENT)
        if current is None:
            return replace(sample, packs=packs)
        steady = self._smooth(current, now)
        values = {**sample.values, **_times(sample, current, steady)}
        return replace(sample, values=values, packs=packs)

    def _smooth(self, current: float, now: float) -> float:
        """Take a current in A; one of the other direction starts a new mean."""
        if self._mean * current > 0:
            share = 1 - exp((self._at - now) / TIME_CONSTANT)
            self._mean += (current - self._mean) * share
        else:
            self._mean = current
        self._at = now
        return self._mean


def _number(sample: BmsSample, name: Field) -> float | None:
    value = sample.values.get(name)
    return value if isinstance(value, int | float) else None


def _times(sample: BmsSample, current: float, steady: float) -> dict[Field, Value]:
    """Derive the times from the steady current, where they were derived from the present one."""
    charge = _number(sample, Field.CYCLE_CHARGE)
    full = _number(sample, Field.FULL_CHARGE) or _number(sample, Field.DESIGN_CAPACITY)
    derived = (
        (
            Field.RUNTIME,
            time_to_empty(charge, current),
            time_to_empty(charge, steady),
        ),
        (
            Field.TIME_TO_FULL,
            time_to_full(charge, full, current),
            time_to_full(charge, full, steady),
        ),
    )
    return {
        name: better
        for name, now, better in derived
        if now is not None and better is not None and sample.values.get(name) == now
    }
