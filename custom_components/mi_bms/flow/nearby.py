"""Steps that add everything that is heard in one go, and the switch that does so from now on."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType, SectionConfig, section
from homeassistant.helpers import selector

from ..entries import Wish, async_add, entry_of
from ..keys.ring import async_keys
from ..proto.model.address import parse_address
from ..proto.model.names import clean_name
from ..proto.scheduler.visits import AT_ONCE
from ..texts import async_words
from .base import FAILED, WHY, choice
from .left import LeftSteps
from .nearby_list import Group, ListedDevice, async_good, async_lines, read_elsewhere

CONF_NAMES: Final = "names"
CONF_WITHOUT_KEY: Final = "without_key"
CONF_AUTO_ADD: Final = "auto_add"
CONF_IGNORED: Final = "ignored"
ALREADY: Final = "already_configured"


class NearbySteps(LeftSteps):
    """List what is heard, and add what is ticked."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self._near: dict[str, ListedDevice] = {}
        self._adding: asyncio.Task[None] | None = None

    async def async_step_nearby(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show everything that is heard and not set up, in groups and named."""
        if user_input is not None and CONF_AUTO_ADD in user_input:
            return await self._async_add_chosen(user_input)
        keys = await async_keys(self.hass)
        self._near = await async_lines(self.hass, self._near)
        return self.async_show_form(
            step_id="nearby",
            data_schema=self._nearby_form(keys.auto_add, sorted(keys.ignored)),
            description_placeholders={"count": str(len(self._near))},
        )

    def _nearby_form(self, auto_add: bool, ignored: list[str]) -> probatio.Schema:
        # In the order of the lists above them.
        names = {
            probatio.Optional(field, default=self._near[address].name): str
            for group in Group
            for address, field in self._name_fields().items()
            if self._near[address].group is group
        }
        lines = options_of(self._near.values())
        skip = [one for one in lines if one["value"] not in ignored]
        skip += [
            selector.SelectOptionDict(value=one, label=self._called(one))
            for one in ignored
        ]
        return probatio.Schema(
            self._group_fields(ignored)
            | {
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

    def _called(self, address: str) -> str:
        """Return the name of a device that is left alone, its address while it is not heard."""
        line = self._near.get(address)
        return self._name_fields()[address] if line else address

    def _group_fields(self, ignored: list[str]) -> dict[Any, Any]:
        """Return the lists of those groups that have somebody; the first where nobody is heard."""
        fields: dict[Any, Any] = {}
        left = {*ignored} | read_elsewhere(self.hass)
        for group in Group:
            lines = options_of(one for one in self._near.values() if one.group is group)
            if not lines and (group is not Group.READY or self._near):
                continue
            ticked = [one["value"] for one in lines if one["value"] not in left]
            proposed = probatio.Optional(
                group, default=ticked if group.is_ticked else []
            )
            fields[proposed] = choice(lines, mode=selector.SelectSelectorMode.LIST)
            if group is Group.KEYLESS:
                without = probatio.Required(CONF_WITHOUT_KEY, default=False)
                fields[without] = selector.BooleanSelector()
        return fields

    def _name_fields(self) -> dict[str, str]:
        """Return the field of each device's name by address: forms show a field as it is called."""
        names = Counter(one.name for one in self._near.values())
        return {
            address: one.name if names[one.name] == 1 else f"{one.name} {address}"
            for address, one in self._near.items()
        }

    async def _async_add_chosen(self, answer: dict[str, Any]) -> ConfigFlowResult:
        chosen = [one for group in Group for one in answer.get(group, ())]
        if answer.get(CONF_WITHOUT_KEY):
            keyless = [
                address
                for address, line in self._near.items()
                if line.group is Group.KEYLESS
            ]
            chosen = list(dict.fromkeys((*chosen, *keyless)))
        typed = {
            address: clean_name(answer[CONF_NAMES].get(field, ""))
            for address, field in self._name_fields().items()
        }
        wishes = [
            Wish(address=address, name=typed[address], heard=line.heard)
            for address in chosen
            if (line := self._near.get(address))
        ]
        given = (parse_address(one) for one in answer[CONF_IGNORED])
        ignored = await self._async_ignored({one for one in given if one}, chosen)
        return await self._async_begin(wishes, answer[CONF_AUTO_ADD], ignored)

    async def async_step_all_now(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add everything that is heard well, without a list and as yet without missing keys."""
        keys = await async_keys(self.hass)
        self._near = await async_lines(self.hass, {})
        good = await async_good(self.hass)
        wishes = [
            Wish(address=address, name="", heard=line.heard)
            for address, line in self._near.items()
            if address in good
        ]
        if not wishes:
            # Somebody else was faster.
            return await self.async_step_nearby()
        return await self._async_begin(wishes, keys.auto_add, keys.ignored)

    async def _async_begin(
        self, wishes: list[Wish], auto_add: bool, ignored: Collection[str]
    ) -> ConfigFlowResult:
        self._wanted, self._listed = len(wishes), [*self._near]
        self._keyless = [
            address
            for address, line in self._near.items()
            if line.group is Group.KEYLESS
        ]
        # The entry of this flow's own device ends every other flow that is about it.
        await self.async_set_unique_id(None)
        self._adding = self.hass.async_create_background_task(
            self._async_add_all(wishes, auto_add, {*ignored}),
            "add all nearby",
        )
        return self._show_adding(self._adding)

    async def _async_ignored(self, given: set[str], chosen: Iterable[str]) -> set[str]:
        """Return who is left alone from now on: who was unticked, too.

        A sensor that lacks its key is not added by itself anyway, and may get one.
        """
        unticked = {
            address
            for address, line in self._near.items()
            if line.group is not Group.KEYLESS
        }
        # Whoever was taken off the list of those that are left alone stays off it.
        forgiven = (await async_keys(self.hass)).ignored - given
        return (given | unticked - forgiven) - set(chosen)

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

    async def _async_add_all(
        self, wishes: list[Wish], auto_add: bool, ignored: set[str]
    ) -> None:
        """Add sensors, then follow the switch, then read batteries, which takes long."""
        keys = await async_keys(self.hass)
        sensors = [one for one in wishes if one.heard and one.heard.sighting]
        await self._async_add_some(sensors)
        # Not before: what is added by itself would take the place, without the name that was typed.
        keys.async_set_adding(auto_add=auto_add, ignored=ignored)
        await self._async_add_some([one for one in wishes if one not in sensors])

    async def _async_add_some(self, wishes: list[Wish]) -> None:
        keys = await async_keys(self.hass)
        gate = asyncio.Semaphore(AT_ONCE)

        async def add(wish: Wish) -> None:
            async with gate:
                key = await keys.async_match(wish.address, proven=True)
                title = wish.name or self._near[wish.address].name
                result = await async_add(self.hass, replace(wish, key=key, name=title))
            await self._async_take_result(wish, title, result)
            self.async_update_progress((self._added + len(self._failed)) / self._wanted)

        await asyncio.gather(*(add(wish) for wish in wishes))

    async def _async_take_result(
        self, wish: Wish, title: str, result: ConfigFlowResult
    ) -> None:
        """Count what was added; who was faster has added it, but not under the name that was typed."""
        entry = entry_of(self.hass, wish.address)
        if result["type"] is FlowResultType.CREATE_ENTRY:
            self._added += 1
        elif result.get("reason") == ALREADY and entry:
            self._added += 1
            if title != self._near[wish.address].name:
                self.hass.config_entries.async_update_entry(entry, title=title)
        else:
            words = await async_words(self.hass)
            told = result.get("description_placeholders") or {}
            reason = words(
                "not_added",
                told.get(FAILED) or result.get("reason", ""),
                reason=told.get(WHY, ""),
            )
            self._failed.append(f"- {title}: {reason}")

    @callback
    @override
    def async_remove(self) -> None:
        """Stop reading batteries when the form is closed."""
        super().async_remove()
        if self._adding:
            self._adding.cancel()


def options_of(lines: Iterable[ListedDevice]) -> list[selector.SelectOptionDict]:
    """Return devices as the lines of a list."""
    return [
        selector.SelectOptionDict(value=one.heard.address, label=one.label)
        for one in lines
    ]
