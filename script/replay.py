"""Play recorded adverts and battery frames through the decoders and print one JSON object for each.

A file is a JSON array of vectors of sensors (``service_uuid``/``service_data``) or of batteries
(``kind``/``exchange``), as bug reports carry them. Errors of a file end in one line and exit code 1.
"""

import json
from pathlib import Path
import sys
from typing import Any

from tests.replay import batteries, sensors


def replay(vector: Any) -> dict[str, Any]:
    """Hand a vector to the half that it belongs to."""
    if not isinstance(vector, dict):
        return {
            "id": None,
            "outcome": "error",
            "values": {},
            "events": [],
            "error": "a vector must be a JSON object",
        }
    half = batteries if "kind" in vector or "exchange" in vector else sensors
    return half.replay(vector)


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
    return content


def main(arguments: list[str]) -> int:
    """Print the results of all files, in order."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print("usage: script/replay FILE…  (JSON arrays of recorded vectors)")
        return 0 if arguments else 1
    failed = False
    for name in arguments:
        try:
            found = vectors(Path(name))
        except (TypeError, ValueError) as err:
            print(f"{name}: {err}", file=sys.stderr)
            failed = True
            continue
        for vector in found:
            print(json.dumps(replay(vector), ensure_ascii=False, allow_nan=False))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
