"""Find keys, tokens, passwords and addresses wherever they must not stand, however they are written."""

import base64
from collections.abc import Iterable, Iterator
import json
import logging
from typing import Any
from urllib.parse import quote

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

# The storage of the tests says what it is given to write.
_STORAGE = "pytest_homeassistant_custom_component.common"


def spellings(secret: str) -> set[str]:
    """Return a secret as it may stand in a text in lower case, and its base64 as it is."""
    digits = secret.replace(":", "").replace("-", "")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        return set(_of_text(secret))
    return set(_of_bytes(raw)) | set(_of_bytes(raw[::-1]))


def _of_text(text: str) -> Iterator[str]:
    raw = text.encode()
    yield from (text.lower(), text[::-1].lower(), quote(text, safe="").lower())
    yield raw.hex()
    yield base64.b64encode(raw).decode().rstrip("=")


def _of_bytes(raw: bytes) -> Iterator[str]:
    for between in ("", ":", "-", " ", ", ", "\\x"):
        yield (
            raw.hex(between[:1]).replace(between[:1], between) if between else raw.hex()
        )
    yield ", ".join(map(str, raw))
    yield ",".join(map(str, raw))
    yield repr(raw)[2:-1].lower()
    yield str(int.from_bytes(raw))
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        yield code(raw).decode().rstrip("=")


class Secrets:
    """Hold what must not be found, and what was looked through."""

    def __init__(self) -> None:
        self._spellings: dict[str, str] = {}
        self.looked = 0  # characters
        self.hits: list[str] = []

    def add(self, *secrets: str) -> None:
        """Take secrets: digits of keys and addresses, or texts."""
        for one in secrets:
            self._spellings |= dict.fromkeys(spellings(one), one)

    def look(self, where: str, thing: object) -> None:
        """Look through a text or anything that JSON, or else Python, can write down."""
        text = thing if isinstance(thing, str) else _written(thing)
        self.looked += len(text)
        lower = text.lower()
        self.hits += [
            f"{secret} as {spelling} in {where}"
            for spelling, secret in self._spellings.items()
            if spelling in lower or spelling in text
        ]

    def look_at_log(self, records: Iterable[logging.LogRecord], own: str = "") -> None:
        """Look through what was logged by those whose names begin so, by default by everybody."""
        kept = [one for one in records if one.name != _STORAGE]
        formatter = logging.Formatter()
        text = "\n".join(
            formatter.format(one) for one in kept if one.name.startswith(own)
        )
        self.look("the log", text)

    def look_at_states(self, hass: HomeAssistant) -> None:
        """Look through all states with their attributes, and through the repairs."""
        for state in hass.states.async_all():
            self.look(state.entity_id, state.as_dict_json.decode())
        for issue in ir.async_get(hass).issues.values():
            self.look(f"repair {issue.issue_id}", issue.translation_placeholders)

    def tell(self, capsys: pytest.CaptureFixture[str], what: str) -> None:
        """Print how many were found; fail if any were."""
        with capsys.disabled():
            print(f"\n{what}: secrets found {len(self.hits)}")  # noqa: T201
        assert not self.hits, self.hits
        assert self.looked


def _written(thing: object) -> str:
    def other(one: Any) -> str:
        return repr(one)

    return json.dumps(thing, default=other, ensure_ascii=False)
