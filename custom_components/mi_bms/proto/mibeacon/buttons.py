"""Buttons, remotes, dimmers and the cube: which byte stands for which key and press.

Object 0x1001 has three bytes: button, value, kind of press. The spec-coded events 1012, 1013 and
1014 of a service are click, double click and long press, with the key's number in at most one byte.
Event keys and types follow Home Assistant's xiaomi_ble.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from ..model.reading import Event
from .rows import Events, ObjectSpec, State, Values, event_types, states

PRESS: Final = "press"
DOUBLE: Final = "double_press"
TRIPLE: Final = "triple_press"
LONG: Final = "long_press"

BUTTON_TYPES: Final = (
    PRESS,
    DOUBLE,
    TRIPLE,
    LONG,
    "long_double_press",
    "long_triple_press",
    "hold_press",
    "hold_release",
)

type Keys = tuple[str, ...]

# Kinds of press in object 0x1001.
PRESSES: Final[Mapping[int, str]] = {0: PRESS, 1: DOUBLE, 2: LONG, 3: TRIPLE}
REMOTE: Final[Mapping[int, str]] = {0: PRESS, 2: LONG, 5: PRESS, 6: LONG}
# These wall switches swap double and long.
K9B: Final[Mapping[int, str]] = {0: PRESS, 1: LONG, 2: DOUBLE}


def named(*names: str) -> Mapping[int, Keys]:
    """Return single buttons their numbers, from 0."""
    return {number: (name,) for number, name in enumerate(names)}


def press(
    keys: Mapping[int, Keys] | None, kinds: Mapping[int, str] = PRESSES
) -> ObjectSpec:
    """Describe object 0x1001 of a product; without ``keys`` every number is the one button."""
    said = {
        code: {
            number: tuple(Event(_key(name), kind) for name in names)
            for number, names in (keys or {0: _ANY}).items()
        }
        for code, kind in kinds.items()
    }

    def decode(data: bytes, at: int, values: Values) -> Events | None:
        events = said.get(data[at + 2], _NEVER)
        return events.get(0 if keys is None else data[at])

    names = dict.fromkeys(
        name for group in (keys or {0: _ANY}).values() for name in group
    )
    possible = (Event(_key(name), kind) for name in names for kind in kinds.values())
    return ObjectSpec({3: decode}, events=event_types(*possible))


def clicks(
    service: int, keys: Mapping[int, Keys] | None = None, *, name: str = ""
) -> Mapping[int, ObjectSpec]:
    """Describe click, double click and long press of a service, whose events begin at ``service``.

    Without ``keys`` the service is one button called ``name``, whatever the data.
    """
    kinds = {0x0C: PRESS, 0x0D: DOUBLE, 0x0E: LONG}
    return {service + low: _click(kind, keys, name) for low, kind in kinds.items()}


def numbered(
    service: int, count: int, *, knob: bool = False
) -> Mapping[int, ObjectSpec]:
    """Describe the clicks of a service that tell the number of the key, from 1.

    With ``knob`` the number 1 is the knob itself, and those behind the keys are its turns.
    """
    first = 2 if knob else 1
    keys = {number + first: (f"button_{number + 1}",) for number in range(count)}
    rows = {}
    for low, kind in {0x0C: PRESS, 0x0D: DOUBLE, 0x0E: LONG}.items():
        table = {
            code: State(events=(Event(*name, kind),)) for code, name in keys.items()
        }
        if knob:
            table[1] = State(events=(Event("dimmer", kind),))
        if knob and kind == PRESS:
            table |= turns(first + count)
            table |= turns(first + count + 2, "_pressed")
        rows[service + low] = states(table, generic=False)
    return rows


def turns(first: int, suffix: str = "") -> dict[int, State]:
    """Return a knob's turns to the right and to the left their codes, from ``first``."""
    return {
        code: State(events=(Event("dimmer", f"rotate_{way}{suffix}"),))
        for code, way in enumerate(("right", "left"), first)
    }


def told(
    *events: Event, sizes: Iterable[int] = (0, 1), generic: bool = False
) -> ObjectSpec:
    """Describe an object that is an event by itself, whatever its data."""

    def decode(data: bytes, at: int, values: Values) -> Events:
        return events

    types = event_types(*events)
    return ObjectSpec(dict.fromkeys(sizes, decode), events=types, generic=generic)


def _click(kind: str, keys: Mapping[int, Keys] | None, name: str) -> ObjectSpec:
    if keys is not None:
        return states(
            {
                number: State(events=tuple(Event(_key(name), kind) for name in names))
                for number, names in keys.items()
            },
            generic=False,
        )
    return told(Event(_key(name), kind))


_ANY: Final[Keys] = ("",)
_NEVER: Final[Mapping[int, Events]] = {}


def _key(name: str) -> str:
    return f"button_{name}" if name else "button"


CUBE: Final = ObjectSpec(
    states(
        {
            0: State(events=(Event("cube", "rotate_right"),)),
            1: State(events=(Event("cube", "rotate_left"),)),
        },
        sizes=(3,),
    ).decode,
    events={"cube": ("rotate_right", "rotate_left")},
)


def _dimmer(data: bytes, at: int, values: Values) -> Events | None:
    return _turned(data[at : at + 3])


@lru_cache(256)  # a knob says the same few things over and over
def _turned(said: bytes) -> Events | None:
    button, value, kind = said
    if kind == 3:
        if button == 0:
            return (Event("dimmer", "press", {"number_of_presses": value}),)
        if button == 1:
            return (Event("dimmer", "long_press", {"duration": value}),)
        return None
    if kind != 4:
        return None
    # A turn while pressed is told by the button byte, a plain one by the value byte.
    steps, suffix = (button, "_pressed") if button else (value, "")
    direction = "right" if steps <= 127 else "left"
    steps = steps if steps <= 127 else 256 - steps
    return (Event("dimmer", f"rotate_{direction}{suffix}", {"steps": steps}),)


DIMMER_TYPES: Final = (
    "press",
    "long_press",
    "rotate_left",
    "rotate_right",
    "rotate_left_pressed",
    "rotate_right_pressed",
)
DIMMER: Final = ObjectSpec({3: _dimmer}, events={"dimmer": DIMMER_TYPES})
