"""Run commands, side by side as far as the processor reaches, and say what became of them.

A command is given up when it has said nothing for a long time: how long it takes in all says more
of the machine than of us.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import os
from pathlib import Path
import select
import signal
import subprocess
import sys
import time
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
# s without a word: only what hangs says nothing for so long. One test of the browser has been seen to take
# more than ten minutes where ten others wanted the processor.
SILENCE: Final = 1800.0
LOOK: Final = 1.0  # s between two looks at a command that says nothing

type Command = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Commands that run one after the other, until one fails."""

    name: str
    commands: tuple[Command, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    cores: float = 1.0  # so much of the processor they keep busy


class Running:
    """A command that runs; what it says is printed at once, or whole when it has ended."""

    def __init__(self, job: Job, command: Command, *, live: bool) -> None:
        """Start it; raise ``OSError``."""
        self.title = f"{job.name}: {' '.join(command)}"
        self.live, self.said, self.closed = live, b"", False
        # Who runs in the background ignores interrupts, and so would what it starts.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | dict(job.environ),
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.heard = time.monotonic()
        if live:
            self._head()

    def _head(self) -> None:
        show(f"\n=== {self.title}\n".encode())

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
            self._head()
            show(self.said)
        if code is None:
            return f"nothing said for {SILENCE:.0f} s"
        return f"exit code {code}" if code else ""

    def stop(self) -> None:
        """Stop it and all that it started; what it started in groups of their own it ends itself when interrupted."""
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(10)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


class Turn:
    """A job whose turn it is, or was."""

    def __init__(self, job: Job, *, live: bool) -> None:
        """Let it wait."""
        self.job, self._live = job, live
        self._left = [*job.commands]
        self.failure = ""
        self.begun = self.ended = 0.0
        self.running: Running | None = None

    def go_on(self) -> None:
        """Begin the next command; none is left after one that failed."""
        self.begun, self.ended = self.begun or time.monotonic(), time.monotonic()
        self.running = None
        if self._left and not self.failure:
            command = self._left.pop(0)
            try:
                self.running = Running(self.job, command, live=self._live)
            except OSError as err:
                self.failure = f"{command[0]}: {err.strerror}"

    def look(self) -> None:
        """Go on if the command that runs has ended."""
        if self.running and self.running.over:
            self.failure = self.running.end()
            self.go_on()


def show(said: bytes) -> None:
    """Print what a command said."""
    sys.stdout.buffer.write(said)
    sys.stdout.flush()


def speaking(running: Sequence[Running]) -> list[Running]:
    """Wait a moment; return who has something to say."""
    open_ = [one for one in running if not one.closed]
    # Who has closed its output is about to end.
    wait = LOOK if open_ and open_ == [*running] else 0.05
    ready, _, _ = select.select(open_, [], [], wait)
    return ready


def begin(waiting: list[Turn], at_work: list[Turn], cores: float) -> None:
    """Begin those whose turn it is: the first ones for which there is room, and all who only wait."""
    is_full = False
    for turn in [*waiting]:
        busy = sum(one.job.cores for one in at_work)
        # One that asks for more than there is has it alone.
        if not turn.job.cores or (
            not is_full and (not busy or busy + turn.job.cores <= cores)
        ):
            waiting.remove(turn)
            at_work.append(turn)
            turn.go_on()
        else:
            is_full = True


def run(jobs: Sequence[Job], cores: float) -> list[Turn]:
    """Run jobs, as many at once as keep so many cores busy; return what became of each.

    After a failure no other command of the job is begun; the other jobs say what they find.
    """
    turns = [Turn(job, live=len(jobs) == 1) for job in jobs]
    waiting, at_work = [*turns], list[Turn]()
    try:
        while waiting or at_work:
            begin(waiting, at_work, cores)
            ready = speaking([one.running for one in at_work if one.running])
            for one in ready:
                one.listen()
            # What a command has started may outlive it and keep its output open.
            for turn in at_work:
                if turn.running not in ready:
                    turn.look()
            at_work = [one for one in at_work if one.running]
    finally:
        for turn in at_work:
            if turn.running:
                turn.running.end()
    return turns
