"""Read as much of a JSON text as is whole: what was torn off is missing, and the rest is as it was."""

import json
import re
from typing import Final

_SIGNS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|["{}\[\],]', re.DOTALL)
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
    for found in _SIGNS.finditer(text):
        sign = found[0]
        if sign == '"' or len(closers) > _DEEPEST:
            break
        if sign in _CLOSERS:
            closers.append(_CLOSERS[sign])
        elif sign in "}]":
            closers.pop()
        elif sign != ",":
            continue
        end = found.start() if sign == "," else found.end()
        open_there = closers[::-1]
    return text[:end] + "".join(open_there)
