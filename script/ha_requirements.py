"""Tell what the Home Assistant in this environment wants installed at run time.

Home Assistant installs an integration's requirements when it sets the integration up.
Tests and end-to-end runs must find them in place, so `script/setup` asks here:

    home-assistant FILE   the line of FILE that pins Home Assistant itself
    constraints FILE      Home Assistant's constraints, without the packages FILE pins
    requirements FILE     the walk over the manifests, without the packages FILE pins
    check FILE            JSON: `missing` requirements, and `skip_pip_packages`, the
                          packages that FILE pins to another version than asked for

FILE is one of our requirement files; its pins win over Home Assistant's.
"""

from importlib import metadata, util
import json
from pathlib import Path
import re
import sys

# What our integration, its tests and the end-to-end runs set up.
WANTED = (
    "bluetooth",
    "bluetooth_adapters",
    "bthome",
    "diagnostics",
    "energy",
    "esphome",
    "frontend",
    "history",
    "homekit",
    "mqtt",
    "qingping",
    "recorder",
    "tasmota",
    "usb",
    "xiaomi_ble",
    "zeroconf",
)


def normal(requirement: str) -> str:
    """Return the package's name as the index spells it."""
    name = re.split(r"[\[<>=!~; @]", requirement.strip(), maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def own_pins(path: Path) -> dict[str, str]:
    """Return the lines of one of our requirement files by package name."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return {normal(line): line for line in lines if "==" in line}


def package_folder() -> Path:
    """Return where Home Assistant lies, without importing it."""
    spec = util.find_spec("homeassistant")
    if spec is None or spec.origin is None:
        sys.exit("Home Assistant is not installed")
    return Path(spec.origin).parent


def constraints(pins: dict[str, str]) -> list[str]:
    """Return Home Assistant's constraints, ours left out."""
    text = (package_folder() / "package_constraints.txt").read_text()
    lines = (line.strip() for line in text.splitlines())
    return [
        line for line in lines if line and line[0] != "#" and normal(line) not in pins
    ]


def walk() -> dict[str, list[str]]:
    """Return the requirements of all integrations that may be set up, by integration."""
    # Imported late: the other questions are asked before Home Assistant can be imported.
    from homeassistant.bootstrap import CORE_INTEGRATIONS, DEFAULT_INTEGRATIONS  # noqa: PLC0415
    from homeassistant.requirements import DISCOVERY_INTEGRATIONS  # noqa: PLC0415

    folder = package_folder() / "components"
    found: dict[str, list[str]] = {}
    waiting = [*WANTED, *DEFAULT_INTEGRATIONS, *CORE_INTEGRATIONS]
    while waiting:
        domain = waiting.pop()
        path = folder / domain / "manifest.json"
        if domain in found or not path.is_file():
            continue
        manifest = json.loads(path.read_text())
        found[domain] = manifest.get("requirements", [])
        waiting += manifest.get("dependencies", [])
        waiting += manifest.get("after_dependencies", [])
        for helper, keys in DISCOVERY_INTEGRATIONS.items():
            if any(key in manifest for key in keys):
                waiting.append(helper)
    return found


def requirements() -> list[str]:
    """Return the walk as one sorted list."""
    return sorted({line for lines in walk().values() for line in lines})


def check(pins: dict[str, str]) -> dict[str, list[str]]:
    """Return what is not installed as asked for."""
    missing: list[str] = []
    skip: list[str] = []
    for line in requirements():
        name, _, version = re.sub(r"\[.*?\]", "", line).partition("==")
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(line)
            continue
        if version and installed != version.split(";")[0].strip():
            (skip if normal(line) in pins else missing).append(line)
    return {"missing": missing, "skip_pip_packages": [normal(line) for line in skip]}


def main(question: str, file: str) -> None:
    """Answer one question on stdout."""
    pins = own_pins(Path(file))
    if question == "home-assistant":
        print(pins["homeassistant"])
    elif question == "constraints":
        print("\n".join(constraints(pins)))
    elif question == "requirements":
        print("\n".join(line for line in requirements() if normal(line) not in pins))
    elif question == "check":
        print(json.dumps(check(pins)))
    else:
        sys.exit(f"unknown question {question}")


if __name__ == "__main__":
    main(*sys.argv[1:])
