"""Each language says all that the English one says, in its own words, with the same names to fill in."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any, Final

import pytest

from homeassistant.generated.languages import LANGUAGES

from .repo import INTEGRATION, ROOT, load, translations

FILES = sorted((INTEGRATION / "translations").glob("*.json"))
OTHERS = [path for path in FILES if path.stem != "en"]
PLACEHOLDER = re.compile(r"\{(\w+)\}")
WORD = re.compile(r"[A-Za-z]{3,}")
GLOSSARY: Final = ROOT / ".github" / "glossary"
# Words that a language shares with English, or takes from it.
SHARED: Final = json.loads(Path(__file__).with_name("shared_words.json").read_text())
# A text of so many words that is the same in two languages was not translated.
SENTENCE: Final = 3
# Up to so many characters a text is a label: it stands on one line of a form or a tile, where English
# was looked at on a telephone. More than this share of it, or so many characters more, would be cut.
LABEL: Final = 40
SHARE, MORE = 2.0, 18


# Markdown takes stars behind a punctuation mark for an end only where no letter follows.
NO_END: Final = re.compile(r"[^\w\s}*]\*\*[\w{]")


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


def same(english: dict[str, str], other: dict[str, str], shared: set[str]) -> list[str]:
    """Return which texts are as in English although nobody said that they may be."""
    found = set()
    for path, text in english.items():
        words = WORD.findall(PLACEHOLDER.sub("", text))
        alike = words and other[path] == text
        if alike and (len(words) >= SENTENCE or text not in shared):
            found.add(text)
    return sorted(found)


def cut(english: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return which labels are so much longer than in English that they are cut."""
    return [
        f"{path}: {other[path]}"
        for path, text in english.items()
        if len(text) <= LABEL
        and len(other[path]) > max(SHARE * len(text), len(text) + MORE)
    ]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_no_english_is_left(path: Path) -> None:
    shared = set(SHARED.get(path.stem, ()))
    english, other = dict(texts(translations())), dict(texts(load(path)))
    left = same(english, other, shared)
    assert not left, (
        f"translations/{path.name} says {left} as in English: translate it, or add it to "
        "shared_words.json where the language has the same word"
    )
    unused = shared - set(other.values())
    assert not unused, f"shared_words.json, {path.stem}: nothing says {sorted(unused)}"


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_labels_fit(path: Path) -> None:
    wrong = cut(dict(texts(translations())), dict(texts(load(path))))
    assert not wrong, f"translations/{path.name}: shorten {wrong}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_bold_has_an_end(path: Path) -> None:
    raw = [where for where, text in texts(load(path)) if open_ended(text)]
    assert not raw, f"translations/{path.name}: put a blank behind the stars of {raw}"


def open_ended(text: str) -> bool:
    """Return whether the stars of a bold text would be shown."""
    pieces = text.split("**")
    ends = zip(pieces[1::2], pieces[2::2], strict=False)
    return any(NO_END.search(f"{bold[-1:]}**{rest}") for bold, rest in ends)


def test_stars_that_would_be_shown_are_found() -> None:
    assert open_ended("**不。**{how}")
    assert not any(map(open_ended, ("**No.** {how}", "**{name}** (x)", "**a**b", "a")))


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_each_language_has_a_glossary(path: Path) -> None:
    lines = (GLOSSARY / f"{path.stem}.tsv").read_text("utf-8").splitlines()
    assert lines[0] == "English\ttranslation\tsource"
    assert len(lines) > 40
    wrong = [line for line in lines if len(line.split("\t")) != 3]
    assert not wrong, f"{path.stem}.tsv: three columns, please, in {wrong}"


def test_what_is_english_or_too_long_is_found() -> None:
    english = {
        "a": "Allow it",
        "b": "Timer",
        "c": "{x} Ah",
        "d": "That stays like this",
        "e": "On",
    }
    other = {**english, "e": "Eingeschaltet, wie es war"}
    assert same(english, other, {"Timer"}) == ["Allow it", "That stays like this"]
    assert same(english, other, {*english.values()}) == ["That stays like this"]
    assert cut(english, other) == ["e: Eingeschaltet, wie es war"]
