"""What was heard before: the same payload again, and counters that go backwards.

Home Assistant hands over the merge of everything that one receiver ever heard of a device, and each
receiver has a merge of its own. So a payload comes again without having been sent again, even after
newer ones. Whole payloads are compared, because some devices send several under one counter.
"""

from typing import Final

_REMEMBERED: Final = 64


class History:
    """Remember the last payloads of one entry; times are seconds of any clock that runs on."""

    __slots__ = ("_again_after", "_elsewhere_after", "_seen", "_source", "last")

    # A counter of 8 bits wraps after a few minutes in the busiest products, so an equal payload may
    # be new by then; one that another receiver brings is old for much longer. Formats without any
    # counter repeat a payload whenever the value returns.
    COUNTED: Final = (300.0, 3_600.0)
    UNCOUNTED: Final = (2.0, 60.0)

    def __init__(self, limits: tuple[float, float] = COUNTED) -> None:
        """Take after how many seconds an older payload is news, from the same receiver and another."""
        self.last = b""
        self._again_after, self._elsewhere_after = limits
        self._seen: dict[bytes, float] = {}
        self._source = ""

    def is_new(self, data: bytes, now: float, source: str, *, unique: bool) -> bool:
        """Take a payload; False if it was heard before. ``unique`` payloads never come twice."""
        seen = self._seen
        if data in seen:
            if unique or data == self.last:
                return False
            wait = (
                self._again_after if source == self._source else self._elsewhere_after
            )
            if now - seen.pop(data) < wait:
                seen[data] = now
                return False
        elif len(seen) >= _REMEMBERED:
            # The older half goes: cheaper than one for each payload.
            for old in tuple(seen)[: _REMEMBERED // 2]:
                del seen[old]
        seen[data] = now
        self.last = data
        self._source = source
        return True


class Sequence:
    """Judge the 32-bit counter of frames whose tag was right.

    It must not go back, except: near zero after a restart or new binding; after several frames that
    count up from a lower value (a restart of which the beginning was missed); or for good, if the
    device turns out to put random numbers there.
    """

    __slots__ = ("_random", "doubts", "last")

    RESTART: Final = 512
    PATIENCE: Final = 4  # lower frames in a row, spread over …
    SPREAD: Final = 300.0  # … seconds

    def __init__(self) -> None:
        """Begin without any knowledge."""
        self.last = -1
        # Lower counters since the last higher one, with their times.
        self.doubts: list[tuple[int, float]] = []
        self._random = False

    def accept(self, sequence: int, now: float) -> bool:
        """Say whether a frame with this counter is news."""
        if (
            sequence >= self.last
            or self._random
            or sequence < self.RESTART <= self.last
        ):
            self.last = sequence
            self.doubts.clear()
            return True
        return self._reconsider(sequence, now)

    def _reconsider(self, sequence: int, now: float) -> bool:
        low = self.doubts
        low.append((sequence, now))
        if len(low) < self.PATIENCE or now - low[0][1] < self.SPREAD:
            # The first is kept for its time.
            del low[1:-_REMEMBERED]
            return False
        counters = [counter for counter, _ in low]
        self._random = counters != sorted(counters)
        self.last = sequence
        low.clear()
        return True
