"""See whether batteries of a bank pull together: spread, share of the load, circulating current.

What is told for a moment is no alarm: loads come and go between two reads. An alarm needs its condition
for some time; a while in which it cannot be told neither begins nor ends it.

Pure; times are seconds of one even clock.
"""

from collections.abc import Sequence
from typing import Final

from .totals import Totals, known

TOGETHER: Final = 45.0  # s; samples further apart may be of two different loads
LEVELS_APART: Final = 15.0  # %
OVERLOADED: Final = 1.5  # times its share
CIRCULATES: Final = 2.0  # A
CIRCULATES_PART: Final = 0.02  # of the capacity per hour
_FORGOTTEN: Final = 600.0  # s without knowing


class Lasting:
    """Tell whether a condition has lasted for some seconds."""

    def __init__(self, seconds: float) -> None:
        """Begin without it."""
        self._seconds = seconds
        self._since: float | None = None
        self._seen = 0.0

    def judge(self, condition: bool | None, now: float) -> bool:
        """Take the condition, None where it cannot be told; return whether it has lasted."""
        if condition is None:
            if now - self._seen > _FORGOTTEN:
                self._since = None
        elif not condition:
            self._since = None
        else:
            self._since = now if self._since is None else self._since
            self._seen = now
        return self._since is not None and self._seen - self._since >= self._seconds


def circulating(strings: Sequence[Totals]) -> float | None:
    """Return the current in A that flows from strings into others, None where one does not tell its own."""
    amps = known(one.amps for one in strings)
    if len(amps) < 2 or len(amps) < len(strings):
        return None
    charged = sum((one for one in amps if one > 0), 0.0)
    return min(charged, sum((-one for one in amps if one < 0), 0.0))


def load_ratios(strings: Sequence[Totals], whole: Totals) -> list[float]:
    """Return how many times its share of the current each string carries, nothing where that cannot be told."""
    amps, capacities = (
        known(one.amps for one in strings),
        known(one.capacity for one in strings),
    )
    both = len(amps) == len(strings) == len(capacities)
    if not both or len(amps) < 2 or not whole.amps or not all(capacities):
        return []
    size = sum(capacities)
    return [
        (one / whole.amps) / (capacity / size)
        for one, capacity in zip(amps, capacities, strict=True)
    ]


def circulates(amps: float | None, capacity: float | None) -> bool | None:
    """Return whether a circulating current is one to look after."""
    if amps is None:
        return None
    return amps > max(CIRCULATES, CIRCULATES_PART * (capacity or 0.0))
