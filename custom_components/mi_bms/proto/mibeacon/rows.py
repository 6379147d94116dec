"""Rows: what the bytes of one object mean, compiled once into small functions.

A row names its fields and events and has one function for each length that the object may have.
Such a function gets the packet, where the object's data begins and the values found so far; it
adds its values and returns the events, or ``Reason.RANGE`` if it dropped an impossible value.
The caller has made sure that the packet is long enough. Numbers are little-endian.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field as default
from struct import Struct
from typing import Any, Final

from ..model.fields import Field
from ..model.reading import Event, Reason, Value
from .limits import LIMITS

type Values = dict[Field, Value]
type Events = tuple[Event, ...]
type Found = Events | Reason | None
type Decode = Callable[[bytes, int, Values], Found]
type EventTypes = Mapping[str, tuple[str, ...]]
type Read = Callable[[bytes, int], tuple[Any, ...]]

U24: Final = "u24"


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """Describe one object id: ``decode`` by data length, what it gives, and whether any product may send it."""

    decode: Mapping[int, Decode]
    fields: tuple[Field, ...] = ()
    events: EventTypes = default(default_factory=dict)
    generic: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """Hold what one code of an object stands for."""

    values: Mapping[Field, Value] = default(default_factory=dict)
    events: Events = ()


def _reader(layout: str) -> tuple[int, Read]:
    if layout == U24:
        return 3, lambda data, at: (int.from_bytes(data[at : at + 3], "little"),)
    packed = Struct(layout)
    return packed.size, packed.unpack_from


def scaled(
    field: Field, layout: str, per: int = 1, *, absent: int | None = None
) -> tuple[int, Decode]:
    """Compile a number: ``per`` units on the wire are one of the field; give its length and function."""
    size, read = _reader(layout)
    low, high = LIMITS[field]
    # Comparing like with like is quicker.
    least, most = float(low), float(high)

    def whole(data: bytes, at: int, values: Values) -> Reason | None:
        (value,) = read(data, at)
        if low <= value <= high:
            values[field] = value
            return None
        return Reason.RANGE

    def parts(data: bytes, at: int, values: Values) -> Reason | None:
        value = read(data, at)[0] / per
        if least <= value <= most:
            values[field] = value
            return None
        return Reason.RANGE

    inner = whole if per == 1 else parts
    if absent is None:
        return size, inner

    def unless_absent(data: bytes, at: int, values: Values) -> Reason | None:
        return None if read(data, at)[0] == absent else inner(data, at, values)

    return size, unless_absent


def number(
    field: Field,
    layout: str,
    per: int = 1,
    *,
    absent: int | None = None,
    generic: bool = True,
) -> ObjectSpec:
    """Describe an object that is one integer; ``absent`` is the wire value that means "none"."""
    size, decode = scaled(field, layout, per, absent=absent)
    return ObjectSpec({size: decode}, (field,), generic=generic)


def real(field: Field, digits: int = 2, *, generic: bool = True) -> ObjectSpec:
    """Describe an object that is one IEEE-754 single, rounded to ``digits``; NaN is never a value."""
    read = Struct("<f").unpack_from
    low, high = LIMITS[field]

    def decode(data: bytes, at: int, values: Values) -> Reason | None:
        (value,) = read(data, at)
        if low <= value <= high:
            values[field] = round(value, digits)
            return None
        return Reason.RANGE

    return ObjectSpec({4: decode}, (field,), generic=generic)


def pair(
    layout: str,
    first: tuple[Field, int],
    second: tuple[Field, int],
    *,
    generic: bool = True,
) -> ObjectSpec:
    """Describe two integers side by side, each with its field and divisor."""
    packed = Struct(layout)
    read = packed.unpack_from
    (field, per), (other, other_per) = first, second
    low, high = map(float, LIMITS[field])
    other_low, other_high = map(float, LIMITS[other])

    def decode(data: bytes, at: int, values: Values) -> Reason | None:
        value, other_value = read(data, at)
        value /= per
        other_value /= other_per
        found = None
        if low <= value <= high:
            values[field] = value
        else:
            found = Reason.RANGE
        if other_low <= other_value <= other_high:
            values[other] = other_value
        else:
            found = Reason.RANGE
        return found

    return ObjectSpec({packed.size: decode}, (field, other), generic=generic)


def states(
    table: Mapping[int, State],
    *,
    sizes: tuple[int, ...] = (1,),
    other: State | None = None,
    generic: bool = True,
) -> ObjectSpec:
    """Describe an object whose first byte is a code; codes not in ``table`` mean ``other`` or nothing."""
    known = [*table.values(), other] if other else list(table.values())

    def decode(data: bytes, at: int, values: Values) -> Events | None:
        state = table.get(data[at], other)
        if state is None:
            return None
        values.update(state.values)
        return state.events

    return ObjectSpec(
        dict.fromkeys(sizes, decode),
        tuple(dict.fromkeys(name for state in known for name in state.values)),
        event_types(*(event for state in known for event in state.events)),
        generic=generic,
    )


def flag(field: Field, *, inverted: bool = False, generic: bool = True) -> ObjectSpec:
    """Describe a byte that is 1 for true and 0 for false, or the other way round."""
    return states(
        {0: State({field: inverted}), 1: State({field: not inverted})}, generic=generic
    )


def above_zero(field: Field, *, generic: bool = False) -> ObjectSpec:
    """Describe a byte that is 0 for false and anything else for true."""
    return states(
        {0: State({field: False})}, other=State({field: True}), generic=generic
    )


def only_one(*fields: Field) -> ObjectSpec:
    """Describe an alarm byte: 1 sets the fields, nothing else is ever said."""
    return states({1: State(dict.fromkeys(fields, True))}, generic=False)


def happened(field: Field, *, sizes: Iterable[int] = (0, 1)) -> ObjectSpec:
    """Describe an event that sets a field, whatever its data; nothing ever clears it."""

    def decode(data: bytes, at: int, values: Values) -> None:
        values[field] = True

    return ObjectSpec(dict.fromkeys(sizes, decode), (field,))


def event_types(*events: Event) -> EventTypes:
    """Collect the types of events by their keys, in the given order."""
    found: dict[str, tuple[str, ...]] = {}
    for event in events:
        types = found.get(event.key, ())
        if event.type not in types:
            found[event.key] = (*types, event.type)
    return found


def merge_types(*tables: EventTypes) -> EventTypes:
    """Join tables of event types."""
    return event_types(
        *(
            Event(key, name)
            for table in tables
            for key, names in table.items()
            for name in names
        )
    )


def coded_events(
    key: str,
    names: tuple[str, ...],
    *,
    first: int = 0,
    sizes: tuple[int, ...] = (1,),
    generic: bool = True,
) -> ObjectSpec:
    """Describe a code that stands for an event: ``names`` count from ``first``."""
    table = {
        code: State(events=(Event(key, name),))
        for code, name in enumerate(names, first)
    }
    return states(table, sizes=sizes, generic=generic)
