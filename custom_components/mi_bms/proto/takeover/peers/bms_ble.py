"""The custom integration ``bms_ble`` (BMS_BLE-HA): batteries, an entry for each.

Ids are ``bms_ble-{address}-{key}`` with the address in small letters; those of its first versions lack the
beginning. An entry's ``type`` is a module of the library aiobmsble, or of its own before that.

Source: https://github.com/patman15/BMS_BLE-HA, ``custom_components/bms_ble``, version 2.15; aiobmsble 0.31.
"""

from typing import Final

from ...bms.index import INDEX
from ...model.fields import Field
from ..model import Named, Peer, PeerRow, Recipe, Statistic
from ..rows import flag, measured, named_by_address, summed, told

_PREFIX: Final = "bms_ble-"
_MODULES: Final = ("", "aiobmsble.bms.", "custom_components.bms_ble.plugins.")
# What was called otherwise before.
_FORMER: Final = {"ective_bms": "topband", "ant_legacy_bms": "ant_leg"}
_TYPES: Final = {**{f"{family}_bms": family for family in INDEX}, **_FORMER}


def _named(unique_id: str) -> Named | None:
    return named_by_address(unique_id.removeprefix(_PREFIX))


PEER: Final = Peer(
    domain="bms_ble",
    title="BLE Battery Management (BMS_BLE-HA)",
    platform="bms_ble",
    recipe=Recipe.OWN,
    named=_named,
    families={
        f"{module}{name}": family
        for module in _MODULES
        for name, family in _TYPES.items()
    },
    rows=(
        measured("voltage", Field.VOLTAGE, "V"),
        measured("battery_level", Field.BATTERY_LEVEL, "%"),
        measured("battery_health", Field.BATTERY_HEALTH, "%"),
        measured("temperature", Field.TEMPERATURE, "°C"),
        measured("current", Field.CURRENT, "A"),
        measured("cycle_capacity", Field.CYCLE_CAPACITY, "Wh"),
        summed("cycles", Field.CYCLES),
        told("design_capacity", Field.DESIGN_CAPACITY, "Ah"),
        measured("power", Field.POWER, "W"),
        measured("runtime", Field.RUNTIME, "s"),
        measured("max_cell_voltage", Field.MAX_CELL_VOLTAGE, "V"),
        measured("min_cell_voltage", Field.MIN_CELL_VOLTAGE, "V"),
        measured("delta_cell_voltage", Field.DELTA_VOLTAGE, "V"),
        measured("rssi", Field.RSSI, "dBm"),
        PeerRow(
            domain="sensor",
            key="link_quality",
            ours="link_quality",
            unit="%",
            statistic=Statistic.MEAN,
        ),
        flag("battery_charging"),
        flag("balancer"),
        flag("chrg_mosfet"),
        flag("dischrg_mosfet"),
        flag("heater"),
        flag("problem"),
    ),
)
