"""Run a world until told to stop: ``python -m tests.world SCENARIO.toml``.

Prints one line of JSON when it is up: the proxies with ports and keys, the bus of the local adapters, and
the URL of the control.
Ends on SIGTERM, SIGINT, or when stdin closes, so that it never outlives whoever started it.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import logging
import os
from pathlib import Path
import signal
import sys

from .control import Control
from .scenario import Scenario, ScenarioError, load
from .world import World


def announcement(world: World, control: Control) -> dict[str, object]:
    """Return what a starter must know."""
    return {
        "control": control.url,
        "devices": len(world.devices),
        "adapters": [one.name for one in world.adapters],
        "bus": world.bus.address if world.bus is not None else None,
        "proxies": [
            {
                "name": one.name,
                "mac": one.spec.mac,
                "port": one.port,
                "key": base64.b64encode(one.spec.key).decode()
                if one.spec.key
                else None,
            }
            for one in world.proxies
        ],
    }


def watch_stdin(stop: asyncio.Event) -> None:
    """Set the event when stdin ends; a terminal or no stdin at all is left alone."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return
    loop = asyncio.get_running_loop()
    number = sys.stdin.fileno()

    def readable() -> None:
        try:
            chunk = os.read(number, 4096)
        except OSError:
            chunk = b""
        if not chunk:
            loop.remove_reader(number)
            stop.set()

    try:
        loop.add_reader(number, readable)
    except OSError:
        # A plain file or /dev/null: it can never close on us.
        return


async def run(scenario: Scenario, ports: dict[str, int]) -> None:
    """Run a scenario until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch_stdin(stop)
    world = World(scenario, ports)
    control = Control(world)
    try:
        await world.start()
        await control.start()
        print(json.dumps(announcement(world, control)), flush=True)  # noqa: T201
        await stop.wait()
    finally:
        await control.stop()
        await world.stop()


def port_option(text: str) -> tuple[str, int]:
    """Parse NAME=PORT."""
    name, _, port = text.partition("=")
    if not name or not port.isdecimal() or int(port) > 65535:
        msg = f"{text!r} is not NAME=PORT"
        raise argparse.ArgumentTypeError(msg)
    return name, int(port)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.world", description="Run a simulated world."
    )
    parser.add_argument("scenario", type=Path)
    parser.add_argument(
        "--port",
        type=port_option,
        action="append",
        default=[],
        metavar="NAME=PORT",
        help="use it for a proxy if free",
    )
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.WARNING, format="world: %(levelname)s %(message)s"
    )
    try:
        scenario = load(options.scenario)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(run(scenario, dict(options.port)))
    except (ScenarioError, OSError) as err:
        print(err, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
