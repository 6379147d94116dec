"""Integrations of others, put into the configuration of a run: small stand-ins that register what they do."""

from collections.abc import Iterable
import json
from pathlib import Path
from typing import Final

STUB: Final = Path(__file__).with_name("stub")
# What the discovery of each begins with.
BLUETOOTH: Final = {"bms_ble": [{"local_name": "JBD-*"}], "ble_monitor": []}
NAMES: Final = {
    "bms_ble": "BLE Battery Management",
    "ble_monitor": "Passive BLE monitor",
}


def furnish(folder: Path, heard: Iterable[str]) -> None:
    """Put the stand-ins into a configuration that the world's address stands in; ``heard`` is what ble_monitor hears."""
    for domain, matchers in BLUETOOTH.items():
        target = folder / "custom_components" / domain
        target.mkdir(parents=True, exist_ok=True)
        for file in STUB.glob("*.py"):
            (target / file.name).write_text(file.read_text(encoding="utf-8"))
        manifest = {
            "domain": domain,
            "name": NAMES[domain],
            "codeowners": [],
            "config_flow": True,
            "dependencies": ["bluetooth_adapters"],
            "documentation": "https://www.home-assistant.io",
            "iot_class": "local_push",
            "version": "2.15.0",
            "bluetooth": matchers,
        }
        about = {"devices": sorted(heard)}
        for name, content in (("manifest", manifest), ("about", about)):
            (target / f"{name}.json").write_text(json.dumps(content))
