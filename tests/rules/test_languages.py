"""Each language says all that the English one says, with the same names to fill in."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

import pytest

from homeassistant.generated.languages import LANGUAGES

from .repo import INTEGRATION, load, translations

FILES = sorted((INTEGRATION / "translations").glob("*.json"))
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def texts(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Return every text with its path."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from texts(value, f"{path}.{key}" if path else key)
    else:
        yield path, node if isinstance(node, str) else ""


def differences(english: Any, other: Any) -> list[str]:
    """Return in sentences what another language lacks, has left over or fills in otherwise."""
    wanted, found = dict(texts(english)), dict(texts(other))
    said = [f"lacks {path}: translate it" for path in wanted.keys() - found.keys()]
    said += [
        f"has left over {path}: remove it" for path in found.keys() - wanted.keys()
    ]
    said += [
        f"{path} is no text: translate it"
        for path in wanted.keys() & found.keys()
        if not found[path].strip()
    ]
    said += [
        f"the placeholders of {path} differ: name {sorted(set(PLACEHOLDER.findall(wanted[path])))}"
        for path in wanted.keys() & found.keys()
        if found[path].strip()
        and set(PLACEHOLDER.findall(wanted[path]))
        != set(PLACEHOLDER.findall(found[path]))
    ]
    return sorted(said)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_language_is_complete(path: Path) -> None:
    assert path.stem in LANGUAGES, (
        f"{path.name}: call it by the code that Home Assistant has for the language, one of "
        f"{', '.join(sorted(LANGUAGES))}"
    )
    wrong = differences(translations(), load(path))
    assert not wrong, f"translations/{path.name} {'; '.join(wrong)}"


def test_what_differs_is_found() -> None:
    english = {"a": {"b": "{name} is here", "c": "C"}, "d": "D", "f": "F", "g": "{h}"}
    other = {"a": {"b": "{nom} est là", "c": "C"}, "e": "E", "f": " ", "g": ["h"]}
    assert differences(english, other) == [
        "f is no text: translate it",
        "g is no text: translate it",
        "has left over e: remove it",
        "lacks d: translate it",
        "the placeholders of a.b differ: name ['name']",
    ]
