"""How frames go on from a counter, and how far a count can have come while nobody heard it."""

from typing import Final

from .kept import read_rate


class Tempo:
    """Measure how fast a count goes up, by its frames and a clock that runs on (s).

    ``rate`` is in counts per second. Where a device was silent for longer than ``LONGEST`` it tells nothing.
    """

    __slots__ = ("_at", "_begun", "_bottom", "rate")

    SPREAD: Final = 300.0  # s, the least time that a pace is measured over
    # By which it may be faster while it is not heard: some count faster by day than by night.
    SLACK: Final = 4.0
    LONGEST: Final = 172_800.0  # s
    AWAY: Final = 3_600.0  # s, where it is not known

    def __init__(self) -> None:
        """Begin without a count."""
        self._at: float | None = None  # when the newest frame came
        self._begun, self._bottom = 0.0, -1
        self.rate = 0.0  # counts per second

    def begin(self, counter: int, now: float) -> None:
        """Begin a count, or go on with one that was measured in a former run."""
        self._at = self._begun = now
        self._bottom = counter

    def take(self, counter: int, now: float) -> None:
        """Take a frame of the count."""
        if self._bottom < 0:
            self.begin(counter, now)
        self._at, lasted = now, now - self._begun
        if lasted >= self.SPREAD:
            self.rate = (counter - self._bottom) / lasted

    def reach(self, now: float) -> float:
        """Return how many counts may have been missed since the newest frame."""
        silent = self.AWAY if self._at is None else now - self._at
        # Of a clock that was put back, it would be less than none.
        return self.rate * silent * self.SLACK if 0 < silent <= self.LONGEST else 0.0

    def restore(self, rate: object, heard_at: float | None) -> None:
        """Go on with the rate of a former run, which heard its newest frame then."""
        self.rate, self._at = read_rate(rate), heard_at


class Run:
    """Count the frames that go on from a counter which is too low."""

    __slots__ = ("bottom", "due", "due_since", "frames", "since", "sure", "top")

    def __init__(self, counter: int, now: float) -> None:
        """Begin with the first of them."""
        self.bottom = self.top = counter
        self.since = self.due_since = now
        # ``due`` are the newest of them which the time since the newest frame explains.
        self.frames = self.sure = self.due = 0

    def note_due(self, now: float, *, due: bool) -> None:
        """Note whether a frame is due; it takes several in a row."""
        if not self.due:
            self.due_since = now
        self.due = self.due + 1 if due else 0
