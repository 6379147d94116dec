"""What the user may set for one device, read from the entry's options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from homeassistant.const import UnitOfTime

from .const import (
    CONF_ADAPTIVE,
    CONF_CAPACITY,
    CONF_CELSIUS,
    CONF_CORRECTIONS,
    CONF_CURRENT_BAND,
    CONF_DEAD_BAND,
    CONF_FILL,
    CONF_GAIN,
    CONF_GRACE,
    CONF_HOLD,
    CONF_INTERVAL,
    CONF_INVERT,
    CONF_OFFSET,
    CONF_RECORDING,
    CONF_RELEASE,
    CONF_SMOOTHING,
    CONF_STEPS,
    CONF_SYNC_CLOCK,
    CONF_TEMPERATURE_OFFSET,
    CONF_TIMEOUT,
    CONF_WINDOW,
    DEFAULT_INTERVAL,
    DEFAULT_RELEASE,
    DEFAULT_WINDOW,
    IDLE_INTERVAL,
)
from .proto.bms.correct import Correction
from .proto.link.pace import Pace
from .proto.model.availability import GRACE_INTERVALS, MIN_GRACE
from .proto.model.fields import Field
from .proto.model.reading import Value
from .proto.model.rows import STEPS, Detail, bands
from .proto.model.smoothing import Smoother, Smoothing

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


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySettings:
    """Hold the options of a battery: ``pace`` and ``grace`` in seconds, ``release`` in minutes.

    ``bands`` is the dead-band of each field, in its unit, for what is worth a row of the database.
    """

    pace: Pace
    adaptive: bool
    grace: float
    release: float
    bands: Mapping[Field, float]
    correction: Correction
    corrections: Mapping[str, Any]
    celsius: bool

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read stored options; absent ones leave everything as it is usual."""
        interval = stored.get(CONF_INTERVAL, DEFAULT_INTERVAL)
        adaptive = stored.get(CONF_ADAPTIVE, False)
        slowest = max(interval, IDLE_INTERVAL) if adaptive else interval
        return cls(
            pace=Pace(interval=interval, slowest=IDLE_INTERVAL),
            adaptive=adaptive,
            grace=stored.get(CONF_GRACE) or max(GRACE_INTERVALS * slowest, MIN_GRACE),
            release=stored.get(CONF_RELEASE, DEFAULT_RELEASE),
            bands=bands_of(stored),
            correction=_correction(stored.get(CONF_CORRECTIONS, {})),
            corrections=dict(stored.get(CONF_CORRECTIONS, {})),
            celsius=bool(stored.get(CONF_CELSIUS)),
        )


def bands_of(
    stored: Mapping[str, Any], detail: Detail | None = None
) -> Mapping[Field, float]:
    """Give the dead-band of each field, for the detail that is stored or another one."""
    steps = stored.get(CONF_STEPS, {})
    own = {name: steps[name] for name in STEPS if name in steps}
    return bands(detail or detail_of(stored), own)


def detail_of(stored: Mapping[str, Any]) -> Detail:
    """Give the recorded detail; what another version may have stored and nobody knows is everything."""
    kept = stored.get(CONF_RECORDING)
    return Detail(kept) if kept in set(Detail) else Detail.ALL


def _correction(stored: Mapping[str, Any]) -> Correction:
    return Correction(
        invert=stored.get(CONF_INVERT, False),
        gain=stored.get(CONF_GAIN, 1.0),
        dead_band=stored.get(CONF_CURRENT_BAND, 0.0),
        capacity=stored.get(CONF_CAPACITY) or None,
        offset=stored.get(CONF_TEMPERATURE_OFFSET, 0.0),
    )
