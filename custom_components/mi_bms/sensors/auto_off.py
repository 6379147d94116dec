"""States that end by themselves: the timer around them, and what of it outlives a restart."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.util import dt as dt_util

from ..proto.mibeacon.spec import HOLDS, DeviceSpec
from ..proto.model.fields import Field
from ..proto.model.holds import Holds
from ..proto.model.reading import Reading, Value
from .capture import Later
from .options import HOLDS as CHOICES

HELD: Final = frozenset(HOLDS)
_BEGINS: Final = "motion_detected"
_AT_LEAST: Final = 0.05  # s, so that a coarse clock has moved on


class AutoOff:
    """End what one sensor has begun."""

    __slots__ = (
        "_at",
        "_cancel",
        "_chosen",
        "_holds",
        "_later",
        "_publish",
        "_spec",
        "_times",
    )

    def __init__(
        self,
        chosen: Mapping[Field, float],
        kept: Mapping[str, str],
        later: Later,
        publish: Callable[[Mapping[Field, Value]], None],
    ) -> None:
        """Take the user's times (s by field), the ends a former run knew of, and how to wait and tell."""
        self._chosen = chosen
        self._later = later
        self._publish = publish
        self._spec: DeviceSpec | None = None
        self._times = {**HOLDS, **chosen} if chosen else HOLDS
        self._holds = Holds(self._times)
        self._cancel: CALLBACK_TYPE | None = None
        self._at = 0.0
        now, today = monotonic_time_coarse(), dt_util.utcnow()
        for name, text in kept.items():
            if name in HELD and (end := dt_util.parse_datetime(text)):
                left = (end - today).total_seconds()
                _, seconds, most = CHOICES[Field(name)]
                # Longer than anybody can choose: the clock was in the future.
                if left <= max(most * seconds, HOLDS[Field(name)]):
                    self._holds.ends[Field(name)] = now + left

    @property
    def kept(self) -> dict[str, str]:
        """Return when each state ends, for the next start."""
        now, today = monotonic_time_coarse(), dt_util.utcnow()
        return {
            name: (today + timedelta(seconds=end - now)).isoformat()
            for name, end in self._holds.ends.items()
        }

    def know(self, spec: DeviceSpec | None) -> None:
        """Take the times of a model; what the user chose goes before them."""
        if spec is not None and spec is not self._spec:
            self._spec = spec
            self.choose(self._chosen)

    def choose(self, chosen: Mapping[Field, float]) -> None:
        """Take other times of the user (s by field), for what begins from now on."""
        self._chosen = chosen
        usual = self._spec.holds if self._spec else HOLDS
        self._times = {**usual, **chosen} if chosen else usual
        self._holds.use(self._times)

    @callback
    def async_take(self, reading: Reading, heard_at: float) -> Reading:
        """Note what begins and ends; an advert that is heard late may tell of what is over already."""
        values = dict(reading.values)
        for event in reading.events:
            if event.key == Field.MOTION:
                values[Field.MOTION] = event.type == _BEGINS
        now = monotonic_time_coarse()
        values |= self._holds.take(values, heard_at, now)
        self._arm(now)
        return reading.with_values(values)

    @callback
    def async_start(self, shown: Callable[[Field], bool]) -> None:
        """End what ended while nobody listened; ``shown`` says whether a state is still shown as on."""
        now = monotonic_time_coarse()
        over = self._holds.ended(now)
        over |= {
            field: False
            for field in self._times
            if field not in self._holds.ends and shown(field)
        }
        if over:
            self._publish(over)
        self._arm(now)

    @callback
    def async_stop(self) -> None:
        """Stop the timer."""
        if self._cancel:
            self._cancel()
            self._cancel = None

    def _arm(self, now: float) -> None:
        # An end that was put off is found out when the timer fires: adverts are many.
        end = self._holds.next()
        if end is None or (self._cancel and end >= self._at):
            return
        self.async_stop()
        self._at = end
        self._cancel = self._later(max(end - now, _AT_LEAST), self._due)

    @callback
    def _due(self, _now: datetime) -> None:
        self._cancel = None
        now = monotonic_time_coarse()
        if over := self._holds.ended(now):
            self._publish(over)
        self._arm(now)
