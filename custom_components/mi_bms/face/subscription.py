"""One page that looks at our devices: all of them first, then what has changed, as long as it looks.

What a registry or an option changes is worked out anew for all devices, a reading touches one. Both are
gathered for a moment, so that a burst is one message, and nothing is sent that was sent before.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
import logging
from typing import Any, Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
)
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from ..banks.coordinator import BankCoordinator
from ..batteries.coordinator import BatteryCoordinator
from ..const import DOMAIN
from ..runtime import SHARED
from ..sensors.coordinator import SensorCoordinator
from .bank import BankFace
from .battery import BatteryFace
from .faces import DeviceFace, Plan, Viewer, device_of
from .sensor import SensorFace

_LOGGER = logging.getLogger(__name__)

VERSION: Final = 1
GATHER: Final = 0.2  # s
LOOK_EVERY: Final = timedelta(seconds=30)  # silence is no event

type Device = dict[str, Any]
type Send = Callable[[dict[str, Any]], None]


def face_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> DeviceFace[Any] | None:
    """Return the face of what an entry runs; None for what has none, or does not run."""
    match getattr(entry, "runtime_data", None):
        case BatteryCoordinator() as battery:
            return BatteryFace(hass, entry, battery)
        case BankCoordinator() as bank:
            return BankFace(hass, entry, bank)
        case SensorCoordinator() as sensor:
            return SensorFace(hass, entry, sensor)
    return None


class _Seat:
    """What is known of one entry: its face, what was told of it and when."""

    __slots__ = ("face", "plan", "stop", "told", "told_at")

    def __init__(self, face: DeviceFace[Any], stop: CALLBACK_TYPE) -> None:
        self.face, self.stop = face, stop
        self.plan: Plan | None = None
        self.told: Device | None = None
        self.told_at = 0.0


class Subscription:
    """Tell one page; ``start`` gives the first message, the rest is sent."""

    def __init__(self, hass: HomeAssistant, viewer: Viewer, send: Send) -> None:
        """Take who looks, and how to tell."""
        self._hass, self._viewer, self._send = hass, viewer, send
        self._seats: dict[str, _Seat] = {}
        self._touched: set[str] = set()
        self._moved = False  # something that any device may depend on
        self._timer: CALLBACK_TYPE | None = None
        self._stops: list[CALLBACK_TYPE] = []
        self._clock = hass.data[SHARED].polls.now

    @callback
    def start(self) -> dict[str, Any]:
        """Begin to look; return all devices."""
        hass = self._hass
        self._stops = [
            hass.bus.async_listen(
                er.EVENT_ENTITY_REGISTRY_UPDATED,
                self._move,
                event_filter=self._entity_of_ours,
            ),
            hass.bus.async_listen(
                dr.EVENT_DEVICE_REGISTRY_UPDATED,
                self._move,
                event_filter=self._device_of_ours,
            ),
            async_dispatcher_connect(
                hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed
            ),
            async_track_time_interval(
                hass, self._look, LOOK_EVERY, cancel_on_shutdown=True
            ),
        ]
        self._sit()
        told = self._news({*self._seats})
        return {"version": VERSION, "devices": told}

    @callback
    def stop(self) -> None:
        """Look no more."""
        for stop in (*self._stops, *(seat.stop for seat in self._seats.values())):
            stop()
        self._seats.clear()
        if self._timer:
            self._timer()
            self._timer = None

    # --- what happens ----------------------------------------------------------------------------

    @callback
    def _entity_of_ours(self, data: er.EventEntityRegistryUpdatedData) -> bool:
        entity = er.async_get(self._hass).async_get(data["entity_id"])
        # Of one that is removed nothing tells any more whose it was.
        return entity is None or entity.platform == DOMAIN

    @callback
    def _device_of_ours(self, data: dr.EventDeviceRegistryUpdatedData) -> bool:
        device = dr.async_get(self._hass).async_get(data["device_id"])
        if device is None:
            return True
        return any(domain == DOMAIN for domain, *_ in device.identifiers)

    @callback
    def _move(self, _event: Event[Any]) -> None:
        self._moved = True
        self._soon()

    @callback
    def _entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            self._moved = True
            self._soon()

    @callback
    def _look(self, _now: datetime) -> None:
        self._touched.update(self._seats)
        self._soon()

    def _soon(self) -> None:
        if self._timer is None:
            job = HassJob(self._gathered, f"{DOMAIN} cards", cancel_on_shutdown=True)
            self._timer = async_call_later(self._hass, GATHER, job)

    @callback
    def _gathered(self, _now: datetime) -> None:
        self._timer = None
        gone: dict[str, None] = {}
        if self._moved:
            self._moved = False
            gone = self._sit()
            self._touched.update(self._seats)
        touched, self._touched = self._touched, set()
        news = self._news(touched)
        if changed := {**{one: None for one in gone if one not in news}, **news}:
            self._send({"devices": changed})

    # --- what is told ----------------------------------------------------------------------------

    def _sit(self) -> dict[str, None]:
        """Take up what runs now and drop what does not; return the devices that are gone."""
        gone: dict[str, None] = {}
        entries = {
            entry.entry_id: entry
            for entry in self._hass.config_entries.async_loaded_entries(DOMAIN)
        }
        for entry_id, seat in [*self._seats.items()]:
            entry = entries.get(entry_id)
            if entry is None or entry.runtime_data is not seat.face.coordinator:
                seat.stop()
                del self._seats[entry_id]
                if seat.told:
                    gone[seat.told["id"]] = None
        for entry_id, entry in entries.items():
            if entry_id not in self._seats and (face := face_of(self._hass, entry)):
                self._seats[entry_id] = _Seat(face, face.follow(self._touch(entry_id)))
        for seat in self._seats.values():
            seat.plan = None
        return gone

    def _touch(self, entry_id: str) -> CALLBACK_TYPE:
        @callback
        def touched() -> None:
            self._touched.add(entry_id)
            self._soon()

        return touched

    def _news(self, touched: set[str]) -> dict[str, Device | None]:
        """Return what is to be told of some entries: nothing of what was told already."""
        news: dict[str, Device | None] = {}
        for entry_id in touched:
            if (seat := self._seats.get(entry_id)) is None:
                continue
            try:
                news |= self._news_of(seat)
            # One device that cannot be described must not take the others away.
            except Exception as err:  # noqa: BLE001
                _LOGGER.debug("A device cannot be shown: %s", type(err).__name__)
        return news

    def _news_of(self, seat: _Seat) -> dict[str, Device | None]:
        face = seat.face
        if seat.plan is None:
            device = device_of(self._hass, face.entry)
            if device is None:
                before, seat.told = seat.told, None
                return {before["id"]: None} if before else {}
            seat.plan = face.plan(device)
        new = seat.plan | face.standing(self._viewer)
        now, told = self._clock(), seat.told
        if told is not None:
            if new == told:
                return {}
            only_later = new | {"read_at": told["read_at"]} == told
            if only_later and now - seat.told_at < face.told_every:
                return {}
        seat.told, seat.told_at = new, now
        return {new["id"]: new}
