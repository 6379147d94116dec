"""The end of a pairing: the new key is shown once, and used."""

from abc import abstractmethod
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigFlowResult,
    FlowType,
)
from homeassistant.core import callback

from ..bluetooth.adverts import rediscover
from ..const import CONF_KEY, DOMAIN
from ..entries import Wish, entry_of, sensor_data
from ..keys.pairing import Pairing
from ..keys.ring import async_keys
from .base import DeviceFlow

CONF_ACCEPT: Final = "accept"
PAIRED: Final = "paired"  # what a question hands on


class PairEnd(DeviceFlow):
    """Show the key that was made, and have it used."""

    def __init__(self) -> None:
        """Begin without a pairing."""
        super().__init__()
        self._pair_address = ""
        self._pair_title = ""
        self._pairing: Pairing | None = None
        self._paired: dict[str, str] = {}

    @abstractmethod
    async def async_step_pair_choose(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """List the devices that can be paired."""

    async def async_step_pair_done(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the new key, this once; it is stored already."""
        if self._paired:
            if user_input is not None:
                return self.async_abort(reason="paired")
            return self._show_paired(self._paired)
        pairing = self._pairing
        if pairing is None or pairing.result is None:
            return await self.async_step_pair_choose()
        made = pairing.result
        # A pairing that takes no time leads here with the answer to the form before it.
        if user_input is not None and CONF_ACCEPT not in user_input:
            if not pairing.stored:
                pairing.stored = await (await async_keys(self.hass)).async_store()
            if pairing.stored:
                return await self._async_finish_pairing(pairing.wish(made))
        shown = {
            "name": self._pair_title,
            "address": made.address,
            "device_id": made.device_id or "-",
            "token": made.token.hex() if made.token else "-",
            CONF_KEY: made.bind_key.hex(),
            "mi32_key": made.mi32_key,
        }
        if self.source == SOURCE_REAUTH and pairing.stored:
            return await self._async_leave_question(shown)
        return self._show_paired(shown, stored=pairing.stored)

    def _show_paired(
        self, shown: dict[str, str], *, stored: bool = True
    ) -> ConfigFlowResult:
        self._set_confirm_only()
        return self.async_show_form(
            step_id="pair_done",
            errors={} if stored else {"base": "keys_not_stored"},
            description_placeholders=shown,
        )

    async def _async_leave_question(self, shown: dict[str, str]) -> ConfigFlowResult:
        """End the question for a key, and show the key in a flow of its own.

        The sensor is set up anew when the question ends. Home Assistant keeps a question whose form is
        closed, and the sensor would go on with its old key.
        """
        flow = await self.hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_USER}, data={PAIRED: shown}
        )
        return self.async_abort(
            reason="paired", next_flow=(FlowType.CONFIG_FLOW, flow["flow_id"])
        )

    def _go_on_paired(self, shown: dict[str, str]) -> ConfigFlowResult:
        """Show the key of a question that has ended."""
        self._paired = shown
        return self._show_paired(shown)

    async def _async_finish_pairing(self, wish: Wish) -> ConfigFlowResult:
        if entry_of(self.hass, wish.address):
            return self.async_abort(reason="paired")
        return await self._async_add(title=self._pair_title, data=sensor_data(wish))

    @callback
    def _pair_settle(self) -> None:
        """Have the key used that was made, now that the form that showed it is gone."""
        entry = entry_of(self.hass, self._pair_address)
        if entry is None:
            # The key is on the ring: the card of the device offers it.
            rediscover(self.hass, self._pair_address)
        elif self.source == SOURCE_REAUTH:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
