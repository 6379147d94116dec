"""The ways in: a device is heard, searched for, chosen from a list or typed in.

From there the steps of its kind go on. A sensor's key is judged on packets that were already heard; a
battery is read once, without changing anything in it, before its entry is made. Nothing live
travels through flow data.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Final, cast, override

import probatio

from homeassistant.config_entries import SOURCE_IMPORT, SOURCE_USER, ConfigFlowResult
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import callback
from homeassistant.helpers import selector

from ..bluetooth.adverts import (
    HeardAdvert,
    async_search,
    is_hearing,
    last_advert,
    rediscover,
)
from ..bluetooth.discovery import async_nearest
from ..const import DOMAIN
from ..entries import configured
from ..face.dashboards import async_may_make
from ..proto.model.address import parse_address
from ..takeover.find import async_found
from ..texts import async_words
from .bank import BankSteps
from .base import names_of, options_of
from .cards import async_gone, async_has_room, async_watch
from .import_keys import KeySteps
from .kept_keys import KeptKeySteps
from .left import LEFT
from .nearby import NearbySteps
from .nearby_list import async_good
from .outputs import OutputSteps
from .pair_end import PAIRED
from .standing import StandingSteps
from .take_over_all import TakeAllSteps

_ADDRESS: Final = probatio.Schema(
    {probatio.Required(CONF_ADDRESS): selector.TextSelector()}
)


class Steps(
    StandingSteps,
    TakeAllSteps,
    KeySteps,
    NearbySteps,
    OutputSteps,
    BankSteps,
    KeptKeySteps,
):
    """All steps of the config flow: the ways to a device, and on to its entry."""

    def __init__(self) -> None:
        """Begin without a search and without a card."""
        super().__init__()
        self._search: asyncio.Task[None] | None = None
        self._has_card = False

    @callback
    @override
    def async_remove(self) -> None:
        """Make room for another device when the flow ends, or have its own offered again."""
        super().async_remove()
        if self._has_card:
            async_gone(self.hass, cast(MutableMapping[str, Any], self.context))
        # While somebody else's flow was about the device, it got no card.
        elif self.source in {SOURCE_USER, SOURCE_IMPORT} and (device := self.unique_id):
            entries = self.hass.config_entries
            if not entries.async_entry_for_domain_unique_id(DOMAIN, device):
                rediscover(self.hass, device)

    @override
    async def _async_after_keys(self, added: int, updated: int) -> ConfigFlowResult:
        """Go on with what else is left to do, where the keys were one part of that."""
        if not self._wanted:
            return await super()._async_after_keys(added, updated)
        self._added += added
        self._keyed += updated
        return await self.async_step_nearby_done()

    # --- how a device gets here -----------------------------------------------------------

    @override
    async def async_step_bluetooth(
        self, discovery_info: HeardAdvert
    ) -> ConfigFlowResult:
        """Take a device that Home Assistant has just heard."""
        await self.async_set_unique_id(discovery_info.address)
        self._abort_if_unique_id_configured()
        if not self._recognise(discovery_info):
            async_watch(self.hass, discovery_info)
            return self.async_abort(reason="not_supported")
        context = cast(MutableMapping[str, Any], self.context)
        if not async_has_room(self.hass, context, discovery_info, self._sighting):
            return self.async_abort(reason="too_many")
        await self._async_name()
        self._has_card = True
        result = await self._async_step_for_kind()
        # All keys were tried on it; meanwhile it may have been added by itself.
        self._abort_if_unique_id_configured()
        # Nobody looks at the card yet: who else is heard is counted when it is opened.
        self._offers_all = True
        return result

    async def async_step_found(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask again whether one device is meant, or all."""
        return await self._async_offer() or await self._async_step_for_kind()

    async def async_step_add_one(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add the device of the card, without asking again where nothing is left to ask."""
        self._offers_all = False
        if menu := await self._async_offer_move():
            return menu
        if self._sighting is not None:
            return await self._async_finish_sensor(self._key)
        return await self.async_step_battery({} if len(self._families) == 1 else None)

    @override
    async def async_step_key_ways(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask first what becomes of a sensor that somebody else has got since its card came to be."""
        if self._has_card and (menu := await self._async_offer_move()):
            return menu
        return await super().async_step_key_ways(user_input)

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how to find the device, or go on where a card or a question for a key has ended."""
        if user_input and LEFT in user_input:
            return await self._async_go_on(user_input[LEFT])
        if user_input and PAIRED in user_input:
            return self._go_on_paired(user_input[PAIRED])
        if not is_hearing(self.hass):
            return self.async_abort(reason="no_bluetooth")
        count = len(await async_good(self.hass))
        return self.async_show_menu(
            step_id="user",
            menu_options=[
                *(["all_now"] if count > 1 else []),
                "search",
                "nearby",
                *(["take_all"] if async_found(self.hass) else []),
                "keys",
                "pair",
                "manual",
                "bank",
                "outputs",
                *(["kept_keys"] if await self._async_are_kept() else []),
                *(["dashboard"] if await self._async_lacks_dashboard() else []),
            ],
            description_placeholders={"count": str(count)},
        )

    async def _async_lacks_dashboard(self) -> bool:
        """Return whether there is something to be shown, and no dashboard yet."""
        return bool(configured(self.hass)) and await async_may_make(self.hass)

    async def async_step_search(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let scanners that listen passively ask for names too, for some seconds."""
        if self._search is None:
            self._search = self.hass.async_create_task(async_search(self.hass))
        if not self._search.done():
            return self.async_show_progress(
                step_id="search",
                progress_action="search",
                progress_task=self._search,
            )
        self._search = None
        return self.async_show_progress_done(next_step_id="pick")

    async def async_step_pick(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user choose among the devices heard now."""
        # A search that takes no time leads here with the answer to the menu before it.
        if user_input is not None and CONF_ADDRESS in user_input:
            return await self._async_take(user_input[CONF_ADDRESS])
        known = self._async_current_ids(include_ignore=False)
        near = await async_nearest(self.hass, known)
        if not near:
            return await self.async_step_nothing_heard()
        words = await async_words(self.hass)
        heard = options_of(near, names_of(self.hass, near, words), words)
        return self.async_show_form(
            step_id="pick",
            data_schema=probatio.Schema(
                {
                    probatio.Required(CONF_ADDRESS): selector.SelectSelector(
                        selector.SelectSelectorConfig(options=heard)
                    )
                }
            ),
        )

    async def async_step_nothing_heard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say why nothing may have been found, and offer both ways again."""
        return self.async_show_menu(
            step_id="nothing_heard", menu_options=["search", "manual"]
        )

    async def async_step_manual(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take an address by hand."""
        errors = {}
        if user_input is not None:
            if address := parse_address(user_input[CONF_ADDRESS]):
                return await self._async_take(address)
            errors[CONF_ADDRESS] = "invalid_address"
        return self.async_show_form(
            step_id="manual",
            data_schema=self.add_suggested_values_to_schema(_ADDRESS, user_input),
            errors=errors,
        )

    async def _async_take(self, address: str) -> ConfigFlowResult:
        await self.async_set_unique_id(address, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        self._address = address
        info = last_advert(self.hass, address)
        if info is not None and self._recognise(info):
            await self._async_name()
            return await self._async_step_for_kind()
        self._info = info
        self._set_title(address)
        return await self._async_offer_move() or await self.async_step_kind()
