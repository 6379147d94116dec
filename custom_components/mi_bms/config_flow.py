"""The flows of the integration: how a device gets an entry, and how an entry is repaired and changed.

The steps stand in ``flow``; what an entry's kind decides is looked up in its row.
"""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntry,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.const import CONF_ADDRESS, CONF_NAME
from homeassistant.core import callback

from .const import CONF_KIND, DOMAIN
from .entry import KINDS, kind_of
from .flow.steps import Steps


class MiBmsConfigFlow(Steps, domain=DOMAIN):
    """Lead from a device that is heard, or an address, to a working entry."""

    VERSION = 1
    MINOR_VERSION = 4

    async def async_step_import(self, import_data: dict[str, Any]) -> ConfigFlowResult:
        """Add a device that was chosen in a list; a battery that cannot be read is not added."""
        data = dict(import_data)
        name: str = data.pop(CONF_NAME)
        self._address = data[CONF_ADDRESS]
        await self.async_set_unique_id(self._address, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        return await KINDS[data[CONF_KIND]].imported(self, name, data)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask again for a key or a password that no longer fits."""
        entry = self._get_reauth_entry()
        result = await kind_of(entry).reauth(self, entry)
        active = entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})
        if all(one["flow_id"] != self.flow_id for one in active):
            # It was taken back while its form was made, which may listen by now; a form of a flow that
            # is gone would be an error.
            self.async_remove()
            return self.async_abort(reason="withdrawn")
        return result

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change a sensor's key, a battery's type and password, what a bank is of, or where an output goes."""
        entry = self._get_reconfigure_entry()
        return await kind_of(entry).reconfigure(self, entry)

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the options flow of an entry's kind."""
        return kind_of(config_entry).options_flow()
