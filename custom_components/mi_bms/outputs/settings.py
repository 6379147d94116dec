"""What the user sets for an output."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntry

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
