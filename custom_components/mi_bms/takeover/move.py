"""A move from another integration: ordered by a flow, carried out when our entry is set up.

The order stands in the journal before anything changes, and is carried out again at each start until
it is surely on the disk.
"""

from dataclasses import replace
from datetime import datetime
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HassJob, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..entries import entry_of
from ..proto.takeover.journal import KeptDevice, KeptRow, Order, OrderState
from ..proto.takeover.model import MovePlan, Recipe
from .check import Refused, check_plan
from .give_back import async_go_on_returning
from .journal import Journal, async_journal
from .kept import async_device, keep_device, keep_row
from .on_disk import async_when_on_disk
from .peer_entry import async_peer_off
from .recorded import async_idle, until_compiled
from .rows import (
    async_free,
    async_is_moved,
    async_let_go_on,
    async_move,
    async_put_back,
)
from .seeds import async_gather
from .statistics import async_cure, async_keep_statistics, async_uncure
from .units import async_mend_units, has_two_units

_LOGGER = logging.getLogger(__name__)


async def async_begin(hass: HomeAssistant, plan: MovePlan, *, made: bool) -> None:
    """Order a move; raises ``Refused`` before anything is changed.

    ``made``: our entry is made for it, right after this. An entry that is there has to be loaded anew.
    """
    journal = await async_journal(hass)
    if plan.address in journal.beginning:
        # Answered twice, or in two forms at once: one of them moves it.
        raise Refused("moved_before")
    journal.beginning.add(plan.address)
    try:
        await _async_begin(hass, journal, plan, made=made)
    finally:
        journal.beginning.discard(plan.address)


async def _async_begin(
    hass: HomeAssistant, journal: Journal, plan: MovePlan, *, made: bool
) -> None:
    check_plan(hass, plan, made=made)
    if not await async_idle(hass):
        raise Refused("recorder_busy")
    statistics = await async_keep_statistics(hass, plan)
    # The registries may have changed while the recorder was asked.
    check_plan(hass, plan, made=made)
    former = journal.orders.get(plan.address)
    order = replace(_order(hass, plan, former, made=made), statistics=statistics)
    journal.touch(plan.address)
    async_gather(hass, plan)
    if not await journal.async_keep(order):
        raise Refused("not_written")
    if plan.recipe is Recipe.SHARED or await async_peer_off(hass, plan.peer_entry):
        return
    await async_let_go_on(hass, order)
    await journal.async_drop(plan.address)
    peer = hass.config_entries.async_get_entry(plan.peer_entry)
    raise Refused("not_unloaded", {"name": peer.title if peer else plan.peer})


def _order(
    hass: HomeAssistant, plan: MovePlan, former: Order | None, *, made: bool
) -> Order:
    """Return the order of a move, with everything as it is now."""
    peer = hass.config_entries.async_get_entry(plan.peer_entry)
    device = async_device(hass, plan.device_id)
    if peer is None or device is None:
        raise Refused("peer_gone")
    registry, entry = er.async_get(hass), entry_of(hass, plan.address)
    moving = {one.old.row_id for one in plan.moving}
    rows = er.async_entries_for_config_entry(registry, peer.entry_id)
    our_device, ours = _ours(hass, plan, entry)
    return Order(
        plan=plan,
        state=OrderState.ORDERED,
        made=made,
        # One that was begun in vain has switched it off.
        peer_off=former.peer_off if former and former.open else bool(peer.disabled_by),
        since=dt_util.utcnow().timestamp(),
        device=keep_device(device),
        rows=tuple(
            keep_row(row)
            for row in rows
            if row.id in moving
            or (plan.recipe is Recipe.OWN and row.device_id == device.id)
        ),
        our_device=our_device,
        ours=ours,
    )


def _ours(
    hass: HomeAssistant, plan: MovePlan, entry: ConfigEntry[Any] | None
) -> tuple[KeptDevice | None, tuple[KeptRow, ...]]:
    """Return our own device and its entities, where our entry is there already."""
    if entry is None:
        return None, ()
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, plan.address), entry.entry_id
    )
    if device is None:
        return None, ()
    rows = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    ours = [row for row in rows if row.config_entry_id == entry.entry_id]
    return keep_device(device), tuple(keep_row(row) for row in ours)


async def async_carry_out(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Carry out what was ordered for an entry that is being set up, before its platforms are.

    Return whether there is something left to set up.
    """
    journal = await async_journal(hass)
    order = journal.orders.get(str(entry.unique_id))
    if order is None:
        return True
    if order.state is OrderState.RETURNING:
        return await async_go_on_returning(hass, entry, journal, order)
    if order.open:
        await _async_carry_out(hass, entry, journal, order)
    if (now := journal.orders.get(order.plan.address)) and now.moved:
        _mend_later(hass, entry, now)
    return True


async def _async_carry_out(
    hass: HomeAssistant, entry: ConfigEntry[Any], journal: Journal, order: Order
) -> None:
    address = order.plan.address
    if order.state is OrderState.MOVED and async_is_moved(hass, order, entry):
        if address in journal.here:
            _settle_later(hass, entry, journal)
        else:
            # It has come from the disk so.
            await journal.async_become(order, OrderState.SETTLED)
        return
    if not await async_free(hass, order):
        await _async_fail(hass, entry, journal, order, "not_unloaded")
        return
    try:
        async_move(hass, order, entry)
    except Exception as err:  # noqa: BLE001  (whatever it is, everything is as before)
        _LOGGER.warning("Moving %s here was undone: %r", address, err)
        await _async_fail(hass, entry, journal, order, "failed")
        return
    journal.touch(address)
    await async_cure(hass, order)
    await journal.async_become(order, OrderState.MOVED)
    _settle_later(hass, entry, journal)


def _settle_later(
    hass: HomeAssistant, entry: ConfigEntry[Any], journal: Journal
) -> None:
    """Count the move as on the disk, as soon as it surely is."""

    async def settle() -> None:
        now = journal.orders.get(str(entry.unique_id))
        if now and now.state is OrderState.MOVED:
            await journal.async_become(now, OrderState.SETTLED)

    since = journal.here.get(str(entry.unique_id))
    entry.async_on_unload(async_when_on_disk(hass, settle, since=since))


def _mend_later(hass: HomeAssistant, entry: ConfigEntry[Any], order: Order) -> None:
    """Mend the units of statistics as soon as the five minutes of now are compiled, which may have both."""

    async def mend(_now: datetime) -> None:
        await async_mend_units(hass, order, compiled=True)

    if has_two_units(order):
        job = HassJob(mend, "takeover units", cancel_on_shutdown=True)
        entry.async_on_unload(async_call_later(hass, until_compiled(), job))


async def _async_fail(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    journal: Journal,
    order: Order,
    word: str,
) -> None:
    """Undo what was begun, and let the peer go on."""
    peer = hass.config_entries.async_get_entry(order.plan.peer_entry)
    if peer is not None:
        try:
            async_put_back(hass, order, entry, peer)
        except Exception as err:  # noqa: BLE001  (the peer has to go on all the same)
            _LOGGER.warning("%s is not as before: %r", order.plan.address, err)
        await async_uncure(hass, order, compiled=True)
        await async_let_go_on(hass, order)
    await journal.async_become(order, OrderState.FAILED, word)
