"""What the user may set for one device, read from the entry's options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from probatio import All, Any as Either, Optional, Range

from ..const import (
    CONF_ADAPTIVE,
    CONF_CAPACITY,
    CONF_CELSIUS,
    CONF_CORRECTIONS,
    CONF_CURRENT_BAND,
    CONF_GAIN,
    CONF_GRACE,
    CONF_INTERVAL,
    CONF_INVERT,
    CONF_RECORDING,
    CONF_RELEASE,
    CONF_STEPS,
    CONF_TEMPERATURE_OFFSET,
    DEFAULT_INTERVAL,
    DEFAULT_RELEASE,
    IDLE_INTERVAL,
)
from ..proto.bms.correct import Correction
from ..proto.model.fields import Field
from ..proto.model.rows import STEPS, Detail, bands
from ..proto.scheduler.pace import Pace
from ..proto.scheduler.record import GRACE_INTERVALS, MIN_GRACE
from ..stored import at_least, finite, flag, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySettings:
    """The options of a battery: ``pace`` and ``grace`` in seconds, ``release`` in minutes.

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
        """Return stored options; absent ones leave everything as it is usual."""
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

    def read_as(self, family: str) -> dict[str, Any]:
        """Return what the values of a battery depend on beside the battery."""
        return {
            "family": family,
            CONF_CORRECTIONS: self.corrections,
            CONF_CELSIUS: self.celsius,
        }


def bands_of(
    stored: Mapping[str, Any], detail: Detail | None = None
) -> Mapping[Field, float]:
    """Return the dead-band of each field, for the detail that is stored or another one."""
    steps = stored.get(CONF_STEPS, {})
    own = {name: steps[name] for name in STEPS if name in steps}
    return bands(detail or detail_of(stored), own)


def detail_of(stored: Mapping[str, Any]) -> Detail:
    """Return the recorded detail; what another version may have stored and nobody knows is everything."""
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


# What an entry may hold.
STORED: Final = at_least(
    {
        Optional(CONF_INTERVAL): All(finite, Range(min=1, max=86_400)),
        Optional(CONF_ADAPTIVE): flag,
        Optional(CONF_GRACE): Either(None, positive),
        Optional(CONF_RELEASE): positive,
        Optional(CONF_STEPS): {str: positive},
        Optional(CONF_CELSIUS): Either(None, flag),
        Optional(CONF_CORRECTIONS): at_least(
            {
                Optional(CONF_INVERT): flag,
                Optional(CONF_GAIN): positive,
                Optional(CONF_CURRENT_BAND): positive,
                Optional(CONF_CAPACITY): Either(None, positive),
                Optional(CONF_TEMPERATURE_OFFSET): finite,
            }
        ),
    }
)
