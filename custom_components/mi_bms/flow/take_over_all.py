"""The steps that move a whole house here: one list, one preview, one go, and what came of it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, cast, override

import probatio

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.core import callback
from homeassistant.helpers import selector

from ..proto.scheduler.visits import AT_ONCE
from ..takeover.find import Found, async_found
from ..takeover.journal import order_of
from ..texts import async_words
from .base import choice
from .form import Forms
from .take_over_short import async_told_in_short
from .take_over_work import Mover, async_learn, async_move, async_mover

CONF_SURE: Final = "sure"
CONF_UNSURE: Final = "unsure"


class TakeAllSteps(Forms, ConfigFlow):
    """List what other integrations have, and move what is ticked."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self._offered: dict[str, Mover] = {}
        self._movers: list[Mover] = []
        self._work: asyncio.Task[None] | None = None
        self._moves = False  # from then on it is not stopped

    async def async_step_take_all(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what can move: what is certain is ticked."""
        errors: dict[str, str] = {}
        twice: list[str] = []
        ticked: list[str] | None = None
        if user_input is not None and user_input.keys() & {CONF_SURE, CONF_UNSURE}:
            ticked = [
                *user_input.get(CONF_SURE, ()),
                *user_input.get(CONF_UNSURE, ()),
            ]
            self._movers = [
                self._offered[one] for one in ticked if one in self._offered
            ]
            twice = doubles(self._movers)
            if self._movers and not twice:
                return self._begin(self._async_look(), "take_all_reading")
            errors["base"] = "one_of_two" if twice else "none_ticked"
        else:
            await self._async_gather()
        if not self._offered:
            return self.async_abort(reason="none_found")
        words = await async_words(self.hass)
        both = words.listed(doubles(self._offered.values()))
        return self.async_show_form(
            step_id="take_all",
            data_schema=await self._async_lists(ticked),
            errors=errors,
            description_placeholders={
                "count": str(len({one.address for one in self._offered.values()})),
                "twice": words("takeover_flow", "twice", devices=both) if both else "",
                "devices": words.listed(twice),
            },
        )

    async def _async_gather(self) -> None:
        self._offered = {
            f"{one.peer.domain} {one.part or one.entry_id} {one.address}": (
                await async_mover(self.hass, one)
            )
            for one in async_found(self.hass)
            if not self._is_here(one)
        }

    def _is_here(self, found: Found) -> bool:
        order = order_of(self.hass, found.address)
        return order is not None and order.moved

    async def _async_lists(self, chosen: list[str] | None) -> probatio.Schema:
        """Return the lists; what was ticked before an error stays so."""
        words = await async_words(self.hass)
        fields: dict[Any, Any] = {}
        seen: set[str] = set()
        for name, certain in ((CONF_SURE, True), (CONF_UNSURE, False)):
            lines, ticked = [], []
            for value, one in self._offered.items():
                if one.found.certain is not certain:
                    continue
                label = words(
                    "takeover_flow",
                    "line" if certain else "guess",
                    name=one.name,
                    called=one.found.name,
                    peer=one.found.peer.title,
                    address=one.address,
                )
                lines.append(selector.SelectOptionDict(value=value, label=label))
                usual = certain and one.address not in seen and not one.is_beside
                if usual if chosen is None else value in chosen:
                    ticked.append(value)
                seen.add(one.address)
            if lines:
                field = probatio.Optional(name, default=ticked)
                fields[field] = choice(lines, mode=selector.SelectSelectorMode.LIST)
        return probatio.Schema(fields)

    # --- work that takes time -------------------------------------------------------------

    def _begin(self, work: Awaitable[None], step: str) -> ConfigFlowResult:
        self._work = self.hass.async_create_background_task(
            cast(Any, work), "take over all"
        )
        return self._show(step)

    def _show(self, step: str) -> ConfigFlowResult:
        task = cast(asyncio.Task[None], self._work)
        reading = step == "take_all_reading"
        if task.done():
            then = "take_all_preview" if reading else "take_all_done"
            return self.async_show_progress_done(next_step_id=then)
        if reading:
            return self.async_show_progress(
                step_id="take_all_reading",
                progress_action="take_all_reading",
                progress_task=task,
            )
        return self.async_show_progress(
            step_id="take_all_moving",
            progress_action="take_all_moving",
            progress_task=task,
        )

    async def async_step_take_all_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show that it takes time: each battery is read once."""
        if self._work is None:
            return await self.async_step_take_all()
        return self._show("take_all_reading")

    async def async_step_take_all_moving(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show that devices move."""
        if self._work is None:
            return await self.async_step_take_all()
        return self._show("take_all_moving")

    async def _async_look(self) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def look(one: Mover) -> None:
            async with gate:
                await async_learn(self.hass, one)
            self._tell(lambda mover: bool(mover.plan or mover.wrong))

        await asyncio.gather(*(look(one) for one in self._movers))

    def _tell(self, is_done: Callable[[Mover], bool]) -> None:
        done = sum(is_done(one) for one in self._movers)
        self.async_update_progress(done / len(self._movers))

    async def async_step_take_all_preview(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show in short what would become of all, and move them on yes."""
        able = [one for one in self._movers if one.plan and not one.wrong]
        if user_input is not None and able:
            # The entry of a device ends every other flow that is about it.
            await self.async_set_unique_id(None)
            self._moves = True
            return self._begin(self._async_move_all(able), "take_all_moving")
        if not able:
            return await self.async_step_take_all_done()
        self._set_confirm_only()
        moving = sum(len(one.plan.moving) for one in able if one.plan)
        return self.async_show_form(
            step_id="take_all_preview",
            description_placeholders={
                "moving": str(moving),
                "preview": await async_told_in_short(self.hass, self._movers),
            },
        )

    async def _async_move_all(self, able: list[Mover]) -> None:
        for number, one in enumerate(able, 1):
            await async_move(self.hass, one)
            self.async_update_progress(number / len(able))

    async def async_step_take_all_done(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Tell what moved, what did not and why."""
        words = await async_words(self.hass)
        moved = [one for one in self._movers if not one.wrong]
        told = words("takeover_flow", "none_moved")
        if moved:
            entities = sum(len(one.plan.moving) for one in moved if one.plan)
            told = words(
                "takeover_flow",
                "all_moved",
                count=str(len(moved)),
                moving=str(entities),
            )
        failed = "\n".join(
            f"- {one.name}: {one.wrong}" for one in self._movers if one.wrong
        )
        if failed:
            return self.async_abort(
                reason="taken_partly",
                description_placeholders={"told": told, "failed": failed},
            )
        return self.async_abort(
            reason="taken_over", description_placeholders={"told": told}
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Stop reading batteries when the form is closed; what moves goes on."""
        super().async_remove()
        if self._work and not self._moves:
            self._work.cancel()


def doubles(movers: Iterable[Mover]) -> list[str]:
    """Return the names of those that stand there more than once."""
    movers = [*movers]
    many = Counter(one.address for one in movers)
    return list(dict.fromkeys(one.name for one in movers if many[one.address] > 1))
