"""Set a key on one device over a connection, as a job that outlives the form that shows it.

The job tells its stage to whoever looks. What it makes is written down as a key of no device before the
device has it, and as the device's own at the end: a form that is closed, or a house that is killed a
moment later, loses nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..bluetooth.adverts import FaultGuard, HeardAdvert, on_news
from ..bluetooth.connection import async_open
from ..const import DOMAIN
from ..entries import Wish, async_rekey, entry_of
from ..proto.activation.activation import Activation
from ..proto.activation.contract import ActivationResult, ErrorCode, Stage
from ..proto.gatt.activation import activate
from ..proto.gatt.link import GattLink
from ..proto.model.errors import ActivationError, MiBmsError, Unreachable
from .ring import Keys

WAITING: Final = "waiting"  # before the first stage: for the device to wake
WAKE_TIME: Final = 600.0  # s that somebody has to fetch the device and press its button
FRESH: Final = 2.0  # s; an advert of this age still means that the device is awake
UNREACHABLE: Final = "unreachable"
ASLEEP: Final = "asleep"
# Reasons of ``Unreachable`` that the user can act on.
_TELLING: Final = frozenset({"not_heard", "no_slot"})
_ORDER: Final = (WAITING, *Stage)
# The symptoms of a remembered table of services that is that of an older firmware.
_OLD_TABLE: Final = frozenset({ErrorCode.NO_SERVICE, ErrorCode.TIMEOUT})


class Pairing:
    """One activation under way: ``stage``, and at its end ``result`` or ``failure``."""

    def __init__(
        self,
        hass: HomeAssistant,
        keys: Keys,
        address: str,
        product: int | None,
        *,
        wait: bool,
        shown_by: str | None = None,
    ) -> None:
        """Take the device; ``wait`` until it is awake before connecting.

        ``shown_by`` is the flow that shows how far it is, and at its end the key.
        """
        self.address, self.product = address, product
        self.stage: str = WAITING if wait else Stage.CONNECTING
        self.attempt = 0
        self.result: ActivationResult | None = None
        self.keyed_at: float | None = None
        self.stored = False  # on the disk
        self.failure: str | None = None
        self._hass, self._keys, self._wait = hass, keys, wait
        self._shown_by = shown_by
        self._activation = Activation(address, product)
        # Keys that were written down before it was known whether the device has them.
        self._early: dict[bytes, None] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> bool:
        """Start and return whether it did: not while another activation is under way."""
        if self._keys.pairing is not None:
            return False
        self._keys.pairing = self.address
        self._task = self._hass.async_create_background_task(
            self._run(), f"{DOMAIN} pairing"
        )
        return True

    def cancel(self) -> None:
        """Cancel; the connection is closed at once."""
        if self._task is not None:
            self._task.cancel()

    @property
    def done(self) -> bool:
        """Return whether it has ended."""
        return self._task is None or self._task.done()

    @property
    def progress(self) -> float:
        """Return how far it has come, from 0 to 1."""
        return _ORDER.index(self.stage) / (len(_ORDER) - 1)

    async def async_changed(self, stage: str, attempt: int) -> None:
        """Wait until there is another stage to show, or the end."""
        while not self.done and (self.stage, self.attempt) == (stage, attempt):
            self._news.clear()
            await self._news.wait()

    async def _run(self) -> None:
        try:
            if self._wait:
                await self._awake()
            self.result = await activate(
                self._use, self._activation, progress=self._report
            )
        except Unreachable as err:
            self.failure = err.reason if err.reason in _TELLING else UNREACHABLE
        except ActivationError as err:
            self.failure = err.reason
        except MiBmsError:
            self.failure = ErrorCode.REFUSED
        except TimeoutError:
            self.failure = ASLEEP
        finally:
            self._keys.pairing = None
            if self._keep() or self._early:
                self.stored = await self._keys.async_forget((), self._early)
            # Once this task is done: whoever waits then looks whether it is.
            self._hass.loop.call_soon(self._news.set)

    async def _use[T](self, work: Callable[[GattLink], Awaitable[T]], /) -> T:
        opened = await async_open(self._hass, self.address)
        try:
            return await opened.use(work(opened.link))
        except ActivationError as err:
            # A firmware update moves handles; the stack remembers those of before.
            if err.reason in _OLD_TABLE:
                await opened.forget_services()
            raise
        finally:
            await opened.close()

    def _report(self, stage: Stage) -> None:
        if stage is Stage.CONNECTING:
            self.attempt += 1
        self.stage = stage
        made = self._activation.result or self._activation.candidate
        if made is not None and made.bind_key not in self._early:
            self._early[made.bind_key] = None
            self._hass.async_create_task(self._keys.async_take({}, [made.bind_key]))
        self._news.set()

    async def _awake(self) -> None:
        """Wait for a fresh advert through a scanner that can connect."""
        awake = asyncio.Event()

        @callback
        def heard(info: HeardAdvert) -> None:
            if monotonic_time_coarse() - info.time < FRESH:
                awake.set()

        stop = on_news(
            self._hass,
            FaultGuard("pairing").wrap(heard),
            active=True,
            address=self.address,
            connectable=True,
        )
        try:
            async with asyncio.timeout(WAKE_TIME):
                await awake.wait()
        finally:
            stop()

    def _keep(self) -> bool:
        """Keep the key, also one of which it is not known whether the device stored it.

        Return whether there is any.
        """
        made = self.result or self._activation.result or self._activation.candidate
        if made is None:
            return False
        self._early.pop(made.bind_key, None)
        if made is self._activation.candidate:
            # Without an address: only adverts can tell whether it is the device's key.
            self._keys.remember({}, [made.bind_key])
            return True
        self.keyed_at = dt_util.utcnow().timestamp()
        identity = {
            "device_id": made.device_id or "",
            "token": made.token.hex() if made.token else "",
            "keyed_at": self.keyed_at,
        }
        self._keys.identities[self.address] = identity
        self._keys.remember({self.address: made.bind_key})
        if entry := entry_of(self._hass, self.address):
            async_rekey(self._hass, entry, self.wish(made), but=self._shown_by)
        return True

    def wish(self, made: ActivationResult) -> Wish:
        """Return what is to be added."""
        return Wish(
            address=self.address,
            key=made.bind_key,
            product=self.product,
            keyed_at=self.keyed_at,
        )
