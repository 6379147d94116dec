"""The options of a charge window, of a battery or of a bank: one form."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult

from ..entries import name_of
from ..options import form
from ..proto.control.window import HYSTERESIS
from ..window.options import WINDOW_ROWS, too_close
from .entry_options import EntryOptions


class WindowOptions(EntryOptions):
    """The options of a charge window; their class knows how options are kept."""

    async def async_step_charge_window(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and store the bounds between which a battery is kept."""
        stored = self.config_entry.options
        errors = {}
        if user_input is not None:
            if not too_close(user_input):
                return self.keep({**stored, **user_input})
            errors["base"] = "window_too_close"
        return self.async_show_form(
            step_id="charge_window",
            data_schema=form(WINDOW_ROWS, None, stored=user_input or stored),
            errors=errors,
            description_placeholders={
                "name": name_of(self.hass, self.config_entry),
                "least": f"{HYSTERESIS:g}",
            },
        )

    def keep(self, options: dict[str, Any]) -> ConfigFlowResult:
        """Store all options of the entry, and end."""
        return self.async_create_entry(data=options)
