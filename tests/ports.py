"""Ports of the loopback address that stay ours while nobody listens on them, as between two starts.

The system gives connections that go out ports of a range of its own, also one that a server has just left and
will want again. So ours lie below that range, and who chose one keeps its name until its process ends.
"""

from pathlib import Path
import random
import socket
import sys
from typing import Final

HOST: Final = "127.0.0.1"
RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST: Final = 10_000
TRIES: Final = 200
_names: list[socket.socket] = []


def port_is_free(port: int) -> bool:
    """Tell whether nobody listens on a port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError, OverflowError:
            return False
    return True


def free_port() -> int:
    """Return a port that is free, and that no other process of these tests is given."""
    for port in random.SystemRandom().sample(range(LOWEST, _highest()), TRIES):
        if _is_ours(port) and port_is_free(port):
            return port
    raise OSError("no port is free")


def _highest() -> int:
    """Return where the range of the system begins; where it leaves no room below, ours lie within."""
    try:
        begins = int(RANGE.read_text(encoding="ascii").split()[0])
    except OSError:
        begins = 32_768
    return begins if begins >= LOWEST + 10 * TRIES else 65_536


def _is_ours(port: int) -> bool:
    """Take the name of a port, unless somebody has it."""
    if sys.platform != "linux":
        return True
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0mi_bms tests, port {port}")
    except OSError:
        name.close()
        return False
    _names.append(name)
    return True
