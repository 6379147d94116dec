"""What the user sets for an output."""

from typing import Any, Final

from probatio import All, In, Optional, Range

from homeassistant.config_entries import ConfigEntry

from ..stored import address, at_least, finite, flag, positive

CONF_TYPE: Final = "type"


CONF_TOPIC: Final = "topic"


CONF_PATH: Final = "path"


CONF_DEVICES: Final = "devices"


CONF_RETAIN: Final = "retain"


CONF_QOS: Final = "qos"


CONF_BACKLOG: Final = "backlog"


CONF_PERIOD: Final = "period"


CONF_AGGREGATE: Final = "aggregate"


CONF_SUMMARY: Final = "summary"


CONF_DIRECT: Final = "direct"


CONF_OWN_NAMES: Final = "own_names"


CONF_MAX_SIZE: Final = "max_size"


CONF_MAX_AGE: Final = "max_age"


CONF_KEEP: Final = "keep"


TASMOTA: Final = "tasmota"


BATTERY: Final = "battery"


FILE: Final = "file"


DEFAULTS: Final[dict[str, Any]] = {
    CONF_DEVICES: [],
    CONF_RETAIN: False,
    CONF_QOS: "1",
    CONF_BACKLOG: 10_000,
    CONF_PERIOD: 300,
    CONF_AGGREGATE: True,
    CONF_SUMMARY: True,
    CONF_DIRECT: False,
    CONF_OWN_NAMES: False,
    CONF_MAX_SIZE: 10,
    CONF_MAX_AGE: 7,
    CONF_KEEP: 10,
}


def settings(entry: ConfigEntry[Any]) -> dict[str, Any]:
    """Return the options of an output; what nobody set is as it usually is."""
    return DEFAULTS | dict(entry.options)


# What an entry may hold.
STORED: Final = at_least(
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
)
