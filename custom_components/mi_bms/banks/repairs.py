"""The repair issue of a bank whose battery was removed."""

from typing import Any, Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..const import DOMAIN
from .coordinator import BankCoordinator
from .members import gone

KEY: Final = "member_gone"


def issue_id(entry_id: str) -> str:
    """Return the id of the issue of a bank."""
    return f"{KEY}_{entry_id}"


def _show(hass: HomeAssistant, entry: ConfigEntry[Any], member: str) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id(entry.entry_id),
        is_fixable=True,
        data={"entry_id": entry.entry_id},
        severity=ir.IssueSeverity.WARNING,
        translation_key=KEY,
        translation_placeholders={"name": entry.title, "member": member},
    )


@callback
def async_watch_members(
    hass: HomeAssistant, entry: ConfigEntry[Any], coordinator: BankCoordinator
) -> CALLBACK_TYPE:
    """Show an issue while a member has no entry; return what ends that."""

    @callback
    def look() -> None:
        lost = gone(hass, coordinator.members)
        if not lost:
            ir.async_delete_issue(hass, DOMAIN, issue_id(entry.entry_id))
            return
        _show(hass, entry, coordinator.names[lost[0]])

    @callback
    def changed(change: ConfigEntryChange, other: ConfigEntry) -> None:
        if other.domain == DOMAIN and change is not ConfigEntryChange.UPDATED:
            look()

    look()
    stop_listening = async_dispatcher_connect(
        hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed
    )

    @callback
    def stop() -> None:
        stop_listening()
        ir.async_delete_issue(hass, DOMAIN, issue_id(entry.entry_id))

    return stop
