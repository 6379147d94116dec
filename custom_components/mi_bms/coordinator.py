"""Coordinators: one takes adverts of a sensor, one polls a battery. Both only translate.

Sensors: Home Assistant's Bluetooth hands over each new advert, the decoder of that one device turns
it into a reading, and the passive processors of the platforms publish the reading's fields.
Events go to whoever listens for their key. Batteries: a poll runs the family's session over a
connection of its own; a missed poll keeps the last good sample for a grace time.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
import logging
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
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .const import (
    CONF_INTERVAL,
    CONF_KEY,
    CONF_PRODUCT,
    CONF_PROFILE,
    DEFAULT_INTERVAL,
    DOMAIN,
)
from .profile import Profile, sample_from_json, sample_to_json
from .proto.bms.contract import Family
from .proto.bms.index import INDEX
from .proto.bms.plausible import gate
from .proto.link.session import Device, Memory, Session
from .proto.mibeacon.decoder import Decoder
from .proto.mibeacon.devices import DeviceSpec
from .proto.model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    Implausible,
    MiBmsError,
    Unreachable,
)
from .proto.model.fields import Field
from .proto.model.reading import Event, KeyState, Outcome, Reading
from .proto.model.sample import BmsSample
from .runtime import SHARED
from .transport import async_use, reachability

_LOGGER = logging.getLogger(__name__)

type MiBmsConfigEntry = ConfigEntry[SensorCoordinator | BatteryCoordinator]
type EventListener = Callable[[Event], None]

# A frame of an older binding may still sit in a proxy's buffer: ask for a key only after several.
WRONG_KEY_FRAMES: Final = 3
# A missed poll is normal on a shared radio; this many intervals without data are not.
GRACE_INTERVALS: Final = 4
MIN_GRACE: Final = 120.0  # s


class SensorCoordinator(PassiveBluetoothProcessorCoordinator[Reading]):
    """Turn the adverts of one sensor into readings."""

    def __init__(self, hass: HomeAssistant, entry: MiBmsConfigEntry) -> None:
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
        self.decoder = Decoder(
            address,
            bytes.fromhex(key) if key else None,
            product_id=entry.data.get(CONF_PRODUCT),
        )
        self.rssi: int | None = None
        self._started = monotonic_time_coarse()
        self._wrong = 0
        self._asked_for_key = False
        self._lost = False
        self._event_listeners: dict[str, EventListener] = {}
        self._new_event: Callable[[str, Event], None] | None = None
        self._end_of_grace: CALLBACK_TYPE | None = None
        self._end_of_motion: CALLBACK_TYPE | None = None

    @property
    @override
    def available(self) -> bool:
        """Say whether the sensor is still what it normally is: silence for a while is normal."""
        if self._available:
            return True
        silent = monotonic_time_coarse() - self.last_seen
        return self.last_seen > 0 and silent < self.decoder.availability

    @callback
    @override
    def async_start(self) -> CALLBACK_TYPE:
        """Take adverts until the returned function is called."""
        stop = super().async_start()
        if not self._end_of_motion:
            self._end_restored_motion()

        @callback
        def stop_all() -> None:
            stop()
            for cancel in (self._end_of_grace, self._end_of_motion):
                if cancel:
                    cancel()

        return stop_all

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

    @callback
    @override
    def _async_handle_unavailable(
        self, service_info: BluetoothServiceInfoBleak
    ) -> None:
        # Home Assistant gives up on the radio's schedule; the device may be one that sleeps.
        super()._async_handle_unavailable(service_info)
        wait = self.decoder.availability - (monotonic_time_coarse() - self.last_seen)
        if wait <= 0:
            self._note_lost()
            return

        @callback
        def give_up(_now: datetime) -> None:
            self._end_of_grace = None
            if not self.available:
                self._note_lost()
                for processor in self._processors:
                    processor.async_handle_unavailable()

        if self._end_of_grace:
            self._end_of_grace()
        self._end_of_grace = async_call_later(self.hass, wait + 1, give_up)

    def _note_lost(self) -> None:
        self._lost = True
        _LOGGER.info("%s is no longer heard", self.entry.title)

    @callback
    @override
    def _async_handle_bluetooth_event(
        self, service_info: BluetoothServiceInfoBleak, change: BluetoothChange
    ) -> None:
        if self._lost:
            self._lost = False
            _LOGGER.info("%s is heard again", self.entry.title)
        super()._async_handle_bluetooth_event(service_info, change)

    def _decode(self, info: BluetoothServiceInfoBleak) -> Reading:
        self.rssi = info.rssi
        reading = self.decoder.feed(
            info.service_data, info.manufacturer_data, info.time, info.source
        )
        self._watch_key(reading.outcome)
        # An advert from before our start is history that Home Assistant replays: its values
        # are still the latest ones known, but nobody pressed a button just now.
        if reading.events and info.time >= self._started:
            self._fire(reading.events)
        spec = self.decoder.spec
        if spec and (reading.values or reading.events):
            age = monotonic_time_coarse() - info.time
            reading = self._end_motion(spec, self._trusted(spec, reading), age)
        return reading

    def _trusted(self, spec: DeviceSpec, reading: Reading) -> Reading:
        """Leave out what a model's own firmware invents; custom firmware sends in the clear."""
        stock = reading.encrypted or spec.encrypted == "no"
        if not stock or spec.untrusted.isdisjoint(reading.values):
            return reading
        values = {
            field: value
            for field, value in reading.values.items()
            if field not in spec.untrusted
        }
        return reading._replace(values=values)

    def _end_motion(self, spec: DeviceSpec, reading: Reading, age: float) -> Reading:
        """Hold the motion of a model that never says it ended, and end it after a while.

        ``age`` (s) is that of the advert: one that Home Assistant replays may be long over.
        """
        moved = reading.values.get(Field.MOTION) or any(
            event.key == Field.MOTION for event in reading.events
        )
        if not moved or spec.motion_hold is None or age >= spec.motion_hold:
            return reading
        if self._end_of_motion:
            self._end_of_motion()

        @callback
        def ended(_now: datetime) -> None:
            self._end_of_motion = None
            self._publish_no_motion()

        self._end_of_motion = async_call_later(self.hass, spec.motion_hold - age, ended)
        return reading._replace(values={**reading.values, Field.MOTION: True})

    def _end_restored_motion(self) -> None:
        """End a motion that was held when Home Assistant stopped: nothing else would."""
        spec, key = self.decoder.spec, PassiveBluetoothEntityKey(Field.MOTION, None)
        if spec and spec.motion_hold is not None:
            if any(processor.entity_data.get(key) for processor in self._processors):
                self._publish_no_motion()

    def _publish_no_motion(self) -> None:
        # Not ``async_set_updated_data``: the end of a hold is no sign of life.
        reading = Reading(Outcome.DECODED, {Field.MOTION: False})
        self._process_update(reading, self._available)

    def _fire(self, events: tuple[Event, ...]) -> None:
        for event in events:
            # A maker prints a capital letter on a button; ids and translations have none.
            key = event.key.lower()
            if listener := self._event_listeners.get(key):
                listener(event)
            elif self._new_event:
                self._new_event(key, event)

    def _watch_key(self, outcome: Outcome) -> None:
        if outcome is Outcome.WRONG_KEY:
            self._wrong += 1
        elif outcome is Outcome.DECODED:
            self._wrong = 0
        # Some models send the same in clear in another format: no key is missed then.
        missing = outcome is Outcome.NEEDS_KEY and self.key_state is KeyState.MISSING
        needed = missing or self._wrong >= WRONG_KEY_FRAMES
        if needed and not self._asked_for_key:
            self._asked_for_key = True
            self.entry.async_start_reauth(self.hass)

    @property
    def key_state(self) -> KeyState:
        """Give what is known of the sensor's key."""
        return self.decoder.key_state


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
            update_interval=timedelta(seconds=interval),
        )
        self.entry = entry
        self.address: str = entry.data[CONF_ADDRESS]
        self.family = family
        self.title = INDEX[family.id].title
        self.profile = Profile.from_json(entry.data[CONF_PROFILE])
        self.grace = max(GRACE_INTERVALS * interval, MIN_GRACE)
        self.failures: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.polls = 0
        self.read_at: datetime | None = None
        self.online = False
        self._lost = False
        self._last_error: str | None = None
        self._memory = Memory()
        self.data = BmsSample()
        self._restore()

    def _restore(self) -> None:
        kept = self.hass.data[SHARED].samples.get(self.address)
        if not kept:
            return
        self.data = sample_from_json(kept)
        self.read_at = dt_util.parse_datetime(kept["read_at"])
        self.online = self._fresh()

    def _fresh(self) -> bool:
        if self.read_at is None:
            return False
        age: float = (dt_util.utcnow() - self.read_at).total_seconds()
        return age < self.grace

    @callback
    def async_watch(self) -> CALLBACK_TYPE:
        """Read a pack that was away as soon as it advertises again."""

        @callback
        def heard(_info: BluetoothServiceInfoBleak, _change: BluetoothChange) -> None:
            if self._last_error:
                self.entry.async_create_background_task(
                    self.hass, self.async_request_refresh(), f"{DOMAIN} early read"
                )

        return bluetooth.async_register_callback(
            self.hass,
            heard,
            {"address": self.address, "connectable": True},
            BluetoothScanningMode.PASSIVE,
        )

    @override
    async def _async_update_data(self) -> BmsSample:
        """Poll once; a failure keeps the last good sample and only ends availability after the grace."""
        self.polls += 1
        try:
            async with self.hass.data[SHARED].polls:
                sample = await self._poll()
        except (AuthNeeded, AuthRejected) as err:
            self._failed(type(err).__name__)
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="password_refused"
            ) from err
        except Implausible as err:
            self.refused[err.field] += 1
            self._failed("Implausible")
            return self.data
        except MiBmsError as err:
            self._failed(reason_of(err))
            return self.data
        self._succeeded(sample)
        return sample

    async def _poll(self) -> BmsSample:
        info = bluetooth.async_last_service_info(self.hass, self.address, True)
        device = Device(name=info.name if info else "", address=self.address)
        session = Session(self.family, memory=self._memory)
        secret = self.entry.data.get(CONF_PASSWORD)
        sample = await async_use(
            self.hass,
            self.address,
            lambda link: session.read(link, device, secret),
        )
        if self.read_at is None:
            gate(sample)
        else:
            age = (dt_util.utcnow() - self.read_at).total_seconds()
            gate(sample, self.data, age)
        return sample

    def _succeeded(self, sample: BmsSample) -> None:
        self._last_error = None
        self.read_at = dt_util.utcnow()
        if self._lost:
            _LOGGER.info("%s is read again", self.name)
        self.online, self._lost = True, False
        kept = sample_to_json(sample) | {"read_at": self.read_at.isoformat()}
        self.hass.data[SHARED].remember(self.address, kept)
        self._learn(sample)

    def _learn(self, sample: BmsSample) -> None:
        learned = self.profile.learn(sample)
        if learned != self.profile:
            self.profile = learned
            self.hass.config_entries.async_update_entry(
                self.entry, data=self.entry.data | {CONF_PROFILE: learned.to_json()}
            )

    def _failed(self, reason: str) -> None:
        self._last_error = reason
        self.failures[reason] += 1
        _LOGGER.debug("%s could not be read: %s", self.name, reason)
        if not self._lost and not self._fresh():
            self.online, self._lost = False, True
            _LOGGER.info("%s cannot be read (%s)", self.name, reason)

    def describe(self) -> dict[str, Any]:
        """Give the poll statistics for diagnostics."""
        return {
            "family": self.family.id,
            "polls": self.polls,
            "failures": dict(self.failures),
            "refused": dict(self.refused),
            "last_error": self._last_error,
            "read_at": self.read_at.isoformat() if self.read_at else None,
            "reachability": reachability(self.hass, self.address),
        }


def reason_of(err: MiBmsError) -> str:
    """Give one short word for why a poll failed."""
    if isinstance(err, FrameError | Unreachable):
        return err.reason
    return type(err).__name__
