"""Locks and doors: fingerprint, door, lock action, bolts.

A lock's flags follow Home Assistant: true means unlocked or released. Times at the end of objects
are UTC seconds and are not used.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final

from ..model.fields import Field
from ..model.reading import Event, Value
from .limits import plausible
from .rows import Events, ObjectSpec, State, Values, states

_KEY_AND_RESULT: Final = Struct("<IB")
_ACTION: Final = Struct("<BI")

FINGERPRINT_TYPES: Final = (
    "match_successful",
    "match_failed",
    "timeout",
    "low_quality_too_light_fuzzy",
    "insufficient_area",
    "skin_is_too_dry",
    "skin_is_too_wet",
)

ACTIONS: Final[Mapping[int, tuple[str, Field, bool]]] = {
    0: ("unlock_outside_the_door", Field.LOCK, True),
    1: ("locked", Field.LOCK, False),
    2: ("turn_on_antilock", Field.ANTILOCK, False),
    3: ("release_the_antilock", Field.ANTILOCK, True),
    4: ("unlock_inside_the_door", Field.LOCK, True),
    5: ("lock_inside_the_door", Field.LOCK, False),
    6: ("turn_on_child_lock", Field.CHILDLOCK, False),
    7: ("turn_off_child_lock", Field.CHILDLOCK, True),
    8: ("lock_outside_the_door", Field.LOCK, False),
    15: ("abnormal", Field.LOCK, True),
}

METHODS: Final[Mapping[int, str]] = {
    0: "bluetooth",
    1: "password",
    2: "biometrics",
    3: "key_method",
    4: "turntable_method",
    5: "nfc_method",
    6: "one_time_password",
    7: "two_step_verification",
    8: "coercion_method",
    9: "homekit",
    10: "manual",
    11: "automatic",
    15: "abnormal",
}

FAULTS: Final[Mapping[int, str]] = {
    0xC0DE0000: "frequent_unlocking_with_incorrect_password",
    0xC0DE0001: "frequent_unlocking_with_wrong_fingerprints",
    0xC0DE0002: "operation_timeout_password_input_timeout",
    0xC0DE0003: "lock_picking",
    0xC0DE0004: "reset_button_is_pressed",
    0xC0DE0005: "the_wrong_key_is_frequently_unlocked",
    0xC0DE0006: "foreign_body_in_the_keyhole",
    0xC0DE0007: "the_key_has_not_been_taken_out",
    0xC0DE0008: "error_nfc_frequently_unlocks",
    0xC0DE0009: "timeout_is_not_locked_as_required",
    0xC0DE000A: "failure_to_unlock_frequently_in_multiple_ways",
    0xC0DE000B: "unlocking_the_face_frequently_fails",
    0xC0DE000C: "failure_to_unlock_the_vein_frequently",
    0xC0DE000D: "hijacking_alarm",
    0xC0DE000E: "unlock_inside_the_door_after_arming",
    0xC0DE000F: "palmprints_frequently_fail_to_unlock",
    0xC0DE0010: "the_safe_was_moved",
    0xC0DE1000: "the_battery_level_is_less_than_10_percent",
    0xC0DE1001: "the_battery_level_is_less_than_5_percent",
    0xC0DE1002: "the_fingerprint_sensor_is_abnormal",
    0xC0DE1003: "the_accessory_battery_is_low",
    0xC0DE1004: "mechanical_failure",
    0xC0DE1005: "the_lock_sensor_is_faulty",
}

_FAULT: Final = 0xC0DE  # in place of a kind of key

LOCK_TYPES: Final = tuple(name for name, _, _ in ACTIONS.values())
FAULT_TYPES: Final = tuple(FAULTS.values())

_OPERATORS: Final[Mapping[int, str]] = {
    0: "administrator",
    0xFFFFFFFF: "unknown operator",
    0xDEADBEEF: "invalid operator",
}
_KEY_KINDS: Final[Mapping[int, str]] = {
    0x8001: "Fingerprint key id",
    0x8002: "Password key id",
    0x8003: "Keys key id",
    0x8004: "NFC key id",
    0x8005: "Two-step verification key id",
    0x8006: "Human face key id",
    0x8007: "Finger veins key id",
    0x8008: "Palm print key id",
}


def key_name(key: int) -> str:
    """Put a lock's key id into words: the kind of key and its number."""
    if operator := _OPERATORS.get(key):
        return operator
    if key <= 0x7FFFFFFF:
        return f"Bluetooth key {key}"
    return f"{_KEY_KINDS.get(key >> 16, 'key id')} {key & 0xFFFF}"


