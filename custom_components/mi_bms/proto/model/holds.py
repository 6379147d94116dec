"""States that begin and do not end by themselves: a motion, a knock, a warning.

Each has a time after which it counts as over unless it was said again. Pure: times are seconds of
any clock that runs on.
"""

from collections.abc import Mapping

from .fields import Field
from .reading import Value


class Holds:
    """Remember when each state that is on ends."""

    __slots__ = (
        "_times",
        "ends",
    )

    def __init__(self, times: Mapping[Field, float]) -> None:
        """Take after how many seconds each state ends."""
        self._times = times
        self.ends: dict[Field, float] = {}

    def use(self, times: Mapping[Field, float]) -> None:
        """Take other times, for what begins from now on."""
        self._times = times

    def take(
        self, values: Mapping[Field, Value], heard_at: float, now: float
    ) -> dict[Field, Value]:
        """Note the states that were said; give those that are over by ``now`` already."""
        over: dict[Field, Value] = {}
        for field in self._times.keys() & values.keys():
            end = heard_at + self._times[field]
            if not values[field]:
                self.ends.pop(field, None)
            elif end > now:
                self.ends[field] = end
            else:
                over[field] = False
        return over

    def next(self) -> float | None:
        """Return when the next state ends."""
        return min(self.ends.values(), default=None)

    def ended(self, now: float) -> dict[Field, Value]:
        """Return the states that are over, and forget them."""
        over: dict[Field, Value] = {
            field: False for field, end in self.ends.items() if end <= now
        }
        for field in over:
            del self.ends[field]
        return over
