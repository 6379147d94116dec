"""The types of outputs, and what the user may set for each: its place, and the rows of its form."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from probatio import Optional

from homeassistant.const import UnitOfInformation, UnitOfTime

from ..const import DOMAIN, KIND_BANK, KIND_BATTERY, KIND_SENSOR
from ..options import Bounds, Option, schema
from ..proto.publish.place import PathFault, TopicFault, path_fault, topic_fault
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


class OutputPlace(NamedTuple):
    """Where an output goes to, as a person types it; ``fault`` says which of ``faults`` it has."""

    fault: Callable[[str], StrEnum | None]
    faults: type[StrEnum]


class OutputType(NamedTuple):
    """A type of outputs: what its place is called and usually is, and whose devices it passes on."""

    place: str
    usual: str
    kinds: tuple[str, ...]


# By their keys in an entry's data; the text of a fault is called by both: ``topic_empty``.
PLACES: Final[Mapping[str, OutputPlace]] = {
    CONF_TOPIC: OutputPlace(topic_fault, TopicFault),
    CONF_PATH: OutputPlace(path_fault, PathFault),
}
_ALL: Final = (KIND_SENSOR, KIND_BATTERY, KIND_BANK)
TYPES: Final[Mapping[str, OutputType]] = {
    TASMOTA: OutputType(CONF_TOPIC, DOMAIN, (KIND_SENSOR,)),
    BATTERY: OutputType(CONF_TOPIC, "battery", (KIND_BATTERY, KIND_BANK)),
    FILE: OutputType(CONF_PATH, f"{DOMAIN}/readings.jsonl", _ALL),
}


def _by_tasmota(output: str) -> bool:
    return output == TASMOTA


def _by_mqtt(output: str) -> bool:
    return TYPES[output].place == CONF_TOPIC


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
