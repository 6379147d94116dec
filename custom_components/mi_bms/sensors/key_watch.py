"""Watch how a sensor's key fares: ask for one when it is missing or wrong, and whether the clear is meant.

Anybody can send what no key opens, and anybody can send in the clear. So nothing is asked while the
key opens frames as often as the model sends them, and what was asked is taken back as soon as one opens.
"""

import time
from typing import Any, Final

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_KEYED_AT, DOMAIN
from ..proto.mibeacon.decoder import Decoder
from ..proto.mibeacon.spec import SLOW
from ..proto.model.availability import ENOUGH, MULTIPLE, SHORTEST
from ..proto.model.reading import KeyState, Outcome, Reading, Reason
from .questions import async_ask

# A frame of an older binding may still sit in a proxy's buffer: ask for a key only after several.
WRONG_KEY_FRAMES: Final = 3
KEY_GRACE: Final = 900.0  # s after a pairing in which the old key may still be heard
CLEAR_FRAMES: Final = 5  # in the clear, and nothing that the key opens between them …
CLEAR_FOR: Final = 120.0  # … for so many seconds at least
CLEAR: Final = "clear_again"

_OPENED: Final = frozenset({Outcome.DECODED, Outcome.IGNORED})


def clear_issue(entry_id: str) -> str:
    """Return the id of the issue of a sensor that sends in the clear."""
    return f"{CLEAR}_{entry_id}"


class KeyWatch:
    """Ask once, and take it back."""

    __slots__ = (
        "_asked_clear",
        "_asked_key",
        "_clear",
        "_clear_since",
        "_decoder",
        "_entry",
        "_gap",
        "_hass",
        "_opened",
        "_opened_at",
        "_wrong",
        "alert",
        "proven",
        "refused",
    )

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        decoder: Decoder,
    ) -> None:
        """Take the entry to ask for and its decoder."""
        self._hass, self._entry, self._decoder = hass, entry, decoder
        self._asked_key = self._asked_clear = False
        self._wrong = self._clear = 0  # frames since the key opened one
        self._clear_since = 0.0
        # A key that opened frames in a former run gets its time.
        self._opened_at = monotonic_time_coarse() if decoder.proven else None
        self.proven = decoder.proven  # as of what was written down last
        # How often the key opens one: forged frames do not count.
        self._opened = 0
        self._gap = 0.0  # the longest between two
        self.refused = False  # to believe the clear, until the key opens a frame again
        # True while the next frame that is opened changes more than the time of the last one.
        self.alert = True

    def opens(self, now: float) -> None:
        """Note that the key opened a frame; enough while nothing is the matter."""
        before, self._opened_at = self._opened_at, now
        self._opened += 1
        if before is not None and now - before > self._gap:
            self._gap = now - before

    def take(self, reading: Reading, now: float) -> None:
        """Take what became of an advert."""
        self.alert = True
        if reading.outcome in _OPENED or reading.reason is Reason.REPLAY:
            self._take_good(reading, now)
        elif reading.reason is Reason.DOWNGRADE:
            self._take_clear(now)
        elif reading.outcome is Outcome.WRONG_KEY:
            self._wrong += 1
            if self._wrong >= WRONG_KEY_FRAMES and self._is_late(now):
                self._ask_key()
        elif self._decoder.key_state is KeyState.MISSING:
            self._ask_key()

    def _take_good(self, reading: Reading, now: float) -> None:
        if reading.encrypted:
            self.opens(now)
            self._wrong = self._clear = 0
            self.refused = False
            self.async_withdraw_clear()
        # Without a key the clear tells that none is missed.
        if self._asked_key and (reading.encrypted or not self._decoder.proven):
            self._withdraw_key()
        self.alert = bool(self._wrong or self._clear or self._asked_key or self.refused)

    # --- a new key? -----------------------------------------------------------------------------

    def _is_late(self, now: float) -> bool:
        """Return whether the key has opened nothing for longer than the model is silent."""
        if self._opened_at is None:
            return True
        limit = min(self._decoder.availability, SLOW)
        if self._opened >= ENOUGH:
            limit = min(limit, max(MULTIPLE * self._gap, SHORTEST))
        return now - self._opened_at > limit

    def _ask_key(self) -> None:
        # Packets of the old binding still come for a while after a pairing.
        if not self._asked_key and not self._just_keyed():
            self._asked_key = True
            self._entry.async_start_reauth(self._hass)

    def _withdraw_key(self) -> None:
        self._asked_key = False
        for flow in self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH}):
            self._hass.config_entries.flow.async_abort(flow["flow_id"])

    def _just_keyed(self) -> bool:
        """Return whether a pairing of ours made the key a moment ago."""
        keyed_at = self._entry.data.get(CONF_KEYED_AT)
        # In the future: the clock was wrong then.
        return keyed_at is not None and 0 <= time.time() - keyed_at < KEY_GRACE

    # --- in the clear now? ------------------------------------------------------------------------

    def _take_clear(self, now: float) -> None:
        self._clear += 1
        if self._clear == 1:
            self._clear_since = now
        least = max(CLEAR_FOR, min(MULTIPLE * self._gap, SLOW))
        lasts = now - self._clear_since >= least
        if self._clear >= CLEAR_FRAMES and lasts and not self.refused:
            self._ask_clear()

    def _ask_clear(self) -> None:
        if self._asked_clear:
            return
        self._asked_clear = True
        async_ask(self._hass, self._entry, CLEAR)

    @callback
    def async_withdraw_clear(self) -> None:
        """Take the question back, if there is one."""
        if not self._asked_clear:
            return
        self._asked_clear = False
        ir.async_delete_issue(self._hass, DOMAIN, clear_issue(self._entry.entry_id))
