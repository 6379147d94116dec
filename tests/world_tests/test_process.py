"""Child processes end with their parent, and the command line says what is wrong."""

import asyncio
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from tests import ports
from tests.e2e.home_assistant import MARK, hopeless, prepare
from tests.e2e.process import Child, Trouble, until
from tests.patience import PATIENCE
from tests.ports import free_port, port_is_free

ROOT = Path(__file__).parents[2]
RUN = ROOT / "script" / "run"
# A program that starts another one and tells both process ids.
PAIR = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
print(os.getpid(), child.pid, flush=True)
time.sleep(3600)
"""


def gone(pid: int) -> bool:
    """Tell whether a process has ended; a dead one that nobody collected counts as ended."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return True


async def test_stop_ends_the_whole_group(tmp_path: Path) -> None:
    child = await Child.start(
        "pair",
        [sys.executable, "-c", PAIR],
        tmp_path / "out",
        folder=tmp_path,
        pipes=True,
    )
    assert child.process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        pids = [int(word) for word in (await child.process.stdout.readline()).split()]
        await child.stop()
        while not all(gone(pid) for pid in pids):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
    with pytest.raises(Trouble, match="pair has ended"):
        child.check()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such signal")
async def test_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    parent = f"""
import asyncio, sys
from pathlib import Path
from tests.e2e.process import Child
async def main():
    child = await Child.start("x", [sys.executable, "-c", "import time; time.sleep(3600)"],
                              Path({str(tmp_path / "out")!r}), folder=Path("."))
    print(child.process.pid, flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", parent), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        pid = int(await process.stdout.readline())
        assert not gone(pid)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        while not gone(pid):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def test_last_words_are_shown(tmp_path: Path) -> None:
    program = "import sys; print('first'); sys.exit('cannot start: no disk')"
    child = await Child.start(
        "it", [sys.executable, "-c", program], tmp_path / "out", folder=tmp_path
    )
    with pytest.raises(
        Trouble, match=r"it has ended with code 1(.|\n)*cannot start: no disk"
    ):
        await until(
            "never",
            PATIENCE,
            lambda: asyncio.sleep(0, None),
            children=[child],
            pause=0.02,
        )
    await child.stop()


async def test_waiting_has_an_end() -> None:
    with pytest.raises(Trouble, match="never: nothing new within 0 s"):
        await until("never", 0.05, lambda: asyncio.sleep(0, None), pause=0.01)


async def test_waiting_goes_on_while_something_is_new() -> None:
    steps = iter(range(1000))
    left = [50]

    async def late() -> bool:
        left[0] -= 1
        return left[0] < 0

    # No time at all is left without progress.
    await until("late", 0.0, late, pause=0.001, progress=lambda: next(steps))
    with pytest.raises(Trouble):
        await until("never", 0.0, lambda: asyncio.sleep(0, None), pause=0.001)


@pytest.mark.usefixtures("socket_enabled")
def test_ports() -> None:
    import socket  # noqa: PLC0415

    port = free_port()
    assert port_is_free(port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not port_is_free(port)


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("said", ["1024\t65535\n", "32768\t60999\n", None])
def test_a_port_is_found_whatever_range_the_system_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None
) -> None:
    path = tmp_path / "range"
    if said is not None:
        path.write_text(said)
    monkeypatch.setattr(ports, "RANGE", path)
    assert port_is_free(free_port())


def test_configuration_folder(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    prepare(folder, 8123)
    prepare(folder, 8124)
    text = (folder / "configuration.yaml").read_text()
    assert text.startswith(MARK)
    assert "server_host: 127.0.0.1" in text
    assert "server_port: 8124" in text
    for what in ("recorder", "history", "logbook", "energy"):
        assert f"\n{what}:\n" in text, what
    link = folder / "custom_components" / "mi_bms"
    assert link.resolve() == (ROOT / "custom_components" / "mi_bms").resolve()
    link.unlink()
    link.mkdir()
    with pytest.raises(Trouble, match="is no link"):
        prepare(folder, 8123)
    (folder / "configuration.yaml").write_text("homeassistant:\n")
    with pytest.raises(Trouble, match="another Home Assistant"):
        prepare(folder, 8123)


def test_hopeless_log() -> None:
    line = "… ERROR … Error occurred loading flow for integration mi_bms: No module"
    assert hopeless(f"x\n{line}\ny") == line
    assert hopeless("x") is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--world", "/nowhere/x.toml"], 1, "there is no such file"),
        (["--config", str(RUN)], 1, "is not a folder"),
        (["--json", "x.json"], 1, "--json goes with --check"),
        (["--check", "--json", "/nowhere/x.json"], 1, "its folder does not exist"),
        (["--port", "70000"], 2, "no port number"),
        (["--dance"], 2, "unrecognized arguments"),
    ],
)
def test_command_line(arguments: list[str], code: int, words: str) -> None:
    done = subprocess.run(
        [sys.executable, RUN, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    assert done.returncode == code
    assert words in done.stderr
    if code == 1:
        assert done.stderr.count("\n") == 1
