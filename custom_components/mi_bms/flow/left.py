"""The end of adding everything: what is left to do, as a menu.

What was added goes in as numbers and addresses. A card hands them on to a flow of its own: Home Assistant
keeps the flow of a card whose form is closed, and would show the card for good.
"""

from collections.abc import Mapping
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import (
    SOURCE_BLUETOOTH,
    SOURCE_USER,
    ConfigFlowResult,
    FlowType,
)
from homeassistant.helpers import selector

from ..const import CONF_KEY, DOMAIN
from ..entries import entry_of
from ..face.dashboards import async_make, async_may_make
from ..proto.model.names import Words
from ..texts import async_words
from .base import choice
from .energy_steps import EnergySteps, async_newcomers
from .others import Rival, async_ignore, async_rivals

CONF_RIVALS: Final = "rivals"
LEFT: Final = "left"  # what the flow of a card hands on


class LeftSteps(EnergySteps):
    """Tell what was added, and offer what is left to do."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self._added = self._wanted = self._keyed = 0
        self._failed: list[str] = []
        self._listed: list[str] = []  # addresses
        self._keyless: list[str] = []
        self._rivals: list[Rival] = []

    async def async_step_nearby_done(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Tell what was added, and offer what is left to do."""
        missing = sum(not self._has_key(address) for address in self._keyless)
        self._rivals = await async_rivals(self.hass)
        self._newcomers = await async_newcomers(self.hass, self._listed)
        shown = bool(self._added) and await async_may_make(self.hass)
        left = missing or self._rivals or self._newcomers or shown
        if not self._wanted or not left:
            return await self.async_step_nearby_end()
        if self.source == SOURCE_BLUETOOTH:
            return await self._async_leave_card()
        words = await async_words(self.hass)
        lines = "\n".join(self._failed)
        return self.async_show_menu(
            step_id="nearby_done",
            menu_options=[
                *(["keys"] if missing else []),
                *(["rivals"] if self._rivals else []),
                *(["energy"] if self._newcomers else []),
                *(["dashboard"] if shown else []),
                "nearby_end",
            ],
            description_placeholders={
                "told": self._told_added(words),
                "failed": words("nearby", "not_added", failed=lines) if lines else "",
                "keyed": self._told_keys(words),
                "missing": str(missing),
                "rivals": str(len(self._rivals)),
                "batteries": str(len(self._newcomers)),
            },
        )

    def _told_added(self, words: Words) -> str:
        if not self._added:
            return words("nearby", "none_added")
        return words("nearby", "added", added=str(self._added))

    def _told_keys(self, words: Words) -> str:
        keyed = str(self._keyed)
        return words("nearby", "keyed", keyed=keyed) if self._keyed else ""

    def _has_key(self, address: str) -> bool:
        entry = entry_of(self.hass, address)
        return entry is not None and CONF_KEY in entry.data

    async def _async_leave_card(self) -> ConfigFlowResult:
        """End the flow of the card, which would stay when the menu is closed, and go on in another one."""
        menu = await self.hass.config_entries.flow.async_init(
            DOMAIN,
            context={"source": SOURCE_USER},
            data={
                LEFT: {
                    "added": self._added,
                    "wanted": self._wanted,
                    "failed": self._failed,
                    "listed": self._listed,
                    "keyless": self._keyless,
                }
            },
        )
        return self.async_abort(
            reason="nearby_added",
            description_placeholders={
                "told": self._told_added(await async_words(self.hass))
            },
            next_flow=(FlowType.CONFIG_FLOW, menu["flow_id"]),
        )

    async def _async_go_on(self, left: Mapping[str, Any]) -> ConfigFlowResult:
        """Go on where the flow of a card ended."""
        self._added, self._wanted = left["added"], left["wanted"]
        self._failed = left["failed"]
        self._listed, self._keyless = left["listed"], left["keyless"]
        return await self.async_step_nearby_done()

    @override
    async def _async_after_energy(self) -> ConfigFlowResult:
        """Go on with what is left to do."""
        return await self.async_step_nearby_done()

    async def async_step_dashboard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Make the dashboard and say where it is, or how it is made by hand."""
        if user_input is not None:
            return await self.async_step_nearby_done()
        path, words = await async_make(self.hass), await async_words(self.hass)
        told = words("dashboard", "made", path=f"/{path}") if path else ""
        shown = {"told": told or words("dashboard", "by_hand")}
        if not self._wanted:
            return self.async_abort(reason="dashboard", description_placeholders=shown)
        return self.async_show_form(
            step_id="dashboard",
            data_schema=probatio.Schema({}),
            description_placeholders=shown,
        )

    async def async_step_rivals(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """List what other integrations have found of our devices, and leave it alone if wanted."""
        if user_input is not None:
            accepted = set(user_input[CONF_RIVALS])
            await async_ignore(
                self.hass, [one for one in self._rivals if one.flow_id in accepted]
            )
            return await self.async_step_nearby_done()
        options = [
            selector.SelectOptionDict(value=one.flow_id, label=one.label)
            for one in self._rivals
        ]
        default = [one.flow_id for one in self._rivals]
        field = probatio.Required(CONF_RIVALS, default=default)
        return self.async_show_form(
            step_id="rivals",
            data_schema=probatio.Schema(
                {field: choice(options, mode=selector.SelectSelectorMode.LIST)}
            ),
            description_placeholders={"count": str(len(options))},
        )

    async def async_step_nearby_end(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Tell what was added, what was not and why, and where to look."""
        if not self._wanted:
            return self.async_abort(reason="nearby_nothing")
        told = {"told": self._told_added(await async_words(self.hass))}
        if self._failed:
            failed = {"failed": "\n".join(self._failed)}
            return self.async_abort(
                reason="nearby_partly", description_placeholders=told | failed
            )
        return self.async_abort(reason="nearby_added", description_placeholders=told)
