"""Steps of one sensor: confirm it, or find its key, or ask for it and judge it at once."""

from collections.abc import Callable, Mapping
from typing import Any, Final, override

import probatio

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import (
    BluetoothChange,
    BluetoothScanningMode,
    BluetoothServiceInfoBleak,
)
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.core import callback
from homeassistant.helpers import selector

from ..bluetooth.discovery import find
from ..bluetooth.door import Door
from ..const import CONF_KEY, CONF_PRODUCT
from ..entries import Wish, entry_of, key_data, sensor_data
from ..keys.ring import Frames, async_keys
from ..proto.keys.ring import opens
from ..proto.keys.verdict import Judgement, judge
from ..proto.mibeacon.decoder import Decoder
from ..proto.mibeacon.devices import DEVICES
from ..proto.mibeacon.spec import DAY, OFTEN, SLOW
from ..texts import async_words
from .base import DeviceFlow

_KEY_TEXT: Final = selector.TextSelector(
    selector.TextSelectorConfig(type=selector.TextSelectorType.TEXT)
)
_KEY: Final = probatio.Schema({probatio.Required(probatio.Secret(CONF_KEY)): _KEY_TEXT})
_KEY_IF_ANY: Final = probatio.Schema(
    {probatio.Optional(probatio.Secret(CONF_KEY)): _KEY_TEXT}
)

_VERDICTS: Final[Mapping[Judgement, str]] = {
    Judgement.WRONG: "wrong_key",
    Judgement.RIGHT_FOR_OTHER_DEVICE: "key_of_other_device",
    Judgement.LEGACY_KEY_FOR_NEW_DEVICE: "key_of_old_kind",
    Judgement.NEW_KEY_FOR_LEGACY_DEVICE: "key_of_new_kind",
    Judgement.CORRUPT: "packet_damaged",
    Judgement.BAD_KEY_LENGTH: "key_length",
    Judgement.BAD_KEY_DIGITS: "key_not_hex",
    Judgement.EMPTY_KEY: "key_empty",
}


