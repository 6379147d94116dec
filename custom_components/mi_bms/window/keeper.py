"""Keep a charge window: look at the state of charge, and allow or block charging where that is to be.

What is blocked here is put back by the battery's own engine unless that is put off with each fresh reading:
a window that ends, crashes or hears nothing any more leaves nothing blocked.
"""

from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import CONF_WINDOW
from ..proto.bms.control import Effect
from ..proto.control.window import (
    FAIL_SAFE,
    FRESH_INTERVALS,
    ChargeWindow,
    Decided,
    Doing,
    Level,
    Window,
)
from ..runtime import SHARED
from .options import WindowSettings

UNKNOWN: Final = Effect.UNKNOWN.value
LOOK_EVERY: Final = timedelta(seconds=10)
# What is shown while charging is not what a block of the window left.
_FREE: Final = frozenset(
    {Doing.CHARGING, Doing.FILLING, Doing.BALANCING, Doing.BY_HAND, Doing.NO_READING}
)


class Charge(Protocol):
    """What a window keeps: the charge of a battery, or of all batteries of a bank.

    ``offered``: it can be switched. ``comes_back``: a block of it is to be put back by itself.
    """

    @property
    def offered(self) -> bool: ...  # noqa: D102
    @property
    def comes_back(self) -> bool: ...  # noqa: D102

    def level(self) -> Level:
        """Return what is known of it now."""

    def postpone(self, minutes: float) -> None:
        """Have a block put back after so many minutes from now."""

    async def async_switch(self, *, on: bool, minutes: float | None) -> str | None:
        """Allow or block charging, for so many minutes; return why that is not certain, None where it is."""

    def show(self) -> None:
        """Have what shows the window look at it again."""


class WindowKeeper:
    """The charge window of one entry: ``on`` and ``holiday`` are what its switches say.

    ``doing`` is what it does now, None while it is off; ``problem`` why it cannot.
    """

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], charge: Charge
    ) -> None:
        """Take what an earlier run left; nothing is looked at yet."""
        self._hass, self._entry, self._charge = hass, entry, charge
        self._shared, self.key = hass.data[SHARED], str(entry.unique_id)
        self._stored = self._shared.kept.get(self.key, {}).get(CONF_WINDOW, {})
        self.settings = WindowSettings.of(entry.options)
        self.on: bool = self._stored.get("on", True)
        self.holiday: bool = self._stored.get("holiday", False)
        self._ours: bool = self._stored.get("ours", False)  # the block that there is
        self._machine: ChargeWindow | None = None
        self._postponed_at: float | None = None
        self._busy = self._closed = False
        self._timer: CALLBACK_TYPE | None = None
        self.doing: Doing | None = None
        self.problem: str | None = None

    @property
    def offered(self) -> bool:
        """Return whether there is a window: the options want it, and charging can be switched."""
        return self.settings.wanted and self._charge.offered

    @property
    def window(self) -> Window:
        """Return the bounds that count now."""
        return self.settings.holiday if self.holiday else self.settings.usual

    def kept(self) -> dict[str, Any]:
        """Return what a restart must not forget."""
        if self._machine is not None:
            self._stored = self._machine.to_json()
        return {
            **self._stored,
            "on": self.on,
            "holiday": self.holiday,
            "ours": self._ours,
        }

    @callback
    def async_set(self, *, on: bool | None = None, holiday: bool | None = None) -> None:
        """Switch the window, or change between its bounds and those of a holiday."""
        self.on = self.on if on is None else on
        self.holiday = self.holiday if holiday is None else holiday
        self._shared.async_save_soon()
        self.async_look()
        self._charge.show()

    @callback
    def async_follow(self) -> None:
        """Follow options that were changed."""
        self.settings = WindowSettings.of(self._entry.options)
        self.async_look()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Begin to look; return what ends that."""
        stop_keeping = self._shared.keep_part(self.key, CONF_WINDOW, self.kept)
        # Before Home Assistant takes Bluetooth down, and for as long as it waits.
        stop_waiting = self._hass.async_add_shutdown_job(
            HassJob(self.async_close, f"{self._entry.title} charge window")
        )
        self.async_look()

        @callback
        def stop() -> None:
            self._closed = True
            self._look_no_more()
            stop_waiting()
            stop_keeping()

        return stop

    async def async_close(self) -> None:
        """Allow charging again where this has blocked it, as far as the battery is there for it."""
        if self._closed:
            return
        self._closed = True
        self._look_no_more()
        level, now = self._charge.level(), self._shared.polls.now()
        if self._ours and level.at is not None and now - level.at <= self._lease(level):
            problem = await self._charge.async_switch(on=True, minutes=None)
            self._ours = problem is not None

    # --- looking -------------------------------------------------------------------------------

    @callback
    def async_look(self) -> None:
        """Look at the battery, and do what its state of charge asks for."""
        if self._closed:
            return
        before = self.doing, self.problem
        if self.offered and self.on:
            self._look()
        else:
            self._end()
        if before != (self.doing, self.problem):
            self._charge.show()

    def _look(self) -> None:
        now = self._shared.polls.now()
        if self._machine is None:
            self._machine = ChargeWindow(self.window, now)
            self._machine.restore(self._stored)
            self._timer = async_track_time_interval(
                self._hass, self._look_again, LOOK_EVERY, cancel_on_shutdown=True
            )
        self._machine.window = self.window
        level = self._charge.level()
        decided = self._machine.look(level, now, dt_util.utcnow().timestamp())
        self.doing = decided.doing
        if not self._busy:
            self._act(decided, level)

    @callback
    def _look_again(self, _now: datetime) -> None:
        self.async_look()

    def _look_no_more(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    def _act(self, decided: Decided, level: Level) -> None:
        if decided.doing is not Doing.SWITCHING:
            self.problem = None
        if decided.doing in _FREE:
            self._ours = False
        if decided.doing is Doing.BLOCKED and self._ours:
            self._postpone(level)
        if decided.charge is None:
            return
        # What is put back by itself without readings needs no second one who tries.
        if decided.doing is not Doing.RELEASING or not self._charge.comes_back:
            self._switch(on=decided.charge, lease=self._lease(level))

    def _postpone(self, level: Level) -> None:
        if level.at != self._postponed_at:
            self._postponed_at = level.at
            self._charge.postpone(self._lease(level) / 60)

    @staticmethod
    def _lease(level: Level) -> float:
        """Return for how many seconds a block holds without a fresh reading."""
        return max(FAIL_SAFE, FRESH_INTERVALS * level.interval)

    # --- switching -----------------------------------------------------------------------------

    def _end(self) -> None:
        """Look no more, and allow charging where this has blocked it."""
        self._look_no_more()
        self.kept()
        self._machine = self.doing = self.problem = None
        if self._ours and not self._busy:
            self._ours = False
            self._switch(on=True, lease=0.0)

    def _switch(self, *, on: bool, lease: float) -> None:
        self._busy = True
        self._entry.async_create_background_task(
            self._hass, self._async_switch(on, lease), f"{self._entry.title} window"
        )

    async def _async_switch(self, on: bool, lease: float) -> None:
        try:
            minutes = None if on else lease / 60
            problem = await self._charge.async_switch(on=on, minutes=minutes)
        finally:
            self._busy = False
        if on:
            self._ours &= problem is not None
        else:
            # One whose end is not known may stand.
            self._ours = problem in {None, UNKNOWN}
        self._shared.async_save_soon()
        self.problem = problem
        now = self._shared.polls.now()
        if self._machine is not None and problem is None:
            self._machine.done(now)
        elif self._machine is not None:
            self._machine.failed(now)
        self.async_look()
        self._charge.show()
