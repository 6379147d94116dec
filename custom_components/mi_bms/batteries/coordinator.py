"""The coordinator of a battery: events go into its record, what follows from the record is shown.

Adverts, wishes of the user and the ends of polls become events. The scheduler decides when the battery
is read, the reader reads it. The last good sample outlives a missed poll for a grace time, and a sleep
until the battery wakes.
"""

import asyncio
from collections.abc import Coroutine
import contextlib
from datetime import datetime, timedelta
import logging
from math import inf
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..bluetooth.adverts import FaultGuard, HeardAdvert, on_each
from ..bluetooth.scanners import coverage
from ..const import CONF_METER, CONF_PROFILE
from ..proto.bms.contract import Family, Mode
from ..proto.bms.index import INDEX
from ..proto.bms.profile import Profile
from ..proto.model.rows import RowsPerDay
from ..proto.model.sample import BmsSample
from ..proto.publish.news import BatteryNews
from ..proto.scheduler.battery import Battery
from ..proto.scheduler.decision import Order
from ..proto.scheduler.diagnosis import Diagnosis
from ..proto.scheduler.events import (
    Advert,
    Asked,
    Event,
    Looked,
    Paced,
    Paused,
    Released,
    Resumed,
)
from ..proto.scheduler.link_state import Failure, LinkState, Phase
from ..runtime import SAVE_NEWS, SHARED, async_withdraw_reauth
from .metering import Metering
from .options import BatterySettings
from .reader import Reader
from .restore import Kept, LastReading, to_store, wishes_to_store
from .switching import Switching

_LOGGER = logging.getLogger(__name__)

LOOK_EVERY: Final = timedelta(seconds=10)
ASKED_TIMEOUT: Final = 60.0  # s that somebody waits who asked for a poll now


