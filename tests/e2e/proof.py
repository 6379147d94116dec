"""What every run against a real Home Assistant is framed by: progress, a scratch folder, an exit code."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
import sys
import tempfile
import time
from typing import Final

from .process import Trouble

STARTED: Final = time.monotonic()


def say(text: str) -> None:
    """Report progress."""
    print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", flush=True)  # noqa: T201


def verdict(name: str, problems: list[str]) -> int:
    """Tell what is wrong, if anything is; gives the exit code."""
    for line in problems:
        say(f"PROBLEM {line}")
    say(f"{name} FAILED" if problems else f"{name} passed")
    return 1 if problems else 0


def prove(name: str, run: Callable[[Path], Awaitable[int]]) -> int:
    """Run a proof in a scratch folder; gives the exit code."""

    async def work(folder: str) -> int:
        return await run(Path(folder))

    with tempfile.TemporaryDirectory(prefix=f"mi_bms_{name}_") as folder:
        try:
            return asyncio.run(work(folder))
        except (Trouble, OSError) as err:
            print(f"{name}: {err}", file=sys.stderr)  # noqa: T201
            return 1
