"""The ways of one sensor: to its entry, and from an entry to another key.

What its adverts show decides where it goes on: it is confirmed, or the ways to its key are offered.
"""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult

from ..keys.ring import async_keys
from .key_ways import KeyWays


class SensorSteps(KeyWays):
    """The steps of a sensor that is new, or whose entry gets another key."""

    async def _async_step_for_sensor(self) -> ConfigFlowResult:
        """Go on as the sensor shows: in the clear, or with a key that is known or asked for."""
        self._listen()
        seen = self._sighting
        if not seen or seen.paired is False or seen.encrypted is not False:
            return await self.async_step_key_ways()
        keys = await async_keys(self.hass)
        self._key = await keys.async_match(self._address, proven=True)
        if self._key:
            return await self.async_step_known_key()
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Confirm a sensor that sends in the clear."""
        if user_input is None and (menu := await self._async_offer()):
            return menu
        about = await self._async_about()
        return await self._async_confirm("confirm", None, user_input, about=about)

    async def async_import_sensor(
        self, name: str, data: dict[str, Any]
    ) -> ConfigFlowResult:
        """Add a sensor that was chosen in a list."""
        return self.async_create_entry(title=name, data=data)

    async def async_reauth_sensor(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Ask for the key that took the place of the old."""
        self._take_entry(entry)
        return await self.async_step_key_ways()

    async def async_reconfigure_sensor(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Ask for another key of a sensor, or for its first."""
        self._take_entry(entry)
        return await self.async_step_key_ways()
