"""The repair issue of a battery that stays unreachable until somebody does something."""

from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval

from ..const import DOMAIN
from ..entries import name_of
from ..proto.scheduler.diagnosis import Cause, Remedy
from ..proto.scheduler.link_state import LinkState
from ..texts import async_tell
from .coordinator import BatteryCoordinator

LOOK_EVERY: Final = timedelta(minutes=1)
LASTS: Final = timedelta(minutes=5)  # what ends sooner needs nobody
KEY: Final = "unreachable"


def issue_id(entry_id: str) -> str:
    """Return the id of the issue of a battery."""
    return f"{KEY}_{entry_id}"


class Issue:
    """The issue of one battery: shown after a while, deleted as soon as it is read again."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        coordinator: BatteryCoordinator,
    ) -> None:
        """Begin without an issue."""
        self._hass, self._entry, self._coordinator = hass, entry, coordinator
        self._since: datetime | None = None
        self._told: tuple[Cause, Remedy] | None = None
        self._watching = True

    @property
    def _lasting(self) -> bool:
        """Return whether it is unreachable without valid values, and no other form asks the user already."""
        state = self._coordinator.link_state
        # For a password Home Assistant asks by itself.
        asked = state is LinkState.AUTH
        gone = state is not None and state.unreachable
        return gone and not asked and not self._coordinator.online

    @callback
    def async_cure(self) -> None:
        """Delete the issue as soon as the battery can be read."""
        if not self._lasting:
            self._since = None
            self._delete()

    async def async_look(self, now: datetime) -> None:
        """Show the issue once it has lasted for ``LASTS``."""
        self.async_cure()
        if not self._lasting:
            return
        self._since = self._since or now
        if now - self._since >= LASTS:
            await self._async_tell()

    async def _async_tell(self) -> None:
        diagnosis = self._coordinator.diagnose()
        if not diagnosis.repair:
            self._delete()
            return
        words = diagnosis.cause, diagnosis.remedy
        if words == self._told:
            return
        text = await async_tell(self._hass, diagnosis)
        if not self._watching or not self._lasting:
            return
        self._told = words
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(self._entry.entry_id),
            is_fixable=True,
            data={"entry_id": self._entry.entry_id},
            severity=ir.IssueSeverity.WARNING,
            translation_key=KEY,
            translation_placeholders={
                "name": name_of(self._hass, self._entry),
                "reason": text,
            },
        )

    def _delete(self) -> None:
        if self._told is not None:
            self._told = None
            ir.async_delete_issue(self._hass, DOMAIN, issue_id(self._entry.entry_id))

    @callback
    def async_stop(self) -> None:
        """Stop, and delete the issue."""
        self._watching = False
        self._delete()


@callback
def async_watch_health(
    hass: HomeAssistant, entry: ConfigEntry[Any], coordinator: BatteryCoordinator
) -> CALLBACK_TYPE:
    """Show a repair issue for a battery while it needs somebody; return what ends that."""
    issue = Issue(hass, entry, coordinator)
    stops = (
        async_track_time_interval(
            hass, issue.async_look, LOOK_EVERY, cancel_on_shutdown=True
        ),
        coordinator.async_add_listener(issue.async_cure),
        issue.async_stop,
    )

    @callback
    def stop() -> None:
        for one in stops:
            one()

    return stop
