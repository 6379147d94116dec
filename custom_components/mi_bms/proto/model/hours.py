"""How often something happened in each of the last 24 hours.

Pure; times are seconds of any clock that runs on. Counting is a comparison and an addition, and what is
kept never grows.
"""

from array import array
from math import inf
from typing import Final

HOUR: Final = 3600.0  # s
KEPT: Final = 24


class Hours:
    """Count by the hour."""

    __slots__ = ("_at", "_counts", "_end", "_hour")

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._counts = array("I", [0] * KEPT)
        self._at = self._hour = 0  # the place of the hour that runs, and its number
        self._end = -inf

    def take(self, now: float) -> None:
        """Count one; what comes late counts in the hour that runs."""
        if now >= self._end:
            self._turn(now)
        self._counts[self._at] += 1

    def _turn(self, now: float) -> None:
        hour = int(now // HOUR)
        for empty in range(max(self._hour + 1, hour - KEPT + 1), hour + 1):
            self._counts[empty % KEPT] = 0
        self._hour, self._at, self._end = hour, hour % KEPT, (hour + 1) * HOUR

    def told(self, now: float) -> list[int]:
        """Return the counts, the oldest hour first and the one that runs last."""
        if now >= self._end:
            self._turn(now)
        return [self._counts[(self._hour + 1 + one) % KEPT] for one in range(KEPT)]
