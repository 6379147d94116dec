"""The entities of the peers that are stood in for: unique ids, units, classes, what is disabled at first.

Source: the published sensor descriptions of BMS_BLE-HA 2.15 and of ble_monitor 13.
"""

from collections.abc import Mapping
from typing import NamedTuple

from homeassistant.components.binary_sensor import BinarySensorDeviceClass as Flag
from homeassistant.components.sensor import SensorDeviceClass as Class, SensorStateClass

MEASUREMENT = SensorStateClass.MEASUREMENT
RISING = SensorStateClass.TOTAL_INCREASING


class Row(NamedTuple):
    """Say one entity: ``key`` is the peer's word, ``truth`` the world's."""

    key: str
    name: str
    truth: str
    unit: str | None = None
    device_class: Class | Flag | None = None
    state_class: SensorStateClass | None = None
    shown: bool = True
    factor: float = 1.0


SENSORS: Mapping[str, tuple[Row, ...]] = {
    "bms_ble": (
        Row("voltage", "Voltage", "voltage", "V", Class.VOLTAGE, MEASUREMENT),
        Row(
            "battery_level",
            "Battery",
            "battery_level",
            "%",
            Class.BATTERY,
            MEASUREMENT,
        ),
        Row(
            "temperature",
            "Temperature",
            "temperature",
            "°C",
            Class.TEMPERATURE,
            MEASUREMENT,
        ),
        Row("current", "Current", "current", "A", Class.CURRENT, MEASUREMENT),
        Row(
            "cycle_capacity",
            "Stored energy",
            "cycle_capacity",
            "Wh",
            Class.ENERGY_STORAGE,
            MEASUREMENT,
        ),
        Row("cycles", "Cycles", "cycles", None, None, RISING),
        Row("design_capacity", "Design capacity", "design_capacity", "Ah"),
        Row("power", "Power", "power", "W", Class.POWER, MEASUREMENT),
        Row("runtime", "Runtime", "runtime", "s", Class.DURATION, MEASUREMENT),
        Row(
            "max_cell_voltage",
            "Max cell voltage",
            "max_cell_voltage",
            "V",
            Class.VOLTAGE,
            MEASUREMENT,
        ),
        Row(
            "min_cell_voltage",
            "Min cell voltage",
            "min_cell_voltage",
            "V",
            Class.VOLTAGE,
            MEASUREMENT,
        ),
        Row(
            "delta_cell_voltage",
            "Delta cell voltage",
            "delta_voltage",
            "V",
            Class.VOLTAGE,
            MEASUREMENT,
        ),
        Row(
            "rssi",
            "Signal strength",
            "rssi",
            "dBm",
            Class.SIGNAL_STRENGTH,
            MEASUREMENT,
            shown=False,
        ),
        Row(
            "link_quality",
            "Link quality",
            "link_quality",
            "%",
            None,
            MEASUREMENT,
            shown=False,
        ),
    ),
    "ble_monitor": (
        Row(
            "t_",
            "ble temperature",
            "temperature",
            "°C",
            Class.TEMPERATURE,
            MEASUREMENT,
        ),
        Row("h_", "ble humidity", "humidity", "%", Class.HUMIDITY, MEASUREMENT),
        Row("m_", "ble moisture", "moisture", "%", Class.MOISTURE, MEASUREMENT),
        Row(
            "c_",
            "ble conductivity",
            "conductivity",
            "µS/cm",
            Class.CONDUCTIVITY,
            MEASUREMENT,
        ),
        Row(
            "l_", "ble illuminance", "illuminance", "lx", Class.ILLUMINANCE, MEASUREMENT
        ),
        Row("batt_", "ble battery", "battery", "%", Class.BATTERY, MEASUREMENT),
        Row("rssi_", "ble rssi", "rssi", "dBm", Class.SIGNAL_STRENGTH, MEASUREMENT),
    ),
}
BINARY_SENSORS: Mapping[str, tuple[Row, ...]] = {
    "bms_ble": (
        Row(
            "battery_charging",
            "Charging",
            "battery_charging",
            None,
            Flag.BATTERY_CHARGING,
        ),
        Row("balancer", "Balancer", "balancer", shown=False),
        Row(
            "chrg_mosfet", "Charge MOSFET", "chrg_mosfet", None, Flag.POWER, shown=False
        ),
        Row(
            "dischrg_mosfet",
            "Discharge MOSFET",
            "dischrg_mosfet",
            None,
            Flag.POWER,
            shown=False,
        ),
        Row("problem", "Problem", "problem", None, Flag.PROBLEM),
    ),
    "ble_monitor": (),
}


def unique_id(domain: str, address: str, key: str) -> str:
    """Return the unique id of an entity as the peer writes it."""
    if domain == "bms_ble":
        return f"bms_ble-{address.lower()}-{key}"
    return f"{key}{address.replace(':', '')}"
