"""What every run against a real Home Assistant is framed by: a start, progress, a scratch folder, an exit code."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
import sys
import tempfile
import time
from typing import Final

from .home_assistant import HomeAssistant, prepare
from .process import PATIENCE, Trouble, until
from .world_client import WorldProcess, add_proxy

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


async def start(
    folder: Path,
    world: WorldProcess,
    port: int,
    *,
    python: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> HomeAssistant:
    """Start Home Assistant and wait until it hears the proxy."""
    prepare(folder, port)
    home = await HomeAssistant.start(folder, port, python=python, environ=environ)
    await home.ready()
    for proxy in world.proxies:
        await add_proxy(home.api, proxy)
    children = (home.child, world.child)
    await until("the proxy", PATIENCE, world.all_subscribed, children=children)
    return home


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
