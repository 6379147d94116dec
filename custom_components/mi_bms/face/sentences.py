"""What cards say in words: in the language of who looks, without addresses."""

import re
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.generated.languages import LANGUAGES

from ..texts import Words, async_words

_ADDRESS: Final = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


async def async_words_in(hass: HomeAssistant, language: str | None) -> Words:
    """Load the words in a language, of the house where there is no such language."""
    return await async_words(hass, language if language in LANGUAGES else None)


def veiled(text: str) -> str:
    """Return a sentence without the addresses that stand in it for want of a name."""
    return _ADDRESS.sub("…", text)


def act_of(kind: str, **what: Any) -> dict[str, Any]:
    """Return what a card's button does."""
    return {"kind": kind, **what}
