"""The options form of an output: how it passes on."""

from typing import Any

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload

from ..options import form
from ..outputs.options import BATTERY, CONF_TYPE, FILE, ROWS, TASMOTA


class OutputOptions(OptionsFlowWithReload):
    """Let the user say how an output passes on."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to the form of the output's type."""
        steps = {
            TASMOTA: self.async_step_tasmota,
            BATTERY: self.async_step_battery,
            FILE: self.async_step_file,
        }
        return await steps[self.config_entry.data[CONF_TYPE]]()

    async def async_step_tasmota(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how sensors are published."""
        if user_input is not None:
            return self._keep(user_input)
        return self.async_show_form(step_id="tasmota", data_schema=self._form(TASMOTA))

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how batteries are published."""
        if user_input is not None:
            return self._keep(user_input)
        return self.async_show_form(step_id="battery", data_schema=self._form(BATTERY))

    async def async_step_file(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how long lines are kept."""
        if user_input is not None:
            return self._keep(user_input)
        return self.async_show_form(step_id="file", data_schema=self._form(FILE))

    def _keep(self, given: dict[str, Any]) -> ConfigFlowResult:
        # The devices are chosen elsewhere.
        return self.async_create_entry(data={**self.config_entry.options, **given})

    def _form(self, output: str) -> probatio.Schema:
        return form(ROWS, output, stored=self.config_entry.options)
