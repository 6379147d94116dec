"""Check the JavaScript of the cards with the type checker and ESLint, in the versions of the lock file.

They are installed beside the Python that runs this, once for each lock file.
"""

import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Final

HERE: Final = Path(__file__).resolve().parent
PACKAGES: Final = ("package.json", "package-lock.json")
SOURCES: Final = HERE.parent / "custom_components" / "mi_bms" / "frontend"
NO_TOOLS: Final = 77
BIN: Final = Path(sys.prefix) / "bin"


def environ() -> dict[str, str]:
    """Return an environment in which Node.js is found."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def tools() -> Path | None:
    """Return the folder of the checkers, None where they cannot be had."""
    texts = [(HERE / "frontend" / name).read_bytes() for name in PACKAGES]
    version = hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]
    folder = Path(sys.prefix) / f"npm-{version}"
    stamp = folder / "complete"
    if not stamp.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in PACKAGES:
            shutil.copy(HERE / "frontend" / name, folder / name)
        command = [str(BIN / "npm"), "ci", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(command, cwd=folder, env=environ(), check=False)
        if done.returncode:
            return None
        stamp.touch()
    return folder / "node_modules" / ".bin"


def main() -> int:
    """Run both; return 0 when neither found anything."""
    if (folder := tools()) is None:
        print("script/cards: npm cannot fetch what checks the cards", file=sys.stderr)
        return NO_TOOLS
    config = HERE / "frontend" / "eslint.config.mjs"
    commands = (
        [folder / "tsc", "--project", HERE / "frontend"],
        [folder / "eslint", "--config", config, "--max-warnings", "0", SOURCES],
    )
    return max(
        subprocess.run(command, cwd=HERE.parent, env=environ(), check=False).returncode
        for command in commands
    )


if __name__ == "__main__":
    sys.exit(main())
