"""When a sensor is connected to without being asked: for a look a day, its clock, gaps in the statistics.

Pure: times are Unix seconds, because they outlive a restart; a clock that was wrong holds nothing up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from .codec import Moment

DAY: Final = 86_400.0
WEEK: Final = 7 * DAY
SPREAD: Final = 7_200.0  # s of chance on top of a day, so that a house's sensors spread
FILL_EVERY: Final = 10_800.0  # s between two looks for gaps
FIRST: Final = 1_800.0  # s after a failure; twice as long after each further one


@dataclass(slots=True, kw_only=True)
class Due:
    """The times from which each of it is due, and what is known of the last time.

    ``set_at`` is when the clock was set, and to which offset of its zone; hours before ``filled_to`` were
    compared with the sensor's memory.
    """

    not_before: float
    look: float
    fill: float
    filled_to: float = 0.0
    set_at: tuple[float, int] | None = None
    failures: int = 0

    @classmethod
    def again(cls, kept: Mapping[str, Any], now: float, rest: float) -> Self:
        """Go on with what a former run kept, after a rest of so many seconds."""
        set_at = kept.get("set_at")
        return cls(
            not_before=now + rest,
            look=kept.get("due") or now,
            fill=now,
            filled_to=kept.get("filled", 0.0),
            set_at=(set_at[0], set_at[1]) if set_at else None,
        )

    def snapshot(self) -> dict[str, Any]:
        """Return what the next run has to know, for JSON."""
        return {
            "due": self.look,
            "set_at": self.set_at and list(self.set_at),
            "filled": self.filled_to,
        }

    def rests(self, now: float) -> bool:
        """Return whether it is left alone after failures, or after a start."""
        return _waits(self.not_before, now, DAY)

    def wants_look(self, now: float) -> bool:
        """Return whether a day has passed."""
        return not _waits(self.look, now, DAY + SPREAD)

    def wants_fill(self, now: float) -> bool:
        """Return whether gaps are to be looked for again."""
        return not _waits(self.fill, now, FILL_EVERY)

    def wants_clock(self, now: Moment) -> bool:
        """Return whether a week has passed, or daylight saving has begun or ended."""
        if self.set_at is None:
            return True
        at, offset = self.set_at
        return not 0 <= now.unix - at < WEEK or now.offset != offset

    def filled_until(self, now: float) -> float:
        """Return up to when hours were compared; one that lies ahead would hide gaps for ever."""
        return self.filled_to if self.filled_to <= now else 0.0

    def looked(self, now: float, chance: float) -> None:
        """Look again in a day and a part of ``SPREAD``."""
        self.look = now + DAY + chance * SPREAD

    def failed(self, now: float) -> float:
        """Return after how many seconds it is tried again: a coin cell pays for each attempt."""
        wait = min(FIRST * 2.0**self.failures, DAY)
        self.failures += 1
        self.not_before = now + wait
        return wait


def _waits(until: float, now: float, longest: float) -> bool:
    # Longer than that was begun while the clock was wrong.
    return 0 < until - now <= longest
