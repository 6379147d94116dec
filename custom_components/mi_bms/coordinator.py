"""The coordinator of a battery: it polls, and only translates.

When it is its turn among the others is the scheduler's business. A poll runs the family's session
over a link that is new or, while slots are spare, held; a missed poll keeps the last good sample for
a grace time, and a pack that sleeps keeps it until it wakes. Adverts only wake its next poll early.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping
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

from .adverts import SensorCoordinator
from .const import (
    CONF_ADAPTIVE,
    CONF_CAPACITY,
    CONF_CELSIUS,
    CONF_CORRECTIONS,
    CONF_CURRENT_BAND,
    CONF_GAIN,
    CONF_GRACE,
    CONF_INTERVAL,
    CONF_INVERT,
    CONF_PROFILE,
    CONF_RECORDING,
    CONF_RELEASE,
    CONF_TEMPERATURE_OFFSET,
    DEFAULT_INTERVAL,
    DEFAULT_RELEASE,
    MAX_RELEASE,
)
from .feed import BatteryNews
from .profile import Profile, sample_from_json, sample_to_json
from .proto.bms.contract import CELSIUS, Family, Mode
from .proto.bms.correct import Correction
from .proto.bms.index import INDEX
from .proto.bms.outlook import Outlook
from .proto.bms.plausible import Gate
from .proto.link.doctor import Diagnosis, Facts, diagnose
from .proto.link.masking import masked
from .proto.link.pace import Flow, Pace, flow
from .proto.link.pack import Order, Pack, Phase
from .proto.link.quality import Quality
from .proto.link.session import Device, Memory, Session
from .proto.model.availability import (
    GRACE_INTERVALS,
    MIN_GRACE,
    Ears,
    Failure,
    LinkHistory,
    LinkState,
    failure_of,
)
from .proto.model.errors import FrameError, Implausible, MiBmsError, Unreachable
from .proto.model.rows import Detail, RowsPerDay, bands
from .proto.model.sample import BmsSample
from .radios import describe, ears, radios
from .runtime import SHARED
from .transport import CONNECT_ATTEMPTS, OpenLink, async_open, reachability

_LOGGER = logging.getLogger(__name__)

type MiBmsConfigEntry = ConfigEntry[SensorCoordinator | BatteryCoordinator]

IDLE_INTERVAL: Final = 60.0  # s between two polls of a battery that nobody uses
LOOK_EVERY: Final = timedelta(seconds=10)
ASKED_TIMEOUT: Final = 60.0  # s that somebody waits who asked for a poll now
STALE_AFTER: Final = 3  # failures after which a remembered GATT table is dropped


class BatteryCoordinator(DataUpdateCoordinator[BmsSample]):
    """Poll one battery."""

    def __init__(
        self, hass: HomeAssistant, entry: MiBmsConfigEntry, family: Family
    ) -> None:
        """Prepare the session; nothing is read yet, a sleeping pack must not hold the start up."""
        interval = entry.options.get(CONF_INTERVAL, DEFAULT_INTERVAL)
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
        self.family = family
        self.title = INDEX[family.id].title
        self.maker = next(iter(INDEX[family.id].brands), self.title)
        self.profile = Profile.from_json(entry.data[CONF_PROFILE])
        self.pace = Pace(interval=interval, slowest=IDLE_INTERVAL)
        self.adaptive = entry.options.get(CONF_ADAPTIVE, False)
        slowest = max(interval, IDLE_INTERVAL) if self.adaptive else interval
        usual = max(GRACE_INTERVALS * slowest, MIN_GRACE)
        self.grace = entry.options.get(CONF_GRACE) or usual
        self.bands = bands(Detail(entry.options.get(CONF_RECORDING, Detail.ALL)))
        self.rows = RowsPerDay()
        self.history = LinkHistory(grace=self.grace)
        self.pack: Pack | None = None
        self.failures: Counter[str] = Counter()
        self.gate = Gate()
        self.polls = 0
        self.read_at: datetime | None = None
        self.online = False
        self.paused = False
        self._left_until: datetime | None = None  # by a former run, to another client
        self._polls = hass.data[SHARED].polls
        self._open: OpenLink | None = None
        self._asked: asyncio.Future[None] | None = None
        self._asked_password = False
        self._told = False
        self._forgotten = False  # the table of services, since the last good poll
        self._shown_state: LinkState | None = None
        self._keeping_alive: CALLBACK_TYPE | None = None
        self._last_error: str | None = None
        self.device_id = ""  # of the device registry; packs are parts of it
        self.was_read = False  # since the start
        # What values depend on beside the battery; options may be newer when it is kept.
        self._read_as: dict[str, Any] = {
            "family": family.id,
            CONF_CORRECTIONS: dict(entry.options.get(CONF_CORRECTIONS, {})),
            CONF_CELSIUS: bool(entry.options.get(CONF_CELSIUS)),
        }
        self._correction = correction_of(entry.options)
        self._outlook = Outlook()
        self._memory = Memory()
        self._memory.notes[CELSIUS] = self._read_as[CONF_CELSIUS]
        self._session = Session(
            family, memory=self._memory, correction=self._correction
        )
        self.data = BmsSample()
        self._restore()

    def _restore(self) -> None:
        kept = self.hass.data[SHARED].kept.get(self.address)
        if not kept:
            return
        self.paused = kept.get("paused", False)
        self._left_until = dt_util.parse_datetime(kept.get("left_until") or "")
        if "read_at" not in kept:
            return
        read_as = kept.get("read_as", self._read_as)
        if read_as["family"] != self.family.id:
            # What another family made of the same bytes means nothing.
            return
        self.data = sample_from_json(kept)
        # Counters are read once in a while only.
        self._memory.counters = dict(self.data.counters)
        self.read_at = dt_util.parse_datetime(kept["read_at"])
        if "learned" in kept:
            self.history.relearn(
                {name: tuple(value) for name, value in kept["learned"].items()}
            )
        if self.read_at is not None:
            age: float = (dt_util.utcnow() - self.read_at).total_seconds()
            now, idle = self._polls.now(), flow(self.data) is Flow.IDLE
            # What was corrected otherwise is no measure for what is read next.
            if read_as == self._read_as:
                self.gate.restore(self.data, now - age)
            self.history.restore(now, age, idle=idle)
            self._judge()

    def snapshot(self) -> dict[str, Any] | None:
        """Give what is kept for the next start."""
        wish = {"paused": self.paused, "left_until": self._end_of_release()}
        if self.read_at is None:
            return wish if any(wish.values()) else None
        return sample_to_json(self.data) | {
            "read_at": self.read_at.isoformat(),
            "read_as": self._read_as,
            "learned": self.history.learned(),
            **wish,
        }

    def _end_of_release(self) -> str | None:
        """Give when a release ends by the clock on the wall: the other one starts anew with the machine."""
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
            if left > 0:
                # A clock that was set back must not make it longer than anybody can ask for.
                self.async_pause(self._polls.now() + min(left, MAX_RELEASE * 60))

    # --- the battery among others ------------------------------------------------------------

    @callback
    def async_watch(self) -> CALLBACK_TYPE:
        """Let the battery be read in its turn, and keep what it said; the result ends both."""

        @callback
        def heard(info: BluetoothServiceInfoBleak) -> None:
            if self.history.hear(info.time, info.rssi, info.source):
                polls.scheduler.wake(self.address, polls.now())
                polls.kick()

        polls = self._polls
        self.pack = polls.add(
            self.address,
            self,
            self.pace.interval,
            keeps=self.family.mode is not Mode.POLL,
        )
        self._stay_away()
        # Each one counts as a sign of life, also those that say nothing new.
        stop_listening = bluetooth.async_register_advertisement_callback(
            self.hass, heard, self.address
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
            if self._keeping_alive:
                self._keeping_alive()

        return stop

    @override
    async def async_shutdown(self) -> None:
        """Close the link that may be held."""
        await super().async_shutdown()
        await self._close()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a task that ends with the battery's entry."""
        self.entry.async_create_background_task(self.hass, work, name)

    @property
    def ears(self) -> Ears:
        """Say which radios hear the battery now."""
        sick = any(self._polls.scheduler.sick(radio) for radio in self._near())
        return ears(self.hass, self.address, troubled=sick)

    def _near(self) -> list[str]:
        return [
            one.source
            for one in radios(self.hass, (self.address,))
            if self.address in one.hears
        ]

    @property
    def quality(self) -> Quality | None:
        """Give how well the battery is read, None before it is watched."""
        return self.pack.quality if self.pack else None

    @property
    def link_state(self) -> LinkState:
        """Say how the battery stands."""
        return self.history.state(self._polls.now(), self.ears)

    def diagnose(self) -> Diagnosis:
        """Say why the battery cannot be reached and what helps."""
        now, state = self._polls.now(), self.link_state
        since = now - self.history.since
        return diagnose(
            Facts(
                ears=describe(
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
                reserve=self._polls.scheduler.settings.reserve,
            )
        )

    # --- what the user wants -------------------------------------------------------------------

    @callback
    def async_pause(self, until: float = inf) -> None:
        """Stay away from the battery, for good or until a time of the scheduler's clock."""
        self.paused = until == inf
        self.history.pause(self._polls.now(), self.ears, until)
        self._polls.scheduler.pause(self.address, until)
        self._changed()

    @callback
    def async_resume(self) -> None:
        """Come back to the battery."""
        now = self._polls.now()
        self.paused = False
        self.history.resume(now)
        self._polls.scheduler.resume(self.address, now)
        self._changed()

    @callback
    def async_release_for(self, minutes: float | None = None) -> None:
        """Leave the battery to another client for some minutes, by default as many as the user has set.

        One that is paused for good stays so.
        """
        if minutes is None:
            minutes = self.entry.options.get(CONF_RELEASE, DEFAULT_RELEASE)
        if not self.paused:
            self.async_pause(self._polls.now() + minutes * 60)

    @property
    def away(self) -> bool:
        """Say whether the user wants the battery left alone now."""
        return self.link_state is LinkState.PAUSED

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Give what keeps the battery from being read, None while nothing does."""
        fine = self.online and self.link_state is LinkState.AWAKE
        return None if fine else self.diagnose()

    def _changed(self) -> None:
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
            self._last_error = "Implausible"
            now = self._polls.now()
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
        if self._asked and not self._asked.done():
            self._asked.set_result(None)
        self._polls.kick()

    async def async_release(self) -> None:
        """Close the link, whatever it does, and report to the scheduler."""
        await self._close()
        self._polls.scheduler.released(self.address)
        self._polls.kick()

    async def _poll(self, order: Order) -> BmsSample:
        opened = await self._link(order)
        info = bluetooth.async_last_service_info(self.hass, self.address, True)
        device = Device(name=info.name if info else "", address=self.address)
        secret = self.entry.data.get(CONF_PASSWORD)
        sample = await opened.use(self._session.read(opened.link, device, secret))
        self._keep_alive(opened, device, secret)
        return self.gate.take(sample, self._polls.now(), self._memory.raw)

    async def _link(self, order: Order) -> OpenLink:
        """Give the held link, or open a new one."""
        if self._open is not None and self._open.is_open:
            return self._open
        await self._close()
        attempts = 1 if order.gentle else CONNECT_ATTEMPTS
        opened = await async_open(self.hass, self.address, attempts=attempts)
        self._open = opened
        self.history.link(self._polls.now(), is_open=True)
        opened.on_lost(lambda: self._link_lost(opened))
        taken = next(
            (
                one.source
                for one in radios(self.hass, (self.address,))
                if self.address in one.allocated
            ),
            None,
        )
        self._polls.scheduler.connected(self.address, taken)
        return opened

    def _link_lost(self, opened: OpenLink) -> None:
        """Take that a link broke; one that is in use tells so by itself."""
        if self._open is opened:
            self._open = None
            self.history.link(self._polls.now(), is_open=False)
            if self.pack and self.pack.phase is Phase.HELD:
                self._polls.scheduler.lost(self.address)
                self._polls.kick()

    async def _close(self) -> None:
        opened, self._open = self._open, None
        if self._keeping_alive:
            self._keeping_alive()
            self._keeping_alive = None
        if opened is not None:
            self.history.link(self._polls.now(), is_open=False)
            if self.history.failures >= STALE_AFTER and not self._forgotten:
                # After several failures in a row its handles may have moved; more than once is no use.
                self._forgotten = True
                await opened.forget_services()
            await opened.close()

    def _keep_alive(self, opened: OpenLink, device: Device, secret: str | None) -> None:
        """Say a word now and then while the link is held, where the family wants that."""
        if self.family.alive is None or self._keeping_alive:
            return

        async def say() -> None:
            with contextlib.suppress(MiBmsError):
                await opened.use(self._session.keep_alive(opened.link, device, secret))

        @callback
        def due(_now: datetime) -> None:
            if self._open is opened and self.pack and self.pack.phase is Phase.HELD:
                self.start(say(), f"keep alive {self.address}")

        self._keeping_alive = async_track_time_interval(
            self.hass,
            due,
            timedelta(seconds=self.family.alive_every),
            cancel_on_shutdown=True,
        )

    def _succeeded(self, sample: BmsSample, now: float) -> None:
        self._last_error = None
        self._asked_password = self._forgotten = False
        self.rows.take(sample, now)
        self.was_read = True
        self.read_at = dt_util.utcnow()
        self.history.succeeded(now, idle=flow(sample) is Flow.IDLE)
        if self.adaptive:
            self._polls.scheduler.pace(self.address, self.pace.after(sample))
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
        self._last_error = reason_of(err)
        self.failures[self._last_error] += 1
        _LOGGER.debug("%s could not be read: %s", self.name, self._last_error)
        self.history.failed(failure)
        self._polls.scheduler.failed(self.address, self._polls.now(), failure)
        if failure is Failure.AUTH and not self._asked_password:
            self._asked_password = True
            self.entry.async_start_reauth(self.hass)

    def _judge(self) -> None:
        """See how the battery stands and whether its values still hold; tell once when that changes."""
        now, around = self._polls.now(), self.ears
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
            why = self._last_error or self.diagnose().cause
            _LOGGER.info("%s cannot be read (%s)", self.name, why)
        elif turned and self._told:
            self._told = False
            _LOGGER.info("%s is read again", self.name)

    @callback
    def _look(self, _now: datetime) -> None:
        """Look again now and then: silence is no event."""
        before = self.online, self._shown_state
        self._judge()
        self._shown_state = self.link_state
        if before != (self.online, self._shown_state):
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

    def describe(self) -> dict[str, Any]:
        """Give the poll statistics for diagnostics."""
        quality, diagnosis, now = self.quality, self.diagnosis, self._polls.now()
        return {
            "family": self.family.id,
            "polls": self.polls,
            "failures": dict(self.failures),
            "refused": dict(self.gate.refused),
            "refused_samples": [
                {
                    "at": (
                        dt_util.utcnow() - timedelta(seconds=now - one.at)
                    ).isoformat(),
                    "field": one.field,
                    "raw": masked(one.raw, self.address),
                    **sample_to_json(one.sample),
                }
                for one in self.gate.kept
            ],
            "last_error": self._last_error,
            "read_at": self.read_at.isoformat() if self.read_at else None,
            "link": self.link_state,
            "cause": diagnosis.cause if diagnosis else None,
            "remedy": diagnosis.remedy if diagnosis else None,
            "interval": self.pack.effective if self.pack else None,
            "link_quality": quality.share if quality else None,
            "poll_time": quality.seconds if quality else None,
            # Receivers are named by number: their addresses are not for others.
            "receivers": [
                {
                    "polls": one.polls,
                    "link_quality": one.share,
                    "poll_time": one.seconds,
                }
                for one in self._polls.scheduler.radios.values()
            ],
            "reachability": reachability(self.hass, self.address),
        }


def correction_of(options: Mapping[str, Any]) -> Correction:
    """Read the corrections from the options of a battery; absent ones correct nothing."""
    stored = options.get(CONF_CORRECTIONS, {})
    return Correction(
        invert=stored.get(CONF_INVERT, False),
        gain=stored.get(CONF_GAIN, 1.0),
        dead_band=stored.get(CONF_CURRENT_BAND, 0.0),
        capacity=stored.get(CONF_CAPACITY) or None,
        offset=stored.get(CONF_TEMPERATURE_OFFSET, 0.0),
    )


def reason_of(err: MiBmsError) -> str:
    """Give one short word for why a poll failed."""
    if isinstance(err, FrameError | Unreachable):
        return err.reason
    return type(err).__name__


def _ago(now: float, then: float | None) -> float | None:
    return None if then is None else now - then
