"""The way of a reading, stage by stage: decode, trust, fire, shape, hold, publish.

Each advert is decoded first; only what says something goes on, through a tuple of the stages behind, in
this order. A stage takes the reading and its advert and returns what goes on.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..bluetooth.adverts import HeardAdvert
from ..const import CONF_KEY, CONF_PRODUCT
from ..keys.ring import KEYS
from ..proto.mibeacon.decoder import Decoder
from ..proto.mibeacon.devices import DeviceSpec
from ..proto.model.fields import Field
from ..proto.model.reading import Outcome, Reading, Reason, Value
from ..quantities import NOT_PAIRED
from ..runtime import SAVE_NEWS, SAVE_SOON, SHARED
from .auto_off import HELD, AutoOff
from .capture import CaptureSession, Later
from .event_listeners import EventListeners
from .key_watch import KeyWatch
from .options import SensorOptions
from .unpaired import Unpaired

type Stage = Callable[[Reading, HeardAdvert], Reading]


class Sign(Enum):
    """What an advert tells of whether the sensor is there."""

    OWN = "own"  # it is: without a proven key all adverts count, with one what it opens
    ANYBODYS = "anybodys"  # a beacon in the clear, or nothing that is decoded
    NONE = "none"


# What becomes of a frame that the key has opened and that is no old one.
_OPENED: Final = frozenset({Outcome.DECODED, Outcome.IGNORED})
_REFUSED: Final = frozenset({Outcome.REJECTED, Outcome.WRONG_KEY})


def _sign_of(reading: Reading) -> Sign:
    """Return what an advert of a device whose key is proven tells of whether it is there."""
    if reading.encrypted and reading.outcome in _OPENED:
        return Sign.OWN
    return Sign.NONE if reading.outcome in _REFUSED else Sign.ANYBODYS


class Path:
    """Lead one sensor's adverts to what is shown."""

    __slots__ = (
        "_auto_off",
        "_before",
        "_begun",
        "_hass",
        "_key_watch",
        "_on_spec",
        "_options",
        "_publish",
        "_quiet",
        "_shapers",
        "_spec",
        "_stages",
        "_started",
        "_unpaired",
        "capture",
        "decoder",
        "events",
        "key",
        "on_key",
        "sign",
    )

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        address: str,
        options: SensorOptions,
        *,
        later: Later,
        publish: Stage,
        on_spec: Callable[[], None],
        on_end: Callable[[Mapping[Field, Value]], None],
    ) -> None:
        """Prepare the decoder with the entry's key, if it has one, and go on where the last run ended.

        ``publish`` is the last stage, ``on_spec`` is called when it is known what the product is, and
        ``on_end`` with what ends by itself.
        """
        kept = hass.data[SHARED].kept.get(address, {})
        self._hass, self._options = hass, options
        self._publish, self._on_spec = publish, on_spec
        key = entry.data.get(CONF_KEY)
        self.key = bytes.fromhex(key) if key else None
        self.decoder = self._decoder(entry, address, kept)
        # Called when the key has proven itself, or none is needed: whoever has just typed it is looking.
        self.on_key: Callable[[], None] | None = None
        self._begun = False  # something was decoded
        self.sign = Sign.ANYBODYS  # of life, in the newest advert
        self.events = EventListeners()
        self.capture = CaptureSession(address, self.key, later)
        self._key_watch = KeyWatch(hass, entry, self.decoder)
        self._key_watch.refused = kept.get("clear_refused", False)
        self._unpaired = Unpaired(hass, entry, self.decoder, later)
        self._auto_off = AutoOff(options.holds, kept.get("ends", {}), later, on_end)
        self._before: dict[Field, Value] = {}
        self._started = monotonic_time_coarse()
        self._spec = self.decoder.spec
        self._auto_off.know(self._spec)
        self._shapers = options.shapers()
        self._choose()

    def _decoder(
        self, entry: ConfigEntry[Any], address: str, kept: Mapping[str, Any]
    ) -> Decoder:
        heard_at = None
        if seen := dt_util.parse_datetime(kept.get("seen_at", "")):
            away = (dt_util.utcnow() - seen).total_seconds()
            heard_at = monotonic_time_coarse() - away
        return Decoder(
            address,
            self.key,
            product_id=entry.data.get(CONF_PRODUCT),
            kept=kept.get("trust"),
            backup=self._hass.data[KEYS].proofs.get(address),
            heard_at=heard_at,
        )

    def _choose(self) -> None:
        """Take the stages that this sensor needs: adverts are many, and most need few."""
        spec = self._spec
        trust = (self._trust,) if spec and spec.doubtful else ()
        begin = () if self._begun else (self._begin,)
        shape = (self._shape,) if self._shapers else ()
        publish = self._publish
        self._stages = (*trust, self._fire, *begin, *shape, self._hold, publish)
        # Of a reading in which nothing happens.
        self._quiet = (*trust, *begin, *shape, publish)

    # --- the stages ------------------------------------------------------------------------------

    def decode(self, info: HeardAdvert) -> Reading:
        """Return what an advert says, and note how it bears on the key and on pairing."""
        if (capture := self.capture.running) is not None:
            capture.take(info.service_data, info.manufacturer_data)
        decoder = self.decoder
        reading = decoder.feed(
            info.service_data, info.manufacturer_data, info.time, info.source
        )
        watch, unpaired, device = self._key_watch, self._unpaired, decoder.device
        encrypted, decoded = reading.encrypted, reading.outcome is Outcome.DECODED
        self.sign = _sign_of(reading) if device.guarded else Sign.OWN
        if not decoded or watch.alert:
            watch.take(reading, info.time)
        elif encrypted and reading.reason is not Reason.RECURRING:
            watch.opens(info.time)
        if encrypted and (reading.events or not watch.proven):
            self._note_proof()
        if device.paired is not None and not (decoded and unpaired.settled):
            unpaired.async_take(reading)
        if device.spec is not self._spec:
            self._know(device.spec, reading)
        return reading

    def lead(self, reading: Reading, info: HeardAdvert) -> None:
        """Lead a reading that says something through its stages."""
        quiet = not reading.events and HELD.isdisjoint(reading.values)
        for stage in self._quiet if quiet else self._stages:
            reading = stage(reading, info)

    def _trust(self, reading: Reading, _info: HeardAdvert) -> Reading:
        """Leave out what a model's own firmware invents; custom firmware sends in the clear."""
        spec = self._spec
        if spec is None or spec.doubtful.isdisjoint(reading.values):
            return reading
        if not reading.encrypted and spec.encrypted != "no":
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

    def _fire(self, reading: Reading, info: HeardAdvert) -> Reading:
        # An advert from before our start is history that Home Assistant replays: its values
        # are still the latest ones known, but nobody pressed a button just now.
        if reading.events and info.time > self._started:
            self.events.fire(reading.events)
        return reading

    def _begin(self, reading: Reading, _info: HeardAdvert) -> Reading:
        """Tell once that the sensor can be read."""
        self._begun = True
        self._choose()
        if self.on_key:
            self.on_key()
        return reading

    def _shape(self, reading: Reading, _info: HeardAdvert) -> Reading:
        return self.shaped(reading)

    def shaped(self, reading: Reading) -> Reading:
        """Return a reading with the user's offsets, smoothing and dead-bands."""
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

    def _hold(self, reading: Reading, info: HeardAdvert) -> Reading:
        """Have end what nobody will tell the end of."""
        return self._auto_off.async_take(reading, info.time)

    # --- what changes the stages -------------------------------------------------------------------

    def _know(self, spec: DeviceSpec | None, reading: Reading) -> None:
        """Take what the product is, as soon as a frame tells it that says something besides."""
        if not reading.values and not reading.events:
            return
        self._spec, self._begun = spec, False
        self._auto_off.know(spec)
        self._choose()
        self._on_spec()

    def follow(self, options: SensorOptions) -> None:
        """Take options that were changed."""
        self._options = options
        self._shapers = options.shapers()
        self._auto_off.choose(options.holds)
        self._choose()

    def forget_steps(self, fields: Mapping[Field, Value]) -> None:
        """Smooth these fields anew: what the sensor says next is no step away from what was given."""
        fresh = self._options.shapers()
        self._shapers |= {name: fresh[name] for name in fresh.keys() & fields.keys()}

    # --- the key -----------------------------------------------------------------------------------

    @property
    def key_state(self) -> str | None:
        """Return what is known of the sensor's key, or that it cannot have one yet; None: nothing."""
        return NOT_PAIRED if self._unpaired.waits else self._key_watch.state

    def _note_proof(self) -> None:
        """Have it written down: no first proof and no event may be believed twice after a crash."""
        watch = self._key_watch
        before, watch.proven = watch.proven, self.decoder.proven
        self._hass.data[SHARED].async_save_soon(SAVE_NEWS if before else SAVE_SOON)
        if watch.proven and not before and self.on_key:
            self.on_key()

    def allow_clear(self, *, allowed: bool) -> None:
        """Believe what the sensor sends in the clear though its key is proven, or stay with the key."""
        self._key_watch.async_withdraw_clear()
        self._key_watch.refused = not allowed
        self._key_watch.alert = True
        if allowed:
            self.decoder.allow_clear()
        self._hass.data[SHARED].async_save_soon()

    # --- start and end -----------------------------------------------------------------------------

    def is_history(self, heard: float) -> bool:
        """Return whether something was heard (monotonic s) before our start."""
        return heard <= self._started

    def start(self, shown: Callable[[Field], bool]) -> None:
        """End what ended while nobody listened; ``shown`` says whether a state is still shown as on."""
        self._auto_off.async_start(shown)

    def stop(self) -> None:
        """Stop all timers and take back all questions."""
        self._auto_off.async_stop()
        self._unpaired.async_stop()
        self._key_watch.async_stop()

    def snapshot(self) -> dict[str, Any]:
        """Return what is kept for the next start."""
        return {
            "ends": self._auto_off.kept,
            "trust": self.decoder.snapshot(),
            "clear_refused": self._key_watch.refused,
        }
