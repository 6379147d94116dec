"""When the state of a meter is worth a row of the database."""

from typing import Final

OFTEN: Final = 300.0  # s
_REFILL: Final = 310.0  # s
_MOST: Final = 8.0
_NOISE: Final = 1e-9


class Rows:
    """Decide which values of one meter are written: those that moved, and one now and then.

    A heavy load would move a meter all the time: what may be written at once is refilled slowly, so
    that it is never more than a row in five minutes over a day.
    """

    def __init__(self, step: float) -> None:
        """Take the change that is worth a row."""
        self._step = step
        self._left, self._at = _MOST, 0.0
        self._written: float | None = None
        self._written_at: float | None = None

    def worth(self, value: float | None, now: float, *, urgent: bool = False) -> bool:
        """Return whether a value is to be written at a time of any clock that runs on.

        ``urgent``: it is the last chance.
        """
        if self._written_at is None or (value is None) is not (self._written is None):
            return self._write(value, now)
        self._left = min(_MOST, self._left + (now - self._at) / _REFILL)
        self._at = now
        if urgent:
            return self._write(value, now)
        moved = abs((value or 0.0) - (self._written or 0.0)) >= self._step - _NOISE
        late = now - self._written_at >= OFTEN
        return self._left >= 1 and (moved or late) and self._write(value, now)

    def _write(self, value: float | None, now: float) -> bool:
        self._left, self._at = max(0.0, self._left - 1), now
        self._written, self._written_at = value, now
        return True
