"""Count the packets that were sent and not heard, by the frame counter of MiBeacon.

A device raises its counter (8 bits) with each new frame. A gap is charged to the receiver that
brought the frame after it. A large gap is no loss but a device that was away or began anew.
"""

from typing import Final

_COUNTER_AT: Final = 4
_AWAY: Final = 64  # a gap of more frames than that says nothing


class Losses:
    """Count for each receiver of one device."""

    __slots__ = (
        "_last",
        "heard",
        "lost",
    )

    def __init__(self) -> None:
        """Begin without knowing a counter."""
        self.heard: dict[str, int] = {}
        self.lost: dict[str, int] = {}
        self._last: int | None = None

    def take(self, frame: bytes, source: str) -> None:
        """Take the bytes of a MiBeacon entry, new or not, and the receiver that brought them."""
        if len(frame) <= _COUNTER_AT:
            return
        counter = frame[_COUNTER_AT]
        if counter == self._last:
            return
        heard, lost = self.heard, self.lost
        heard[source] = heard.get(source, 0) + 1
        if self._last is not None:
            gap = counter - self._last & 0xFF
            if 1 < gap <= _AWAY:
                lost[source] = lost.get(source, 0) + gap - 1
            elif gap > 0x100 - _AWAY:
                # An older packet, from a receiver that lags behind: the count goes on from the newer.
                return
        self._last = counter

    def share(self, source: str) -> float | None:
        """Return the lost share of one receiver in percent; None before anything was heard."""
        lost = self.lost.get(source, 0)
        sent = self.heard.get(source, 0) + lost
        return round(100 * lost / sent, 1) if sent else None
