"""Steps that add and change outputs: of which devices, and where to."""

import errno
from pathlib import Path
from typing import Any, Final

import probatio

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.helpers import selector

from ..const import CONF_KIND, KIND_OUTPUT
from ..entries import entries_of, name_of
from ..outputs.line_file import LineFile
from ..outputs.options import (
    BATTERY,
    CONF_DEVICES,
    CONF_PATH,
    CONF_TOPIC,
    CONF_TYPE,
    FILE,
    PLACES,
    TASMOTA,
    TYPES,
)
from ..outputs.setup import has_mqtt
from ..proto.model.address import parse_device
from ..proto.model.names import clean_name
from .base import Choice

_LINK: Final = frozenset({errno.ELOOP, errno.ENOTDIR})
_TEXT: Final = selector.TextSelector()


class OutputSteps(ConfigFlow):
    """The steps that add an output, or change one."""

    async def async_step_outputs(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what kind of output is wanted."""
        return self.async_show_menu(
            step_id="outputs",
            menu_options=["output_tasmota", "output_battery", "output_file"],
        )

    async def async_step_output_tasmota(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the topic of sensors."""
        return await self._async_ask_place("output_tasmota", TASMOTA, user_input)

    async def async_step_output_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the beginning of the topics of batteries."""
        return await self._async_ask_place("output_battery", BATTERY, user_input)

    async def async_step_output_file(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the file."""
        return await self._async_ask_place("output_file", FILE, user_input)

    async def _async_ask_place(
        self, step_id: str, kind: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for the place of a type of output; what comes without one is the answer to the menu before."""
        place, errors = TYPES[kind].place, {}
        if place == CONF_TOPIC and not has_mqtt(self.hass):
            errors["base"] = "mqtt_missing"
        if user_input is not None and place in user_input:
            where = user_input[place]
            if place == CONF_PATH:
                where = where.strip()
            if error := await self._async_place_error(place, where):
                errors[place] = error
            if not errors:
                return self._finish_output(kind, {**user_input, place: where})
        return self.async_show_form(
            step_id=step_id,
            data_schema=self._place_form(kind, user_input),
            errors=errors,
        )

    async def _async_place_error(self, place: str, where: str) -> str | None:
        if fault := PLACES[place].fault(where):
            return f"{place}_{fault}"
        return await self._async_path_error(where) if place == CONF_PATH else None

    async def _async_path_error(self, path: str) -> str | None:
        mine = self._changed_output
        for entry in self._async_current_entries():
            if entry is not mine and entry.data.get(CONF_PATH) == path:
                return "path_taken"
        root = Path(self.hass.config.config_dir)
        file = LineFile(root, path.split("/"), max_bytes=0)
        try:
            await self.hass.async_add_executor_job(file.check)
        except OSError as err:
            return "path_link" if err.errno in _LINK else "path_not_writable"
        return None

    @property
    def _changed_output(self) -> ConfigEntry | None:
        changes = self.source == SOURCE_RECONFIGURE
        return self._get_reconfigure_entry() if changes else None

    def _place_form(self, kind: str, given: dict[str, Any] | None) -> probatio.Schema:
        place, usual, kinds = TYPES[kind]
        options = [
            selector.SelectOptionDict(
                value=entry.unique_id, label=name_of(self.hass, entry)
            )
            for entry in entries_of(self.hass, *kinds)
            if entry.unique_id
        ]
        known: dict[str, Any] = {place: usual, CONF_DEVICES: []}
        if (entry := self._changed_output) is not None:
            chosen = entry.options.get(CONF_DEVICES, [])
            known = {**entry.data, CONF_NAME: entry.title, CONF_DEVICES: chosen}
        # One that was removed meanwhile may stay chosen.
        pick = selector.SelectSelectorConfig(
            options=options, multiple=True, custom_value=True
        )
        schema = probatio.Schema(
            {
                probatio.Optional(CONF_NAME): _TEXT,
                probatio.Required(place): _TEXT,
                probatio.Optional(CONF_DEVICES): Choice(pick),
            }
        )
        return self.add_suggested_values_to_schema(schema, known | (given or {}))

    def _finish_output(self, kind: str, given: dict[str, Any]) -> ConfigFlowResult:
        place = TYPES[kind].place
        data = {CONF_KIND: KIND_OUTPUT, CONF_TYPE: kind, place: given[place]}
        devices = map(parse_device, given.get(CONF_DEVICES, []))
        chosen = {CONF_DEVICES: list(dict.fromkeys(filter(None, devices)))}
        title = clean_name(given.get(CONF_NAME, "")) or clean_name(given[place]) or kind
        if (entry := self._changed_output) is not None:
            return self.async_update_reload_and_abort(
                entry,
                title=title,
                data=data,
                options={**entry.options, **chosen},
                reason="change_kept",
            )
        return self.async_create_entry(title=title, data=data, options=chosen)

    async def async_reconfigure_output(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Change where an output goes, and whose readings it passes on."""
        kind = entry.data[CONF_TYPE]
        return await self._async_ask_place(f"output_{kind}", kind, None)
