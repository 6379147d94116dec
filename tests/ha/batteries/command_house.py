"""Public doors through which a battery is told something, and the sentences that come back."""

import json
from pathlib import Path
import re
from typing import Any

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)

from ..home import Home
from .command_boards import Board

TEXTS = json.loads(
    Path("custom_components/mi_bms/translations/en.json").read_text(encoding="utf-8")
)
STOPPED = 6.0  # s after which the next command is taken


class Owner:
    """Own one board that may be switched, and tell it things."""

    def __init__(self, home: Home, board: Any, entry: ConfigEntry[Any]) -> None:
        self.home, self.board, self.entry = home, board, entry
        self.hass, self.clock = home.hass, home.clock

    # --- options -----------------------------------------------------------------------------

    async def allow(self, **options: Any) -> Any:
        """Fill in the step that allows switching, and what it asks then."""
        form = await self.home.options(self.entry, "switching")
        assert form["step_id"] == "switching", form
        done = await self.home.set_options(form, {"allow_switching": True, **options})
        if done.get("step_id") == "experimental":
            done = await self.home.set_options(done, {"understood": True})
        await self.clock.run(3)
        return done

    async def arm(self) -> None:
        """Switch "Allow commands" on."""
        await self.turn("allow_commands", on=True)

    async def passes(self, seconds: float) -> None:
        """Let time pass in which the board is heard."""
        await self.home.listen(self.board, round(seconds / 10), every=10)

    # --- entities ------------------------------------------------------------------------------

    def entity(self, key: str) -> str | None:
        """Return the entity that has a name of ours."""
        rows = er.async_entries_for_config_entry(
            er.async_get(self.hass), self.entry.entry_id
        )
        found = (one.entity_id for one in rows if one.translation_key == key)
        return next(found, None)

    def state(self, key: str) -> State | None:
        """Return the state of such an entity."""
        entity = self.entity(key)
        return self.hass.states.get(entity) if entity else None

    def shown(self, key: str) -> str:
        """Return what such an entity shows."""
        state = self.state(key)
        return state.state if state else "none"

    async def turn(self, key: str, *, on: bool, context: Context | None = None) -> None:
        """Use a switch."""
        call = self.hass.services.async_call(
            "switch",
            f"turn_{'on' if on else 'off'}",
            {"entity_id": self.entity(key)},
            blocking=True,
            context=context,
        )
        await self.clock.wait(call)

    @property
    def device(self) -> str:
        """Return the id of the device."""
        rows = dr.async_entries_for_config_entry(
            dr.async_get(self.hass), self.entry.entry_id
        )
        return rows[0].id

    # --- the action ----------------------------------------------------------------------------

    def call(self, what: Any, state: Any, **more: Any) -> Any:
        """Call the action, and do not wait."""
        context = more.pop("context", None)
        data = {"device_id": self.device, "what": what, "state": state, **more}
        return self.hass.services.async_call(
            DOMAIN, "switch", data, blocking=True, return_response=True, context=context
        )

    async def order(self, what: str, state: str, **more: Any) -> Any:
        """Give a command and return what came of it."""
        return await self.clock.wait(self.call(what, state, **more))

    async def outcome(self, what: str, state: str, **more: Any) -> str:
        """Give a command and return its outcome, or which error it is."""
        try:
            return str((await self.order(what, state, **more))["outcome"])
        except HomeAssistantError as err:
            sentence(err)
            return str(err.translation_key)

    async def refused(self, what: str, state: str, **more: Any) -> str:
        """Give a command that is an error, and return which one."""
        told = await self.outcome(what, state, **more)
        assert told not in {"confirmed", "held"}, told
        return told

    def issues(self) -> set[str]:
        """Return the kinds of repairs that wait."""
        found = ir.async_get(self.hass).issues.values()
        return {
            str(one.translation_key)
            for one in found
            if one.domain == DOMAIN and one.active
        }


def sentence(err: HomeAssistantError) -> str:
    """Return what somebody reads who gets this error; each gap of it is filled."""
    text = str(TEXTS["exceptions"][err.translation_key]["message"])
    filled = dict(err.translation_placeholders or {})
    wanted = set(re.findall(r"\{(\w+)\}", text))
    assert wanted <= filled.keys(), (text, filled)
    told = text.format(**filled)
    assert "None" not in told and "{" not in told, told
    return told


async def owned(home: Home, board: Board, **options: Any) -> Owner:
    """Add a board, allow switching, and arm it; ANT's has its right password if nothing is said."""
    chosen = getattr(board, "chosen", {})  # where its advert does not tell its type
    done = await home.answer(await home.discover(board), chosen)
    while done["type"] != "create_entry":
        menu = done["type"] == "menu"
        done = await (
            home.choose(done, "without_dashboard") if menu else home.answer(done, {})
        )
    await home.clock.run(3)
    owner = Owner(home, board, done["result"])
    word = getattr(board, "word", None)
    if isinstance(word, str) and "factory_password" not in options:
        options.setdefault("control_password", word)
    await owner.allow(**options)
    await owner.arm()
    return owner
