"""The options of a bank: what it tells without some of its batteries, when these are read, and the Energy dashboard."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload

from ..banks.options import ROWS
from ..dashboard.preferences import is_loaded
from ..options import form
from .energy_options import EnergyOptions


class BankOptions(EnergyOptions, OptionsFlowWithReload):
    """The options of a bank: one form; where there is an Energy dashboard, a menu leads there, too."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to the form, or ask what is wanted where there is more."""
        if is_loaded(self.hass):
            return self.async_show_menu(
                step_id="bank_menu", menu_options=["bank", "energy"]
            )
        return await self.async_step_bank()

    async def async_step_bank_menu(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what is wanted."""
        return await self.async_step_init()

    async def async_step_bank(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and store the options."""
        stored = self.config_entry.options
        if user_input is not None:
            return self.async_create_entry(data={**stored, **user_input})
        rows = form(ROWS, None, stored=stored)
        return self.async_show_form(step_id="bank", data_schema=rows)
