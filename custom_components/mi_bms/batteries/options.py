"""What the user may set for a battery: the rows of its form, and what is read of them from its entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from homeassistant.const import (
    UnitOfElectricCurrent,
    UnitOfEnergy,
    UnitOfTemperature,
    UnitOfTime,
)

from ..const import CONF_CELSIUS, CONF_CORRECTIONS, CONF_RESERVE, MAX_RELEASE
from ..options import Bounds, Given, Option, schema
from ..proto.bms.correct import Correction
from ..proto.bms.index import INDEX
from ..proto.energy.measures import Measure
from ..proto.model.fields import Field
from ..proto.model.rows import Detail, bands
from ..proto.scheduler.pace import Pace
from ..proto.scheduler.record import GRACE_INTERVALS, MIN_GRACE
from ..window.options import WINDOW_ROWS

IDLE_INTERVAL: Final = 60.0  # s between two polls of a battery that nobody uses
MAX_GRACE: Final = 86_400  # s

# Sections of the form; what stands in the second is stored without it.
STEPS: Final = "steps"
SHARING: Final = "sharing"
METERS: Final = "meters"


def _tells_no_unit(family: str) -> bool:
    entry = INDEX.get(family)
    return entry is not None and entry.either_unit


def _slowest(interval: float, *, adaptive: bool) -> float:
    return max(interval, IDLE_INTERVAL) if adaptive else interval


def _grace_now(given: Given) -> Bounds:
    """Return the bounds of the grace; with less than two intervals values would come and go."""
    slowest = _slowest(given[INTERVAL.key], adaptive=given[ADAPTIVE.key])
    return Bounds(min(2 * slowest, MAX_GRACE), MAX_GRACE)


def _step(name: Field, most: float) -> Option:
    """Return the option of a quantity's dead-band; one error names the bounds of all."""
    return Option(
        key=name.value,
        default=name.quantity.step,
        bounds=Bounds(0, most),
        step=0.001,
        unit=name.quantity.unit,
        section=STEPS,
        apart=True,
        error="steps_bounds",
    )


def _correction(
    key: str,
    default: float | None,
    bounds: Bounds,
    error: str,
    unit: str | None,
    step: float,
) -> Option:
    return Option(
        key=key,
        default=default,
        bounds=bounds,
        step=step,
        unit=unit,
        section=CONF_CORRECTIONS,
        apart=True,
        error=error,
    )


