"""Steps that combine batteries into a bank, or change one."""

import secrets
from typing import Any, Final

import probatio

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.helpers import selector

from ..banks.members import (
    CONF_LENGTH,
    CONF_MEMBERS,
    CONF_NAMES,
    CONF_WIRING,
    candidates,
    members_of,
    names_of,
    plates,
)
from ..banks.setup import MOST, stored_as
from ..const import CONF_KIND, KIND_BANK
from ..proto.bank.wiring import Wiring, misfit_of, unequal_in
from ..proto.model.names import clean_name
from ..texts import async_words

_LENGTH: Final = selector.NumberSelector(
    selector.NumberSelectorConfig(
        min=1, max=MOST, step=1, mode=selector.NumberSelectorMode.BOX
    )
)
_WIRING: Final = selector.SelectSelector(
    selector.SelectSelectorConfig(
        options=[*Wiring],
        translation_key=CONF_WIRING,
        mode=selector.SelectSelectorMode.LIST,
    )
)


class BankSteps(ConfigFlow):
    """The steps that make a bank, or change one."""

    def __init__(self) -> None:
        """Begin without a bank."""
        super().__init__()
        self._bank: dict[str, Any] = {}

    async def async_step_bank(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which batteries, and how they are wired; what comes without them is the answer to a menu."""
        errors = {}
        if user_input is not None and CONF_MEMBERS in user_input:
            members, wiring = user_input[CONF_MEMBERS], Wiring(user_input[CONF_WIRING])
            length = int(user_input[CONF_LENGTH])
            known = plates(self.hass, members)
            if misfit := misfit_of(wiring, members, known, length):
                errors[CONF_MEMBERS] = f"bank_{misfit}"
            else:
                self._bank = {**user_input, CONF_LENGTH: length}
                if self._unequal():
                    return await self.async_step_bank_doubt()
                return await self._async_finish_bank()
        if not candidates(self.hass):
            return self.async_abort(reason="no_batteries")
        return self.async_show_form(
            step_id="bank",
            data_schema=await self._async_form(user_input),
            errors=errors,
        )

    async def async_step_bank_doubt(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what is unusual, and go on all the same where that is meant."""
        if user_input is not None:
            return await self._async_finish_bank()
        words, pairs = await async_words(self.hass), self._unequal()
        members = [one for pair in pairs for one, _ in pair]
        names = names_of(self.hass, members, words, {})
        lines = [
            words(
                "bank",
                "apart",
                smallest=names[small],
                smallest_capacity=f"{least:g}",
                largest=names[large],
                largest_capacity=f"{most:g}",
            )
            for (small, least), (large, most) in pairs
        ]
        return self.async_show_form(
            step_id="bank_doubt",
            description_placeholders={"batteries": "\n".join(lines)},
        )

    def _unequal(self) -> list[tuple[tuple[str, float], tuple[str, float]]]:
        """Return which batteries in a row differ in size: smallest and largest, with their Ah."""
        given = self._bank
        members, wiring = given[CONF_MEMBERS], Wiring(given[CONF_WIRING])
        known = plates(self.hass, members)
        return unequal_in(wiring, members, known, given[CONF_LENGTH])

    @property
    def _changed_bank(self) -> ConfigEntry | None:
        changes = self.source == SOURCE_RECONFIGURE
        return self._get_reconfigure_entry() if changes else None

    async def _async_form(self, given: dict[str, Any] | None) -> probatio.Schema:
        entry, words = self._changed_bank, await async_words(self.hass)
        offered = candidates(self.hass)
        before: dict[str, Any] = {CONF_NAME: words("bank", "name")}
        known: dict[str, str] = {}
        if entry is not None:
            # An entry may be damaged that is to be mended here.
            stored = stored_as(entry)
            members = members_of(entry)
            before = {**stored, CONF_MEMBERS: members, CONF_NAME: entry.title}
            known = stored.get(CONF_NAMES, {})
            # One that was removed stays chosen until somebody takes it out.
            offered = list(dict.fromkeys((*members, *offered)))
        names = names_of(self.hass, offered, words, known)
        options = [
            selector.SelectOptionDict(value=one, label=names[one]) for one in offered
        ]
        # Boxes to tick would not show the order, which counts for strings.
        pick = selector.SelectSelectorConfig(
            options=options, multiple=True, mode=selector.SelectSelectorMode.DROPDOWN
        )
        wiring = before.get(CONF_WIRING, Wiring.PARALLEL.value)
        length = before.get(CONF_LENGTH, 1)
        schema = probatio.Schema(
            {
                probatio.Required(CONF_NAME): selector.TextSelector(),
                # Without this the form begins with the first of all.
                probatio.Required(CONF_MEMBERS, default=[]): selector.SelectSelector(
                    pick
                ),
                probatio.Required(CONF_WIRING, default=wiring): _WIRING,
                probatio.Required(CONF_LENGTH, default=length): _LENGTH,
            }
        )
        return self.add_suggested_values_to_schema(schema, before | (given or {}))

    async def _async_finish_bank(self) -> ConfigFlowResult:
        given, words = self._bank, await async_words(self.hass)
        members, entry = given[CONF_MEMBERS], self._changed_bank
        known = stored_as(entry).get(CONF_NAMES, {})
        data = {
            CONF_KIND: KIND_BANK,
            CONF_MEMBERS: members,
            CONF_WIRING: given[CONF_WIRING],
            CONF_LENGTH: given[CONF_LENGTH],
            CONF_NAMES: names_of(self.hass, members, words, known),
        }
        title = clean_name(given[CONF_NAME]) or words("bank", "name")
        if entry is not None:
            return self.async_update_reload_and_abort(
                entry, title=title, data=data, reason="change_kept"
            )
        await self.async_set_unique_id(f"bank-{secrets.token_hex(8)}")
        return self.async_create_entry(title=title, data=data)

    async def async_reconfigure_bank(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Change the members of a bank, their order or how they are wired; its history goes on."""
        return await self.async_step_bank()
