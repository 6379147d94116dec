"""A clock that stands while the machine is busy with something else: how far a run came is counted in its beats.

A beat is an answer of Home Assistant, one of the world, and a file on the disk. Who is slow, or was stopped for a
minute, has had so many fewer of them.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Callable
import contextlib
import os
from pathlib import Path
from typing import Final

from .api import Api
from .process import PATIENCE, Trouble, until
from .world_client import WorldProcess

EVERY: Final = 0.25  # s


class Pulse:
    """Beat while Home Assistant lives."""

    def __init__(
        self, folder: Path, world: WorldProcess, now: Callable[[], float]
    ) -> None:
        """Take a folder on the disk that counts, and the time by Home Assistant's clock."""
        self._file, self._world, self._now = folder / "pulse", world, now
        self._beats: list[float] = []
        self._beating: asyncio.Task[None] | None = None

    def begin(self, api: Api) -> None:
        """Begin to beat with one life."""
        self._beating = asyncio.create_task(self._beat(api))

    async def end(self) -> None:
        """Stand still until the next life."""
        if self._beating is not None:
            self._beating.cancel()
            with contextlib.suppress(asyncio.CancelledError, Trouble):
                await self._beating

    async def _beat(self, api: Api) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await api.get("/api/")
            await self._world.get("/world")
            await asyncio.to_thread(self._write)
            self._beats.append(self._now())

    def _write(self) -> None:
        with self._file.open("wb") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())

    def at(self, moment: float) -> float:
        """Return how many seconds of a machine with nothing else to do had passed at a moment."""
        return EVERY * bisect_left(self._beats, moment)

    async def rest(self, seconds: float) -> None:
        """Let so many seconds of such a machine pass."""
        end = len(self._beats) + seconds / EVERY

        async def over() -> bool:
            return len(self._beats) >= end

        await until("the pulse", PATIENCE, over, progress=lambda: len(self._beats))