INTERVAL: Final = Option(
    key="interval",
    default=30,
    bounds=Bounds(5, 3600),
    unit=UnitOfTime.SECONDS,
    error="interval_bounds",
)
ADAPTIVE: Final = Option(key="adaptive", default=False)
RECORDING: Final = Option(
    key="recording",
    default=Detail.NORMAL.value,
    words=tuple(one.value for one in Detail),
)
CELSIUS: Final = Option(key=CONF_CELSIUS, default=False, shown=_tells_no_unit)
_STEPS: Final[Mapping[Field, Option]] = {
    Field(row.key): row
    for row in (
        _step(Field.VOLTAGE, 5),
        _step(Field.CURRENT, 50),
        _step(Field.POWER, 2000),
        _step(Field.BATTERY_LEVEL, 20),
        _step(Field.CELL_VOLTAGE, 0.5),
        _step(Field.TEMPERATURE, 10),
    )
}
GRACE: Final = Option(
    key="grace",
    default=None,
    bounds=Bounds(1, MAX_GRACE),
    unit=UnitOfTime.SECONDS,
    section=SHARING,
    error="grace_bounds",
    now=_grace_now,
)
RELEASE: Final = Option(
    key="release_minutes",
    default=10,
    bounds=Bounds(1, MAX_RELEASE),
    unit=UnitOfTime.MINUTES,
    section=SHARING,
    error="release_bounds",
)
RESERVE: Final = Option(
    key=CONF_RESERVE,
    default=1,
    # A usual proxy has no more slots.
    bounds=Bounds(0, 3),
    section=SHARING,
    error="reserve_bounds",
    kept=False,
)
INVERT: Final = Option(
    key="invert_current", default=False, section=CONF_CORRECTIONS, apart=True
)
GAIN: Final = _correction(
    "current_gain", 1, Bounds(0.1, 10), "gain_bounds", None, 0.001
)
CURRENT_BAND: Final = _correction(
    "current_dead_band",
    None,
    Bounds(0.01, 10),
    "band_bounds",
    UnitOfElectricCurrent.AMPERE,
    0.01,
)
CAPACITY: Final = _correction(
    "capacity", None, Bounds(0.1, 20_000), "capacity_bounds", "Ah", 0.1
)
TEMPERATURE_OFFSET: Final = _correction(
    "temperature_offset",
    0,
    Bounds(-20, 20),
    "offset_bounds",
    UnitOfTemperature.CELSIUS,
    0.1,
)
ESTIMATES: Final = Option(key="estimates", default=True, section=METERS, apart=True)
# What was counted elsewhere before: given once, with the battery.
STARTS: Final[Mapping[Measure, Option]] = {
    name: Option(
        key=f"start_{name}",
        default=None,
        bounds=Bounds(0, 100_000),
        step=0.001,
        unit=UnitOfEnergy.KILO_WATT_HOUR,
        section=METERS,
        apart=True,
    )
    for name in (Measure.ENERGY_CHARGED, Measure.ENERGY_DISCHARGED)
}
ALLOW_SWITCHING: Final = Option(key="allow_switching", default=False)
EXPERIMENTAL: Final = Option(key="experimental", default=False)
POWERS_HOME: Final = Option(key="powers_home", default=False)
ARM_MINUTES: Final = Option(
    key="arm_minutes",
    default=10,
    bounds=Bounds(1, 60),
    unit=UnitOfTime.MINUTES,
    error="arm_bounds",
)
FACTORY_PASSWORD: Final = Option(key="factory_password", default=False)
# In a form of their own.
SWITCHING_ROWS: Final = (
    ALLOW_SWITCHING,
    POWERS_HOME,
    FACTORY_PASSWORD,
    ARM_MINUTES,
    EXPERIMENTAL,
)
# What may be left empty; until version 1.3 of an entry zero meant that.
LEFT_EMPTY: Final = (GRACE, CAPACITY, CURRENT_BAND)
# In the order of the form.
ROWS: Final = (
    INTERVAL,
    ADAPTIVE,
    RECORDING,
    CELSIUS,
    *_STEPS.values(),
    GRACE,
    RELEASE,
    RESERVE,
    INVERT,
    GAIN,
    CURRENT_BAND,
    CAPACITY,
    TEMPERATURE_OFFSET,
    ESTIMATES,
    *STARTS.values(),
)
STORED: Final = schema((*ROWS, *SWITCHING_ROWS, *WINDOW_ROWS), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchingSettings:
    """What may be switched; ``arm_minutes`` is how long commands are accepted after somebody armed.

    ``powers_home``: Home Assistant itself runs on this battery.
    """

    allowed: bool
    experimental: bool
    powers_home: bool
    arm_minutes: float
    factory_password: bool

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return stored options; absent ones have their defaults."""
        return cls(
            allowed=ALLOW_SWITCHING.of(stored),
            experimental=EXPERIMENTAL.of(stored),
            powers_home=POWERS_HOME.of(stored),
            arm_minutes=ARM_MINUTES.of(stored),
            factory_password=FACTORY_PASSWORD.of(stored),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySettings:
    """The options of a battery: ``pace`` and ``grace`` in seconds, ``release`` in minutes.

    ``bands`` is the dead-band of each field, in its unit, for what is worth a row of the database.
    ``estimates``: what a battery counted in gaps is part of its meters, which begin with ``starts``.
    """

    pace: Pace
    adaptive: bool
    grace: float
    release: float
    bands: Mapping[Field, float]
    correction: Correction
    corrections: Mapping[str, Any]
    celsius: bool
    estimates: bool
    starts: Mapping[Measure, float]
    switching: SwitchingSettings

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return stored options; absent ones have their defaults."""
        interval, adaptive = INTERVAL.of(stored), ADAPTIVE.of(stored)
        return cls(
            pace=Pace(interval=interval, slowest=IDLE_INTERVAL),
            adaptive=adaptive,
            grace=GRACE.of(stored) or usual_grace(stored),
            release=RELEASE.of(stored),
            bands=bands_of(stored),
            correction=Correction(
                invert=INVERT.of(stored),
                gain=GAIN.of(stored),
                dead_band=CURRENT_BAND.of(stored) or 0.0,
                capacity=CAPACITY.of(stored),
                offset=TEMPERATURE_OFFSET.of(stored),
            ),
            corrections=dict(stored.get(CONF_CORRECTIONS, {})),
            celsius=CELSIUS.of(stored),
            estimates=ESTIMATES.of(stored),
            starts=starts_of(stored),
            switching=SwitchingSettings.of(stored),
        )

    def read_as(self, family: str) -> dict[str, Any]:
        """Return what the values of a battery depend on beside the battery."""
        return {
            "family": family,
            CONF_CORRECTIONS: self.corrections,
            CONF_CELSIUS: self.celsius,
        }


def starts_of(stored: Mapping[str, Any]) -> Mapping[Measure, float]:
    """Return what was counted elsewhere before, in kWh."""
    given = {name: row.of(stored) for name, row in STARTS.items()}
    return {name: value for name, value in given.items() if value is not None}


def usual_grace(stored: Mapping[str, Any]) -> float:
    """Return for how many seconds values hold where nobody has set it."""
    slowest = _slowest(INTERVAL.of(stored), adaptive=ADAPTIVE.of(stored))
    return max(GRACE_INTERVALS * slowest, MIN_GRACE)


def bands_of(
    stored: Mapping[str, Any], detail: Detail | None = None
) -> Mapping[Field, float]:
    """Return the dead-band of each field, for the detail that is stored or another one."""
    own = {name: row.set_in(stored) for name, row in _STEPS.items()}
    own = {name: step for name, step in own.items() if step is not None}
    return bands(detail or detail_of(stored), own)


def detail_of(stored: Mapping[str, Any]) -> Detail:
    """Return the recorded detail."""
    return Detail(RECORDING.of(stored))
