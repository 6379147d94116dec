"""Write into the tables of the code, and name what is written."""

import ast
from dataclasses import dataclass
import json
from pathlib import Path
import re
import subprocess
import sys
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
INTEGRATION: Final = ROOT / "custom_components" / "mi_bms"
FIXTURES: Final = ROOT / "tests" / "fixtures"
# What script/generate may write after a new row.
GENERATED: Final = (
    INTEGRATION / "manifest.json",
    INTEGRATION / "proto" / "bms" / "index.py",
    ROOT / "README.md",
    *sorted((ROOT / ".github" / "docs").glob("*.md")),
)
# No placeholder, no address, and nothing that ends a cell of a table or a string.
_PLAIN: Final = re.compile(r"[^\W_](?!.*//)[^\"\\{}<>|`]{0,59}")


class Mistake(Exception):
    """Report what cannot be begun, in one line that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be written: ``files`` with their whole text, ``fixtures`` whose expectations are filled in."""

    files: dict[Path, str]
    fixtures: tuple[Path, ...] = ()
    advice: str


def append(text: str, table: str, row: str) -> str:
    """Return a module with a row put at the end of a top-level table."""
    for node in ast.parse(text).body:
        named = node.target if isinstance(node, ast.AnnAssign) else None
        if (
            isinstance(named, ast.Name)
            and named.id == table
            and isinstance(node, ast.AnnAssign)
        ):
            return _before(text, _closing(node.value), row)
    raise Mistake(
        f"the table {table} is not where it was: put the row in by hand, {row.strip()}"
    )


def _closing(value: ast.expr | None) -> int:
    """Return the line of the bracket that ends a table, from 0."""
    if value is None or value.end_lineno is None:
        raise Mistake("a table without an end cannot be added to")
    return value.end_lineno - 1


def _before(text: str, line: int, row: str) -> str:
    lines = text.splitlines(keepends=True)
    return formatted("".join((*lines[:line], row, *lines[line:])))


def formatted(text: str) -> str:
    """Return a module laid out as the house does."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "format",
            "--quiet",
            "--stdin-filename",
            "new.py",
            "-",
        ],
        cwd=INTEGRATION,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Mistake(
            f"the new row is no Python: {done.stderr.strip().splitlines()[0]}"
        )
    return done.stdout


def plain(text: str) -> bool:
    """Return whether users may read this: plain words."""
    return text.isprintable() and _PLAIN.fullmatch(text) is not None


def as_json(content: Any, indent: int = 2) -> str:
    """Return a JSON file as they are laid out here."""
    return json.dumps(content, indent=indent, ensure_ascii=False) + "\n"


def spaced(data: bytes, at: int = 20) -> list[str]:
    """Return bytes in hex, cut as Bluetooth would with a small MTU."""
    return [data[start : start + at].hex() for start in range(0, len(data), at)]
