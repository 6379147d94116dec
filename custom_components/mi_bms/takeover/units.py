"""One unit by two names, of entities that have moved: statistics go on in ours, and no five minutes are missing.

The recorder compiles five minutes at a time, and leaves out those in which an entity has had two units.
It is told which of them are the same by another spelling, and then takes them together. What it notes
as the unit of the statistic is the first one of the five minutes; so that is looked at again after them.
"""

from collections.abc import Iterator

from homeassistant.components.recorder.statistics import (
    STATISTIC_UNIT_TO_UNIT_CONVERTER,
    async_update_statistics_metadata,
)
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.core import HomeAssistant, callback

from ..proto.takeover.journal import Order
from ..proto.takeover.judge import SPELLINGS
from ..proto.takeover.model import Fate, OldRow, OurRow
from .journal import orders
from .kept import async_row
from .recorded import async_known


def _renamed(order: Order) -> Iterator[tuple[OldRow, OurRow, Fate]]:
    """Return what has moved and has here the same unit by another name."""
    for one in order.plan.moving:
        if one.ours and (one.old.unit, one.ours.unit) in SPELLINGS:
            yield one.old, one.ours, one.fate


@callback
def async_same_units(hass: HomeAssistant) -> dict[str, dict[str | None, str]]:
    """Return which unit is another one by another name, by entity, whichever way it has gone."""
    return {
        row.entity_id: {old.unit: ours.unit} if ours.unit else {None: str(old.unit)}
        for order in orders(hass).values()
        for old, ours, _ in _renamed(order)
        if (row := async_row(hass, old.row_id))
    }


def has_two_units(order: Order) -> bool:
    """Return whether the recorder sees an entity with two units."""
    return any(_renamed(order))


async def async_mend_units(
    hass: HomeAssistant, order: Order, *, compiled: bool
) -> None:
    """Give statistics our units; ``compiled``: the five minutes that have both are.

    Before that, a unit that Home Assistant converts would keep it from taking the other one.
    """
    ours = {
        row.entity_id: (old, new)
        for old, new, fate in _renamed(order)
        if (row := async_row(hass, old.row_id))
        and (compiled or (fate is Fate.CURED and _unit_class(new) is None))
    }
    for name, (_, said) in (await async_known(hass, {*ours})).items():
        old, new = ours[name]
        if said["unit_of_measurement"] == old.unit:
            async_update_statistics_metadata(
                hass,
                name,
                new_unit_class=_unit_class(new),
                new_unit_of_measurement=new.unit,
            )


def _unit_class(row: OurRow) -> str | None:
    """Return what Home Assistant calls the unit's kind: by the device class where that has the unit."""
    for converter in (
        UNIT_CONVERTERS.get(row.device_class),
        STATISTIC_UNIT_TO_UNIT_CONVERTER.get(row.unit),
    ):
        if converter and row.unit in converter.VALID_UNITS:
            return converter.UNIT_CLASS
    return None
