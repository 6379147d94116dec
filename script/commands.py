"""Run commands, one after the other or some side by side, and say what became of them.

A command is given up when it has said nothing for a long time: how long it takes in all says more
of the machine than of us.
"""

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
import select
import signal
import subprocess
import sys
import time
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SILENCE: Final = (
    600.0  # s without a word: the longest that a loaded machine needs for one test
)
LOOK: Final = 1.0  # s between two looks at a command that says nothing

type Command = tuple[str, ...]


class Running:
    """A command that runs; what it says is printed at once, or whole when it has ended."""

    def __init__(
        self, command: Command, environ: Mapping[str, str], *, live: bool
    ) -> None:
        """Start it; raise ``OSError``."""
        self.title = " ".join(command)
        self.live, self.said, self.closed = live, b"", False
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | dict(environ),
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.heard = time.monotonic()

    def fileno(self) -> int:
        """Return where it speaks, for ``select``."""
        return self.process.stdout.fileno() if self.process.stdout else -1

    def listen(self) -> None:
        """Take what it has said."""
        said = os.read(self.fileno(), 65536)
        self.closed, self.heard = not said, time.monotonic()
        if self.live:
            show(said)
        else:
            self.said += said

    @property
    def over(self) -> bool:
        """Return whether it has ended or fallen silent."""
        silent = time.monotonic() - self.heard > SILENCE
        return self.process.poll() is not None or silent

    def end(self) -> str:
        """Stop it and all that it started, print what is left to print; return "" or why it failed."""
        code = self.process.poll()
        self.stop()
        # Its last words may have come after the last look.
        while not self.closed and select.select([self], [], [], 0)[0]:
            self.listen()
        if not self.live:
            show(f"--- {self.title}\n".encode() + self.said)
        if code is None:
            return f"nothing said for {SILENCE:.0f} s"
        return f"exit code {code}" if code else ""

    def stop(self) -> None:
        """Stop it and all that it started."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(10)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


def show(said: bytes) -> None:
    """Print what a command said."""
    sys.stdout.buffer.write(said)
    sys.stdout.flush()


def speaking(running: Sequence[Running]) -> list[Running]:
    """Wait a moment; return who has something to say."""
    open_ = [one for one in running if not one.closed]
    # Who has closed its output is about to end.
    ready, _, _ = select.select(open_, [], [], LOOK if open_ == [*running] else 0.05)
    return ready


def run(
    commands: Sequence[Command], environ: Mapping[str, str], at_once: int = 1
) -> str:
    """Run commands; return "" or why the first that failed did.

    After a failure no other one is begun, unless they run side by side: then each says what it found.
    """
    waiting, running, failures = [*commands], list[Running](), list[str]()
    try:
        while running or waiting:
            while waiting and len(running) < at_once:
                command = waiting.pop(0)
                try:
                    running.append(Running(command, environ, live=at_once == 1))
                except OSError as err:
                    failures.append(f"{command[0]}: {err.strerror}")
            ready = speaking(running)
            for one in ready:
                one.listen()
            # What a command has started may outlive it and keep its output open.
            for one in [one for one in running if one not in ready and one.over]:
                running.remove(one)
                failures += [why] if (why := one.end()) else []
            if failures and at_once == 1:
                break
    finally:
        for one in running:
            one.end()
    return failures[0] if failures else ""
