"""What was heard before: the same payload again.

Home Assistant hands over the merge of everything that one receiver ever heard of a device, and each
receiver has a merge of its own. So a payload comes again without having been sent again, even after
newer ones. Whole payloads are compared, because some devices send several under one counter.
"""

from collections.abc import Mapping
from typing import Final

REMEMBERED: Final = 32
_NONE: Final[Mapping[bytes, float]] = {}


class PayloadHistory:
    """The last payloads of one entry; times are seconds of any clock that runs on."""

    __slots__ = ("last", "older", "recent", "source")

    # A counter of 8 bits wraps after a few minutes in the busiest products, so an equal payload may
    # be new by then; one that another receiver brings is old for much longer. Formats without any
    # counter repeat a payload whenever the value returns.
    COUNTED: Final = (300.0, 3_600.0)
    UNCOUNTED: Final = (2.0, 10.0)

    def __init__(self) -> None:
        """Begin without any memory."""
        self.last: bytes | None = None
        # Two generations: when the recent one is full, the older one is dropped.
        self.recent: dict[bytes, float] = {}
        self.older: Mapping[bytes, float] = _NONE
        self.source = ""

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
        recent = self.recent
        if data in recent or data in self.older:
            if unique or self._is_old(data, now, source, limits):
                return False
        elif len(recent) >= REMEMBERED:
            self.older = recent
            recent = self.recent = {}
        recent[data] = now
        self.last = data
        self.source = source
        return True

    def forget(self, data: bytes) -> None:
        """Forget a payload that was refused: replays must not push out what was heard."""
        self.recent.pop(data, None)

    def _is_old(
        self, data: bytes, now: float, source: str, limits: tuple[float, float]
    ) -> bool:
        seen = self.recent.get(data)
        age = now - (self.older[data] if seen is None else seen)
        return age < limits[source != self.source]
