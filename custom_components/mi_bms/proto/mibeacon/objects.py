"""Object ids: what each carries unless a product says otherwise.

Ids below 0x4000 mean the same for every product, where marked generic. From 0x4000 on an id is
computed from the product's published spec, ``0x4000 + service * 0x400 + (event: 0x200) + entry - 1000``,
so only the plain measurements among them may be believed of a product that is not known.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final

from ..model.fields import Field
from ..model.reading import Event, Reason
from . import body, locks
from .buttons import told
from .rows import (
    U24,
    Decode,
    Found,
    ObjectSpec,
    State,
    Values,
    above_zero,
    coded_events,
    flag,
    number,
    only_one,
    pair,
    real,
    scaled,
    states,
)

# Seconds without motion that still count as motion: products send the first such report after 3-5 s.
RECENT_MOTION: Final = 30

_U32: Final = Struct("<I")
_U16: Final = Struct("<H")


def idle_time(size: int, *, generic: bool) -> ObjectSpec:
    """Describe seconds since the last motion, a number of ``size`` bytes."""

    def decode(data: bytes, at: int, values: Values) -> Reason | None:
        seconds = int.from_bytes(data[at : at + size], "little")
        if body.keep(values, Field.IDLE_TIME, seconds):
            return Reason.RANGE
        values[Field.MOTION] = seconds <= RECENT_MOTION
        return None

    return ObjectSpec({size: decode}, (Field.MOTION, Field.IDLE_TIME), generic=generic)


def motion_with(low: int | None = None, lux: bool = False) -> ObjectSpec:
    """Describe motion with light: a flag that is true from ``low`` on, lux, or nothing that is known."""

    def decode(data: bytes, at: int, values: Values) -> Reason | None:
        light = int.from_bytes(data[at : at + 3], "little")
        values[Field.MOTION] = True
        if low is not None:
            values[Field.LIGHT] = light >= low
        return body.keep(values, Field.ILLUMINANCE, light) if lux else None

    extra = (Field.ILLUMINANCE,) if lux else (Field.LIGHT,) if low is not None else ()
    return ObjectSpec({3: decode}, (Field.MOTION, *extra), generic=True)


def _motion_lux(data: bytes, at: int, values: Values) -> Found:
    values[Field.MOTION] = True
    return LUX.decode[4](data, at, values)


def _no_motion_byte(data: bytes, at: int, values: Values) -> None:
    if data[at] <= 1:
        values[Field.MOTION] = data[at] == 0


def _no_motion_seconds(data: bytes, at: int, values: Values) -> Reason | None:
    (seconds,) = _U32.unpack_from(data, at)
    if body.keep(values, Field.IDLE_TIME, seconds):
        return Reason.RANGE
    values[Field.MOTION] = seconds == 0
    return None


def _minutes(field: Field) -> ObjectSpec:
    # One byte by the published spec; at least one sensor sends two.
    return ObjectSpec(dict((scaled(field, "<B"), scaled(field, "<H"))), (field,))


def _pairing(data: bytes, at: int, values: Values) -> tuple[Event, ...]:
    (wanted,) = _U16.unpack_from(data, at)
    return (Event("pairing", "easy_pairing", {"object_id": wanted}),)


def _gesture(data: bytes, at: int, values: Values) -> tuple[Event, ...] | None:
    code = int.from_bytes(data[at : at + 2], "little")
    return (
        (Event("gesture", GESTURES[code - 1]),) if 1 <= code <= len(GESTURES) else None
    )


LUX: Final = real(Field.ILLUMINANCE)

GESTURES: Final = ("shake", "flip_90", "flip_180", "rotate", "tap", "nudge")
DOORBELL: Final = (
    "stays",
    "passes",
    "rings",
    "message",
    "damage",
    "duress",
    "abnormal_unlock",
)
TIMER: Final = ("start", "end", "rest_start", "rest_end")

_NORMAL_SMOKE: Final = State({Field.SMOKE: False, Field.FAULT: False})
_NORMAL_GAS: Final = State({Field.GAS: False, Field.FAULT: False})
_FAULT: Final = State({Field.FAULT: True})

# 1 open, 2 closed; a closed contact is neither left open nor torn off.
CONTACT_1_OPEN: Final = states(
    {
        1: State({Field.OPENING: True}),
        2: State(
            {
                Field.OPENING: False,
                Field.DOOR_LEFT_OPEN: False,
                Field.DEVICE_FORCIBLY_REMOVED: False,
            }
        ),
    },
    generic=False,
)

# The scales of light that are no lux: 100 is bright, 0 and 1 are dark.
BRIGHT_AT_100: Final = ObjectSpec(
    {
        3: lambda data, at, values: values.__setitem__(
            Field.LIGHT, data[at : at + 3] == b"\x64\0\0"
        )
    },
    (Field.LIGHT,),
)

ASLEEP_OR_PRESS: Final = states(
    {
        0: State({Field.ASLEEP: False}),
        1: State({Field.ASLEEP: True}),
        2: State(events=(Event("button", "double_press"),)),
    },
    generic=False,
)
IN_BED_OR_PRESS: Final = states(
    {
        1: State({Field.BED_OCCUPANCY: True}),
        2: State({Field.BED_OCCUPANCY: False}),
        3: State(events=(Event("button", "double_press"),)),
    },
    generic=False,
)

OBJECTS: Final[Mapping[int, ObjectSpec]] = {
    # Events of all products
    0x0002: ObjectSpec(
        {2: _pairing}, events={"pairing": ("easy_pairing",)}, generic=True
    ),
    0x0003: states({1: State(events=(Event("motion", "motion_detected"),))}),
    0x0004: told(Event("motion", "moved_away"), sizes=(1,), generic=True),
    0x0006: locks.FINGERPRINT,
    0x0007: locks.DOOR,
    0x0008: locks.ARMED,
    0x0009: ObjectSpec({2: _gesture}, events={"gesture": GESTURES}, generic=True),
    0x000A: number(Field.TEMPERATURE, "<h", 100, absent=0),
    0x000B: locks.lock_action(),
    0x000C: flag(Field.MOISTURE_DETECTED),
    0x000D: states(
        {
            0: _NORMAL_SMOKE,
            1: State({Field.SMOKE: True}),
            2: _FAULT,
            3: State(events=(Event("smoke", "self_test"),)),
            4: State({Field.SMOKE: True}, (Event("smoke", "simulated_alarm"),)),
        }
    ),
    0x000E: states(
        {
            0: _NORMAL_GAS,
            1: State({Field.GAS: True}),
            2: _FAULT,
            3: State({Field.FAULT: True}, (Event("gas", "life_over"),)),
            4: State(events=(Event("gas", "warm_up"),)),
            5: State(events=(Event("gas", "self_test"),)),
            6: State({Field.GAS: True}, (Event("gas", "simulated_alarm"),)),
        }
    ),
    0x000F: motion_with(),
    0x0010: body.BRUSHING,
    0x0011: coded_events("doorbell", DOORBELL),
    0x0012: body.GRAMS_AND_TREND,
    # Attributes of all products
    0x1002: flag(Field.ASLEEP),
    0x1004: number(Field.TEMPERATURE, "<h", 10),
    0x1005: body.KETTLE,
    0x1006: number(Field.HUMIDITY, "<H", 10),
    0x1007: number(Field.ILLUMINANCE, U24),
    0x1008: number(Field.MOISTURE, "<B"),
    0x1009: number(Field.CONDUCTIVITY, "<H"),
    0x100A: number(Field.BATTERY, "<B"),
    0x100D: pair("<hH", (Field.TEMPERATURE, 10), (Field.HUMIDITY, 10)),
    0x1010: number(Field.FORMALDEHYDE, "<H", 100),
    0x1011: flag(Field.BOUND),
    0x1012: flag(Field.POWER),
    0x1013: number(Field.CONSUMABLE, "<B"),
    0x1014: flag(Field.MOISTURE_DETECTED),
    0x1015: states(
        {
            0: _NORMAL_SMOKE,
            1: State({Field.SMOKE: True}),
            2: State({Field.SMOKE: False, Field.FAULT: True}),
        }
    ),
    0x1016: flag(Field.GAS),
    0x1017: idle_time(4, generic=True),
    0x1018: flag(Field.LIGHT),
    0x1019: states(
        {
            0: State({Field.OPENING: True}),
            1: State({Field.OPENING: False, Field.DOOR_LEFT_OPEN: False}),
            2: State({Field.OPENING: True, Field.DOOR_LEFT_OPEN: True}),
        }
    ),
    0x101A: body.GRAMS,
    0x101B: ObjectSpec(
        {1: _no_motion_byte, 4: _no_motion_seconds},
        (Field.MOTION, Field.IDLE_TIME),
        generic=True,
    ),
    0x101C: flag(Field.BED_OCCUPANCY),
    # Attributes and events of single vendors
    0x2000: body.BODY_TEMPERATURE,
    0x2001: body.STEPS_AND_SLEEP,
    0x2002: body.VACUUM,
    0x2003: body.STEPS_AND_PULSE,
    0x20E1: number(Field.COUNT, "<I"),
    0x3000: flag(Field.FAULT),
    0x3001: flag(Field.DOCKED),
    0x3002: coded_events("timer", TIMER, generic=False),
    0x3003: body.BRUSHING_WITH_TIME,
    # Spec-coded: service 2
    0x4801: real(Field.TEMPERATURE),
    0x4802: number(Field.HUMIDITY, "<B"),
    0x4803: number(Field.BATTERY, "<B"),
    0x4805: LUX,
    0x4806: above_zero(Field.MOISTURE_DETECTED),
    0x4808: real(Field.HUMIDITY),
    0x480C: states(
        {0: State({Field.OPENING: True}), 1: State({Field.OPENING: False})},
        generic=False,
    ),
    0x4810: ASLEEP_OR_PRESS,
    0x4811: flag(Field.SNORING, generic=False),
    0x4818: idle_time(2, generic=False),
    0x483C: above_zero(Field.OCCUPANCY),
    0x483D: number(Field.PRESSURE_PRESENT_DURATION, "<I", generic=False),
    0x483E: number(Field.PRESSURE_NOT_PRESENT_DURATION, "<I", generic=False),
    0x483F: number(Field.PRESSURE_PRESENT_TIME_SET, "<I", generic=False),
    0x4840: number(Field.PRESSURE_NOT_PRESENT_TIME_SET, "<I", generic=False),
    0x484E: above_zero(Field.OCCUPANCY),
    0x484F: _minutes(Field.DURATION_CLEARED),
    0x4850: _minutes(Field.DURATION_DETECTED),
    0x4851: _minutes(Field.DURATION_DETECTED),
    0x4852: _minutes(Field.DURATION_CLEARED),
    0x487B: above_zero(Field.TOP_SPLASH),
    0x4A01: flag(Field.BATTERY_LOW, generic=False),
    0x4A08: ObjectSpec({4: _motion_lux}, (Field.MOTION, Field.ILLUMINANCE)),
    0x4A0F: only_one(Field.OPENING, Field.DEVICE_FORCIBLY_REMOVED),
    0x4A12: CONTACT_1_OPEN,
    0x4A13: states({1: State(events=(Event("button", "press"),))}, generic=False),
    0x4A1A: only_one(Field.OPENING, Field.DOOR_LEFT_OPEN),
    0x4A68: states(
        {
            0: State({Field.BOTTOM_SUBMERSION: True}),
            1: State({Field.BOTTOM_SUBMERSION: False}),
            2: State({Field.TOP_SPLASH: True}),
            3: State({Field.TOP_SPLASH: False}),
        },
        generic=False,
    ),
    # Service 3
    0x4C01: real(Field.TEMPERATURE),
    0x4C02: number(Field.HUMIDITY, "<B"),
    0x4C03: number(Field.BATTERY, "<B"),
    0x4C08: real(Field.HUMIDITY),
    0x4E01: flag(Field.BATTERY_LOW, generic=False),
    0x4E1C: told(Event("reset", "reset"), sizes=range(17)),
    # Service 4
    0x5201: flag(Field.BATTERY_LOW, generic=False),
    0x5003: number(Field.BATTERY, "<B"),
    0x5010: ASLEEP_OR_PRESS,
    0x5011: flag(Field.SNORING, generic=False),
    # Service 5
    0x5403: number(Field.BATTERY, "<B"),
    0x5422: body.CHARGING,
    0x5601: flag(Field.BATTERY_LOW, generic=False),
    # Services 6, 8, 9, 11
    0x5810: flag(Field.ASLEEP, inverted=True, generic=False),
    0x6012: number(Field.HUMIDITY, "<B", generic=False),
    0x605D: number(Field.TEMPERATURE, "<b", generic=False),
    0x6461: flag(Field.WEARING, inverted=True, generic=False),
    0x6E16: body.COMPOSITION,
}

# Entry of any service (id without the service's bits) that most products use alike.
MEASUREMENTS: Final[Mapping[int, ObjectSpec]] = {
    0x001: OBJECTS[0x4801],
    0x002: OBJECTS[0x4802],
    0x003: OBJECTS[0x4803],
    0x005: OBJECTS[0x4805],
    0x008: OBJECTS[0x4808],
}

_SPEC_CODED: Final = range(0x4000, 0x8000)
_ENTRY: Final = 0x3FF
# Old locks put the time (u32, UTC) behind any state of one byte.
_STATE: Final = 1
_STATE_AND_TIME: Final = 5


def look_up(object_id: int, own: Mapping[int, ObjectSpec] | None) -> ObjectSpec | None:
    """Find the row of an object; ``own`` are the product's rows, None for an unknown product."""
    spec = own.get(object_id) if own else None
    if spec is None:
        spec = OBJECTS.get(object_id)
        if spec is not None and own is None and not spec.generic:
            return None
    if spec is None and object_id in _SPEC_CODED:
        spec = MEASUREMENTS.get(object_id & _ENTRY)
    return spec


def reader(row: ObjectSpec, object_id: int, size: int) -> Decode | None:
    """Return the function for so many bytes; a classic state of one may be followed by its time."""
    decode = row.decode.get(size)
    if decode is None and size == _STATE_AND_TIME and object_id < _SPEC_CODED.start:
        return row.decode.get(_STATE)
    return decode
