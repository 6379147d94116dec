"""The coordinator of a sensor: the loop of its adverts, and whether it is there.

Home Assistant's Bluetooth hands over each new advert. ``path`` leads it through its stages up to
``state_writer``, which shows what is new. What is normal for the device (its cadence) and when it was
last heard decide whether it is there, and outlive a restart. Once its key is proven, only what the key
opens was surely said by it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
import logging
import time
from typing import Any, override

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..bluetooth.adverts import HeardAdvert, last_advert
from ..const import CLOCKS_APART, CONF_MODEL, CONF_PRODUCT
from ..keys.ring import KEYS
from ..proto.active.spec import ACTIVE
from ..proto.mibeacon.decoder import Decoder
from ..proto.mibeacon.devices import product_of
from ..proto.model.availability import ENOUGH, Cadence
from ..proto.model.fields import Field
from ..proto.model.reading import Outcome, Reading, Value
from ..proto.publish.news import SensorNews
from ..runtime import SHARED
from .gatt import ActiveSensor
from .options import SensorOptions
from .packet_loss import PacketLoss
from .path import Path, Sign
from .state_writer import GIVEN, StateWriter

_LOGGER = logging.getLogger(__name__)


class SensorCoordinator(StateWriter):
    """Turn the adverts of one sensor into states and events."""

    __slots__ = (
        "_check",
        "_feed",
        "_guarded",
        "_lost",
        "_was_here",
        "active",
        "cadence",
        "decoder",
        "entry",
        "options",
        "packet_loss",
        "path",
    )

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Go on where the last run ended; nothing is heard yet."""
        address: str = entry.data[CONF_ADDRESS]
        kept = hass.data[SHARED].kept.get(address, {})
        given = {name for name in kept.get("given", ()) if name in Field}
        super().__init__(hass, address, given)
        self.entry = entry
        self.options = SensorOptions.of(entry.options)
        self._feed = hass.data[SHARED].feed
        self._check: CALLBACK_TYPE | None = None
        self._lost = False
        self.packet_loss = PacketLoss(hass)
        self.path = Path(
            hass,
            entry,
            address,
            self.options,
            later=self._later,
            publish=self._publish,
            on_spec=self._know,
            on_end=self._end,
        )
        self.decoder: Decoder = self.path.decoder
        self._guarded = self.decoder.guarded
        self.decoder.device.followers.append(self._follow_trust)
        self.cadence = self._cadence()
        # Entities are made before it is heard: what sleeps shows from then on what it said last.
        # That something is heard under its address counts only while anybody may speak for it.
        alive = self.cadence.alive(monotonic_time_coarse())
        self.here = alive or (self.here and not self._guarded)
        self._was_here = self.here  # before the newest advert
        title: str | None = entry.data.get(CONF_MODEL)
        product: int = entry.data.get(CONF_PRODUCT) or product_of(title) or 0
        can = ACTIVE.get(product)
        self.active = (
            ActiveSensor(hass, entry, (can, product), self.async_told) if can else None
        )

    # --- an advert -------------------------------------------------------------------------------

    @callback
    @override
    def async_take(self, info: HeardAdvert) -> None:
        """Lead an advert through its stages."""
        self._was_here = was_here = self._available  # ``here``, without a call
        path, cadence = self.path, self.cadence
        reading = path.decode(info)
        sign = path.sign
        if sign is not Sign.NONE:
            # Beacons in the clear count on with the rest: without them, packets would seem lost.
            self.packet_loss.take(info)
        if sign is Sign.OWN:
            self.rssi = info.rssi
            cadence.hear(info.time)
        elif sign is Sign.ANYBODYS:
            cadence.notice(info.time)
        if not was_here:
            self._arrive()
        if reading.values or reading.events or reading.further:
            path.lead(reading, info)
        elif self.here and not was_here:
            self.async_publish(reading, was_here=False)
        # Each advert puts the end off, which is seen when the time is up; it comes closer by much
        # only when what was learned counts for the first time.
        if self._check is None or (sign is Sign.OWN and cadence.silences == ENOUGH):
            self._watch()

    def _publish(self, reading: Reading, info: HeardAdvert) -> Reading:
        """Show a reading and pass it on: the last of its stages."""
        if self._feed.listeners:
            self._tell(reading, info.time, info.rssi)
        self.async_publish(reading, self._was_here)
        return reading

    def _tell(self, reading: Reading, heard: float, rssi: int) -> None:
        """Pass a reading on with its (monotonic) time; what was pressed before our start is history."""
        if self.path.is_history(heard):
            reading = reading._replace(events=())
        self._feed.tell(
            SensorNews(
                address=self.address,
                entry_id=self.entry.entry_id,
                title=self.entry.title,
                at=time.time() - (monotonic_time_coarse() - heard),
                reading=reading,
                rssi=rssi,
                product_id=self.decoder.product_id,
                keep=self.cadence.limit,
            )
        )

    @override
    def log_name(self) -> str:
        """Return the model, if it is known."""
        return self.decoder.model or "sensor"

    # --- what is said without an advert ------------------------------------------------------------

    @callback
    def async_told(self, values: Mapping[Field, Value]) -> None:
        """Show what the sensor told over a connection."""
        reading = self.path.shaped(Reading(Outcome.DECODED, values))
        self.async_publish(reading, self.here)
        if self._feed.listeners and self.rssi is not None:
            self._tell(reading, monotonic_time_coarse(), self.rssi)

    @callback
    def async_give(self, values: Mapping[Field, Value]) -> None:
        """Show what somebody else knows of the sensor, until its next advert that says it."""
        self.path.forget_steps(values)
        self.async_show_given(Reading(Outcome.DECODED, values, format=GIVEN))

    def _end(self, over: Mapping[Field, Value]) -> None:
        # Not ``async_set_updated_data``: the end of a hold is no sign of life.
        self.async_publish(Reading(Outcome.DECODED, over), self.here)

    # --- here or gone ------------------------------------------------------------------------------

    def _arrive(self) -> None:
        """Count as there from now on, if what was heard is enough for that."""
        self.here = self.cadence.alive(monotonic_time_coarse())
        if self._lost and self.here:
            self._lost = False
            _LOGGER.info("%s is heard again", self.entry.title)

    def _follow_trust(self) -> None:
        """Learn how often the key opens something, as soon as nothing else counts."""
        guarded = self.decoder.guarded
        if guarded and not self._guarded:
            self.cadence.unsure = ENOUGH
        self._guarded = guarded

    def _cadence(self) -> Cadence:
        """Go on with what earlier runs learned and with the last sign of life."""
        kept = self.hass.data[SHARED].kept.get(self.address, {})
        cadence = Cadence.again(
            self.decoder.availability,
            self.options.timeout,
            (kept.get("longest", 0.0), kept.get("silences", 0)),
        )
        cadence.waits = self.decoder.waits
        if self._guarded and not kept.get("guarded"):
            cadence.unsure = ENOUGH
        if seen := dt_util.parse_datetime(kept.get("seen_at", "")):
            silent: float = (dt_util.utcnow() - seen).total_seconds()
            # In the future: the clock was wrong then, and nobody knows when it was.
            if silent >= -CLOCKS_APART:
                cadence.heard_at = monotonic_time_coarse() - max(0.0, silent)
        return cadence

    def _know(self) -> None:
        """Expect the silences of the product, as soon as a frame tells what it is."""
        self.cadence.start = self.decoder.availability
        self.cadence.waits = self.decoder.waits
        self._watch()

    @property
    def seen_at(self) -> datetime | None:
        """Return when the sensor was last heard; of one whose key is proven, by what the key opened."""
        heard = self.cadence.heard_at
        if not self._guarded and (repeated := self._repeated_at()):
            heard = max(repeated, heard or 0.0)
        if heard is None:
            return None
        now: datetime = dt_util.utcnow()
        return now - timedelta(seconds=monotonic_time_coarse() - heard)

    def _repeated_at(self) -> float | None:
        """Return the monotonic time of the newest advert, also of one that says nothing new."""
        info = last_advert(self.hass, self.address)
        return info.time if info else None

    def _catch_up(self) -> None:
        """Take adverts that say nothing new: they do not come to us, but they are signs of life."""
        repeated = self._repeated_at()
        if repeated is None or self.path.sign is Sign.NONE:
            return
        if self._guarded:
            self.cadence.notice(repeated)
        else:
            self.cadence.heard_at = max(repeated, self.cadence.heard_at or 0.0)

    def _watch(self) -> None:
        """Look again when the sensor would have been silent for longer than is normal."""
        if self._check:
            self._check()
            self._check = None
        left = self.cadence.left(monotonic_time_coarse())
        if left > 0:
            self._check = self._later(left + 1, self._look)

    def _later(
        self, seconds: float, action: Callable[[datetime], None]
    ) -> CALLBACK_TYPE:
        job = HassJob(action, f"{self.address} later", cancel_on_shutdown=True)
        return async_call_later(self.hass, seconds, job)

    @callback
    def _look(self, _now: datetime) -> None:
        self._check = None
        self._catch_up()
        if self.cadence.alive(monotonic_time_coarse()):
            self._watch()
            return
        self._lost = True
        self.here = False
        _LOGGER.info("%s is no longer heard", self.entry.title)
        self.async_show_all()

    # --- start, end, options -----------------------------------------------------------------------

    @callback
    @override
    def async_start(self) -> CALLBACK_TYPE:
        """Take adverts until the returned function is called."""
        self.here = self.cadence.alive(monotonic_time_coarse())
        stops = [
            super().async_start(),
            self.hass.data[SHARED].keep(self.address, self.snapshot),
            self.hass.data[KEYS].follow(self.address, self.decoder),
            self.path.stop,
        ]
        if self.active:
            stops.append(self.active.async_start())
        self._watch()
        self.path.start(lambda field: bool(self.values.get(field)))

        @callback
        def stop_all() -> None:
            for stop in stops:
                stop()
            if self._check:
                self._check()

        return stop_all

    def snapshot(self) -> dict[str, Any]:
        """Return what is kept for the next start."""
        longest, silences = self.cadence.learned()
        seen = self.seen_at
        return self.path.snapshot() | {
            "longest": longest,
            "silences": silences,
            # Whether that was learned from what the key opened.
            "guarded": self._guarded and not self.cadence.unsure,
            "seen_at": seen.isoformat() if seen else "",
            "given": sorted(self.given),
            "active": self.active.snapshot() if self.active else {},
        }

    @property
    def contact(self) -> Field:
        """Return what the sensor's contact is on, if it has one."""
        spec = self.decoder.spec
        return self.options.contact_of(spec.kind if spec else None)

    @callback
    def async_take_options(self) -> None:
        """Follow options that were changed; only another contact is set up anew, under its own name."""
        contact = self.contact
        self.options = SensorOptions.of(self.entry.options)
        if self.contact is not contact and Field.OPENING in self.values:
            self.hass.config_entries.async_schedule_reload(self.entry.entry_id)
        self.path.follow(self.options)
        if self.active:
            self.active.options = self.options
        self.cadence.fixed = self.options.timeout
        self._catch_up()
        self._watch()
        alive = self.cadence.alive(monotonic_time_coarse())
        if alive is not self.here:
            self.here, self._lost = alive, not alive
            self.async_show_all()
        self.async_tell()

    @callback
    def async_record(
        self,
        seconds: float,
        done: Callable[[list[dict[str, Any]]], None],
        *,
        disguised: bool = True,
    ) -> CALLBACK_TYPE:
        """Record adverts for some time, then hand them over; the result ends one early."""
        stop = self.path.capture.async_start(seconds, done, disguised=disguised)
        self.entry.async_on_unload(stop)
        return stop
