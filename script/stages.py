"""Run the stages of script/test, side by side as far as the processor reaches, and sum up.

Without stage names all of them run. What a stage says is printed whole when it has ended; at once where it
is the only one.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import os
from pathlib import Path
import sys
import time
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from script.commands import Command, Job, Turn, run  # noqa: E402

PYTHON: Final = sys.executable
PROTO: Final = "custom_components/mi_bms/proto"
COVERAGE: Final = (PYTHON, "-m", "coverage")
PYTEST: Final = (PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider")
# Bytes, pictures, and words of other languages.
UNSPELLED: Final = (
    "./tests/fixtures",
    "*.png",
    "./.github/glossary",
    "./custom_components/mi_bms/translations/[!e]*",
    "./custom_components/mi_bms/translations/es.json",
    "./custom_components/mi_bms/blueprints/words",
    "./tests/rules/shared_words.json",
)
# What an optional stage ends with where its tools cannot be had.
NO_TOOLS: Final = "exit code 77"
CORES: Final = min(4, os.cpu_count() or 1)
SHARED: Final = ("-n", str(CORES))  # processes
WAITS: Final = 0.0  # for minutes nothing happens: it runs beside all others
HALF: Final = 0.5  # a whole Home Assistant waits as long as it works
# The files whose tests take the longest of those with houses of their own.
LONG_WALKS: Final = "test_switching or test_languages"
MEASURED: Final = ("--cov-branch", "--cov-report=", "--cov-fail-under=0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Describe a stage: its commands run in order until one fails, or each for itself."""

    title: str
    commands: tuple[Command, ...]
    quick: tuple[Command, ...] = ()  # what runs instead of the commands with --fast
    slow: bool = False
    apart: bool = False  # no command needs what another one did
    cores: float = 1.0  # so much of the processor each command keeps busy
    optional: bool = False  # left out where its tools cannot be had, unless asked for
    environ: Mapping[str, str] = field(default_factory=dict)


# What the integration tests run through: all but what has stages of its own.
HOUSES: Final = (
    *PYTEST,
    *SHARED,
    "tests",
    "--ignore=tests/proto",
    "--ignore=tests/rules",
)


def gate(percent: int, *choice: str) -> Command:
    """Return the command that judges the coverage measured just before."""
    missing = ("--skip-covered", "--show-missing", "--precision=1")
    return (*COVERAGE, "report", *missing, *choice, f"--fail-under={percent}")


STAGES: Final[Mapping[str, Stage]] = {
    "lint": Stage(
        title="ruff: style and mistakes",
        commands=((PYTHON, "-m", "ruff", "check", "."),),
    ),
    "format": Stage(
        title="ruff: layout",
        commands=(
            (PYTHON, "-m", "ruff", "format", "--check", "--output-format=concise", "."),
        ),
    ),
    "rules": Stage(
        title="imports, texts, manifest, files",
        # They look at files: no house is needed.
        commands=((*PYTEST, "-p", "no:homeassistant", "tests/rules"),),
    ),
    "types": Stage(title="mypy: strict types", commands=((PYTHON, "-m", "mypy"),)),
    "spelling": Stage(
        title="codespell",
        commands=(
            (PYTHON, "-m", "codespell_lib", f"--skip={','.join(UNSPELLED)}", "."),
        ),
    ),
    "generated": Stage(
        title="manifest, index of batteries, tables of the documents",
        commands=((PYTHON, "script/generate.py", "--check"),),
    ),
    "cards": Stage(
        title="the JavaScript of the cards: types, mistakes",
        commands=(("script/cards",),),
        optional=True,
    ),
    "proto": Stage(
        title="protocol code, all branches",
        commands=(
            # Pure code needs nothing of Home Assistant's test kit. Not shared between processes: each
            # would read and rewrite all tests anew, which takes a third as long as running them.
            (
                *PYTEST,
                "-p",
                "no:homeassistant",
                "tests/proto",
                f"--cov={PROTO}",
                *MEASURED,
            ),
            gate(100),
        ),
        environ={
            "COVERAGE_FILE": ".coverage.proto",
            "MI_BMS_PURE": "1",
            # Tests are rewritten to tell more of what fails; anew each time that takes a tenth.
            "PYTHONDONTWRITEBYTECODE": "",
        },
    ),
    # What takes longest goes before all that is not done soon, or all would wait for it in the end.
    "browser": Stage(
        title="the wizard in a real browser",
        # What shares a house keeps its order; the rest has houses of its own, half of it each.
        commands=(
            ("script/browser", "-m", "not usual_house", "-k", f"not ({LONG_WALKS})"),
            ("script/browser", "-m", "usual_house"),
            ("script/browser", "-m", "not usual_house", "-k", LONG_WALKS),
        ),
        slow=True,
        apart=True,
        optional=True,
    ),
    "meters": Stage(
        title="what meters count while Home Assistant is killed again and again (script/run)",
        commands=(("script/run", "--proof", "meters"),),
        slow=True,
        cores=WAITS,
    ),
    "takeover": Stage(
        title="devices that move here from other integrations, and back (script/run)",
        commands=(
            ("script/run", "--proof", "takeover"),
            ("script/run", "--proof", "takeover", "--minimum"),
        ),
        slow=True,
        cores=WAITS,
    ),
    "integration": Stage(
        title="the oldest Home Assistant and the simulated world",
        commands=(
            (*HOUSES, "--cov=custom_components/mi_bms", *MEASURED),
            gate(95, f"--omit={PROTO}/*"),
        ),
        # How much is covered says nothing where tests are left out.
        quick=((*HOUSES, "-m", "not slow"),),
        # It keeps all of it busy, but waiting for that would leave half of it idle for minutes.
        cores=CORES / 2,
        environ={"COVERAGE_FILE": ".coverage.integration"},
    ),
    "replay": Stage(
        title="script/replay with a file of each kind",
        commands=tuple(
            ("script/replay", path)
            for path in {
                path.parent: str(path)
                for half in ("bms", "mibeacon")
                for path in sorted(ROOT.glob(f"tests/fixtures/{half}/*.json"))
            }.values()
        ),
    ),
    "run": Stage(
        title="a whole Home Assistant, the newest and the oldest (script/run --check)",
        commands=(
            ("script/run", "--check"),
            ("script/run", "--check", "--minimum"),
        ),
        slow=True,
        apart=True,
        cores=HALF,
    ),
    "proofs": Stage(
        title="a local adapter, what sensors do over a connection, a phone, keys and switching over kills, a served"
        " device (script/run)",
        commands=(
            ("script/run", "--proof", "kills"),
            ("script/run", "--proof", "control"),
            ("script/run", "--check", "--world", "tests/world/scenarios/local.toml"),
            ("script/run", "--check", "--world", "tests/world/scenarios/active.toml"),
            ("script/run", "--proof", "forgers"),
            ("script/run", "--proof", "homekit"),
            ("script/run", "--proof", "peripheral"),
        ),
        slow=True,
        apart=True,
        cores=HALF,
    ),
    "upgrade": Stage(
        title="statistics from the oldest Home Assistant to the newest (script/run)",
        # Without a C compiler no clock can be set ahead.
        commands=(("script/run", "--proof", "upgrade"),),
        slow=True,
        cores=HALF,
        optional=True,
    ),
    "outputs": Stage(
        title="messages through a real broker, lines of a program that is killed",
        commands=(
            (PYTHON, "tests/bench/kill_file.py", "30"),
            (PYTHON, "tests/bench/broker.py", "5"),
        ),
        slow=True,
        optional=True,
    ),
}


