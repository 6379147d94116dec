"""Watch whether a sensor's key still fits, and ask for a new one when it does not."""

import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .const import CONF_KEYED_AT
from .proto.mibeacon.decoder import Decoder
from .proto.model.reading import KeyState, Outcome

# A frame of an older binding may still sit in a proxy's buffer: ask for a key only after several.
WRONG_KEY_FRAMES: Final = 3
KEY_GRACE: Final = 900.0  # s after a pairing in which the old key may still be heard


class KeyWatch:
    """Start reauth once when a key is missing or wrong."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], decoder: Decoder
    ) -> None:
        """Take the entry to ask for and its decoder."""
        self._hass, self._entry, self._decoder = hass, entry, decoder
        self._asked = False
        self.wrong = 0  # frames in a row

    def take(self, outcome: Outcome) -> None:
        """Take how an advert ended."""
        if outcome is Outcome.WRONG_KEY:
            self.wrong += 1
        elif outcome is Outcome.DECODED:
            self.wrong = 0
        # Some models send the same in clear in another format: no key is missed then.
        missing = (
            outcome is Outcome.NEEDS_KEY and self._decoder.key_state is KeyState.MISSING
        )
        needed = missing or self.wrong >= WRONG_KEY_FRAMES
        # Packets of the old binding still come for a while after a pairing.
        if needed and not self._asked and not self._just_keyed():
            self._asked = True
            self._entry.async_start_reauth(self._hass)

    def _just_keyed(self) -> bool:
        """Say whether a pairing of ours made the key a moment ago."""
        keyed_at = self._entry.data.get(CONF_KEYED_AT)
        # In the future: the clock was wrong then.
        return keyed_at is not None and 0 <= time.time() - keyed_at < KEY_GRACE
