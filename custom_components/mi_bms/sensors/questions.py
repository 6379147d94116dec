"""Questions to the user about one sensor, as repairs that can be answered."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..entries import name_of


class Question:
    """A question about the sensor of an entry, by the translation key of its text."""

    __slots__ = ("_entry", "_hass", "_key", "asked")

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], key: str) -> None:
        """Take whom to ask about; nothing is asked yet."""
        self._hass, self._entry, self._key = hass, entry, key
        self.asked = False

    @callback
    def async_set(self, *, asked: bool) -> None:
        """Ask it, or take it back; once."""
        if asked is self.asked:
            return
        self.asked = asked
        issue_id = f"{self._key}_{self._entry.entry_id}"
        if not asked:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=self._key,
            translation_placeholders={"name": name_of(self._hass, self._entry)},
            data={"entry_id": self._entry.entry_id},
        )
