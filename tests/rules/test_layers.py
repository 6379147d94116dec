"""Who may import whom: one table, lowest first.

A package imports itself, ``const``, all of ``proto`` and what its row names. A package of ``proto``
imports itself and what its row names. What is in the same row does not know each other.
"""

import ast
from pathlib import Path
import subprocess
import sys
from typing import Final

import pytest

from .repo import INTEGRATION, PROTO, nodes, tree

ROWS: Final[tuple[tuple[str, str], ...]] = (
    ("proto.model", ""),
    (
        "proto.air proto.mibeacon proto.bms proto.activation proto.scheduler proto.energy",
        "proto.model",
    ),
    (
        "proto.gatt proto.bank proto.control proto.takeover",
        "proto.model proto.bms proto.activation proto.air proto.energy proto.scheduler",
    ),
    ("proto.keys proto.publish", "proto.model proto.mibeacon"),
    ("proto.active", "proto.model proto.mibeacon proto.activation proto.gatt"),
    ("const texts stored quantities meters bluetooth lean", ""),
    ("runtime entries options stored_files", "stored bluetooth stored_files texts"),
    (
        "keys dashboard window",
        "stored stored_files bluetooth texts runtime entries options",
    ),
    ("outputs", "stored stored_files runtime options"),
    (
        "batteries banks",
        "stored bluetooth texts quantities meters runtime entries options window",
    ),
    ("sensors", "lean stored bluetooth texts quantities runtime entries options keys"),
    (
        "face takeover",
        "stored texts quantities meters bluetooth runtime entries options keys batteries banks sensors stored_files",
    ),
    (
        "flow actions",
        "texts quantities bluetooth runtime entries options keys dashboard window outputs batteries banks sensors face takeover",
    ),
    ("entry", "stored outputs batteries banks sensors flow"),
    ("doors", "*"),  # the modules that Home Assistant asks for
)
MAY: Final = {name: may.split() for names, may in ROWS for name in names.split()}
LIBRARIES: Final = {"proto.mibeacon", "proto.bms", "proto.activation"}  # cryptography
ONLY: Final = {
    "bleak": "bluetooth/connection.py",
    "bleak_retry_connector": "bluetooth/connection.py",
    "habluetooth": "bluetooth/scanners.py",
}


def modules() -> list[Path]:
    return sorted(INTEGRATION.rglob("*.py"))


def room(dotted: str) -> str:
    """Return the row that a module belongs to; ``doors`` is all that has none of its own."""
    first, _, rest = dotted.partition(".")
    if first == "proto":
        return f"proto.{rest.partition('.')[0]}" if rest else "proto"
    return first if first in MAY else "doors"


