"""Blueprints: each can be imported by the link that the documents give, and says where it is from."""

from pathlib import Path
from urllib.parse import quote

import pytest

from .repo import INTEGRATION, ROOT
from .test_documents import DOCS, PAGES

BLUEPRINTS = sorted((INTEGRATION / "blueprints").rglob("*.yaml"))
IMPORT = "https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url="


def said(path: Path, key: str) -> str:
    """Return what a blueprint says of itself."""
    lines = path.read_text().splitlines()
    found = next(one for one in lines if one.startswith(f"  {key}: "))
    return found.partition(": ")[2].strip('"')


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda one: one.stem)
def test_a_blueprint_says_where_it_is_from(path: Path) -> None:
    link = PAGES + path.relative_to(ROOT).as_posix()
    assert said(path, "source_url") == link, "source_url is its page in the repository"


def test_the_documents_list_all_blueprints() -> None:
    text = (DOCS / "blueprints.md").read_text()
    rows = {one for one in text.splitlines() if IMPORT in one}
    wanted = {
        f"| {said(one, 'name')} | {said(one, 'description')} "
        f"| [import]({IMPORT}{quote(said(one, 'source_url'), safe='')}) |"
        for one in BLUEPRINTS
    }
    assert rows == wanted, "write these rows into .github/docs/blueprints.md"
