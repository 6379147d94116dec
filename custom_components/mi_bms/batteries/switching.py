"""Guarded switching of one battery: armed for minutes, read before and after, undone by itself, written down.

A command waits here until the battery is read (``batteries/carrying.py`` carries it out then); whoever gave
it hears what came of it, or why it was refused, within 20 s.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import CALLBACK_TYPE, Context, HassJob, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..const import CONF_FAMILY, CONF_SWITCHING
from ..proto.bms.alarms import Alarm
from ..proto.bms.control import Effect, Result, Switch, Target, held_by
from ..proto.control import guard, standing
from ..proto.control.command import Command
from ..proto.control.refusal import SwitchRefusal, SwitchRefused
from ..proto.model.sample import BmsSample
from ..proto.scheduler.link_state import Failure
from ..runtime import SHARED
from ..window.keeper import WindowKeeper
from .arming import Arming
from .audit import Audit, Happening
from .carrying import ANSWER_WITHIN, Carrying
from .charge_window import BatteryCharge
from .waiting import Waiting

if TYPE_CHECKING:
    from .coordinator import BatteryCoordinator

BEGIN_WITHIN: Final = 12.0  # s; later nothing is written any more
ARM_MINUTES: Final = (1.0, 60.0)
# Two clocks are read one after the other: a time that differs by less is the same.
CLOCKS_DIFFER: Final = timedelta(seconds=2)


class Switching:
    """The switching of one battery; a family that cannot be switched offers nothing.

    Who shows it listens to the coordinator of the battery.
    """

    def __init__(self, coordinator: BatteryCoordinator) -> None:
        """Prepare everything; nothing is armed."""
        self._battery = coordinator
        self._hass, self._entry = coordinator.hass, coordinator.entry
        self._polls = coordinator.hass.data[SHARED].polls
        self._arming = Arming(self._hass, self._time_over)
        self._audit = Audit(self._hass, lambda: coordinator.device_id)
        self._work = Carrying(coordinator, self._audit, self._admit)
        self._wishes: list[Waiting] = []
        self._under_way: Waiting | None = None
        self._later: CALLBACK_TYPE | None = None
        self._shown: dict[Target, datetime] = {}  # when it is put back, as last told
        self._misses = 0  # readings in a row that gave nothing while somebody waited
        self.window = WindowKeeper(self._hass, self._entry, BatteryCharge(coordinator))

    # --- what is shown -------------------------------------------------------------------------

    @property
    def offers(self) -> tuple[Switch, ...]:
        """Return what may be switched, as the options allow; nothing while switching is not allowed."""
        settings = self._battery.settings.switching
        if not settings.allowed:
            return ()
        return self._battery.reader.offers(experimental=settings.experimental)

    @property
    def armed_until(self) -> datetime | None:
        """Return until when commands are accepted, None while they are not."""
        return self._arming.until

    def command(self, target: Target) -> bool | None:
        """Return whether a target is released: as commanded where that is told, else as it conducts."""
        told = standing.commanded(target, self._battery.data, self._work.asked)
        return self.conducts(target) if told is None else told

    def conducts(self, target: Target) -> bool | None:
        """Return whether a target has its effect now."""
        return standing.conducts(target, self._battery.data)

    def held_by(self, target: Target) -> tuple[Alarm, ...]:
        """Return the protections that keep a target from acting, although it is released."""
        if self.conducts(target) is not False or not self.command(target):
            return ()
        return held_by(target, self._battery.data)

    def returns_at(self, target: Target) -> tuple[datetime, bool] | None:
        """Return when a target is put back by itself, and to what; None where it stays as it is."""
        one = self._work.returns.of(target)
        # What was to be switched and is not yet put back has nothing to be put back to.
        if one is None or self.command(target) is one.on:
            return None
        at = dt_util.utcnow() + timedelta(seconds=one.due - self._polls.now())
        shown = self._shown.get(target)
        if shown is None or abs(at - shown) > CLOCKS_DIFFER:
            self._shown[target] = shown = at
        return shown, one.on

    @property
    def log(self) -> Sequence[Mapping[str, Any]]:
        """Return what happened last, oldest first, without secrets."""
        return self._audit.entries

    # --- what people and automations do --------------------------------------------------------

    @callback
    def arm(self, minutes: float | None, context: Context | None) -> None:
        """Accept commands for so many minutes, by default as many as the options say; raise ``SwitchRefused``."""
        if not self.offers:
            raise SwitchRefused(SwitchRefusal.NOT_ALLOWED)
        low, high = ARM_MINUTES
        wanted = minutes or self._battery.settings.switching.arm_minutes
        wanted = min(max(wanted, low), high)
        self._arming.arm(wanted)
        self._audit.note(Happening.ARMED, context, minutes=wanted)
        self._battery.async_update_listeners()

    @callback
    def disarm(self, context: Context | None = None) -> None:
        """Accept no more commands."""
        if self._arming.disarm():
            self._disarmed(context)

    def _time_over(self) -> None:
        self._disarmed(None)

    def _disarmed(self, context: Context | None) -> None:
        self._audit.note(Happening.DISARMED, context)
        self._battery.async_update_listeners()

    async def act(self, command: Command, context: Context | None) -> Result:
        """Carry out a command and return what came of it, within 20 s; raise ``SwitchRefused``."""
        try:
            self._admit(command)
            alone = not (self._wishes or self._under_way)
            if alone and not command.releases:
                self._work.rate.judge(self._polls.now())
            return await self._async_queue(command, context)
        except SwitchRefused as err:
            self._audit.refused(command, context, err)
            raise

    @callback
    def postpone(self, target: Target, minutes: float) -> None:
        """Count the time until a target is put back anew from now, where it is to be put back."""
        if self._work.returns.postpone(target, minutes, self._polls.now()):
            self._work.returning.plan()

    @callback
    def settle(self, target: Target) -> None:
        """Leave a target as it is: it is not put back by itself any more."""
        self._work.returns.settle(target)
        self._work.returning.plan()

    @property
    def has_window(self) -> bool:
        """Return whether the battery has a charge window of its own."""
        return self.window.offered

    def _admit(self, command: Command) -> None:
        settings = self._battery.settings.switching
        experimental = settings.experimental or command.releases
        offers = self._battery.reader.offers(experimental=experimental)
        guard.admit(
            command,
            guard.Leave(
                allowed=settings.allowed,
                offered=any(one.target is command.target for one in offers),
                armed=self._arming.until is not None,
                released=self._battery.alone,
                same_family=self._entry.data[CONF_FAMILY] == self._battery.family.id,
            ),
        )

    async def _async_queue(self, command: Command, context: Context | None) -> Result:
        """Wait for a reading, and for what comes of the command; one that is given up before is never written."""
        wish = Waiting(command=command, context=context, at=self._polls.now())
        wish.behind = self._under_way is not None
        self._misses = 0
        self._wishes.append(wish)
        self._battery.ask()
        try:
            async with asyncio.timeout(BEGIN_WITHIN):
                await wish.begun.wait()
        except TimeoutError:
            raise self._too_late(wish) from None
        finally:
            if wish in self._wishes:
                self._wishes.remove(wish)
        try:
            async with asyncio.timeout(wish.at + ANSWER_WITHIN - self._polls.now()):
                # What is written goes on when nobody waits any more.
                return await asyncio.shield(wish.done)
        except TimeoutError:
            return Result(effect=Effect.UNKNOWN, sent=1)

    def _too_late(self, wish: Waiting) -> SwitchRefused:
        if self._battery.alone:
            return SwitchRefused(SwitchRefusal.RELEASED)
        if wish.behind:
            return SwitchRefused(SwitchRefusal.BUSY)
        if wish.lacking:
            return SwitchRefused(SwitchRefusal.INCOMPLETE)
        return self._work.unreachable()

    # --- what the battery's readings bring about -----------------------------------------------

    async def async_after(self, sample: BmsSample) -> BmsSample:
        """Carry out what waits, over the link that ``sample`` was just read over; return what was read last."""
        self._misses = 0
        if self.offers or self._work.returns.pending:
            await self._work.async_ask()
        self._work.notice(sample)
        if (wish := self._next(sample) or self._work.due(sample)) is not None:
            self._under_way = wish
            try:
                sample = await self._work.async_carry_out(wish, sample)
            except BaseException:
                self.answer()
                raise
        if self._wishes:
            self._ask_later(self._work.rate.wait(self._polls.now()))
        return sample

    @callback
    def answer(self) -> None:
        """Answer whoever gave the command that was carried out last, once everybody sees what came of it."""
        wish, self._under_way = self._under_way, None
        if wish is not None:
            wish.answer()

    def _next(self, sample: BmsSample) -> Waiting | None:
        """Return who is next, of those that wait; one that would come too soon after another waits on.

        So does one that is judged by what the reading lost.
        """
        too_soon = self._work.rate.wait(self._polls.now()) > 0
        for wish in self._wishes:
            wish.lacking = self._work.lost(wish.command, sample)
            if wish.lacking:
                continue
            if wish.command.releases or not too_soon:
                self._wishes.remove(wish)
                for other in self._wishes:
                    other.behind = True
                return wish
        return None

    def _ask_later(self, seconds: float) -> None:
        @callback
        def ask(_now: datetime) -> None:
            self._later = None
            if self._wishes:
                self._battery.ask()

        self._wait_no_more()
        job = HassJob(ask, "mi_bms next command", cancel_on_shutdown=True)
        self._later = async_call_later(self._hass, seconds, job)

    def _wait_no_more(self) -> None:
        if self._later is not None:
            self._later()
            self._later = None

    @callback
    def missed(self) -> None:
        """Take that a reading gave nothing: ask again while somebody waits, where that is of any use."""
        if (refused := self._hopeless()) is not None:
            self._misses = 0
            for wish in self._wishes:
                wish.refuse(refused)
        elif self._wishes:
            # Each failure has its battery wait longer for its next regular reading.
            self._ask_later(2.0**self._misses)
            self._misses += 1

    def _hopeless(self) -> SwitchRefused | None:
        """Return why a reading failed where no other try helps against it."""
        battery = self._battery.battery
        if battery.failure is Failure.UNSUPPORTED:
            return SwitchRefused(SwitchRefusal.OTHER_FAMILY)
        if battery.failure is Failure.AUTH:
            # The password that it is read with.
            return self._work.unreachable()
        doubted = battery.failure is None and battery.doubts
        return SwitchRefused(SwitchRefusal.IMPLAUSIBLE) if doubted else None

    # --- from the start to the end --------------------------------------------------------------

    @callback
    def follow(self) -> None:
        """Follow options that were changed."""
        if not self.offers:
            self.disarm()
        self.window.async_follow()

    @callback
    def start(self) -> None:
        """Begin to put back what an earlier run left."""
        self._work.returning.plan()

    @callback
    def stop(self) -> None:
        """End with the battery's entry; what is to be put back is kept."""
        self._arming.disarm()
        self._wait_no_more()
        self._work.returning.stop()
        for wish in self._wishes:
            wish.answer()

    def kept(self) -> dict[str, Any]:
        """Return what is kept for the next start."""
        kept = self._work.kept(dt_util.utcnow().timestamp())
        return {CONF_SWITCHING: kept} if kept else {}

    def restore(self, stored: Mapping[str, Any]) -> None:
        """Take what an earlier run kept."""
        kept = stored.get(CONF_SWITCHING, {})
        self._work.restore(kept, dt_util.utcnow().timestamp())
