"""How often a battery may be switched: switches wear, and an automation that swings must not swing a battery. Pure."""

from collections.abc import Iterable
from typing import Final

from .refusal import SwitchRefusal, SwitchRefused

APART: Final = 5.0  # s
HOUR: Final = 3600.0  # s
MOST: Final = 20  # in an hour


class Rate:
    """The commands to one battery within the last hour, by seconds of a clock that runs on evenly."""

    def __init__(self) -> None:
        """Begin without any."""
        self._times: list[float] = []

    def judge(self, now: float) -> None:
        """Raise ``SwitchRefused`` where another command comes too soon or is one too many."""
        times = self._lately(now)
        if len(times) >= MOST:
            minutes = (times[0] + HOUR - now) / 60
            raise SwitchRefused(
                SwitchRefusal.TOO_MANY,
                {"most": str(MOST), "minutes": str(max(1, round(minutes)))},
            )
        if self.wait(now) > 0:
            raise SwitchRefused(SwitchRefusal.TOO_SOON, {"seconds": f"{APART:g}"})

    def wait(self, now: float) -> float:
        """Return for how many seconds nothing may be written yet."""
        times = self._lately(now)
        return max(times[-1] + APART - now, 0.0) if times else 0.0

    def take(self, now: float) -> None:
        """Count a command that is written now."""
        self._times = [*self._lately(now), now]

    def _lately(self, now: float) -> list[float]:
        return [at for at in self._times if now - at < HOUR]

    def to_json(self, now: float, wall: float) -> list[float]:
        """Return what is kept, as unix times; ``wall`` is that of ``now``."""
        return [wall - (now - at) for at in self._lately(now)]

    def restore(self, stored: Iterable[float], now: float, wall: float) -> None:
        """Take what an earlier run kept; what a clock has in the future counts as now."""
        self._times = sorted(now - max(wall - at, 0.0) for at in stored)
