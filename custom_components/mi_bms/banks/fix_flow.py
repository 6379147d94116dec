"""The repair of a bank whose battery was removed: without it, or with another one in its place."""

from typing import Any, Final

import probatio

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers import selector

from ..proto.bank.wiring import Wiring, misfit_of
from ..texts import async_words
from .members import (
    CONF_LENGTH,
    CONF_MEMBERS,
    CONF_NAMES,
    CONF_WIRING,
    candidates,
    gone,
    names_of,
    plates,
)

_SUCCESSOR: Final = "successor"


class MemberGoneFlow(RepairsFlow):
    """The repair of one bank, for the first of its members that are gone."""

    def __init__(self, entry_id: str) -> None:
        """Take the bank's entry."""
        self._entry_id = entry_id

    def _lost(self) -> tuple[ConfigEntry, str] | None:
        """Return the bank and who is gone, None where nobody is any more."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        lost = gone(self.hass, entry.data[CONF_MEMBERS]) if entry else []
        return (entry, lost[0]) if entry and lost else None

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask which way; the only member can be replaced only."""
        if (found := self._lost()) is None:
            return self.async_abort(reason="nobody_gone")
        entry, member = found
        texts = {
            "name": entry.title,
            "member": entry.data.get(CONF_NAMES, {}).get(member, member),
        }
        return self.async_show_menu(
            step_id="init",
            menu_options=["leave_out", _SUCCESSOR],
            description_placeholders=texts,
        )

    async def async_step_leave_out(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on without it."""
        if (found := self._lost()) is None:
            return self.async_abort(reason="nobody_gone")
        entry, member = found
        rest = [one for one in entry.data[CONF_MEMBERS] if one != member]
        if misfit := self._misfit(entry, rest):
            return self.async_abort(reason=f"bank_{misfit}")
        return await self._async_take(entry, rest)

    async def async_step_successor(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Put another battery in its place."""
        if (found := self._lost()) is None:
            return self.async_abort(reason="nobody_gone")
        entry, member = found
        members, errors = entry.data[CONF_MEMBERS], {}
        if user_input is not None and _SUCCESSOR in user_input:
            chosen = user_input[_SUCCESSOR]
            new = [chosen if one == member else one for one in members]
            if (misfit := self._misfit(entry, new)) is None:
                return await self._async_take(entry, new)
            errors[_SUCCESSOR] = f"bank_{misfit}"
        words = await async_words(self.hass)
        free = [one for one in candidates(self.hass) if one not in members]
        names = names_of(self.hass, free, words, {})
        options = [
            selector.SelectOptionDict(value=one, label=names[one]) for one in free
        ]
        pick = selector.SelectSelectorConfig(options=options)
        return self.async_show_form(
            step_id=_SUCCESSOR,
            data_schema=probatio.Schema(
                {probatio.Required(_SUCCESSOR): selector.SelectSelector(pick)}
            ),
            errors=errors,
            description_placeholders={
                "name": entry.title,
                "member": entry.data.get(CONF_NAMES, {}).get(member, member),
            },
        )

    @callback
    def _misfit(self, entry: ConfigEntry, members: list[str]) -> str | None:
        known = plates(self.hass, members)
        length = int(entry.data.get(CONF_LENGTH, 1))
        return misfit_of(Wiring(entry.data[CONF_WIRING]), members, known, length)

    async def _async_take(
        self, entry: ConfigEntry, members: list[str]
    ) -> RepairsFlowResult:
        words = await async_words(self.hass)
        known: dict[str, str] = entry.data.get(CONF_NAMES, {})
        data: dict[str, Any] = {
            **entry.data,
            CONF_MEMBERS: members,
            CONF_NAMES: names_of(self.hass, members, words, known),
        }
        self.hass.config_entries.async_update_entry(entry, data=data)
        self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_create_entry(data={})
