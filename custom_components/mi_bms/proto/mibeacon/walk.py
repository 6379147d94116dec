"""The objects of a MiBeacon frame: from their bytes to a reading.

The rows of a product are found by the three bytes of an object's header, and kept in its plan.
"""

from collections.abc import Mapping
from typing import Final

from ..model.fields import Field
from ..model.reading import Event, Outcome, Reading, Reason, Value
from .objects import look_up, reader
from .plan import FORMAT, HEADER, Plan, rejected
from .rows import Decode, Values
from .sensible import knows

# The plain constructor of a tuple: a reading is made for every advert.
_reading = tuple.__new__
_NOTHING_FURTHER: Final[Mapping[tuple[Field, int], Value]] = {}
_DECODED: Final = Outcome.DECODED


def walk(plan: Plan, data: bytes, at: int) -> Reading:
    """Read the objects of a frame, from ``at`` on."""
    values: Values = {}
    events: tuple[Event, ...] = ()
    reason: Reason | None = None
    rows, end, first = plan.rows, len(data), at
    while (start := at + HEADER) <= end:
        header = data[at:start]
        at = start + header[2]
        if at > end:
            break
        decode = rows.get(header) or _row(plan, header)
        if decode is not None and (found := decode(data, start, values)):
            if type(found) is tuple:
                events += found
            else:
                reason = Reason.RANGE
    if values or events:
        outcome = _DECODED
    elif data[first + 2 : first + HEADER] and first + HEADER + data[first + 2] <= end:
        outcome = Outcome.IGNORED
    else:
        return rejected(Reason.SHORT, plan)
    return _reading(
        Reading,
        (
            outcome,
            values,
            events,
            FORMAT,
            plan.model,
            plan.product_id,
            plan.encrypted,
            reason,
            _NOTHING_FURTHER,
        ),
    )


def _row(plan: Plan, header: bytes) -> Decode | None:
    spec = plan.spec
    object_id = int.from_bytes(header[:2], "little")
    found = look_up(object_id, spec.objects if spec else None)
    if found is None:
        return None
    # What a key opened may tell anything; what anybody may send only what the product has.
    if spec and not plan.sealed and not knows(spec, object_id, found):
        return None
    decode = reader(found, object_id, header[2])
    if decode is not None:
        plan.rows[header] = decode
    return decode
