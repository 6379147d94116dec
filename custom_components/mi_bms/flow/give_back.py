"""The ends of a move: everything goes back to the other integration, or the way back is given up."""

from typing import Any, NamedTuple

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult

from ..proto.takeover.model import Recipe
from ..takeover.check import Refused
from ..takeover.give_back import async_content, async_give_back
from ..takeover.journal import order_of
from ..takeover.repairs import async_leave_beside
from ..takeover.told import async_refusal, title_of
from ..texts import async_words
from .base import DeviceFlow


class _Back(NamedTuple):
    """What is said of a move that can go back."""

    peer: str
    told: str


class GiveBackSteps(DeviceFlow):
    """The steps that end a move, one way or the other."""

    async def _async_back(self) -> _Back | None:
        """Return what is left of a move, None where nothing can go back."""
        order = order_of(self.hass, self._address)
        if order is None or not order.moved:
            return None
        if not self.hass.config_entries.async_get_entry(order.plan.peer_entry):
            return None
        words, peer = await async_words(self.hass), title_of(order.plan)
        told = words("takeover_flow", "came_from", peer=peer)
        return _Back(peer, told)

    @property
    def _moved_entry(self) -> ConfigEntry:
        return self._get_reconfigure_entry()

    async def async_step_give_back(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Give everything back on yes."""
        order = order_of(self.hass, self._address)
        if order is None:
            return self.async_abort(reason="withdrawn")
        shown = self._placeholders() | {"peer": title_of(order.plan)}
        errors, shown["why"] = {}, ""
        if user_input is not None:
            try:
                await async_give_back(self.hass, self._moved_entry)
            except Refused as err:
                errors["base"] = "move_refused"
                shown["why"] = await async_refusal(self.hass, err)
            else:
                if not order.made:
                    async_leave_beside(self.hass, self._moved_entry)
                return self.async_abort(
                    reason="given_back", description_placeholders=shown
                )
        words = await async_words(self.hass)
        rest = words("takeover_flow", "entry_goes" if order.made else "entry_stays")
        self._set_confirm_only()
        return self.async_show_form(
            step_id="give_back",
            errors=errors,
            description_placeholders=shown | {"rest": rest},
        )

    async def async_step_content(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Give the way back up on yes, after a warning."""
        order = order_of(self.hass, self._address)
        if order is None:
            return self.async_abort(reason="withdrawn")
        peer, words = title_of(order.plan), await async_words(self.hass)
        own = order.plan.recipe is Recipe.OWN
        how = words("takeover_end", "own" if own else order.plan.peer, peer=peer)
        shown = self._placeholders() | {"peer": peer, "how": how, "why": ""}
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                await async_content(self.hass, self._moved_entry)
            except Refused as err:
                errors["base"] = "move_refused"
                shown["why"] = await async_refusal(self.hass, err)
            else:
                return self.async_abort(
                    reason="move_finished", description_placeholders=shown
                )
        self._set_confirm_only()
        return self.async_show_form(
            step_id="content", errors=errors, description_placeholders=shown
        )
