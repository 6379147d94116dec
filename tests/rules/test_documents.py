"""The documents: short enough to be read, with links that lead somewhere, and true of the code."""

from pathlib import Path
import re

import pytest

from .repo import INTEGRATION, PROTO, ROOT, generator

README = ROOT / "README.md"
DOCS = ROOT / ".github" / "docs"
DOCUMENTS = [README, *sorted((ROOT / ".github").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Where our own files are read from outside: pages, pictures, the README.
PAGES = "https://github.com/mi-bms/mi-bms/blob/main/"
PICTURES = "https://raw.githubusercontent.com/mi-bms/mi-bms/main/"
FRONT = "https://github.com/mi-bms/mi-bms#"


def anchors(path: Path) -> set[str]:
    """Return the anchors that the headings of a document make."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", one.lower()).strip().replace(" ", "-")
        for one in headings
    }


def leads_nowhere(link: str) -> bool:
    """Return whether a link names a file or a heading of ours that is not there."""
    if link.startswith(FRONT):
        return link.removeprefix(FRONT) not in anchors(README)
    for base in (PAGES, PICTURES):
        if link.startswith(base):
            name, _, anchor = link.removeprefix(base).partition("#")
            path = ROOT / name
            lost = anchor and (not path.is_file() or anchor not in anchors(path))
            return not path.is_file() or bool(lost)
    return False


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    links = LINK.findall(path.read_text())
    relative = [one for one in links if not one.startswith("https://")]
    assert not relative, (
        f"{path.name}: {relative} do not work where Home Assistant shows it: begin them with {PAGES}"
    )
    lost = [one for one in links if leads_nowhere(one)]
    assert not lost, f"{path.name}: correct {lost}, no such file or heading is there"


def test_the_readme_is_for_users() -> None:
    lines = len(README.read_text().splitlines())
    assert lines < 450, (
        f"README.md has {lines} lines: move what is looked up to .github/docs, what is for "
        "contributors to .github/CONTRIBUTING.md"
    )


def test_each_table_has_its_place() -> None:
    lost = generator().missing()
    assert not lost, (
        f"put <!-- generated: NAME --> and <!-- end: NAME --> of {sorted(lost)} into a document "
        "below .github/docs, then run script/generate"
    )


def test_best_known_models_are_supported() -> None:
    part = README.read_text().partition("| Best known |")[2].partition("\n\n")[0]
    listed = (DOCS / "sensors.md").read_text()
    models = re.findall(r"\b[A-Z]{2}[A-Z0-9/-]*\d[A-Z0-9/-]*\b", part)
    wrong = [one for one in models if f"| {one} |" not in listed]
    assert len(models) > 20
    assert not wrong, (
        f"README.md names {wrong}, which .github/docs/sensors.md does not have"
    )


DIALECTS = [
    # A part of a dialect is named after it, and told of on its page.
    *sorted(
        path.stem
        for path in (PROTO / "bms" / "dialects").glob("[a-z]*.py")
        if "_" not in path.stem
    ),
    "mibeacon",
]


@pytest.mark.parametrize("name", DIALECTS)
def test_each_dialect_has_its_page(name: str) -> None:
    path = DOCS / "protocols" / f"{name}.md"
    assert path.is_file(), (
        f"describe the frame in .github/docs/protocols/{name}.md, with the mark "
        f"<!-- generated: frames {name} -->, then run script/generate"
    )
    assert re.search(
        r"^Source: .+\. As of \d{4}-\d\d-\d\d\.$", path.read_text(), re.MULTILINE
    ), f"{path.name}: say 'Source: …. As of YYYY-MM-DD.'"


CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
NAMED = re.compile(r"`((?:[\w.]+/)*[\w.]+\.(?:py|json|yaml|md)|(?:\.?\w+/)+)`")


def test_what_contributing_names_is_there() -> None:
    names = NAMED.findall(CONTRIBUTING.read_text())
    lost = [
        name
        for name in names
        if not any((base / name).exists() for base in (ROOT, INTEGRATION))
    ]
    assert len(names) > 60
    assert not lost, f"CONTRIBUTING.md names {sorted(set(lost))}: say where that is now"


def test_each_package_has_its_line() -> None:
    told = set(re.findall(r"^\| `(.+?)` \|", CONTRIBUTING.read_text(), re.MULTILINE))
    packages = {
        f"{path.parent.relative_to(INTEGRATION)}/"
        for path in INTEGRATION.rglob("__init__.py")
    }
    packages = {"." if name == "./" else name for name in packages}
    lacking = sorted(packages - told)
    assert not lacking, f"add a line for {lacking} to the map in CONTRIBUTING.md"


def test_contributing_is_short() -> None:
    lines = len(CONTRIBUTING.read_text().splitlines())
    assert lines <= 250, f"CONTRIBUTING.md has {lines} lines: 250 at most, shorten it"


def test_the_programs_of_contributing_are_there() -> None:
    named = set(re.findall(r"\bscript/(\w+)\b(?!/)", CONTRIBUTING.read_text()))
    lost = sorted(name for name in named if not (ROOT / "script" / name).exists())
    assert not lost, f"CONTRIBUTING.md names script/{lost}, which are not there"


def test_the_red_messages_are_those_of_the_rules() -> None:
    """What is said after *Red:* stands in a test or a program, between what is filled in."""
    code = " ".join(
        re.sub(r'"\s*\n\s*f?"', "", path.read_text())
        for folder in ("tests", "script")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "test_documents.py"
    )
    red = re.findall(r"^Red: .+$", CONTRIBUTING.read_text(), re.MULTILINE)
    messages = [one for line in red for one in re.findall(r"\*(.+?)\*", line)]
    assert len(red) == CONTRIBUTING.read_text().count("\n### Add ")
    pieces = [piece.strip(" :.") for one in messages for piece in one.split("…")]
    lost = [piece for piece in pieces if len(piece) > 3 and piece not in code]
    assert not lost, f"no message says {lost}: correct the recipes in CONTRIBUTING.md"
