"""The frame tables of protocols: rows and alarm bits as they stand in the code."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import partial
from importlib import import_module
from inspect import getdoc
from typing import Any, Final

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.codec import (
    Bit,
    Cells,
    Count,
    Custom,
    Flags,
    Num,
    Probes,
    Text,
)
from custom_components.mi_bms.proto.mibeacon.objects import OBJECTS

from .markdown import INTEGRATION, joined, table

PACKAGE: Final = "custom_components.mi_bms.proto.bms.dialects"
DIALECTS: Final = sorted(
    path.stem
    for path in (INTEGRATION / "proto/bms/dialects").glob("[a-z]*.py")
    # A part of a dialect is named after it, and told of in its document.
    if "_" not in path.stem
)
ROWS: Final = (Num, Bit, Flags, Cells, Probes, Text, Custom)


def frames(name: str) -> list[str]:
    """List all tables of rows and of alarm codes of a dialect."""
    module = import_module(f"{PACKAGE}.{name}")
    lines: list[str] = []
    # What is annotated is a table of its own; what is not was imported.
    for title in module.__annotations__:
        value = getattr(module, title)
        if (
            isinstance(value, tuple)
            and value
            and all(isinstance(one, ROWS) for one in value)
        ):
            head = ("Offset", "Raw", "Field", "Value")
            lines += _titled(title, table(head, map(_row, value)))
        elif isinstance(value, Mapping) and value and _is_alarms(value):
            rows = (
                (f"{code:#04x}", _words(alarm)) for code, alarm in sorted(value.items())
            )
            lines += _titled(title, table(("Bit or code", "Alarm"), rows))
        elif (
            isinstance(value, tuple)
            and value
            and all(isinstance(one, Alarm) for one in value)
        ):
            rows = ((str(bit), _words(alarm)) for bit, alarm in enumerate(value))
            lines += _titled(title, table(("Bit", "Alarm"), rows))
    return lines[:-1] or ["It has no rows of its own."]


def _is_alarms(value: Mapping[Any, Any]) -> bool:
    return all(
        isinstance(code, int) and isinstance(alarm, Alarm)
        for code, alarm in value.items()
    )


def _titled(name: str, lines: list[str]) -> Iterator[str]:
    """Put the name of a table in the code above it."""
    yield from (f"**{name.strip('_').replace('_', ' ').capitalize()}** (`{name}`)", "")
    yield from (*lines, "")


def _words(one: StrEnum) -> str:
    return one.value.replace("_", " ")


def _row(row: Any) -> tuple[str, str, str, str]:
    """Describe one row."""
    at = str(getattr(row, "at", ""))
    match row:
        case Num():
            absent = ", ".join(f"{one:#x}" for one in row.absent)
            value = _number(row) + (f"; none: {absent}" if absent else "")
            return at, row.raw, row.name.value, value
        case Bit():
            how = "set" if not row.invert else "not set"
            return at, row.raw, row.name.value, f"mask {row.mask:#04x} {how}"
        case Flags():
            return at, row.raw, "problem_code", "alarm bits"
        case Cells():
            return at, row.raw, "cell voltages", f"{_many(row.count)} * {row.scale:g} V"
        case Probes():
            return at, row.raw, "temperatures", f"{_many(row.count)}, {_number(row)} °C"
        case Text():
            return (
                at,
                f"{row.length} bytes" if row.length else "the rest",
                row.name,
                "text",
            )
        case _:
            doc = (getdoc(row.read) or "").partition("\n")[0]
            return "", "", "", doc


def _number(row: Num | Probes) -> str:
    """Say how a number becomes a value."""
    value = f"(raw {row.offset:+g})" if row.offset else "raw"
    return f"{value} * {row.scale:g}" if row.scale != 1 else value


def _many(count: Any) -> str:
    if isinstance(count, Count):
        return f"as many as {count.raw} at {count.at} says, at most {count.most}"
    return f"{count} values"


def objects() -> list[str]:
    """List the objects of MiBeacon that mean the same in every product."""
    rows = [
        (
            f"0x{object_id:04X}",
            joined(map(str, row.decode)),
            joined(
                (
                    *(field.value for field in row.fields),
                    *(f"event {key}" for key in row.events),
                )
            ),
        )
        for object_id, row in sorted(OBJECTS.items())
    ]
    return table(("Object", "Bytes", "Says"), rows)


TABLES: Final[Mapping[str, Callable[[], list[str]]]] = {
    **{f"frames {name}": partial(frames, name) for name in DIALECTS},
    "objects": objects,
}
