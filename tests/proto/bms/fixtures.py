"""All recorded and synthesised exchanges of batteries, as they lie in the fixture folder."""

import json
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[2] / "fixtures" / "bms"

VECTORS: Final[list[dict[str, Any]]] = [
    vector
    for path in sorted(FOLDER.glob("*.json"))
    for vector in json.loads(path.read_text("utf-8"))
]
