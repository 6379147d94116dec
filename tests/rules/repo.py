"""Where things are, and what the code says of itself."""

import ast
from collections.abc import Callable, Collection, Iterator
from functools import cache
import importlib.util
import json
from pathlib import Path
import subprocess
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INTEGRATION = ROOT / "custom_components" / "mi_bms"
PROTO = INTEGRATION / "proto"
TEXTS = "translations/en.json"
PLATFORMS = (
    "binary_sensor",
    "button",
    "event",
    "number",
    "select",
    "sensor",
    "switch",
)


def load(path: Path) -> Any:
    """Read a JSON file; a key that stands twice is an error."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        assert len(made) == len(pairs), (
            f"{path.name}: a key stands twice in {sorted(made)}"
        )
        return made

    try:
        return json.loads(path.read_text("utf-8"), object_pairs_hook=once)
    except ValueError as err:
        raise AssertionError(f"{path.name} is no JSON file in UTF-8: {err}") from err


def translations() -> Any:
    """Return the English texts."""
    return load(INTEGRATION / "translations" / "en.json")


def same(
    found: Collection[str], asked: Collection[str | None], where: str, file: str = TEXTS
) -> None:
    """Raise for what a file lacks or has left over, with what to do."""
    wanted = {one for one in asked if one is not None}
    lacks, over = sorted(wanted - {*found}), sorted({*found} - wanted)
    before = f"{where}." if where else ""
    missing = ", ".join(f"{before}{one}" for one in lacks)
    surplus = ", ".join(f"{before}{one}" for one in over)
    said = [
        f"{file} lacks {missing}: add it, the code asks for it" if lacks else "",
        f"{file} has {surplus}, which nothing asks for: remove it" if over else "",
    ]
    assert not (lacks or over), "; ".join(filter(None, said))


@cache
def together(*checks: Callable[[], None]) -> None:
    """Make all checks, and raise for all that failed in one message."""
    wrong = []
    for check in checks:
        try:
            check()
        except AssertionError as err:
            wrong.append(str(err).partition("\n")[0])
    assert not wrong, "; ".join(wrong)


def tree(path: Path) -> ast.Module:
    """Parse a Python file, once for all rules."""
    return ast.parse(path.read_text(), str(path))


@cache
def nodes(module: ast.AST) -> tuple[ast.AST, ...]:
    """Return all that a piece of code is made of, once for all rules."""
    return tuple(ast.walk(module))


def calls(module: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Return the calls of functions or methods of these names."""
    for node in nodes(module):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            if name in names:
                yield node


def argument(call: ast.Call, name: str) -> ast.expr | None:
    """Return a keyword argument of a call."""
    return next(
        (keyword.value for keyword in call.keywords if keyword.arg == name), None
    )


def text(node: ast.expr | None) -> str | None:
    """Return the text of a constant, None for anything else."""
    return (
        node.value
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        else None
    )


def generator() -> ModuleType:
    """Import the program that writes manifest, index and documents."""
    spec = importlib.util.spec_from_file_location(
        "generate", ROOT / "script" / "generate.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def files() -> list[Path]:
    """Return all files that belong to the repository, committed or not."""
    listed = subprocess.run(
        [
            "/usr/bin/env",
            "git",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return sorted(path for path in paths if path.is_file())
