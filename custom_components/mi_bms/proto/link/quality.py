"""How well a link works: the share of good polls and how long they take."""

from collections import deque
from statistics import median
from typing import Final

POLLS: Final = 100  # what is older says nothing of today
TIMES: Final = 20  # good polls whose duration counts


class Quality:
    """Count the last polls of a battery or through a radio."""

    def __init__(self) -> None:
        """Start without a poll."""
        self._polls: deque[bool] = deque(maxlen=POLLS)
        self._seconds: deque[float] = deque(maxlen=TIMES)

    def good(self, seconds: float) -> None:
        """Count a poll that gave a sample, and its duration in seconds, connecting included."""
        self._polls.append(True)
        self._seconds.append(seconds)

    def bad(self) -> None:
        """Count a poll that gave nothing."""
        self._polls.append(False)

    @property
    def polls(self) -> int:
        """Give how many polls are counted."""
        return len(self._polls)

    @property
    def timed(self) -> int:
        """Give how many durations are known."""
        return len(self._seconds)

    @property
    def share(self) -> float | None:
        """Give the share of good polls in %, None before the first."""
        if not self._polls:
            return None
        return round(100 * sum(self._polls) / len(self._polls), 1)

    @property
    def seconds(self) -> float | None:
        """Give the median duration of a good poll in seconds, None before the first."""
        return median(self._seconds) if self._seconds else None
