"""Steps that add everything that is heard in one go, and the switch that does so from now on."""

import asyncio
from dataclasses import replace
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType, SectionConfig, section
from homeassistant.helpers import selector

from ..bluetooth.discovery import Heard, async_nearest
from ..entries import Wish, async_add, configured
from ..keys.ring import async_keys
from ..proto.model.address import parse_address
from ..proto.model.names import clean_name
from ..texts import async_words
from .base import FAILED, WHY, choice, options_of

CONF_TAKE: Final = "take"
CONF_NAMES: Final = "names"
CONF_AUTO_ADD: Final = "auto_add"
CONF_IGNORED: Final = "ignored"
AT_ONCE: Final = 3  # batteries that are read at the same time


class NearbySteps(ConfigFlow):
    """List what is heard, and add what is ticked."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self._near: dict[str, Heard] = {}
        self._adding: asyncio.Task[None] | None = None
        self._added = 0
        self._failed: list[str] = []

    async def async_step_nearby(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show everything that is heard and not set up, ticked and named."""
        keys = await async_keys(self.hass)
        if user_input is not None and CONF_TAKE in user_input:
            given = (parse_address(one) for one in user_input[CONF_IGNORED])
            ignored = {one for one in given if one}
            keys.async_set_adding(auto_add=user_input[CONF_AUTO_ADD], ignored=ignored)
            return self._add_all(user_input[CONF_TAKE], user_input[CONF_NAMES])
        near = await async_nearest(self.hass, configured(self.hass))
        self._near = {one.address: one for one in near}
        return self.async_show_form(
            step_id="nearby",
            data_schema=self._nearby_form(keys.auto_add, sorted(keys.ignored)),
            description_placeholders={"count": str(len(self._near))},
        )

    def _nearby_form(self, auto_add: bool, ignored: list[str]) -> probatio.Schema:
        options = options_of(self._near.values())
        ticked = [address for address in self._near if address not in ignored]
        names = {
            probatio.Optional(_field(heard), default=heard.title): str
            for heard in self._near.values()
        }
        skip = [one for one in options if one["value"] not in ignored]
        skip += [selector.SelectOptionDict(value=one, label=one) for one in ignored]
        return probatio.Schema(
            {
                probatio.Required(CONF_TAKE, default=ticked): choice(
                    options, mode=selector.SelectSelectorMode.LIST
                ),
                probatio.Required(CONF_NAMES): section(
                    probatio.Schema(names), SectionConfig(collapsed=True)
                ),
                probatio.Required(
                    CONF_AUTO_ADD, default=auto_add
                ): selector.BooleanSelector(),
                probatio.Required(CONF_IGNORED, default=ignored): choice(
                    skip, custom_value=True
                ),
            }
        )

    def _add_all(self, chosen: list[str], names: dict[str, str]) -> ConfigFlowResult:
        wishes = [
            Wish(
                address=address,
                name=clean_name(names.get(_field(heard), "")) or heard.title,
                heard=heard,
            )
            for address in chosen
            if (heard := self._near.get(address))
        ]
        self._adding = self.hass.async_create_background_task(
            self._async_add_all(wishes), "add all nearby"
        )
        return self._show_adding(self._adding)

    async def async_step_nearby_run(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show that it takes time: each battery is read once."""
        if self._adding is None:
            return await self.async_step_nearby()
        return self._show_adding(self._adding)

    def _show_adding(self, task: asyncio.Task[None]) -> ConfigFlowResult:
        if task.done():
            return self.async_show_progress_done(next_step_id="nearby_done")
        return self.async_show_progress(
            step_id="nearby_run", progress_action="nearby", progress_task=task
        )

    async def _async_add_all(self, wishes: list[Wish]) -> None:
        keys = await async_keys(self.hass)
        gate = asyncio.Semaphore(AT_ONCE)
        words = await async_words(self.hass)
        done = 0

        async def add(wish: Wish) -> None:
            nonlocal done
            async with gate:
                key = await keys.async_match(wish.address, proven=True)
                result = await async_add(self.hass, replace(wish, key=key))
            done += 1
            self.async_update_progress(done / len(wishes))
            if result["type"] is FlowResultType.CREATE_ENTRY:
                self._added += 1
                return
            told = result.get("description_placeholders") or {}
            reason = words(
                "not_added",
                told.get(FAILED) or result.get("reason", ""),
                reason=told.get(WHY, ""),
            )
            self._failed.append(f"- {wish.name}: {reason}")

        await asyncio.gather(*(add(wish) for wish in wishes))

    async def async_step_nearby_done(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Tell what was added, and what was not and why."""
        added = {"added": str(self._added)}
        if not self._failed:
            return self.async_abort(
                reason="nearby_added", description_placeholders=added
            )
        failed = {"failed": "\n".join(self._failed)}
        return self.async_abort(
            reason="nearby_partly", description_placeholders=added | failed
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Stop reading batteries when the form is closed."""
        super().async_remove()
        if self._adding:
            self._adding.cancel()


def _field(heard: Heard) -> str:
    """Name the field of a device's name: forms show a field without translation as it is called."""
    return f"{heard.model} {heard.address}"
