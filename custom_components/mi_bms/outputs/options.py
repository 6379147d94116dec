"""What the user may set for an output: the rows of its forms, by its type, and what else an entry holds."""

from typing import Final

from probatio import Optional

from homeassistant.const import UnitOfInformation, UnitOfTime

from ..options import Bounds, Option, schema
from ..stored import device

# What stands in an entry's data.
CONF_TYPE: Final = "type"
CONF_TOPIC: Final = "topic"
CONF_PATH: Final = "path"
# Whose readings are passed on; chosen where the output is added.
CONF_DEVICES: Final = "devices"

# Types of outputs.
TASMOTA: Final = "tasmota"
BATTERY: Final = "battery"
FILE: Final = "file"


def _by_tasmota(output: str) -> bool:
    return output == TASMOTA


def _by_mqtt(output: str) -> bool:
    return output != FILE


def _in_lines(output: str) -> bool:
    return output == FILE


DIRECT: Final = Option(key="direct", default=False, shown=_by_tasmota)
PERIOD: Final = Option(
    key="period",
    default=300,
    bounds=Bounds(10, 3600),  # as Tasmota's
    unit=UnitOfTime.SECONDS,
    shown=_by_tasmota,
)
AGGREGATE: Final = Option(key="aggregate", default=True, shown=_by_tasmota)
SUMMARY: Final = Option(key="summary", default=True, shown=_by_tasmota)
OWN_NAMES: Final = Option(key="own_names", default=False, shown=_by_tasmota)
QOS: Final = Option(
    key="qos", default="1", words=("0", "1", "2"), dropdown=True, shown=_by_mqtt
)
RETAIN: Final = Option(key="retain", default=False, shown=_by_mqtt)
_MIB, _DAYS = UnitOfInformation.MEBIBYTES, UnitOfTime.DAYS
MAX_SIZE: Final = Option(
    key="max_size", default=10, bounds=Bounds(1, 1000), unit=_MIB, shown=_in_lines
)
MAX_AGE: Final = Option(
    key="max_age",
    default=7,
    bounds=Bounds(1, 3650),
    unit=_DAYS,
    blank=True,
    shown=_in_lines,
)
KEEP: Final = Option(
    key="keep", default=10, bounds=Bounds(1, 1000), blank=True, shown=_in_lines
)
BACKLOG: Final = Option(
    key="backlog", default=10_000, bounds=Bounds(1, 100_000), blank=True
)
# What comes nearest to what zero meant until version 1.3 of an entry: never, all, none.
ZERO_MEANT: Final = {MAX_AGE.key: 3650, KEEP.key: 1000, BACKLOG.key: 1}
# In the order of the forms.
ROWS: Final = (
    *(DIRECT, PERIOD, AGGREGATE, SUMMARY, OWN_NAMES),
    *(QOS, RETAIN, MAX_SIZE, MAX_AGE, KEEP, BACKLOG),
)
STORED: Final = schema(ROWS, {Optional(CONF_DEVICES): [device]})
