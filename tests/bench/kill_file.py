"""Kill a program again and again while it appends lines, and look at every line that is left.

    python tests/bench/kill_file.py [times]

The writer goes on where the last whole line ends and puts the file aside every few hundred lines, so a
number that is missing, torn or there twice shows. Its file is looked at right after the kill, before
anything could mend it.
"""

from collections.abc import Iterator
import importlib.util
import json
import os
from pathlib import Path
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from types import ModuleType
from typing import Final

WRITER: Final = (
    Path(__file__).parents[2]
    / "custom_components"
    / "mi_bms"
    / "outputs"
    / "line_file.py"
)
NAME: Final = "readings.jsonl"
MAX_BYTES: Final = 512 * 1024
LONGEST: Final = 0.08  # s until a kill
WAIT: Final = 300.0  # s; only what hangs does not begin within so long


def _module() -> ModuleType:
    """Load the writer alone: a whole Home Assistant takes seconds to import."""
    spec = importlib.util.spec_from_file_location("line_file", WRITER)
    if spec is None or spec.loader is None:
        raise RuntimeError(WRITER)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def write(folder: Path, first: int) -> None:
    """Append numbered lines of different lengths until somebody kills us."""
    file = _module().LineFile(folder, [NAME], max_bytes=MAX_BYTES)
    number, said = first, False
    while True:
        lines = [
            json.dumps({"n": one, "text": "x" * (one * 37 % 400)}).encode() + b"\n"
            for one in range(number, number + 20)
        ]
        done = file.write(lines, time.time())
        if done.error is not None:
            raise done.error
        number += done.lines
        if not said:
            said = True
            os.write(sys.stdout.fileno(), b"begun\n")


def lines(folder: Path) -> Iterator[bytes]:
    """Return all lines, oldest first."""
    aside = sorted(
        folder.glob("readings-*.jsonl"),
        key=lambda path: (
            path.stem.split("-")[1],
            int([*path.stem.split("-"), "1"][2]),
        ),
    )
    for path in (*aside, folder / NAME):
        if path.exists():
            yield from path.read_bytes().splitlines(keepends=True)


def kill(times: int, folder: Path, chance: random.Random) -> tuple[int, int]:
    """Kill a writer so many times; give the number of lines and of files. ``ValueError`` when one is bad."""
    first = 0
    for _ in range(times):
        writer = subprocess.Popen(
            [sys.executable, __file__, "--write", str(folder), str(first)],
            stdout=subprocess.PIPE,
        )
        if writer.stdout is None or not select.select([writer.stdout], [], [], WAIT)[0]:
            raise RuntimeError("the writer does not begin")
        time.sleep(chance.uniform(0, LONGEST))
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        numbers = [json.loads(line)["n"] for line in lines(folder)]
        if numbers != list(range(len(numbers))) or len(numbers) <= first:
            raise ValueError("lines are missing or there twice")
        first = len(numbers)
    return first, len(list(folder.glob("*.jsonl")))


def main(times: int) -> None:
    """Run the measurement."""
    with tempfile.TemporaryDirectory() as folder:
        count, files = kill(times, Path(folder), random.Random(7))
    sys.stdout.write(
        f"{times} kills, {count} lines in {files} files: all whole, none lost, none twice\n"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]), int(sys.argv[3]))
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
