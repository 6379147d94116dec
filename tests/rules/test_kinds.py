"""What a kind of entry is stands in one row of ``entry.py``; whoever needs it asks the row."""

import ast
from pathlib import Path
from typing import Final

import pytest

from custom_components.mi_bms.entry import KINDS
from homeassistant.const import Platform

from .repo import INTEGRATION, calls, nodes, tree

# ``entries_of`` picks entries for those who stand below the rows.
FILTER: Final = "entries.py"
MODULES: Final = [
    path
    for path in sorted(INTEGRATION.rglob("*.py"))
    if "proto" not in path.parts and path.name != "entry.py"
]
PLATFORMS: Final = [
    path for name in Platform if (path := INTEGRATION / f"{name}.py").is_file()
]
DOORS: Final = [
    *PLATFORMS,
    *(
        INTEGRATION / f"{name}.py"
        for name in ("__init__", "config_flow", "diagnostics")
    ),
]


def names(node: ast.AST) -> set[str]:
    """Return the names that an expression uses."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_nothing_compares_kinds_beside_the_rows(path: Path) -> None:
    for node in nodes(tree(path)):
        compared = isinstance(node, ast.Compare | ast.Match) and {
            name
            for name in names(node)
            if name.startswith("KIND_") or name == "CONF_KIND"
        }
        where = f"{path.relative_to(INTEGRATION)}:{getattr(node, 'lineno', 0)}"
        assert not compared or (path.name == FILTER and compared == {"CONF_KIND"}), (
            f"{where} compares the kind of an entry: add what differs to Kind in "
            "entry.py, with a value in each row, and ask kind_of(entry)"
        )


@pytest.mark.parametrize("path", DOORS, ids=lambda path: path.stem)
def test_the_doors_do_not_ask_what_an_entry_runs(path: Path) -> None:
    assert not [*calls(tree(path), "isinstance", "running")], (
        f"{path.name} asks for the class of something: let the row of the entry's kind "
        "say what is added, in its package's platforms.py"
    )


def test_each_platform_is_a_door_of_some_kind() -> None:
    shown = {str(one) for kind in KINDS.values() for one in kind.platforms}
    assert {path.stem for path in PLATFORMS} == shown, (
        "each platform that a kind names has a module, and each module a kind: see "
        "PLATFORMS in sensors, batteries and outputs"
    )
