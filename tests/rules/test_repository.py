"""Changelog, README, fixtures, and words that must not be anywhere."""

import ast
import os
from pathlib import Path
import re

import pytest

from .repo import INTEGRATION, ROOT, calls, files, generator, load, nodes, tree

FILES = files()
VERSION = load(INTEGRATION / "manifest.json")["version"]
FIXTURES = [path for path in FILES if path.is_relative_to(ROOT / "tests" / "fixtures")]
# Spelled in pieces, so that this file does not hold them.
FORBIDDEN = re.compile(
    "|".join(
        (
            r"(?<![\w.])/" + "work/",
            r"/" + "root/",
            r"/home/" + r"[a-z]+/",
            r"\.\./" + "shared",
            "pypi" + r"\.org/simple",
            "files.python" + "hosted",
            "registry" + r"\.npmjs",
            "deb.debian" + r"\.org",
        )
    )
)


def readable(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def test_generated_files_are_fresh() -> None:
    stale = [str(path.relative_to(ROOT)) for path in generator().stale()]
    assert not stale, f"{stale} are stale: run script/generate"


def test_changelog_names_the_version() -> None:
    headings = re.findall(
        r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert headings[:2] == ["Unreleased", VERSION], (
        f"CHANGELOG.md begins with [Unreleased], then [{VERSION}], the version of manifest.json"
    )


def test_nothing_names_a_machine() -> None:
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in FILES
        if (match := FORBIDDEN.search(readable(path)))
    }
    assert not found, f"take these places of a machine out: {found}"


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixtures_say_where_they_come_from(path: Path) -> None:
    assert path.suffix == ".json", f"{path.name}: fixtures are JSON"
    content = load(path)
    entries = content if isinstance(content, list) else [content]
    assert entries, f"{path.name} is empty: remove it"
    silent = [entry.get("id") for entry in entries if not entry.get("source")]
    assert not silent, (
        f"{path.name}: say in the source of {silent} where the bytes come from"
    )


@pytest.mark.parametrize(
    "path",
    [
        ".ci/run",
        *(
            f"script/{name}"
            for name in ("browser", "cards", "generate", "new", "replay")
        ),
        *(f"script/{name}" for name in ("run", "setup", "test")),
    ],
)
def test_programs_can_be_run(path: str) -> None:
    assert os.access(ROOT / path, os.X_OK), f"chmod +x {path}"


def test_no_assert_outside_tests() -> None:
    for path in INTEGRATION.rglob("*.py"):
        assert not any(isinstance(node, ast.Assert) for node in nodes(tree(path))), (
            f"{path}: raise an error instead of assert, which python -O leaves out"
        )
        assert not any(calls(tree(path), "print")), f"{path}: log instead of print"


def test_readme_names_the_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in ("script/run", "script/test"):
        assert command in readme, f"name {command} in README.md, For developers"
