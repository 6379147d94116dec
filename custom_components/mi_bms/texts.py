"""Words for texts that are put together here: lines of a list, reasons, instructions.

They stand in the translations beside the options of selectors, so that Python holds none of them.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
import re
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import (
    async_get_cached_translations,
    async_get_translations,
)

from .const import DOMAIN
from .proto.scheduler.diagnosis import Diagnosis

_CATEGORY: Final = "selector"
_ADDRESS: Final = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


def masked_addresses(text: str) -> str:
    """Return a text without the addresses in it."""
    return _ADDRESS.sub("**REDACTED**", text)


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

    def listed(self, items: Iterable[str]) -> str:
        """Return things in one line, with what the language has between them."""
        return self._joined("list", items)

    def sentences(self, parts: Iterable[str]) -> str:
        """Return sentences as one text, without those that are empty."""
        return self._joined("sentences", filter(None, parts))

    def number(self, value: float, digits: int) -> str:
        """Return a number as the language writes it."""
        text = f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")
        whole, _, part = text.partition(".")
        return self("joint", "decimals", whole=whole, part=part) if part else whole

    def _joined(self, how: str, parts: Iterable[str]) -> str:
        first, *more = [*parts] or [""]
        return reduce(
            lambda said, one: self("joint", how, first=said, then=one), more, first
        )


def cached_words(hass: HomeAssistant) -> Words:
    """Return the words in the language of the house where nothing can be waited for.

    Home Assistant loads the texts of an integration with the integration.
    """
    language: str = hass.config.language
    return Words(async_get_cached_translations(hass, language, _CATEGORY, DOMAIN))


async def async_words(hass: HomeAssistant, language: str | None = None) -> Words:
    """Load the words in the language of the house, or in another one."""
    language = language or str(hass.config.language)
    return Words(await async_get_translations(hass, language, _CATEGORY, [DOMAIN]))


async def async_tell(hass: HomeAssistant, diagnosis: Diagnosis) -> str:
    """Return a diagnosis as two sentences."""
    words = await async_words(hass)
    fill = diagnosis.placeholders
    cause = words("cause", diagnosis.cause, **fill)
    return words.sentences([cause, words("remedy", diagnosis.remedy, **fill)])
