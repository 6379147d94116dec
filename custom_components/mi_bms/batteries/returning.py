"""Put back what was switched for a time: ask for a reading when that is due, and tell a person who waits too long."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later

from ..const import DOMAIN
from ..entries import name_of
from ..proto.control.returns import Returns
from ..runtime import SHARED

KEY: Final = "return_overdue"


def issue_id(entry_id: str) -> str:
    """Return the id of the issue of a battery."""
    return f"{KEY}_{entry_id}"


class Returning:
    """The returns of one battery at work; whoever reads it carries them out after the reading."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], ask: Callable[[], object]
    ) -> None:
        """Begin with none; ``ask`` is called when something is to be put back."""
        self._hass, self._entry, self._ask = hass, entry, ask
        self._polls = hass.data[SHARED].polls
        self._timer: CALLBACK_TYPE | None = None
        self._told = self._closed = False
        self.returns = Returns()

    @callback
    def plan(self) -> None:
        """Look again when something is due, after whatever happened to the returns."""
        self._wait_no_more()
        if self._closed:
            return
        now = self._polls.now()
        if (overdue := self.returns.overdue(now)) != self._told:
            self._tell(overdue=overdue)
        if self.returns.asked(now):
            self._ask()
        if (at := self.returns.next_at(now)) is not None:
            job = HassJob(self._due, "mi_bms return", cancel_on_shutdown=True)
            self._timer = async_call_later(self._hass, at - now, job)

    @callback
    def _due(self, _now: datetime) -> None:
        self._timer = None
        self.plan()

    def _tell(self, *, overdue: bool) -> None:
        self._told = overdue
        if not overdue:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id(self._entry.entry_id))
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(self._entry.entry_id),
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=KEY,
            translation_placeholders={"name": name_of(self._hass, self._entry)},
        )

    @callback
    def stop(self) -> None:
        """Look no more, and leave nothing that says so."""
        self._closed = True
        self._wait_no_more()
        if self._told:
            self._tell(overdue=False)

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None
