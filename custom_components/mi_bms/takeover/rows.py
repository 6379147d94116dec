"""The rows of a move by its recipe: what is done to them, and back."""

from collections.abc import Callable
from typing import Any, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..proto.takeover.journal import Order
from ..proto.takeover.model import Recipe
from . import own_rows, shared_rows
from .peer_entry import async_peer_again, async_peer_off, async_peer_on


class _Rows(Protocol):
    """What a recipe does to rows."""

    async_is_moved: Callable[[HomeAssistant, Order, ConfigEntry[Any]], bool]
    async_move: Callable[[HomeAssistant, Order, ConfigEntry[Any]], None]
    async_put_back: Callable[
        [HomeAssistant, Order, ConfigEntry[Any] | None, ConfigEntry[Any]], None
    ]


def _own(order: Order) -> bool:
    return order.plan.recipe is Recipe.OWN


def _rows(order: Order) -> _Rows:
    return own_rows if _own(order) else shared_rows


@callback
def async_is_moved(hass: HomeAssistant, order: Order, entry: ConfigEntry[Any]) -> bool:
    """Return whether everything is as it should be after the move."""
    return _rows(order).async_is_moved(hass, order, entry)


async def async_free(hass: HomeAssistant, order: Order) -> bool:
    """Have the peer let go of what moves; return whether it has."""
    if _own(order):
        return await async_peer_off(hass, order.plan.peer_entry)
    return await shared_rows.async_take_out(hass, order)


async def async_quiet(hass: HomeAssistant, order: Order) -> bool:
    """Have the peer not be in the way of what comes back; return whether it is not."""
    return not _own(order) or await async_peer_off(hass, order.plan.peer_entry)


async def async_let_go_on(hass: HomeAssistant, order: Order) -> None:
    """Let the peer run as it did before."""
    if not _own(order):
        async_peer_again(hass, order.plan.peer_entry)
    elif not order.peer_off:
        await async_peer_on(hass, order.plan.peer_entry)


@callback
def async_move(hass: HomeAssistant, order: Order, entry: ConfigEntry[Any]) -> None:
    """Give the rows of the peer to our entry; nothing waits in between."""
    _rows(order).async_move(hass, order, entry)


@callback
def async_put_back(
    hass: HomeAssistant,
    order: Order,
    entry: ConfigEntry[Any] | None,
    peer: ConfigEntry[Any],
) -> None:
    """Give the rows back; ``entry`` is ours where it goes on beside, None where it ends."""
    _rows(order).async_put_back(hass, order, entry, peer)
