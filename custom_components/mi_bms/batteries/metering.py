"""The meter of one battery: samples that were believed go in, what it counted is kept and told.

Each sample is dated by when its current was measured, not by when the poll ended.
"""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.util import dt as dt_util

from ..meters import report
from ..proto.energy.day import Day
from ..proto.energy.meter import Meter
from ..proto.energy.point import Point
from ..proto.model.fields import Field
from ..proto.model.sample import BmsSample
from .options import BatterySettings

# Without them nothing can be counted.
NEEDED: Final = frozenset({Field.VOLTAGE, Field.CURRENT})


def last_midnight() -> float:
    """Return when the local day began, in unix seconds."""
    return dt_util.start_of_local_day().timestamp()


class Metering:
    """Feed the meter of one battery; ``closing``: what it shows is to be written for the last time."""

    def __init__(self, clock: Callable[[], float], settings: BatterySettings) -> None:
        """Take a clock that runs on, and what was counted elsewhere."""
        self.now = clock
        self.meter = Meter(settings.starts)
        self.closing = False
        self._slept = False
        self.follow(settings)

    def follow(self, settings: BatterySettings) -> None:
        """Count from now on as options say."""
        self.meter.estimates = settings.estimates
        self._factor = settings.correction.factor

    def take(self, sample: BmsSample, age: float, interval: float) -> None:
        """Take a sample that was believed, whose current was measured ``age`` seconds ago.

        ``interval`` is in how many seconds the next sample is due.
        """
        wall = dt_util.utcnow().timestamp() - age
        point = Point.of(sample, self.now() - age, wall, self._factor)
        if point is not None:
            self.meter.feed(
                point,
                interval=interval,
                midnight=last_midnight(),
                slept=self._slept,
            )
            self._slept = False

    def sleeps(self) -> None:
        """Note that the battery sleeps now: it has no reason to do so while current flows."""
        self._slept = True

    def today(self) -> Day:
        """Return how much of the day was measured until now."""
        return self.meter.day(
            self.now(),
            dt_util.utcnow().timestamp(),
            last_midnight(),
            asleep=self._slept,
        )

    def report(self) -> dict[str, Any]:
        """Return what diagnostics tell of it."""
        return report(self.meter, self.today())
