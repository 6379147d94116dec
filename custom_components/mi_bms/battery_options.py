"""The options form of a battery: how often it is read, and corrections of what it says."""

from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import UnitOfElectricCurrent, UnitOfTemperature, UnitOfTime
from homeassistant.data_entry_flow import SectionConfig, section
from homeassistant.helpers import selector

from .const import (
    CONF_CAPACITY,
    CONF_CELSIUS,
    CONF_CORRECTIONS,
    CONF_CURRENT_BAND,
    CONF_FAMILY,
    CONF_GAIN,
    CONF_INTERVAL,
    CONF_INVERT,
    CONF_TEMPERATURE_OFFSET,
    DEFAULT_INTERVAL,
    MAX_INTERVAL,
    MIN_INTERVAL,
)
from .proto.bms.index import INDEX

GAINS: Final = (0.1, 10.0)
MAX_BAND: Final = 10.0  # A
MAX_CAPACITY: Final = 20_000  # Ah
MAX_OFFSET: Final = 20.0  # °C


def _number(
    low: float, high: float, step: float, unit: str | None = None
) -> selector.NumberSelector:
    config = selector.NumberSelectorConfig(
        min=low, max=high, step=step, mode=selector.NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return selector.NumberSelector(config)


def _corrections() -> section:
    form = {
        probatio.Required(CONF_INVERT, default=False): selector.BooleanSelector(),
        probatio.Required(CONF_GAIN, default=1): _number(*GAINS, 0.001),
        probatio.Required(CONF_CURRENT_BAND, default=0): _number(
            0, MAX_BAND, 0.01, UnitOfElectricCurrent.AMPERE
        ),
        probatio.Required(CONF_CAPACITY, default=0): _number(
            0, MAX_CAPACITY, 0.1, "Ah"
        ),
        probatio.Required(CONF_TEMPERATURE_OFFSET, default=0): _number(
            -MAX_OFFSET, MAX_OFFSET, 0.1, UnitOfTemperature.CELSIUS
        ),
    }
    return section(probatio.Schema(form), SectionConfig(collapsed=True))


def _schema(family: str) -> probatio.Schema:
    """Build the form; the unit is asked for only where the battery does not tell it."""
    form: dict[probatio.Marker, Any] = {
        probatio.Required(CONF_INTERVAL, default=DEFAULT_INTERVAL): _number(
            MIN_INTERVAL, MAX_INTERVAL, 1, UnitOfTime.SECONDS
        )
    }
    entry = INDEX.get(family)
    if entry is not None and entry.either_unit:
        form[probatio.Required(CONF_CELSIUS, default=False)] = (
            selector.BooleanSelector()
        )
    form[probatio.Required(CONF_CORRECTIONS)] = _corrections()
    return probatio.Schema(form)


class BatteryOptions(OptionsFlowWithReload):
    """Let the user say how often a battery is read and what it says wrongly."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and store the options."""
        if user_input is not None:
            interval = int(user_input[CONF_INTERVAL])
            return self.async_create_entry(data=user_input | {CONF_INTERVAL: interval})
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                _schema(self.config_entry.data[CONF_FAMILY]),
                self.config_entry.options,
            ),
        )
