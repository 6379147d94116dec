"""What the recorder keeps of entities that move: units mended, old statistics put aside, and back again.

It keys statistics by entity id alone, so nothing else has to be done for them.
"""

from functools import partial
import threading
from typing import Final

from homeassistant.components.recorder import DOMAIN as RECORDER
from homeassistant.components.recorder.models import StatisticMetaData
from homeassistant.components.recorder.statistics import (
    STATISTIC_UNIT_TO_UNIT_CONVERTER,
    async_update_statistics_metadata,
    get_metadata,
)
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance

from ..proto.takeover.journal import KeptStatistic, Order
from ..proto.takeover.model import Fate, MovePlan, OurRow
from .kept import async_row

type Known = dict[str, tuple[int, StatisticMetaData]]

_BEFORE: Final = "_before"  # behind the name of a statistic that was put aside
_ENDS: Final = ("", *(f"_{number}" for number in range(2, 100)))
_HERE: Final = (
    "_meanwhile"  # behind that of one that was made here, when the old one comes back
)
_TRIES: Final = 3
_PATIENCE: Final = 10.0  # s that a busy recorder is waited for


async def _async_known(hass: HomeAssistant, names: set[str]) -> Known:
    """Return what the recorder says of statistics; nothing without a recorder."""
    if RECORDER not in hass.config.components or not names:
        return {}
    return await get_instance(hass).async_add_executor_job(
        partial(get_metadata, hass, statistic_ids=names)
    )


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
    known = await _async_known(hass, set(changing))
    aside = {name: [f"{name}{_BEFORE}{end}" for end in _ENDS] for name in known}
    taken = await _async_known(hass, {one for names in aside.values() for one in names})
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
    names = {one.statistic_id for one in order.statistics}
    names |= {one.archive for one in order.statistics if one.archive}
    known = await _async_known(hass, names)
    ours = {one.old.row_id: one.ours for one in order.plan.moving}
    for kept in order.statistics:
        if kept.statistic_id not in known:
            continue
        if kept.archive:
            if kept.archive not in known:
                async_update_statistics_metadata(
                    hass, kept.statistic_id, new_statistic_id=kept.archive
                )
        elif known[kept.statistic_id][1]["unit_of_measurement"] == kept.unit:
            if row := ours[kept.row_id]:
                async_update_statistics_metadata(
                    hass,
                    kept.statistic_id,
                    new_unit_class=_unit_class(row),
                    new_unit_of_measurement=row.unit,
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


async def async_uncure(hass: HomeAssistant, order: Order) -> None:
    """Make statistics what they were; what was counted here meanwhile is kept under another name."""
    if not order.statistics:
        return
    archives = {one.archive for one in order.statistics if one.archive}
    for _ in range(_TRIES):
        # What the recorder still has to calculate may take a name that is looked at as free.
        await _async_settled(hass)
        await _async_uncure(hass, order)
        await _async_settled(hass)
        if not archives & (await _async_known(hass, archives)).keys():
            return


async def _async_settled(hass: HomeAssistant) -> None:
    """Wait until the recorder has done what it was asked to; one that hangs is not waited for."""
    if RECORDER not in hass.config.components:
        return
    done = threading.Event()
    work = hass.async_create_task(get_instance(hass).async_block_till_done())
    work.add_done_callback(lambda _work: done.set())
    # It is a thread of its own, at work by its own time.
    if not await hass.async_add_executor_job(done.wait, _PATIENCE):
        work.cancel()


async def _async_uncure(hass: HomeAssistant, order: Order) -> None:
    called = {one.row_id: _now_called(hass, one) for one in order.statistics}
    names = set(called.values())
    names |= {one.archive for one in order.statistics if one.archive}
    known = await _async_known(hass, names)
    for kept in order.statistics:
        name = called[kept.row_id]
        if kept.archive in known:
            if name in known:
                aside = [f"{name}{_HERE}{end}" for end in _ENDS]
                taken = await _async_known(hass, set(aside))
                free = next(one for one in aside if one not in taken)
                async_update_statistics_metadata(hass, name, new_statistic_id=free)
            async_update_statistics_metadata(
                hass, str(kept.archive), new_statistic_id=name
            )
        elif not kept.archive and name in known:
            async_update_statistics_metadata(
                hass,
                name,
                new_unit_class=kept.unit_class,
                new_unit_of_measurement=kept.unit,
            )
