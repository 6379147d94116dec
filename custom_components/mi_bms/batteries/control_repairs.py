"""A repair issue where a battery does not take the password for commands, until another one is given."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_CONTROL_PASSWORD, CONF_PASSWORD_TYPED, DOMAIN, EVENT_CONTROL
from ..entries import name_of
from ..proto.control.refusal import SwitchRefusal
from .coordinator import BatteryCoordinator

KEY: Final = "control_password_wrong"


def issue_id(entry_id: str) -> str:
    """Return the id of the issue of a battery."""
    return f"{KEY}_{entry_id}"


class PasswordIssue:
    """The issue of one battery: shown when its password is refused, deleted when something else is given."""

    def __init__(self, hass: HomeAssistant, coordinator: BatteryCoordinator) -> None:
        """Begin without an issue."""
        self._hass, self._battery = hass, coordinator
        self._refused: tuple[Any, ...] | None = None

    @property
    def _given(self) -> tuple[Any, ...]:
        """Return what was given that a password is taken from."""
        settings = self._battery.settings.switching
        data = self._battery.entry.data
        password = data.get(CONF_CONTROL_PASSWORD), data.get(CONF_PASSWORD_TYPED)
        return settings.allowed, settings.factory_password, password

    @callback
    def async_happened(self, event: Event[dict[str, Any]]) -> None:
        """Take an event of switching, of whatever battery."""
        data, entry = event.data, self._battery.entry
        wrong = data.get("refusal") == SwitchRefusal.WRONG_PASSWORD
        if not wrong or data.get("device_id") != self._battery.device_id:
            return
        self._refused = self._given
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(entry.entry_id),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=KEY,
            translation_placeholders={"name": name_of(self._hass, entry)},
        )

    @callback
    def async_cure(self) -> None:
        """Delete the issue once the user has given something else."""
        if self._refused not in (None, self._given):
            self.async_delete()

    @callback
    def async_delete(self) -> None:
        """Delete the issue, where there is one."""
        if self._refused is not None:
            self._refused = None
            entry_id = self._battery.entry.entry_id
            ir.async_delete_issue(self._hass, DOMAIN, issue_id(entry_id))


@callback
def async_watch_password(
    hass: HomeAssistant, entry: ConfigEntry[Any], coordinator: BatteryCoordinator
) -> None:
    """Show the issue of a battery while its entry is set up."""
    issue = PasswordIssue(hass, coordinator)
    entry.async_on_unload(hass.bus.async_listen(EVENT_CONTROL, issue.async_happened))
    entry.async_on_unload(coordinator.async_add_listener(issue.async_cure))
    entry.async_on_unload(issue.async_delete)
