"""What the options of all kinds of entries share: they end with a sentence where the entry is gone."""

from typing import override

from homeassistant.config_entries import ConfigEntry, OptionsFlow, UnknownEntry
from homeassistant.data_entry_flow import AbortFlow

from .form import Forms


class EntryOptions(Forms, OptionsFlow):
    """Options of an entry that may be removed while their form is open."""

    @property
    @override
    def config_entry(self) -> ConfigEntry:
        """Return the entry; end the flow if it was removed meanwhile."""
        try:
            return super().config_entry
        except UnknownEntry:
            raise AbortFlow("entry_removed") from None
