"""What a device held at which moment, for a checker that looks a little later."""

from collections import deque

from .peripheral import Truth


class History:
    """Keep the values of one device for some time, one run per unchanged set.

    Times are seconds since the epoch, as Home Assistant's own.
    """

    def __init__(self, keep: float = 90.0) -> None:
        """Start empty; runs that ended more than ``keep`` seconds ago are forgotten."""
        self._keep = keep
        self._runs: deque[tuple[list[float], Truth]] = deque()

    def note(self, now: float, truth: Truth) -> None:
        """Take the values that the device holds now."""
        if self._runs and self._runs[-1][1] == truth:
            self._runs[-1][0][1] = now
        else:
            if self._runs:
                self._runs[-1][0][1] = now
            self._runs.append(([now, now], dict(truth)))
        while len(self._runs) > 1 and self._runs[0][0][1] < now - self._keep:
            self._runs.popleft()

    def since(self, moment: float) -> list[tuple[float, float, Truth]]:
        """Return the runs that had not ended before a moment: from, to, values."""
        return [
            (span[0], span[1], truth) for span, truth in self._runs if span[1] >= moment
        ]
