"""The charge window of a bank: all its batteries as one that is charged."""

from typing import TYPE_CHECKING

from ..proto.bms.control import Target
from ..proto.bms.limits import number
from ..proto.control.command import Command, Issuer
from ..proto.control.refusal import SwitchRefused
from ..proto.control.window import Level
from ..proto.model.fields import Field
from .switching import DONE, MemberFailed

if TYPE_CHECKING:
    from .coordinator import BankCoordinator


class BankCharge:
    """The charge of all batteries of a bank."""

    def __init__(self, coordinator: BankCoordinator) -> None:
        """Take the bank."""
        self._bank = coordinator

    @property
    def offered(self) -> bool:
        """Return whether no member speaks against it; one that does not run yet, or not now, does not."""
        return all(
            any(row.target is Target.CHARGE for row in one.offers)
            and not one.has_window
            for one in self._bank.switching.members.values()
        )

    @property
    def comes_back(self) -> bool:
        """Return whether charging of a member is to be allowed again by itself."""
        members = self._bank.switching.members.values()
        returns = [one.returns_at(Target.CHARGE) for one in members]
        return any(one is not None and one[1] for one in returns)

    def level(self) -> Level:
        """Return what is known of the bank now: as old as its oldest reading, and nothing without all."""
        view, last = self._bank.data, self._bank.bank.last
        whole = {*view.read} == {*self._bank.members}
        return Level(
            percent=number(view.sample, Field.BATTERY_LEVEL),
            at=min((one.at for one in last.values()), default=None) if whole else None,
            interval=max((one.interval for one in last.values()), default=0.0),
            allowed=self._bank.switching.command(Target.CHARGE),
        )

    def postpone(self, minutes: float) -> None:
        """Have charging of all allowed again after so many minutes from now."""
        for member in self._bank.switching.members.values():
            member.postpone(Target.CHARGE, minutes)

    async def async_switch(self, *, on: bool, minutes: float | None) -> str | None:
        """Block charging of all or none, or allow that of each; return why that is not certain."""
        command = Command(
            target=Target.CHARGE, on=on, minutes=minutes, by=Issuer.WINDOW
        )
        if on:
            return await self._async_allow(command)
        try:
            await self._bank.switching.act(command, None)
        except MemberFailed as failed:
            return failed.reason
        return None

    async def _async_allow(self, command: Command) -> str | None:
        """Allow charging of each by itself: one that cannot be reached must not keep the others blocked."""
        problem = None
        for member in self._bank.switching.members.values():
            try:
                result = await member.act(command, None)
            except SwitchRefused as refused:
                problem = problem or refused.refusal.value
            else:
                failed = None if result.effect in DONE else result.effect.value
                problem = problem or failed
        return problem

    def show(self) -> None:
        """Have what shows the window look at it again."""
        self._bank.async_update_listeners()
