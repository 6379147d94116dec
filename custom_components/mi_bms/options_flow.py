"""The options form of a sensor: only what makes sense for its model."""

from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import PERCENTAGE, UnitOfTemperature, UnitOfTime
from homeassistant.helpers import selector

from .const import (
    CONF_DEAD_BAND,
    CONF_HOLD,
    CONF_OFFSET,
    CONF_PRODUCT,
    CONF_SMOOTHING,
    CONF_TIMEOUT,
    CONF_WINDOW,
    DEFAULT_WINDOW,
)
from .proto.mibeacon.devices import DEVICES
from .proto.model.fields import Field
from .proto.model.smoothing import Smoothing

MAX_TIMEOUT: Final = 60 * 24 * 30  # min
MAX_HOLD: Final = 3600  # s
MAX_WINDOW: Final = 3600  # s

# Field -> unit, largest offset either way, largest dead-band.
_SHAPED: Final = {
    Field.TEMPERATURE: (UnitOfTemperature.CELSIUS, 10, 5),
    Field.HUMIDITY: (PERCENTAGE, 20, 10),
}


def _number(
    low: float, high: float, unit: str, step: float = 1
) -> selector.NumberSelector:
    return selector.NumberSelector(
        selector.NumberSelectorConfig(
            min=low,
            max=high,
            step=step,
            unit_of_measurement=unit,
            mode=selector.NumberSelectorMode.BOX,
        )
    )


def _schema(product: int | None) -> probatio.Schema:
    """Build the form; of a model that is not known anything may make sense."""
    spec = DEVICES.get(product) if product is not None else None
    fields = set(spec.fields) if spec else {*_SHAPED, Field.MOTION}
    moves = Field.MOTION in fields or bool(spec and Field.MOTION in spec.events)
    form: dict[probatio.Marker, Any] = {
        probatio.Optional(CONF_TIMEOUT, default=0): _number(
            0, MAX_TIMEOUT, UnitOfTime.MINUTES
        )
    }
    if moves:
        form[probatio.Optional(CONF_HOLD, default=0)] = _number(
            0, MAX_HOLD, UnitOfTime.SECONDS
        )
    shaped = [field for field in _SHAPED if field in fields]
    if shaped:
        form[probatio.Optional(CONF_SMOOTHING, default=Smoothing.OFF.value)] = (
            selector.SelectSelector(
                selector.SelectSelectorConfig(
                    options=[kind.value for kind in Smoothing],
                    translation_key=CONF_SMOOTHING,
                )
            )
        )
        form[probatio.Optional(CONF_WINDOW, default=DEFAULT_WINDOW)] = _number(
            10, MAX_WINDOW, UnitOfTime.SECONDS
        )
    for field in shaped:
        unit, offset, band = _SHAPED[field]
        form[probatio.Optional(f"{CONF_OFFSET}_{field}", default=0)] = _number(
            -offset, offset, unit, 0.1
        )
        form[probatio.Optional(f"{CONF_DEAD_BAND}_{field}", default=0)] = _number(
            0, band, unit, 0.1
        )
    return probatio.Schema(form)


class SensorOptionsFlow(OptionsFlowWithReload):
    """Let the user shape what a sensor shows."""

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
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="sensor",
            data_schema=self.add_suggested_values_to_schema(
                _schema(self.config_entry.data.get(CONF_PRODUCT)),
                self.config_entry.options,
            ),
        )