def _fingerprint(data: bytes, at: int, values: Values) -> Events | None:
    key, result = _KEY_AND_RESULT.unpack_from(data, at)
    if result >= len(FINGERPRINT_TYPES):
        return None
    values[Field.FINGERPRINT] = result == 0
    values[Field.KEY_ID] = _OPERATORS.get(key, str(key))
    return (Event("fingerprint", FINGERPRINT_TYPES[result]),)


FINGERPRINT: Final = ObjectSpec(
    {5: _fingerprint},
    (Field.FINGERPRINT, Field.KEY_ID),
    {"fingerprint": FINGERPRINT_TYPES},
    generic=True,
)


def lock_action(*, separate: bool = False, one_time: range = range(0)) -> ObjectSpec:
    """Describe object 0x000B; ``separate`` child and anti locks, numbers of ``one_time`` passwords."""

    def decode(data: bytes, at: int, values: Values) -> Events | None:
        code, key = _ACTION.unpack_from(data, at)
        action = ACTIONS.get(code & 0x0F)
        method = METHODS.get(code >> 4)
        if action is None or method is None:
            return None
        name, field, unlocked = action
        if method == "password" and key & 0xFFFF in one_time:
            method = "one_time_password"
        values[field if separate else Field.LOCK] = unlocked
        values[Field.LOCK_METHOD] = method
        event = Event("lock", name)
        if key >> 16 != _FAULT:
            values[Field.KEY_ID] = key_name(key)
            return (event,)
        fault = FAULTS.get(key)
        return (event, Event("error", fault)) if fault else (event,)

    further = (Field.CHILDLOCK, Field.ANTILOCK) if separate else ()
    return ObjectSpec(
        {9: decode},
        (Field.LOCK, Field.LOCK_METHOD, Field.KEY_ID, *further),
        {"lock": LOCK_TYPES, "error": FAULT_TYPES},
        generic=True,
    )


DOOR: Final = states(
    {
        0: State(
            {Field.DOOR: True, Field.DOOR_STUCK: False, Field.KNOCK_ON_THE_DOOR: False}
        ),
        1: State(
            {Field.DOOR: False, Field.DOOR_LEFT_OPEN: False, Field.PRY_THE_DOOR: False}
        ),
        2: State({Field.DOOR: True, Field.DOOR_LEFT_OPEN: True}),
        3: State(
            {Field.DOOR: False, Field.KNOCK_ON_THE_DOOR: True},
            (Event("door", "knock"),),
        ),
        4: State({Field.DOOR: True, Field.PRY_THE_DOOR: True}),
        5: State({Field.DOOR: False, Field.DOOR_STUCK: True}),
    }
)

# The vendor's document says 1 = armed; the integrations in use read it the other way round, and no
# captured frame settles it: what people already have in their automations wins.
ARMED: Final = states({0: State({Field.ARMED: True}), 1: State({Field.ARMED: False})})

# One product tells with the same object that its handle was lifted from outside.
HANDLE_LIFTED: Final = states(
    {
        value: State(
            {
                Field.ARMED: not value,
                Field.LOCK: not value,
                Field.LOCK_METHOD: "manual",
            },
            (Event("lock", "lock_outside_the_door"),),
        )
        for value in (0, 1)
    },
    generic=False,
)


