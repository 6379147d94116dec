"""The meters of one battery or bank: points in, totals that only grow out.

Short intervals are measured: power runs evenly from one point to the next. Longer ones are gaps,
which are never drawn through; what the battery itself counted meanwhile is an estimate, and without
that they are left out. What is too long follows from the rarest pace since the first of the two
points: being read more often from now on makes no gap of what came before. What was stored goes on
in the next run: the last point belongs to it, so that the time between is accounted for once.

Pure: times come with the points; ``midnight`` is the last local one, in unix seconds.
"""

from collections.abc import Mapping
from typing import Any, Final

from .checks import Aliasing, Efficiency
from .day import Basis, Day
from .measures import TOTALS, Measure
from .point import Moved, Point, at_rest, bridged, drawn, elapsed, true_spike

SHORTEST_GAP: Final = 90.0  # s
INTERVALS: Final = 3.0
FORGOTTEN: Final = 7 * 86_400.0  # s; nobody knows what happened in a longer gap


def longest_drawn(interval: float) -> float:
    """Return up to how many seconds two points are connected, when one is due each ``interval``."""
    return max(INTERVALS * interval, SHORTEST_GAP)


class Meter:
    """Count what goes into a battery and out of it.

    ``estimates``: what is known of gaps from the battery's own counts is counted, too.
    ``dropped`` is how many points were no good, by why.
    """

    def __init__(
        self, start: Mapping[Measure, float] | None = None, *, estimates: bool = True
    ) -> None:
        """Begin with what was counted elsewhere; what is not given begins with zero."""
        self.estimates = estimates
        self.last: Point | None = None
        self.dropped: dict[str, int] = {}
        self._totals = dict.fromkeys(TOTALS, 0.0) | dict(start or {})
        # What was recorded before this run, until the time since what was stored is accounted for.
        self._floors: dict[Measure, float] | None = {}
        self._day = Day()
        self._efficiency = Efficiency()
        self._aliasing = Aliasing()
        self._odd: Point | None = None
        # Up to how many seconds a line is drawn from the last point; from the odd one, else 0.
        self._limit, self._odd_limit = SHORTEST_GAP, 0.0

    # --- taking --------------------------------------------------------------------------------

    def feed(
        self,
        point: Point,
        *,
        interval: float,
        midnight: float,
        slept: bool = False,
        bridge: Moved | None = None,
    ) -> Basis | None:
        """Take a point; return how the time since the last one was accounted for, None if it was not.

        ``interval`` is in how many seconds the next one is due, ``slept``: the battery slept since the
        last one. ``bridge`` is what flowed in a gap, for who knows it better than the point says.
        """
        newest = self._odd or self.last
        if newest and newest.mono is not None and point.mono is not None:
            if point.mono <= newest.mono:
                self._drop("order")
                return None
        odd, self._odd = self._odd, None
        if odd is not None:
            if true_spike(self.last, odd, point):
                self._go(odd, midnight, slept=slept)
                self._limit = self._odd_limit
            else:
                self._drop("spike")
                self._limit = self._longest
        self._odd_limit = 0.0
        if point.excessive and not point.like(self.last):
            # The next one tells whether that was one.
            self._odd = point
            self._odd_limit = longest_drawn(interval)
            return None
        basis = self._go(point, midnight, slept=slept, bridge=bridge)
        self._limit = longest_drawn(interval)
        return basis

    def paced(self, interval: float) -> None:
        """Take that a point is due each ``interval`` seconds from now on; one that is awaited may come later for it."""
        longest = longest_drawn(interval)
        if self._odd is None:
            self._limit = max(self._limit, longest)
        else:
            self._odd_limit = max(self._odd_limit, longest)

    @property
    def _longest(self) -> float:
        """Return up to how many seconds the time that is open now is measured."""
        return max(self._limit, self._odd_limit)

    def _drop(self, why: str) -> None:
        self.dropped[why] = self.dropped.get(why, 0) + 1

    def _go(
        self,
        after: Point,
        midnight: float,
        *,
        slept: bool,
        bridge: Moved | None = None,
    ) -> Basis | None:
        before, self.last = self.last, after
        seconds = None if before is None else elapsed(before, after)
        if before is None or seconds is None:
            self._settle()
            return None
        basis, moved = self._judge(before, after, seconds, slept=slept, bridge=bridge)
        self._count(moved, after.capacity)
        self._settle()
        self._day = self._day.after(seconds, basis, moved, after.wall, midnight)
        self._efficiency.take(after, seconds, basis, moved)
        self._aliasing.take(after, seconds, basis, moved)
        return basis

    def _judge(
        self,
        before: Point,
        after: Point,
        seconds: float,
        *,
        slept: bool,
        bridge: Moved | None,
    ) -> tuple[Basis, Moved]:
        """Return how the time between two points is accounted for, and what flowed."""
        # Across a change of what the current is multiplied with no line can be drawn.
        if seconds <= self._limit and before.factor == after.factor:
            return Basis.MEASURED, drawn(before, after, seconds)
        if slept and at_rest(before, after):
            return Basis.MEASURED, Moved()
        if not self.estimates or seconds > FORGOTTEN:
            return Basis.LEFT_OUT, Moved()
        moved = bridged(before, after, seconds) if bridge is None else bridge
        return (Basis.LEFT_OUT, Moved()) if moved is None else (Basis.ESTIMATED, moved)

    def _count(self, moved: Moved, capacity: float | None) -> None:
        grown = {
            Measure.ENERGY_CHARGED: moved.energy_in / 1000,
            Measure.ENERGY_DISCHARGED: moved.energy_out / 1000,
            Measure.CHARGE_IN: moved.charge_in,
            Measure.CHARGE_OUT: moved.charge_out,
            Measure.EQUIVALENT_FULL_CYCLES: moved.charge_out / capacity
            if capacity
            else 0.0,
        }
        for name, more in grown.items():
            self._totals[name] += more

    # --- telling -------------------------------------------------------------------------------

    def total(self, name: Measure) -> float:
        """Return a total: kWh, Ah or cycles."""
        return max(self._totals[name], (self._floors or {}).get(name, 0.0))

    @property
    def efficiency(self) -> float | None:
        """Return what came out of what was put in, in %; None until that is known."""
        return self._efficiency.percent

    @property
    def aliased(self) -> bool:
        """Return whether the battery is read too seldom for its loads."""
        return self._aliasing.aliased

    def day(
        self, mono: float, wall: float, midnight: float, *, asleep: bool = False
    ) -> Day:
        """Return today as it is now; silence that is too long to be drawn through counts already."""
        last = self.last
        if last is None:
            return self._day
        seconds = wall - last.wall if last.mono is None else mono - last.mono
        if seconds <= self._longest:
            return self._day
        basis = Basis.MEASURED if asleep else Basis.LEFT_OUT
        return self._day.after(seconds, basis, Moved(), wall, midnight)

    # --- keeping -------------------------------------------------------------------------------

    def lift(self, name: Measure, recorded: float) -> None:
        """Take the highest state that was ever recorded: a total never falls below it.

        What was stored may be older. The time since then is accounted for by the next point, and
        what of it was recorded already is not counted again.
        """
        if self._floors is None:
            self._totals[name] = max(self._totals[name], recorded)
        else:
            self._floors[name] = max(self._floors.get(name, 0.0), recorded)

    def _settle(self) -> None:
        for name, floor in (self._floors or {}).items():
            self._totals[name] = max(self._totals[name], floor)
        self._floors = None

    def state(self) -> dict[str, Any]:
        """Return all that the next run goes on from, as plain values."""
        return {
            "totals": {name.value: self._totals[name] for name in TOTALS},
            "last": self.last.to_json() if self.last else None,
            "day": self._day.to_json(),
            "efficiency": self._efficiency.to_json(),
            "aliasing": self._aliasing.to_json(),
            "limit": self._longest,
        }

    def restore(self, stored: Mapping[str, Any]) -> None:
        """Go on from what an earlier run stored and was found sound; what it lacks begins anew."""
        for name in TOTALS:
            self._totals[name] = max(
                self._totals[name], stored.get("totals", {}).get(name, 0.0)
            )
        if last := stored.get("last"):
            self.last = Point.from_json(last)
        if day := stored.get("day"):
            self._day = Day.from_json(day)
        self._efficiency = Efficiency(stored.get("efficiency"))
        self._aliasing = Aliasing(stored.get("aliasing"))
        self._limit = max(stored.get("limit", 0.0), SHORTEST_GAP)

    def cut(self) -> None:
        """Take what comes as of another battery: totals and the day go on, nothing is drawn or compared."""
        self.last = self.last.cut() if self.last else None
        self._efficiency, self._aliasing = Efficiency(), Aliasing()
