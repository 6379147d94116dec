"""Tables in Markdown, and the names that users read."""

from collections.abc import Iterable
import json
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
INTEGRATION: Final = ROOT / "custom_components" / "mi_bms"
TEXTS: Final[Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text())
NAMES: Final[Any] = TEXTS["entity"]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return the lines of a table."""
    head = tuple(head)
    lines = (head, ("---",) * len(head), *rows)
    return [
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
        for line in lines
    ]


def joined(words: Iterable[str]) -> str:
    """Return words with commas between, each once."""
    return ", ".join(dict.fromkeys(words))


def small(name: str) -> str:
    """Begin with a small letter, unless the word is an abbreviation."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]
