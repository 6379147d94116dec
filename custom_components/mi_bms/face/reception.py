"""How well sensors are heard: by the hour, by receiver, and where another receiver would help.

All of it is known anyway, or counted with a comparison and an addition; it is put together only while
somebody looks, at most once a minute.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
import hashlib
from itertools import islice
import secrets
from typing import Any, Final

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util.hass_dict import HassKey

from ..bluetooth.scanners import ScannerView, views
from ..const import DOMAIN, KIND_SENSOR
from ..entries import entries_of, running
from ..proto.mibeacon.losses import Losses
from ..sensors.coordinator import SensorCoordinator
from ..texts import Words
from .faces import device_of, name_of_device
from .sentences import veiled

TELL_EVERY: Final = timedelta(seconds=60)
RECEIVERS: Final = 8  # for each sensor, the strongest
WEAK: Final = -85  # dBm; below it packets get lost
POOR: Final = 0.6  # of the packets
_ENOUGH: Final = 20  # packets, before a share says something
_NAMED: Final = 3  # sensors in a sentence
_SALT: HassKey[str] = HassKey(f"{DOMAIN}.receivers")

type Send = Callable[[dict[str, Any]], None]


def _veil(hass: HomeAssistant, source: str) -> str:
    """Return a word for a receiver that is the same until the next start, and does not tell its address."""
    salt = hass.data.setdefault(_SALT, secrets.token_hex(8))
    return hashlib.sha256(f"{salt}{source}".encode()).hexdigest()[:8]


def _share(losses: Losses) -> float | None:
    heard, lost = sum(losses.heard.values()), sum(losses.lost.values())
    sent = heard + lost
    return round(heard / sent, 3) if sent >= _ENOUGH else None


def _expected(hours: list[int], share: float | None) -> int | None:
    """Return how many packets an hour would have if none were lost, by the full hours that had any."""
    full = [count for count in hours[:-1] if count]
    if not full or not share:
        return None
    return round(sum(full) / len(full) / share)


class Reception:
    """Tell one page how well sensors are heard."""

    def __init__(self, hass: HomeAssistant, words: Words, send: Send) -> None:
        """Take the words and how to tell."""
        self._hass, self._words, self._send = hass, words, send
        self._told: dict[str, Any] = {}
        self._stop: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> dict[str, Any]:
        """Begin to tell; return how it is now."""
        self._stop = async_track_time_interval(
            self._hass, self._look, TELL_EVERY, cancel_on_shutdown=True
        )
        self._told = self._view()
        return self._told

    @callback
    def stop(self) -> None:
        """Tell no more."""
        if self._stop:
            self._stop()
            self._stop = None

    @callback
    def _look(self, _now: datetime) -> None:
        view = self._view()
        if view != self._told:
            self._told = view
            self._send(view)

    def _view(self) -> dict[str, Any]:
        around = views(self._hass)
        sensors, weak = {}, []
        for device, coordinator in self._sensors():
            told = self._sensor(coordinator, around)
            sensors[device.id] = told
            # Of one that is never heard nobody knows where it is, or whether it is there.
            if told["why"] and any(told["hours"]):
                weak.append(device)
        return {
            "receivers": [
                {"id": _veil(self._hass, one.scanner.source), "name": veiled(one.name)}
                for one in around
            ],
            "sensors": sensors,
            "advice": self._advice(weak),
        }

    def _sensors(self) -> Iterator[tuple[dr.AnyDeviceEntry, SensorCoordinator]]:
        for entry in entries_of(self._hass, KIND_SENSOR):
            coordinator = running(entry, SensorCoordinator)
            device = device_of(self._hass, entry)
            if coordinator and device:
                yield device, coordinator

    def _sensor(
        self, coordinator: SensorCoordinator, around: list[ScannerView]
    ) -> dict[str, Any]:
        now = monotonic_time_coarse()
        loss = coordinator.packet_loss
        hours, share = loss.hours.told(now), _share(loss.losses)
        strong = dict(islice(self._strengths(coordinator.address, around), RECEIVERS))
        return {
            "hours": hours,
            "expected": _expected(hours, share),
            "share": share,
            "rssi": strong,
            "best": next(iter(strong), None),
            "why": self._why(strong, share),
        }

    def _strengths(
        self, address: str, around: list[ScannerView]
    ) -> Iterator[tuple[str, int]]:
        """Yield how strongly each receiver hears a sensor, the strongest first."""
        heard = {
            one.scanner.source: int(found["rssi"])
            for one in around
            if (found := one.hears(address, 0.0))
        }
        for source in sorted(heard, key=lambda one: -heard[one]):
            yield _veil(self._hass, source), heard[source]

    def _why(self, strong: Mapping[str, int], share: float | None) -> str | None:
        """Return what is the matter with how a sensor is heard, None where nothing is."""
        best = next(iter(strong.values()), None)
        if best is None:
            return self._words("reception", "unheard")
        if best < WEAK:
            return self._words("reception", "weak", rssi=str(best))
        if share is not None and share < POOR:
            return self._words(
                "reception", "lost", percent=str(round(100 - 100 * share))
            )
        return None

    def _advice(self, weak: list[dr.AnyDeviceEntry]) -> str | None:
        """Return where the next receiver helps most: where most of those are that are heard badly."""
        if not weak:
            return None
        by_area: dict[str | None, list[str]] = {}
        for device in weak:
            by_area.setdefault(device.area_id, []).append(name_of_device(device) or "")
        placed = {area: names for area, names in by_area.items() if area} or by_area
        area_id, names = max(placed.items(), key=lambda one: len(one[1]))
        area = ar.async_get(self._hass).async_get_area(area_id) if area_id else None
        more = ["…"] if len(names) > _NAMED else []
        said = self._words.listed([*names[:_NAMED], *more])
        if area:
            return self._words("reception", "area", area=area.name, names=said)
        return self._words("reception", "near", names=said)
