"""The record of all moves in a file of its own, written at once: nothing is changed that it does not hold."""

import asyncio
from dataclasses import dataclass, field, replace
import logging
from typing import Any, Final, NamedTuple

import probatio

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..proto.takeover.journal import NoOrderError, Order, OrderState, order_from
from ..stored import address
from ..stored_files import CheckedStore, async_put_aside, async_read, async_remove

_LOGGER = logging.getLogger(__name__)

STORE_VERSION: Final = 1
WRITE_TIME: Final = 10.0  # s; what is not on the disk by then counts as not written
CHANGED: Final = f"{DOMAIN}_takeover"  # the signal that a move is another than before


def _order(value: Any) -> Any:
    """Take a move that can be read back whole: a part of one is none."""
    try:
        order_from(value)
    except NoOrderError:
        raise probatio.Invalid("no move") from None
    return value


_SCHEMA: Final = probatio.Schema({address: _order})


class Seed(NamedTuple):
    """Hold what an entity showed right before it moved."""

    domain: str
    key: str
    value: str
    unit: str | None


@dataclass(slots=True)
class Journal:
    """Hold the moves by address; ``here`` says when something was done to one since the start (s of the loop).

    ``beginning`` are those that are being ordered right now. ``seeds`` is what entities showed right before
    they moved, by address; it is for now and stands in no file.
    """

    hass: HomeAssistant
    store: CheckedStore
    orders: dict[str, Order] = field(default_factory=dict)
    here: dict[str, float] = field(default_factory=dict)
    beginning: set[str] = field(default_factory=set)
    seeds: dict[str, list[Seed]] = field(default_factory=dict)
    loaded: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready: bool = False

    async def async_load(self) -> None:
        """Read the file once; what of it is damaged is put aside first."""
        async with self.loaded:
            if self.ready:
                return
            found, wrong = await async_read(self.store, _SCHEMA)
            if wrong:
                await async_put_aside(self.hass, self.store)
            self.orders = {name: order_from(one) for name, one in (found or {}).items()}
            self.ready = True

    def touch(self, name: str) -> None:
        """Note that something is done to a move now."""
        self.here[name] = self.hass.loop.time()

    async def async_keep(self, order: Order) -> bool:
        """Write a move down, now; return whether it is on the disk."""
        former = self.orders.get(order.plan.address)
        self.orders[order.plan.address] = order
        if await self._async_write():
            return True
        # What is not on the disk is not so.
        self._back(order.plan.address, former)
        return False

    async def async_become(
        self, order: Order, state: OrderState, word: str | None = None
    ) -> Order:
        """Write down how far a move is; where that cannot be done it is found out again at the next start."""
        now = dt_util.utcnow().timestamp()
        order = replace(order, state=state, since=now, word=word)
        self.orders[order.plan.address] = order
        await self._async_write()
        return order

    async def async_drop(self, name: str) -> None:
        """Forget a move."""
        if self.orders.pop(name, None) is not None:
            self.here.pop(name, None)
            await self._async_write()

    def _back(self, name: str, former: Order | None) -> None:
        if former is None:
            self.orders.pop(name, None)
        else:
            self.orders[name] = former

    async def _async_write(self) -> bool:
        written = True
        if self.orders:
            stored = {name: one.to_json() for name, one in self.orders.items()}
            written = await self.store.async_write(stored, WRITE_TIME)
        else:
            await async_remove(self.hass, self.store)
        if not written:
            _LOGGER.warning("%s cannot be written", self.store.key)
        async_dispatcher_send(self.hass, CHANGED)
        return written


_JOURNAL: HassKey[Journal] = HassKey(f"{DOMAIN}.takeover")


async def async_journal(hass: HomeAssistant) -> Journal:
    """Return the record of all moves; it is read when it is first asked for."""
    if (journal := hass.data.get(_JOURNAL)) is None:
        store = CheckedStore(
            hass, STORE_VERSION, f"{DOMAIN}.takeover", private=True, atomic_writes=True
        )
        journal = hass.data[_JOURNAL] = Journal(hass, store)
    await journal.async_load()
    return journal


@callback
def async_seeds(hass: HomeAssistant) -> dict[str, list[Seed]]:
    """Return what entities showed right before they moved."""
    journal = hass.data.get(_JOURNAL)
    return journal.seeds if journal else {}


@callback
def orders(hass: HomeAssistant) -> dict[str, Order]:
    """Return all moves by address; none before the record was read."""
    journal = hass.data.get(_JOURNAL)
    return dict(journal.orders) if journal else {}


@callback
def order_of(hass: HomeAssistant, name: str) -> Order | None:
    """Return the move of an address."""
    journal = hass.data.get(_JOURNAL)
    return journal.orders.get(name) if journal else None
