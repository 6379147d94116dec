"""Words for texts that are put together here: lines of a list, reasons, instructions.

They stand in the translations beside the options of selectors, so that Python holds none of them.
"""

from collections.abc import Mapping
import re
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

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


async def async_words(hass: HomeAssistant, language: str | None = None) -> Words:
    """Load the words in the language of the house, or in another one."""
    language = language or str(hass.config.language)
    return Words(await async_get_translations(hass, language, _CATEGORY, [DOMAIN]))


async def async_tell(hass: HomeAssistant, diagnosis: Diagnosis) -> str:
    """Return a diagnosis as two sentences."""
    words = await async_words(hass)
    fill = diagnosis.placeholders
    return f"{words('cause', diagnosis.cause, **fill)} {words('remedy', diagnosis.remedy, **fill)}"
