"""The link of a battery between two polls: opened when it is wanted, shared while it holds, closed once."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..proto.model.errors import Unreachable
from .connection import OpenLink, async_open


class HeldLink:
    """The link to a battery: at most one."""

    def __init__(
        self, hass: HomeAssistant, address: str, turned: Callable[[bool], None]
    ) -> None:
        """Begin without one; ``turned`` is called with True when a link opens, False when it breaks or is closed."""
        self._hass, self._address, self._turned = hass, address, turned
        self._open: OpenLink | None = None
        self._opening: asyncio.Task[OpenLink] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._saying: CALLBACK_TYPE | None = None

    @property
    def is_open(self) -> bool:
        """Return whether there is a link, as far as anybody knows."""
        return self._open is not None and self._open.is_open

    async def async_open(self, attempts: int) -> OpenLink:
        """Return the link that is held, or a new one; raise ``Unreachable`` when none came about.

        One that is closed while it is being opened comes to nothing.
        """
        if self._open is not None and self._open.is_open:
            return self._open
        await self.async_close()
        opened = self._open = await self._async_connect(attempts)
        self._turned(True)
        opened.on_lost(lambda: self._broke(opened))
        return opened

    async def _async_connect(self, attempts: int) -> OpenLink:
        task = self._opening = asyncio.create_task(
            async_open(self._hass, self._address, attempts=attempts)
        )
        await asyncio.wait({task})
        if self._opening is not task:
            # Closed meanwhile, by somebody who wants no link.
            raise Unreachable("lost")
        self._opening = None
        return task.result()

    def _broke(self, opened: OpenLink) -> None:
        if self._open is opened:
            self._open = None
            self._turned(False)

    @callback
    def say_often(self, say: Callable[[], None], seconds: float) -> None:
        """Call every so many seconds while the link lasts; once is enough for each link."""
        if self._saying is not None:
            return

        @callback
        def due(_now: datetime) -> None:
            if self.is_open:
                say()

        self._saying = async_track_time_interval(
            self._hass, due, timedelta(seconds=seconds), cancel_on_shutdown=True
        )

    @callback
    def be_silent(self) -> None:
        """Call no more what ``say_often`` was given."""
        if self._saying is not None:
            self._saying()
            self._saying = None

    async def async_close(self, *, forget: bool = False) -> None:
        """Close the link, whatever it does; with ``forget``, its services are asked for anew next time."""
        opened, self._open = self._open, None
        opening, self._opening = self._opening, None
        self.be_silent()
        if opened is not None:
            self._turned(False)
        if opened is not None or opening is not None:
            self._closing = asyncio.create_task(
                _async_end(opened, opening, forget=forget)
            )
        if self._closing is not None:
            # Whoever waits may be cancelled; the battery has to be let go all the same.
            await asyncio.shield(self._closing)


async def _async_end(
    opened: OpenLink | None, opening: asyncio.Task[OpenLink] | None, *, forget: bool
) -> None:
    if opening is not None:
        opening.cancel()
        await asyncio.wait({opening})
        if not opening.cancelled() and opening.exception() is None:
            # It was done at that very moment.
            await opening.result().close()
    if opened is None:
        return
    if forget:
        await opened.forget_services()
    await opened.close()
