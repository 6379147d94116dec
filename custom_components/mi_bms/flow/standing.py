"""What can be done about the move of a device that has an entry here: to it, back, and for good."""

from typing import Any, override

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult

from ..const import CONF_FAMILY
from ..proto.bms.catalogue import Secret
from ..proto.bms.index import INDEX
from ..takeover.find import async_found_of
from ..texts import async_words
from .give_back import GiveBackSteps
from .take_over import TakeOverSteps


class StandingSteps(TakeOverSteps, GiveBackSteps):
    """The menu of an entry that is changed, where another integration has its device, or had it."""

    def __init__(self) -> None:
        """Begin without an entry."""
        super().__init__()
        self._usual: set[str] = set()  # what can be changed of an entry anyway

    @override
    async def async_reconfigure_sensor(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Offer the move or the way back, and another key."""
        self._take_entry(entry)
        menu = await self._async_standing({"key_ways"})
        return menu or await super().async_reconfigure_sensor(entry)

    @override
    async def async_reconfigure_battery(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Offer the move or the way back, and another type or password."""
        self._take_battery(entry)
        has_password = INDEX[entry.data[CONF_FAMILY]].password.kind is not Secret.NONE
        menu = await self._async_standing(
            {"family", "password"} if has_password else {"family"}
        )
        return menu or await super().async_reconfigure_battery(entry)

    async def _async_standing(self, usual: set[str]) -> ConfigFlowResult | None:
        """Return what can be done about the move of an entry beside the usual, None where nothing can."""
        self._usual = usual
        words, back = await async_words(self.hass), await self._async_back()
        self._readers = [] if back else async_found_of(self.hass, self._address)
        told, peer = back.told if back else "", back.peer if back else ""
        if self._readers:
            peer = words.listed(dict.fromkeys(one.peer.title for one in self._readers))
            told = words.sentences(
                words(
                    "takeover_flow",
                    "has_both" if one.certain else "may_have",
                    peer=one.peer.title,
                    called=one.name,
                )
                for one in self._readers
            )
        possible = usual | ({"give_back", "content"} if back else set())
        if self._readers:
            possible.add("move_here")
        if possible == usual:
            return None
        return self.async_show_menu(
            step_id="standing",
            menu_options=[
                one
                for one in (
                    "move_here",
                    "give_back",
                    "content",
                    "key_ways",
                    "family",
                    "password",
                )
                if one in possible
            ],
            description_placeholders=self._placeholders()
            | {"told": told, "peer": peer},
        )

    async def async_step_standing(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask again, or go on as usual where nothing is left to ask."""
        if menu := await self._async_standing(self._usual):
            return menu
        if "key_ways" in self._usual:
            return await self.async_step_key_ways()
        return await self.async_step_family()
