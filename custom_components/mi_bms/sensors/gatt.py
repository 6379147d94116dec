"""What a sensor does over a connection: asked by a person, once a day by itself, every week for its clock.

Every connection waits for its turn among the batteries' reads. Reads that nobody asked for are
made one sensor after the other, at a random time, and only of sensors that are heard well.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
import logging
import random
from typing import Any, Final

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..bluetooth.adverts import last_advert
from ..bluetooth.connection import async_use
from ..const import DOMAIN
from ..entries import name_of
from ..proto.active import change
from ..proto.active.codec import Comfort, Moment, Unit
from ..proto.active.due import FILL_EVERY, Due
from ..proto.active.history import read_history
from ..proto.active.look import ASKED, Look, look
from ..proto.active.records import History
from ..proto.active.spec import ActiveSpec, Function
from ..proto.gatt.link import GattLink
from ..proto.model.errors import MiBmsError
from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..runtime import SHARED
from .backfill import async_fill, async_gaps
from .options import SensorOptions

_LOGGER = logging.getLogger(__name__)

WITHIN: Final = 60.0  # s for a turn; some sensors advertise every ten seconds only
CHECK: Final = 300.0  # s between two looks whether something is due
WEAK: Final = -90  # dBm; a connection would only drain the sensor
OLD: Final = 300.0  # s since the last advert

_QUEUE: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}.sensor_queue")
_CLOCKS: Final = frozenset({Function.CLOCK, Function.SET_CLOCK})

type Told = Callable[[Mapping[Field, Value]], None]


def moment() -> Moment:
    """Return the local time: Unix seconds and the offset of its zone, daylight saving included."""
    now = dt_util.now()
    offset = now.utcoffset()
    return Moment(now.timestamp(), int(offset.total_seconds()) if offset else 0)


class ActiveSensor:
    """The connected functions of one sensor; what it told last outlives a restart."""

    __slots__ = (
        "_at_work",
        "_busy",
        "_chance",
        "_due",
        "_listeners",
        "_timer",
        "_told",
        "address",
        "comfort",
        "entry",
        "firmware",
        "hass",
        "missing",
        "options",
        "product",
        "spec",
        "unit",
    )

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        device: tuple[ActiveSpec, int],
        told: Told,
    ) -> None:
        """Take what the product (its row and its id) can do; ``told`` shows values."""
        self.hass, self.entry = hass, entry
        self.address: str = entry.data[CONF_ADDRESS]
        self.spec, self.product = device
        self._told = told
        self.options = SensorOptions.of(entry.options)
        kept = hass.data[SHARED].kept.get(self.address, {}).get("active", {})
        self.unit = Unit(kept["unit"]) if kept.get("unit") else None
        self.comfort = Comfort(*kept["comfort"]) if kept.get("comfort") else None
        self.firmware: str | None = kept.get("firmware")
        self.missing = {Function(one) for one in kept.get("missing", ())}
        self._chance = random.random
        # Not all at once after a start.
        self._due = Due.again(kept, moment().unix, self._chance() * CHECK)
        self._busy = asyncio.Lock()
        self._at_work = False
        self._timer: CALLBACK_TYPE | None = None
        self._listeners: list[Callable[[], None]] = []

    def snapshot(self) -> dict[str, Any]:
        """Return what is kept for the next start."""
        return {
            "unit": self.unit,
            "comfort": self.comfort and list(self.comfort),
            "firmware": self.firmware,
            "missing": sorted(self.missing),
        } | self._due.snapshot()

    @property
    def functions(self) -> frozenset[Function]:
        """Return what it can do, as far as is known."""
        return self.spec.functions - self.missing

    @property
    def name(self) -> str:
        """Return the name that the user knows."""
        return name_of(self.hass, self.entry)

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call ``listener`` when the unit or a limit is known anew."""
        self._listeners.append(listener)

        @callback
        def stop() -> None:
            self._listeners.remove(listener)

        return stop

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    # --- asked for ---------------------------------------------------------------------------

    async def _use[T](self, work: Callable[[GattLink], Awaitable[T]], /) -> T:
        """Open a connection in turn with the batteries."""
        polls = self.hass.data[SHARED].polls
        async with polls.async_visit(self.address, within=WITHIN):
            return await async_use(self.hass, self.address, work, doubts=True)

    async def async_look(
        self, wanted: Collection[Function] = ASKED
    ) -> Mapping[Field, Value]:
        """Read what is wanted and show it; raises ``MiBmsError`` when nothing could be read."""
        async with self._busy:
            wanted = self.functions.intersection(wanted)
            found = await look(self._use, self.spec, wanted, moment)
            self._take(found)
        return found.values

    def _take(self, found: Look) -> None:
        self.unit = found.unit or self.unit
        self.comfort = found.comfort or self.comfort
        self.missing |= found.missing
        if firmware := found.values.get(Field.FIRMWARE):
            self.firmware = str(firmware)
        if found.values:
            self._told(found.values)
        self._changed()

    async def async_set_clock(self) -> None:
        """Set the clock; raises ``MiBmsError`` when it is not certain that it was taken."""
        async with self._busy:
            await change.set_clock(self._use, self.spec, moment)
            now = moment()
            self._due.set_at = (now.unix, now.offset)
            if Function.CLOCK in self.functions:
                self._told({Field.CLOCK_DRIFT: 0})

    async def async_set_unit(self, unit: Unit) -> None:
        """Set the unit of the display."""
        async with self._busy:
            await change.set_unit(self._use, self.spec, unit)
            self.unit = unit
            self._changed()

    async def async_set_comfort(self, limit: str, value: float) -> None:
        """Set one comfort limit."""
        async with self._busy:
            self.comfort = await change.set_comfort(self._use, limit, value)
            self._changed()

    async def async_blink(self) -> None:
        """Let it flash."""
        async with self._busy:
            await change.blink(self._use)

    async def async_history(self, since: float | None) -> History:
        """Read its memory from a Unix time on, all of it for None."""
        async with self._busy:
            device = (self.address, self.product)
            return await read_history(self._use, self.spec, moment, device, since)

    # --- by itself ---------------------------------------------------------------------------

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Do by itself what is due until the returned function is called."""
        self._later()

        @callback
        def stop() -> None:
            if self._timer:
                self._timer()
                self._timer = None

        return stop

    def _later(self) -> None:
        job = HassJob(self._check, f"{self.address} due", cancel_on_shutdown=True)
        self._timer = async_call_later(self.hass, CHECK, job)

    @callback
    def _check(self, _now: object) -> None:
        self._later()
        if self._at_work or not self._is_due() or not self._is_near():
            return
        self._at_work = True
        self.entry.async_create_background_task(
            self.hass, self._async_work(), f"{DOMAIN} {self.address} by itself"
        )

    def _is_due(self) -> bool:
        if self._due.rests(moment().unix):
            return False
        return self._wants_look() or self._wants_clock() or self._wants_fill()

    def _wants_look(self) -> bool:
        can = bool(self.spec.daily - self.missing)
        return can and self._due.wants_look(moment().unix)

    def _wants_fill(self) -> bool:
        can = self.options.fill and Function.HISTORY in self.functions
        return can and self._due.wants_fill(moment().unix)

    def _wants_clock(self) -> bool:
        can = self.options.sync_clock and bool(self.functions & _CLOCKS)
        return can and self._due.wants_clock(moment())

    def _is_near(self) -> bool:
        info = last_advert(self.hass, self.address, connectable=True)
        return (
            info is not None
            and info.rssi >= WEAK
            and monotonic_time_coarse() - info.time <= OLD
        )

    async def _async_work(self) -> None:
        queue = self.hass.data.setdefault(_QUEUE, asyncio.Lock())
        try:
            # Nobody waits for these reads: they must not hold several slots that batteries need.
            async with queue:
                await self._async_due()
        except MiBmsError as err:
            wait = self._due.failed(moment().unix)
            _LOGGER.debug("%s not read, again in %.0f s: %r", self.name, wait, err)
        else:
            self._due.failures = 0
        finally:
            self._at_work = False

    async def _async_due(self) -> None:
        if self._wants_clock():
            await self.async_set_clock()
        if self._wants_look():
            await self.async_look(self.spec.daily)
            self._due.looked(moment().unix, self._chance())
        if self._wants_fill():
            await self._async_fill()
            self._due.fill = moment().unix + FILL_EVERY

    async def _async_fill(self) -> None:
        """Fill hours that the statistics lack; what has been looked at once is not read again."""
        filled = self._due.filled_until(moment().unix)
        gaps = await async_gaps(self.hass, self.address, filled)
        if gaps.missing:
            history = await self.async_history(gaps.since)
            async_fill(self.hass, gaps, history.hours, self.options.offsets)
            # What came is filled in; the rest is asked for next time.
            if not history.complete:
                return
        self._due.filled_to = gaps.until
