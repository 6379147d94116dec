"""What an entry must hold to be set up: somebody may have spoiled it, or another version written it."""

from collections.abc import Mapping
from typing import Any, Final

import probatio
from probatio import All, Any as Either, In, Length, Optional, Range, Required

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD

from .const import (
    CONF_ADAPTIVE,
    CONF_CAPACITY,
    CONF_CELSIUS,
    CONF_CORRECTIONS,
    CONF_CURRENT_BAND,
    CONF_DEAD_BAND,
    CONF_FAMILY,
    CONF_FILL,
    CONF_GAIN,
    CONF_GRACE,
    CONF_HOLD,
    CONF_INTERVAL,
    CONF_INVERT,
    CONF_KEY,
    CONF_KEYED_AT,
    CONF_KIND,
    CONF_MODEL,
    CONF_OFFSET,
    CONF_PRODUCT,
    CONF_RELEASE,
    CONF_SMOOTHING,
    CONF_STEPS,
    CONF_SYNC_CLOCK,
    CONF_TEMPERATURE_OFFSET,
    CONF_TIMEOUT,
    CONF_WINDOW,
    KIND_BATTERY,
    KIND_OUTPUT,
    KIND_SENSOR,
)
from .outputs.settings import (
    BATTERY,
    CONF_AGGREGATE,
    CONF_BACKLOG,
    CONF_DEVICES,
    CONF_DIRECT,
    CONF_KEEP,
    CONF_MAX_AGE,
    CONF_MAX_SIZE,
    CONF_OWN_NAMES,
    CONF_PATH,
    CONF_PERIOD,
    CONF_QOS,
    CONF_RETAIN,
    CONF_SUMMARY,
    CONF_TOPIC,
    CONF_TYPE,
    FILE,
    TASMOTA,
)
from .proto.model.address import parse_address
from .proto.model.fields import Field
from .proto.model.smoothing import Smoothing
from .proto.publish.place import path_fault, topic_fault
from .stored import (
    address,
    finite,
    flag,
    key,
    positive,
    sound,
    table,
    unix,
    whole,
    word,
)

_MOST: Final = 255  # cells, probes, packs


def _open(rows: Mapping[Any, Any]) -> probatio.Schema:
    """Take the rows as they must be, and whatever else there is."""
    return probatio.Schema(dict(rows), extra=probatio.ALLOW_EXTRA)


def _place(value: Any, error: Any) -> str:
    if not isinstance(value, str) or error(value):
        raise probatio.Invalid("no place")
    return value


_COUNT: Final = All(int, finite, Range(min=0, max=_MOST))
_MAYBE: Final = Either(None, positive)
_SHOWN: Final[dict[Any, Any]] = {
    Optional("fields", default=list): [word],
    Optional("cells", default=0): _COUNT,
    Optional("probes", default=list): whole(All([word], Length(max=_MOST))),
    Optional("balancing", default=False): flag,
    Optional("counters", default=list): [word],
    Optional("info", default=dict): {str: word},
}
# What a battery has shown is learned again where it is lost.
PROFILE: Final = table(
    {
        **_SHOWN,
        Optional("packs", default=list): whole(
            All(
                [table({**_SHOWN, Optional("packs", default=list): []})],
                Length(max=_MOST),
            )
        ),
    }
)

_DATA: Final[Mapping[str, probatio.Schema]] = {
    KIND_SENSOR: _open(
        {
            Required(CONF_ADDRESS): address,
            Optional(CONF_KEY): key,
            Optional(CONF_PRODUCT): Either(
                None, All(int, finite, Range(min=0, max=0xFFFF))
            ),
            Optional(CONF_MODEL): Either(None, word),
            Optional(CONF_KEYED_AT): unix,
        }
    ),
    KIND_BATTERY: _open(
        {
            Required(CONF_ADDRESS): address,
            Required(CONF_FAMILY): word,
            Optional(CONF_PASSWORD): Either(None, str),
        }
    ),
    KIND_OUTPUT: probatio.Schema(
        Either(
            _open(
                {
                    Required(CONF_TYPE): In({TASMOTA, BATTERY}),
                    Required(CONF_TOPIC): lambda value: _place(value, topic_fault),
                }
            ),
            _open(
                {
                    Required(CONF_TYPE): FILE,
                    Required(CONF_PATH): lambda value: _place(value, path_fault),
                }
            ),
        )
    ),
}
_OPTIONS: Final[Mapping[str, probatio.Schema]] = {
    KIND_SENSOR: _open(
        {
            Optional(CONF_TIMEOUT): _MAYBE,
            Optional(CONF_SMOOTHING): In(set(Smoothing)),
            Optional(CONF_WINDOW): positive,
            Optional(CONF_SYNC_CLOCK): flag,
            Optional(CONF_FILL): flag,
            **{
                Optional(f"{prefix}_{field}"): Either(None, finite)
                for prefix in (CONF_OFFSET, CONF_DEAD_BAND)
                for field in Field
            },
            **{Optional(f"{field}_{CONF_HOLD}"): _MAYBE for field in Field},
        }
    ),
    KIND_BATTERY: _open(
        {
            Optional(CONF_INTERVAL): All(finite, Range(min=1, max=86_400)),
            Optional(CONF_ADAPTIVE): flag,
            Optional(CONF_GRACE): _MAYBE,
            Optional(CONF_RELEASE): positive,
            Optional(CONF_STEPS): {str: positive},
            Optional(CONF_CELSIUS): Either(None, flag),
            Optional(CONF_CORRECTIONS): _open(
                {
                    Optional(CONF_INVERT): flag,
                    Optional(CONF_GAIN): positive,
                    Optional(CONF_CURRENT_BAND): positive,
                    Optional(CONF_CAPACITY): _MAYBE,
                    Optional(CONF_TEMPERATURE_OFFSET): finite,
                }
            ),
        }
    ),
    KIND_OUTPUT: _open(
        {
            Optional(CONF_DEVICES): [address],
            Optional(CONF_QOS): In({"0", "1", "2"}),
            Optional(CONF_BACKLOG): All(finite, Range(min=1)),
            Optional(CONF_PERIOD): All(finite, Range(min=1, max=86_400)),
            Optional(CONF_MAX_SIZE): All(finite, Range(min=0.01, max=1e6)),
            Optional(CONF_MAX_AGE): positive,
            Optional(CONF_KEEP): positive,
            **{
                Optional(name): flag
                for name in (
                    CONF_RETAIN,
                    CONF_AGGREGATE,
                    CONF_SUMMARY,
                    CONF_DIRECT,
                    CONF_OWN_NAMES,
                )
            },
        }
    ),
}


def mended(entry: ConfigEntry[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return data and options of an entry as they should be, None where the data is not what its kind needs.

    An option that is wrong is as if nobody had set it, and an address is written in one way only.
    """
    kind, data = entry.data.get(CONF_KIND), dict(entry.data)
    if not isinstance(kind, str) or kind not in _DATA:
        return None
    if isinstance(text := data.get(CONF_ADDRESS), str):
        data[CONF_ADDRESS] = parse_address(text)
    try:
        _DATA[kind](data)
    except probatio.Invalid:
        return None
    options, wrong = sound(_OPTIONS[kind], dict(entry.options))
    return data, (options if wrong else dict(entry.options))
