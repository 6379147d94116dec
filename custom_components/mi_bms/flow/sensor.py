"""The ways of one sensor: to its entry, and from an entry to another key.

What its adverts show decides where it goes on: it is confirmed, asked for its key, or paired first.
The menus of the ways to a key stand here; each way is in a module of its own.
"""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult

from ..const import CONF_KEY, CONF_PRODUCT
from ..keys.ring import async_keys
from ..proto.activation.devices import can_pair
from .pair import PairSteps
from .sensor_key import SensorKeySteps


class SensorSteps(SensorKeySteps, PairSteps):
    """The steps of a sensor that is new, or whose entry gets another key."""

    async def _async_step_for_sensor(self) -> ConfigFlowResult:
        """Go on as the sensor shows: in the clear, with a key that is known, or with one to ask for."""
        self._listen()
        if self._sighting and self._sighting.paired is False:
            return await self.async_step_not_paired()
        encrypted = self._sighting.encrypted if self._sighting else None
        if encrypted is False:
            keys = await async_keys(self.hass)
            self._key = await keys.async_match(self._address, proven=True)
            if self._key:
                return await self.async_step_known_key()
            return await self.async_step_confirm()
        if encrypted:
            return await self.async_step_key()
        return await self.async_step_key_if_any()

    async def async_step_not_paired(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that a sensor tells nothing before it is paired, and offer to do it."""
        # A key of ours may have been made a moment ago, which the sensor does not show yet.
        if await self._async_find_key():
            return await self.async_step_known_key()
        return self.async_show_menu(
            step_id="not_paired",
            menu_options=["pair_heard", "key_if_any"],
            description_placeholders=self._placeholders(),
        )

    async def async_step_pair_heard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take the device that was heard."""
        return await self._async_prepare(self._address)

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Confirm a sensor that sends in the clear."""
        return await self._async_confirm("confirm", None, user_input)

    async def async_import_sensor(
        self, name: str, data: dict[str, Any]
    ) -> ConfigFlowResult:
        """Add a sensor that was chosen in a list."""
        return self.async_create_entry(title=name, data=data)

    async def async_reauth_sensor(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Ask for a key that is missing, or for the one that took the place of the old."""
        self._take_entry(entry)
        if entry.data.get(CONF_KEY):
            return await self.async_step_new_key()
        return await self.async_step_key()

    async def async_reconfigure_sensor(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Ask for a sensor's key, and whether it is to be made where that is possible."""
        self._take_entry(entry)
        if can_pair(entry.data.get(CONF_PRODUCT)):
            return await self.async_step_reconfigure_sensor()
        return await self.async_step_key_if_any()

    async def async_step_reconfigure_sensor(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether the key is known or is to be made."""
        return self.async_show_menu(
            step_id="reconfigure_sensor",
            menu_options=["key_if_any", "pair_entry"],
            description_placeholders=self._placeholders(),
        )

    async def async_step_pair_entry(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take the device of the entry that is being changed."""
        return await self._async_prepare(self._address)
