"""What is known of one product beyond the meaning of its objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field as default
from enum import StrEnum
from typing import Final, Literal, TypedDict, Unpack

from ..model.fields import Field
from ..model.reading import Value
from .objects import OBJECTS
from .rows import EventTypes, ObjectSpec, merge_types

# How long a product may be silent before it counts as lost, in seconds. Starting values only: the
# real interval of a device is learned.
OFTEN: Final = 900.0  # several values a minute
SLOW: Final = 3_600.0  # a value every ten minutes or so
HALF_DAY: Final = 46_800.0  # battery every six hours, events in between
DAY: Final = 90_000.0  # battery once a day, events in between
ON_USE: Final = 2_592_000.0  # nothing at all until somebody uses it

# How long a state may last, in seconds, that a product begins and may never end: because it says
# only that it began, or because the packet that ends it can get lost.
HOLDS: Final[Mapping[Field, float]] = {
    Field.MOTION: 180.0,  # who tells of its end does so after two minutes
    Field.KNOCK_ON_THE_DOOR: 10.0,
    Field.FINGERPRINT: 10.0,
    Field.TOOTHBRUSH: 600.0,
    Field.BATTERY_LOW: 604_800.0,
}

type Encrypted = Literal["yes", "no", "unknown"]


class ProductKind(StrEnum):
    """Describe what a product is, by the key of one plain word for it in the translations."""

    AIR_FRESHENER = "air_freshener"
    AIR_MONITOR = "air_monitor"
    AROMA_DIFFUSER = "aroma_diffuser"
    BAROMETER = "barometer"
    BODY_THERMOMETER = "body_thermometer"
    BUTTON = "button"
    CLOCK = "clock"
    CUBE = "cube"
    DIMMER = "dimmer"
    DOOR_SENSOR = "door_sensor"
    FITNESS_BAND = "fitness_band"
    FLOWER_POT = "flower_pot"
    INSECT_REPELLENT = "insect_repellent"
    KETTLE = "kettle"
    LABEL_PRINTER = "label_printer"
    LEAK_SENSOR = "leak_sensor"
    LOCK = "lock"
    MOTION_SENSOR = "motion_sensor"
    NIGHT_LIGHT = "night_light"
    OCCUPANCY_SENSOR = "occupancy_sensor"
    PET_FOUNTAIN = "pet_fountain"
    PILLOW = "pillow"
    PLANT_SENSOR = "plant_sensor"
    REMOTE = "remote"
    SAFE = "safe"
    SCALE = "scale"
    SEAT_SENSOR = "seat_sensor"
    SENSOR = "sensor"  # a product that nobody knows
    SMOKE_ALARM = "smoke_alarm"
    SWITCH = "switch"
    THERMOMETER = "thermometer"
    TIMER = "timer"
    TOOTHBRUSH = "toothbrush"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpec:
    """Describe one product.

    ``title`` is what its maker calls it, where that says more than its kind. ``known_as`` is what
    people call the model, where that is something else.
    ``encrypted`` is what stock firmware does; each frame says itself what it is. ``availability`` is
    in seconds. ``holds`` (s) are the states that end by themselves, and after how long; a product that
    never says that one has ended names a time of its own.
    ``untrusted`` fields are constants or worse in stock firmware, ``coarse`` ones jump behind the
    decimal point, ``unsteady`` ones count only when they come twice; ``doubtful`` are all three.
    ``optional`` ones mean something to few: to who has soldered a switch to the product, say.
    ``product_id`` is that of the same model in MiBeacon, for a kind whose own format has none.
    ``objects`` are the rows that differ from the common ones, ``idle`` are values implied by a frame
    without objects.
    """

    model: str
    kind: ProductKind
    title: str = ""
    known_as: str = ""
    manufacturer: str = "Xiaomi"
    encrypted: Encrypted = "unknown"
    sleepy: bool = False
    availability: float = OFTEN
    fields: tuple[Field, ...] = ()
    events: EventTypes = default(default_factory=dict)
    holds: Mapping[Field, float] = default(default_factory=lambda: HOLDS)
    untrusted: frozenset[Field] = frozenset()
    coarse: frozenset[Field] = frozenset()
    unsteady: frozenset[Field] = frozenset()
    optional: frozenset[Field] = frozenset()
    objects: Mapping[int, ObjectSpec] = default(default_factory=dict)
    idle: Mapping[Field, Value] = default(default_factory=dict)
    product_id: int | None = None
    doubtful: frozenset[Field] = default(init=False)

    def __post_init__(self) -> None:
        """Join the fields that need a second look."""
        doubtful = self.untrusted | self.coarse | self.unsteady
        object.__setattr__(self, "doubtful", doubtful)

    @property
    def buttons(self) -> tuple[str, ...]:
        """Return the event keys that are buttons."""
        return tuple(key for key in self.events if key.partition("_")[0] == "button")

    @property
    def waits(self) -> bool:
        """Return whether the product speaks when something happens, and little in between."""
        return (
            self.sleepy or self.availability >= HALF_DAY or Field.MOTION in self.fields
        )

    @property
    def held(self) -> tuple[Field, ...]:
        """Return the states of this product that end by themselves."""
        reports = {*self.fields, *self.events}
        return tuple(name for name in self.holds if name in reports)

    @property
    def short_model(self) -> str:
        """Return the one model by which people know the product."""
        return self.known_as or self.model.partition("/")[0]

    @property
    def described(self) -> str:
        """Return the maker's words for the product, the model last."""
        return f"{self.title} {self.model}".lstrip()


class _Told(TypedDict, total=False):
    """What a row may say of its product besides, as it stands in the product."""

    title: str
    known_as: str
    manufacturer: str
    sleepy: bool
    availability: float
    untrusted: frozenset[Field]
    coarse: frozenset[Field]
    unsteady: frozenset[Field]
    optional: frozenset[Field]
    product_id: int | None


def device(
    model: str,
    kind: ProductKind,
    *fields: Field,
    encrypted: Encrypted = "yes",
    sends: tuple[int, ...] = (),
    objects: Mapping[int, ObjectSpec] | None = None,
    holds: Mapping[Field, float] | None = None,
    idle: Mapping[Field, Value] | None = None,
    **told: Unpack[_Told],
) -> DeviceSpec:
    """Build a product; its events are those of its own rows and of the common objects it ``sends``."""
    own = objects or {}
    tables = [spec.events for spec in own.values()]
    tables += [OBJECTS[object_id].events for object_id in sends if object_id not in own]
    return DeviceSpec(
        model=model,
        kind=kind,
        encrypted=encrypted,
        fields=fields,
        events=merge_types(*tables),
        holds={**HOLDS, **(holds or {})},
        objects=own,
        idle=idle or {},
        **told,
    )
