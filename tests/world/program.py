"""Programs that come with the system, installed by ``script/setup`` where that is possible."""

from pathlib import Path
import subprocess
import sys
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def program(name: str) -> str:
    """Return the path of a program; raises ``OSError`` with what to do where there is none."""
    done = subprocess.run(
        [sys.executable, ROOT / "script" / "setup", name],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OSError(done.stderr.strip().splitlines()[-1])
    return done.stdout.strip().splitlines()[-1]
