"""The table of entities."""

from typing import Any

from custom_components.mi_bms.batteries.alarms import ALARM
from custom_components.mi_bms.batteries.control_entities import (
    ARM,
    CLEAR_ALARM,
    TARGET_SWITCHES,
)
from custom_components.mi_bms.batteries.link_entities import (
    LINK_SENSORS,
    READING,
    REFRESH,
    RELEASE,
)
from custom_components.mi_bms.meters import METERS
from custom_components.mi_bms.quantities import BINARY_SENSORS, CELL_BALANCING, SENSORS
from custom_components.mi_bms.sensors.capture_button import RECORD
from custom_components.mi_bms.sensors.derived import HEARD
from custom_components.mi_bms.sensors.gatt_entities import BUTTONS, LIMITS, UNIT
from custom_components.mi_bms.window.entities import HOLIDAY, STATUS, WINDOW

from .markdown import NAMES, table

_CONTROLS = (ARM, CLEAR_ALARM, *TARGET_SWITCHES)


def entities() -> list[str]:
    """List all entities that a device may have."""
    tables = (
        ("binary_sensor", "on/off", (*BINARY_SENSORS.values(), CELL_BALANCING)),
        ("button", "button", (RECORD, REFRESH, RELEASE, CLEAR_ALARM, *BUTTONS)),
        ("device_tracker", "home or away", (HEARD,)),
        ("event", "event", (ALARM,)),
        ("number", "setting", LIMITS),
        ("select", "choice", (UNIT,)),
        (
            "sensor",
            "value",
            (*SENSORS.values(), *LINK_SENSORS, *METERS.values(), STATUS),
        ),
        ("switch", "switch", (READING, ARM, *TARGET_SWITCHES, WINDOW, HOLIDAY)),
    )
    rows = [
        (
            NAMES[platform][row.translation_key]["name"].replace("{number}", "*n*"),
            kind,
            _unit(row),
            _remark(row),
        )
        for platform, kind, descriptions in tables
        for row in sorted(
            descriptions, key=lambda row: NAMES[platform][row.translation_key]["name"]
        )
    ]
    return table(("Entity", "Kind", "Unit", "Remark"), rows)


def _remark(row: Any) -> str:
    if row in _CONTROLS:
        return "only where switching is allowed"
    if row in (STATUS, WINDOW, HOLIDAY):
        return "only with a charge window"
    return "" if row.entity_registry_enabled_default else "off at first"


def _unit(row: Any) -> str:
    suggested = getattr(row, "suggested_unit_of_measurement", None)
    return str(suggested or getattr(row, "native_unit_of_measurement", None) or "")
