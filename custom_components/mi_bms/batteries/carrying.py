"""Carry commands out: right after a reading, over its link, judged by it, written once and read back.

What is to be put back by itself takes the same way as what somebody wants now, who goes first.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import Context

from ..proto.bms.control import (
    Commands,
    Effect,
    Forbidden,
    OtherUnknown,
    Result,
    Target,
    commands,
)
from ..proto.control import guard, standing
from ..proto.control.command import Command, Issuer
from ..proto.control.password import Tries
from ..proto.control.rate import Rate
from ..proto.control.refusal import SwitchRefusal, SwitchRefused
from ..proto.control.returns import SETTLED
from ..proto.model.errors import AuthRejected, MiBmsError, Unsupported
from ..proto.model.sample import BmsSample
from ..runtime import SHARED
from .audit import Audit, Happening
from .password import Saying, password_of
from .reader import SwitchOrder
from .returning import Returning
from .waiting import Waiting

if TYPE_CHECKING:
    from .coordinator import BatteryCoordinator

ANSWER_WITHIN: Final = 19.5  # s; nobody waits for longer than 20 s
READ_WITHIN: Final = 19.0  # s; what was read until then can still be told
ASK_EVERY: Final = 300.0  # s between two questions for commands that no reading tells
BROKEN: Final = 3600.0  # s after which a probe that tells nothing is broken, and no longer waited for


class Carrying:
    """What carries out the commands to one battery, and remembers what became of them.

    ``asked`` are the commands that the battery told when it was asked for them.
    """

    def __init__(
        self,
        coordinator: BatteryCoordinator,
        audit: Audit,
        admit: Callable[[Command], None],
    ) -> None:
        """Take the battery, where everything is written down, and who judges what needs no reading."""
        self._battery, self._audit, self._admit = coordinator, audit, admit
        self._entry = coordinator.entry
        self._shared = coordinator.hass.data[SHARED]
        self.returning = Returning(coordinator.hass, self._entry, coordinator.ask)
        self.returns = self.returning.returns
        self.rate, self._tries = Rate(), Tries()
        self.asked: Commands = {}
        self._asked_at: float | None = None
        # When it last told a temperature of its cells.
        self._warm_at: float | None = None
        self._unknown: dict[Target, tuple[Command, Context | None, float]] = {}
        self._refused: SwitchRefusal | None = None  # why nothing was put back

    def _now(self) -> float:
        return self._shared.polls.now()

    # --- what a reading tells ------------------------------------------------------------------

    async def async_ask(self) -> None:
        """Ask for commands that no reading tells, over the link of a reading.

        Once in a while is enough, but an old answer says nothing of a command whose end is not known, nor
        twice that somebody else has switched.
        """
        control, now = self._battery.family.control, self._now()
        if control is None or control.ask is None:
            return
        pending = self.returns.pending
        open_end = any(one.doubted or one.written is not None for one in pending)
        old = self._asked_at is None or now - self._asked_at >= ASK_EVERY
        if old or open_end or self._unknown:
            self._asked_at = now
            try:
                self.asked = await self._battery.reader.async_commands()
            except MiBmsError:
                # The reading is complete without them.
                self.asked = {}

    def notice(self, sample: BmsSample) -> None:
        """Take what others switched, and what came of commands whose end was not known."""
        now, before = self._now(), self.returns.pending
        if guard.coldest(sample) is not None:
            self._warm_at = now
        for target in Target:
            told = standing.commanded(target, sample, self.asked)
            on = standing.stands(target, sample, self.asked)
            ended = self.returns.notice(target, on=on, sure=told is not None, now=now)
            # What never took effect was not switched elsewhere.
            if ended is not None and ended.written is None:
                self._audit.note(Happening.RETURN_ENDED, None, target=target.value)
            self._find_out(target, on, now)
        if self.returns.pending != before:
            self._shared.async_save_soon()
            self.returning.plan()

    def _find_out(self, target: Target, on: bool | None, now: float) -> None:
        command, context, since = self._unknown.get(target, (None, None, 0.0))
        if command is None or on is None or now < since + SETTLED:
            return
        del self._unknown[target]
        effect = Effect.CONFIRMED if on is command.on else Effect.FAILED
        self._audit.ended(command, context, Result(effect=effect, sent=1))

    def lost(self, command: Command, sample: BmsSample) -> bool:
        """Return whether a reading lacks what a command is judged by, so that another one has to decide."""
        battery = self._battery
        if command.releases:
            # What two readings in a row lack does not keep anything from coming back.
            warm = guard.coldest(battery.data) is not None
        else:
            warm = self._warm_at is not None and self._now() - self._warm_at < BROKEN
        return guard.lost(command, sample, battery.profile.fields, warm=warm)

    def due(self, sample: BmsSample) -> Waiting | None:
        """Return what is to be put back after a reading."""
        now = self._now()
        if (due := self.returns.ready(now)) is None:
            return None
        command = Command(target=due.target, on=due.on, by=Issuer.RETURN)
        if self.lost(command, sample):
            return None
        self.returns.tried(due.target, now)
        return Waiting(command=command, context=None, at=now)

    # --- a command -----------------------------------------------------------------------------

    async def async_carry_out(self, wish: Waiting, sample: BmsSample) -> BmsSample:
        """Judge, write and read back a command after ``sample`` was read; return what was read last."""
        try:
            return await self._async_switch(wish, sample)
        finally:
            self.returning.plan()

    async def _async_switch(self, wish: Waiting, sample: BmsSample) -> BmsSample:
        command = wish.command
        try:
            self._judge(command, sample)
            saying = self._saying(command)
        except SwitchRefused as err:
            self._refuse(wish, err)
            return sample
        wish.begun.set()
        minutes = self._lasting(command, sample)
        lasts = minutes is None
        try:
            await self._async_prepare(wish, minutes)
            result = await self._async_write(wish, sample, saying)
        except SwitchRefused as err:
            if not lasts:
                self.returns.unplan(command.target)
            self._refuse(wish, err)
            return sample
        self._take(wish, result, lasts=lasts)
        self._shared.async_save_soon(0)
        return result.sample or sample

    def _judge(self, command: Command, sample: BmsSample) -> None:
        # Much may have happened since it was given.
        self._admit(command)
        if not command.releases:
            self.rate.judge(self._now())
        guard.judge(command, sample, powers_home=self._powers_home)

    @property
    def _powers_home(self) -> bool:
        return self._battery.settings.switching.powers_home

    def _lasting(self, command: Command, sample: BmsSample) -> float | None:
        """Return after how many minutes a command is undone, None where it stays."""
        told = standing.commanded(command.target, sample, self.asked)
        if told is command.on and self.returns.of(command.target) is None:
            # It was so before, by somebody's wish: there is nothing to put back.
            return None
        return guard.lasting(command, powers_home=self._powers_home)

    async def _async_prepare(self, wish: Waiting, minutes: float | None) -> None:
        command, now = wish.command, self._now()
        if minutes is not None:
            self.returns.plan(command.target, on=command.on, minutes=minutes, now=now)
        self.rate.take(now)
        # What is to be put back must outlive a crash right after the write.
        if not await self._shared.async_save() and minutes is not None:
            raise SwitchRefused(SwitchRefusal.NOT_STORED)
        # A disk may be slow, and somebody has thought better of it meanwhile.
        self._admit(command)
        self._audit.commanded(command, wish.context, minutes)

    async def _async_write(
        self, wish: Waiting, sample: BmsSample, saying: Saying | None
    ) -> Result:
        order = SwitchOrder(
            target=wish.command.target,
            on=wish.command.on,
            sample=sample,
            budget=wish.at + READ_WITHIN - self._now(),
            may=lambda: self._may(wish.command),
            word=saying.word if saying else None,
        )
        try:
            result = await self._battery.reader.async_switch(order)
        except Forbidden as err:
            self._admit(wish.command)
            # It is allowed again by now.
            raise SwitchRefused(SwitchRefusal.NOT_ARMED) from err
        except OtherUnknown as err:
            raise SwitchRefused(
                SwitchRefusal.OTHER_UNKNOWN, {"other": err.other.value}
            ) from err
        except AuthRejected as err:
            raise (saying.refused() if saying else self.unreachable()) from err
        except Unsupported as err:
            raise SwitchRefused(SwitchRefusal.NOT_OFFERED) from err
        except MiBmsError as err:
            raise self.unreachable() from err
        if saying is not None:
            stood = standing.stands(wish.command.target, sample, self.asked)
            saying.learn(result, changed=stood is (not wish.command.on))
        return result

    def _may(self, command: Command) -> bool:
        try:
            self._admit(command)
        except SwitchRefused:
            return False
        return True

    def unreachable(self) -> SwitchRefused:
        """Return the refusal of a battery that cannot be reached, with why."""
        found = self._battery.diagnose()
        fill = {"cause": found.cause.value, "remedy": found.remedy.value}
        return SwitchRefused(SwitchRefusal.UNREACHABLE, fill)

    def _take(self, wish: Waiting, result: Result, *, lasts: bool) -> None:
        command, now = wish.command, self._now()
        # A bank puts back what is to come back in turn: that is planned as for anybody.
        if command.by is Issuer.RETURN and lasts:
            self.returns.put_back(command.target, result.effect)
        else:
            self.returns.written(command.target, result.effect, lasts=lasts)
        self._unknown.pop(command.target, None)
        if result.effect is Effect.UNKNOWN:
            self._unknown[command.target] = command, wish.context, now
        control = self._battery.family.control
        if result.sample is not None and control is not None and control.ask:
            # No other reading tells it.
            self.asked = {**self.asked, **commands(result.sample)}
        self._refused = None
        self._audit.ended(command, wish.context, result)
        wish.result = result

    def _refuse(self, wish: Waiting, err: SwitchRefused) -> None:
        if wish.command.by is Issuer.RETURN and err.refusal is not self._refused:
            # It is tried often: once is enough.
            self._refused = err.refusal
            self._audit.refused(wish.command, None, err)
        wish.refuse(err)

    def _saying(self, command: Command) -> Saying | None:
        """Return the password for a command, None where none is needed."""
        family, settings = self._battery.family, self._battery.settings.switching
        if family.control is None or family.control.unlock is None:
            return None
        given = password_of(self._entry, family, settings)
        if given is None or not self._tries.may(given):
            raise SwitchRefused(SwitchRefusal.WRONG_PASSWORD)
        return Saying(
            given=given,
            tries=self._tries,
            save=self._shared.async_save,
            allowed=lambda: self._may(command),
        )

    # --- what is kept --------------------------------------------------------------------------

    def kept(self, wall: float) -> dict[str, Any]:
        """Return what is kept for the next start; ``wall`` is the unix time."""
        now = self._now()
        found = {
            "returns": self.returns.to_json(now, wall),
            "commands": self.rate.to_json(now, wall),
            "tries": self._tries.to_json(),
        }
        return {name: value for name, value in found.items() if value}

    def restore(self, stored: dict[str, Any], wall: float) -> None:
        """Take what an earlier run kept."""
        now = self._now()
        self.returns.restore(stored.get("returns", ()), now, wall)
        self.rate.restore(stored.get("commands", ()), now, wall)
        self._tries = Tries.from_json(stored.get("tries", {}))
