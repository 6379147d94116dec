"""What the user may set for a sensor: the rows of its form, and what is read of them from its entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

from homeassistant.const import PERCENTAGE, UnitOfTemperature, UnitOfTime

from ..options import Bounds, Option, schema
from ..proto.active.spec import Function
from ..proto.mibeacon.spec import ProductKind
from ..proto.model.derived import CARE
from ..proto.model.fields import Field, Limits
from ..proto.model.smoothing import Shaper, Smoother, Smoothing

_MINUTE: Final = 60.0
_FINE: Final = frozenset(field for field in Field if field.quantity.small(1))
BY_NAME: Final = "by_name"


class About(NamedTuple):
    """What a sensor reports, and what it can do over a connection."""

    fields: frozenset[str]
    functions: frozenset[Function]


class Hold(NamedTuple):
    """In what the time is set after which a state ends by itself."""

    unit: UnitOfTime
    seconds: float  # in one of the unit
    longest: int  # in the unit

    def option(self, held: Field) -> Option:
        """Return the option of a state; left empty, its time is that of the model."""
        return Option(
            key=f"{held}_hold",
            default=None,
            bounds=Bounds(1, self.longest),
            unit=self.unit,
            shown=lambda about: held in about.fields,
        )


HOLDS: Final[Mapping[Field, Hold]] = {
    Field.MOTION: Hold(UnitOfTime.SECONDS, 1.0, 3600),
    Field.KNOCK_ON_THE_DOOR: Hold(UnitOfTime.SECONDS, 1.0, 3600),
    Field.FINGERPRINT: Hold(UnitOfTime.SECONDS, 1.0, 3600),
    Field.TOOTHBRUSH: Hold(UnitOfTime.MINUTES, _MINUTE, 60),
    Field.BATTERY_LOW: Hold(UnitOfTime.DAYS, 86_400.0, 60),
}
_HOLDS: Final = {held: row.option(held) for held, row in HOLDS.items()}


class Shaped(NamedTuple):
    """How a field that restless air moves may be shaped; offset either way and dead-band at most."""

    unit: str
    offset: float
    dead_band: float
    digits: int  # that are kept


SHAPED: Final[Mapping[Field, Shaped]] = {
    Field.TEMPERATURE: Shaped(UnitOfTemperature.CELSIUS, 10, 5, 2),
    Field.HUMIDITY: Shaped(PERCENTAGE, 20, 10, 2),
}


_STEP: Final = 0.1


def _shaping(name: str, shaped: Field, bounds: Bounds, default: int | None) -> Option:
    return Option(
        key=f"{name}_{shaped}",
        default=default,
        bounds=bounds,
        step=_STEP,
        unit=SHAPED[shaped].unit,
        shown=lambda about: shaped in about.fields,
    )


_OFFSETS: Final = {
    shaped: _shaping("offset", shaped, Bounds(-row.offset, row.offset), 0)
    for shaped, row in SHAPED.items()
}
_DEAD_BANDS: Final = {
    shaped: _shaping("dead_band", shaped, Bounds(_STEP, row.dead_band), None)
    for shaped, row in SHAPED.items()
}


def _is_shaped(about: About) -> bool:
    return not about.fields.isdisjoint(SHAPED)


TIMEOUT: Final = Option(
    key="timeout",
    default=None,
    bounds=Bounds(1, 60 * 24 * 30),
    unit=UnitOfTime.MINUTES,
)
SMOOTHING: Final = Option(
    key="smoothing",
    default=Smoothing.OFF.value,
    words=tuple(one.value for one in Smoothing),
    shown=_is_shaped,
)
WINDOW: Final = Option(
    key="smoothing_window",
    default=300,
    bounds=Bounds(10, 3600),
    unit=UnitOfTime.SECONDS,
    shown=_is_shaped,
)
# What a contact is on; Home Assistant's triggers and conditions know doors and windows.
CONTACT: Final = Option(
    key="contact",
    default=BY_NAME,
    words=(BY_NAME, Field.DOOR, Field.WINDOW, Field.GARAGE_DOOR, Field.OPENING),
    shown=lambda about: Field.OPENING in about.fields,
)
OWN: Final = "own"
WATER: Final = Option(
    key="water",
    default="normal",
    words=(*CARE, OWN),
    shown=lambda about: Field.MOISTURE in about.fields,
)
WATER_BELOW, WATER_FROM = (
    Option(
        key=key,
        default=number,
        bounds=Bounds(0, 100),
        unit=PERCENTAGE,
        shown=WATER.shown,
    )
    for key, number in zip(
        ("water_below", "water_from"), CARE[WATER.default], strict=True
    )
)
SYNC_CLOCK: Final = Option(
    key="sync_clock",
    default=False,
    shown=lambda about: about.functions & {Function.CLOCK, Function.SET_CLOCK},
)
FILL: Final = Option(
    key="fill_gaps",
    default=False,
    shown=lambda about: Function.HISTORY in about.functions,
)
EVERY_CHANGE: Final = Option(
    key="every_change", default=False, shown=lambda about: about.fields & _FINE
)
# What may be left empty; until version 1.3 of an entry zero meant that.
LEFT_EMPTY: Final = (TIMEOUT, *_HOLDS.values(), *_DEAD_BANDS.values())
# In the order of the form.
ROWS: Final = (
    TIMEOUT,
    CONTACT,
    *_HOLDS.values(),
    SMOOTHING,
    WINDOW,
    *(rows[shaped] for shaped in SHAPED for rows in (_OFFSETS, _DEAD_BANDS)),
    WATER,
    WATER_BELOW,
    WATER_FROM,
    EVERY_CHANGE,
    SYNC_CLOCK,
    FILL,
)
STORED: Final = schema(ROWS, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorOptions:
    """The options of a sensor; None leaves a time to what is learned or known of the model.

    ``timeout`` and ``window`` in seconds; ``holds`` in seconds, offsets and dead-bands by field.
    """

    timeout: float | None = None
    holds: Mapping[Field, float] = field(default_factory=dict)
    smoothing: Smoothing = Smoothing.OFF
    window: float = WINDOW.default
    offsets: Mapping[Field, float] = field(default_factory=dict)
    dead_bands: Mapping[Field, float] = field(default_factory=dict)
    contact: str = BY_NAME
    water: Limits = CARE[WATER.default]
    every_change: bool = False
    sync_clock: bool = False
    fill: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read stored options; of absent ones nothing was set."""
        return cls(
            timeout=(TIMEOUT.of(stored) or 0) * _MINUTE or None,
            holds={
                held: time * HOLDS[held].seconds
                for held, option in _HOLDS.items()
                if (time := option.of(stored))
            },
            smoothing=Smoothing(SMOOTHING.of(stored)),
            window=WINDOW.of(stored),
            offsets=_set(stored, _OFFSETS),
            dead_bands=_set(stored, _DEAD_BANDS),
            contact=CONTACT.of(stored),
            water=_limits(stored),
            every_change=EVERY_CHANGE.of(stored),
            sync_clock=SYNC_CLOCK.of(stored),
            fill=FILL.of(stored),
        )

    def contact_of(self, kind: ProductKind | None) -> Field:
        """Return what the contact of a product is on: what the user says, else what it is made for."""
        if self.contact != BY_NAME:
            return Field(self.contact)
        return Field.DOOR if kind is ProductKind.DOOR_SENSOR else Field.OPENING

    def shapers(self) -> dict[Field, Shaper]:
        """Return a shaper for each field that the options change."""
        return {
            field: Shaper(
                Smoother(self.smoothing, self.window, self.dead_bands.get(field, 0.0)),
                self.offsets.get(field, 0.0),
                row.digits,
            )
            for field, row in SHAPED.items()
            if self.smoothing is not Smoothing.OFF
            or field in self.offsets
            or field in self.dead_bands
        }


def _limits(stored: Mapping[str, Any]) -> Limits:
    """Return how moist soil is to be: as the kind of plant has it, or as the user's own numbers say."""
    if (care := WATER.of(stored)) != OWN:
        return CARE[care]
    return WATER_BELOW.of(stored), WATER_FROM.of(stored)


def _set(
    stored: Mapping[str, Any], options: Mapping[Field, Option]
) -> dict[Field, float]:
    """Return what was set of a number for each field; zero sets nothing."""
    found = {name: option.of(stored) for name, option in options.items()}
    return {name: value for name, value in found.items() if value}
