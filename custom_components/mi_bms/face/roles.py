"""Which entity of a device plays which role: from what makes its unique id, never from its entity id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re
from typing import Any, Final

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..proto.energy.measures import Measure
from ..proto.model.fields import Field

# What cards call a quantity where that is not its own key; meters go before what a battery counts itself.
_CALLED: Final[Mapping[str, str]] = {
    Field.BATTERY_LEVEL: "level",
    Field.DELTA_VOLTAGE: "difference",
    Field.BATTERY_STATE: "flow",
    Field.RUNTIME: "time_to_empty",
    Measure.ENERGY_CHARGED: "energy_in",
    Measure.ENERGY_DISCHARGED: "energy_out",
    Field.ENERGY_IN: "lifetime_energy_in",
    Field.ENERGY_OUT: "lifetime_energy_out",
    Measure.ENERGY_COVERAGE: "coverage",
    Field.CYCLE_CAPACITY: "energy_left",
    Field.CYCLE_CHARGE: "charge_left",
    Field.FULL_CHARGE: "capacity",
    Field.BATTERY_HEALTH: "health",
    Field.BALANCER: "balancing",
    Field.CHRG_MOSFET: "charge_fet",
    Field.DISCHRG_MOSFET: "discharge_fet",
    "charging_allowed": "charge_switch",
    "discharging_allowed": "discharge_switch",
    "balancer_allowed": "balancer_switch",
    "heater_allowed": "heater_switch",
}
_OF_PACK: Final = re.compile(r"pack_(\d{1,3})_(.+)")
_ONE_OF: Final = re.compile(
    rf"({Field.CELL_VOLTAGE}|{Field.PROBE_TEMPERATURE})_(\d{{1,3}})"
)
_DERIVED: Final = "derived_"
# Behind it stands the address of a receiver, which is nobody's business.
_LOST: Final = "lost_packets"


@dataclass(slots=True)
class Cast:
    """The entities of a device, or of one pack of it; cells and probes by their number from 1."""

    roles: dict[str, str] = field(default_factory=dict)
    cells: dict[int, str] = field(default_factory=dict)
    probes: dict[int, str] = field(default_factory=dict)

    def put(self, key: str, entity_id: str) -> None:
        """Put an entity where its key says; the first of two with one key stays."""
        if one := _ONE_OF.fullmatch(key):
            several = self.cells if one[1] == Field.CELL_VOLTAGE else self.probes
            several[int(one[2])] = entity_id
        elif ":" not in key:
            self.roles.setdefault(_CALLED.get(key, key), entity_id)


def in_order(several: Mapping[int, str], count: int) -> list[str | None]:
    """Return numbered entities in their order, None for one that is switched off."""
    return [
        several.get(number)
        for number in range(1, max([count, *several], default=0) + 1)
    ]


@callback
def parts(hass: HomeAssistant, entry: ConfigEntry[Any]) -> dict[int, Cast]:
    """Return the entities of an entry that are switched on, hidden ones too: 0 is the device, the rest its packs."""
    found = {0: Cast()}
    beginning = f"{entry.unique_id}-"
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    # A number goes before a flag of the same key.
    for one in sorted(entities, key=lambda one: one.domain != SENSOR_DOMAIN):
        unique_id = one.unique_id
        if one.platform != DOMAIN or one.disabled_by or not isinstance(unique_id, str):
            continue
        if not unique_id.startswith(beginning):
            continue
        key = unique_id.removeprefix(beginning).removeprefix(_DERIVED)
        if key.startswith(f"{_LOST}_"):
            key = _LOST
        if of_pack := _OF_PACK.fullmatch(key):
            pack = found.setdefault(int(of_pack[1]), Cast())
            pack.put(of_pack[2], one.entity_id)
        else:
            found[0].put(key, one.entity_id)
    return found
