"""Names of settings, and what they tell of a device.

Source: the configuration of ble_monitor, ESPHome and Tasmota, and what cloud token extractors print.
"""

from collections.abc import Mapping
from enum import Enum, auto
import re
from typing import Final


class Role(Enum):
    """Describe what a setting tells of a device."""

    MAC = auto()
    MAYBE_MAC = auto()
    KEY = auto()
    MAYBE_KEY = auto()
    NAME = auto()
    PRODUCT = auto()
    OTHER = (
        auto()
    )  # known to be none of these: above all the token, which looks like a key


MACS: Final = frozenset({Role.MAC, Role.MAYBE_MAC})
KEYS: Final = frozenset({Role.KEY, Role.MAYBE_KEY})

# A blank may also be a hyphen, an underscore or nothing; capitals do not matter.
_SPELLED: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.MAC: (
        "mac", "mac address", "mac addr", "ble mac", "ble address", "bt mac", "bluetooth mac",
        "bluetooth address", "bd addr", "bd address",
    ),
    Role.MAYBE_MAC: ("address", "addr", "unique id"),
    Role.KEY: (
        "bind key", "mi bind key", "ble bind key", "beacon key", "ble key", "encryption key",
        "aes key",
    ),
    Role.MAYBE_KEY: ("key",),
    Role.NAME: ("name", "device name", "friendly name", "alias", "title"),
    Role.PRODUCT: ("pid", "product id"),
    Role.OTHER: (
        "token", "mi token", "ble token", "id", "did", "device id", "device known id", "ip",
        "local ip", "model", "platform", "server",
    ),
}  # fmt: skip
_JOINED: Final = str.maketrans("", "", " _-")
_ROLES: Final = {
    name.translate(_JOINED): role for role, names in _SPELLED.items() for name in names
}
_PATTERN: Final = "|".join(
    sorted(
        (name.replace(" ", "[ _-]?") for names in _SPELLED.values() for name in names),
        key=len,
        reverse=True,
    )
)
LABEL: Final = re.compile(
    rf"(?<![0-9A-Za-z_.-])[\"']?({_PATTERN})[\"']?[ \t]{{0,8}}[:=](?!=)", re.IGNORECASE
)


def role_of(name: str) -> Role | None:
    """Return what a setting of this name tells; None if the name is unknown."""
    return _ROLES.get(name.translate(_JOINED).lower())
