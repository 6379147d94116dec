"""Begin a sensor model, a battery or a quantity: its row or file, its fixture, and what is generated.

What cannot be begun ends in one line that says what to do. All files are written or none: when one
of the programs that run afterwards fails, everything is as it was.
"""

import argparse
from collections.abc import Mapping
import os
from pathlib import Path
import signal
import subprocess
import sys
from typing import Final, NoReturn, override

from script.scaffold import battery, model, quantity
from script.scaffold.source import GENERATED, ROOT, Mistake, Plan

SCRIPTS: Final = ROOT / "script"


class OneLine(argparse.ArgumentParser):
    """Say in one line what is wrong with a command."""

    @override
    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().split())
        raise Mistake(f"{message}; {usage}")


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    whole = OneLine(prog="script/new", description=__doc__)
    kinds = whole.add_subparsers(dest="kind", required=True, metavar="KIND")
    for part in (model, battery, quantity):
        one = kinds.add_parser(part.__name__.rpartition(".")[2], help=part.__doc__)
        one.add_argument("name")
        part.options(one)
        one.set_defaults(plan=part.plan)
    return whole


def contents(paths: Mapping[Path, str]) -> dict[Path, str | None]:
    """Return what stands in the files that may change; None for one that is not there."""
    files = (*paths, *GENERATED)
    return {path: path.read_text() if path.exists() else None for path in files}


def carry_out(plan: Plan) -> None:
    """Write the files and run what follows from them; leave everything as it was on a failure."""
    before = contents(plan.files)
    try:
        for path, text in plan.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        follow("generate")  # first: a battery is known by its index
        for fixture in plan.fixtures:
            follow("replay", "--accept", str(fixture))
    except BaseException:
        for ended in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ended, signal.SIG_IGN)  # what was begun is put back
        for path, old in before.items():
            if old is None:
                path.unlink(missing_ok=True)
            # What was not written may be why: one that is for reading only stays as it is.
            elif path.read_text() != old:
                path.write_text(old)
        raise


def follow(program: str, *arguments: str) -> None:
    """Run a program of this folder with the same Python."""
    done = subprocess.run(
        [sys.executable, SCRIPTS / f"{program}.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Mistake(f"script/{program} refuses what was begun: {''.join(last)}")


def main(arguments: list[str]) -> int:
    """Run the command line."""
    try:
        asked = parser().parse_args(arguments)
        plan = asked.plan(asked)
        carry_out(plan)
    except Mistake as mistake:
        print(f"script/new: {mistake}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "script/new: interrupted, nothing was begun: run it again", file=sys.stderr
        )
        return 130
    except OSError as error:
        print(
            f"script/new: {error.filename}: {error.strerror}; nothing was begun: let it be "
            "written, then run it again",
            file=sys.stderr,
        )
        return 1
    for path in plan.files:
        print(path.relative_to(ROOT))
    print(plan.advice)
    return 0


if __name__ == "__main__":
    for ended in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ended, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
