"""The repair of a battery that cannot be read: what helps is done here where it can be, then it is read.

A battery is read at the end whatever was done: only a reading shows that it helped, and only that ends the
issue.
"""

from dataclasses import replace
from typing import Final

import probatio

from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..entries import running
from ..proto.scheduler.diagnosis import Remedy
from ..proto.scheduler.pace import LONGEST
from ..runtime import SHARED
from ..texts import async_tell
from .coordinator import BatteryCoordinator
from .diagnosis import async_refresh
from .options import GRACE, INTERVAL

_READ: Final = "read"
# Here the field itself keeps to its bounds.
_INTERVAL: Final = replace(INTERVAL, error=None)
# What helps -> the step that does it.
_STEPS: Final = {
    Remedy.LENGTHEN_INTERVAL: "interval",
    Remedy.LOWER_RESERVE: "lower_reserve",
    Remedy.CHECK_FAMILY: "family",
}


class UnreachableFlow(RepairsFlow):
    """The repair of one battery: its menu has what helps now, and reading it once more."""

    def __init__(self, entry_id: str) -> None:
        """Take the battery's entry."""
        self._entry_id = entry_id

    @property
    def _entry(self) -> ConfigEntry | None:
        return self.hass.config_entries.async_get_entry(self._entry_id)

    @property
    def _coordinator(self) -> BatteryCoordinator | None:
        return running(self._entry, BatteryCoordinator)

    async def _async_texts(self, coordinator: BatteryCoordinator) -> dict[str, str]:
        reserve = self.hass.data[SHARED].reserve
        return {
            "name": coordinator.entry.title,
            "reason": await async_tell(self.hass, coordinator.diagnose()),
            "reserve": str(reserve),
            "fewer": str(reserve - 1),
        }

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Offer what helps; where only a person can do it, reading once more is what is left."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason="not_loaded")
        step = _STEPS.get(coordinator.diagnose().remedy)
        if step is None:
            return await self._async_ask(coordinator)
        return self.async_show_menu(
            step_id="init",
            menu_options=[step, _READ],
            description_placeholders=await self._async_texts(coordinator),
        )

    async def async_step_read(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Read the battery now."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason="not_loaded")
        if coordinator.away:
            coordinator.async_resume()
        try:
            await async_refresh(coordinator)
        except HomeAssistantError:
            return await self._async_ask(coordinator, {"base": "not_read"})
        return self.async_create_entry(data={})

    async def _async_ask(
        self, coordinator: BatteryCoordinator, errors: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        return self.async_show_form(
            step_id=_READ,
            data_schema=probatio.Schema({}),
            errors=errors,
            description_placeholders=await self._async_texts(coordinator),
        )

    async def async_step_interval(
        self, user_input: dict[str, float] | None = None
    ) -> RepairsFlowResult:
        """Read this battery less often, so that the others have their turn, too."""
        coordinator = self._coordinator
        if coordinator is None:
            return self.async_abort(reason="not_loaded")
        entry = coordinator.entry
        if user_input is not None:
            options = {**entry.options, INTERVAL.key: int(user_input[INTERVAL.key])}
            # Less than two intervals would make values come and go: the usual time is four.
            if (GRACE.of(options) or 0) < 2 * options[INTERVAL.key]:
                options.pop(GRACE.key, None)
            self.hass.config_entries.async_update_entry(entry, options=options)
            coordinator.async_take_options()
            return await self.async_step_read()
        now = INTERVAL.of(entry.options)
        wanted = probatio.Required(INTERVAL.key, default=min(2 * now, LONGEST))
        return self.async_show_form(
            step_id="interval",
            data_schema=probatio.Schema({wanted: _INTERVAL.field}),
            description_placeholders=await self._async_texts(coordinator),
        )

    async def async_step_lower_reserve(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Keep one connection of each receiver less for others."""
        shared = self.hass.data[SHARED]
        shared.async_set_reserve(max(0, shared.reserve - 1))
        return await self.async_step_read()

    async def async_step_family(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on in the form that finds the type out; the issue ends when the battery is read."""
        if self._entry is None:
            return self.async_abort(reason="not_loaded")
        flow = await self.hass.config_entries.flow.async_init(
            DOMAIN,
            context={"source": SOURCE_RECONFIGURE, "entry_id": self._entry_id},
        )
        return self.async_abort(
            reason="going_on", next_flow=(FlowType.CONFIG_FLOW, flow["flow_id"])
        )
