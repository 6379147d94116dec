"""The seam between protocol code and Bluetooth: an open GATT connection."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
import contextlib
from typing import Any, Protocol

from ..model.errors import LOST, Unreachable

type Notified = Callable[[bytes], None]


class GattLink(Protocol):
    """An open connection to one device; UUIDs are full lower-case 128-bit strings.

    ``service/characteristic`` names a characteristic inside one service, for modules that repeat a UUID.

    Every method raises ``Unreachable`` when the link is gone, and ``Unsupported`` for a characteristic
    that is missing. Whoever opened it closes it.
    """

    @property
    def characteristics(self) -> Collection[str]:
        """Return the UUIDs of all characteristics of the device."""

    def properties(self, uuid: str) -> Collection[str]:
        """Return a characteristic's properties in bleak's words (read, write, write-without-response, notify, indicate)."""

    def max_write(self, uuid: str) -> int:
        """Return how many bytes one write without response may carry."""

    async def subscribe(self, uuid: str, notified: Notified) -> None:
        """Call ``notified`` with each notification of a characteristic until the link closes."""

    async def read(self, uuid: str) -> bytes:
        """Return the value of a characteristic."""

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        """Write a characteristic, with or without the device's confirmation."""


async def until_lost[T](work: Awaitable[T], lost: asyncio.Future[None]) -> T:
    """Return the result of some work; raise ``Unreachable`` when ``lost``, the end of a link, comes first."""
    # A coroutine that waits for a notification is not woken when the link breaks.
    task = asyncio.ensure_future(work)
    try:
        both: set[asyncio.Future[Any]] = {task, lost}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Unreachable(LOST)
    finally:
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Unreachable):
                await task
