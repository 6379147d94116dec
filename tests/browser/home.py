"""A whole Home Assistant with the simulated world, as ``script/run`` starts it for a person."""

from collections.abc import Iterator, Sequence
import contextlib
import json
import os
from pathlib import Path
import signal
import subprocess
import threading
from typing import Final
from urllib.request import Request, urlopen

from tests.ports import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
WORLD: Final = Path(__file__).with_name("home.toml")
SILENCE: Final = 900.0  # s without a word at a start; the first one on a machine builds an environment
STOP_TIME: Final = 700.0  # s; it stops two others, each of which is given some minutes
UP: Final = "Stop everything"
STAND_IN: Final = "maker_stand_in"
# As which version of itself another integration finds its entry, where that is not the first.
VERSIONS: Final = {"bms_ble": 2}
CONTROL: Final = (
    "world_control"  # where the address of the world's remote control stands
)
# What another integration has: domain, address, title and data.
type Other = tuple[str, str | None, str, dict[str, object]]
OTHERS: Final[Sequence[Other]] = (
    (
        "xiaomi_ble",
        "A4:C1:38:00:0C:11",
        "Cellar",
        {"bindkey": "5b0500112233445566778899aabbcc11"},
    ),
    (
        "bthome",
        "A4:C1:38:00:0C:12",
        "Garden shed",
        {"bindkey": "f60500112233445566778899aabbcc12"},
    ),
    (STAND_IN, None, "The maker", {}),
)


class NotUpError(Exception):
    """Home Assistant or the world did not start; the text is what they said."""


def tell_world(folder: Path, what: str, address: str, **how: object) -> None:
    """Let something happen to a device of the world that runs with the configuration in ``folder``."""
    control = (folder / CONTROL).read_text(encoding="utf-8")
    body = json.dumps({"address": address, **how}).encode()
    head = {"Content-Type": "application/json"}
    with urlopen(Request(f"{control}/{what}", body, head)):  # noqa: S310 (the loopback)
        pass


def _stop(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_TIME)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_TIME)


def _watch(process: subprocess.Popen[str]) -> threading.Timer:
    """Stop a process that says nothing for long."""
    watchdog = threading.Timer(SILENCE, _stop, (process,))
    watchdog.start()
    return watchdog


def furnish(
    folder: Path, others: Sequence[Other] = OTHERS, stand_in: str = STAND_IN
) -> None:
    """Give a fresh configuration the entries of other integrations, and a stand-in beside ours."""
    entries = [
        {
            "entry_id": f"{number:032x}",
            "version": VERSIONS.get(domain, 1),
            "domain": domain,
            "title": title,
            "data": data,
            "source": "user",
            "unique_id": address,
            # Those of the usual house are looked at only; neither needs to run.
            "disabled_by": "user" if others is OTHERS and address else None,
        }
        for number, (domain, address, title, data) in enumerate(others, 1)
    ]
    stored = {
        "version": 1,
        "minor_version": 1,
        "key": "core.config_entries",
        "data": {"entries": entries},
    }
    storage = folder / ".storage" / stored["key"]
    storage.parent.mkdir(parents=True)
    storage.write_text(json.dumps(stored), encoding="utf-8")
    beside = folder / "custom_components" / stand_in
    beside.parent.mkdir()
    beside.symlink_to(Path(__file__).with_name(stand_in), target_is_directory=True)


@contextlib.contextmanager
def running(
    folder: Path,
    world: Path,
    root: Path = ROOT,
    port: int | None = None,
    options: Sequence[str] = ("--by-hand",),
) -> Iterator[str]:
    """Run both with the configuration in ``folder``; give the address without a slash at its end."""
    port = port or free_port()
    command = (
        str(root / "script" / "run"),
        *options,
        "--config",
        str(folder),
        "--port",
        str(port),
        "--world",
        str(world),
    )
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    watchdog = _watch(process)
    said = []
    try:
        for line in process.stdout or ():
            watchdog.cancel()
            watchdog = _watch(process)
            said.append(line)
            if UP in line:
                break
        else:
            raise NotUpError("".join(said[-20:]) or "script/run said nothing")
        watchdog.cancel()
        yield f"http://127.0.0.1:{port}"
    finally:
        watchdog.cancel()
        _stop(process)
