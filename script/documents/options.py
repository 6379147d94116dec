"""The tables of options: of sensors, of batteries, of each output."""

from collections.abc import Mapping
from typing import Any

from custom_components.mi_bms.banks.options import ROWS as BANK_OPTIONS
from custom_components.mi_bms.batteries.options import (
    ROWS as BATTERY_OPTIONS,
    SWITCHING_ROWS,
)
from custom_components.mi_bms.options import Option
from custom_components.mi_bms.outputs.options import ROWS as OUTPUT_OPTIONS, TYPES
from custom_components.mi_bms.sensors.options import ROWS as SENSOR_OPTIONS
from custom_components.mi_bms.window.options import WINDOW_ROWS

from .markdown import TEXTS, table

# What each type of output is called where one is added.
TITLES = TEXTS["config"]["step"]["outputs"]["menu_options"]
# Step of the options flow -> whose options it has, and which.
FORMS: Mapping[str, tuple[str, tuple[Option, ...]]] = {
    "sensor": ("sensors", SENSOR_OPTIONS),
    "init": ("batteries", BATTERY_OPTIONS),
    "switching": ("batteries: Switching", SWITCHING_ROWS),
    "charge_window": ("batteries and banks: Charge window", WINDOW_ROWS),
    "bank": ("banks", BANK_OPTIONS),
    **{
        kind: (
            f"outputs: {TITLES.get(f'output_{kind}', kind)}",
            tuple(row for row in OUTPUT_OPTIONS if row.shown(kind)),
        )
        for kind in TYPES
    },
}


def options() -> list[str]:
    """List what can be set for sensors, batteries and outputs."""
    rows = [
        (
            whose,
            _option_texts(step, row)["data"][row.key],
            _option_texts(step, row)["data_description"][row.key],
            _values(row),
            _usually(row),
        )
        for step, (whose, options) in FORMS.items()
        for row in options
    ]
    return table(("Of", "Option", "Meaning", "Values", "Usually"), rows)


def _option_texts(step: str, row: Option) -> Any:
    texts = TEXTS["options"]["step"][step]
    return texts["sections"][row.section] if row.section else texts


def _words(row: Option) -> Mapping[str, str]:
    words: Mapping[str, str] = TEXTS["selector"][row.key]["options"]
    return words


def _values(row: Option) -> str:
    if row.words:
        return "; ".join(_words(row)[word] for word in row.words)
    if row.bounds is None:
        return "on, off"
    return f"{row.bounds.low:g} to {row.bounds.high:g} {row.unit or ''}".rstrip()


def _usually(row: Option) -> str:
    if row.words:
        return _words(row)[row.default]
    if row.bounds is None:
        return "on" if row.default else "off"
    return "empty" if row.default is None else f"{row.default:g}"
