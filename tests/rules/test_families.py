"""What two battery families share lies in a dialect or a helper, not twice."""

import ast
from collections import defaultdict
from itertools import combinations
from pathlib import Path
import re

from .repo import PROTO

FAMILIES = PROTO / "bms" / "families"
LEAST = 6  # lines that may not stand twice
LONG = 120  # lines that want a reason
BIT = re.compile(r"\s*\d+: Alarm\.\w+,$")


def lines_of(path: Path) -> list[tuple[int, str]]:
    """Return the lines that say something: no blanks, comments, docstrings, imports or lone brackets.

    Rows of a table of alarm bits are passed over too: two makers may well number the same alarms alike.
    """
    text = path.read_text("utf-8")
    passed: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        words = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if words or isinstance(node, ast.Import | ast.ImportFrom):
            passed.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if number not in passed
        and any(char.isalnum() for char in line)
        and not line.lstrip().startswith("#")
        and not BIT.match(line)
    ]


def places(paths: list[Path], least: int) -> dict[tuple[str, ...], list[str]]:
    """Return each run of lines with the places where it stands, one per file."""
    found: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for path in paths:
        lines = lines_of(path)
        for at in range(len(lines) - least + 1):
            run = tuple(text for _, text in lines[at : at + least])
            found[run].setdefault(path.name, lines[at][0])
    return {
        run: [f"{name}:{number}" for name, number in where.items()]
        for run, where in found.items()
    }


def test_no_six_lines_stand_in_two_families() -> None:
    paths = sorted(FAMILIES.glob("[a-z]*.py"))
    twice = {
        pair
        for where in places(paths, LEAST).values()
        for pair in combinations(where, 2)
    }
    assert not twice, (
        f"six lines stand in both files at {sorted(twice)}: put what they share into a module of "
        "proto/bms/dialects"
    )


def test_the_rule_finds_what_stands_twice(tmp_path: Path) -> None:
    body = "\n".join(f"value_{number} = {number}" for number in range(LEAST))
    for name, between in (("one", "\n# a remark\n\n"), ("two", "\n")):
        head = f'"""{name}."""\nimport {name}\nown_{name} = 1\n'
        (tmp_path / f"{name}.py").write_text(head + body.replace("\n", between, 1))
    (tmp_path / "three.py").write_text(body.replace("value_3", "another"))
    paths = sorted(tmp_path.glob("*.py"))
    assert [w for w in places(paths, LEAST).values() if len(w) > 1] == [
        ["one.py:4", "two.py:4"]
    ]


def test_long_families_say_why() -> None:
    silent = []
    for path in FAMILIES.glob("[a-z]*.py"):
        text = path.read_text("utf-8")
        module = ast.parse(text)
        listed = sum(
            (node.end_lineno or node.lineno) - node.lineno
            for node in module.body
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "LISTING"
        )
        if len(text.splitlines()) - listed > LONG:
            words = " ".join((ast.get_docstring(module) or "").split())
            if "Long because" not in words:
                silent.append(path.name)
    assert not silent, (
        f"{silent}: say in the docstring why it is long: 'Long because …'"
    )
