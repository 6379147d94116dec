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


class _Hour(NamedTuple):
    """What was counted of an hour until now: Ah, and what the battery held when it began."""

    charge: float
    capacity: float
    seconds: float = 0.0
    net: float = 0.0
    through: float = 0.0


class Aliasing:
    """Whether loads come and go faster than the battery is read, so that the samples miss them."""

    def __init__(self, stored: Mapping[str, Any] | None = None) -> None:
        """Go on from what was stored, else begin with the next point."""
        hour = (stored or {}).get("hour")
        self._hour = _Hour(*hour) if hour else None
        self._apart: int = (stored or {}).get("apart", 0)

    @property
    def aliased(self) -> bool:
        """Return whether that was so for some hours."""
        return self._apart >= HOURS_APART

    def take(self, after: Point, seconds: float, basis: Basis, moved: Moved) -> None:
        """Take what was measured until a point; a gap, or a count set anew, begins the hour again."""
        hour = self._hour
        whole = basis is Basis.MEASURED and after.counted and not after.at_end
        if hour is None or not whole or hour.capacity != after.capacity:
            self._hour = _begun(after)
            return
        self._hour = hour = hour._replace(
            seconds=hour.seconds + seconds,
            net=hour.net + moved.charge_in - moved.charge_out,
            through=hour.through + moved.charge_in + moved.charge_out,
        )
        if hour.seconds >= HOUR:
            self._compare(hour, (after.charge or 0.0) - hour.charge)
            self._hour = _begun(after)

    def _compare(self, hour: _Hour, change: float) -> None:
        apart = abs(change - hour.net)
        wrong = apart > OF_CAPACITY * hour.capacity
        wrong = wrong and apart > OF_THROUGHPUT * hour.through
        self._apart = self._apart + 1 if wrong else 0

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "hour": list(self._hour) if self._hour else None,
            "apart": self._apart,
        }


def _begun(after: Point) -> _Hour | None:
    """Return an hour that begins, None where the battery does not tell what is to be compared."""
    if not after.counted or after.at_end or not after.capacity:
        return None
    return _Hour(after.charge or 0.0, after.capacity)
