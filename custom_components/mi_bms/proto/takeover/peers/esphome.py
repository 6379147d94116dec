"""Home Assistant's own ``esphome``: a node that reads a battery or a sensor with a component; its entry is the node.

Ids are ``{node}/{part}/{type}/{name}``, ``{node}-{type}-{name}`` before that; the name is the user's. So a
name is taken for what it ends with, and what stands before it names the device: this only proposes.

Source: https://github.com/syssi/esphome-jbd-bms and https://github.com/syssi/esphome-jk-bms, ``sensor.py`` and
``binary_sensor.py`` of their components and the example configurations; aioesphomeapi 46, ``build_unique_id``.
"""

import re
from typing import Final

from ...model.fields import Field
from ..model import Named, Peer, PeerRow, Recipe
from ..rows import counted, flag, measured, none

_WHOLE: Final = "0"  # the part that the node itself is
_NEW: Final = re.compile(
    r"(?P<node>[0-9A-F:]{12,17})/(?P<part>[^/]*)/(?P<type>[a-z_]+)/(?P<name>.+)",
    re.IGNORECASE,
)
_OLD: Final = re.compile(
    r"(?P<node>[0-9A-F:]{12,17})-(?P<type>[a-z_]+)-(?P<name>[^@]+)(?:@(?P<part>.*))?",
    re.IGNORECASE,
)

_ROWS: Final[tuple[PeerRow, ...]] = (
    measured("total_voltage", Field.VOLTAGE, "V"),
    measured("current", Field.CURRENT, "A"),
    measured("power", Field.POWER, "W"),
    measured("state_of_charge", Field.BATTERY_LEVEL, "%"),
    measured("state_of_health", Field.BATTERY_HEALTH, "%"),
    measured("capacity_remaining", Field.CYCLE_CHARGE, "Ah"),
    measured("nominal_capacity", Field.DESIGN_CAPACITY, "Ah"),
    measured("full_charge_capacity", Field.FULL_CHARGE, "Ah"),
    measured("charging_cycles", Field.CYCLES),
    measured("delta_cell_voltage", Field.DELTA_VOLTAGE, "V"),
    measured("min_cell_voltage", Field.MIN_CELL_VOLTAGE, "V"),
    measured("max_cell_voltage", Field.MAX_CELL_VOLTAGE, "V"),
    measured("min_voltage_cell", Field.MIN_CELL),
    measured("max_voltage_cell", Field.MAX_CELL),
    counted("cell_voltage_{n}", Field.CELL_VOLTAGE, "V"),
    counted("temperature_{n}", Field.PROBE_TEMPERATURE, "°C"),
    counted("temperature_sensor_{n}", Field.PROBE_TEMPERATURE, "°C"),
    measured("balancing_current", Field.BALANCE_CURRENT, "A"),
    measured("errors_bitmask", Field.PROBLEM_CODE),
    flag("balancing", Field.BALANCER),
    measured("temperature", Field.TEMPERATURE, "°C"),
    measured("humidity", Field.HUMIDITY, "%"),
    # Of a sensor, or of a battery.
    measured("battery_level", Field.BATTERY, "%"),
    measured("battery_level", Field.BATTERY_LEVEL, "%"),
    measured("battery_voltage", Field.VOLTAGE, "V"),
    measured("illuminance", Field.ILLUMINANCE, "lx"),
    measured("moisture", Field.MOISTURE, "%"),
    measured("conductivity", Field.CONDUCTIVITY, "μS/cm"),
    measured("formaldehyde", Field.FORMALDEHYDE, "mg/m³"),
    measured("weight", Field.WEIGHT, "kg"),
    measured("impedance", Field.IMPEDANCE, "ohm"),
    # These end as others do.
    none("sensor", "charging_power"),
    none("sensor", "discharging_power"),
    none("sensor", "average_cell_voltage"),
    none("sensor", "power_tube_temperature"),
    none("sensor", "mosfet_temperature"),
    none("sensor", "heating_current"),
    none("sensor", "charge_current"),
    none("sensor", "discharge_current"),
    none("sensor", "cell_resistance_{n}"),
    none("sensor", "total_charging_cycle_capacity"),
    none("sensor", "battery_cycle_capacity"),
    none("sensor", "total_runtime"),
    none("binary_sensor", "charging"),
    none("binary_sensor", "discharging"),
    none("binary_sensor", "online_status"),
    none("switch", "charging"),
    none("switch", "discharging"),
    none("switch", "balancer"),
)
_KEYS: Final = re.compile(
    "|".join(
        re.escape(key).replace(r"\{n\}", "[0-9]+") for key in {row.key for row in _ROWS}
    )
)


def _named(unique_id: str) -> Named | None:
    """Return the node, its part and the beginning of the name as the device."""
    found = _NEW.fullmatch(unique_id) or _OLD.fullmatch(unique_id)
    if found is None:
        return None
    name = re.sub(r"[^a-z0-9]+", "_", found["name"].lower()).strip("_")
    known = _longest(name)
    if known is None:
        return None
    key, before = known
    node = found["node"].replace(":", "").upper()
    part = found["part"] or _WHOLE
    return Named(None, f"{node}/{part}/{before}", key)


def _longest(name: str) -> tuple[str, str] | None:
    """Return the longest key that a name ends with, and what stands before it."""
    words = name.split("_")
    for start in range(len(words)):
        if _KEYS.fullmatch(end := "_".join(words[start:])):
            return end, "_".join(words[:start])
    return None


PEER: Final = Peer(
    domain="esphome",
    title="ESPHome",
    platform="esphome",
    recipe=Recipe.SHARED,
    named=_named,
    rows=_ROWS,
)
