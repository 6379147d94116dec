"""A sensor with a table of characteristics, and connections to it that can be made to fail."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import override

from custom_components.mi_bms.proto.active.codec import Moment
from custom_components.mi_bms.proto.gatt.link import GattLink, Notified
from custom_components.mi_bms.proto.model.errors import Unreachable

type Hook = Callable[["Sensor", bytes], bytes | None]

START = 1_704_110_400.0  # 2024-01-01 12:00:00 UTC
ALL = ("read", "write", "notify")


class Sensor(GattLink):
    """Be a sensor and the connection to it.

    ``values`` are read and written; a hook of ``reads``, ``writes`` or ``subscribed`` does more. The
    link breaks after so many operations as ``breaks`` says of each connection (None = never).
    """

    def __init__(self, values: dict[str, bytes], *, offset: int = 0) -> None:
        self.values = values
        self.offset = offset
        self.offered: dict[str, Collection[str]] = {}
        self.reads: dict[str, Hook] = {}
        self.writes: dict[str, Hook] = {}
        self.spoken: dict[str, list[tuple[float, bytes]]] = {}
        self.breaks: list[int | None] = []
        self.refuses: list[str] = []
        self.written: list[tuple[str, bytes, bool]] = []
        self.connections = 0
        self._left: int | None = None
        self._tasks: list[asyncio.TimerHandle] = []

    # --- time and connections ------------------------------------------------------------------

    def now(self) -> Moment:
        return Moment(START + asyncio.get_running_loop().time(), self.offset)

    async def use[T](self, work: Callable[[GattLink], Awaitable[T]], /) -> T:
        if self.refuses:
            raise Unreachable(self.refuses.pop(0))
        self.connections += 1
        self._left = self.breaks.pop(0) if self.breaks else None
        try:
            return await work(self)
        finally:
            for one in self._tasks:
                one.cancel()
            self._tasks.clear()

    def _count(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Unreachable("link")

    # --- the link ------------------------------------------------------------------------------

    @property
    @override
    def characteristics(self) -> Collection[str]:
        return self.values

    @override
    def properties(self, uuid: str) -> Collection[str]:
        return self.offered.get(uuid, ALL)

    @override
    def max_write(self, uuid: str) -> int:
        return 20

    @override
    async def read(self, uuid: str) -> bytes:
        self._count()
        if (hook := self.reads.get(uuid)) is not None:
            answer = hook(self, b"")
            if answer is None:
                await asyncio.sleep(60)
            return answer or b""
        return self.values[uuid]

    @override
    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        self._count()
        self.written.append((uuid, data, response))
        if (hook := self.writes.get(uuid)) is not None:
            taken = hook(self, data)
            if taken is not None:
                self.values[uuid] = taken
        else:
            self.values[uuid] = data

    @override
    async def subscribe(self, uuid: str, notified: Notified) -> None:
        self._count()
        loop = asyncio.get_running_loop()
        for delay, data in self.spoken.get(uuid, ()):
            self._tasks.append(loop.call_later(delay, notified, data))
