"""One Home Assistant process on a configuration folder, on the loopback address only.

The listening address goes through YAML, the one public way to set it before the first start. Home
Assistant takes YAML's ``http:`` over once, on trial, and ends itself after five minutes unless the
trial is promoted; so the stored copy is dropped before each start and the new one promoted.
"""

from collections import Counter
from collections.abc import Mapping
import json
import os
from pathlib import Path
import re
import sys
import time
from typing import Final

from tests.ports import HOST

from .api import Api
from .process import PATIENCE, Child, Trouble, until

ROOT: Final = Path(__file__).resolve().parents[2]
MARK: Final = "# Written by script/run; it is written anew at each start."
CONFIGURATION: Final = """{mark}
homeassistant:
  name: Simulated home
  unit_system: metric
  time_zone: UTC
  country: DE
  currency: EUR
  latitude: 52.5
  longitude: 13.4
http:
  server_host: {host}
  server_port: {port}
logger:
  default: warning
  logs:
    custom_components.mi_bms: debug
"""
# What almost every house has by itself: a person meets our entities there, too.
USUAL: Final = """recorder:
history:
logbook:
energy:
"""
ONBOARDING: Final = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["core_config", "analytics", "integration"]},
}

# Lines that a headless container brings about and that say nothing of us.
ALLOWED: Final = re.compile(
    r"FFmpeg|ffmpeg|libturbojpeg|turbojpeg|zlib_ng|Skipping pip installation|Skipping requirement"
    r"|We found a custom integration mi_bms|Domain name not found|can not be reached"
    r"|bluetoothctl not available"
    r"|Connection requires encryption|Invalid encryption key|Can't connect to ESPHome API"
    # The stack's own count, when it finds a proxy gone to which something was just connecting.
    r"|Removing a non-existing connecting"
    # What the check itself asks for to be refused.
    r"|has no characteristic 0000dead-"
)
# What Home Assistant says of how long something took by the clock: of a busy machine, not of us.
SLOW: Final = re.compile(
    r"Updating state for .* took [\d.]+ seconds|(?:Setup|Update) of .* is taking over [\d.]+ seconds"
    r"|took longer than the scheduled update interval|Waiting for integrations to complete setup"
    r"|Something is blocking Home Assistant from wrapping up the start up"
)
# What the recorder says at the next start of a database that was not closed, or was so long ago by its clock.
CUT_OFF: Final = re.compile(
    r"\(Recorder\) \[homeassistant\.components\.recorder\.util\] (?:The system could not validate that the"
    r" sqlite3 database at \S+ was shutdown cleanly|Ended unfinished session \(id=)"
)
LINE: Final = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\S* (?P<level>[A-Z]+) ")
# After these nothing of ours will ever appear: waiting on is of no use.
HOPELESS: Final = re.compile(
    r"Error occurred loading flow for integration mi_bms"
    r"|Setup failed for custom integration 'mi_bms'"
)
SERIOUS: Final = frozenset({"WARNING", "ERROR", "CRITICAL"})
END: Final = "end of log"
ANSI: Final = re.compile(r"\x1b\[[0-9;]*m")


def prepare(folder: Path, port: int, *, usual: bool = True) -> None:
    """Make a configuration folder ready; raise ``Trouble`` when it is somebody else's.

    Without ``usual`` nothing is recorded or drawn: for measurements of what is ours alone.
    """
    yaml = folder / "configuration.yaml"
    if yaml.exists() and not yaml.read_text(
        encoding="utf-8", errors="replace"
    ).startswith(MARK):
        raise Trouble(
            f"{folder} holds another Home Assistant's configuration; choose an empty folder"
        )
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    configuration = CONFIGURATION.format(mark=MARK, host=HOST, port=port)
    yaml.write_text(configuration + USUAL * usual, encoding="utf-8")
    if not (storage / "onboarding").exists():
        (storage / "onboarding").write_text(json.dumps(ONBOARDING), encoding="utf-8")
    (storage / "http").unlink(missing_ok=True)
    ours = folder / "custom_components" / "mi_bms"
    ours.parent.mkdir(exist_ok=True)
    if ours.is_symlink():
        ours.unlink()
    elif ours.exists():
        raise Trouble(f"{ours} is no link to this checkout; choose an empty folder")
    ours.symlink_to(ROOT / "custom_components" / "mi_bms", target_is_directory=True)


