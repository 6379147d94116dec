"""Steps that add everything that is heard in one go, and the switch that does so from now on."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType, SectionConfig, section
from homeassistant.helpers import selector

from ..bluetooth.discovery import Heard
from ..entries import Wish, async_add, entry_of
from ..keys.ring import async_keys
from ..proto.model.address import parse_address
from ..proto.model.names import clean_name
from ..texts import async_words
from .base import FAILED, WHY, choice
from .energy_steps import EnergySteps, async_newcomers
from .nearby_list import Group, ListedDevice, async_lines
from .others import Rival, async_ignore, async_rivals

CONF_NAMES: Final = "names"
CONF_WITHOUT_KEY: Final = "without_key"
CONF_AUTO_ADD: Final = "auto_add"
CONF_IGNORED: Final = "ignored"
CONF_RIVALS: Final = "rivals"
AT_ONCE: Final = 3  # batteries that are read at the same time
ALREADY: Final = "already_configured"


class NearbySteps(EnergySteps):
    """List what is heard, and add what is ticked."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self._near: dict[str, ListedDevice] = {}
        self._adding: asyncio.Task[None] | None = None
        self._added = self._wanted = 0
        self._failed: list[str] = []
        self._rivals: list[Rival] = []

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
        names = {
            probatio.Optional(_field(one.heard), default=one.name): str
            for one in self._near.values()
        }
        lines = options_of(self._near.values())
        skip = [one for one in lines if one["value"] not in ignored]
        skip += [selector.SelectOptionDict(value=one, label=one) for one in ignored]
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

    def _group_fields(self, ignored: list[str]) -> dict[Any, Any]:
        """Return the lists of those groups that have somebody; the first where nobody is heard."""
        fields: dict[Any, Any] = {}
        for group in Group:
            lines = options_of(one for one in self._near.values() if one.group is group)
            if not lines and (group is not Group.READY or self._near):
                continue
            ticked = [one["value"] for one in lines if one["value"] not in ignored]
            proposed = probatio.Optional(
                group, default=ticked if group.is_ticked else []
            )
            fields[proposed] = choice(lines, mode=selector.SelectSelectorMode.LIST)
            if group is Group.KEYLESS:
                without = probatio.Required(CONF_WITHOUT_KEY, default=False)
                fields[without] = selector.BooleanSelector()
        return fields

    async def _async_add_chosen(self, answer: dict[str, Any]) -> ConfigFlowResult:
        chosen = [one for group in Group for one in answer.get(group, ())]
        if answer.get(CONF_WITHOUT_KEY):
            keyless = [
                address
                for address, line in self._near.items()
                if line.group is Group.KEYLESS
            ]
            chosen = list(dict.fromkeys((*chosen, *keyless)))
        wishes = [
            Wish(
                address=address,
                name=clean_name(answer[CONF_NAMES].get(_field(line.heard), "")),
                heard=line.heard,
            )
            for address in chosen
            if (line := self._near.get(address))
        ]
        given = (parse_address(one) for one in answer[CONF_IGNORED])
        ignored = await self._async_ignored({one for one in given if one}, chosen)
        self._wanted = len(wishes)
        # The entry of this flow's own device ends every other flow that is about it.
        await self.async_set_unique_id(None)
        self._adding = self.hass.async_create_background_task(
            self._async_add_all(wishes, answer[CONF_AUTO_ADD], ignored),
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

    # --- what is left to do ---------------------------------------------------------------

    async def async_step_nearby_done(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Tell what was added, and offer what is left to do."""
        missing = sum(one.group is Group.KEYLESS for one in self._near.values())
        self._rivals = await async_rivals(self.hass)
        self._newcomers = await async_newcomers(self.hass, self._near)
        left = missing or self._rivals or self._newcomers
        if not self._wanted or not left:
            return await self.async_step_nearby_end()
        words = await async_words(self.hass)
        # Of a device that was discovered, this is what its card says until it is closed.
        self.context["title_placeholders"] = {"name": words("nearby", "card")}
        lines = "\n".join(self._failed)
        return self.async_show_menu(
            step_id="nearby_done",
            menu_options=[
                *(["keys"] if missing else []),
                *(["rivals"] if self._rivals else []),
                *(["energy"] if self._newcomers else []),
                "nearby_end",
            ],
            description_placeholders={
                "added": str(self._added),
                "failed": words("nearby", "not_added", failed=lines) if lines else "",
                "missing": str(missing),
                "rivals": str(len(self._rivals)),
                "batteries": str(len(self._newcomers)),
            },
        )

    @override
    async def _async_after_energy(self) -> ConfigFlowResult:
        """Go on with what is left to do."""
        return await self.async_step_nearby_done()

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
        added = {"added": str(self._added)}
        if self._failed:
            failed = {"failed": "\n".join(self._failed)}
            return self.async_abort(
                reason="nearby_partly", description_placeholders=added | failed
            )
        if not self._wanted:
            return self.async_abort(reason="nearby_nothing")
        return self.async_abort(reason="nearby_added", description_placeholders=added)

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


def _field(heard: Heard) -> str:
    """Name the field of a device's name: forms show a field without translation as it is called."""
    return f"{heard.model} {heard.address}"
