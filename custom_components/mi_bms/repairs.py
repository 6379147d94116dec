"""Repairs that lead somewhere: a sensor that is not paired is paired."""

from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant

from .const import DOMAIN


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


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Open the flow of an issue."""
    return PairFlow(str((data or {}).get("entry_id")))
