"""What the meters say of the battery and of themselves: its efficiency, and loads that point misses.

Pure: what was counted and the charge that the battery reports go in, a figure or a flag comes out.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from .day import Basis
from .point import HOUR, Moved, Point

LEAST_CYCLES: Final = 5.0
LEAST_TIME: Final = 14 * 86_400.0  # s
LEAST_COVERAGE: Final = 0.95
_SAME_LEVEL: Final = 1.0  # %
OF_THROUGHPUT: Final = 0.05
OF_CAPACITY: Final = 0.01
HOURS_APART: Final = 3


class _Mark(NamedTuple):
    """A state of charge to come back to, and what was counted since."""

    level: float
    charge: float
    energy_in: float = 0.0
    energy_out: float = 0.0
    cycles: float = 0.0
    elapsed: float = 0.0
    measured: float = 0.0


class Efficiency:
    """What comes out of what was put in, between two points of equal charge that are far apart."""

    def __init__(self, stored: Mapping[str, Any] | None = None) -> None:
        """Go on from what was stored."""
        self.percent: float | None = (stored or {}).get("percent")
        mark = (stored or {}).get("mark")
        self._mark = _Mark(*mark) if mark else None

    def take(self, after: Point, seconds: float, basis: Basis, moved: Moved) -> None:
        """Take what flowed until a point."""
        if self._mark is not None:
            share = moved.charge_out / after.capacity if after.capacity else 0.0
            self._mark = self._mark._replace(
                energy_in=self._mark.energy_in + moved.energy_in,
                energy_out=self._mark.energy_out + moved.energy_out,
                cycles=self._mark.cycles + share,
                elapsed=self._mark.elapsed + seconds,
                measured=self._mark.measured
                + (seconds if basis is Basis.MEASURED else 0.0),
            )
        if after.level is None or after.charge is None:
            return
        if self._mark is None:
            self._mark = _Mark(after.level, after.charge)
        elif self._closes(self._mark, after.level):
            self._tell(self._mark, after.charge, after.voltage)
            self._mark = _Mark(after.level, after.charge)

    def _closes(self, mark: _Mark, level: float) -> bool:
        far = mark.cycles >= LEAST_CYCLES or mark.elapsed >= LEAST_TIME
        return far and abs(level - mark.level) <= _SAME_LEVEL

    def _tell(self, mark: _Mark, charge: float, volts: float) -> None:
        """Tell the share; one that no battery can have is none."""
        if mark.measured < LEAST_COVERAGE * mark.elapsed or mark.energy_in <= 0:
            return
        # What is still in it was not lost.
        share = (mark.energy_out + (charge - mark.charge) * volts) / mark.energy_in
        self.percent = 100 * share if 0 < share <= 1 else None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "percent": self.percent,
            "mark": list(self._mark) if self._mark else None,
        }


class Aliasing:
    """Whether loads come and go faster than the battery is read, so that the samples miss them."""

    def __init__(self) -> None:
        """Begin with the next point."""
        self._begun: Point | None = None
        self._seconds = self._net = self._through = 0.0
        self._apart = 0
        self.aliased = False

    def take(self, after: Point, seconds: float, basis: Basis, moved: Moved) -> None:
        """Take what was measured until a point; a gap, or a count set anew, begins the hour again."""
        begun = self._begun
        whole = basis is Basis.MEASURED and after.counted and not after.at_end
        if begun is None or not whole or begun.capacity != after.capacity:
            self._begin(after)
            return
        self._seconds += seconds
        self._net += moved.charge_in - moved.charge_out
        self._through += moved.charge_in + moved.charge_out
        if self._seconds >= HOUR:
            self._compare((after.charge or 0.0) - (begun.charge or 0.0), after)
            self._begin(after)

    def _begin(self, after: Point) -> None:
        usable = after.counted and not after.at_end
        self._begun = after if usable and after.capacity else None
        self._seconds = self._net = self._through = 0.0

    def _compare(self, change: float, after: Point) -> None:
        apart = abs(change - self._net)
        wrong = apart > OF_CAPACITY * (after.capacity or 0.0)
        wrong = wrong and apart > OF_THROUGHPUT * self._through
        self._apart = self._apart + 1 if wrong else 0
        self.aliased = self._apart >= HOURS_APART
