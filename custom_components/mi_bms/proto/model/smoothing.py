"""Quiet a restless value: mean or median over a window, and a dead-band for what is published.

Pure: times are seconds of any clock that runs on.
"""

from collections import deque
from enum import StrEnum
from statistics import fmean, median
from typing import Final

from .reading import Value

_MOST: Final = 256  # values in a window; more say nothing new


class Smoothing(StrEnum):
    """Name the ways to smooth."""

    OFF = "off"
    MEAN = "mean"
    MEDIAN = "median"


class Smoother:
    """Smooth one field; give each raw value and publish what comes back, unless that is None."""

    def __init__(self, kind: Smoothing, window: float, dead_band: float = 0.0) -> None:
        """Take the kind, the window in seconds and the smallest change worth publishing."""
        self._kind = kind
        self._window = window
        self._dead_band = dead_band
        self._values: deque[tuple[float, float]] = deque(maxlen=_MOST)
        self._published: float | None = None

    def take(self, value: float, now: float, digits: int = 2) -> float | None:
        """Return the value to publish, or None when it differs too little from the last one."""
        if self._kind is not Smoothing.OFF:
            self._values.append((now, value))
            while now - self._values[0][0] > self._window:
                self._values.popleft()
            average = fmean if self._kind is Smoothing.MEAN else median
            value = round(average(item for _, item in self._values), digits)
        last = self._published
        if last is not None and abs(value - last) < self._dead_band:
            return None
        self._published = value
        return value


class Shaper:
    """What the user corrects of one field: an offset first, then smoothing and a dead-band."""

    __slots__ = ("_digits", "_offset", "_smoother")

    def __init__(self, smoother: Smoother, offset: float, digits: int) -> None:
        """Take the offset, and how many digits behind the point are kept."""
        self._smoother, self._offset, self._digits = smoother, offset, digits

    def __call__(self, value: Value, now: float) -> Value | None:
        """Return the value to publish, or None; words stay as they are."""
        if isinstance(value, str):
            return value
        shaped = round(value + self._offset, self._digits)
        return self._smoother.take(shaped, now, self._digits)
