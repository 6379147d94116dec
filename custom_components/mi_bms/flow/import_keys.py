"""Steps that take many keys at once: from a text or a file, from other integrations, from the cloud.

Lines with keys go in, one preview comes out, and of that what is ticked becomes entries and keys of
entries. Nothing is changed before.
"""

import asyncio
from pathlib import Path
from typing import Any, Final

import probatio

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import selector

from ..bluetooth.discovery import Heard, async_nearest
from ..entries import async_add, async_rekey, entry_of, name_of
from ..keys.cloud import CloudError, async_available, async_fetch
from ..keys.import_preview import async_collect, async_look, wish_of
from ..keys.ring import async_keys
from ..proto.keys.contract import KeyLine, TextFormat
from ..proto.keys.importer import LARGEST, read_keys
from ..proto.keys.preview import Preview, PreviewRow
from ..proto.mibeacon.crypto import parse_key
from ..proto.model.address import parse_address
from ..proto.model.errors import KeyFormatError
from ..proto.model.names import clean_name
from ..texts import async_words
from .base import choice, names_of, options_of
from .key_ways import KeyWays

CONF_TEXT: Final = "text"
CONF_FILE: Final = "file"
CONF_TAKE: Final = "take"
CONF_DEVICES: Final = "devices"
OTHERS: Final = ("xiaomi_ble", "bthome")
OTHERS_KEY: Final = "bindkey"
LONG_LIST: Final = 25  # longer ones are folded

_THERE: Final = "there"
_CLOUD: Final = "cloud"
_IMPORT: Final = probatio.Schema(
    {
        probatio.Optional(probatio.Secret(CONF_TEXT)): selector.TextSelector(
            selector.TextSelectorConfig(multiline=True)
        ),
        probatio.Optional(CONF_FILE): selector.FileSelector(
            selector.FileSelectorConfig(accept="*/*")
        ),
    }
)


def uploaded(hass: HomeAssistant, file_id: str) -> bytes:
    """Return an uploaded file, or a little more than what is read of one."""
    with process_uploaded_file(hass, file_id) as path:
        return _beginning(path)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def others_keys(hass: HomeAssistant) -> list[KeyLine]:
    """Return the keys that Home Assistant's own integrations hold."""
    found = []
    for domain in OTHERS:
        for entry in hass.config_entries.async_entries(domain, include_ignore=False):
            address = parse_address(entry.unique_id or "")
            try:
                key = parse_key(str(entry.data.get(OTHERS_KEY) or ""))
            except KeyFormatError:
                continue
            if address:
                found.append(_line(address, key, name_of(hass, entry)))
    return found


def _may_encrypt(heard: Heard) -> bool:
    return heard.sighting is not None and heard.sighting.encrypted is not False


def _line(address: str, key: bytes, name: str) -> KeyLine:
    return KeyLine(
        address=address,
        key=key,
        name=clean_name(name) or None,
        product_id=None,
        line=0,
        last=0,
        format=TextFormat.SETTINGS,
    )


