"""Repairs that lead somewhere: to a key, to the pairing, or to belief in what is not encrypted any more.

Those of batteries, banks and moves stand in their packages, in ``fix_flow``.
"""

from functools import partial
from typing import Final

from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .banks.fix_flow import MemberGoneFlow
from .banks.repairs import KEY as MEMBER_GONE
from .batteries.fix_flow import UnreachableFlow
from .batteries.repairs import KEY as UNREACHABLE
from .const import DOMAIN
from .entries import name_of, running
from .sensors.coordinator import SensorCoordinator
from .sensors.key_watch import CLEAR
from .sensors.waiting import KEYS_MISSING, async_waiting
from .takeover.fix_flow import ActiveAgainFlow, BothReadFlow, UnfinishedFlow
from .takeover.repairs import ACTIVE, BOTH, STUB, UNFINISHED
from .texts import async_words

LISTED: Final = 30  # sensors


class PairFlow(RepairsFlow):
    """Lead to the pairing of a sensor that is set up."""

    def __init__(self, entry_id: str) -> None:
        """Take the sensor's entry."""
        self._entry_id = entry_id

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask before anything begins."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on in the form that pairs; the issue ends when the sensor is paired."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None:
            return self.async_abort(reason="not_loaded")
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                description_placeholders={"name": name_of(self.hass, entry)},
            )
        flows = self.hass.config_entries.flow
        flow = await flows.async_init(
            DOMAIN,
            context={"source": SOURCE_RECONFIGURE, "entry_id": self._entry_id},
        )
        return self.async_abort(
            reason="pairing", next_flow=(FlowType.CONFIG_FLOW, flow["flow_id"])
        )


class KeysFlow(RepairsFlow):
    """Lead to the key of one of the sensors that wait for theirs, or to a form for many keys."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask which sensor, or whether many keys are there."""
        waiting = async_waiting(self.hass)
        if not waiting:
            return self.async_abort(reason="none_waits")
        options = {}
        for entry in waiting[:LISTED]:
            step = f"sensor_{entry.entry_id.lower()}"
            # A menu leads to steps only, and by their names.
            chosen = partial(self._async_sensor, entry.entry_id)
            setattr(self, f"async_step_{step}", chosen)
            options[step] = name_of(self.hass, entry)
        words = await async_words(self.hass)
        options["import_keys"] = words("key_repair", "import_keys")
        return self.async_show_menu(
            step_id="init",
            menu_options=options,
            description_placeholders={"count": str(len(waiting))},
        )

    async def _async_sensor(
        self, entry_id: str, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on in the menu of the ways to the key of one sensor."""
        if self.hass.config_entries.async_get_entry(entry_id) is None:
            return await self.async_step_init()
        flow = await self.hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry_id}
        )
        return self._goes_on(flow["flow_id"])

    async def async_step_import_keys(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on in the form for many keys."""
        flows = self.hass.config_entries.flow
        flow = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
        for step in ("keys", "import_keys"):
            if flow["type"] is not FlowResultType.MENU:
                return self.async_abort(reason="no_bluetooth")
            answer = {"next_step_id": step}
            flow = await flows.async_configure(flow["flow_id"], answer)
        return self._goes_on(flow["flow_id"])

    def _goes_on(self, flow_id: str) -> RepairsFlowResult:
        return self.async_abort(
            reason="goes_on", next_flow=(FlowType.CONFIG_FLOW, flow_id)
        )


class ClearFlow(RepairsFlow):
    """Ask whether a sensor was told to send in the clear, or a stranger sends."""

    def __init__(self, entry_id: str) -> None:
        """Take the sensor's entry."""
        self._entry_id = entry_id

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Show both answers."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        return self.async_show_menu(
            menu_options=["allow", "refuse"],
            description_placeholders={
                "name": name_of(self.hass, entry) if entry else ""
            },
        )

    async def async_step_allow(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Believe what it sends."""
        return self._answer(allowed=True)

    async def async_step_refuse(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on without it."""
        return self._answer(allowed=False)

    def _answer(self, *, allowed: bool) -> RepairsFlowResult:
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        coordinator = running(entry, SensorCoordinator)
        if coordinator is None:
            return self.async_abort(reason="not_loaded")
        coordinator.path.allow_clear(allowed=allowed)
        return self.async_create_entry(data={})


# What an issue's id begins with -> its flow.
_FLOWS: Final = (
    (CLEAR, ClearFlow),
    (UNREACHABLE, UnreachableFlow),
    (MEMBER_GONE, MemberGoneFlow),
    (ACTIVE, ActiveAgainFlow),
    (STUB, ActiveAgainFlow),
    (UNFINISHED, UnfinishedFlow),
    (BOTH, BothReadFlow),
)


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Open the flow of an issue."""
    if issue_id == KEYS_MISSING:
        return KeysFlow()
    flow = next((one for key, one in _FLOWS if issue_id.startswith(key)), PairFlow)
    about = data or {}
    return flow(str(about.get("entry_id") or about.get("address")))
