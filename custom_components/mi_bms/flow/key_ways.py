"""The ways to the key of one sensor, as one menu, whoever asks: a card, an entry, a repair.

Only ways that are possible stand in the menu. Each ends in the entry of the sensor, made or with
its new key; one that did not lead there comes back to the menu, with a sentence why.
"""

from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult

from ..bluetooth.adverts import can_connect
from ..bluetooth.discovery import MIBEACON_FORMAT
from ..const import CONF_KEY, CONF_PRODUCT
from ..keys.cloud import async_available
from ..proto.activation.devices import can_pair
from ..texts import async_words
from .pair import PairSteps
from .sensor_key import SensorKeySteps


class KeyWays(SensorKeySteps, PairSteps):
    """The menu of the ways to a sensor's key."""

    def __init__(self) -> None:
        """Begin with nothing tried."""
        super().__init__()
        self._outcome = ""  # of the way that was tried last

    async def async_step_key_ways(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how to come to the key, unless it is known by now."""
        self._listen()
        # Who changes an entry wants another key than the one that fits.
        if self.source != SOURCE_RECONFIGURE and await self._async_find_key():
            return await self.async_step_known_key()
        words = await async_words(self.hass)
        note = self._pairing_note()
        impossible = await self._async_impossible(pairs=note == "possible")
        if not (count := await self._async_count()):
            impossible.add("nearby")
        outcome, self._outcome = self._outcome, ""
        return self.async_show_menu(
            step_id="key_ways",
            menu_options=[
                one
                for one in (
                    "key",
                    "pair_this",
                    "cloud",
                    "import_keys",
                    "keyless",
                    "nearby",
                )
                if one not in impossible
            ],
            description_placeholders=self._placeholders()
            | {
                "outcome": outcome,
                "count": str(count),
                "why": words("key_why", self._reason()),
                "pairing": words("key_pairing", note) if note == "no_receiver" else "",
            },
        )

    def _reason(self) -> str:
        """Return the word for why a key is asked for."""
        if entry := self._changed:
            if not entry.data.get(CONF_KEY):
                return "missing"
            return "change" if self.source == SOURCE_RECONFIGURE else "no_longer"
        seen = self._sighting
        if seen and seen.paired is False:
            return "not_paired"
        return "encrypts" if seen and seen.encrypted else "unknown"

    @property
    def _speaks_mibeacon(self) -> bool:
        """Return whether the maker's firmware may speak: others have no account and no pairing."""
        seen = self._sighting
        return seen is None or seen.format == MIBEACON_FORMAT

    def _pairing_note(self) -> str:
        """Return whether a key can be made by pairing, or why not."""
        seen, entry = self._sighting, self._changed
        product = seen.product_id if seen else None
        if product is None and entry:
            product = entry.data.get(CONF_PRODUCT)
        if not self._speaks_mibeacon or not can_pair(product):
            return "never"
        return "possible" if can_connect(self.hass) else "no_receiver"

    async def _async_impossible(self, *, pairs: bool) -> set[str]:
        ways = set() if pairs else {"pair_this"}
        if not self._speaks_mibeacon or not await async_available(self.hass):
            ways.add("cloud")
        return ways | {"keyless"} if self._changed else ways

    async def async_step_pair_this(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Make a key for the sensor that this flow is about."""
        return await self._async_prepare(self._address)

    async def async_step_keyless(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add the sensor without a key; if it turns out to need one, a repair says so."""
        return await self._async_finish_sensor(None)
