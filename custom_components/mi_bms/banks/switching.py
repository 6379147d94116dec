"""Switch all batteries of a bank, or none: one after the other, put back where one of them fails.

Between batteries that are wired together one that is switched alone carries what the others were to carry.
So everything that is known to speak against it is looked at before the first write, and until the last one is
switched each is to be put back within minutes: that outlives a crash in between, and a member that is lost.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from homeassistant.core import Context
from homeassistant.util import dt as dt_util

from ..const import KIND_BANK
from ..entries import entries_of
from ..proto.bank.absence import Absence
from ..proto.bank.wiring import parts_of
from ..proto.bms.control import Effect, Result, Target
from ..proto.control.command import Command, Issuer
from ..proto.control.refusal import SwitchRefusal, SwitchRefused
from ..runtime import SHARED, Switchable
from .members import absence_of, members_of

if TYPE_CHECKING:
    from .coordinator import BankCoordinator

# What is done to a battery and cannot be put back is done to each alone.
_TARGETS: Final = frozenset(Target) - {Target.ALARM}
DONE: Final = frozenset({Effect.CONFIRMED, Effect.HELD})
LEASE: Final = 10.0  # minutes


class MemberFailed(Exception):
    """Tell which member kept its bank from being switched.

    ``cause`` is why nothing was written to it, or what came of the write. ``put_back`` are those that were
    switched before and are again as they were, ``stuck`` those that will be as soon as they can be reached.
    """

    def __init__(
        self,
        member: str,
        cause: SwitchRefused | Result,
        put_back: tuple[str, ...] = (),
        stuck: tuple[str, ...] = (),
    ) -> None:
        """Keep what happened."""
        super().__init__(member)
        self.member, self.cause = member, cause
        self.put_back, self.stuck = put_back, stuck

    @property
    def reason(self) -> str:
        """Return in one word why."""
        if isinstance(self.cause, SwitchRefused):
            return self.cause.refusal.value
        return self.cause.effect.value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """How a member stood: its command, and when (wall time) that was to be put back."""

    on: bool
    returns_at: datetime | None

    @property
    def left(self) -> float | None:
        """Return for how many minutes it was still to stand so."""
        if self.returns_at is None:
            return None
        return max((self.returns_at - dt_util.utcnow()).total_seconds() / 60, 0.1)


class BankSwitching:
    """The switching of one bank."""

    def __init__(self, coordinator: BankCoordinator) -> None:
        """Take the bank."""
        self._bank, self._hass = coordinator, coordinator.hass
        self._alone = asyncio.Lock()

    @property
    def members(self) -> Mapping[str, Switchable]:
        """Return the members that run; a single pack behind a BMS cannot be switched."""
        known = self._hass.data[SHARED].switchable
        return {one: known[one] for one in self._bank.members if one in known}

    @property
    def offers(self) -> frozenset[Target]:
        """Return what all members can be told."""
        members = self.members
        if len(members) < len(self._bank.members):
            return frozenset()
        found = [{row.target for row in one.offers} for one in members.values()]
        return _TARGETS.intersection(*found)

    def command(self, target: Target) -> bool | None:
        """Return what all members are told; None where that differs, or is not known of one."""
        told = {one.command(target) for one in self.members.values()}
        return told.pop() if len(told) == 1 else None

    def returns_at(self, target: Target) -> datetime | None:
        """Return when the last member is put back by itself, None where all stay as they are."""
        found = [one.returns_at(target) for one in self.members.values()]
        return max((one[0] for one in found if one is not None), default=None)

    async def act(
        self, command: Command, context: Context | None
    ) -> Mapping[str, Result]:
        """Switch all members and return what came of it; raise ``MemberFailed`` where none is switched."""
        async with self._alone:
            self._judge(command)
            before: dict[str, _Before] = {}
            done: dict[str, Result] = {}
            for name, member in self.members.items():
                before[name] = _stands(member, command.target)
                try:
                    result = await member.act(_leased(command), context)
                except SwitchRefused as refused:
                    del before[name]
                    raise await self._undone(name, refused, before, command) from None
                if result.effect is Effect.FAILED:
                    del before[name]
                if result.effect not in DONE:
                    raise await self._undone(name, result, before, command)
                done[name] = result
            for member in self.members.values() if _is_leased(command) else ():
                _stays(member, command.target, command.minutes)
            return done

    def _judge(self, command: Command) -> None:
        """Raise ``MemberFailed`` where a member is known to refuse, before anything is written."""
        members = self.members
        for name in self._bank.members:
            refusal = self._speaks(name, members.get(name), command)
            if refusal is not None:
                raise MemberFailed(name, SwitchRefused(refusal))

    def _speaks(
        self, name: str, member: Switchable | None, command: Command
    ) -> SwitchRefusal | None:
        absence = absence_of(self._hass, name)
        if absence is Absence.PAUSED:
            return SwitchRefusal.RELEASED
        if parts_of(name)[1] is not None or command.target not in _TARGETS:
            return SwitchRefusal.NOT_OFFERED
        if member is None or absence is not None:
            return SwitchRefusal.UNREACHABLE
        if not member.offers:
            return SwitchRefusal.NOT_ALLOWED
        if all(one.target is not command.target for one in member.offers):
            return SwitchRefusal.NOT_OFFERED
        if self._shared(name):
            return SwitchRefusal.OTHER_BANK
        by_hand = command.by in {Issuer.USER, Issuer.AUTOMATION}
        if by_hand and member.armed_until is None:
            return SwitchRefusal.NOT_ARMED
        # What is not known now could not be put back.
        unknown = member.command(command.target) is None
        return SwitchRefusal.UNREACHABLE if unknown else None

    def _shared(self, name: str) -> bool:
        """Return whether a member, or a part of it, belongs to another bank, too."""
        address = parts_of(name)[0]
        return any(
            parts_of(member)[0] == address
            for entry in entries_of(self._hass, KIND_BANK)
            if entry.entry_id != self._bank.entry.entry_id and not entry.disabled_by
            for member in members_of(entry)
        )

    async def _undone(
        self,
        name: str,
        cause: SwitchRefused | Result,
        before: Mapping[str, _Before],
        command: Command,
    ) -> MemberFailed:
        """Put back what was switched, the last one first, and return what happened."""
        put_back: list[str] = []
        stuck: list[str] = []
        for one in reversed([*before]):
            member = self.members.get(one)
            good = member is not None and await _async_put_back(
                member, before[one], command
            )
            (put_back if good else stuck).append(one)
        return MemberFailed(name, cause, tuple(put_back), tuple(stuck))


def _is_leased(command: Command) -> bool:
    """Return whether a member is put back by itself where the others are not switched.

    One that gives nothing any more is put back anyway, within what its own guard allows.
    """
    return (command.target, command.on) != (Target.DISCHARGE, False)


def _leased(command: Command) -> Command:
    if not _is_leased(command):
        return command
    return replace(command, minutes=min(command.minutes or LEASE, LEASE))


def _stands(member: Switchable, target: Target) -> _Before:
    returns = member.returns_at(target)
    return _Before(
        on=bool(member.command(target)), returns_at=returns[0] if returns else None
    )


def _stays(member: Switchable, target: Target, minutes: float | None) -> None:
    """Have a member stay as it is, for so many minutes where they are given."""
    if minutes is None:
        member.settle(target)
    else:
        member.postpone(target, minutes)


async def _async_put_back(
    member: Switchable, before: _Before, command: Command
) -> bool:
    """Make a member as it was before a command; return whether it is."""
    if before.on is command.on:
        _stays(member, command.target, before.left)
        return True
    back = replace(
        command, on=before.on, minutes=before.left, force=False, by=Issuer.RETURN
    )
    try:
        done = (await member.act(back, None)).effect in DONE
    except SwitchRefused:
        done = False
    if not done:
        # From now on it is tried until it works.
        member.postpone(command.target, 0)
    return done
