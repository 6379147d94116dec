"""A connection with limits: what is absent is said at once, what is silent is not waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from ..gatt.link import GattLink
from ..model.errors import FrameError, MiBmsError, NoAnswer, Unreachable, Unsupported
from .codec import Moment

ATTEMPTS: Final = 3  # connections, each a fresh one
PAUSE: Final = 2.0  # s between two of them
OPERATION: Final = 10.0  # s for one read or write
SPEAK: Final = 15.0  # s for the first notification
# There was no connection because nobody can make one: waiting is done by whoever gives turns.
_NO_USE: Final = frozenset({"not_heard", "no_slot"})

type Now = Callable[[], Moment]


class Use(Protocol):
    """Open a connection, let some work use it, and close it whatever happens."""

    async def __call__[T](self, work: Callable[[GattLink], Awaitable[T]], /) -> T:
        """Return what the work gives; raises ``Unreachable`` when there is no connection."""


class Wire:
    """Read and write one open connection."""

    def __init__(self, link: GattLink) -> None:
        """Take an open connection."""
        self.link = link

    def has(self, name: str) -> bool:
        """Return whether the device has a characteristic."""
        return name in self.link.characteristics

    def _check(self, name: str) -> None:
        if not self.has(name):
            raise Unsupported(name)

    async def read(self, name: str) -> bytes:
        """Read; raises ``Unsupported``, ``Unreachable`` or ``NoAnswer``."""
        self._check(name)
        return await _in_time(self.link.read(name))

    async def write(self, name: str, data: bytes) -> None:
        """Write, with the device's confirmation wherever it gives one: others are lost in silence."""
        self._check(name)
        offered = self.link.properties(name)
        response = "write" in offered or "write-without-response" not in offered
        await _in_time(self.link.write(name, data, response=response))

    async def listen(self, name: str) -> asyncio.Queue[bytes]:
        """Subscribe; notifications wait in the queue."""
        self._check(name)
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        await _in_time(self.link.subscribe(name, heard.put_nowait))
        return heard


async def _in_time[T](work: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(OPERATION):
            return await work
    except TimeoutError as err:
        raise NoAnswer from err


async def next_of(heard: asyncio.Queue[bytes], seconds: float) -> bytes | None:
    """Return the next notification, None after so much silence."""
    try:
        async with asyncio.timeout(seconds):
            return await heard.get()
    except TimeoutError:
        return None


def worth_a_retry(err: MiBmsError) -> bool:
    """Return whether a fresh connection may help."""
    if isinstance(err, Unreachable):
        return err.reason not in _NO_USE
    return isinstance(err, FrameError | NoAnswer | Unsupported)


async def persist[T](use: Use, work: Callable[[GattLink], Awaitable[T]]) -> T:
    """Do some work, if need be on several fresh connections; raises what ended the last one."""
    left = ATTEMPTS
    while True:
        try:
            return await use(work)
        except MiBmsError as err:
            left -= 1
            if not left or not worth_a_retry(err):
                raise
        await asyncio.sleep(PAUSE)
