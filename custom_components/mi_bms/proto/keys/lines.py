"""Read text line by line: settings of one device below each other, or address and key in one line.

A block of settings is a list item of YAML (ble_monitor, ESPHome) or the paragraph that a cloud
token extractor prints for each device. Only values are read: no aliases, no substitutions.
"""

from dataclasses import dataclass, field
import re
from typing import Final, NamedTuple

from .collect import Collector, Draft
from .contract import Format, Refusal
from .roles import KEYS, LABEL, MACS, Role, role_of
from .table import Table
from .texts import Kind, kinds, value_of

_LONGEST: Final = 4096  # characters of one line

_SETTING: Final = re.compile(
    r"[ \t]*+(?:-[ \t]++)*+[\"']?([^\W\d_][^:=]{0,60}+):(?=\s|$)"
)
_INDENT: Final = re.compile(r"[ \t]*+((?:-[ \t]++)*+)")
_RULER: Final = re.compile(r"[-=_*~+#|:,;\[\]{}() \t]+")
_MI32KEYS: Final = re.compile(r"(?<![^\s;\"])([^\s=;\"]++)=([^\s=;\"]++)")
_SECRETS: Final = frozenset({Kind.KEY, Kind.BOTH})


class _Setting(NamedTuple):
    role: Role
    name: str
    value: str


@dataclass(slots=True)
class _Block:
    """Gather the settings of one device."""

    indent: int
    first: int
    last: int
    texts: list[str] = field(default_factory=list)
    values: dict[Role, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    section: int | None = None  # indent of a part whose names are not the device's

    @property
    def mac(self) -> str | None:
        return self.values.get(Role.MAC) or self.values.get(Role.MAYBE_MAC)

    @property
    def key(self) -> str | None:
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

    def in_section(self, indent: int) -> bool:
        return self.section is not None and indent > self.section


class LineReader:
    """Read lines, one after the other."""

    def __init__(self, collector: Collector) -> None:
        """Hand what is found to the collector."""
        self._collector = collector
        self._block: _Block | None = None
        self._table: Table | None = None

    def read(self, number: int, line: str) -> None:
        """Read the line of this number."""
        stripped = line.strip()
        if not stripped:
            if (block := self._block) and block.mac and block.key:
                self.close()
        elif len(line) > _LONGEST:
            self._collector.refuse(number, line, Refusal.TOO_LONG)
        elif _RULER.fullmatch(stripped):
            self.close()
        elif stripped.startswith(("#", "//")):
            if not _SECRETS.isdisjoint(kinds(stripped)):
                self._collector.refuse(number, line, Refusal.COMMENT)
        elif not self._in_table(number, stripped):
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

    def _in_table(self, number: int, line: str) -> bool:
        if self._table and (draft := self._table.row(number, line)):
            self._collector.take(draft)
            return True
        self._table = Table.begun(line)
        return self._table is not None

    def _read(self, number: int, line: str) -> None:
        begin = _INDENT.match(line)
        indent, is_item = (begin.end(), bool(begin[1])) if begin else (0, False)
        if is_item and self._block and indent <= self._block.indent:
            self.close()
        if "mi32keys" in line.lower() and self._mi32keys(number, line):
            return
        settings = _settings(line)
        roles = {setting.role for setting in settings}
        whole = not roles.isdisjoint(MACS) and not roles.isdisjoint(KEYS)
        if not settings or (not whole and _is_pair(line)):
            self._read_free(number, line, indent)
            return
        if whole:
            self.close()
        for setting in settings:
            self._add(number, indent, setting)
        if whole:
            self.close()

    def _add(self, number: int, indent: int, setting: _Setting) -> None:
        role, block = setting.role, self._block
        if role is Role.OTHER or not setting.value:
            self._pass(indent, section=not setting.value)
            return
        if block and role is Role.NAME and block.in_section(indent):
            return
        done = block and block.mac and block.key and indent < block.indent
        if block is None or done or role in block.values:
            self.close()
            block = self._block = _Block(indent, number, number)
        block.last = number
        block.names.add(setting.name)
        block.texts.append(f"{setting.name}: {setting.value}")
        block.values[role] = setting.value

    def _pass(self, indent: int, *, section: bool) -> None:
        """Notice where a setting that is not the device's stands."""
        block = self._block
        if block is None or block.in_section(indent):
            return
        if indent < block.indent:
            self.close()
        else:
            block.section = indent if section else None

    def _read_free(self, number: int, line: str, indent: int) -> None:
        """Read a line without settings of known names."""
        label = _SETTING.match(line)
        name = None
        if label:
            self._pass(indent, section=not line[label.end() :].strip())
            name = None if role_of(label[1]) else label[1].rstrip("\"'")
        if self._collector.scan(number, number, line, name):
            return
        if not label and not line.rstrip().endswith(":"):
            self._collector.refuse(number, line, Refusal.NOT_UNDERSTOOD)

    def _mi32keys(self, number: int, line: str) -> bool:
        """Take pairs of address or alias and key."""
        pairs = _MI32KEYS.findall(line)
        for device, key in pairs:
            known = bool(kinds(device))
            self._collector.take(
                Draft(
                    line=number,
                    last=number,
                    format=Format.MI32KEYS,
                    text=f"{device}={key}",
                    mac=device if known else None,
                    key=key,
                    name=None if known else device,
                )
            )
        return bool(pairs)


def _settings(line: str) -> list[_Setting]:
    """Give the settings of known names in a line."""
    labels = list(LABEL.finditer(line))
    ends = [*(label.start() for label in labels), len(line)][1:]
    return [
        _Setting(role, label[1], value_of(line[label.end() : end]))
        for label, end in zip(labels, ends, strict=True)
        if (role := role_of(label[1]))
    ]


def _is_pair(line: str) -> bool:
    return kinds(line) >= {Kind.ADDRESS, Kind.KEY}
