"""The JavaScript of the cards: small, alone, and never making HTML of text."""

from pathlib import Path
import re
from typing import Final

import pytest

from .repo import INTEGRATION

FOLDER: Final = INTEGRATION / "frontend"
FILES: Final = sorted(path for path in FOLDER.rglob("*") if path.is_file())
# Bytes in all: Home Assistant serves them uncompressed.
MOST: Final = 90_000
IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'`]([^"'`]+)["'`]""")
ADDRESS: Final = re.compile(r"""(?:https?:|wss?:)?//[\w-]+\.[\w./-]+""")
# A name for drawings, and our own page, which only a person opens.
MAY: Final = ("http://www.w3.org/", "https://github.com/mi-bms/mi-bms")
MAKES_HTML: Final = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment"
    r"|DOMParser|\beval\s*\(|new Function\b|setHTMLUnsafe|unsafeHTML"
)


def test_all_of_it_is_small() -> None:
    size = sum(len(path.read_bytes()) for path in FILES)
    assert size <= MOST, (
        f"frontend/ has {size} bytes, {MOST} are the most: it is served as it is"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_a_module_that_stands_for_itself(path: Path) -> None:
    assert path.suffix == ".js", f"{path.name}: nothing but modules is served"
    text = path.read_text("utf-8")
    foreign = [one for one in IMPORT.findall(text) if not one.startswith(("./", "../"))]
    assert not foreign, (
        f"{path.name} imports {foreign}: import relatively, depend on nobody"
    )
    outside = [one for one in ADDRESS.findall(text) if not one.startswith(MAY)]
    assert not outside, f"{path.name} names {outside}: cards work without a network"
    made = MAKES_HTML.findall(text)
    assert not made, f"{path.name} has {made}: names are text, use textContent"


@pytest.mark.parametrize(
    ("code", "pattern"),
    [
        ('import { a } from "lit";', IMPORT),
        ("const a = await import('https://x.example/a.js');", IMPORT),
        ('fetch("//cdn.example.com/a")', ADDRESS),
        ('const a = "https://example.com/b";', ADDRESS),
        ("a.innerHTML = name;", MAKES_HTML),
        ("eval(name)", MAKES_HTML),
    ],
)
def test_what_is_not_wanted_is_found(code: str, pattern: re.Pattern[str]) -> None:
    assert pattern.search(code)
