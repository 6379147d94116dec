"""Steps for the keys that are kept: all of them as files, and those to forget."""

from collections.abc import Collection, Mapping
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import callback
from homeassistant.helpers import selector

from ..bluetooth.discovery import find
from ..keys.export import (
    GOOD_FOR,
    Links,
    async_export,
    async_make_links,
    async_void_links,
)
from ..keys.ring import async_keys
from ..texts import async_words
from .base import Choice, DeviceFlow, names_of, options_of

CONF_CONFIRM: Final = "confirm"
CONF_KEYS: Final = "keys"
_LOOSE: Final = "loose_"
_SHOWN: Final = 4  # digits of a key that nothing else names

_CONFIRM: Final = probatio.Schema(
    {probatio.Required(CONF_CONFIRM, default=False): selector.BooleanSelector()}
)


class KeptKeySteps(DeviceFlow):
    """Hand out the keys that are kept, and forget those of devices that are not set up."""

    def __init__(self) -> None:
        """Begin without links."""
        super().__init__()
        self._links: Links | None = None

    async def _async_are_kept(self) -> bool:
        """Return whether there is a key to hand out, or anything to forget."""
        keys = await async_keys(self.hass)
        return bool(len(keys.ring) or keys.spare)

    async def async_step_kept_keys(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what is to happen with them."""
        keys = await async_keys(self.hass)
        if not (keys.spare or keys.ring.loose):
            return await self.async_step_export_keys()
        return self.async_show_menu(
            step_id="kept_keys", menu_options=["export_keys", "forget_keys"]
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
                return self.async_abort(reason="keys_not_forgotten")
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
        # What led here may have been a menu.
        if user_input is not None and CONF_CONFIRM in user_input:
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
            left_out = words.listed(everything.left_out)
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
