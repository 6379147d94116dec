"""The end of adding one device: its entry, and the dashboard that shows it.

The offer comes before the entry: after it, Home Assistant asks for name and area, and would leave that out
where another flow follows.
"""

from typing import Any, Final

from homeassistant.config_entries import SOURCE_IMPORT, ConfigFlow, ConfigFlowResult
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..face.dashboards import async_make, async_may_make, async_ours
from .form import Forms

# Somebody wanted none: not asked again until the next start.
_DECLINED: Final[HassKey[bool]] = HassKey(f"{DOMAIN}.no_dashboard")


class Closing(Forms, ConfigFlow):
    """Offer the dashboard while there is none, and end with the entry."""

    def __init__(self) -> None:
        """Begin without an entry."""
        super().__init__()
        self._entry: dict[str, Any] = {}
        self._has_meters = False  # what the Energy dashboard can show
        self._offers = True  # between a yes to a move and its entry comes nothing

    async def _async_add(
        self, *, has_meters: bool = False, **entry: Any
    ) -> ConfigFlowResult:
        """Make the entry; first, ask whether a dashboard is wanted, too."""
        self._entry, self._has_meters = entry, has_meters
        if self.source == SOURCE_IMPORT or self.hass.data.get(_DECLINED):
            return await self._async_end()
        if not self._offers or not await async_may_make(self.hass):
            return await self._async_end()
        return await self.async_step_offer()

    async def async_step_offer(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether a dashboard is wanted, too."""
        return self.async_show_menu(
            step_id="offer",
            menu_options=["with_dashboard", "without_dashboard"],
            description_placeholders={"name": self._entry["title"]},
        )

    async def async_step_with_dashboard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Make the dashboard, and the entry."""
        await async_make(self.hass)
        return await self._async_end()

    async def async_step_without_dashboard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Make the entry alone."""
        self.hass.data[_DECLINED] = True
        return await self._async_end()

    async def _async_end(self) -> ConfigFlowResult:
        """Make the entry, and tell where its device is shown."""
        path = await async_ours(self.hass)
        told = {
            (False, False): None,
            (False, True): "with_dashboard",
            (True, False): "shown",
            (True, True): "shown_with_dashboard",
        }[path is not None, self._has_meters]
        return self.async_create_entry(
            **self._entry,
            description=told,
            description_placeholders={"path": f"/{path}"},
        )
