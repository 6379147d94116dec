"""How well a link works: the share of good polls and how long they take. Pure."""

from collections import deque
from statistics import median
from typing import Final

POLLS: Final = 100  # what is older says nothing of today
TIMES: Final = 20  # good polls whose duration counts
SICK: Final = 2  # batteries that fail at a scanner in a row, none succeeding


class Quality:
    """How the last polls of a battery, or through a scanner, went."""

    def __init__(self) -> None:
        """Begin without a poll."""
        self._polls: deque[bool] = deque(maxlen=POLLS)
        self._seconds: deque[float] = deque(maxlen=TIMES)
        self._median: float | None = None  # asked for far more often than it changes

    def good(self, seconds: float) -> None:
        """Count a poll that gave a sample, and its duration in seconds, connecting included."""
        self._polls.append(True)
        self._seconds.append(seconds)
        self._median = median(self._seconds)

    def bad(self) -> None:
        """Count a poll that gave nothing."""
        self._polls.append(False)

    @property
    def polls(self) -> int:
        """Return how many polls are counted."""
        return len(self._polls)

    @property
    def timed(self) -> int:
        """Return how many durations are known."""
        return len(self._seconds)

    @property
    def share(self) -> float | None:
        """Return the share of good polls in %, None before the first."""
        if not self._polls:
            return None
        return round(100 * sum(self._polls) / len(self._polls), 1)

    @property
    def seconds(self) -> float | None:
        """Return the median duration of a good poll in seconds, None before the first."""
        return self._median


class Health:
    """How connecting went at each scanner: tells one that is to blame from batteries that are."""

    def __init__(self) -> None:
        """Begin without a scanner."""
        self.scanners: dict[str, Quality] = {}
        self._failing: dict[str, set[str]] = {}

    def bad(self, scanner: str, unconnected: str | None) -> None:
        """Count a poll that gave nothing; ``unconnected`` is the battery when it had no connection."""
        self.scanners.setdefault(scanner, Quality()).bad()
        if unconnected is not None:
            self._failing.setdefault(scanner, set()).add(unconnected)

    def good(self, scanner: str, seconds: float) -> set[str]:
        """Count a good poll; return the batteries that failed for the scanner's sake until now."""
        self.scanners.setdefault(scanner, Quality()).good(seconds)
        # One battery alone is no proof against the scanner, so its success is no news for the others.
        cured = self.sick(scanner)
        failing = self._failing.pop(scanner, set())
        return failing if cured else set()

    def sick(self, scanner: str) -> bool:
        """Return whether connecting lately fails for several batteries and works for none."""
        return len(self._failing.get(scanner, ())) >= SICK

    def forget(self, address: str) -> None:
        """Forget a battery."""
        for failing in self._failing.values():
            failing.discard(address)
