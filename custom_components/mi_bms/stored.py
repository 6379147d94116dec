"""What is stored and comes back: read through a schema, so that damage costs only what is damaged.

Stored data goes in, what of it agrees with a schema comes out, with a count of the rest. Whatever is
kept of a device has its row in ``RECORD``; what has none is not read again.
"""

from collections.abc import Mapping
from datetime import datetime
import math
from typing import Any, Final

import probatio
from probatio import All, Any as Either, ExactSequence, In, Length, Optional, Required

from homeassistant.util import dt as dt_util

from .const import (
    CONF_CELSIUS,
    CONF_CORRECTIONS,
    CONF_METER,
    CONF_NAMED,
    CONF_RESERVE,
    CONF_SWITCHING,
    CONF_WINDOW,
)
from .proto.active.codec import Unit
from .proto.active.spec import Function
from .proto.bank.absence import COMPLETE, Absence
from .proto.bank.wiring import parts_of
from .proto.bms.alarms import Alarm
from .proto.bms.battery_state import BatteryState
from .proto.bms.control import Target
from .proto.energy.day import Day
from .proto.energy.measures import TOTALS
from .proto.mibeacon.crypto import parse_key
from .proto.model.address import parse_address, parse_device
from .proto.model.errors import KeyFormatError
from .proto.model.fields import Field
from .proto.model.sample import Place
from .proto.model.torn import shallow, take_out

SETTINGS: Final = "settings"  # beside the addresses

_LARGEST: Final = 1e15
_YEARS: Final = range(2000, 2100)
_CELLS: Final = 255
_TEXT: Final = 255  # characters
# levels; what lies much deeper can be read, but never be written again
_DEEPEST: Final = 16


def number(value: object) -> float:
    """Take a finite number; a flag is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise probatio.Invalid("no number")
    if isinstance(value, float) and not math.isfinite(value):
        raise probatio.Invalid("not finite")
    return value


def moment(value: object) -> str:
    """Take a time with its zone, as it is stored."""
    found = dt_util.parse_datetime(value) if isinstance(value, str) else None
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise probatio.Invalid("no time")
    if found.year not in _YEARS:
        raise probatio.Invalid("no time of ours")
    return str(value)


def address(value: object) -> str:
    """Take an address in the one way it is written."""
    if not isinstance(value, str) or parse_address(value) != value:
        raise probatio.Invalid("no address")
    return value


def device(value: object) -> str:
    """Take an address, or the id of a bank, in the one way it is written."""
    if not isinstance(value, str) or parse_device(value) != value:
        raise probatio.Invalid("no device")
    return value


def member(value: object) -> str:
    """Take a member of a bank: the address of a battery, and the number of a pack of it or none."""
    text = value if isinstance(value, str) else ""
    try:
        found, pack = parts_of(text)
    except ValueError:
        raise probatio.Invalid("no pack") from None
    if pack is not None and not 0 < pack <= _CELLS:
        raise probatio.Invalid("no pack")
    address(found)
    return text


def key(value: object) -> str:
    """Take a key in hex; what it says is in no message."""
    try:
        parse_key(value if isinstance(value, str) else "")
    except KeyFormatError:
        raise probatio.Invalid("no key") from None
    return str(value)


def whole(schema: Any) -> Any:
    """Judge something as one: a part of it alone would mean another thing."""
    check = probatio.Schema(schema)

    def judge(value: Any) -> Any:
        try:
            return check(value)
        except probatio.Invalid:
            raise probatio.Invalid("not whole") from None

    return judge


def table(rows: Mapping[Any, Any]) -> probatio.Schema:
    """Take the rows that are known, and leave out what is not."""
    return probatio.Schema(dict(rows), extra=probatio.REMOVE_EXTRA)


def at_least(rows: Mapping[Any, Any]) -> probatio.Schema:
    """Take the rows as they must be, and whatever else there is."""
    return probatio.Schema(dict(rows), extra=probatio.ALLOW_EXTRA)


positive: Final = All(number, probatio.Range(min=0, max=_LARGEST))
finite: Final = All(number, probatio.Range(min=-_LARGEST, max=_LARGEST))
_count: Final = All(int, positive)
unix: Final = All(number, probatio.Range(min=0, max=4_102_444_800))
flag: Final = probatio.Schema(bool)
word: Final = All(str, Length(max=_TEXT))
_code: Final = All(int, number, probatio.Range(min=-(1 << 63), max=(1 << 64) - 1))
_LEARNED: Final = whole(ExactSequence([positive, _count]))


def _value(field: Field) -> Any:
    if field.quantity.flag:
        return flag
    if field is Field.BATTERY_STATE:
        return In({*BatteryState})
    if field is Field.COMPLETENESS:
        return In({COMPLETE, *Absence})
    if field is Field.BALANCER:
        return Either(flag, _code)
    return _code if field is Field.PROBLEM_CODE else finite


_PARTS: Final[dict[Any, Any]] = {
    Optional("values"): table(
        {Optional(field.value): _value(field) for field in Field}
    ),
    Optional("cells"): whole(All([Either(None, finite)], Length(max=_CELLS))),
    Optional("probes"): whole(
        All(
            [ExactSequence([Either(None, finite), In(set(Place))])],
            Length(max=_CELLS),
        )
    ),
    Optional("alarms"): [word],
    Optional("counters"): table({Optional(one.value): _count for one in Alarm}),
}
_PACK: Final = table({**_PARTS, Optional("packs"): []})

_SENSOR: Final[dict[Any, Any]] = {
    Optional("longest"): positive,
    Optional("silences"): _count,
    Optional("guarded"): flag,
    Optional("seen_at"): Either("", moment),
    Optional("given"): [word],
    # The decoder judges it.
    Optional("trust"): dict,
    Optional("clear_refused"): flag,
    Optional("ends"): table({Optional(field.value): moment for field in Field}),
    Optional("active"): table(
        {
            Optional("unit"): Either(None, In(set(Unit))),
            Optional("firmware"): Either(None, word),
            Optional("comfort"): Either(None, whole(ExactSequence([finite] * 4))),
            Optional("missing"): [In(set(Function))],
            Optional("due"): unix,
            Optional("set_at"): Either(None, whole(ExactSequence([unix, finite]))),
            Optional("filled"): unix,
        }
    ),
}
_READ_AS: Final = probatio.Schema(
    {
        Required("family"): str,
        Required(CONF_CORRECTIONS): dict,
        Required(CONF_CELSIUS): bool,
    }
)


def _read_as(value: object) -> Any:
    """Take how a sample was read; one of which that is not known is no battery's."""
    try:
        return _READ_AS(value)
    except probatio.Invalid:
        return {"family": ""}


