"""How the stand-in is added: from a discovery, or once for all devices."""

from typing import Any, override

from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from .world import DOMAIN

TYPE = "aiobmsble.bms.jbd_bms"


class StubFlow(ConfigFlow, domain=DOMAIN):
    """Add it."""

    VERSION = 2

    @override
    async def async_step_bluetooth(
        self, discovery_info: BluetoothServiceInfoBleak
    ) -> ConfigFlowResult:
        await self.async_set_unique_id(discovery_info.address)
        self._abort_if_unique_id_configured()
        self.context["title_placeholders"] = {"name": discovery_info.name}
        return await self.async_step_bluetooth_confirm()

    async def async_step_bluetooth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether."""
        if user_input is None:
            return self.async_show_form(step_id="bluetooth_confirm")
        title = self.context["title_placeholders"]["name"]
        return self.async_create_entry(title=title, data={"type": TYPE})

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        await self.async_set_unique_id(DOMAIN)
        self._abort_if_unique_id_configured()
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title=DOMAIN, data={}, options={"devices": []})
