"""Pass adverts on to Home Assistant's bus for a while, no faster than automations can bear."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ulid import ulid_now

from ..bluetooth.adverts import FaultGuard, HeardAdvert, on_each, on_news
from ..bluetooth.scanners import views
from ..const import DOMAIN
from ..proto.air.adverts import Filter
from ..proto.air.throttle import Budget, Throttle
from ..proto.gatt.operations import Code
from .errors import mistake
from .scan import air_advert, record

EVENT_ADVERT: Final = f"{DOMAIN}_advert"
MOST_LISTENERS: Final = 20
MOST_PER_SECOND: Final = 20  # events of all listeners together


@dataclass(slots=True, kw_only=True)
class _Listener:
    wanted: Filter
    throttle: Throttle
    left_out: int = 0
    stops: list[CALLBACK_TYPE] = field(default_factory=list)


class Listeners:
    """All listeners, and how many events a second they may fire together."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without any."""
        self._hass = hass
        self._all: dict[str, _Listener] = {}
        self._budget = Budget(MOST_PER_SECOND)

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
        listener = self._all[number] = _Listener(
            wanted=wanted, throttle=Throttle(every)
        )

        @callback
        def heard(info: HeardAdvert) -> None:
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
        """End one listener or all; return how many ended."""
        ended = [one for one in self._all if number in {None, one}]
        for one in ended:
            for stop in self._all.pop(one).stops:
                stop()
        return len(ended)

    def _pass_on(self, number: str, listener: _Listener, info: HeardAdvert) -> None:
        now = monotonic_time_coarse()
        if not listener.wanted.fits(air_advert(info)):
            return
        throttle, address = listener.throttle, info.address
        if not (throttle.is_due(address, now) and self._budget.spend(now)):
            listener.left_out += 1
            return
        throttle.passed(address, now)
        said = record(self._hass, info, views(self._hass))
        self._hass.bus.async_fire(
            EVENT_ADVERT, {"listener": number, "left_out": listener.left_out, **said}
        )
        listener.left_out = 0


def _follow(
    hass: HomeAssistant,
    address: str | None,
    heard: Callable[[HeardAdvert], None],
) -> CALLBACK_TYPE:
    """Call ``heard`` with each advert of one device, or with each of any that says something new."""
    guard = FaultGuard("listeners")
    if address is not None:
        return on_each(hass, guard.wrap(heard), address)
    # What was heard before is over.
    return on_news(hass, guard.wrap(heard), replay=False)


LISTENERS: HassKey[Listeners] = HassKey(f"{DOMAIN}.listeners")
