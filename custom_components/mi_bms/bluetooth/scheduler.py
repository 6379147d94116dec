"""Carry out what the scheduler decides: one loop of decisions for all batteries of the installation.

The scheduler is pure; here its questions are answered from Home Assistant's Bluetooth, its orders
become tasks, and its "look again at" becomes a timer. Events of all batteries pass through here, with
the time; each battery registers a member that can read and close.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine
import contextlib
from dataclasses import replace
from datetime import datetime
import random
from typing import Any, Final, Protocol

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..proto.model.errors import Unreachable
from ..proto.scheduler.battery import Battery
from ..proto.scheduler.decision import Order
from ..proto.scheduler.events import Event, Lent, Returned
from ..proto.scheduler.link_state import Phase
from ..proto.scheduler.quality import Quality
from ..proto.scheduler.schedule import LOOK, Scheduler
from ..proto.scheduler.visits import Visit
from .scanners import scanners

_SOON: Final = 0.05  # s; what happens together is decided together
_LOOK: Final = 0.2  # s
# A form that is forgotten must not stop a battery for good.
ALONE_AT_MOST: Final = 600.0  # s
CLOSED_WITHIN: Final = 15.0  # s
VISIT_WITHIN: Final = 60.0  # s


class Member(Protocol):
    """What the scheduler needs of whoever has a battery."""

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a task that ends with the battery's entry."""

    async def async_read(self, order: Order) -> None:
        """Read over the open link or a new one, and tell the scheduler how it ended."""

    async def async_release(self) -> None:
        """Close the link, whatever it does, and tell the scheduler."""


class Polls:
    """The scheduler at work: decisions become tasks, and the time to look again a timer."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin without batteries."""
        self._hass = hass
        self.scheduler = Scheduler(random.random)
        self._members: dict[str, Member] = {}
        self._qualities: dict[str, Quality] = {}
        self._turns: dict[Visit, asyncio.Future[None]] = {}
        self._limits: dict[Visit, asyncio.Timeout] = {}
        self._timer: CALLBACK_TYPE | None = None

    @staticmethod
    def now() -> float:
        """Return the scheduler's time in seconds."""
        return monotonic_time_coarse()

    def add(self, battery: Battery, member: Member) -> None:
        """Schedule a battery from now on."""
        address = battery.address
        self._members[address] = member
        battery.quality = self._qualities.pop(address, battery.quality)
        self.scheduler.add(battery, self.now())
        self.kick()

    def remove(self, address: str) -> None:
        """Schedule a battery no longer; how well it was read is known again when it comes back."""
        self._members.pop(address, None)
        if (battery := self.scheduler.batteries.get(address)) is not None:
            self._qualities[address] = battery.quality
        self.scheduler.remove(address)
        self._rest()

    def apply(self, address: str, event: Event, now: float | None = None) -> bool:
        """Take what happened to a battery; return whether there is something to decide at once."""
        at = self.now() if now is None else now
        return self.scheduler.apply(address, event, at)

    def _rest(self) -> None:
        if self._timer and not (self._members or self._turns):
            self._timer()
            self._timer = None

    def forget(self, address: str) -> None:
        """Forget how well a battery was read."""
        self._qualities.pop(address, None)

    @callback
    def set_reserve(self, slots: int) -> None:
        """Keep so many slots of a scanner free that others use, too."""
        settings = replace(self.scheduler.settings, reserve=slots)
        self.scheduler.settings = settings
        self.kick()

    @callback
    def together(self, addresses: Collection[str]) -> CALLBACK_TYPE:
        """Read these batteries close together until the returned function is called."""
        groups, group = self.scheduler.groups, frozenset(addresses)
        groups.append(group)
        return lambda: groups.remove(group)

    @contextlib.asynccontextmanager
    async def async_alone(self, address: str) -> AsyncIterator[None]:
        """Stay away from a battery meanwhile, with its link closed: it talks to one partner at a time."""
        battery = self.scheduler.batteries.get(address)
        if battery is None:
            yield
            return
        until = self.now() + ALONE_AT_MOST
        self.apply(address, Lent(until))
        self.kick()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSED_WITHIN):
                    while battery.phase is not Phase.CLOSED:  # noqa: ASYNC110 (no event tells)
                        await asyncio.sleep(_LOOK)
            yield
        finally:
            # Another form may have it by now, and it may be another battery: set up anew meanwhile.
            mine = battery.lent_until == until
            if mine and self.scheduler.batteries.get(address) is battery:
                self.apply(address, Returned())
                self.kick()

    @contextlib.asynccontextmanager
    async def async_visit(
        self, address: str, within: float = VISIT_WITHIN, *, watched: bool = False
    ) -> AsyncIterator[None]:
        """Connect to any device meanwhile, in turn with the batteries' reads.

        Raise ``Unreachable`` when no turn came within so many seconds (``not_heard``, ``no_slot``) or
        when it took too long and a battery needed the slot (``no_slot``). A battery that is read by
        turns stays away from itself, as with ``async_alone``. ``watched``: somebody waits for it at a form.
        """
        if address in self._members:
            async with self.async_alone(address):
                yield
            return
        visit = self.scheduler.visits.ask(address, self.now(), watched=watched)
        self._turns[visit] = asyncio.get_running_loop().create_future()
        self.kick()
        try:
            await self._async_turn(visit, within)
            async with asyncio.timeout(None) as limit:
                self._limits[visit] = limit
                yield
        except TimeoutError as err:
            if not visit.leaving:
                raise
            raise Unreachable("no_slot") from err
        finally:
            self.scheduler.visits.end(visit, self.now())
            self._turns.pop(visit)
            self._limits.pop(visit, None)
            self.kick()
            self._rest()

    async def _async_turn(self, visit: Visit, within: float) -> None:
        turn = self._turns[visit]
        while not (await asyncio.wait({turn}, timeout=within))[0]:
            if not visit.heard:
                raise Unreachable("not_heard")
            # Of several that somebody adds at once, each waits for those before it, whatever these take.
            if not (visit.watched and self.scheduler.visits.under_way):
                raise Unreachable("no_slot")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return the devices whose connections are ours: batteries that are scheduled, and visits."""
        return (*self._members, *self.scheduler.visits.addresses)

    @callback
    def kick(self) -> None:
        """Decide soon: something has happened."""
        if self._members or self._turns:
            self._later(_SOON)

    def _later(self, seconds: float) -> None:
        if self._timer:
            self._timer()
        job = HassJob(self._decide, "mi_bms polls", cancel_on_shutdown=True)
        self._timer = async_call_later(self._hass, seconds, job)

    @callback
    def _decide(self, _now: datetime) -> None:
        self._timer = None
        if self._hass.is_stopping:
            return
        # Whatever happens here, there is a next time.
        self._later(LOOK)
        now = self.now()
        decision = self.scheduler.decide(now, scanners(self._hass, self.addresses))
        # Before anything is started: what ends at once asks for the next decision itself.
        self._later(max(_SOON, decision.again - now))
        for visit in decision.visits:
            if not self._turns[visit].done():
                self._turns[visit].set_result(None)
        for visit in decision.leave:
            if (limit := self._limits.get(visit)) is not None:
                limit.reschedule(self._hass.loop.time())
        for address in decision.release:
            member = self._members[address]
            member.start(member.async_release(), f"release {address}")
        for order in decision.read:
            member = self._members[order.address]
            member.start(member.async_read(order), f"read {order.address}")
