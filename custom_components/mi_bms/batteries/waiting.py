"""A command that waits for a reading of its battery, and whoever waits for what comes of it."""

import asyncio
from dataclasses import dataclass, field

from homeassistant.core import Context

from ..proto.bms.control import Effect, Result
from ..proto.control.command import Command
from ..proto.control.refusal import SwitchRefusal, SwitchRefused


@dataclass(slots=True, kw_only=True, eq=False)
class Waiting:
    """A command that was given ``at`` a time of the scheduler's clock.

    ``begun`` is set when it is written or refused, ``result`` when that is known; ``behind``: another one was
    carried out meanwhile; ``lacking``: the last reading lost what it is judged by.
    """

    command: Command
    context: Context | None
    at: float
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    behind: bool = False
    lacking: bool = False
    result: Result | None = None
    done: asyncio.Future[Result] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def refuse(self, err: SwitchRefused) -> None:
        """Tell whoever waits that nothing was written."""
        if not self.done.done():
            self.done.set_exception(err)
            # Nobody may wait any more.
            self.done.exception()
        self.begun.set()

    def answer(self) -> None:
        """Tell whoever waits what came of it; of what was broken off after it begun nobody knows that."""
        if self.done.done():
            return
        if self.begun.is_set():
            self.done.set_result(self.result or Result(effect=Effect.UNKNOWN, sent=1))
        else:
            self.refuse(SwitchRefused(SwitchRefusal.RELEASED))
