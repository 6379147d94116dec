"""Read text line by line: settings of one device below each other, or address and key in one line.

A block of settings is a list item of YAML (ble_monitor, ESPHome) or the paragraph that a cloud
token extractor prints for each device. Only values are read: no aliases, no substitutions.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
import re
from typing import Final, NamedTuple

from .collect import Collector, Draft
from .contract import Format, Refusal
from .texts import Kind, value_of, words

LONGEST: Final = 4096  # characters of one line


class Role(Enum):
    """Say what a setting tells of a device."""

    MAC = auto()
    MAYBE_MAC = auto()
    KEY = auto()
    MAYBE_KEY = auto()
    NAME = auto()
    PRODUCT = auto()
    OTHER = auto()  # known to be neither: above all the token, which looks like a key


# Names of settings, in lower case and without blanks, hyphens and underscores.
ROLES: Final = {
    **dict.fromkeys(
        (
            "mac",
            "macaddress",
            "macaddr",
            "blemac",
            "bluetoothmac",
            "bluetoothaddress",
            "bdaddr",
        ),
        Role.MAC,
    ),
    **dict.fromkeys(("address", "addr", "uniqueid"), Role.MAYBE_MAC),
    **dict.fromkeys(
        (
            "bindkey",
            "beaconkey",
            "blekey",
            "mibindkey",
            "blebindkey",
            "encryptionkey",
            "aeskey",
        ),
        Role.KEY,
    ),
    "key": Role.MAYBE_KEY,
    **dict.fromkeys(
        ("name", "devicename", "friendlyname", "alias", "title"), Role.NAME
    ),
    **dict.fromkeys(("pid", "productid"), Role.PRODUCT),
    **dict.fromkeys(
        (
            "token",
            "mitoken",
            "bletoken",
            "id",
            "did",
            "ip",
            "localip",
            "model",
            "platform",
            "server",
        ),
        Role.OTHER,
    ),
}
_JOINED: Final = str.maketrans("", "", " _-")
_NAMES: Final = (
    "(?:ble|bluetooth)[ _-]?(?:mac|address|key|token)",
    "(?:mi[ _-]?|ble[ _-]?)?bind[ _-]?key",
    "(?:beacon|encryption|aes)[ _-]?key",
    "(?:mac|bd)[ _-]?addr(?:ess)?",
    "address|addr|mac|key",
    "unique[ _-]?id|product[ _-]?id|local[ _-]?ip|pid|did|id|ip",
    "(?:device|friendly)[ _-]?name|name|alias|title",
    "mi[ _-]?token|token|model|platform|server",
)
_LABEL: Final = re.compile(
    rf"(?<![0-9A-Za-z_.-])[\"']?({'|'.join(_NAMES)})[\"']?[ \t]{{0,8}}[:=](?!=)",
    re.IGNORECASE,
)
_SETTING: Final = re.compile(
    r"[ \t]*(?:-[ \t]+)*[\"']?([^\W\d][\w .@#/()\"-]{0,60}?)[\"']?[ \t]{0,8}:(?=\s|$)"
)
_INDENT: Final = re.compile(r"[ \t]*+((?:-[ \t]++)*+)")
_RULER: Final = re.compile(r"[-=_*~+# \t]{3,}")
_MI32KEYS: Final = re.compile(r"(?<![^\s;\"])([^\s=;\"]+)=([^\s=;\"]+)")


def role_of(name: str) -> Role | None:
    """Say what a setting of this name tells; None if the name is unknown."""
    return ROLES.get(name.translate(_JOINED).lower())


class Setting(NamedTuple):
    """Hold one setting of a known name."""

    role: Role
    name: str
    value: str


@dataclass(slots=True)
class Block:
    """Gather the settings of one device."""

    indent: int
    first: int
    last: int
    texts: list[str] = field(default_factory=list)
    values: dict[Role, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    section: int | None = None  # where a part begins whose names are not the device's

    @property
    def mac(self) -> str | None:
        """Give the address as written."""
        return self.values.get(Role.MAC) or self.values.get(Role.MAYBE_MAC)

    @property
    def key(self) -> str | None:
        """Give the key as written."""
        return self.values.get(Role.KEY) or self.values.get(Role.MAYBE_KEY)

    def format(self) -> Format:
        """Tell who writes such blocks."""
        if "BLE KEY" in self.names:
            return Format.CLOUD_TEXT
        if {"mac", "encryption_key"} <= self.names:
            return Format.BLE_MONITOR
        if {"mac_address", "bindkey"} <= self.names:
            return Format.ESPHOME
        return Format.SETTINGS


class LineReader:
    """Read lines, one after the other."""

    def __init__(self, collector: Collector) -> None:
        """Hand what is found to the collector."""
        self._collector = collector
        self._block: Block | None = None

    def read(self, number: int, line: str) -> None:
        """Read the line of this number."""
        stripped = line.strip()
        if not stripped:
            if (block := self._block) and block.mac and block.key:
                self.close()
        elif len(line) > LONGEST:
            self._collector.refuse(number, line, Refusal.TOO_LONG)
        elif _RULER.fullmatch(stripped):
            self.close()
        elif stripped.startswith(("#", "//")):
            if any(word.kind is not Kind.ADDRESS for word in words(stripped)):
                self._collector.refuse(number, line, Refusal.COMMENT)
        else:
            self._read(number, line)

    def close(self) -> None:
        """End the block: what follows belongs to another device."""
        block, self._block = self._block, None
        if block is None:
            return
        self._collector.take(
            Draft(
                line=block.first,
                last=block.last,
                format=block.format(),
                text=" ".join(block.texts),
                mac=block.mac,
                key=block.key,
                name=block.values.get(Role.NAME),
                product=block.values.get(Role.PRODUCT),
                sure_of_mac=Role.MAC in block.values,
                sure_of_key=Role.KEY in block.values,
            )
        )

    def _read(self, number: int, line: str) -> None:
        indent, is_item = _start(line)
        if is_item and self._block and indent <= self._block.indent:
            self.close()
        settings = _settings(line)
        roles = {setting.role for setting in settings}
        if roles & _MACS and roles & _KEYS:
            self.close()
            self._add(number, line, indent, settings)
            self.close()
        elif settings and not _is_pair(settings):
            self._add(number, line, indent, settings)
        else:
            self._read_free(number, line, indent)

    def _read_free(self, number: int, line: str, indent: int) -> None:
        """Read a line without known settings."""
        if "mi32keys" in line.lower():
            line = self._mi32keys(number, line)
            if line is None:
                return
        label = _SETTING.match(line)
        if label:
            self._enter(indent, section=not line[label.end() :].strip())
        if self._collector.scan(number, number, line, label[1] if label else None):
            return
        if not label and not line.rstrip().endswith(":"):
            self._collector.refuse(number, line, Refusal.NOT_UNDERSTOOD)
