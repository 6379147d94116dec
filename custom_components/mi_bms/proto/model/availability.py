"""Tell a device that sleeps from one that is gone, by what is normal for it.

Pure: times are seconds of any clock that runs on. A device is gone when it has been silent for a
multiple of its longest normal silence. What is normal starts with what its model is known for and
is then learned: a longer silence that ended counts at once, shorter ones let it sink slowly.
Signs that anybody can send under its address teach nothing, and hold it for a day at most.
"""

from dataclasses import dataclass
from typing import Final, Self

MULTIPLE: Final = 4.0
ENOUGH: Final = 12  # silences heard before what was learned replaces the starting value
SINK: Final = 0.02  # how far the longest silence moves towards each shorter one
SHORTEST: Final = 180.0  # s; a receiver restarts, a proxy updates itself
LONGEST: Final = (
    2_592_000.0  # s; 30 days, after which even a remote control is worth a look
)
UNPROVEN: Final = 86_400.0  # s that signs which anybody can send count for


@dataclass(slots=True)
class Cadence:
    """Learn how long a device is silent when all is well.

    ``start`` is the model's own limit in seconds, ``fixed`` the user's, which ends all learning.
    ``waits``: it speaks when something happens, so that a busy hour tells nothing of the night.
    ``heard_at`` is the last sign that is surely its own, ``noticed_at`` the last of the others, and
    ``unsure`` how many silences between its own are still to be heard, as others were learned before.
    """

    start: float
    fixed: float | None = None
    longest: float = 0.0
    silences: int = 0
    heard_at: float | None = None
    noticed_at: float | None = None
    waits: bool = False
    unsure: int = 0

    def hear(self, now: float) -> None:
        """Take a sign of life; time that runs backwards teaches nothing."""
        if self.heard_at is not None and now > self.heard_at:
            silence = now - self.heard_at
            self.silences += 1
            if self.unsure:
                self.unsure -= 1
            if silence > self.longest:
                self.longest = silence
            else:
                self.longest += (silence - self.longest) * SINK
        self.heard_at = now

    @property
    def limit(self) -> float:
        """Return how many seconds of silence are still normal."""
        if self.fixed is not None:
            return self.fixed
        if self.silences < ENOUGH:
            return self.start
        # One long silence of a device that mostly talks must not hide a dead battery for weeks.
        least = max(self.start, SHORTEST) if self.waits else SHORTEST
        return min(max(self.longest * MULTIPLE, least), max(self.start, LONGEST))

    def notice(self, now: float) -> None:
        """Take a sign that anybody may have sent."""
        self.noticed_at = now

    def alive(self, now: float) -> bool:
        """Return whether the device still counts as there."""
        return self.left(now) > 0

    def left(self, now: float) -> float:
        """Return the seconds until the device counts as gone, if it stays silent; 0 when it is."""
        if self.heard_at is None:
            return 0.0
        limit = self.limit
        end = self.heard_at + limit
        # What speaks when something happens shows in between that it is there, in the clear. What
        # speaks all day is missed: between its own words nothing else is needed.
        if self.noticed_at is not None and (self.waits or self.unsure):
            end = max(end, min(self.noticed_at + limit, self.heard_at + UNPROVEN))
        return max(0.0, end - now)

    def learned(self) -> tuple[float, int]:
        """Return what is worth keeping for the next start."""
        return self.longest, self.silences

    @classmethod
    def again(
        cls, start: float, fixed: float | None, learned: tuple[float, int]
    ) -> Self:
        """Go on with what an earlier run has learned."""
        longest, silences = learned
        return cls(start, fixed, longest=longest, silences=silences)
