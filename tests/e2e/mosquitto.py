"""A real broker: Debian's mosquitto."""

import asyncio
from pathlib import Path
import socket
import subprocess

from tests.ports import free_port
from tests.world.program import program

from .home_assistant import HOST


class Broker:
    """Run the broker on a port of the loopback address."""

    def __init__(self, folder: Path) -> None:
        """Choose a free port."""
        self.port = free_port()
        self._program = program("mosquitto")
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} {HOST}\nallow_anonymous true\nmax_queued_messages 0\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it listens soon."""
        command = [self._program, "-c", str(self._config)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    async def ready(self) -> None:
        """Wait until it listens; raise ``OSError`` where it never will."""
        while not self._listens():
            if self._process is None or self._process.poll() is not None:
                raise OSError("mosquitto has ended")
            await asyncio.sleep(0.01)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return not probe.connect_ex((HOST, self.port))

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
