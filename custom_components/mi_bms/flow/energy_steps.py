"""The step after adding that puts new batteries into the Energy dashboard, if that is wanted.

Each is shown as it will be written; all of them are written at once, or none.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import selector

from ..dashboard.parts import Parts, meters_of, parts_of
from ..dashboard.preferences import is_loaded, known_fields
from ..dashboard.standing import Ending, async_put_in, async_standing
from ..entries import entry_of
from ..texts import async_words
from .base import choice
from .energy_texts import lines_of, notes_of

CONF_BATTERIES: Final = "dashboard"


async def async_newcomers(
    hass: HomeAssistant, addresses: Iterable[str]
) -> dict[str, Parts]:
    """Return the batteries among devices that could stand in the dashboard and do not, by address."""
    found: dict[str, Parts] = {}
    if not is_loaded(hass):
        return found
    for address in addresses:
        if (entry := entry_of(hass, address)) is None:
            continue
        # Whatever has no meters is no battery.
        parts = parts_of(hass, entry)
        if parts.offer and not await async_standing(hass, meters_of(hass, entry)):
            found[address] = parts
    return found


class EnergySteps(ConfigFlow):
    """Put the batteries that were just added into the Energy dashboard."""

    def __init__(self) -> None:
        """Begin with nobody."""
        super().__init__()
        self._newcomers: dict[str, Parts] = {}

    async def async_step_energy(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what would be written of each battery, and write those that are ticked."""
        errors: dict[str, str] = {}
        if user_input is not None:
            chosen = [self._newcomers[one].offer for one in user_input[CONF_BATTERIES]]
            ending = await async_put_in(self.hass, filter(None, chosen))
            if ending is Ending.WRITTEN:
                return await self._async_after_energy()
            errors["base"] = "energy_refused"
        return self.async_show_form(
            step_id="energy",
            data_schema=self._energy_form(),
            errors=errors,
            description_placeholders={"batteries": await self._async_shown()},
        )

    def _energy_form(self) -> probatio.Schema:
        options = [
            selector.SelectOptionDict(value=address, label=parts.name)
            for address, parts in self._newcomers.items()
        ]
        field = probatio.Required(CONF_BATTERIES, default=[*self._newcomers])
        return probatio.Schema(
            {field: choice(options, mode=selector.SelectSelectorMode.LIST)}
        )

    async def _async_shown(self) -> str:
        words, known = await async_words(self.hass), known_fields()
        shown = []
        for parts in self._newcomers.values():
            if parts.offer:
                lines = lines_of(self.hass, parts.offer.source(known), words)
                shown += [lines, notes_of(parts, words)]
        return "\n\n".join(filter(None, shown))

    @abstractmethod
    async def _async_after_energy(self) -> ConfigFlowResult:
        """Go on with what is left to do."""
