"""The coordinator of a battery: it polls, and only translates.

When it is its turn among the others is the scheduler's business. A poll runs the family's session
over a link that is new or, while slots are spare, held; a missed poll keeps the last good sample for
a grace time, and a pack that sleeps keeps it until it wakes. Adverts only wake its next poll early.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
import contextlib
from datetime import datetime, timedelta
import logging
from math import inf
from typing import Any, Final, override

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..bluetooth.connection import CONNECT_ATTEMPTS, OpenLink
from ..bluetooth.door import Door
from ..bluetooth.held_connection import HeldLink
from ..bluetooth.scanners import coverage, describe, names, scanners
from ..const import (
    CLOCKS_APART,
    CONF_CELSIUS,
    CONF_CORRECTIONS,
    CONF_PROFILE,
    MAX_RELEASE,
)
from ..proto.bms.contract import CELSIUS, Family, Mode
from ..proto.bms.index import INDEX
from ..proto.bms.outlook import Outlook
from ..proto.bms.plausible import Gate
from ..proto.bms.sift import purged
from ..proto.gatt.session import Device, Memory, Session
from ..proto.model.errors import (
    FrameError,
    Implausible,
    MiBmsError,
    PairingNeeded,
    Unreachable,
)
from ..proto.model.reading import Value
from ..proto.model.rows import RowsPerDay
from ..proto.model.sample import BmsSample
from ..proto.scheduler.battery import Order, Pack, Phase
from ..proto.scheduler.diagnosis import Diagnosis, Facts, diagnose
from ..proto.scheduler.link_state import (
    QUIET,
    Coverage,
    Failure,
    LinkHistory,
    LinkState,
    failure_of,
)
from ..proto.scheduler.pace import Flow, flow
from ..proto.scheduler.quality import Quality
from ..runtime import SHARED, BatteryNews
from .options import BatterySettings
from .profile import Profile, sample_from_json, sample_to_json

_LOGGER = logging.getLogger(__name__)


LOOK_EVERY: Final = timedelta(seconds=10)
ASKED_TIMEOUT: Final = 60.0  # s that somebody waits who asked for a poll now
LACKS: Final = 60.0  # s without a slot until that is said
STALE_AFTER: Final = 3  # failures after which a remembered GATT table is dropped


class BatteryCoordinator(DataUpdateCoordinator[BmsSample]):
    """Poll one battery."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], family: Family
    ) -> None:
        """Prepare the session; nothing is read yet, a sleeping pack must not hold the start up."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            # Its turn among the others comes from the scheduler.
            update_interval=None,
        )
        self.entry = entry
        self.address: str = entry.data[CONF_ADDRESS]
        # First of all: it is what a set-up that fails has to close.
        self._link = HeldLink(hass, self.address, self._link_turned)
        self.family = family
        self.title = INDEX[family.id].title
        self.maker = next(iter(INDEX[family.id].brands), self.title)
        self.profile = Profile.from_json(entry.data[CONF_PROFILE])
        self.settings = BatterySettings.of(entry.options)
        self.rows = RowsPerDay()
        self.door = Door("batteries")
        self._polls = hass.data[SHARED].polls
        self.history = LinkHistory(grace=self.settings.grace, begun=self._polls.now())
        self.pack: Pack | None = None
        self.failures: Counter[str] = Counter()
        self.gate = Gate()
        # What single places said last that no battery can have, by place.
        self.left_out: dict[str, Value] = {}
        self.polls = 0
        self.read_at: datetime | None = None
        self.online = False
        self.paused = False
        self._left_until: datetime | None = None  # by a former run, to another client
        self._asked: asyncio.Future[None] | None = None
        self._asked_password = False
        self._told = False
        self._forgotten = False  # the table of services, since the last good poll
        self._shown_state: LinkState | None = None
        self.last_error: str | None = None
        self._receiver: str | None = None  # that held the newest link
        self.device_id = ""  # of the device registry; packs are parts of it
        self.was_read = False  # since the start
        # What the last values depend on beside the battery; options may be newer.
        self._read_as = self._reads_as
        self._outlook = Outlook()
        self._memory = Memory()
        self._memory.notes[CELSIUS] = self.settings.celsius
        self._session = Session(
            family, memory=self._memory, correction=self.settings.correction
        )
        self.data = BmsSample()
        self._restore()

    def _restore(self) -> None:
        kept = self.hass.data[SHARED].kept.get(self.address)
        if not kept:
            return
        self.paused = kept.get("paused", False)
        self._left_until = dt_util.parse_datetime(kept.get("left_until") or "")
        self.history.relearn(
            {name: tuple(value) for name, value in kept.get("learned", {}).items()}
        )
        read_as = kept.get("read_as", self._read_as)
        read_at = dt_util.parse_datetime(kept.get("read_at") or "")
        if read_at is None or read_as.get("family") != self.family.id:
            # What another family made of the same bytes means nothing.
            return
        age: float = (dt_util.utcnow() - read_at).total_seconds()
        if age < -CLOCKS_APART:
            # The clock was in the future: nobody knows how old that is.
            return
        self._read_as = read_as
        self.data = purged(sample_from_json(kept))
        # Counters are read once in a while only.
        self._memory.counters = dict(self.data.counters)
        self.read_at = read_at
        now, idle = self._polls.now(), flow(self.data) is Flow.IDLE
        # What was corrected otherwise is no measure for what is read next.
        if read_as == self._reads_as:
            self.gate.restore(self.data, now - age)
            self._outlook.restore(self.data, now - age)
        self.history.restore(now, age, idle=idle)
        self._judge()

    @property
    def _reads_as(self) -> dict[str, Any]:
        """Return what values depend on beside the battery."""
        return {
            "family": self.family.id,
            CONF_CORRECTIONS: self.settings.corrections,
            CONF_CELSIUS: self.settings.celsius,
        }

    def snapshot(self) -> dict[str, Any] | None:
        """Return what is kept for the next start."""
        wish = {"paused": self.paused, "left_until": self._end_of_release()}
        if self.read_at is None:
            # What was wished before must not come back.
            kept = self.hass.data[SHARED].kept.get(self.address, {})
            return {**kept, **wish} if kept or any(wish.values()) else None
        return sample_to_json(self.data) | {
            "read_at": self.read_at.isoformat(),
            "read_as": self._read_as,
            "learned": self.history.learned(),
            **wish,
        }

    def _end_of_release(self) -> str | None:
        """Return when a release ends by the clock on the wall: the other one starts anew with the machine."""
        until = self.history.away_until
        left = 0.0 if until is None or until == inf else until - self._polls.now()
        if left <= 0:
            return None
        return (dt_util.utcnow() + timedelta(seconds=left)).isoformat()

    def _stay_away(self) -> None:
        """Keep to what the user wished before the start."""
        if self.paused:
            self.async_pause()
        elif self._left_until is not None:
            left = (self._left_until - dt_util.utcnow()).total_seconds()
            # Longer than anybody can ask for: the clock was in the future.
            if 0 < left <= MAX_RELEASE * 60 + CLOCKS_APART:
                self.async_pause(self._polls.now() + left)

    # --- the battery among others ------------------------------------------------------------

    @callback
    def async_watch(self) -> CALLBACK_TYPE:
        """Let the battery be read in its turn, and keep what it said; the result ends both."""

        @callback
        def heard(info: BluetoothServiceInfoBleak) -> None:
            before = self.history.heard_at
            if self.history.hear(info.time, info.rssi, info.source):
                slept = before is None or info.time - before >= QUIET
                polls.scheduler.wake(self.address, polls.now(), slept=slept)
                polls.kick()

        polls = self._polls
        self.pack = polls.add(
            self.address,
            self,
            self.settings.pace.interval,
            keeps=self.family.mode is not Mode.POLL,
        )
        self._stay_away()
        # Each one counts as a sign of life, also those that say nothing new.
        stop_listening = bluetooth.async_register_advertisement_callback(
            self.hass, self.door.guard(heard), self.address
        )
        stop_looking = async_track_time_interval(
            self.hass, self._look, LOOK_EVERY, cancel_on_shutdown=True
        )
        stop_keeping = self.hass.data[SHARED].keep(self.address, self.snapshot)

        @callback
        def stop() -> None:
            stop_listening()
            stop_keeping()
            polls.remove(self.address)
            stop_looking()
            self._link.be_silent()

        return stop

    @override
    async def async_shutdown(self) -> None:
        """Close the link that may be held."""
        await super().async_shutdown()
        self._answer()
        await self._close()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a task that ends with the battery's entry."""
        self.entry.async_create_background_task(self.hass, work, name)

    @property
    def coverage(self) -> Coverage:
        """Return which scanners hear the battery now."""
        sick = any(self._polls.scheduler.sick(scanner) for scanner in self._near())
        lacking = self.pack.lacking_since if self.pack else None
        crowded = lacking is not None and self._polls.now() - lacking >= LACKS
        return coverage(self.hass, self.address, troubled=sick, crowded=crowded)

    def _near(self) -> list[str]:
        return [
            one.source
            for one in scanners(self.hass, (self.address,))
            if self.address in one.hears
        ]

    @property
    def quality(self) -> Quality | None:
        """Return how well the battery is read, None before it is watched."""
        return self.pack.quality if self.pack else None

    @property
    def receiver(self) -> str | None:
        """Return the name of the scanner over which the battery was connected last."""
        return names(self.hass).get(self._receiver or "")

    def receivers(self) -> dict[str, Quality]:
        """Return how well each scanner lately read batteries, by its name."""
        called = names(self.hass)
        known = self._polls.scheduler.scanners
        return {called[one]: known[one] for one in known if one in called}

    @property
    def rssi(self) -> int | None:
        """Return how strongly the battery is heard where it is heard best, in dBm."""
        info = bluetooth.async_last_service_info(self.hass, self.address, False)
        return info.rssi if info else None

    @property
    def link_state(self) -> LinkState | None:
        """Return how the battery stands, None while that is not known yet."""
        return self.history.state(self._polls.now(), self.coverage)

    def diagnose(self) -> Diagnosis:
        """Return why the battery cannot be reached and what helps."""
        now, state = self._polls.now(), self.link_state
        since = now - self.history.since
        return diagnose(
            Facts(
                scanners=describe(
                    self.hass,
                    self.address,
                    self._polls.addresses,
                    troubled=self._polls.scheduler.sick,
                ),
                failure=self.history.failure,
                failures=self.history.failures,
                read_for=_ago(now, self.history.read_at),
                heard_for=_ago(now, self.history.heard_at),
                asleep_for=since if state is LinkState.ASLEEP else None,
                held_for=since if state is LinkState.HELD else None,
                paused_for=since if state is LinkState.PAUSED else None,
                has_password=CONF_PASSWORD in self.entry.data,
                unbelieved=state is LinkState.AWAKE
                and self.last_error == "Implausible",
                reserve=self._polls.scheduler.settings.reserve,
            )
        )

    # --- what the user wants -------------------------------------------------------------------

    @callback
    def async_take_options(self) -> None:
        """Follow options that were changed; nothing has to be built anew for them."""
        before, factor = self._reads_as, self.settings.correction.factor
        self.settings = settings = BatterySettings.of(self.entry.options)
        self.history.grace = settings.grace
        if self._reads_as != before:
            self._session.correction = settings.correction
            self._memory.notes[CELSIUS] = settings.celsius
            # What was corrected otherwise is no measure for what is read next.
            self.gate.forget()
            self._outlook.rescale(settings.correction.factor / factor)
            self._polls.scheduler.refresh(self.address)
        self._polls.scheduler.pace(self.address, settings.pace.interval)
        self._wished()

    @callback
    def async_pause(self, until: float = inf) -> None:
        """Stay away from the battery, for good or until a time of the scheduler's clock."""
        self.paused = until == inf
        self.history.pause(self._polls.now(), self.coverage, until)
        self._polls.scheduler.pause(self.address, until)
        self._wished()

    @callback
    def async_resume(self) -> None:
        """Come back to the battery."""
        now = self._polls.now()
        self.paused = False
        self.history.resume(now)
        self._polls.scheduler.resume(self.address, now)
        self._wished()

    @callback
    def async_release_for(self, minutes: float | None = None) -> None:
        """Leave the battery to another client for some minutes, by default as many as the user has set.

        One that is paused for good stays so.
        """
        if minutes is None:
            minutes = self.settings.release
        if not self.paused:
            self.async_pause(self._polls.now() + minutes * 60)

    @property
    def away(self) -> bool:
        """Return whether the user wants the battery left alone now."""
        return self.link_state is LinkState.PAUSED

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Return what keeps the battery from being read, None while nothing is known to."""
        state = self.link_state
        fine = state is None or (self.online and state is LinkState.AWAKE)
        return None if fine else self.diagnose()

    def _wished(self) -> None:
        self.hass.data[SHARED].async_save_soon()
        self._judge()
        self.async_update_listeners()
        self._polls.kick()

    @override
    async def _async_update_data(self) -> BmsSample:
        """Read at once, because somebody asked for it, and give what is known then."""
        if self._polls.scheduler.refresh(self.address):
            if self._asked is None or self._asked.done():
                self._asked = self.hass.loop.create_future()
            self._polls.kick()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ASKED_TIMEOUT):
                    # Several may ask at once, and one of them may give up.
                    await asyncio.shield(self._asked)
        return self.data

    # --- reading -------------------------------------------------------------------------------

    async def async_read(self, order: Order) -> None:
        """Read over the open link or a new one, and report to the scheduler."""
        scheduler, begun = self._polls.scheduler, self._polls.now()
        self.polls += 1
        try:
            sample = await self._poll(order)
        except Implausible:
            self.failures["Implausible"] += 1
            self.last_error = "Implausible"
            now = self._polls.now()
            self.history.answered()
            scheduler.doubted(self.address, now, now - begun)
        except MiBmsError as err:
            await self._close()
            self._failed(err)
        except BaseException:
            # Whatever it was: the scheduler would wait for this read for ever.
            await self._close()
            scheduler.failed(self.address, self._polls.now(), Failure.LOST)
            self._polls.kick()
            raise
        else:
            now = self._polls.now()
            scheduler.succeeded(self.address, now, now - begun)
            self._succeeded(sample, now)
        self._judge()
        self.async_update_listeners()
        self._answer()
        self._polls.kick()

    def _answer(self) -> None:
        """Let go whoever waits for a poll."""
        if self._asked and not self._asked.done():
            self._asked.set_result(None)

    async def async_release(self) -> None:
        """Close the link, whatever it does, and report to the scheduler."""
        await self._close()
        self._polls.scheduler.released(self.address)
        self._polls.kick()

    async def _poll(self, order: Order) -> BmsSample:
        attempts = 1 if order.gentle else CONNECT_ATTEMPTS
        opened = await self._link.async_open(attempts)
        info = bluetooth.async_last_service_info(self.hass, self.address, True)
        device = Device(name=info.name if info else "", address=self.address)
        secret = self.entry.data.get(CONF_PASSWORD)
        sample = await opened.use(self._session.read(opened.link, device, secret))
        if self.family.alive is not None:
            self._link.say_often(
                lambda: self._keep_alive(opened, device, secret),
                self.family.alive_every,
            )
        return self.gate.take(sample, self._polls.now(), self._memory.raw)

    @callback
    def _link_turned(self, is_open: bool) -> None:
        """Take that the link was opened or ended; one that breaks in use tells so by itself, too."""
        self.history.link(self._polls.now(), is_open=is_open)
        scheduler = self._polls.scheduler
        if is_open:
            scheduler.connected(self.address, self._holder())
            # Where no scanner tells who is connected, it is the one that was to be expected.
            self._receiver = self.pack.scanner if self.pack else None
        elif self.pack and self.pack.phase is Phase.HELD:
            scheduler.lost(self.address)
            self._polls.kick()

    def _holder(self) -> str | None:
        """Return the scanner that holds the link."""
        found = scanners(self.hass, (self.address,))
        return next(
            (one.source for one in found if self.address in one.allocated), None
        )

    def _keep_alive(self, opened: OpenLink, device: Device, secret: str | None) -> None:
        async def say() -> None:
            with contextlib.suppress(MiBmsError):
                await opened.use(self._session.keep_alive(opened.link, device, secret))

        if self.pack and self.pack.phase is Phase.HELD:
            self.start(say(), f"keep alive {self.address}")

    async def _close(self) -> None:
        # After several failures in a row its handles may have moved; more than once is no use.
        stale = self._link.is_open and self.history.failures >= STALE_AFTER
        forget = stale and not self._forgotten
        self._forgotten |= forget
        await self._link.async_close(forget=forget)

    def _succeeded(self, sample: BmsSample, now: float) -> None:
        self.last_error = None
        self._asked_password = self._forgotten = False
        self.rows.take(sample, now)
        self.was_read = True
        self._read_as = self._reads_as
        self.left_out |= sample.left_out
        self.read_at = dt_util.utcnow()
        self.history.succeeded(now, idle=flow(sample) is Flow.IDLE)
        if self.settings.adaptive:
            self._polls.scheduler.pace(self.address, self.settings.pace.after(sample))
        self._keep_profile(self.profile.learn(sample))
        self.data = self._outlook.judge(sample, now)
        self.hass.data[SHARED].feed.async_tell(
            BatteryNews(
                address=self.address,
                entry_id=self.entry.entry_id,
                title=self.entry.title,
                at=self.read_at.timestamp(),
                sample=self.data,
            )
        )

    def _failed(self, err: MiBmsError) -> None:
        failure = failure_of(err)
        if self.pack and self.pack.phase is not Phase.READING:
            # It was closed because somebody wished so.
            self._polls.scheduler.failed(self.address, self._polls.now(), failure)
            return
        self.last_error = reason_of(err)
        self.failures[self.last_error] += 1
        _LOGGER.debug("%s could not be read: %s", self.name, self.last_error)
        self.history.failed(failure)
        self._polls.scheduler.failed(self.address, self._polls.now(), failure)
        if failure is Failure.AUTH and not self._asked_password:
            self._asked_password = True
            self.entry.async_start_reauth(self.hass)

    def _judge(self) -> None:
        """See how the battery stands and whether its values still hold; tell once when that changes."""
        now, around = self._polls.now(), self.coverage
        if self.pack is not None:
            state = self.history.state(now, around)
            self._polls.scheduler.elsewhere(self.address, state is LinkState.HELD)
            if state is LinkState.ASLEEP:
                self._polls.scheduler.sleep(self.address)
        self.online = self.history.available(now, around)
        turned = self.history.turn(now, around)
        if turned is False or (not self.online and self.polls == 1 and not self._told):
            self._told = True
            # Without a path or a slot it was not even tried.
            why = self.last_error or self.diagnose().cause
            _LOGGER.info("%s cannot be read (%s)", self.name, why)
        elif turned and self._told:
            self._told = False
            _LOGGER.info("%s is read again", self.name)

    @callback
    def _look(self, _now: datetime) -> None:
        """Look again now and then: silence is no event."""
        before = self.online, self._shown_state, self.data
        self._judge()
        self._shown_state = self.link_state
        if self._shown_state is LinkState.ASLEEP:
            self.data = self._outlook.lapse(self.data, self._polls.now())
        if before != (self.online, self._shown_state, self.data):
            self.async_update_listeners()

    def _keep_profile(self, profile: Profile) -> None:
        if profile != self.profile:
            self.profile = profile
            self.hass.config_entries.async_update_entry(
                self.entry, data=self.entry.data | {CONF_PROFILE: profile.to_json()}
            )

    def forget_pack(self, number: int) -> bool:
        """Forget a pack, from 1, that the last reading did not have; give whether it was forgotten."""
        if self.read_at is None or number <= len(self.data.packs):
            return False
        self._keep_profile(self.profile.without_packs_from(number))
        return True


def reason_of(err: MiBmsError) -> str:
    """Return one short word for why a poll failed."""
    if isinstance(err, PairingNeeded) and err.code is not None:
        return f"{err.reason}_att_{err.code}"
    if isinstance(err, FrameError | Unreachable):
        return err.reason
    return type(err).__name__


def _ago(now: float, then: float | None) -> float | None:
    return None if then is None else now - then
