"""Ask about a sensor's key what ``proto.keys.watch`` finds has to be asked, once, and take it back."""

import time
from typing import Any, Final, override

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_KEY, CONF_KEYED_AT
from ..proto.keys.watch import Watch
from ..proto.mibeacon.decoder import Decoder
from ..proto.model.reading import Reading
from ..runtime import async_withdraw_reauth
from .questions import Question
from .waiting import async_wait

KEY_GRACE: Final = 900.0  # s after a pairing in which the old key may still be heard
CLEAR: Final = "clear_again"


class KeyWatch(Watch):
    """The watch over one sensor's key, with its flow for a new key and its repairs."""

    __slots__ = ("_asked_key", "_clear_question", "_entry", "_hass", "proven")

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], decoder: Decoder
    ) -> None:
        """Take the entry to ask for and its decoder."""
        super().__init__(decoder, monotonic_time_coarse())
        self._hass, self._entry = hass, entry
        self._asked_key = False
        self._clear_question = Question(hass, entry, CLEAR)
        self.proven = decoder.proven  # as of what was written down last

    @override
    def take(self, reading: Reading, now: float) -> None:
        """Take what became of an advert, and ask or withdraw what follows from it."""
        super().take(reading, now)
        self._clear_question.async_set(asked=self.wants_clear)
        if not self._entry.data.get(CONF_KEY):
            async_wait(self._hass, self._entry, waits=self.wants_key)
        elif self.wants_key and not self._asked_key and not self._just_keyed():
            self._asked_key = True
            self._entry.async_start_reauth(self._hass)
        elif self._asked_key and not self.wants_key:
            self._asked_key = False
            async_withdraw_reauth(self._hass, self._entry)

    def _just_keyed(self) -> bool:
        """Return whether a pairing of ours made the key a moment ago: the old one is still heard then."""
        keyed_at = self._entry.data.get(CONF_KEYED_AT)
        # In the future: the clock was wrong then.
        return keyed_at is not None and 0 <= time.time() - keyed_at < KEY_GRACE

    @callback
    def async_withdraw_clear(self) -> None:
        """Take the question about the clear back, if there is one."""
        self.wants_clear = False
        self._clear_question.async_set(asked=False)

    @callback
    def async_stop(self) -> None:
        """Take back what is asked in repairs."""
        self.async_withdraw_clear()
        async_wait(self._hass, self._entry, waits=False)
