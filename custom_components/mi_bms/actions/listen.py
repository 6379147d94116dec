"""Pass adverts on to Home Assistant's bus for a while, no faster than automations can bear."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import (
    BluetoothCallbackMatcher,
    BluetoothChange,
    BluetoothScanningMode,
    BluetoothServiceInfoBleak,
)
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ulid import ulid_now

from ..bluetooth.door import Door
from ..const import DOMAIN
from ..proto.air.adverts import Filter
from ..proto.gatt.operations import Code
from .errors import mistake
from .scan import air_advert, receivers, record

EVENT_ADVERT: Final = f"{DOMAIN}_advert"
MOST_LISTENERS: Final = 20
MOST_PER_SECOND: Final = 20  # events of all listeners together
_REMEMBERED: Final = 500  # devices of one listener


@dataclass(slots=True, kw_only=True)
class _Listener:
    """Be one listener; ``every`` in seconds, ``heard`` when each device was passed on last."""

    wanted: Filter
    every: float
    heard: dict[str, float] = field(default_factory=dict)
    left_out: int = 0
    stops: list[CALLBACK_TYPE] = field(default_factory=list)

    def due(self, address: str, now: float) -> bool:
        """Return whether it is time for another event of a device."""
        last = self.heard.get(address)
        return last is None or now - last >= self.every

    def passed(self, address: str, now: float) -> None:
        """Note an event of a device."""
        if len(self.heard) >= _REMEMBERED:
            # Who is due again needs no memory; private addresses come and go without end.
            old = [one for one in self.heard if self.due(one, now)]
            for one in old or [next(iter(self.heard))]:
                del self.heard[one]
        self.heard[address] = now


class Listeners:
    """Hold all listeners."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without any."""
        self._hass = hass
        self._all: dict[str, _Listener] = {}
        self._second = 0.0  # since when events are counted
        self._events = 0

    @callback
    def async_listen(
        self, wanted: Filter, every: float, seconds: float
    ) -> tuple[str, datetime | None]:
        """Pass adverts on for some time; return the listener's id and when it ends.

        With 0 ``seconds`` it ends by ``async_unlisten`` only.
        """
        if len(self._all) >= MOST_LISTENERS:
            raise mistake("too_many_listeners", Code.CONNECTION)
        hass, number = self._hass, ulid_now()
        listener = self._all[number] = _Listener(wanted=wanted, every=every)

        @callback
        def heard(info: BluetoothServiceInfoBleak) -> None:
            self._pass_on(number, listener, info)

        @callback
        def ended(_now: datetime) -> None:
            self.async_unlisten(number)

        listener.stops = [_follow(hass, wanted.address, heard)]
        if not seconds:
            return number, None
        job = HassJob(ended, f"{DOMAIN} unlisten", cancel_on_shutdown=True)
        listener.stops.append(async_call_later(hass, seconds, job))
        return number, dt_util.utcnow() + timedelta(seconds=seconds)

    @callback
    def async_unlisten(self, number: str | None) -> int:
        """End one listener or all; give how many ended."""
        ended = [one for one in self._all if number in {None, one}]
        for one in ended:
            for stop in self._all.pop(one).stops:
                stop()
        return len(ended)

    def _pass_on(
        self, number: str, listener: _Listener, info: BluetoothServiceInfoBleak
    ) -> None:
        now = monotonic_time_coarse()
        if not listener.wanted.fits(air_advert(info)):
            return
        if not (listener.due(info.address, now) and self._room(now)):
            listener.left_out += 1
            return
        listener.passed(info.address, now)
        said = record(self._hass, info, receivers(self._hass))
        self._hass.bus.async_fire(
            EVENT_ADVERT, {"listener": number, "left_out": listener.left_out, **said}
        )
        listener.left_out = 0

    def _room(self, now: float) -> bool:
        if now - self._second >= 1:
            self._second, self._events = now, 0
        self._events += 1
        return self._events <= MOST_PER_SECOND


def _follow(
    hass: HomeAssistant,
    address: str | None,
    heard: Callable[[BluetoothServiceInfoBleak], None],
) -> CALLBACK_TYPE:
    """Call ``heard`` with each advert of one device, or with each of any that says something new."""
    if address is not None:
        return bluetooth.async_register_advertisement_callback(
            hass, Door("listeners").guard(heard), address
        )
    replayed = False

    @callback
    def changed(info: BluetoothServiceInfoBleak, _change: BluetoothChange) -> None:
        # Registering replays what was heard before: that is over.
        if replayed:
            heard(info)

    stop = bluetooth.async_register_callback(
        hass,
        Door("listeners").guard(changed),
        BluetoothCallbackMatcher(connectable=False),
        BluetoothScanningMode.PASSIVE,
    )
    replayed = True
    return stop


LISTENERS: HassKey[Listeners] = HassKey(f"{DOMAIN}.listeners")
