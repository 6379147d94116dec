"""What the recorder keeps of entities that move: units mended, old statistics put aside, and back again.

It keys statistics by entity id alone, so nothing else has to be done for them.
"""

from typing import Final

from homeassistant.components.recorder.statistics import (
    async_update_statistics_metadata,
)
from homeassistant.core import HomeAssistant

from ..proto.takeover.journal import KeptStatistic, Order
from ..proto.takeover.model import Fate, MovePlan
from .kept import async_row
from .recorded import async_known, async_settled
from .units import async_mend_units

_BEFORE: Final = "_before"  # behind the name of a statistic that was put aside
_ENDS: Final = ("", *(f"_{number}" for number in range(2, 100)))
_HERE: Final = (
    "_meanwhile"  # behind that of one that was made here, when the old one comes back
)
_TRIES: Final = 3


async def async_keep_statistics(
    hass: HomeAssistant, plan: MovePlan
) -> tuple[KeptStatistic, ...]:
    """Return the statistics that a move changes, as they are."""
    changing = {
        row.entity_id: one
        for one in plan.moving
        if one.fate in {Fate.CURED, Fate.ARCHIVED}
        and (row := async_row(hass, one.old.row_id))
    }
    known = await async_known(hass, set(changing))
    aside = {name: [f"{name}{_BEFORE}{end}" for end in _ENDS] for name in known}
    taken = await async_known(hass, {one for names in aside.values() for one in names})
    kept = []
    for name, (_, said) in known.items():
        free = next(one for one in aside[name] if one not in taken)
        archived = changing[name].fate is Fate.ARCHIVED
        kept.append(
            KeptStatistic(
                row_id=changing[name].old.row_id,
                statistic_id=name,
                unit=said["unit_of_measurement"],
                unit_class=said["unit_class"],
                archive=free if archived else None,
            )
        )
    return tuple(kept)


def _now_called(hass: HomeAssistant, kept: KeptStatistic) -> str:
    """Return how a statistic is called by now: as its entity, which the user may have renamed."""
    row = async_row(hass, kept.row_id)
    return row.entity_id if row else kept.statistic_id


async def async_cure(hass: HomeAssistant, order: Order) -> None:
    """Put old statistics aside and mend units; what is done already is not done again."""
    aside = {one.statistic_id: one.archive for one in order.statistics if one.archive}
    known = await async_known(hass, {*aside, *aside.values()})
    for name, archive in aside.items():
        if name in known and archive not in known:
            async_update_statistics_metadata(hass, name, new_statistic_id=archive)
    await async_mend_units(hass, order, compiled=False)


async def async_uncure(
    hass: HomeAssistant, order: Order, *, compiled: bool = False
) -> None:
    """Make statistics what they were; what was counted here meanwhile is kept under another name.

    ``compiled``: the five minutes with both units are. Before that, a unit that Home Assistant converts
    would keep it from taking the other one.
    """
    if not order.statistics:
        return
    archives = {one.archive for one in order.statistics if one.archive}
    for _ in range(_TRIES):
        # What the recorder still has to calculate may take a name that is looked at as free.
        idle = await async_settled(hass)
        await _async_uncure(hass, order, compiled=compiled)
        if not await async_settled(hass) or not idle:
            # It will do it. Asked once more, it would do it twice.
            return
        if not archives & (await async_known(hass, archives)).keys():
            return


async def _async_uncure(hass: HomeAssistant, order: Order, *, compiled: bool) -> None:
    called = {one.row_id: _now_called(hass, one) for one in order.statistics}
    names = set(called.values())
    names |= {one.archive for one in order.statistics if one.archive}
    known = await async_known(hass, names)
    for kept in order.statistics:
        name = called[kept.row_id]
        if kept.archive in known:
            if name in known:
                aside = [f"{name}{_HERE}{end}" for end in _ENDS]
                taken = await async_known(hass, set(aside))
                free = next(one for one in aside if one not in taken)
                async_update_statistics_metadata(hass, name, new_statistic_id=free)
            async_update_statistics_metadata(
                hass, str(kept.archive), new_statistic_id=name
            )
        elif name in known and (
            compiled or (kept.archive is None and kept.unit_class is None)
        ):
            async_update_statistics_metadata(
                hass,
                name,
                new_unit_class=kept.unit_class,
                new_unit_of_measurement=kept.unit,
            )
