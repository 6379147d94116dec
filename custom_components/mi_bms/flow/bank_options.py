"""The options form of a bank: what it tells without some of its batteries, and when these are read."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload

from ..banks.options import ROWS
from ..options import form


class BankOptions(OptionsFlowWithReload):
    """The options of a bank: one form."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to the form."""
        return await self.async_step_bank()

    async def async_step_bank(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and store the options."""
        stored = self.config_entry.options
        if user_input is not None:
            return self.async_create_entry(data={**stored, **user_input})
        rows = form(ROWS, None, stored=stored)
        return self.async_show_form(step_id="bank", data_schema=rows)