class KeySteps(KeyWays):
    """Take keys, show what they would change, and take what is ticked."""

    def __init__(self) -> None:
        """Begin without keys."""
        super().__init__()
        self._preview: Preview | None = None

    async def async_step_keys(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where the keys are."""
        missing = set()
        if not others_keys(self.hass):
            missing.add(_THERE)
        if not await async_available(self.hass):
            missing.add(_CLOUD)
        return self.async_show_menu(
            step_id="keys",
            menu_options=[
                one for one in ("import_keys", "there", "cloud") if one not in missing
            ],
        )

    async def async_step_import_keys(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take a text or a file with whatever somebody has."""
        errors: dict[str, str] = {}
        if user_input:
            text: str | bytes = user_input.get(CONF_TEXT, "")
            try:
                if file_id := user_input.get(CONF_FILE):
                    text = await self.hass.async_add_executor_job(
                        uploaded, self.hass, file_id
                    )
            except OSError, ValueError:
                errors[CONF_FILE] = "file_lost"
            else:
                return await self._async_read_keys(text)
        return self.async_show_form(
            step_id="import_keys", data_schema=_IMPORT, errors=errors
        )

    async def _async_read_keys(self, text: str | bytes) -> ConfigFlowResult:
        found = await self.hass.async_add_executor_job(read_keys, text)
        self._preview = await async_look(self.hass, await async_keys(self.hass), found)
        if not self._preview.rows and not self._preview.loose:
            words = await async_words(self.hass)
            why = await self.hass.async_add_executor_job(self._preview.rest, words)
            why = why.partition("\n")[0].removeprefix("- ")
            # Errors are no Markdown.
            why = why.replace("`", "")
            return self.async_show_form(
                step_id="import_keys",
                data_schema=_IMPORT,
                errors={"base": "nothing_found"},
                description_placeholders={"why": why},
            )
        return await self.async_step_import_pick()

    async def async_step_there(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the keys of other integrations, which stay as they are."""
        if user_input is not None and CONF_TAKE in user_input:
            return await self._async_take_keys(user_input[CONF_TAKE])
        keys = await async_keys(self.hass)
        self._preview = await async_collect(self.hass, keys, others_keys(self.hass))
        return await self._async_show_preview("there")

    async def async_step_import_pick(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show each line, and take what is ticked."""
        if user_input is not None and CONF_TAKE in user_input:
            return await self._async_take_keys(user_input[CONF_TAKE])
        return await self._async_show_preview("import_pick")

    async def _async_show_preview(self, step_id: str) -> ConfigFlowResult:
        preview = self._preview or Preview(rows={})
        words = await async_words(self.hass)
        rows = preview.takeable()
        labels, rest = await self.hass.async_add_executor_job(preview.told, words)
        options = [
            selector.SelectOptionDict(value=row.address, label=label)
            for row, label in zip(rows, labels, strict=True)
        ]
        mode = selector.SelectSelectorMode
        field = choice(
            options, mode=mode.LIST if len(rows) <= LONG_LIST else mode.DROPDOWN
        )
        ticked = [row.address for row in rows if row.wanted]
        return self.async_show_form(
            step_id=step_id,
            data_schema=probatio.Schema(
                {probatio.Required(CONF_TAKE, default=ticked): field}
            ),
            description_placeholders={
                "count": str(len(rows)),
                "lines": str(preview.lines),
                "aside": str(preview.aside),
                "rest": rest,
            },
        )

    async def _async_take_keys(self, chosen: list[str]) -> ConfigFlowResult:
        """Make and change the entries; keys stay on the ring whether or not they are chosen now."""
        preview = self._preview or Preview(rows={})
        keys, wanted = await async_keys(self.hass), set(chosen)
        taken = [row for row in preview.rows.values() if row.address in wanted]
        own = {row.address: row.key for row in taken if row.key}
        extras = {row.address: row.extra for row in taken if row.extra}
        further = preview.further(own)
        if not await keys.async_take(own, preview.loose, further, extras):
            return self.async_abort(reason="keys_not_stored")
        added, updated, own_row = 0, 0, None
        for row in taken:
            if row.address == self._address:
                own_row = row
            elif await self._async_take_row(row):
                added += 1
            else:
                updated += 1
            # Many are not one long turn of the event loop.
            await asyncio.sleep(0)
        self._preview = None
        if own_row:
            return await self._async_finish_sensor(own_row.key)
        if self._address:
            words = await async_words(self.hass)
            self._outcome = words(
                "key_outcome",
                "taken",
                name=self._title,
                added=str(added),
                updated=str(updated),
            )
            return await self.async_step_key_ways()
        return await self._async_after_keys(added, updated)

    async def _async_after_keys(self, added: int, updated: int) -> ConfigFlowResult:
        """Tell what became of the keys that were taken."""
        if not added and not updated:
            return self.async_abort(reason="keys_left")
        done = {"added": str(added), "updated": str(updated)}
        return self.async_abort(reason="keys_taken", description_placeholders=done)

    async def _async_take_row(self, row: PreviewRow) -> bool:
        """Take one row; true if it made a new entry."""
        if entry := entry_of(self.hass, row.address):
            async_rekey(self.hass, entry, wish_of(row))
            return False
        result = await async_add(self.hass, wish_of(row))
        return result["type"] is FlowResultType.CREATE_ENTRY

    # --- the maker's account ---------------------------------------------------------------

    async def async_step_cloud(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the maker's account and fetch the keys of some devices."""
        errors: dict[str, str] = {}
        second, device = "", "-"
        if user_input is not None and CONF_USERNAME in user_input:
            try:
                lines = await self._async_fetch(user_input)
            except CloudError as err:
                errors["base"] = err.word
                device = err.device or "-"
                if err.url:
                    words = await async_words(self.hass)
                    second = words("cloud", "second_factor", url=err.url)
            else:
                if lines:
                    keys = await async_keys(self.hass)
                    self._preview = await async_collect(self.hass, keys, lines)
                    return await self.async_step_import_pick()
                errors[CONF_DEVICES] = "nothing_chosen"
        kept = {
            name: value
            for name, value in (user_input or {}).items()
            if name != CONF_PASSWORD
        }
        return self.async_show_form(
            step_id="cloud",
            data_schema=self.add_suggested_values_to_schema(
                await self._async_cloud_form(), kept
            ),
            errors=errors,
            description_placeholders={"second_factor": second, "device": device},
        )

    async def _async_fetch(self, given: dict[str, Any]) -> list[KeyLine]:
        lines = []
        for text in given[CONF_DEVICES]:
            address = parse_address(text)
            if address is None:
                raise CloudError("cloud_bad_address", device=text)
            found = await async_fetch(
                self.hass, given[CONF_USERNAME], given[CONF_PASSWORD], address
            )
            lines.append(_line(address, found.key, found.name))
        return lines

    async def _async_cloud_form(self) -> probatio.Schema:
        words = await async_words(self.hass)
        near = await async_nearest(self.hass, suits=_may_encrypt)
        devices = options_of(near, names_of(self.hass, near, words), words)
        about = [self._address] if self._address else []
        password = selector.TextSelectorConfig(type=selector.TextSelectorType.PASSWORD)
        return probatio.Schema(
            {
                probatio.Required(CONF_USERNAME): selector.TextSelector(),
                probatio.Required(
                    probatio.Secret(CONF_PASSWORD)
                ): selector.TextSelector(password),
                # Without a default the frontend chooses the first one by itself.
                probatio.Required(CONF_DEVICES, default=about): choice(
                    devices, custom_value=True
                ),
            }
        )