# One maker's lock tells with the same object no more than whether it is locked.
LOCKED_IS_1: Final = states(
    {0: State({Field.LOCK: True}), 1: State({Field.LOCK: False})}, generic=False
)


def _bolts(data: bytes, at: int, values: Values) -> None:
    # Bit 0: main bolt out; bit 3: child lock on. Both flags are true when released.
    values[Field.LOCK] = not data[at] & 0x01
    values[Field.CHILDLOCK] = not data[at] & 0x08


BOLTS: Final = ObjectSpec({1: _bolts}, (Field.LOCK, Field.CHILDLOCK))

DOOR_OPEN_IS_1: Final = states(
    {0: State({Field.DOOR: False}), 1: State({Field.DOOR: True})}, generic=False
)
DOOR_OPEN_IS_0: Final = states(
    {
        0: State({Field.DOOR: True, Field.FAULT: False}),
        1: State({Field.DOOR: False, Field.FAULT: False}),
        0xFF: State({Field.FAULT: True}),
    },
    generic=False,
)

# Locks with a published spec tell who did what in one event: key (u16), time (u32), method, action and
# side (u8 each). Neither their order nor their codes are common to all products.
SPEC_METHODS: Final[Mapping[int, str]] = {
    1: "bluetooth",
    2: "biometrics",
    3: "password",
    4: "nfc_method",
    5: "key_method",
    6: "one_time_password",
    7: "periodic_password",
    8: "coercion_method",
    9: "manual",
    10: "biometrics",
}
_HARDWARE_METHODS: Final[Mapping[int, str]] = {
    0x01: "bluetooth",
    0x02: "biometrics",  # a finger
    0x03: "password",
    0x04: "nfc_method",
    0x05: "biometrics",  # a face
    0x08: "key_method",
    0x09: "one_time_password",
    0x0A: "periodic_password",
    0x0C: "coercion_method",
    0x0F: "manual",
    0x10: "automatic",
}
_SIDES: Final[Mapping[int, str]] = {1: "inside", 2: "outside"}
# Whether it is open afterwards, and the side if the action itself tells it.
type _Action = tuple[bool, str | None]
SPEC_ACTIONS: Final[Mapping[int, _Action]] = {
    1: (False, None),
    2: (True, None),
    3: (False, None),
    4: (True, None),
}
_HARDWARE_ACTIONS: Final[Mapping[int, _Action]] = {
    1: (False, None),
    2: (True, None),
    3: (False, "outside"),
    4: (False, "inside"),
    5: (True, "inside"),
}
_SPEC_LOCK_TYPES: Final = (
    "unlock_inside_the_door",
    "unlock_outside_the_door",
    "lock_inside_the_door",
    "lock_outside_the_door",
    "locked",
)


def spec_action(
    layout: str,
    order: tuple[str, ...],
    methods: Mapping[int, str],
    actions: Mapping[int, _Action],
    ends: tuple[Field, ...] = (),
) -> ObjectSpec:
    """Describe a lock's event; ``order`` names the numbers of ``layout``: key, method, action, side.

    ``ends`` are states of which the lock only tells that they began: it cannot lock while they last.
    """
    packed = Struct(layout)

    def decode(data: bytes, at: int, values: Values) -> Events | None:
        told = dict(zip(order, packed.unpack_from(data, at), strict=True))
        action = actions.get(told["action"])
        if action is None:
            return None
        unlocked, side = action
        values[Field.LOCK] = unlocked
        if not unlocked:
            values.update(dict.fromkeys(ends, False))
        values[Field.KEY_ID] = str(told["key"])
        if name := methods.get(told["method"]):
            values[Field.LOCK_METHOD] = name
        if side := side or _SIDES.get(told["side"]):
            verb = "unlock" if unlocked else "lock"
            return (Event("lock", f"{verb}_{side}_the_door"),)
        # That it was unlocked from an unknown side has no word of its own.
        return None if unlocked else (Event("lock", "locked"),)

    return ObjectSpec(
        {packed.size: decode},
        (Field.LOCK, Field.KEY_ID, Field.LOCK_METHOD, *ends),
        {"lock": _SPEC_LOCK_TYPES},
    )


