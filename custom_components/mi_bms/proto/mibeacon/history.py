"""What was heard before: the same payload again, and counters that go backwards.

Home Assistant hands over the merge of everything that one receiver ever heard of a device, and each
receiver has a merge of its own. So a payload comes again without having been sent again, even after
newer ones. Whole payloads are compared, because some devices send several under one counter.
"""

from typing import Final

_REMEMBERED: Final = 32
_TAG: Final = 4
_SIBLINGS: Final = 4  # frames under one counter, besides the newest


class History:
    """Remember the last payloads of one entry; times are seconds of any clock that runs on."""

    __slots__ = ("_older", "_recent", "_source", "last")

    # A counter of 8 bits wraps after a few minutes in the busiest products, so an equal payload may
    # be new by then; one that another receiver brings is old for much longer. Formats without any
    # counter repeat a payload whenever the value returns.
    COUNTED: Final = (300.0, 3_600.0)
    UNCOUNTED: Final = (2.0, 10.0)

    def __init__(self) -> None:
        """Begin without any memory."""
        self.last: bytes | None = None
        # Two generations: when the recent one is full, the older one is dropped.
        self._recent: dict[bytes, float] = {}
        self._older: dict[bytes, float] = {}
        self._source = ""

    def is_new(
        self,
        data: bytes,
        now: float,
        source: str,
        unique: bool,
        limits: tuple[float, float] = COUNTED,
    ) -> bool:
        """Take a payload; False if it was heard before. ``unique`` payloads never come twice.

        ``limits`` are the seconds after which any other is news, from the same receiver and another.
        """
        recent = self._recent
        if data in recent or data in self._older:
            if unique or self._is_old(data, now, source, limits):
                return False
        elif len(recent) >= _REMEMBERED:
            self._older = recent
            recent = self._recent = {}
        recent[data] = now
        self.last = data
        self._source = source
        return True

    def forget(self, data: bytes) -> None:
        """Forget a payload that was refused: replays must not push out what was heard."""
        self._recent.pop(data, None)

    def _is_old(
        self, data: bytes, now: float, source: str, limits: tuple[float, float]
    ) -> bool:
        seen = self._recent.get(data)
        age = now - (self._older[data] if seen is None else seen)
        return age < limits[source != self._source]


class Sequence:
    """Judge the 32-bit counter of frames whose tag was right.

    It must not go back, except: near zero after a restart or new binding; after several frames that
    count up from a lower value (a restart of which the beginning was missed); or for good, if the
    device turns out to put random numbers there.
    """

    __slots__ = ("_doubts", "_last", "_random", "_tags", "frame", "lower", "upper")

    RESTART: Final = 512
    PATIENCE: Final = 4  # lower frames in a row, spread over …
    SPREAD: Final = 300.0  # … seconds

    def __init__(self) -> None:
        """Begin without any knowledge."""
        # The last counter in its two parts: the same upper and a higher lower one is news, so
        # nothing else needs asking then. Empty while in doubt.
        self.upper = b""
        self.lower = 0
        self._last = -1
        # The newest frame, and the tags of others under the same counter.
        self.frame = b""
        self._tags: tuple[bytes, ...] = ()
        # Lower counters since the last higher one, with their times.
        self._doubts: list[tuple[int, float]] = []
        self._random = False

    def accept(self, upper: bytes, lower: int, frame: bytes, now: float) -> bool:
        """Say whether a frame with this counter, which ends with its tag, is news.

        The same counter may come with other content. The same tag is the same content, whatever has
        become of the bits around it that the tag does not cover.
        """
        last = _sequence(self.upper, self.lower) if self.upper else self._last
        sequence = _sequence(upper, lower)
        if sequence == last:
            tags = (*self._tags, self.frame[-_TAG:])
            if frame[-_TAG:] in tags:
                return False
            self._tags = tags[-_SIBLINGS:]
        news = sequence >= last or self._random or sequence < self.RESTART <= last
        if not news and not self._reconsider(sequence, now):
            self._last = last
            self.upper = b""
            return False
        self.upper, self.lower, self.frame = upper, lower, frame
        self._doubts.clear()
        return True

    def _reconsider(self, sequence: int, now: float) -> bool:
        low = self._doubts
        low.append((sequence, now))
        if len(low) < self.PATIENCE or now - low[0][1] < self.SPREAD:
            # The first is kept for its time.
            del low[1:-_REMEMBERED]
            return False
        counters = [counter for counter, _ in low]
        self._random = counters != sorted(counters)
        return True


def _sequence(upper: bytes, lower: int) -> int:
    return int.from_bytes(upper, "little") << 8 | lower
