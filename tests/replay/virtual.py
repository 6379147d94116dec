"""An event loop whose time is virtual: what would take minutes is over at once."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
import heapq
from itertools import count
from typing import Any, override


class _Handle(asyncio.TimerHandle):
    """What is to be called; what the usual one notes for debugging nobody asks for here."""

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> None:
        self._when, self._callback, self._args = when, callback, args
        self._context = copy_context() if context is None else context
        self._cancelled = False

    @override
    def cancel(self) -> None:
        self._cancelled = True


class VirtualLoop(asyncio.BaseEventLoop):
    """Be an event loop whose time passes as soon as everybody waits.

    There is nothing to select and no other thread, so it does without all that an event loop does for these.
    What a callback raises ends the run.
    """

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._timers: list[tuple[float, int, _Handle]] = []
        self._number = count()

    @override
    def time(self) -> float:
        return self._now

    @override
    def call_soon(
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = _Handle(self._now, callback, args, context)
        self._ready.append(handle)
        return handle

    @override
    def call_at(
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = _Handle(when, callback, args, context)
        heapq.heappush(self._timers, (when, next(self._number), handle))
        return handle

    @override
    def call_later(
        self, delay: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def _run_once(self) -> None:
        """Run what is ready, and what is due; let time pass when that is nothing."""
        ready, timers = self._ready, self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        if not ready:
            if not timers:
                raise RuntimeError("the replay waits for ever")
            self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            ready.append(heapq.heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._context.run(handle._callback, *handle._args)


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
