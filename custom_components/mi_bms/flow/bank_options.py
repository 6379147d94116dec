"""The options of a bank: what it tells without some of its batteries, when these are read, and the Energy dashboard."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload

from ..banks.coordinator import BankCoordinator
from ..banks.options import ROWS
from ..dashboard.preferences import is_loaded
from ..entries import running
from ..options import form
from ..proto.bms.control import Target
from .energy_options import EnergyOptions
from .window_options import WindowOptions


class BankOptions(EnergyOptions, WindowOptions, OptionsFlowWithReload):
    """The options of a bank: one form; where there is more to set, a menu leads there, too."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to the form, or ask what is wanted where there is more."""
        window, energy = self._has_window(), is_loaded(self.hass)
        if not (window or energy):
            return await self.async_step_bank()
        return self.async_show_menu(
            step_id="bank_menu",
            menu_options=[
                "bank",
                *(["charge_window"] if window else ()),
                *(["energy"] if energy else ()),
            ],
        )

    def _has_window(self) -> bool:
        """Return whether charging of all batteries may be switched."""
        bank = running(self.config_entry, BankCoordinator)
        return bank is not None and Target.CHARGE in bank.switching.offers

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
