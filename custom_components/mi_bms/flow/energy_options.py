"""Options that put a battery into the Energy dashboard, show how it stands there, and take it out.

What will be written is shown first, entity by entity; nothing is written without consent to it.
"""

from dataclasses import replace
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import UnitOfEnergy
from homeassistant.helpers import selector

from ..dashboard.parts import meters_of, parts_of
from ..dashboard.preferences import is_loaded, known_fields
from ..dashboard.standing import async_put_in, async_standing, async_take_out
from ..entries import name_of
from ..texts import async_words
from .energy_texts import lines_of, mistakes_of, notes_of, refusal_of

CONF_CAPACITY: Final = "capacity"
_MOST: Final = 100_000  # kWh; a container has thousands

_CAPACITY: Final = probatio.Schema(
    {
        probatio.Optional(CONF_CAPACITY): selector.NumberSelector(
            selector.NumberSelectorConfig(
                min=0.01,
                max=_MOST,
                step=0.01,
                unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
                mode=selector.NumberSelectorMode.BOX,
            )
        )
    }
)


class EnergyOptions(OptionsFlow):
    """The Energy dashboard in the options of a battery, or of several that are one."""

    async def async_step_energy(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show how the battery stands in the dashboard, or what would be written."""
        if not is_loaded(self.hass):
            return self._end("energy_no_dashboard")
        if await async_standing(self.hass, meters_of(self.hass, self.config_entry)):
            return await self.async_step_energy_out()
        return await self.async_step_energy_in()

    async def async_step_energy_in(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what would be written, and write it when that is accepted."""
        parts = parts_of(self.hass, self.config_entry)
        words = await async_words(self.hass)
        if (offer := parts.offer) is None:
            return self._end("energy_not_possible", why=refusal_of(parts, words))
        if user_input is not None:
            chosen = replace(offer, capacity=user_input.get(CONF_CAPACITY))
            ending = await async_put_in(self.hass, [chosen])
            return self._end(f"energy_{ending}")
        shown = replace(offer, capacity=None).source(known_fields())
        return self.async_show_form(
            step_id="energy_in",
            data_schema=self.add_suggested_values_to_schema(
                _CAPACITY, {CONF_CAPACITY: offer.capacity}
            ),
            description_placeholders={
                "name": parts.name,
                "lines": lines_of(self.hass, shown, words),
                "notes": notes_of(parts, words),
            },
        )

    async def async_step_energy_out(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show how the battery stands in the dashboard, and take it out when that is wanted."""
        meters = meters_of(self.hass, self.config_entry)
        if user_input is not None:
            found = await async_take_out(self.hass, meters)
            return self._end("energy_taken_out" if found else "energy_not_there")
        words = await async_words(self.hass)
        standing = await async_standing(self.hass, meters)
        offer = parts_of(self.hass, self.config_entry).offer
        return self.async_show_form(
            step_id="energy_out",
            data_schema=probatio.Schema({}),
            description_placeholders={
                "name": name_of(self.hass, self.config_entry),
                "lines": "\n\n".join(
                    lines_of(self.hass, one, words) for one in standing
                ),
                "mistakes": mistakes_of(offer, standing, words),
            },
        )

    def _end(self, reason: str, **fill: str) -> ConfigFlowResult:
        named = {"name": name_of(self.hass, self.config_entry), **fill}
        return self.async_abort(reason=reason, description_placeholders=named)
