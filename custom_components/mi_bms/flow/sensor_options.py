"""The options of a sensor: a form with only what makes sense for its model."""

from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..const import CONF_PRODUCT
from ..entries import running
from ..options import form
from ..proto.active.spec import ACTIVE
from ..proto.mibeacon.devices import DEVICES
from ..sensors.coordinator import SensorCoordinator
from ..sensors.options import ROWS, About
from ..texts import async_words
from .entry_options import EntryOptions


def _about(hass: HomeAssistant, entry: ConfigEntry[Any]) -> About:
    """Return what the model reports, and what this one has shown so far, and what it can do."""
    product = entry.data.get(CONF_PRODUCT) or 0
    spec, active = DEVICES.get(product), ACTIVE.get(product)
    prefix = f"{entry.unique_id}-"
    shown = frozenset(
        registered.unique_id.removeprefix(prefix)
        for registered in er.async_entries_for_config_entry(
            er.async_get(hass), entry.entry_id
        )
    )
    return About(
        fields=shown.union(spec.fields, spec.held) if spec else shown,
        functions=active.functions if active else frozenset(),
    )


class SensorOptionsFlow(EntryOptions):
    """The options of a sensor: what it shows."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to the form."""
        return await self.async_step_sensor()

    async def async_step_sensor(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and store the options."""
        if user_input is not None:
            self._take(user_input)
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="sensor",
            data_schema=self.add_suggested_values_to_schema(
                form(
                    ROWS,
                    _about(self.hass, self.config_entry),
                    required=False,
                ),
                self.config_entry.options,
            ),
            description_placeholders={"learned": await self._async_learned()},
        )

    async def _async_learned(self) -> str:
        """Return after how long a silence it counts as gone where nobody has set that."""
        words = await async_words(self.hass)
        coordinator = running(self.config_entry, SensorCoordinator)
        if coordinator is None:
            return words("learned", "unknown")
        limit = replace(coordinator.cadence, fixed=None).limit
        return words("learned", "known", minutes=f"{limit / 60:.0f}")

    def _take(self, given: dict[str, Any]) -> None:
        """Store what was entered, and let a sensor that is set up follow it without being set up anew."""
        entry = self.config_entry
        self.hass.config_entries.async_update_entry(entry, options=given)
        if coordinator := running(entry, SensorCoordinator):
            coordinator.async_take_options()
