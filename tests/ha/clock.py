"""Virtual time: nothing waits for real, and Home Assistant, Bluetooth, the loop and the devices agree.

Every clock stands still until a test lets time pass; then it jumps from one due timer to the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
import itertools
import sys
import time
from typing import Any, ClassVar, Final

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles

# Who took the coarse clock of the system by name, which freezing does not reach.
_COARSE: Final = ("monotonic_time_coarse", "MONOTONIC_TIME")
_READERS: Final = (
    "habluetooth",
    "homeassistant.components.bluetooth",
    "custom_components.mi_bms",
)
# For what is told of a day: one that neither has just begun nor is nearly over where Home Assistant lives.
AT_NOON: Final = pytest.mark.freeze_time("2026-12-01T20:00:00Z")
_TICK: Final = 0.001  # s; a timer is due a little before the clock shows its time
_ROUNDS: Final = 25  # loop turns that what happens now may take, before time goes on
# Turns with nothing to do until it is believed: sockets and threads are looked at once in each.
_IDLE: Final = 3


def now() -> float:
    """Return the seconds of the one clock."""
    return time.monotonic()


class InTurn(asyncio.TimerHandle):
    """Know when it was made: a clock that runs never shows one time twice, and one that stands does."""

    __slots__ = ("number",)
    numbers: ClassVar[Iterator[int]] = itertools.count()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what a timer takes."""
        super().__init__(*args, **kwargs)
        self.number = next(self.numbers)


def _earlier(one: asyncio.TimerHandle, other: asyncio.TimerHandle) -> bool:
    """Compare two timers, some of which may be older than the frozen clock."""
    first, second = (getattr(each, "number", -1) for each in (one, other))
    return (one.when(), first) < (other.when(), second)


def one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody read the frozen clock, and timers of one time be due in turn."""
    monkeypatch.setattr("asyncio.events.TimerHandle", InTurn)
    monkeypatch.setattr(asyncio.TimerHandle, "__lt__", _earlier)
    for place, module in list(sys.modules.items()):
        if place.startswith(_READERS):
            for name in _COARSE:
                if hasattr(module, name):
                    monkeypatch.setattr(module, name, now)


def helpers(monkeypatch: pytest.MonkeyPatch) -> set[asyncio.Future[Any]]:
    """Return what helper threads are at, as it is from now on, until the loop knows what came of it."""
    busy: set[asyncio.Future[Any]] = set()
    real = asyncio.BaseEventLoop.run_in_executor

    def run(
        loop: asyncio.BaseEventLoop, pool: Any, work: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = real(loop, pool, work, *args)
        busy.add(future)
        future.add_done_callback(busy.discard)
        return future

    monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", run)
    return busy


class Clock:
    """Move the frozen clock."""

    def __init__(
        self,
        hass: HomeAssistant,
        frozen: FrozenDateTimeFactory,
        busy: set[asyncio.Future[Any]],
    ) -> None:
        """Take the frozen time and what helper threads are at."""
        self._hass, self._frozen, self._busy = hass, frozen, busy
        self.hurries = (
            False  # nothing is left to helper threads: they need not be waited for
        )

    @property
    def time(self) -> float:
        """Return the seconds of the one clock."""
        return now()

    async def settle(self) -> None:
        """Let everything happen that needs no time."""
        await self._turn()
        # However long helper threads take: what they were given is done when time goes on.
        while not self.hurries and (busy := [*self._busy]):
            done, _ = await asyncio.wait(busy)
            # What they raise is told to whoever gave them the work: not to us, and not to the log.
            for one in done:
                if not one.cancelled():
                    one.exception()
            await self._turn()

    async def run(self, seconds: float) -> None:
        """Let time pass."""
        end = now() + seconds
        await self.settle()
        while (left := end - now()) > 0:
            await self._jump(left)

    async def leap(self, seconds: float) -> None:
        """Jump far ahead: what was due on the way happens once, at the end."""
        self._frozen.tick(seconds)
        await self.settle()

    async def until(self, done: Callable[[], object], most: float = 120.0) -> None:
        """Let time pass until something is so; fails when it takes too long."""
        end = now() + most
        await self.settle()
        while not done():
            assert now() < end, f"not within {most} s"
            await self._jump(end - now())

    async def wait[T](self, work: Awaitable[T], most: float = 120.0) -> T:
        """Let time pass until some work is done."""
        task = asyncio.ensure_future(work)
        await self.until(task.done, most)
        return task.result()

    async def _turn(self) -> None:
        # What is ready besides us; the loop has no public way to ask.
        ready = self._hass.loop._ready  # type: ignore[attr-defined]
        idle = 0
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
            idle = 0 if ready else idle + 1
            # A helper thread that is at work gets all the turns, also where nobody waits for it.
            if idle >= _IDLE and not self._busy:
                return

    async def _jump(self, most: float) -> None:
        due = [
            handle.when()
            for handle in get_scheduled_timer_handles(self._hass.loop)
            if not handle.cancelled()
        ]
        step = min(most, max(0.0, min(due, default=now()) - now()))
        self._frozen.tick(max(step, _TICK))
        await self.settle()
