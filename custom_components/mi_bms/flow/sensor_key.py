"""The key of one sensor: found among those that are known, or typed in and judged at once.

While a form is open the packets of the sensor are collected, and what was typed is tried on them and on
those that were heard before. A key that nothing proves can be taken all the same.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.core import callback
from homeassistant.helpers import selector

from ..bluetooth.adverts import FaultGuard, HeardAdvert, on_news
from ..bluetooth.discovery import find
from ..const import CONF_KEY, CONF_PRODUCT
from ..entries import Wish, entry_of, key_data, name_of, sensor_data
from ..keys.ring import Frames, async_keys
from ..proto.keys.ring import opens
from ..proto.keys.verdict import Judgement, Verdict, judge
from ..proto.mibeacon.decoder import Decoder
from ..proto.mibeacon.devices import DEVICES
from ..proto.mibeacon.spec import DAY, OFTEN, SLOW
from ..texts import async_words
from .base import DeviceFlow

_KEY_TEXT: Final = selector.TextSelector(
    selector.TextSelectorConfig(type=selector.TextSelectorType.TEXT)
)
_KEY: Final = probatio.Schema({probatio.Required(probatio.Secret(CONF_KEY)): _KEY_TEXT})

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


class SensorKeySteps(DeviceFlow):
    """The steps that ask for the key of one sensor, and finish its flow with it."""

    def __init__(self) -> None:
        """Start without a key."""
        super().__init__()
        self._decoder: Decoder | None = None
        self._stop_listening: Callable[[], None] | None = None
        self._keyed_at: float | None = None
        self._damaged = False  # somebody was told so already

    def _listen(self) -> None:
        """Keep the packets that this device sends while the form is open, to judge keys on them."""
        if self._stop_listening:
            return
        self._decoder = decoder = Decoder(self._address)

        @callback
        def heard(info: HeardAdvert) -> None:
            decoder.feed(info.service_data, info.manufacturer_data, info.time)

        self._stop_listening = on_news(
            self.hass, FaultGuard("forms").wrap(heard), address=self._address
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

    async def async_step_known_key(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Confirm a sensor whose key is on the ring already."""
        if user_input is None and (menu := await self._async_offer()):
            return menu
        about = await self._async_about()
        return await self._async_confirm(
            "known_key", self._key, user_input, about=about
        )

    async def async_step_key(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the key, and judge what was entered at once."""
        self._listen()
        errors: dict[str, str] = {}
        verdict = Verdict(word=Judgement.NOTHING_HEARD)
        if user_input is not None and CONF_KEY in user_input:
            verdict = await self._async_judge(user_input[CONF_KEY])
            self._key = verdict.key
            if verdict.word is Judgement.RIGHT:
                return await self._async_finish_sensor(verdict.key)
            if await self._is_unsettled(verdict.word):
                return await self.async_step_unchecked()
            self._damaged = verdict.word is Judgement.CORRUPT
            errors[CONF_KEY] = _VERDICTS[verdict.word]
        elif self.source != SOURCE_RECONFIGURE and await self._async_find_key():
            # The form is opened again, and meanwhile the key was entered elsewhere.
            return await self.async_step_known_key()
        other = await self._async_name_of(verdict.other) if verdict.other else "-"
        return self.async_show_form(
            step_id="key",
            # What is wrong by a digit stays, to be mended.
            data_schema=self.add_suggested_values_to_schema(_KEY, user_input),
            errors=errors,
            description_placeholders=self._placeholders()
            | {
                "other": other,
                "digits": str(verdict.digits),
                "wanted": str(verdict.wanted),
            },
        )

    async def _async_judge(self, text: str) -> Verdict:
        """Return what a key is worth, by the packets of this device and of all others."""
        keys = await async_keys(self.hass)
        frames, others = await self._frames(), keys.everybodys_frames()
        return await self.hass.async_add_executor_job(
            judge, text, self._address, frames, keys.ring, others
        )

    async def _is_unsettled(self, word: Judgement) -> bool:
        """Return whether nothing that was heard settles the question, so that only the user can."""
        if word is Judgement.CORRUPT:
            # The first time it may be one damaged packet, and another one soon tells.
            return self._damaged
        nothing = word is Judgement.NOTHING_HEARD
        return nothing or (word is Judgement.WRONG and await self._is_old_news())

    async def _is_old_news(self) -> bool:
        """Return whether all that was heard is under the key that is set: a packet under a newer one may come."""
        entry = entry_of(self.hass, self._address)
        used = entry.data.get(CONF_KEY) if entry else None
        if used is None:
            return False
        key = bytes.fromhex(used)
        return all(
            opens(self._address, key, (frame,)) for frame in await self._frames()
        )

    async def _async_name_of(self, address: str) -> str:
        if entry := entry_of(self.hass, address):
            return f"{name_of(self.hass, entry)} ({address})"
        heard = find(self.hass, address)
        words = await async_words(self.hass)
        return f"{heard.title(words)} ({address})" if heard else address

    async def async_step_unchecked(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that the key could not be checked yet, and go on if the user wants to."""
        words = await async_words(self.hass)
        often = words("often", self._how_often())
        return await self._async_confirm(
            "unchecked", self._key, user_input, often=often
        )

    async def _async_confirm(
        self,
        step_id: str,
        key: bytes | None,
        user_input: dict[str, Any] | None,
        **further: str,
    ) -> ConfigFlowResult:
        """Show a form without fields, and finish with a key once it is confirmed."""
        if user_input is not None:
            return await self._async_finish_sensor(key)
        self._set_confirm_only()
        return self.async_show_form(
            step_id=step_id, description_placeholders=self._placeholders() | further
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

    async def _async_finish_sensor(self, key: bytes | None) -> ConfigFlowResult:
        """Set the sensor up, or its entry to another key, once the key is stored."""
        keys = await async_keys(self.hass)
        if key and not await keys.async_take({self._address: key}):
            return self.async_abort(reason="keys_not_stored")
        wish = Wish(address=self._address, key=key, keyed_at=self._keyed_at)
        if entry := self._changed:
            return self.async_update_reload_and_abort(
                entry, data_updates=key_data(wish), reason="change_kept"
            )
        await self._async_name_late()
        seen = self._sighting
        named = (seen.product_id, seen.title) if seen else (None, None)
        return await self._async_add(title=self._title, data=sensor_data(wish, *named))
