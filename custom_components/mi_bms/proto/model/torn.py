"""Read as much of a damaged JSON text as is whole, and take out of what it says what is wrong."""

from collections.abc import Sequence
import json
import re
from typing import Any, Final

_SIGNS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|["{}\[\],:]', re.DOTALL)
_CLOSERS: Final = {"{": "}", "[": "]"}
_DEEPEST: Final = 64
# Halves of characters, which nobody can write down again.
_HALVES: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def read_torn(raw: bytes) -> object:
    """Return what of a JSON document can be read, None if nothing can."""
    text = raw.decode(json.detect_encoding(raw), errors="replace")
    text = _HALVES.sub(r"\\ufffd", text)
    try:
        return json.loads(text)
    except json.JSONDecodeError as err:
        text = _closed(text[: err.pos])
    except ValueError, RecursionError:
        return None
    try:
        return json.loads(text)
    except ValueError, RecursionError:
        return None


def _closed(text: str) -> str:
    """Cut a text behind the last part that is whole, and close what is open there."""
    closers: list[str] = []
    end, open_there = 0, list[str]()
    sign = ""
    for found in _SIGNS.finditer(text):
        before, sign = sign, found[0]
        if sign == '"' or len(closers) > _DEEPEST:
            break
        if sign in _CLOSERS:
            closers.append(_CLOSERS[sign])
        elif sign in "}]":
            closers.pop()
        elif sign[0] == '"':
            # A text is whole by its quotes; of a number or a word more may have followed, a name has no value.
            if before != ":" and closers[-1:] != ["]"]:
                continue
        elif sign != ",":
            continue
        end = found.start() if sign == "," else found.end()
        open_there = closers[::-1]
    return text[:end] + "".join(open_there)


def torn_data(raw: bytes, newest: int) -> object:
    """Return what can be read of the data of a stored document, None if a newer version wrote it."""
    document = read_torn(raw)
    if not isinstance(document, dict):
        return None
    version = document.get("version")
    newer = isinstance(version, int) and version > newest
    return None if newer else document.get("data")


def shallow(data: Any, levels: int) -> Any:
    """Return a copy of so many levels, with nothing in the place of what lies deeper."""
    if isinstance(data, dict):
        return {key: shallow(one, levels - 1) for key, one in data.items() if levels}
    if isinstance(data, list):
        return [shallow(one, levels - 1) for one in data if levels]
    return data


def take_out(data: Any, path: Sequence[Any]) -> None:
    """Take out what a path leads to."""
    *way, last = path
    for step in way:
        data = data[step]
    del data[last]
