"""What a product can say: whether an object is one of its own, and whether a frame makes sense."""

from typing import Final

from ..model.fields import Field
from ..model.reading import Event, Reason
from .formats import GPIO, REFLASHABLE
from .objects import look_up, reader
from .rows import ObjectSpec, Values
from .spec import DeviceSpec

HEADER: Final = 3  # id (2) and length (1) of an object


def knows(spec: DeviceSpec, object_id: int, found: ObjectSpec) -> bool:
    """Return whether a product has what an object tells; its charge any product may tell."""
    if object_id in spec.objects or not spec.events.keys().isdisjoint(found.events):
        return True
    first = next(iter(found.fields), None)
    return (
        first is Field.BATTERY
        or first in spec.fields
        or (first in GPIO and spec.model in REFLASHABLE)
    )


def sensible(spec: DeviceSpec | None, plain: bytes) -> bool:
    """Return whether objects of the product fill a frame, none of them with an impossible value."""
    values: Values = {}
    told: tuple[Event, ...] = ()
    at = 0
    while (start := at + HEADER) <= len(plain):
        at = start + plain[at + 2]
        object_id = int.from_bytes(plain[start - HEADER : start - 1], "little")
        found = look_up(object_id, spec.objects if spec else None)
        if found is None or (spec and not knows(spec, object_id, found)):
            return False
        decode = reader(found, object_id, at - start)
        said = decode(plain, start, values) if decode and at <= len(plain) else None
        if decode is None or isinstance(said, Reason):
            return False
        told += said or ()
    return at == len(plain) and bool(values or told)
