"""Outputs: entries that hand on what sensors and batteries say, to a broker or to a file.

What is said is made into messages at once, with the time of the reading, and waits in a bounded
queue until it is handed over. What has to wait is written down, and stays written down until it is
handed over: a crash may let a message come twice, and loses at most what was not yet written.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from probatio import ExactSequence, Invalid, Schema

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..proto.publish.news import News
from ..proto.publish.outbox import Item, Outbox
from ..proto.publish.place import is_publishable
from ..runtime import SHARED
from ..stored import whole
from ..stored_files import async_read, async_remove
from .options import BACKLOG, CONF_DEVICES, CONF_TYPE, PERIOD
from .shapes import Shape

type OutputConfigEntry = ConfigEntry[Output]

STORE_VERSION: Final = 1
WAITS: Final = 2.0  # s; what is handed over sooner is not written down
WRITTEN: Final = 4_096  # bytes that a long queue may write per second


def _topic(value: object) -> str:
    """Take where a message goes; lines of a file go nowhere else."""
    if value != "" and not (isinstance(value, str) and is_publishable(value)):
        raise Invalid("no topic")
    return str(value)


_QUEUE: Final = Schema([whole(ExactSequence([_topic, str]))])


class Output(ABC):
    """An output: what the chosen devices say waits here; a subclass hands it over."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], shape: Shape
    ) -> None:
        """Take the options; nothing is passed on yet."""
        self.hass, self.entry = hass, entry
        options = entry.options
        self.outbox = Outbox(int(BACKLOG.of(options)))
        self._shape = shape
        self._devices = frozenset(options.get(CONF_DEVICES, ()))
        self._period = timedelta(seconds=PERIOD.of(options))
        self._store: Store[list[list[str]]] = _store(hass, entry)
        self._stops: list[Callable[[], None]] = []
        self._look: CALLBACK_TYPE | None = None
        self._sent = 0  # when it was last looked
        self._written: list[Item] = []

    async def async_start(self) -> None:
        """Pass on from now on, first what waited when it ended."""
        waiting, wrong = await async_read(self._store, _QUEUE)
        for topic, payload in waiting or ():
            self.outbox.put(Item(payload.encode(), topic))
        # What was damaged may lie aside: it is written down anew.
        self._written = [] if wrong else self.outbox.waiting()
        self._stops = [
            self.hass.data[SHARED].feed.listen(self._take),
            async_track_time_interval(
                self.hass, self._end_period, self._period, cancel_on_shutdown=True
            ),
            self.hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, self._end),
        ]
        self._look_later()
        self.kick()

    async def async_stop(self) -> None:
        """Hand over what can be, and keep the rest."""
        while self._stops:
            self._stops.pop()()
        self._look_no_more()
        self._put(self._shape.rest())
        await self.async_finish()
        await self._async_write_down()

    async def _end(self, _event: Event) -> None:
        await self.async_stop()

    @callback
    def _take(self, news: News) -> None:
        if not self._devices or news.address in self._devices:
            self._put(self._shape.take(news))

    @callback
    def _end_period(self, now: datetime) -> None:
        self._put(self._shape.period(now.timestamp()))

    def _put(self, items: Iterable[Item]) -> None:
        put = False
        for item in items:
            self.outbox.put(item)
            put = True
        if put:
            self._look_later()
            self.kick()

    # --- what outlives a crash -------------------------------------------------------------

    @callback
    def handed_over(self) -> None:
        """Forget on the disk, too, what was handed over, as soon as nothing waits."""
        if self._written and not self.outbox.waiting():
            self._look_no_more()
            self._look_later(0)

    def _look_later(self, seconds: float | None = None) -> None:
        """See in a moment whether something has to wait; a long queue is not written all the time."""
        if self._look is None and self._stops:
            self._sent = self.outbox.sent
            pause = WAITS + sum(len(one.payload) for one in self._written) / WRITTEN
            self._look = async_call_later(
                self.hass,
                pause if seconds is None else seconds,
                HassJob(self._async_look, f"{DOMAIN} queue", cancel_on_shutdown=True),
            )

    def _look_no_more(self) -> None:
        if self._look is not None:
            self._look()
            self._look = None

    async def _async_look(self, _now: datetime) -> None:
        self._look = None
        waiting = self.outbox.waiting()
        # What is on its way needs no writing.
        if self._written or (waiting and self._sent == self.outbox.sent):
            await self._async_write_down()
        if self.outbox.waiting() or self._written:
            self._look_later()

    async def _async_write_down(self) -> None:
        waiting = self.outbox.waiting()
        if waiting == self._written:
            return
        self._written = waiting
        if waiting:
            await self._store.async_save(
                [[one.topic, one.payload.decode()] for one in waiting]
            )
        else:
            await self._store.async_remove()

    @callback
    @abstractmethod
    def kick(self) -> None:
        """Begin to hand over what waits, if that is possible now."""

    @abstractmethod
    async def async_finish(self) -> None:
        """Hand over what can be, for the last time."""

    def describe(self) -> dict[str, Any]:
        """Return the figures for diagnostics."""
        return {
            "type": self.entry.data[CONF_TYPE],
            "devices": len(self._devices) or "all",
            "sent": self.outbox.sent,
            "waiting": len(self.outbox),
            "dropped": self.outbox.dropped,
        }


def _store(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Store[list[list[str]]]:
    key = f"{DOMAIN}.output.{entry.entry_id}"
    return Store(hass, STORE_VERSION, key, private=True, atomic_writes=True)


async def async_forget_output(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Remove what an output that is gone had kept."""
    await async_remove(hass, _store(hass, entry))
