"""Start the world and Home Assistant, then check or wait; ``script/run`` calls this.

The one argument is a JSON object: check, by_hand, world, config, port, json.
"""

import asyncio
from collections.abc import Iterator
import contextlib
from dataclasses import asdict
import fcntl
import json
from pathlib import Path
import shutil
import signal
import sys
import tempfile
import time
from typing import Any, Final

from tests.ports import free_port, port_is_free

from .api import PASSWORD, USER
from .bases import missing
from .check import Check, Outcome
from .dashboards import look_at_dashboard, make_dashboard
from .home_assistant import HomeAssistant, prepare, writable
from .process import PATIENCE, Trouble, until
from .proof import say
from .world_client import WorldProcess, add_adapter, add_proxy

type Options = dict[str, Any]


def choose_port(options: Options) -> int:
    """Return the port for Home Assistant; raise ``Trouble`` when it is taken."""
    port: int | None = options["port"]
    if port is None and options["check"]:
        return free_port()
    port = port or 8123
    if not port_is_free(port):
        raise Trouble(f"port {port} is in use; choose another one with --port")
    return port


@contextlib.contextmanager
def configuration(options: Options) -> Iterator[Path]:
    """Return the configuration folder: the one to keep, or a scratch one."""
    if options["config"]:
        folder = Path(options["config"])
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise Trouble(f"--config {folder}: {err.strerror}") from None
        if not writable(folder):
            raise Trouble(f"--config {folder}: cannot be written to")
        with (folder / ".run.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Trouble(f"--config {folder}: another run uses it") from None
            yield folder
        return
    folder = Path(tempfile.mkdtemp(prefix="mi_bms_run_"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def bring_up(home: HomeAssistant, world: WorldProcess) -> None:
    """Wait for Home Assistant and give it all proxies."""
    await home.ready()
    say("Home Assistant runs; adding the proxies …")
    for proxy in world.proxies:
        await add_proxy(home.api, proxy)
    await until(
        "the proxies' connections",
        PATIENCE,
        world.all_subscribed,
        children=(home.child, world.child),
    )
    say(f"{len(world.proxies)} proxies are connected")
    for adapter in world.adapters:
        await add_adapter(home.api, adapter)
        say(f"the local adapter {adapter} is added")


_TO_LOOK: Final = (
    "  Open the dashboard and sign in. Devices are added one after the other and appear on it by",
    "  themselves. With --by-hand none is added, to click through that yourself.",
)
_TO_ADD: Final = (
    "  Open the address, sign in, choose Settings, then Devices & services. All simulated devices",
    "  appear under Discovered: choose Add and follow the steps.",
)


async def invite(
    home: HomeAssistant, world: WorldProcess, dashboard: str | None
) -> None:
    """Tell a person what there is to see."""
    truth = await world.truth(time.time())
    lines = [
        "",
        f"  Home Assistant   {home.api.url}",
        f"  user             {USER}",
        f"  password         {PASSWORD}",
        *([f"  dashboard        {dashboard}"] if dashboard else []),
        "",
        *(_TO_LOOK if dashboard else _TO_ADD),
    ]
    secrets = [
        f"    {address}  {device['kind']:<12} {word} {device[word]}"
        for address, device in truth.items()
        for word in ("key", "password")
        if device.get(word)
    ]
    if secrets:
        lines += ["", "  When a device asks for its key or password:", *secrets]
    lines += ["", "  Stop everything with Ctrl-C.", ""]
    print("\n".join(lines), flush=True)  # noqa: T201


def measurements(home: HomeAssistant, outcome: Outcome) -> dict[str, object]:
    """Return the figures of a check."""
    memory = home.child.peak_memory()
    # Without all values there is no such moment.
    right = outcome.rows and all(row.problem is None for row in outcome.rows)
    shown = round(outcome.seconds_shown, 2) if right else None
    return {
        "ok": not outcome.problems,
        "seconds_from_start_to_discovered": round(outcome.seconds_discovered, 2),
        "seconds_from_start_to_added": round(outcome.seconds_added, 2),
        "seconds_from_start_to_values": shown,
        "entities": len([row for row in outcome.rows if row.entity]),
        "devices": len({row.address for row in outcome.rows}),
        "flow_retries": outcome.retries,
        "peak_rss_mib": None if memory is None else round(memory / 2**20, 1),
        "problems": outcome.problems,
    }


def write_figures(file: Path, figures: dict[str, object], outcome: Outcome) -> None:
    """Write figures and rows as JSON; raise ``Trouble``."""
    rows = [asdict(row) for row in outcome.rows]
    try:
        file.write_text(
            json.dumps({**figures, "rows": rows}, indent=2) + "\n", encoding="utf-8"
        )
    except OSError as err:
        raise Trouble(f"--json {file}: {err.strerror}") from None


async def check(home: HomeAssistant, world: WorldProcess, options: Options) -> int:
    """Check the run; 0 when all is right."""
    outcome = await Check(home, world, say).run()
    outcome.problems += await look_at_dashboard(home.api)
    outcome.problems.extend(await asyncio.to_thread(missing))
    figures = measurements(home, outcome)
    if options["json"]:
        write_figures(Path(options["json"]), figures, outcome)
    for problem in outcome.problems:
        say(f"PROBLEM {problem}")
    shown = figures["seconds_from_start_to_values"]
    say(
        (
            "not all values"
            if shown is None
            else f"all values {shown} s after Home Assistant's start"
        )
        + f", {figures['devices']} devices, {figures['entities']} entities, "
        f"peak memory {figures['peak_rss_mib']} MiB"
    )
    say(
        "check passed"
        if figures["ok"]
        else f"check FAILED: {len(outcome.problems)} problems"
    )
    return 0 if figures["ok"] else 1


async def furnish(home: HomeAssistant, world: WorldProcess) -> None:
    """Add all devices, and say what did not go well; each step would push the address off the screen."""
    outcome = await Check(home, world, lambda _line: None).run()
    for problem in outcome.problems:
        say(f"PROBLEM {problem}")
    say("all devices are added")


async def end(work: asyncio.Task[None]) -> None:
    """Stop what is still being done, however it ended."""
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def first_dashboard(home: HomeAssistant, adding: asyncio.Task[None]) -> str:
    """Make the dashboard as soon as a device is there that it shows; return its address."""

    async def there() -> bool:
        if adding.done():
            adding.result()
        # An entry is told of before it is set up: until then there is nothing of ours to ask.
        entries = await home.api.call("config_entries/get", domain="mi_bms")
        return any(one["state"] == "loaded" for one in entries)

    await until("the first device", PATIENCE, there, children=(home.child,))
    return await make_dashboard(home.api)


async def session(options: Options, folder: Path) -> int:
    """Run world and Home Assistant in a folder, and stop both whatever happens."""
    port = choose_port(options)
    prepare(folder, port)
    async with contextlib.AsyncExitStack() as stack:
        say("starting the simulated world …")
        world = await WorldProcess.start(Path(options["world"]), folder)
        stack.push_async_callback(world.stop)
        say(
            f"{world.devices} devices, {len(world.proxies)} proxies; starting Home Assistant …"
        )
        home = await HomeAssistant.start(folder, port, world.bus)
        stack.push_async_callback(home.stop)
        await bring_up(home, world)
        if options["check"]:
            return await check(home, world, options)
        dashboard = None
        if not options["by_hand"]:
            adding = asyncio.create_task(furnish(home, world))
            stack.push_async_callback(end, adding)
            dashboard = await first_dashboard(home, adding)
        await invite(home, world, dashboard)
        ended = [
            asyncio.create_task(child.process.wait())
            for child in (home.child, world.child)
        ]
        await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
        for child in (home.child, world.child):
            child.check()
        return 1


async def guarded(options: Options, folder: Path) -> int:
    """Run a session that signals end cleanly."""
    task = asyncio.create_task(session(options, folder))
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            # Whoever listened may be gone: to say so comes last.
            task.cancel()
            say("stopping …")

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return 130 if options["check"] else 0


def main() -> int:
    """Run with the options of ``script/run``."""
    options: Options = json.loads(sys.argv[1])
    try:
        with configuration(options) as folder:
            return asyncio.run(guarded(options, folder))
    except (Trouble, OSError) as err:
        print(f"script/run: {err}", file=sys.stderr)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main())
