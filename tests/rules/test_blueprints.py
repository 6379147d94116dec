"""Blueprints: each can be imported by the link that the documents give, and says where it is from."""

from pathlib import Path
import re
from typing import Any
from urllib.parse import quote

from annotatedyaml import parse_yaml
import pytest

from .repo import INTEGRATION, ROOT, load
from .test_documents import DOCS, PAGES
from .test_languages import SHARED, cut, same, texts

BLUEPRINTS = sorted((INTEGRATION / "blueprints").rglob("*.yaml"))
WORDS = sorted((INTEGRATION / "blueprints" / "words").glob("*.json"))
FILLED = re.compile(r"{{.+?}}")
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


def words(part: Any) -> dict[str, Any]:
    """Return names and descriptions of a part of a blueprint, and of its inputs."""
    told: dict[str, Any] = {
        key: part[key] for key in ("name", "description") if key in part
    }
    if inputs := part.get("input"):
        told["input"] = {name: words(one or {}) for name, one in inputs.items()}
    return told


def english() -> dict[str, Any]:
    """Return what the blueprints say."""
    return {
        path.stem: words(yaml_of(path)["blueprint"])
        for path in (INTEGRATION / "blueprints" / "automation").glob("*.yaml")
    }


def yaml_of(path: Path) -> Any:
    """Return what a blueprint holds."""
    return parse_yaml(path.read_text("utf-8"))


def test_each_language_has_the_blueprints() -> None:
    languages = {one.stem for one in (INTEGRATION / "translations").glob("*.json")}
    assert {one.stem for one in WORDS} == languages - {"en"}


@pytest.mark.parametrize("path", WORDS, ids=lambda one: one.stem)
def test_a_language_says_all_of_the_blueprints(path: Path) -> None:
    there, here = dict(texts(english())), dict(texts(load(path)))
    assert sorted(here) == sorted(there), "the same names and descriptions"
    for name, text in there.items():
        assert sorted(FILLED.findall(here[name])) == sorted(FILLED.findall(text)), name
    shared = set(SHARED.get(path.stem, ()))
    assert not same(there, here, shared), (
        "translate it, or name it in shared_words.json"
    )
    assert not cut(there, here), "shorten it"