def ours(path: Path) -> set[str]:
    """Return what a module imports of ours, as dotted names below the integration."""
    package = path.relative_to(INTEGRATION).parent.parts
    names: set[str] = set()
    for node in nodes(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            module = (*base, *(node.module.split(".") if node.module else ()))
            names.update(
                ".".join((*module, alias.name))
                if not node.module or len(module) == 1
                else ".".join(module)
                for alias in node.names
            )
    return names


def imported(path: Path) -> set[str]:
    """Return what a module imports by absolute name."""
    names: set[str] = set()
    for node in nodes(tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def others(path: Path) -> set[str]:
    """Return the packages that a module imports by absolute name."""
    return {name.partition(".")[0] for name in imported(path)}


def dotted(path: Path) -> str:
    parts = path.relative_to(INTEGRATION).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and parts[1:] else parts)


def allowed(who: str, what: str) -> bool:
    """Return whether a module of one row may import a module of another."""
    if who in {what, "doors", "proto"}:
        return True
    if what == "const" or (what.startswith("proto") and not who.startswith("proto")):
        return who != "const"
    return what in MAY[who]


# Subclasses of Home Assistant's own processor for adverts, for speed: see StateWriter.LEANS_ON.
PROCESSORS: Final = {"sensors/state_writer.py", "sensors/processor.py"}


@pytest.mark.parametrize("who", [*MAY])
def test_nobody_imports_what_its_row_does_not_name(who: str) -> None:
    wrong = [
        f"{path.relative_to(INTEGRATION)} imports {name}"
        for path in modules()
        if room(dotted(path)) == who
        for name in sorted(ours(path))
        if not allowed(who, room(name))
    ]
    assert not wrong, (
        f"{'; '.join(wrong)}. {who} may import: {' '.join(MAY[who]) or 'nothing'}. Move what is "
        "shared down into a package that both may import, or hand it over as an argument."
    )


def test_the_table_is_short_and_complete() -> None:
    assert len(ROWS) <= 15, "join two rows; nobody remembers more than fifteen"
    rooms = {room(dotted(path)) for path in modules()} - {"proto"}
    assert rooms == {*MAY}, "each package has one row in ROWS, and each row a package"


@pytest.mark.parametrize("who", [name for name in MAY if name.startswith("proto.")])
def test_proto_needs_no_library(who: str) -> None:
    may = {"cryptography"} if who in LIBRARIES else set()
    for path in sorted(PROTO.joinpath(who.removeprefix("proto.")).rglob("*.py")):
        foreign = others(path) - sys.stdlib_module_names - may
        assert not foreign, (
            f"{path.relative_to(PROTO)} imports {sorted(foreign)}: proto is pure, "
            "hand over what the library gives as an argument"
        )


def test_talking_knows_batteries_only_by_their_contract() -> None:
    for path in (PROTO / "gatt").glob("*.py"):
        wrong = [
            name for name in ours(path) if ".families" in name or ".dialects" in name
        ]
        assert not wrong, (
            f"{path.name} imports {wrong}: what it needs belongs in bms.contract"
        )


def test_time_passes_only_in_the_runner() -> None:
    runner = PROTO / "gatt" / "runner.py"
    wrong = [
        str(path.relative_to(PROTO))
        for path in PROTO.rglob("*.py")
        if path != runner and "asyncio.sleep" in path.read_text()
    ]
    assert not wrong, (
        f"{wrong} sleep: yield the step Pause instead, or let gatt.runner try again"
    )


def test_families_do_not_know_each_other() -> None:
    folder = PROTO / "bms" / "families"
    for path in folder.glob("*.py"):
        wrong = [name for name in ours(path) if name.startswith("proto.bms.families")]
        assert not wrong, (
            f"{path.name} imports {wrong}; what they share belongs to dialects"
        )


@pytest.mark.parametrize("library", ONLY)
def test_one_module_touches_the_library(library: str) -> None:
    users = {
        str(path.relative_to(INTEGRATION))
        for path in modules()
        if library in others(path)
    }
    assert users <= {ONLY[library]}, (
        f"{sorted(users)} import {library}: only {ONLY[library]} may; ask it instead"
    )


def test_one_package_touches_home_assistants_bluetooth() -> None:
    theirs = "homeassistant.components.bluetooth"
    wrong = sorted(
        where
        for path in modules()
        if not (where := str(path.relative_to(INTEGRATION))).startswith("bluetooth/")
        and where not in PROCESSORS
        and any(f"{name}.".startswith(f"{theirs}.") for name in imported(path))
    )
    assert not wrong, (
        f"{wrong} import {theirs}: ask bluetooth/adverts.py (what is heard, now and from now on) or "
        "bluetooth/scanners.py (who hears it) instead, or add there what is missing"
    )


def test_proto_needs_no_home_assistant() -> None:
    code = (
        "import sys, pkgutil, importlib\n"
        "for name in ('homeassistant', 'bleak', 'habluetooth'): sys.modules[name] = None\n"
        f"sys.path.insert(0, {str(INTEGRATION)!r})\n"
        "import proto\n"
        "for module in pkgutil.walk_packages(proto.__path__, 'proto.'):\n"
        "    importlib.import_module(module.name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# Folders and modules with these names are taken for a platform of that integration by Home Assistant.
CLAIMED: Final = [
    "application_credentials",
    "assist_satellite",
    "backup",
    "cast",
    "conversation",
    "diagnostics",
    "energy",
    "geo_location",
    "group",
    "hardware",
    "homekit",
    "image_processing",
    "infrared",
    "intent",
    "llm",
    "logbook",
    "media_source",
    "mqtt",
    "recorder",
    "repairs",
    "scene",
    "script",
    "significant_change",
    "siren",
    "system_health",
    "trigger",
    "condition",
    "webhook",
    "zone",
]


# Names that two public classes bear, and why that is right.
SAME_NAME: Final = {
    "Ask": "a row of a plan is the step of that name, with what is read of the answer",
    "Order": "to read a battery and to move a device: in packages that never meet",
    "Refused": "a sample that is not believed, and a move that is not begun",
    "Read": "a step of a dialogue and an event of a battery: two closed vocabularies that never meet",
}


def test_no_two_public_classes_of_one_name() -> None:
    where: dict[str, list[str]] = {}
    for path in modules():
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where.setdefault(node.name, []).append(
                    str(path.relative_to(INTEGRATION))
                )
    double = {name: paths for name, paths in where.items() if paths[1:]}
    wrong = {name: paths for name, paths in double.items() if name not in SAME_NAME}
    assert not wrong, (
        f"{wrong}: a word means one thing; rename one of the classes, or say in SAME_NAME why they are one"
    )
    assert SAME_NAME.keys() <= double.keys(), "take out of SAME_NAME what is no longer"


def test_no_name_is_claimed_by_home_assistant() -> None:
    ours_by_purpose = {
        *("condition", "diagnostics", "logbook", "recorder", "repairs", "trigger")
    }
    names = {path.stem for path in INTEGRATION.iterdir()} - ours_by_purpose
    wrong = names & {*CLAIMED}
    assert not wrong, f"{sorted(wrong)}: Home Assistant loads modules of these names"