_DAY: Final = probatio.Schema({Required(one): positive for one in Day.__slots__})


def _day(value: object) -> Any:
    """Take how much of a day was measured; more of it than has passed is none."""
    try:
        found = _DAY(value)
        if Day(**found).possible:
            return found
    except probatio.Invalid:
        pass
    raise probatio.Invalid("no day")


_PART: Final = Either(None, finite)
# What a meter counted, and the last point, which belongs to it.
_METER: Final = table(
    {
        Optional("totals"): table({Optional(one.value): positive for one in TOTALS}),
        Optional("last"): Either(
            None,
            whole(
                {
                    Required("wall"): unix,
                    Required("power"): finite,
                    Required("current"): finite,
                    Required("voltage"): finite,
                    Required("charge"): _PART,
                    Required("step"): positive,
                    Required("counted"): flag,
                    Required("capacity"): Either(None, positive),
                    Required("level"): _PART,
                    Required("counters"): ExactSequence([Either(None, positive)] * 4),
                    Required("factor"): finite,
                }
            ),
        ),
        Optional("day"): _day,
        Optional("efficiency"): whole(
            {
                Required("percent"): Either(None, positive),
                Required("mark"): Either(None, ExactSequence([finite] * 7)),
            }
        ),
        Optional("limit"): positive,
        Optional("aliasing"): whole(
            {
                Required("hour"): Either(None, ExactSequence([finite] * 5)),
                Required("apart"): _count,
            }
        ),
    }
)

_RETURN: Final[probatio.Schema] = probatio.Schema(
    {
        Required("target"): In(set(Target)),
        Required("at"): unix,
        **{Required(one): flag for one in ("on", "planned")},
        **{Required(one): positive for one in ("left", "minutes")},
        Optional("former"): lambda value: value and _RETURN(value),
    }
)
# What was switched for a time, when commands were written, and a password that was said in vain.
_SWITCHING: Final = table(
    {
        Optional("returns"): [whole(_RETURN)],
        Optional("commands"): [unix],
        Optional("tries"): whole(
            {
                Required("mark"): str,
                Required("count"): _count,
                Optional("proven"): str,
            }
        ),
    }
)

_BATTERY: Final[dict[Any, Any]] = {
    Optional(CONF_METER): _METER,
    Optional(CONF_SWITCHING): _SWITCHING,
    Optional("paused"): flag,
    Optional("left_until"): Either(None, moment),
    Optional("learned"): whole(
        {Required("talk"): _LEARNED, Required("naps"): _LEARNED}
    ),
    Optional("read_at"): moment,
    Optional("read_as"): _read_as,
    **_PARTS,
    Optional("packs"): whole(All([_PACK], Length(max=_CELLS))),
}

# Of a charge window: what its switches say, whether a block is its own, and the last full charge.
_WINDOW: Final = table(
    {
        Optional("on"): flag,
        Optional("holiday"): flag,
        Optional("ours"): flag,
        Optional("full_at"): Either(None, unix),
        Optional("filling"): Either(None, unix),
    }
)
# Of a bank: how it is wired, and of which batteries it is.
_BANK: Final[dict[Any, Any]] = {Optional("made_of"): whole([word])}

# What is kept of one device, sensor, battery or bank.
RECORD: Final[Mapping[Any, Any]] = {
    **_SENSOR,
    **_BATTERY,
    **_BANK,
    Optional(CONF_WINDOW): _WINDOW,
}

STATE: Final = probatio.Schema(
    {
        Optional(SETTINGS): table(
            {
                Optional(CONF_RESERVE): All(int, number, probatio.Range(min=0, max=99)),
                Optional(CONF_NAMED): {word: word},
            }
        ),
        device: table(RECORD),
    }
)


def sound(schema: probatio.Schema, data: Any) -> tuple[Any, int]:
    """Return what of ``data`` agrees with a schema, None if nothing does, and how much did not."""
    rest, wrong = shallow(data, _DEEPEST), 0
    while True:
        try:
            return schema(rest), wrong
        except probatio.MultipleInvalid as err:
            errors = err.errors
        # From behind: what is taken out of a list moves what follows it.
        for one in reversed(errors):
            wrong += 1
            if not one.path:
                return None, wrong
            take_out(rest, one.path)
