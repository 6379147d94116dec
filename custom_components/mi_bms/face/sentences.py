"""What cards say in words: in the language of who looks, without addresses."""

import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.generated.languages import LANGUAGES

from ..const import DOMAIN
from ..texts import Words, async_words

_ADDRESS: Final = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


async def async_words_in(hass: HomeAssistant, language: str | None) -> Words:
    """Load the words in a language, of the house where there is no such language."""
    return await async_words(hass, language if language in LANGUAGES else None)


def veiled(text: str) -> str:
    """Return a sentence without the addresses that stand in it for want of a name."""
    return _ADDRESS.sub("…", text)


def perform(word: str, what: str, entity_id: str) -> dict[str, Any]:
    """Return a card's button, by the key of its word, that has an entity do something."""
    domain = entity_id.partition(".")[0]
    target = {"entity_id": entity_id}
    action = f"{domain}.{what}"
    return _act(word, "perform-action", perform_action=action, target=target)


def configure(entry: ConfigEntry[Any]) -> dict[str, Any]:
    """Return a card's button that leads to the form of an entry."""
    path = f"/config/integrations/integration/{DOMAIN}#config_entry={entry.entry_id}"
    return _act("configure", "navigate", navigation_path=path)


def _act(word: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"word": word, "action": {"action": kind, **more}}