class BatteryCoordinator(DataUpdateCoordinator[BmsSample]):
    """The coordinator of one battery: ``battery`` is its record, ``read_at`` the wall time of ``data``."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], family: Family
    ) -> None:
        """Prepare everything; nothing is read yet, a sleeping battery must not hold the start up."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=entry.title)
        self.entry = entry
        self.address: str = entry.data[CONF_ADDRESS]
        self._polls = hass.data[SHARED].polls
        self.settings = settings = BatterySettings.of(entry.options)
        self.battery = Battery(
            address=self.address,
            interval=settings.pace.interval,
            born=self._polls.now(),
            keeps=family.mode is not Mode.POLL,
            grace=settings.grace,
        )
        # Early: it is what a set-up that fails has to close.
        self.reader = Reader(hass, entry, self.battery, family, settings)
        self.family = family
        self.title = INDEX[family.id].title
        self.maker = next(iter(INDEX[family.id].brands), self.title)
        self.profile = Profile.from_json(entry.data[CONF_PROFILE])
        self.metering = Metering(self._polls.now, settings)
        self.rows, self.guard = RowsPerDay(), FaultGuard("batteries")
        self.read_at: datetime | None = None
        self.device_id = ""  # of the device registry; packs are parts of it
        self.data = BmsSample()
        self._asked: asyncio.Future[None] | None = None
        self._asked_password = self._told = False  # told: that it cannot be read
        self._shown: tuple[bool, LinkState | None, BmsSample] | None = None
        # What the last values depend on beside the battery; options may be newer.
        self._read_as = settings.read_as(family.id)
        self.switching = Switching(self)
        self._restore()

    def _restore(self) -> None:
        stored = self.hass.data[SHARED].kept.get(self.address)
        if not stored:
            return
        read_as, now = self._read_as, self._polls.now()
        self.metering.meter.restore(stored.get(CONF_METER, {}))
        self.switching.restore(stored)
        kept = Kept.of(stored, read_as)
        kept.tell(self.battery, now)
        if (last := kept.last) is not None:
            self._read_as, self.read_at, self.data = last.read_as, last.at, last.sample
            same = last.read_as == read_as
            self.reader.restore(last.sample, now - last.age, same=same)
        self._judge()
        if kept.away_for > 0:
            self.battery.apply(Paused(now + kept.away_for), now)
            self._judge()

    def snapshot(self) -> dict[str, Any] | None:
        """Return what is kept for the next start."""
        before = self.hass.data[SHARED].kept.get(self.address, {})
        switching = self.switching.kept()
        if self.read_at is None:
            return wishes_to_store(self.battery, self._polls.now(), before, switching)
        last = LastReading(sample=self.data, at=self.read_at, read_as=self._read_as)
        kept = to_store(self.battery, self._polls.now(), last)
        return kept | {CONF_METER: self.metering.meter.state()} | switching

    @callback
    def async_watch(self) -> CALLBACK_TYPE:
        """Begin to schedule and to store the battery; return what ends both."""

        @callback
        def heard(info: HeardAdvert) -> None:
            if self._happened(Advert(info.rssi, info.source), info.time):
                self._polls.kick()

        self._polls.add(self.battery, self)
        # Each one counts as a sign of life, also those that say nothing new.
        stop_listening = on_each(self.hass, self.guard.wrap(heard), self.address)
        stop_looking = async_track_time_interval(
            self.hass, self._look, LOOK_EVERY, cancel_on_shutdown=True
        )
        stop_keeping = self.hass.data[SHARED].keep(self.address, self.snapshot)

        @callback
        def stop() -> None:
            stop_listening()
            stop_keeping()
            self._polls.remove(self.address)
            stop_looking()
            self.reader.async_stop()
            self.switching.stop()

        self.switching.start()
        return stop

    @override
    async def async_shutdown(self) -> None:
        """Close the link that may be held."""
        await super().async_shutdown()
        self._answer()
        await self.reader.async_close()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a task that ends with the battery's entry."""
        self.entry.async_create_background_task(self.hass, work, name)

    def _happened(self, event: Event, now: float | None = None) -> bool:
        return self._polls.apply(self.address, event, now)

    # --- how it stands -------------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Return whether the last values still hold."""
        return self.battery.available(self._polls.now())

    @property
    def link_state(self) -> LinkState | None:
        """Return how the battery stands, None while that is not known yet."""
        return self.battery.state(self._polls.now())

    @property
    def away(self) -> bool:
        """Return whether the user wants the battery left alone now."""
        return self.link_state is LinkState.PAUSED

    @property
    def alone(self) -> bool:
        """Return whether somebody else is to have the battery now: an app, or a form of ours."""
        return self.battery.alone_until > self._polls.now()

    @callback
    def ask(self) -> bool:
        """Have the battery read next; return whether it will be, as nobody else has it."""
        self._polls.kick()
        return self._happened(Asked())

    def diagnose(self) -> Diagnosis:
        """Return why the battery cannot be reached and what helps."""
        return self.reader.diagnose()

    def _judge(self) -> None:
        """Take how it is heard and how often it is read; log once when its values are lost or come back."""
        sick = self._polls.scheduler.sick
        around = coverage(self.hass, self.address, troubled=sick)
        before = self.battery.there
        # Directly: it is looked at before it is scheduled, too.
        self.battery.apply(Looked(around), self._polls.now())
        self.metering.meter.paced(self.battery.effective)
        there = self.battery.there
        # The first poll is no failure while it is under way.
        first = self.reader.polls == 1 and self.battery.phase is not Phase.READING
        if (before and not there) or (first and not there and not self._told):
            self._told = True
            # Without a path or a slot it was not even tried.
            why = self.reader.last_error or self.diagnose().cause
            _LOGGER.info("%s cannot be read (%s)", self.name, why)
        elif before is False and there and self._told:
            self._told = False
            _LOGGER.info("%s is read again", self.name)

    @callback
    def _look(self, _now: datetime) -> None:
        """Look at intervals: silence is no event."""
        self._judge()
        if self.link_state is LinkState.ASLEEP:
            self.metering.sleeps()
            self.data = self.reader.outlook.lapse(self.data, self._polls.now())
        if self._shown != (self.online, self.link_state, self.data):
            self._show()

    def _show(self) -> None:
        self._shown = self.online, self.link_state, self.data
        self.async_update_listeners()

    # --- what the user wants -------------------------------------------------------------------

    @callback
    def async_take_options(self) -> None:
        """Follow options that were changed; nothing has to be built anew for them."""
        self.settings = settings = BatterySettings.of(self.entry.options)
        self.metering.follow(settings)
        if self.reader.follow(settings):
            self._happened(Asked())
        self._happened(Paced(interval=settings.pace.interval, grace=settings.grace))
        self.switching.follow()
        self._wished()

    @callback
    def async_pause(self, until: float = inf) -> None:
        """Stay away from the battery, for good or until a time of the scheduler's clock."""
        # Whether its values hold meanwhile depends on how it stands now.
        self._judge()
        self._happened(Paused(until))
        self._wished()

    @callback
    def async_resume(self) -> None:
        """Read the battery again, at once."""
        self._happened(Resumed())
        self._wished()

    @callback
    def async_release_for(self, minutes: float | None = None) -> None:
        """Leave the battery to another client for some minutes, by default as many as the user has set.

        One that is paused for good stays so.
        """
        if minutes is None:
            minutes = self.settings.release
        if not self.battery.paused:
            self.async_pause(self._polls.now() + minutes * 60)

    def _wished(self) -> None:
        self.hass.data[SHARED].async_save_soon()
        self._judge()
        self._show()
        self._polls.kick()

    # --- reading -------------------------------------------------------------------------------

    @override
    async def _async_update_data(self) -> BmsSample:
        """Read at once, because somebody asked for it, and return what is known then."""
        if self.ask():
            if self._asked is None or self._asked.done():
                self._asked = self.hass.loop.create_future()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ASKED_TIMEOUT):
                    # Several may ask at once, and one of them may give up.
                    await asyncio.shield(self._asked)
        return self.data

    async def async_read(self, order: Order) -> None:
        """Read over the open link or a new one, and take what that gave."""
        sample = await self.reader.async_read(order, self.switching.async_after)
        if sample is not None:
            self._succeeded(sample)
        elif self.battery.failure is Failure.AUTH and not self._asked_password:
            self._asked_password = True
            self.entry.async_start_reauth(self.hass)
        if sample is None:
            self.switching.missed()
        self._judge()
        self._show()
        self._answer()
        self.switching.answer()
        self._polls.kick()

    async def async_release(self) -> None:
        """Close the link, whatever it does, and tell the scheduler."""
        await self.reader.async_close()
        self._happened(Released())
        self._polls.kick()

    def _answer(self) -> None:
        """Release whoever waits for a poll."""
        if self._asked and not self._asked.done():
            self._asked.set_result(None)

    def _succeeded(self, sample: BmsSample) -> None:
        now = self._polls.now()
        if self._asked_password:
            self._asked_password = False
            async_withdraw_reauth(self.hass, self.entry)
        self._read_as = self.settings.read_as(self.family.id)
        self.read_at = dt_util.utcnow()
        if self.settings.adaptive:
            self._happened(Paced(interval=self.settings.pace.after(sample)))
        self.keep_profile(self.profile.learn(sample))
        self.data = self.reader.outlook.judge(sample, now)
        self.rows.take(self.data, now)
        self.metering.take(sample, self.reader.age, self.battery.effective)
        self.hass.data[SHARED].async_save_soon(SAVE_NEWS)
        self.hass.data[SHARED].feed.tell(
            BatteryNews(
                address=self.address,
                entry_id=self.entry.entry_id,
                title=self.entry.title,
                at=self.read_at.timestamp(),
                sample=self.data,
            )
        )

    def keep_profile(self, profile: Profile) -> None:
        """Remember what the battery has shown."""
        if profile != self.profile:
            self.profile = profile
            self.hass.config_entries.async_update_entry(
                self.entry, data=self.entry.data | {CONF_PROFILE: profile.to_json()}
            )
