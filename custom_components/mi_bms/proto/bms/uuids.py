"""Bluetooth UUIDs: 16-bit short forms become full lower-case 128-bit strings."""

from typing import Final

_BASE: Final = "0000{}-0000-1000-8000-00805f9b34fb"

NUS: Final = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"  # Nordic UART service
NUS_NOTIFY: Final = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
NUS_WRITE: Final = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"


def expand(uuid: str) -> str:
    """Return the full form of a UUID: four hex digits are put into the Bluetooth base.

    ``service/characteristic`` names the one inside a service, for modules that repeat a UUID.
    """
    return "/".join(
        _BASE.format(part) if len(part) == 4 else part
        for part in uuid.lower().split("/")
    )
