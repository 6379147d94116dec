"""Options that put a battery into the Energy dashboard, show how it stands there, and take it out.

What will be written is shown first, entity by entity; nothing is written without consent to it.
"""

from dataclasses import replace
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.helpers import selector

from ..banks.members import members_of
from ..const import KIND_BANK, KIND_BATTERY
from ..dashboard.parts import meters_of, parts_of
from ..dashboard.preferences import is_loaded, known_fields
from ..dashboard.standing import async_put_in, async_standing, async_take_out
from ..entries import entries_of, name_of
from ..proto.bank.wiring import parts_of as parts_of_member
from ..texts import async_words
from .energy_texts import lines_of, mistakes_of, notes_of, refusal_of
from .entry_options import EntryOptions

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


def _members(entry: ConfigEntry[Any]) -> set[str]:
    """Return the batteries that a bank is made of, whole or by their packs."""
    return {parts_of_member(one)[0] for one in members_of(entry)}


async def async_counted_twice(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> list[str]:
    """Return what stands in the dashboard already and counts the same energy: members, or a bank."""
    return [
        name_of(hass, other)
        for other in entries_of(hass, KIND_BATTERY, KIND_BANK)
        if (other.unique_id in _members(entry) or entry.unique_id in _members(other))
        and await async_standing(hass, meters_of(hass, other))
    ]


class EnergyOptions(EntryOptions):
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
        notes = [notes_of(parts, words)]
        if twice := await async_counted_twice(self.hass, self.config_entry):
            notes.insert(0, words("energy_twice", "note", names=words.listed(twice)))
        return self.async_show_form(
            step_id="energy_in",
            data_schema=self.add_suggested_values_to_schema(
                _CAPACITY, {CONF_CAPACITY: offer.capacity}
            ),
            description_placeholders={
                "name": parts.name,
                "lines": lines_of(self.hass, shown, words),
                "notes": "\n\n".join(filter(None, notes)),
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
