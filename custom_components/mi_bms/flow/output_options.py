"""The options form of an output: how it passes on."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import UnitOfInformation, UnitOfTime
from homeassistant.helpers import selector

from ..outputs.settings import (
    BATTERY,
    CONF_AGGREGATE,
    CONF_BACKLOG,
    CONF_DIRECT,
    CONF_KEEP,
    CONF_MAX_AGE,
    CONF_MAX_SIZE,
    CONF_OWN_NAMES,
    CONF_PERIOD,
    CONF_QOS,
    CONF_RETAIN,
    CONF_SUMMARY,
    CONF_TYPE,
    FILE,
    TASMOTA,
    settings,
)

MAX_BACKLOG: Final = 100_000
PERIODS: Final = (10, 3_600)  # s, as Tasmota's
MAX_SIZE: Final = 1_000  # MiB
MAX_AGE: Final = 366  # days
MAX_KEEP: Final = 1_000

type _Fields = dict[str, selector.Selector[Any]]

_YES_NO: Final = selector.BooleanSelector()


def _whole(low: int, high: int, unit: str | None = None) -> selector.NumberSelector:
    config = selector.NumberSelectorConfig(
        min=low, max=high, step=1, mode=selector.NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return selector.NumberSelector(config)


_QOS: Final = selector.SelectSelector(
    selector.SelectSelectorConfig(
        options=["0", "1", "2"],
        mode=selector.SelectSelectorMode.DROPDOWN,
        translation_key=CONF_QOS,
    )
)
_QUEUE: Final[_Fields] = {CONF_BACKLOG: _whole(0, MAX_BACKLOG)}
_MQTT: Final[_Fields] = {CONF_QOS: _QOS, CONF_RETAIN: _YES_NO, **_QUEUE}
_FORMS: Final[Mapping[str, _Fields]] = {
    TASMOTA: {
        CONF_DIRECT: _YES_NO,
        CONF_PERIOD: _whole(*PERIODS, UnitOfTime.SECONDS),
        CONF_AGGREGATE: _YES_NO,
        CONF_SUMMARY: _YES_NO,
        CONF_OWN_NAMES: _YES_NO,
        **_MQTT,
    },
    BATTERY: _MQTT,
    FILE: {
        CONF_MAX_SIZE: _whole(1, MAX_SIZE, UnitOfInformation.MEBIBYTES),
        CONF_MAX_AGE: _whole(0, MAX_AGE, UnitOfTime.DAYS),
        CONF_KEEP: _whole(0, MAX_KEEP),
        **_QUEUE,
    },
}


class OutputOptions(OptionsFlowWithReload):
    """Let the user say how an output passes on."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to the form of the output's type."""
        steps = {
            TASMOTA: self.async_step_tasmota,
            BATTERY: self.async_step_battery,
            FILE: self.async_step_file,
        }
        return await steps[self.config_entry.data[CONF_TYPE]]()

    async def async_step_tasmota(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how sensors are published."""
        if user_input is not None:
            return self._keep(user_input)
        return self.async_show_form(step_id="tasmota", data_schema=self._form(TASMOTA))

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how batteries are published."""
        if user_input is not None:
            return self._keep(user_input)
        return self.async_show_form(step_id="battery", data_schema=self._form(BATTERY))

    async def async_step_file(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how long lines are kept."""
        if user_input is not None:
            return self._keep(user_input)
        return self.async_show_form(step_id="file", data_schema=self._form(FILE))

    def _keep(self, given: dict[str, Any]) -> ConfigFlowResult:
        # The devices are chosen elsewhere.
        return self.async_create_entry(data={**self.config_entry.options, **given})

    def _form(self, kind: str) -> probatio.Schema:
        now = settings(self.config_entry)
        return probatio.Schema(
            {
                probatio.Required(name, default=now[name]): field
                for name, field in _FORMS[kind].items()
            }
        )
