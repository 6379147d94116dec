"""The options of a sensor: a form with only what makes sense for its model, and all keys as files."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, selector

from ..bluetooth.discovery import find
from ..const import CONF_PRODUCT
from ..entries import running
from ..keys.export import (
    GOOD_FOR,
    Links,
    async_export,
    async_make_links,
    async_void_links,
)
from ..keys.ring import async_keys
from ..options import form
from ..proto.active.spec import ACTIVE
from ..proto.mibeacon.devices import DEVICES
from ..sensors.coordinator import SensorCoordinator
from ..sensors.options import ROWS, About
from ..texts import async_words
from .base import Choice, names_of, options_of
from .entry_options import EntryOptions

CONF_CONFIRM: Final = "confirm"
CONF_KEYS: Final = "keys"
_FORGET: Final = "forget_keys"
_LOOSE: Final = "loose_"
_SHOWN: Final = 4  # digits of a key that nothing else names

_CONFIRM: Final = probatio.Schema(
    {probatio.Required(CONF_CONFIRM, default=False): selector.BooleanSelector()}
)


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
    """The options of a sensor: what it shows; beside them all keys as files, and keys to forget."""

    def __init__(self) -> None:
        """Begin without links."""
        self._links: Links | None = None

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to the choice."""
        return await self.async_step_choice()

    async def async_step_choice(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what is wanted."""
        keys = await async_keys(self.hass)
        missing = set() if keys.spare or keys.ring.loose else {_FORGET}
        return self.async_show_menu(
            step_id="choice",
            menu_options=[
                one
                for one in ("sensor", "export_keys", "forget_keys")
                if one not in missing
            ],
        )

    async def async_step_forget_keys(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Forget the keys that are chosen, of devices that are not set up."""
        keys = await async_keys(self.hass)
        loose = {f"{_LOOSE}{number}": key for number, key in enumerate(keys.ring.loose)}
        errors = {}
        if user_input is not None:
            if chosen := set(user_input[CONF_KEYS]):
                stored = await keys.async_forget(
                    chosen.intersection(keys.spare),
                    [key for name, key in loose.items() if name in chosen],
                )
                if stored:
                    return self.async_abort(reason="keys_forgotten")
                return self.async_abort(reason="keys_not_stored")
            errors[CONF_KEYS] = "nothing_ticked"
        options = await self._async_forgettable(keys.spare, loose)
        field = selector.SelectSelectorConfig(options=options, multiple=True)
        return self.async_show_form(
            step_id="forget_keys",
            data_schema=probatio.Schema(
                {probatio.Required(CONF_KEYS, default=[]): Choice(field)}
            ),
            errors=errors,
        )

    async def _async_forgettable(
        self, spare: Collection[str], loose: Mapping[str, bytes]
    ) -> list[selector.SelectOptionDict]:
        """Return the lines of keys: those that are heard by their names, then those that are silent."""
        words = await async_words(self.hass)
        near = [heard for one in spare if (heard := find(self.hass, one))]
        lines = options_of(near, names_of(self.hass, near, words), words)
        known = {one.address for one in near}
        lines += [
            selector.SelectOptionDict(value=one, label=one)
            for one in spare
            if one not in known
        ]
        return lines + [
            selector.SelectOptionDict(
                value=name, label=words("key", "loose", end=key.hex()[-_SHOWN:])
            )
            for name, key in loose.items()
        ]

    async def async_step_export_keys(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask to confirm that all keys are to be readable."""
        errors = {}
        if user_input is not None:
            if user_input[CONF_CONFIRM]:
                return await self.async_step_download()
            errors[CONF_CONFIRM] = "not_confirmed"
        return self.async_show_form(
            step_id="export_keys", data_schema=_CONFIRM, errors=errors
        )

    async def async_step_download(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the links to the files."""
        if user_input is not None:
            return self.async_abort(reason="exported")
        self._links = self._links or async_make_links(self.hass)
        everything = await async_export(self.hass)
        words = await async_words(self.hass)
        notes = [words("export", "too_big")] if everything.too_big else []
        if everything.left_out:
            left_out = ", ".join(everything.left_out)
            notes.append(words("export", "left_out", sensors=left_out))
        return self.async_show_form(
            step_id="download",
            description_placeholders={
                **self._links.html,
                "minutes": str(GOOD_FOR.seconds // 60),
                "notes": "\n\n".join(notes),
            },
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Let the links end with the form."""
        super().async_remove()
        if self._links:
            async_void_links(self.hass, self._links)

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