def skipped_packages(python: Path) -> list[str]:
    """Return the packages whose pinned version an environment replaces, from its own notes."""
    try:
        notes = json.loads(
            (python.parents[1] / ".complete.json").read_text(encoding="utf-8")
        )
        return [str(one) for one in notes["skip_pip_packages"]]
    except OSError, ValueError, KeyError:
        return []


class HomeAssistant:
    """A running Home Assistant and the way to talk to it."""

    def __init__(self, child: Child, api: Api, log: Path, started: float) -> None:
        """Take the parts."""
        self.child, self.api, self.log, self.started = child, api, log, started

    @classmethod
    async def start(
        cls,
        folder: Path,
        port: int,
        bus: str | None = None,
        *,
        python: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> HomeAssistant:
        """Start it on a prepared folder; it does not answer yet.

        ``bus`` is the address of the message bus on which it finds local adapters, ``python`` that of the
        environment which holds it, if it is not this one.
        """
        python = python or Path(sys.executable)
        command: list[str | Path] = [
            python,
            "-m",
            "homeassistant",
            "-c",
            folder,
            "--log-no-color",
        ]
        if skipped := skipped_packages(python):
            command += ["--skip-pip-packages", ",".join(skipped)]
        log = folder / "run.log"
        onboarding = json.loads((folder / ".storage/onboarding").read_text("utf-8"))
        kept = "user" in onboarding["data"]["done"]
        # Without adapters of ours it must not find those of the machine it runs on.
        no_bus = {"DBUS_SYSTEM_BUS_ADDRESS": bus or f"unix:path={folder}/no-bus"}
        child = await Child.start(
            "Home Assistant",
            command,
            log,
            folder=folder,
            environ=no_bus | dict(environ or {}),
        )
        api = Api(f"http://{HOST}:{port}", kept=kept)
        return cls(child, api, log, time.monotonic())

    async def ready(self) -> None:
        """Wait until it runs and we are signed in; raise ``Trouble``."""
        children = (self.child,)
        await until(
            "Home Assistant's web server",
            PATIENCE,
            self.api.answers,
            children=children,
            pause=0.1,
        )
        await self.api.sign_in()
        if (await self.api.call("http/config")).get("pending"):
            await self.api.call("http/config/promote")
        await until(
            "Home Assistant's start",
            PATIENCE,
            self._runs,
            children=children,
            pause=0.1,
        )
        for issue in (await self.api.call("repairs/list_issues"))["issues"]:
            if issue["domain"] == "http":
                await self.api.call(
                    "repairs/ignore_issue",
                    domain="http",
                    issue_id=issue["issue_id"],
                    ignore=True,
                )

    async def _runs(self) -> bool:
        return bool((await self.api.get("/api/config"))["state"] == "RUNNING")

    async def stop(self) -> None:
        """Close the connections and end the process."""
        await self.api.close()
        await self.child.stop()

    def log_text(self) -> str:
        """Return all that it has logged so far."""
        return ANSI.sub("", self.log.read_text(encoding="utf-8", errors="replace"))


def hopeless(log: str) -> str | None:
    """Return the first line that says that the integration cannot work at all."""
    return next((line for line in log.splitlines() if HOPELESS.search(line)), None)


def unexpected(log: str) -> list[str]:
    """Return what a healthy run does not log: messages at WARNING or above, each once, with its cause."""
    counts: Counter[str] = Counter()
    record: list[str] = []
    for line in [*log.splitlines(), END]:
        if not LINE.match(line) and line != END:
            record.append(line)
            continue
        if record and (match := LINE.match(record[0])):
            allowed = ALLOWED.search(record[0]) or SLOW.search(record[0])
            if match["level"] in SERIOUS and not allowed:
                cause = f" … {record[-1].strip()}" if len(record) > 1 else ""
                counts[record[0][match.start("level") :] + cause] += 1
        record = [line]
    return [f"{text} ({n} times)" if n > 1 else text for text, n in counts.items()]


def unexpected_of_killed(log: str) -> list[str]:
    """Return the same where Home Assistant was killed before, or its clock set ahead while it was down."""
    return [one for one in unexpected(log) if not CUT_OFF.search(one)]


def leaked(log: str, secrets: dict[str, str]) -> list[str]:
    """Return whose secrets occur in the log: names of ``secrets`` (name to secret)."""
    lower = log.lower()
    return [
        name
        for name, secret in secrets.items()
        if len(secret) > 5 and secret.lower() in lower
    ]


def writable(folder: Path) -> bool:
    """Tell whether a folder can be written to."""
    return os.access(folder, os.W_OK | os.X_OK)