def jobs_of(name: str, *, fast: bool) -> list[Job]:
    """Return what is to be done for a stage, with ``fast`` the quick way if it has one."""
    stage = STAGES[name]
    commands = (fast and stage.quick) or stage.commands
    colours = {"FORCE_COLOR": "1"} if sys.stdout.isatty() else {}
    return [
        Job(
            name=name,
            commands=part,
            environ=colours | dict(stage.environ),
            cores=stage.cores,
        )
        for part in ([(one,) for one in commands] if stage.apart else [commands])
    ]


def outcome(turns: Sequence[Turn]) -> tuple[str, float]:
    """Return why a stage failed, "" when it passed, and the seconds from its first command to its last."""
    failures = [one.failure for one in turns if one.failure]
    # That tools are missing says less than what went wrong where they are not needed.
    failures.sort(key=lambda why: why == NO_TOOLS)
    seconds = max(one.ended for one in turns) - min(one.begun for one in turns)
    return next(iter(failures), ""), seconds


def parse(arguments: list[str]) -> tuple[list[str], set[str], bool]:
    """Read the command line; return the stages to run, which of them were asked for, and whether in haste."""
    stages = "\n".join(f"  {name:12} {stage.title}" for name, stage in STAGES.items())
    parser = argparse.ArgumentParser(
        prog="script/test",
        description=__doc__,
        epilog=f"stages:\n{stages}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--fast",
        action="store_true",
        help="leave out the end-to-end runs and the tests that are marked slow; how much the"
        " integration tests cover is not judged then",
    )
    parser.add_argument(
        "--browser",
        action="store_true",
        help="run the stage browser, and fail if no browser can be had",
    )
    parser.add_argument(
        "stage", nargs="*", help="run only these, in the order of the list below"
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.stage if name not in STAGES]:
        parser.error(
            f"there is no stage {', '.join(unknown)}; there are {', '.join(STAGES)}"
        )
    asked = {*options.stage, *(("browser",) if options.browser else ())}
    names = [
        name
        for name, stage in STAGES.items()
        if name in (asked or STAGES) and not (options.fast and stage.slow)
    ]
    return names, asked, options.fast


def main(arguments: list[str]) -> int:
    """Run the stages and print the summary."""
    (names, asked, fast), started = parse(arguments), time.monotonic()
    results: dict[str, tuple[str, float]] = {}
    try:
        turns = run([job for name in names for job in jobs_of(name, fast=fast)], CORES)
    except KeyboardInterrupt:
        print("\nscript/test: interrupted", file=sys.stderr)
        return 130
    print("\n=== summary")
    for name in names:
        failure, seconds = outcome([one for one in turns if one.job.name == name])
        if STAGES[name].optional and name not in asked and failure == NO_TOOLS:
            print(f"{name} is left out: its tools cannot be had here")
            continue
        results[name] = failure, seconds
    for name, (failure, seconds) in results.items():
        verdict = f"FAILED ({failure})" if failure else "passed"
        print(f"{name:12} {seconds:6.1f} s  {verdict}")
    failed = sum(1 for failure, _ in results.values() if failure)
    total = time.monotonic() - started
    print(
        f"{len(results) - failed} passed, {failed} failed in {total:.1f} s", flush=True
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
