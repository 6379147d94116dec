"""The way back: what was moved here goes to the other integration again, as it was."""

import contextlib
from dataclasses import replace
import logging
from typing import Any

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowContext,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..entries import entry_of
from ..proto.takeover.journal import Order, OrderState
from ..proto.takeover.model import Recipe
from .check import Refused
from .journal import Journal, async_journal
from .on_disk import async_when_on_disk
from .recorded import async_idle, async_look_again, until_compiled
from .rows import async_let_go_on, async_move, async_put_back, async_quiet
from .statistics import async_uncure
from .units import has_two_units

_LOGGER = logging.getLogger(__name__)


async def async_give_back(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Give a device back to the integration that read it before; raises ``Refused``.

    An entry that was made for the move is removed as soon as that is on the disk, in some seconds; one
    that was there before runs beside again.
    """
    journal = await async_journal(hass)
    idle = await async_idle(hass)
    order = journal.orders.get(str(entry.unique_id))
    if order is None or not order.moved:
        raise Refused("not_moved")
    peer = hass.config_entries.async_get_entry(order.plan.peer_entry)
    if peer is None:
        raise Refused("peer_gone")
    if not idle:
        raise Refused("recorder_busy")
    now = dt_util.utcnow().timestamp()
    returning = replace(order, state=OrderState.RETURNING, since=now)
    if not await journal.async_keep(returning):
        raise Refused("not_written")
    journal.touch(order.plan.address)
    if not await _async_unloaded(hass, entry):
        await journal.async_keep(order)
        raise Refused("ours_not_unloaded", {"name": entry.title})
    if not await async_quiet(hass, order):
        await journal.async_keep(order)
        await hass.config_entries.async_setup(entry.entry_id)
        raise Refused("not_unloaded", {"name": peer.title})
    try:
        async_put_back(hass, order, None if order.made else entry, peer)
    except Exception as err:
        _LOGGER.warning("Giving %s back was undone: %r", order.plan.address, err)
        async_move(hass, order, entry)
        await journal.async_keep(order)
        await hass.config_entries.async_setup(entry.entry_id)
        raise Refused("failed") from err
    await _async_after(hass, journal, returning)
    await hass.config_entries.async_setup(entry.entry_id)


async def _async_unloaded(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    if entry.state is ConfigEntryState.NOT_LOADED:
        return True
    return entry.state.recoverable and await hass.config_entries.async_unload(
        entry.entry_id
    )


async def _async_after(hass: HomeAssistant, journal: Journal, order: Order) -> None:
    """Let the peer go on, and forget the move when that is surely on the disk."""
    await async_uncure(hass, order)
    await async_let_go_on(hass, order)
    address = order.plan.address

    def returning() -> bool:
        now = journal.orders.get(address)
        return now is not None and now.state is OrderState.RETURNING

    async def remove_entry() -> None:
        entry = entry_of(hass, address) if order.made else None
        if entry and returning():
            await hass.config_entries.async_remove(entry.entry_id)

    async def forget() -> None:
        await remove_entry()
        if returning():
            await async_uncure(hass, order, compiled=True)
            if has_two_units(order):
                await async_look_again(hass)
            await journal.async_drop(address)

    # The record goes after the entry: without it, nobody would remove that after a crash.
    async_when_on_disk(hass, remove_entry, surely=False)
    # So long the recorder has to know of both units.
    least = until_compiled() if has_two_units(order) else 0.0
    async_when_on_disk(hass, forget, least=least)


async def async_go_on_returning(
    hass: HomeAssistant, entry: ConfigEntry[Any], journal: Journal, order: Order
) -> bool:
    """Give back what a former run has begun to; return whether there is something left to set up.

    There is not for an entry that was made for the move: it is removed in a moment.
    """
    address = order.plan.address
    if address not in journal.here:
        journal.touch(address)
        await _async_return(hass, journal, order, None if order.made else entry)
    return not order.made


async def _async_return(
    hass: HomeAssistant,
    journal: Journal,
    order: Order,
    entry: ConfigEntry[Any] | None,
) -> None:
    """Give back once more, whatever of it is done; without the peer there is nobody to give it to."""
    peer = hass.config_entries.async_get_entry(order.plan.peer_entry)
    if peer is None:
        await journal.async_drop(order.plan.address)
        return
    if not await async_quiet(hass, order):
        # It is tried again at the next start.
        return
    try:
        async_put_back(hass, order, entry, peer)
    except Exception as err:  # noqa: BLE001  (it must not keep other entries from coming up)
        # The peer goes on all the same, and it is tried again at the next start.
        _LOGGER.warning("%s cannot be given back: %r", order.plan.address, err)
        await async_let_go_on(hass, order)
        return
    await _async_after(hass, journal, order)


async def async_content(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """End a move for good; raises ``Refused``.

    The peer's own entry of the device is removed, and the device ignored there. What an entry holds
    that others need, too, the user removes where it comes from.
    """
    journal = await async_journal(hass)
    order = journal.orders.get(str(entry.unique_id))
    if order is None or not order.moved:
        raise Refused("not_moved")
    if order.open:
        # Without the peer, what is not on the disk yet would be lost by a crash.
        raise Refused("not_settled")
    order = await journal.async_become(order, OrderState.CONTENT)
    peer = hass.config_entries.async_get_entry(order.plan.peer_entry)
    if peer is None or order.plan.recipe is not Recipe.OWN:
        return
    await hass.config_entries.async_remove(peer.entry_id)
    context = ConfigFlowContext(source=SOURCE_IGNORE)
    if keys := [key for found in peer.discovery_keys.values() for key in found]:
        context["discovery_key"] = keys[0]
    # Whoever has uninstalled the peer is not asked by it again either.
    with contextlib.suppress(HomeAssistantError):
        await hass.config_entries.flow.async_init(
            peer.domain,
            context=context,
            data={"unique_id": str(peer.unique_id), "title": peer.title},
        )


async def async_forget(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Give back what an entry had taken over that was removed, so that nothing is lost."""
    journal = await async_journal(hass)
    address = str(entry.unique_id)
    if (order := journal.orders.get(address)) is None:
        return
    if order.state is OrderState.RETURNING and address in journal.here:
        return
    if not order.moved and order.state is not OrderState.RETURNING:
        await journal.async_drop(address)
        return
    journal.touch(address)
    order = await journal.async_become(order, OrderState.RETURNING)
    await _async_return(hass, journal, replace(order, made=False), None)


async def async_heal(hass: HomeAssistant) -> None:
    """Give back what was moved for entries that never came to be, or are gone: nobody else would."""
    journal = await async_journal(hass)
    for address, order in list(journal.orders.items()):
        if entry_of(hass, address) is None and address not in journal.here:
            journal.touch(address)
            if order.moved or order.state is OrderState.RETURNING:
                back = await journal.async_become(order, OrderState.RETURNING)
                await _async_return(hass, journal, replace(back, made=False), None)
            else:
                await journal.async_drop(address)
