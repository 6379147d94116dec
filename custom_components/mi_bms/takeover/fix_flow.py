"""The repairs of moves: each remedy is a choice, and what it leads to is done here or in a form of its own."""

from typing import override

from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..entries import entry_of
from ..proto.takeover.journal import Order
from .check import Refused
from .give_back import async_give_back
from .journal import async_journal, order_of
from .repairs import (
    async_leave_all_beside,
    async_leave_beside,
    async_switch_entries_off,
    async_switch_off,
)
from .told import async_refusal


class _ChoiceFlow(RepairsFlow):
    """A repair that begins with a choice, and says what its issue says."""

    _choices: tuple[str, ...]

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Offer the choices."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        told = issue.translation_placeholders if issue else None
        return self.async_show_menu(
            step_id="init",
            menu_options=[*self._choices],
            description_placeholders=told,
        )


class _MoveFlow(_ChoiceFlow):
    """The repair of one move."""

    def __init__(self, address: str) -> None:
        """Take the address of the device."""
        self._address = address

    @property
    def _order(self) -> Order | None:
        return order_of(self.hass, self._address)

    def _gone(self) -> RepairsFlowResult:
        return self.async_abort(reason="settled")

    @override
    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Offer the choices while there is a move."""
        return self._gone() if self._order is None else await super().async_step_init()

    async def async_step_give_back(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Leave the device to the other one."""
        entry, order = entry_of(self.hass, self._address), self._order
        if entry is None or order is None:
            return self._gone()
        try:
            await async_give_back(self.hass, entry)
        except Refused as err:
            why = await async_refusal(self.hass, err)
            return self.async_abort(
                reason="refused", description_placeholders={"why": why}
            )
        if not order.made:
            async_leave_beside(self.hass, entry)
        return self.async_create_entry(data={})


class ActiveAgainFlow(_MoveFlow):
    """The repair of a device that the other integration reads again."""

    _choices = ("switch_off", "give_back")

    async def async_step_switch_off(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Leave the device to us."""
        if (order := self._order) is None:
            return self._gone()
        await async_switch_entries_off(self.hass, order)
        async_switch_off(self.hass, order)
        return self.async_create_entry(data={})


class UnfinishedFlow(_MoveFlow):
    """The repair of a move that did not come to its end."""

    _choices = ("again", "leave")

    async def async_step_again(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Carry it out once more, or begin anew where it was undone."""
        entry, order = entry_of(self.hass, self._address), self._order
        if order is None or entry is None:
            return self._gone()
        if order.open:
            await self.hass.config_entries.async_reload(entry.entry_id)
            return self.async_create_entry(data={})
        flow = await self.hass.config_entries.flow.async_init(
            DOMAIN,
            context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id},
        )
        return self.async_abort(
            reason="goes_on", next_flow=(FlowType.CONFIG_FLOW, flow["flow_id"])
        )

    async def async_step_leave(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Leave everything as it is now."""
        order = self._order
        if order is not None and order.open:
            return await self.async_step_give_back()
        await (await async_journal(self.hass)).async_drop(self._address)
        return self.async_create_entry(data={})


class BothReadFlow(_ChoiceFlow):
    """The repair of devices that two integrations read."""

    _choices = ("take_all", "beside")

    def __init__(self, _about: str) -> None:
        """Take nothing: it is about all of them."""

    async def async_step_take_all(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on in the list of what can move."""
        flows = self.hass.config_entries.flow
        flow = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
        if flow["type"] is not FlowResultType.MENU:
            return self.async_abort(reason="no_bluetooth")
        answer = {"next_step_id": "take_all"}
        flow = await flows.async_configure(flow["flow_id"], answer)
        if flow["type"] is not FlowResultType.FORM:
            return self.async_abort(reason="settled")
        return self.async_abort(
            reason="goes_on", next_flow=(FlowType.CONFIG_FLOW, flow["flow_id"])
        )

    async def async_step_beside(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Have both read them, and do not tell any more."""
        async_leave_all_beside(self.hass)
        return self.async_create_entry(data={})
