"""Files, functions and their branches stay as small as one can hold in mind."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from .repo import INTEGRATION, nodes, tree

FILE: Final = 350  # lines
FUNCTION: Final = 40  # lines
COMPLEXITY: Final = 15  # ways through a function, counted with boolean operators
# Files that may be longer, and why.
TABLES: Final = {
    "proto/mibeacon/devices.py": "a row for each model",
    "proto/mibeacon/formats/bthome.py": "a row for each object of the format",
    "proto/mibeacon/locks.py": "the words of locks, by object and by code",
    "proto/model/fields.py": "a row for each quantity",
    "quantities.py": "how each is shown",
}
BRANCHES: Final = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.comprehension,
    ast.match_case,
)
FILES: Final = sorted(INTEGRATION.rglob("*.py"))

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(INTEGRATION))


def functions(module: ast.Module) -> Iterator[Function]:
    for node in nodes(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """Return what belongs to a function; functions and classes within it are counted alone."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield child
            yield from inside(child)


def complexity(function: Function) -> int:
    """Return one more than the branches of a function; each further operand of and/or is one, too."""
    ways = 1
    for node in inside(function):
        ways += isinstance(node, BRANCHES)
        if isinstance(node, ast.comprehension):
            ways += len(node.ifs)
        elif isinstance(node, ast.BoolOp):
            ways += len(node.values) - 1
    return ways


def length(function: Function) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def above(path: Path, measure: Callable[[Function], int], most: int) -> str:
    """Return the functions of a file that measure more than they may, with how much."""
    sizes = [(one.name, measure(one)) for one in functions(tree(path))]
    return ", ".join(f"{name} has {size}" for name, size in sizes if size > most)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_short(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= FILE or name_of(path) in TABLES, (
        f"{name_of(path)} has {lines} lines, {FILE} are the most: move what has another subject into a "
        "module of its own; a file that is all rows belongs into TABLES, with the reason"
    )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_functions_are_short(path: Path) -> None:
    found = above(path, length, FUNCTION)
    assert not found, (
        f"{name_of(path)}: {found} lines, {FUNCTION} are the most: name the steps of the function, and "
        "make each a function"
    )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_functions_have_few_branches(path: Path) -> None:
    found = above(path, complexity, COMPLEXITY)
    assert not found, (
        f"{name_of(path)}: {found} branches with and/or, {COMPLEXITY} are the most: give a condition a "
        "name, make a case a function, or put cases into a table"
    )


def test_what_is_a_table_needs_to_be_one() -> None:
    short = [
        name
        for name in TABLES
        if len((INTEGRATION / name).read_text().splitlines()) <= FILE
    ]
    assert not short, f"take {short} out of TABLES: they are short enough"


@pytest.mark.parametrize(
    ("body", "ways"),
    [
        ("return 1", 1),
        ("return a and b and c or d", 4),
        ("return [x for x in a if x if not x]", 4),
        ("for x in a:\n  if x:\n   return 1\n  elif y:\n   return 2", 4),
        ("try:\n  a()\n except E:\n  return b if c else d", 3),
        ("match a:\n  case 1: return 2\n  case _ if b: return 3", 3),
        ("def g():\n  return a and b\n return g", 1),
    ],
)
def test_branches_are_counted(body: str, ways: int) -> None:
    (function,) = (
        one for one in functions(ast.parse(f"def f():\n {body}")) if one.name == "f"
    )
    assert complexity(function) == ways
