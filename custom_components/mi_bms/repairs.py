"""Repairs that lead somewhere: a sensor is paired, or believed though it does not encrypt any more."""

from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .entries import running
from .sensors.coordinator import SensorCoordinator
from .sensors.key_watch import CLEAR


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
                step_id="confirm", description_placeholders={"name": entry.title}
            )
        flows = self.hass.config_entries.flow
        flow = await flows.async_init(
            DOMAIN,
            context={"source": SOURCE_RECONFIGURE, "entry_id": self._entry_id},
        )
        return self.async_abort(
            reason="pairing", next_flow=(FlowType.CONFIG_FLOW, flow["flow_id"])
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
            description_placeholders={"name": entry.title if entry else ""},
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


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Open the flow of an issue."""
    flow = ClearFlow if issue_id.startswith(CLEAR) else PairFlow
    return flow(str((data or {}).get("entry_id")))
