"""Guarded switching of one battery: armed for minutes, read before and after, undone by itself, written down.

A command waits here until the battery is read; right after that reading, on the same connection, it is
judged (``proto/control/guard.py``), written and read back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from homeassistant.core import Context

from ..proto.bms.alarms import Alarm
from ..proto.bms.control import Result, Switch, Target
from ..proto.control.command import Command
from ..proto.control.refusal import SwitchRefusal, SwitchRefused


class Switching:
    """The switching of one battery; a family that cannot be switched offers nothing.

    Who shows it listens to the coordinator of the battery.
    """

    @property
    def offers(self) -> tuple[Switch, ...]:
        """Return what may be switched, as the options allow; nothing while switching is not allowed."""
        return ()

    @property
    def armed_until(self) -> datetime | None:
        """Return until when commands are accepted, None while they are not."""
        return None

    def arm(self, minutes: float | None, context: Context) -> None:
        """Accept commands for so many minutes, by default as many as the options say; raise ``SwitchRefused``."""
        raise SwitchRefused(SwitchRefusal.NOT_ALLOWED)

    def disarm(self, context: Context | None = None) -> None:
        """Accept no more commands."""

    async def act(self, command: Command, context: Context) -> Result:
        """Carry out a command and return what came of it, within 20 s; raise ``SwitchRefused``."""
        raise SwitchRefused(SwitchRefusal.NOT_ALLOWED)

    def command(self, target: Target) -> bool | None:
        """Return whether a target is released: as commanded where that is told, else as it conducts."""

    def conducts(self, target: Target) -> bool | None:
        """Return whether a target has its effect now."""

    def held_by(self, target: Target) -> tuple[Alarm, ...]:
        """Return the protections that keep a target from acting."""
        return ()

    def returns_at(self, target: Target) -> tuple[datetime, bool] | None:
        """Return when a target is put back by itself, and to what; None where it stays as it is."""

    def postpone(self, target: Target, minutes: float) -> None:
        """Count the time until a target is put back anew from now, where it is to be put back."""

    @property
    def log(self) -> Sequence[Mapping[str, Any]]:
        """Return what happened last, oldest first, without secrets."""
        return ()
