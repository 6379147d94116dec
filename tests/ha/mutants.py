"""Damage what is stored: every place of a JSON document, and the bytes of the file."""

from collections.abc import Iterator
import copy
import json
import random
from typing import Any, Final

type Path = tuple[str | int, ...]

DEEP: Final = 400


def _nested(depth: int) -> Any:
    value: Any = 1
    for turn in range(depth):
        value = [value] if turn % 2 else {"a": value}
    return value


VALUES: Final[dict[str, Any]] = {
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "minus one": -1,
    "half": 0.5,
    "2**31": 2**31,
    "2**63": 2**63,
    "1e308": 1e308,
    "-1e308": -1e308,
    "empty text": "",
    "text": "x",
    "digits": "12",
    "nul": "\0",
    "long text": "A" * 70_000,
    "bidi": "\u202e\u2066x",
    "snowmen": "\u2603" * 16,
    "future": "9999-12-31T23:59:59.999999+00:00",
    "past": "0001-01-01T00:00:00+00:00",
    "no zone": "2026-11-28T17:55:41",
    "empty list": [],
    "list": [1, "x", None],
    "list of lists": [[[]]],
    "many": list(range(3000)),
    "empty mapping": {},
    "mapping": {"a": 1},
    "mapping of mappings": {"": {"": {}}},
    "deep": _nested(DEEP),
}


def paths(node: Any, here: Path = (), most: int = 3) -> Iterator[Path]:
    """Return every place of a document; of long lists and mappings the first few."""
    yield here
    if isinstance(node, dict):
        for key in list(node) if len(node) < 30 else list(node)[:most]:
            yield from paths(node[key], (*here, key), most)
    elif isinstance(node, list):
        for number in range(min(len(node), most)):
            yield from paths(node[number], (*here, number), most)


def look(node: Any, path: Path) -> Any:
    """Return what stands at a place."""
    for one in path:
        node = node[one]
    return node


def put(document: Any, path: Path, value: Any) -> Any:
    """Return a copy with another value at a place."""
    if not path:
        return copy.deepcopy(value)
    made = copy.deepcopy(document)
    look(made, path[:-1])[path[-1]] = copy.deepcopy(value)
    return made


def without(document: Any, path: Path) -> Any:
    """Return a copy without a place."""
    made = copy.deepcopy(document)
    del look(made, path[:-1])[path[-1]]
    return made


def _shapes(value: Any) -> Iterator[tuple[str, Any]]:
    """Return what somebody makes of a value who means well."""
    yield "in a list", [value]
    yield "in a mapping", {"value": value}
    yield "as a text", json.dumps(value)
    if isinstance(value, dict):
        yield "with an unknown key", {**value, "of_tomorrow": {"x": [1]}, "": None}
        yield "as pairs", [[key, one] for key, one in value.items()]
        yield "in lower case", {str(key).lower(): one for key, one in value.items()}
        yield (
            "without colons",
            {str(key).replace(":", ""): one for key, one in value.items()},
        )
        yield "shuffled", dict(zip(value, reversed(list(value.values())), strict=True))
        yield "many unknown", value | {f"k{number}": number for number in range(3000)}
    if isinstance(value, list):
        yield "twice", value + value
        yield "as a mapping", {str(n): one for n, one in enumerate(value)}
        yield "a thousand times", (value * 1000)[:5000]
    if isinstance(value, str):
        yield "in upper case", value.upper()
        yield "cut", value[: len(value) // 2]
        yield "twice", value * 2
        yield "with blanks", f" {value} "
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield "negative", -value
        yield "a million times", value * 1e6
        yield "half more", value + 0.5


def mutants(document: Any, below: Path = ()) -> Iterator[tuple[str, Path, Any]]:
    """Return damaged copies: a name, the place and the document."""
    for path in paths(look(document, below), below):
        where = "/".join(map(str, path)) or "all"
        for name, value in VALUES.items():
            yield f"{where} = {name}", path, put(document, path, value)
        for name, value in _shapes(look(document, path)):
            yield f"{where} {name}", path, put(document, path, value)
        if path:
            yield f"{where} gone", path, without(document, path)


def some(
    document: Any, below: Path, count: int, seed: int
) -> list[tuple[str, Path, Any]]:
    """Return damaged copies by chance, always the same."""
    every = list(mutants(document, below))
    return random.Random(seed).sample(every, min(count, len(every)))
