"""Write what follows from the tables: the manifest's Bluetooth matchers, the batteries' index, the documents.

``script/generate`` calls this with the right Python. A table stands between
``<!-- generated: NAME -->`` and ``<!-- end: NAME -->``, in the README and below ``.github/docs``.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from importlib import import_module
import json
import os
from pathlib import Path
import re
import sys
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from custom_components.mi_bms.proto.bms import matching  # noqa: E402
from custom_components.mi_bms.proto.bms.catalogue import Listing  # noqa: E402
from custom_components.mi_bms.proto.mibeacon.matchers import MATCHERS  # noqa: E402
from script.documents import protocols  # noqa: E402
from script.documents.actions import actions, rights  # noqa: E402
from script.documents.batteries import (  # noqa: E402
    batteries,
    batteries_number,
    not_offered,
    switched,
)
from script.documents.entities import entities  # noqa: E402
from script.documents.options import FORMS, options  # noqa: E402
from script.documents.sensors import models, sensors  # noqa: E402
from script.documents.switching import switching  # noqa: E402
from script.documents.takeover import moving, staying  # noqa: E402

__all__ = ["FORMS", "TABLES", "stale"]

INTEGRATION = ROOT / "custom_components" / "mi_bms"
MANIFEST = INTEGRATION / "manifest.json"

FAMILIES = "custom_components.mi_bms.proto.bms.families"
INDEX_FILE = INTEGRATION / "proto/bms/index.py"
INDEX_HEAD = '''"""All battery families without their decoders; made by script/generate, do not edit.

Change the listing in the family's own file, ``families/<id>.py``, then run ``script/generate``.
"""

from collections.abc import Mapping
from typing import Final

from .catalogue import Listing, Match, Password, Secret

# fmt: off
INDEX: Final[Mapping[str, Listing]] = {
'''

# What a manifest holds beside the matchers, in the order that Home Assistant wants.
# Home Assistant finds a name by a word that begins within its first twenty letters, or by the domain.
NAME = "Mi BMS (Xiaomi & battery BMS)"
HEAD = {"domain": "mi_bms", "name": NAME}
REST = {
    # Used only where they are: an output may publish, a memory may fill gaps of statistics, a
    # battery may stand in the Energy dashboard, cards want pages to stand in.
    "after_dependencies": [
        "blueprint",
        "energy",
        "frontend",
        "lovelace",
        "mqtt",
        "recorder",
    ],
    "codeowners": ["@mi-bms"],
    "config_flow": True,
    "dependencies": ["bluetooth_adapters", "file_upload", "http"],
    "documentation": "https://github.com/mi-bms/mi-bms",
    "integration_type": "device",
    "iot_class": "local_push",
    "issue_tracker": "https://github.com/mi-bms/mi-bms/issues",
    "loggers": ["custom_components.mi_bms"],
    "requirements": [],
}


def manifest() -> str:
    """Return the manifest; its version is the only thing kept from the file that is there."""
    found: list[Mapping[str, Any]] = [*MATCHERS, *matching.matchers()]
    matchers = [{key: one[key] for key in sorted(one)} for one in found]
    version = json.loads(MANIFEST.read_text())["version"]
    rest = {**REST, "bluetooth": matchers, "version": version}
    whole = HEAD | {key: rest[key] for key in sorted(rest)}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def numbers() -> list[str]:
    """Say how many devices are supported, in tens: a new one changes no sentence."""
    sensors_known, batteries_known = (
        (count - 1) // 10 * 10 for count in (models(), batteries_number())
    )
    return [
        f"More than **{sensors_known} models of sensors** and **{batteries_known} types of batteries**."
    ]


# What stands between marks, by the name in the mark.
TABLES: Mapping[str, Callable[[], list[str]]] = {
    "numbers": numbers,
    "sensors": sensors,
    "batteries": batteries,
    "not offered": not_offered,
    "switched": switched,
    "entities": entities,
    "options": options,
    "actions": actions,
    "rights": rights,
    "switching": switching,
    "moving": moving,
    "staying": staying,
    **protocols.TABLES,
}
MARK = re.compile(r"<!-- generated: (.*?) -->\n(.*?)<!-- end: (.*?) -->", re.DOTALL)


def documents() -> list[Path]:
    """Return the files that hold tables."""
    return [ROOT / "README.md", *sorted((ROOT / ".github" / "docs").rglob("*.md"))]


def filled(path: Path) -> str:
    """Return a document with its tables made anew."""

    def made(mark: re.Match[str]) -> str:
        name = mark[1]
        if name not in TABLES or name != mark[3]:
            raise SystemExit(
                f"{path.name}: there is no table {name}, or its end is missing"
            )
        try:
            lines = "\n".join(TABLES[name]())
        except KeyError as err:
            raise SystemExit(
                f"{path.name}: for the table {name} translations/en.json lacks {err}"
            ) from None
        return f"<!-- generated: {name} -->\n{lines}\n<!-- end: {name} -->"

    return MARK.sub(made, path.read_text())


def missing() -> set[str]:
    """Return the tables that stand in no document."""
    found = {
        mark[1] for path in documents() for mark in MARK.finditer(path.read_text())
    }
    return {*TABLES} - found


def stale() -> dict[Path, str]:
    """Return each file whose content is not what the tables say, with what it should be."""
    if lost := missing():
        raise SystemExit(
            f"the marks of these tables are in no document: {', '.join(sorted(lost))}"
        )
    wanted = {MANIFEST: manifest(), **{path: filled(path) for path in documents()}}
    return {path: text for path, text in wanted.items() if path.read_text() != text}


def listings() -> dict[str, Listing]:
    """Return the listing that stands in each family's file, in the order of asking."""
    found = {
        path.stem: import_module(f"{FAMILIES}.{path.stem}").LISTING
        for path in sorted((INTEGRATION / "proto/bms/families").glob("[a-z]*.py"))
    }
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def _made(row: object) -> str:
    """Return a row of a table as code, without what is as usual."""
    said = []
    for one in fields(row):  # type: ignore[arg-type]
        value = getattr(row, one.name)
        usual = one.default_factory() if callable(one.default_factory) else one.default
        if value != usual:
            said.append(f"{one.name}={_code(value)}")
    return f"{type(row).__name__}({', '.join(said)})"


def _code(value: object) -> str:
    if isinstance(value, tuple):
        return "(" + "".join(f"{_code(one)}, " for one in value).rstrip() + ")"
    if isinstance(value, StrEnum):
        return f"{type(value).__name__}.{value.name}"
    return _made(value) if is_dataclass(value) else repr(value)


def index() -> str:
    """Return the module that lists all families without their decoders."""
    rows = "".join(f"    {name!r}: {_made(row)},\n" for name, row in listings().items())
    return INDEX_HEAD + rows + "}\n"


def main(arguments: list[str]) -> int:
    """Run the command line."""
    if arguments not in ([], ["--check"]):
        print("usage: script/generate [--check]", file=sys.stderr)
        return 2
    files = {INDEX_FILE: made} if (made := index()) != INDEX_FILE.read_text() else {}
    if files and not arguments:
        INDEX_FILE.write_text(made)
        # All other tables are made from it.
        os.execv(sys.executable, [sys.executable, __file__])  # noqa: S606
    files |= stale()
    for path, wanted in files.items():
        name = path.relative_to(ROOT)
        if arguments:
            print(f"{name} is stale: run script/generate")
        else:
            path.write_text(wanted)
            print(f"{name} written")
    return 1 if arguments and files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
