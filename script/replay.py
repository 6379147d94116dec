"""Play recorded adverts and battery frames through the decoders and print one JSON object for each.

A file is a JSON array of vectors of sensors (``service_uuid``/``service_data``) or of batteries
(``kind``/``exchange``), as bug reports carry them. ``remarks`` say which question of a battery had no
answer and why a frame was refused. Errors of a file end in one line and exit code 1.

With ``--accept`` what a vector decodes to becomes what it expects, once all of the file were decoded.
"""

from contextlib import suppress
import json
from pathlib import Path
from stat import S_IWUSR
import sys
from types import ModuleType
from typing import Any, Final

from tests.replay import batteries, sensors

USAGE: Final = (
    "usage: script/replay [--accept] FILE…  (JSON arrays of recorded vectors)"
)
# What a vector may be there to show besides values.
_TOLD: Final = frozenset({"decoded", "ok"})
_SPOILED: Final = "the vector lacks or spoils"


def half(vector: Any) -> ModuleType:
    """Return the half that a vector belongs to."""
    return batteries if "kind" in vector or "exchange" in vector else sensors


def replay(vector: Any) -> dict[str, Any]:
    """Hand a vector to the half that it belongs to."""
    if isinstance(vector, dict):
        try:
            result: dict[str, Any] = half(vector).replay(vector)
        except (AttributeError, KeyError, TypeError, ValueError) as err:
            return _broken(vector.get("id"), f"{_SPOILED}: {err}")
        return result
    return _broken(None, "a vector must be a JSON object")


def _broken(name: Any, error: str) -> dict[str, Any]:
    return {
        "id": name,
        "outcome": "error",
        "values": {},
        "events": [],
        "error": error,
        "remarks": [],
    }


def vectors(path: Path) -> list[Any]:
    """Read a file of vectors; what is wrong with it is raised in a sentence for the user."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ValueError(f"cannot be read: {err.strerror}") from err
    except (ValueError, RecursionError) as err:
        raise ValueError(f"is no JSON file: {err}") from err
    if not isinstance(content, list):
        raise TypeError("must hold a JSON array of vectors")
    if not content:
        raise ValueError("holds no vector: put what you recorded into it")
    return content


def accepted(vector: Any, result: dict[str, Any]) -> dict[str, Any] | None:
    """Return a vector with what it decodes to as what it expects; None where it is right as it is.

    Raise ``ValueError`` for one that is refused, unless it is there to be, and ``TypeError`` for one
    whose expectation is none.
    """
    name = result["id"]
    if not isinstance(vector, dict) or not name or not vector.get("source"):
        raise ValueError(
            f"{name or 'a vector'}: needs an id and a source that says where the bytes come from"
        )
    if not isinstance(vector.get("expect") or {}, dict):
        raise TypeError(f"{name}: expect must be a JSON object, or left out")
    if str(result["error"]).startswith(_SPOILED):
        raise ValueError(f"{name}: {result['error']}: correct it")
    if vector.get("expect_error") or vector.get("outcome", "decoded") != "decoded":
        if (wrong := half(vector).judge(vector)) is None:
            return None
        word = "expect_error" if vector.get("expect_error") else "outcome"
        raise ValueError(
            f"{name}: is to be refused, but {wrong}: correct it, or take {word} out of it"
        )
    if result["outcome"] not in _TOLD:
        why = "; ".join(filter(None, (result["error"], *result["remarks"])))
        raise ValueError(f"{name}: refused, {why or result['outcome']}")
    told, expect = result["values"], vector.get("expect")
    if (
        expect is None
        and told.get("recognised_as", family := vector.get("family")) != family
    ):
        raise ValueError(
            f"{name}: recognised as {told['recognised_as']}, not as {family}: correct the advert, "
            "or LISTING of the family; what is meant so is said in expect"
        )
    if expect is not None and half(vector).judge(vector) is None:
        if told.keys() <= expect.keys():
            return None
        # What it expects to be absent stays.
        told = {**told, **{name: expect[name] for name in expect.keys() - told.keys()}}
    filled = {**vector, "expect": told}
    if half(vector) is sensors:
        filled |= {"outcome": result["outcome"], "events": result["events"]}
    return filled


def accept(path: Path) -> None:
    """Show what the vectors of a file decode to, then write it into them; all of them or none."""
    found = vectors(path)
    results = [replay(vector) for vector in found]
    for result in results:
        show(result)
    filled = [
        accepted(vector, result) for vector, result in zip(found, results, strict=True)
    ]
    if not any(filled):
        print(f"{path}: expects this already", file=sys.stderr)
        return
    whole = [new or old for new, old in zip(filled, found, strict=True)]
    write(path, whole)
    print(f"{path}: {sum(map(bool, filled))} filled in", file=sys.stderr)


def write(path: Path, content: list[Any]) -> None:
    """Write vectors as the file is laid out; nothing is left half-written."""
    text = path.read_text(encoding="utf-8")
    second = text.splitlines()[1:2]
    indent = len(second[0]) - len(second[0].lstrip()) if second else 0
    made = json.dumps(content, indent=indent or 2, ensure_ascii=text.isascii()) + "\n"
    # Otherwise a new file would take its place, whoever was meant to leave it alone.
    if not path.stat().st_mode & S_IWUSR:
        raise ValueError("cannot be written: it is read-only")
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(made, encoding="utf-8")
        beside.replace(path)
    except OSError as err:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ValueError(f"cannot be written: {err.strerror}") from err


def show(result: dict[str, Any]) -> None:
    """Print a result in one line."""
    print(json.dumps(result, ensure_ascii=False, allow_nan=False))


def main(arguments: list[str]) -> int:
    """Print the results of all files, in order."""
    accepting = arguments[:1] == ["--accept"]
    names = arguments[1:] if accepting else arguments
    if not names or names[0].startswith("-"):
        print(
            USAGE, file=sys.stdout if names[:1] in (["-h"], ["--help"]) else sys.stderr
        )
        return 0 if names[:1] in (["-h"], ["--help"]) else 1
    failed = False
    for name in names:
        try:
            if accepting:
                accept(Path(name))
            else:
                for vector in vectors(Path(name)):
                    show(replay(vector))
        except (TypeError, ValueError) as err:
            print(f"{name}: {err}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
