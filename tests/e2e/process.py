"""Child processes that never outlive their parent, and waiting that ends when nothing goes on."""

import asyncio
from asyncio.subprocess import Process
import atexit
from collections.abc import Awaitable, Callable, Mapping, Sequence
import contextlib
import ctypes
import os
from pathlib import Path
import signal
import sys
import time
from typing import Final

# s; a slow machine takes long, but only what hangs takes so long without any step forward.
PATIENCE: Final = 300.0
# s that one look counts at most: a process that was itself stopped meanwhile has not looked.
LONGEST_LOOK: Final = 5.0
PR_SET_PDEATHSIG: Final = 1


class Trouble(Exception):
    """Report in one line why a run cannot go on."""


def child_environ() -> dict[str, str]:
    """Return an environment in which no other Python's settings interfere."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
    return {key: value for key, value in os.environ.items() if key not in unwanted}


def _binder() -> Callable[[], None] | None:
    """Return what a child calls before it starts its program, so that Linux ends it with its parent."""
    if sys.platform != "linux":
        return None
    # Looked up here: after the fork the child must not load anything.
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != parent:
            os._exit(1)

    return bind


class Child:
    """Run one program in a process group of its own."""

    def __init__(self, title: str, process: Process, output: Path) -> None:
        """Take a started process and the file that its messages go to."""
        self.title = title
        self.process = process
        self.output = output
        self._atexit = self._kill
        atexit.register(self._atexit)

    @classmethod
    async def start(
        cls,
        title: str,
        command: Sequence[str | Path],
        output: Path,
        *,
        folder: Path,
        pipes: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> Child:
        """Start a program; with ``pipes`` its stdin and stdout are ours, else stdout joins the messages.

        ``environ`` is added to the environment.
        """
        with output.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *(str(part) for part in command),
                stdin=asyncio.subprocess.PIPE if pipes else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if pipes else file,
                stderr=file,
                cwd=folder,
                env=child_environ() | dict(environ or {}),
                start_new_session=True,
                preexec_fn=_binder(),
            )
        return cls(title, process, output)

    def alive(self) -> bool:
        """Tell whether the program still runs."""
        return self.process.returncode is None

    def check(self) -> None:
        """Raise ``Trouble`` with its last words when the program has ended."""
        if self.alive():
            return
        lines = [
            line
            for line in self.output.read_text(errors="replace").splitlines()
            if line.strip()
        ]
        tail = "".join(f"\n    {line}" for line in lines[-12:])
        raise Trouble(
            f"{self.title} has ended with code {self.process.returncode}; its last lines:{tail}"
        )

    def peak_memory(self) -> int | None:
        """Return the highest resident memory so far in bytes; None where the system does not say."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(
                encoding="ascii", errors="replace"
            )
        except OSError:
            return None
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return None

    async def stop(self) -> None:
        """End the program and all that it started."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
            with contextlib.suppress(Trouble):
                await until(f"the end of {self.title}", PATIENCE, self._has_ended)
        self._kill()
        await self.process.wait()
        atexit.unregister(self._atexit)

    async def _has_ended(self) -> bool:
        return not self.alive()

    def _kill(self) -> None:
        """Kill what is left of the group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


async def until[T](
    what: str,
    seconds: float,
    probe: Callable[[], Awaitable[T | None]],
    *,
    children: Sequence[Child] = (),
    pause: float = 0.2,
    progress: Callable[[], float] = lambda: 0,
) -> T:
    """Repeat a probe until it gives something true; ``Trouble`` when nothing goes on or a child has ended.

    The time starts anew whenever ``progress`` gives more than ever before.
    """
    silent, most, last = 0.0, progress(), time.monotonic()
    while True:
        for child in children:
            child.check()
        if found := await probe():
            return found
        now = time.monotonic()
        silent, last = silent + min(now - last, pause + LONGEST_LOOK), now
        if (new := progress()) > most:
            silent, most = 0.0, new
        elif silent > seconds:
            raise Trouble(f"{what}: nothing new within {seconds:.0f} s")
        await asyncio.sleep(pause)
