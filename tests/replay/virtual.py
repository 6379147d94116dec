"""An event loop whose time is virtual: what would take minutes is over at once."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class _NoSelector:
    """Stand in for the selector of an event loop that has no files: waiting only moves its clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise RuntimeError("the replay waits for ever")
        self.now += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Be an event loop whose time passes as soon as everybody waits."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _NoSelector()

    def time(self) -> float:
        return self._selector.now

    def _process_events(self, event_list: list[object]) -> None:
        """Have no events."""

    def _write_to_self(self) -> None:
        """Need no waking."""


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
