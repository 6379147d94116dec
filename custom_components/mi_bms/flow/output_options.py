"""The options form of an output: how it passes on."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload

from ..options import form
from ..outputs.options import CONF_DEVICES, CONF_TYPE, ROWS
from .entry_options import EntryOptions


class OutputOptions(EntryOptions, OptionsFlowWithReload):
    """The options of an output: one form, with the rows of its type."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to the form of the output's type."""
        return self._ask_how(self.config_entry.data[CONF_TYPE], None)

    async def async_step_tasmota(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how sensors are published."""
        return self._ask_how("tasmota", user_input)

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how batteries are published."""
        return self._ask_how("battery", user_input)

    async def async_step_file(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how long lines are kept."""
        return self._ask_how("file", user_input)

    def _ask_how(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Show and store the options of a type of output, which is called as its step."""
        stored = self.config_entry.options
        if user_input is not None:
            # The devices are chosen elsewhere; a field that was emptied is not kept.
            chosen = {key: one for key, one in stored.items() if key == CONF_DEVICES}
            return self.async_create_entry(data={**chosen, **user_input})
        rows = form(ROWS, step_id, stored=stored)
        return self.async_show_form(step_id=step_id, data_schema=rows)