SPEC_LOCK: Final = spec_action(
    "<BHIBB", ("method", "key", "time", "side", "action"), SPEC_METHODS, SPEC_ACTIONS
)
SPEC_LOCK_09LM: Final = spec_action(
    "<HIBBB",
    ("key", "time", "action", "method", "side"),
    _HARDWARE_METHODS,
    _HARDWARE_ACTIONS,
    (Field.DOOR_LEFT_OPEN,),
)
SPEC_LOCK_E10: Final = spec_action(
    "<HBBBI",
    ("key", "method", "action", "side", "time"),
    _HARDWARE_METHODS,
    _HARDWARE_ACTIONS,
)

_SPEC_FAULTS: Final[Mapping[int, str]] = {
    1: "failure_to_unlock_frequently_in_multiple_ways",
    2: "lock_picking",
    3: "reset_button_is_pressed",
    4: "the_battery_level_is_less_than_10_percent",
    5: "the_battery_level_is_less_than_5_percent",
    6: "unlock_inside_the_door_after_arming",
}
_SPEC_LEFT_OPEN: Final = (9, 11)
SPEC_FAULT: Final = states(
    {
        code: State(events=(Event("error", fault),))
        for code, fault in _SPEC_FAULTS.items()
    }
    | dict.fromkeys(_SPEC_LEFT_OPEN, State({Field.DOOR_LEFT_OPEN: True})),
    sizes=(5,),
    generic=False,
)

_CODE_AFTER_TIME: Final = 4
_LEFT_OPEN_09LM: Final = 0x17


def _fault_09lm(data: bytes, at: int, values: Values) -> None:
    # Of this lock's codes only one is known.
    if data[at + _CODE_AFTER_TIME] == _LEFT_OPEN_09LM:
        values[Field.DOOR_LEFT_OPEN] = True


SPEC_FAULT_09LM: Final = ObjectSpec({5: _fault_09lm}, (Field.DOOR_LEFT_OPEN,))

# The low four bits; the upper ones belong to a second bolt.
_SPEC_DOOR: Final[Mapping[int, Mapping[Field, Value]]] = {
    1: {Field.LOCK: False},
    2: {Field.LOCK: True},
    3: {Field.DOOR: False, Field.DOOR_LEFT_OPEN: False},
    4: {Field.DOOR: True},
    5: {Field.DOOR: True},
    6: {Field.DOOR: True},
}
SPEC_DOOR: Final = states(
    {
        upper | code: State(values)
        for upper in (0x00, 0x10, 0x20, 0x30)
        for code, values in _SPEC_DOOR.items()
    },
    generic=False,
)
# One maker's lock tells the same with codes of its own.
SPEC_DOOR_E10: Final = states(
    {
        1: State({Field.LOCK: False, Field.DOOR_LEFT_OPEN: False}),
        2: State({Field.LOCK: True}),
        3: State({Field.DOOR_LEFT_OPEN: True}),
        4: State({Field.DOOR: True}),
    },
    generic=False,
)


def _low_at(data: bytes, at: int, values: Values) -> None:
    # The same lock warns with the charge at which it does.
    values[Field.BATTERY_LOW] = True
    if plausible(Field.BATTERY, data[at]):
        values[Field.BATTERY] = data[at]


LOW_AT_E10: Final = ObjectSpec({1: _low_at}, (Field.BATTERY_LOW, Field.BATTERY))
BOLT_R2: Final = states(
    {code: State({Field.LOCK: code >= 0x20}) for code in range(0x10, 0x30, 4)},
    generic=False,
)
