"""Accept commands for some minutes: switched on by a person, off by itself, and never on after a start."""

from collections.abc import Callable
from datetime import datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util


class Arming:
    """Whether commands to one battery are accepted."""

    def __init__(self, hass: HomeAssistant, ended: Callable[[], None]) -> None:
        """Begin with not; ``ended`` is called when the time is over."""
        self._hass, self._ended = hass, ended
        self._stop: CALLBACK_TYPE | None = None
        self.until: datetime | None = None

    @callback
    def arm(self, minutes: float) -> None:
        """Accept commands for so many minutes from now."""
        self.disarm()
        self.until = dt_util.utcnow() + timedelta(minutes=minutes)
        job = HassJob(self._over, "mi_bms disarm", cancel_on_shutdown=True)
        self._stop = async_call_later(self._hass, minutes * 60, job)

    @callback
    def disarm(self) -> bool:
        """Accept no more commands; return whether some were accepted."""
        armed, self.until = self.until is not None, None
        if self._stop is not None:
            self._stop()
            self._stop = None
        return armed

    @callback
    def _over(self, _now: datetime) -> None:
        self._stop = self.until = None
        self._ended()
