"""What the user may set for a sensor, read from the entry's options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from probatio import Any as Either, In, Optional

from homeassistant.const import UnitOfTime

from ..const import (
    CONF_DEAD_BAND,
    CONF_FILL,
    CONF_HOLD,
    CONF_OFFSET,
    CONF_SMOOTHING,
    CONF_SYNC_CLOCK,
    CONF_TIMEOUT,
    CONF_WINDOW,
    DEFAULT_WINDOW,
)
from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..proto.model.smoothing import Smoother, Smoothing
from ..stored import at_least, finite, flag, positive

type Shaper = Callable[[Value, float], Value | None]


# Fields that restless air moves, with the digits that are kept.
SHAPED: Final[Mapping[Field, int]] = {Field.TEMPERATURE: 2, Field.HUMIDITY: 2}


_MINUTE: Final = 60.0


# States that end by themselves: unit of the user's time, seconds in it, the longest.
HOLDS: Final[Mapping[Field, tuple[UnitOfTime, float, int]]] = {
    Field.MOTION: (UnitOfTime.SECONDS, 1.0, 3600),
    Field.KNOCK_ON_THE_DOOR: (UnitOfTime.SECONDS, 1.0, 3600),
    Field.FINGERPRINT: (UnitOfTime.SECONDS, 1.0, 3600),
    Field.TOOTHBRUSH: (UnitOfTime.MINUTES, _MINUTE, 60),
    Field.BATTERY_LOW: (UnitOfTime.DAYS, 86_400.0, 60),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorOptions:
    """Hold the options of a sensor; None leaves a time to what is learned or known of the model.

    ``timeout`` and ``window`` in seconds; ``holds`` in seconds, offsets and dead-bands by field.
    """

    timeout: float | None = None
    holds: Mapping[Field, float] = field(default_factory=dict)
    smoothing: Smoothing = Smoothing.OFF
    window: float = DEFAULT_WINDOW
    offsets: Mapping[Field, float] = field(default_factory=dict)
    dead_bands: Mapping[Field, float] = field(default_factory=dict)
    sync_clock: bool = False
    fill: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read stored options; absent ones and zeros mean that nothing was set."""
        minutes = stored.get(CONF_TIMEOUT)
        return cls(
            timeout=minutes * _MINUTE if minutes else None,
            holds={
                name: time * seconds
                for name, (_, seconds, _) in HOLDS.items()
                if (time := stored.get(f"{name}_{CONF_HOLD}"))
            },
            smoothing=Smoothing(stored.get(CONF_SMOOTHING, Smoothing.OFF)),
            window=stored.get(CONF_WINDOW, DEFAULT_WINDOW),
            offsets=_by_field(stored, CONF_OFFSET),
            dead_bands=_by_field(stored, CONF_DEAD_BAND),
            sync_clock=stored.get(CONF_SYNC_CLOCK, False),
            fill=stored.get(CONF_FILL, False),
        )

    def shapers(self) -> dict[Field, Shaper]:
        """Make a shaper for each field that the options change."""
        return {
            field: self._shaper(field, digits)
            for field, digits in SHAPED.items()
            if self.smoothing is not Smoothing.OFF
            or field in self.offsets
            or field in self.dead_bands
        }

    def _shaper(self, field: Field, digits: int) -> Shaper:
        offset = self.offsets.get(field, 0.0)
        smoother = Smoother(
            self.smoothing, self.window, self.dead_bands.get(field, 0.0)
        )

        def shape(value: Value, now: float) -> Value | None:
            if isinstance(value, str):
                return value
            return smoother.take(round(value + offset, digits), now, digits)

        return shape


def _by_field(stored: Mapping[str, Any], prefix: str) -> dict[Field, float]:
    found = {field: stored.get(f"{prefix}_{field}") for field in SHAPED}
    return {field: value for field, value in found.items() if value}


# What an entry may hold.
STORED: Final = at_least(
    {
        Optional(CONF_TIMEOUT): Either(None, positive),
        Optional(CONF_SMOOTHING): In(set(Smoothing)),
        Optional(CONF_WINDOW): positive,
        Optional(CONF_SYNC_CLOCK): flag,
        Optional(CONF_FILL): flag,
        **{
            Optional(f"{prefix}_{field}"): Either(None, finite)
            for prefix in (CONF_OFFSET, CONF_DEAD_BAND)
            for field in Field
        },
        **{Optional(f"{field}_{CONF_HOLD}"): Either(None, positive) for field in Field},
    }
)
