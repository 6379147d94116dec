"""Words for texts that are put together here: lines of a list, reasons, instructions.

They stand in the translations beside the options of selectors, so that Python holds none of them.
"""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

_CATEGORY = "selector"


class Words:
    """Describe words in the language of the house."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take all texts of the integration's selectors."""
        self._texts = texts

    def __call__(self, group: str, word: str, **fill: str) -> str:
        """Return the text of an option; the option itself where there is no text."""
        key = f"component.{DOMAIN}.{_CATEGORY}.{group}.options.{word}"
        text = self._texts.get(key, word)
        return text.format(**fill) if fill else text


async def async_words(hass: HomeAssistant, language: str | None = None) -> Words:
    """Load the words in the language of the house, or in another one."""
    language = language or str(hass.config.language)
    return Words(await async_get_translations(hass, language, _CATEGORY, [DOMAIN]))