class SensorSteps(DeviceFlow):
    """Lead a sensor to an entry, or an entry to another key."""

    def __init__(self) -> None:
        """Start without a key."""
        super().__init__()
        self._decoder: Decoder | None = None
        self._stop_listening: Callable[[], None] | None = None
        self._key: bytes | None = None
        self._keyed_at: float | None = None
        self._damaged = False  # somebody was told so already

    def _listen(self) -> None:
        """Keep the packets that this device sends while the form is open, to judge keys on them."""
        if self._stop_listening:
            return
        self._decoder = decoder = Decoder(self._address)

        @callback
        def heard(info: BluetoothServiceInfoBleak, _change: BluetoothChange) -> None:
            decoder.feed(info.service_data, info.manufacturer_data, info.time)

        self._stop_listening = bluetooth.async_register_callback(
            self.hass,
            Door("forms").guard(heard),
            {"address": self._address, "connectable": False},
            BluetoothScanningMode.PASSIVE,
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Stop listening when the flow ends, however it ends."""
        super().async_remove()
        if self._stop_listening:
            self._stop_listening()
            self._stop_listening = None

    async def _frames(self) -> Frames:
        keys = await async_keys(self.hass)
        own = self._decoder.frames if self._decoder else ()
        return tuple(dict.fromkeys((*keys.frames(self._address), *own)))

    async def _async_step_for_sensor(self) -> ConfigFlowResult:
        """Go on as the sensor shows: in the clear, with a key that is known, or with one to ask for."""
        self._listen()
        if self._sighting and self._sighting.paired is False:
            return await self.async_step_not_paired()
        encrypted = self._sighting.encrypted if self._sighting else None
        if encrypted is False:
            keys = await async_keys(self.hass)
            self._key = await keys.async_match(self._address, proven=True)
            if self._key:
                return await self.async_step_known_key()
            return await self.async_step_confirm()
        if encrypted:
            return await self.async_step_key()
        return await self.async_step_key_if_any()

    async def async_step_not_paired(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that a sensor tells nothing before it is paired, and offer to do it."""
        # A key of ours may have been made a moment ago, which the sensor does not show yet.
        if await self._async_find_key():
            return await self.async_step_known_key()
        return self.async_show_menu(
            step_id="not_paired",
            menu_options=["pair_heard", "key_if_any"],
            description_placeholders=self._placeholders(),
        )

    async def _async_find_key(self) -> bool:
        """Look for the key among all that are known, apart from the one that the entry has."""
        keys = await async_keys(self.hass)
        entry = entry_of(self.hass, self._address)
        used = entry.data.get(CONF_KEY) if entry else None
        found = await keys.async_match(self._address, await self._frames())
        made = keys.identities.get(self._address, {}).get("keyed_at")
        if found is None and made is not None:
            # A key that we made ourselves needs no proof; the sensor may not have used it yet.
            found = keys.ring.get(self._address)
        if found is None or found.hex() == used:
            return False
        self._key, self._keyed_at = found, made
        return True

    async def async_import_sensor(
        self, name: str, data: dict[str, Any]
    ) -> ConfigFlowResult:
        """Add a sensor that was chosen in a list."""
        return self.async_create_entry(title=name, data=data)

    async def async_reauth_sensor(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Ask for a key that is missing, or for the one that took the place of the old."""
        self._take_entry(entry)
        if entry.data.get(CONF_KEY):
            return await self.async_step_new_key()
        return await self.async_step_key()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Confirm a sensor that sends in the clear."""
        if user_input is not None:
            return self._finish_sensor(None)
        self._set_confirm_only()
        return self.async_show_form(
            step_id="confirm", description_placeholders=self._placeholders()
        )

    async def async_step_known_key(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Confirm a sensor whose key is on the ring already."""
        if user_input is not None:
            return self._finish_sensor(self._key)
        self._set_confirm_only()
        return self.async_show_form(
            step_id="known_key", description_placeholders=self._placeholders()
        )

    async def async_step_key(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the key of a sensor that encrypts."""
        return await self._async_ask_key("key", _KEY, user_input)

    async def async_step_new_key(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the key that a sensor has instead of the one that is set."""
        return await self._async_ask_key("new_key", _KEY, user_input)

    async def async_step_key_if_any(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the key of a sensor that has not yet shown whether it encrypts."""
        return await self._async_ask_key("key_if_any", _KEY_IF_ANY, user_input)

    async def _async_ask_key(
        self, step_id: str, schema: probatio.Schema, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        self._listen()
        errors: dict[str, str] = {}
        other = "-"
        if user_input is None and self.source != SOURCE_RECONFIGURE:
            # The form is opened again: meanwhile the key may have been entered elsewhere.
            if await self._async_find_key():
                return await self.async_step_known_key()
        if user_input is not None:
            text = user_input.get(CONF_KEY, "")
            if not text.strip() and schema is _KEY_IF_ANY:
                return self._finish_sensor(None)
            keys = await async_keys(self.hass)
            verdict = await self.hass.async_add_executor_job(
                judge,
                text,
                self._address,
                await self._frames(),
                keys.ring,
                keys.everybodys_frames(),
            )
            self._key = verdict.key
            if verdict.word is Judgement.RIGHT:
                return self._finish_sensor(verdict.key)
            again = self._damaged and verdict.word is Judgement.CORRUPT
            if verdict.word is Judgement.NOTHING_HEARD or again:
                return await self.async_step_unchecked()
            if verdict.word is Judgement.WRONG and await self._is_old_news():
                return await self.async_step_unchecked()
            self._damaged = verdict.word is Judgement.CORRUPT
            errors[CONF_KEY] = _VERDICTS[verdict.word]
            other = self._name_of(verdict.other) if verdict.other else "-"
        return self.async_show_form(
            step_id=step_id,
            data_schema=schema,
            errors=errors,
            description_placeholders=self._placeholders() | {"other": other},
        )

    async def _is_old_news(self) -> bool:
        """Return whether all that was heard is under the key that is set: a newer one may still come."""
        entry = entry_of(self.hass, self._address)
        used = entry.data.get(CONF_KEY) if entry else None
        if used is None:
            return False
        key = bytes.fromhex(used)
        return all(
            opens(self._address, key, (frame,)) for frame in await self._frames()
        )

    def _name_of(self, address: str) -> str:
        if entry := entry_of(self.hass, address):
            return f"{entry.title} ({address})"
        heard = find(self.hass, address)
        return f"{heard.model} ({address})" if heard else address

    async def async_step_unchecked(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that the key could not be checked yet, and go on if the user wants to."""
        if user_input is not None:
            return self._finish_sensor(self._key)
        self._set_confirm_only()
        words = await async_words(self.hass)
        return self.async_show_form(
            step_id="unchecked",
            description_placeholders=self._placeholders()
            | {"often": words("often", self._how_often())},
        )

    def _how_often(self) -> str:
        """Return how often the model speaks, as a word."""
        spec = self._sighting.spec if self._sighting else None
        if spec is None and (entry := entry_of(self.hass, self._address)):
            spec = DEVICES.get(entry.data.get(CONF_PRODUCT) or 0)
        if spec is None:
            return "unknown"
        if spec.availability <= OFTEN:
            return "minute"
        if spec.availability <= SLOW:
            return "ten_minutes"
        return "day" if spec.availability <= DAY else "on_use"

    def _finish_sensor(self, key: bytes | None) -> ConfigFlowResult:
        wish = Wish(address=self._address, key=key, keyed_at=self._keyed_at)
        if self.source == SOURCE_REAUTH:
            return self.async_update_reload_and_abort(
                self._get_reauth_entry(), data_updates=key_data(wish)
            )
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(
                self._get_reconfigure_entry(), data_updates=key_data(wish)
            )
        seen = self._sighting
        return self.async_create_entry(
            title=self._title,
            data=sensor_data(
                wish,
                seen.product_id if seen else None,
                seen.title if seen else None,
            ),
        )
