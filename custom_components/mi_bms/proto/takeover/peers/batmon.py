"""The add-on batmon (batmon-ha): batteries over MQTT, announced by discovery; all share the entry of MQTT.

Ids are ``{topic}__{key}``; nowhere is an address. Positive current discharges there, unless the add-on is
told to turn it round; so current and power are compared before they move.

Source: https://github.com/fl4p/batmon-ha, ``bmslib/mqtt_util.py`` and ``bmslib/wire/fields.py``.
"""

from typing import Final

from ...model.fields import Field
from ..model import Named, Peer, PeerRow, Recipe, Why
from ..rows import counted, flag, measured, none, summed, told


def _named(unique_id: str) -> Named | None:
    topic, _, key = unique_id.rpartition("__")
    return Named(None, topic, key) if topic and key else None


def _meter(key: str) -> PeerRow:
    return none("sensor", f"meter_{key}", Why.OTHER_BASE)


PEER: Final = Peer(
    domain="batmon",
    title="Batmon",
    platform="mqtt",
    recipe=Recipe.SHARED,
    named=_named,
    rows=(
        measured("soc_total_voltage", Field.VOLTAGE, "V"),
        measured("soc_current", Field.CURRENT, "A", signed=True),
        measured("soc_power", Field.POWER, "W", signed=True),
        measured("soc_balance_current", Field.BALANCE_CURRENT, "A"),
        measured("soc_soc_percent", Field.BATTERY_LEVEL, "%"),
        measured("soc_soh", Field.BATTERY_HEALTH, "%"),
        measured("soc_capacity", Field.DESIGN_CAPACITY, "Ah"),
        told("soc_aged_capacity", Field.FULL_CHARGE, "Ah"),
        measured("mosfet_status_capacity_ah", Field.CYCLE_CHARGE, "Ah"),
        summed("soc_total_charge_net", Field.TOTAL_CHARGE, "Ah"),
        measured("soc_num_cycles", Field.CYCLES, "N"),
        measured("bms_uptime", Field.UPTIME, "s"),
        measured("bms_runtime", Field.RUNTIME, "s"),
        counted("cell_voltages_{n}", Field.CELL_VOLTAGE, "V"),
        measured("cell_voltages_min", Field.MIN_CELL_VOLTAGE, "V"),
        measured("cell_voltages_max", Field.MAX_CELL_VOLTAGE, "V"),
        measured("cell_voltages_delta", Field.DELTA_VOLTAGE, "V"),
        told("cell_voltages_min_index", Field.MIN_CELL),
        told("cell_voltages_max_index", Field.MAX_CELL),
        counted("temperatures_{n}", Field.PROBE_TEMPERATURE, "°C"),
        told("problem_code", Field.PROBLEM_CODE),
        flag("battery_charging"),
        flag("problem"),
        flag("balancing", Field.BALANCER),
        flag("switch_charge", Field.CHRG_MOSFET),
        flag("switch_discharge", Field.DISCHRG_MOSFET),
        # Which of our probes sits at the MOSFETs, its type of battery decides.
        none("sensor", "mosfet_status_temperature"),
        # What went in and out together.
        none("sensor", "soc_cycle_capacity"),
        none("sensor", "cell_voltages_average"),
        none("sensor", "cell_voltages_median"),
        none("sensor", "balancing_cells"),
        none("sensor", "battery_mode"),
        none("sensor", "cell_resistance"),
        none("sensor", "qmax_est"),
        none("sensor", "soh_est"),
        none("sensor", "pack_temp_est"),
        none("switch", "switch_charge"),
        none("switch", "switch_discharge"),
        none("sensor", "meter_sample_count"),
        _meter("total_energy"),
        _meter("total_energy_charge"),
        _meter("total_energy_discharge"),
        _meter("total_charge"),
        _meter("total_cycles"),
    ),
)
