"""The password for commands to a battery: whose it is, how often it was said, and what a command tells of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..const import CONF_CONTROL_PASSWORD, CONF_PASSWORD_TYPED
from ..proto.bms.contract import Family
from ..proto.bms.control import Effect, Passphrase, Result
from ..proto.control.password import Given, Tries
from ..proto.control.refusal import SwitchRefusal, SwitchRefused
from .options import SwitchingSettings


def password_of(
    entry: ConfigEntry[Any], family: Family, settings: SwitchingSettings
) -> Given | None:
    """Return what was given for commands; the maker's own password only where that is allowed."""
    if family.control is None:
        return None
    given: str | None = entry.data.get(CONF_CONTROL_PASSWORD)
    factory = family.control.factory_password if settings.factory_password else None
    text = given or factory
    return Given(text, entry.data.get(CONF_PASSWORD_TYPED, 0)) if text else None


async def _forgotten() -> None:
    """Keep nothing, where the battery is about to be forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """The password of one command: counted and written down before it is said, while ``allowed``."""

    given: Given
    tries: Tries
    save: Callable[[], Awaitable[object]] = _forgotten
    allowed: Callable[[], bool] = lambda: True

    @property
    def word(self) -> Passphrase:
        """Return what the battery is told."""
        return Passphrase(text=self.given.text, may=self._may, taken=self.taken)

    async def _may(self) -> bool:
        if not self.allowed() or not self.tries.may(self.given):
            return False
        if not self.tries.has_been_right(self.given):
            self.tries.say(self.given)
            # Else a crash right after it would have it said once more than it may be.
            await self.save()
        return True

    def taken(self) -> None:
        """Take that it is right."""
        self.tries.right(self.given)

    def refused(self) -> SwitchRefused:
        """Take that the battery fell silent; return what that is to whoever gave the command."""
        self.tries.silent(self.given)
        return SwitchRefused(SwitchRefusal.WRONG_PASSWORD)

    def learn(self, result: Result, *, changed: bool) -> None:
        """Take what a result says of it; raise ``SwitchRefused`` where it is most likely wrong.

        What is as it was before was obeyed by nobody.
        """
        done = result.effect in (Effect.CONFIRMED, Effect.HELD)
        if result.acknowledged or (done and changed):
            self.taken()
        elif result.locked and not self.tries.has_been_right(self.given):
            raise SwitchRefused(SwitchRefusal.WRONG_PASSWORD)
