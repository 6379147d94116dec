"""The coordinator of a sensor: it takes adverts, and only translates.

Home Assistant's Bluetooth hands over each new advert, the decoder of that one device turns it into
a reading, and the passive processors of the platforms publish the reading's fields. Events go to
whoever listens for their key. What is normal for the device (its cadence) and when it was last
heard outlive a restart.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
import logging
import time
from typing import Any, Final, override

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import (
    BluetoothChange,
    BluetoothScanningMode,
    BluetoothServiceInfoBleak,
)
from homeassistant.components.bluetooth.passive_update_processor import (
    PassiveBluetoothEntityKey,
    PassiveBluetoothProcessorCoordinator,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..bluetooth.door import Door
from ..const import CLOCKS_APART, CONF_KEY, CONF_MODEL, CONF_PRODUCT
from ..keys.ring import KEYS
from ..proto.active.spec import ACTIVE
from ..proto.mibeacon.decoder import Decoder
from ..proto.mibeacon.devices import PRODUCT_OF, DeviceSpec
from ..proto.mibeacon.spec import HALF_DAY
from ..proto.model.availability import ENOUGH, Cadence
from ..proto.model.fields import Field
from ..proto.model.reading import Event, Outcome, Reading, Value
from ..quantities import NOT_PAIRED
from ..runtime import SAVE_NEWS, SAVE_SOON, SHARED, SensorNews
from .auto_off import HELD, Endings
from .capture import Recorder
from .gatt import ActiveSensor
from .key_watch import KeyWatch
from .options import SensorOptions
from .packet_loss import Receivers
from .state_writer import Board
from .unpaired import Unpaired

_LOGGER = logging.getLogger(__name__)

type EventListener = Callable[[Event], None]

GIVEN: Final = "given"  # the format of readings that are no adverts
# What anybody may have sent, once the key is proven.
_DOUBTFUL: Final = frozenset({Outcome.REJECTED, Outcome.WRONG_KEY})


class SensorCoordinator(PassiveBluetoothProcessorCoordinator[Reading]):
    """Turn the adverts of one sensor into readings."""

    # In the base's dictionary they would take 1.2 KiB more for each sensor.
    __slots__ = (
        "_before",
        "_check",
        "_doubted",
        "_endings",
        "_event_listeners",
        "_feed",
        "_key_watch",
        "_lost",
        "_new_event",
        "_shapers",
        "_spec",
        "_started",
        "_unpaired",
        "active",
        "board",
        "cadence",
        "decoder",
        "door",
        "entry",
        "given",
        "key",
        "on_proven",
        "options",
        "receivers",
        "recorder",
        "rssi",
        "said_at",
    )

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Prepare the decoder with the entry's key, if it has one."""
        address: str = entry.data[CONF_ADDRESS]
        super().__init__(
            hass,
            _LOGGER,
            address,
            BluetoothScanningMode.PASSIVE,
            self._decode,
            connectable=False,
        )
        key = entry.data.get(CONF_KEY)
        self.entry = entry
        self.key = bytes.fromhex(key) if key else None
        self.options = SensorOptions.of(entry.options)
        self._feed = hass.data[SHARED].feed
        kept = hass.data[SHARED].kept.get(address, {})
        self.decoder = Decoder(
            address,
            self.key,
            product_id=entry.data.get(CONF_PRODUCT),
            kept=kept.get("trust"),
            backup=hass.data[KEYS].proofs.get(address),
        )
        # Called when the key has proven itself: whoever has just typed it is looking.
        self.on_proven: Callable[[], None] | None = None
        self.cadence = self._cadence()
        # Entities are made before it is heard: what sleeps shows from then on what it said last.
        self._available |= self.cadence.alive(monotonic_time_coarse())
        self.rssi: int | None = None
        self._spec = self.decoder.spec
        self._shapers = self.options.shapers()
        self._before: dict[Field, Value] = {}
        self._started = monotonic_time_coarse()
        self.board = Board()
        self._key_watch = KeyWatch(hass, entry, self.decoder)
        self._unpaired = Unpaired(hass, entry, self.decoder, self._later)
        self._key_watch.refused = kept.get("clear_refused", False)
        self.door = Door("sensors")
        self.receivers = Receivers(hass)
        self.recorder = Recorder(address, self.key, self._later)
        self._lost = False
        self._doubted = False  # the newest advert: it is no sign of life
        self._event_listeners: dict[str, EventListener] = {}
        self._new_event: Callable[[str, Event], None] | None = None
        self._check: CALLBACK_TYPE | None = None
        self._endings = Endings(
            self.options.holds,
            kept.get("ends", {}),
            self._later,
            self._end,
        )
        self._endings.know(self._spec)
        # When each field was last said (monotonic s), and what an action has set since.
        self.said_at: dict[str, float] = {}
        self.given = {Field(name) for name in kept.get("given", ()) if name in Field}
        title: str | None = entry.data.get(CONF_MODEL)
        product: int = entry.data.get(CONF_PRODUCT) or PRODUCT_OF.get(title, 0)
        can = ACTIVE.get(product)
        self.active = (
            ActiveSensor(hass, entry, (can, product), self.async_told) if can else None
        )

    # --- here or gone ----------------------------------------------------------------------

    def _cadence(self) -> Cadence:
        """Go on with what earlier runs learned and with the last sign of life."""
        kept = self.hass.data[SHARED].kept.get(self.address, {})
        cadence = Cadence.again(
            self.decoder.availability,
            self.options.timeout,
            (kept.get("longest", 0.0), kept.get("silences", 0)),
        )
        cadence.waits = self.decoder.availability >= HALF_DAY
        if seen := dt_util.parse_datetime(kept.get("seen_at", "")):
            silent: float = (dt_util.utcnow() - seen).total_seconds()
            # In the future: the clock was wrong then, and nobody knows when it was.
            if silent >= -CLOCKS_APART:
                cadence.heard_at = monotonic_time_coarse() - max(0.0, silent)
        return cadence

    def snapshot(self) -> dict[str, Any]:
        """Return what is kept for the next start."""
        longest, silences = self.cadence.learned()
        seen = self.seen_at
        return {
            "longest": longest,
            "silences": silences,
            "seen_at": seen.isoformat() if seen else "",
            "given": sorted(self.given),
            "active": self.active.snapshot() if self.active else {},
            "ends": self._endings.kept,
            "trust": self.decoder.snapshot(),
            "clear_refused": self._key_watch.refused,
        }

    @property
    def seen_at(self) -> datetime | None:
        """Return when the sensor was last heard."""
        heard = self._newest()
        if heard is None:
            return None
        now: datetime = dt_util.utcnow()
        return now - timedelta(seconds=monotonic_time_coarse() - heard)

    def _newest(self) -> float | None:
        """Return the monotonic time of the last sign of life, repeated adverts included."""
        heard = self.cadence.heard_at
        if self._doubted:
            return heard
        info = bluetooth.async_last_service_info(self.hass, self.address, False)
        return max(info.time, heard or 0.0) if info else heard

    @callback
    @override
    def async_start(self) -> CALLBACK_TYPE:
        """Take adverts until the returned function is called."""
        self._available = self.cadence.alive(monotonic_time_coarse())
        stop = super().async_start()
        stop_keeping = self.hass.data[SHARED].keep(self.address, self.snapshot)
        stop_following = self.hass.data[KEYS].follow(self.address, self.decoder)
        stop_active = self.active.async_start() if self.active else None
        self._watch()
        self._endings.async_start(self._is_shown)

        @callback
        def stop_all() -> None:
            stop()
            stop_keeping()
            stop_following()
            if stop_active:
                stop_active()
            self._endings.async_stop()
            self._unpaired.async_stop()
            self._key_watch.async_withdraw_clear()
            if self._check:
                self._check()

        return stop_all

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
        # Adverts that say nothing new do not come to us, but they are signs of life.
        self.cadence.heard_at = self._newest()
        if self.cadence.alive(monotonic_time_coarse()):
            self._watch()
            return
        self._available = False
        self._lost = True
        _LOGGER.info("%s is no longer heard", self.entry.title)
        for processor in self._processors:
            processor.async_handle_unavailable()

    @callback
    @override
    def _async_handle_unavailable(
        self, service_info: BluetoothServiceInfoBleak
    ) -> None:
        # Home Assistant gives up on the radio's schedule; ours knows the device.
        self._last_unavailable_time = service_info.time
        self._last_name = service_info.name

    @callback
    @override
    def _async_handle_bluetooth_event(
        self, service_info: BluetoothServiceInfoBleak, change: BluetoothChange
    ) -> None:
        try:
            if self.hass.is_stopping:
                return
            was_available = self._available
            reading = self._decode(service_info)
            says = reading.values or reading.events or reading.further
            if says and self._feed.listeners:
                self._tell(reading, service_info.time, service_info.rssi)
            if not self._doubted:
                self.receivers.take(service_info)
                self.cadence.hear(service_info.time)
                self._available = True
                if self._lost:
                    self._lost = False
                    _LOGGER.info("%s is heard again", self.entry.title)
            # Not the general way, which would log each fault.
            if says or not was_available:
                self._process_update(reading, was_available)
            # Each advert puts the end off, which is seen when the time is up; it comes closer by much
            # only when what was learned counts for the first time.
            if self._check is None or self.cadence.silences == ENOUGH:
                self._watch()
        except Exception as err:  # noqa: BLE001  (whatever it is, it ends here)
            self.door.note(err)
            self._give_up()

    def _give_up(self) -> None:
        """Show nothing old for new: what an advert said could not be taken."""
        if self._available:
            self._available = False
            for processor in self._processors:
                processor.async_handle_unavailable()

    # --- what an advert says ---------------------------------------------------------------

    def _tell(self, reading: Reading, heard: float, rssi: int) -> None:
        """Pass a reading on with its (monotonic) time; what was pressed before our start is history."""
        if heard <= self._started:
            reading = reading._replace(events=())
        self._feed.async_tell(
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

    def _decode(self, info: BluetoothServiceInfoBleak) -> Reading:
        self.rssi = info.rssi
        if (capture := self.recorder.capture) is not None:
            capture.take(info.service_data, info.manufacturer_data)
        decoder = self.decoder
        reading = decoder.feed(
            info.service_data, info.manufacturer_data, info.time, info.source
        )
        watch, unpaired, session = self._key_watch, self._unpaired, decoder.session
        encrypted, decoded = reading.encrypted, reading.outcome is Outcome.DECODED
        self._doubted = not decoded and reading.outcome in _DOUBTFUL and decoder.guarded
        if not decoded or watch.alert:
            watch.take(reading, info.time)
        elif encrypted:
            watch.opens(info.time)
        if encrypted and (reading.events or not watch.proven):
            self._note_proof()
        if session.paired is not None and not (decoded and unpaired.settled):
            unpaired.async_take(reading)
        if not reading.values and not reading.events:
            return reading
        # An advert from before our start is history that Home Assistant replays: its values
        # are still the latest ones known, but nobody pressed a button just now.
        if reading.events and info.time > self._started:
            self._fire(reading.events)
        spec = session.spec
        if spec is not self._spec:
            self._know(spec)
        if spec and spec.doubtful:
            reading = self._trusted(spec, reading)
        if self._shapers:
            reading = self._shape(reading)
        if reading.events or not HELD.isdisjoint(reading.values):
            return self._endings.async_take(reading, info.time)
        return reading

    def _know(self, spec: DeviceSpec | None) -> None:
        """Take what the product is, as soon as a frame tells it."""
        self._spec = spec
        self.cadence.start = self.decoder.availability
        self.cadence.waits = self.cadence.start >= HALF_DAY
        self._watch()
        self._endings.know(spec)

    def _note_proof(self) -> None:
        """Have it written down: no first proof and no event may be believed twice after a crash."""
        watch = self._key_watch
        before, watch.proven = watch.proven, self.decoder.proven
        self.hass.data[SHARED].async_save_soon(SAVE_NEWS if before else SAVE_SOON)
        if watch.proven and not before and self.on_proven:
            self.on_proven()

    def _shape(self, reading: Reading) -> Reading:
        """Apply the user's offsets, smoothing and dead-bands."""
        if self._shapers.keys().isdisjoint(reading.values):
            return reading
        now = monotonic_time_coarse()
        values: dict[Field, Value] = {}
        for field, value in reading.values.items():
            shaper = self._shapers.get(field)
            shaped = value if shaper is None else shaper(value, now)
            if shaped is not None:
                values[field] = shaped
        return reading.with_values(values)

    def _trusted(self, spec: DeviceSpec, reading: Reading) -> Reading:
        """Leave out what a model's own firmware invents; custom firmware sends in the clear."""
        stock = reading.encrypted or spec.encrypted == "no"
        if not stock or spec.doubtful.isdisjoint(reading.values):
            return reading
        values: dict[Field, Value] = {}
        for field, value in reading.values.items():
            if field in spec.untrusted:
                continue
            if field in spec.unsteady and self._before.get(field) != value:
                self._before[field] = value
                continue
            values[field] = int(value) if field in spec.coarse else value
        return reading.with_values(values)

    @callback
    @override
    def _process_update(
        self, update: Reading, was_available: bool | None = None
    ) -> None:
        if update.values:
            said_at, now = self.said_at, monotonic_time_coarse()
            for field in update.values:
                said_at[field] = now
            if self.given:
                self.given.difference_update(update.values)
        if _LOGGER.isEnabledFor(logging.DEBUG):
            self._log(update)
        if was_available and not update.further and self.board.show(update.values):
            return
        super()._process_update(update, was_available)

    def _log(self, update: Reading) -> None:
        """Write one line of what is new; neither keys nor addresses stand in a reading."""
        shown = self.board.shown
        news = [
            f"{field} {value}"
            for field, value in update.values.items()
            if shown.get(field) != value
        ]
        news += [f"{field} {n} {value}" for (field, n), value in update.further.items()]
        news += [f"{event.key} {event.type}" for event in update.events]
        if news:
            name = self.decoder.model or "sensor"
            _LOGGER.debug(
                "%s (%s, %s dBm): %s", name, update.format, self.rssi, ", ".join(news)
            )

    @callback
    def async_told(self, values: Mapping[Field, Value]) -> None:
        """Show what the sensor told over a connection."""
        reading = self._shape(Reading(Outcome.DECODED, values))
        self._process_update(reading, self._available)
        if self._feed.listeners and self.rssi is not None:
            self._tell(reading, monotonic_time_coarse(), self.rssi)

    @callback
    def async_give(self, values: Mapping[Field, Value]) -> None:
        """Show what somebody else knows of the sensor, until its next advert that says it."""
        self.given.update(values)
        fresh = self.options.shapers()
        # What the sensor says next is no step away from what was given.
        self._shapers |= {name: fresh[name] for name in fresh.keys() & values.keys()}
        reading = Reading(Outcome.DECODED, values, format=GIVEN)
        # As of a sensor that was away: each state is written, also one that stays the same.
        super()._process_update(reading, was_available=False)
        # The sensor's own word is news even if it says the same.
        for field in values:
            self.board.shown.pop(field, None)

    @property
    def values(self) -> dict[str, Value]:
        """Return the last values by entity key, those of earlier runs included."""
        return {
            key.key: value
            for processor in self._processors
            for key, value in processor.entity_data.items()
        }

    # --- states that nobody ends -----------------------------------------------------------

    def _is_shown(self, field: Field) -> bool:
        key = PassiveBluetoothEntityKey(field, None)
        return any(processor.entity_data.get(key) for processor in self._processors)

    def _end(self, over: Mapping[Field, Value]) -> None:
        # Not ``async_set_updated_data``: the end of a hold is no sign of life.
        self._process_update(Reading(Outcome.DECODED, over), self._available)

    # --- events ----------------------------------------------------------------------------

    @callback
    def async_listen(self, key: str, listener: EventListener) -> CALLBACK_TYPE:
        """Call ``listener`` with each event of one source."""
        self._event_listeners[key] = listener

        @callback
        def remove() -> None:
            self._event_listeners.pop(key, None)

        return remove

    @callback
    def async_on_new_event(
        self, listener: Callable[[str, Event], None]
    ) -> CALLBACK_TYPE:
        """Call ``listener`` with the first event of each source nobody listens to."""
        self._new_event = listener

        @callback
        def remove() -> None:
            self._new_event = None

        return remove

    def _fire(self, events: tuple[Event, ...]) -> None:
        for event in events:
            # A maker prints a capital letter on a button; ids and translations have none.
            key = event.key.lower()
            if listener := self._event_listeners.get(key):
                listener(event)
            elif self._new_event:
                self._new_event(key, event)

    @callback
    def async_allow_clear(self, *, allowed: bool) -> None:
        """Believe what the sensor sends in the clear though its key is proven, or stay with the key."""
        self._key_watch.async_withdraw_clear()
        self._key_watch.refused = not allowed
        self._key_watch.alert = True
        if allowed:
            self.decoder.allow_clear()
        self.hass.data[SHARED].async_save_soon()

    @property
    def key_state(self) -> str | None:
        """Return what is known of the sensor's key, or that it cannot have one yet; None: nothing."""
        return NOT_PAIRED if self._unpaired.waits else self.decoder.key_state

    @callback
    def async_take_options(self) -> None:
        """Follow options that were changed; nothing has to be built anew for them."""
        self.options = SensorOptions.of(self.entry.options)
        self._shapers = self.options.shapers()
        self._endings.choose(self.options.holds)
        if self.active:
            self.active.options = self.options
        self.cadence.fixed = self.options.timeout
        self.cadence.heard_at = self._newest()
        self._watch()
        alive = self.cadence.alive(monotonic_time_coarse())
        if alive is not self._available:
            self._available, self._lost = alive, not alive
            for processor in self._processors:
                processor.async_update_listeners(None)

    # --- recording -------------------------------------------------------------------------

    @callback
    def async_record(
        self,
        seconds: float,
        done: Callable[[list[dict[str, Any]]], None],
        *,
        disguised: bool = True,
    ) -> CALLBACK_TYPE:
        """Record adverts for some time, then hand them over; the result ends one early."""
        stop = self.recorder.async_start(seconds, done, disguised=disguised)
        self.entry.async_on_unload(stop)
        return stop
