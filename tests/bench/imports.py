"""Measure import time and memory of the integration, with one and with all families in use.

    python tests/bench/imports.py [rounds]

Each measurement is a process of its own. It imports everything twice and measures the second time,
when the modules of others, which Home Assistant has loaded anyway, are there. The best round counts.
"""

from importlib import import_module
import json
from pathlib import Path
import subprocess
import sys
import time
import tracemalloc
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "custom_components" / "mi_bms"
OURS: Final = "custom_components.mi_bms"
FAMILIES: Final = f"{OURS}.proto.bms.families"
ROUNDS: Final = 3
# What is in use: title, number of families (-1 = all).
USES: Final = (("integration", 0), ("and 1 family", 1), ("and all families", -1))

type Found = dict[str, Any]


def import_ours() -> None:
    """Import what Home Assistant imports to set up one entry of each kind."""
    for path in sorted(PACKAGE.glob("*.py")):
        name = OURS if path.stem == "__init__" else f"{OURS}.{path.stem}"
        import_module(name)


def import_families(count: int) -> None:
    """Load some families as entries do."""
    registry = import_module(f"{OURS}.proto.bms.registry")
    ids = sorted(path.stem for path in PACKAGE.glob("proto/bms/families/[a-z]*.py"))
    # The first one is the one that most people have.
    ids.remove("jbd")
    for family_id in ["jbd", *ids] if count < 0 else ["jbd", *ids][:count]:
        registry.load(family_id)


def child(task: Found) -> Found:
    """Do one measurement in this process."""
    sys.path.insert(0, str(ROOT))
    import_ours()
    import_families(task["families"])
    for name in [name for name in sys.modules if name.startswith(OURS)]:
        del sys.modules[name]
    before = set(sys.modules)
    if task["memory"]:
        tracemalloc.start()
    start = time.process_time()
    import_ours()
    import_families(task["families"])
    taken = time.process_time() - start
    new = sys.modules.keys() - before
    return {
        "seconds": taken,
        "bytes": tracemalloc.get_traced_memory()[0] if task["memory"] else 0,
        "modules": len([name for name in new if name.startswith(OURS)]),
        "families": len([name for name in new if name.startswith(f"{FAMILIES}.")]),
    }


def ask(task: Found) -> Found:
    """Have one measurement done in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, json.dumps(task)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Print the table; 1 if importing the integration loads families."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    lines = [f"{'in use':20}{'modules':>9}{'families':>10}{'ms':>9}{'KiB':>9}"]
    eager = 0
    for title, families in USES:
        times = [ask({"families": families, "memory": False}) for _ in range(rounds)]
        seconds = min(one["seconds"] for one in times)
        found = ask({"families": families, "memory": True})
        eager += found["families"] if families == 0 else 0
        lines.append(
            f"{title:20}{found['modules']:9}{found['families']:10}{seconds * 1e3:9.1f}{found['bytes'] / 1024:9.0f}"
        )
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if eager else 0


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("{"):
        sys.stdout.write(json.dumps(child(json.loads(sys.argv[1]))) + "\n")
        sys.exit(0)
    sys.exit(main())
