"""Waiting in real time: for what has to happen, however slow the machine is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

# s; only something that hangs takes so long.
PATIENCE: Final = 300.0


async def eventually(right: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            now = right()
            if now if isinstance(now, bool) else await now:
                return
            await asyncio.sleep(0.01)
