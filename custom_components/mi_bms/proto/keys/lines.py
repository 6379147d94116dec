"""Read text line by line: settings of one device below each other, or address and key in one line.

A block of settings is a list item of YAML (ble_monitor, ESPHome) or the paragraph that a cloud
token extractor prints for each device. Only values are read: no aliases, no substitutions.
"""

from dataclasses import dataclass, field
import re
from typing import Final, NamedTuple

from .collect import Collector, DeviceDraft
from .contract import Refusal, TextFormat
from .roles import KEYS, LABEL, MACS, Role, role_of
from .table import Table
from .texts import WordKind, address_of, key_of, kinds, value_of

LONGEST: Final = 4096  # characters of one line

_SETTING: Final = re.compile(
    r"[ \t]*+(?:-[ \t]++)*+[\"']?([^\W\d_][^:=]{0,60}+):(?=\s|$)"
)
_INDENT: Final = re.compile(r"[ \t]*+((?:-[ \t]++)*+)")
_RULER: Final = re.compile(r"[-=_*~+#|:,;\[\]{}()<>/\\.'`^ \t]+")
# What programs that tell keys say beside the devices; other versions add a little behind it.
_CHATTER: Final = re.compile(
    r"(?:no )?devices found for server|unable to (?:get|log|read)|logg(?:ing|ed) in"
    r"|username|password|server \(one of|leave (?:it )?empty|press (?:enter|any)"
    r"|invalid server|please (?:select|choose|enter|open|scan)|two[- ]factor|captcha"
    r"|xiaomi cloud|tokens? extractor|by piotr|output saved|qr code|current region"
    r"|running command",
    re.IGNORECASE,
)
_NO_NAME: Final = re.compile(r"\b(?:key|mac|address)\b", re.IGNORECASE)
_DIGIT: Final = re.compile(r"[0-9]|mi32key", re.IGNORECASE)
_NEIGHBOURS: Final = 2  # lines apart: with an empty one between
_MI32KEYS: Final = re.compile(r"(?<![^\s;\"])([^\s=;\"]++)=([^\s=;\"]++)")
_SECRETS: Final = frozenset({WordKind.KEY, WordKind.BOTH})


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

    def format(self) -> TextFormat:
        """Tell who writes such blocks."""
        if "BLE KEY" in self.names:
            return TextFormat.CLOUD_TEXT
        if {"mac", "encryption_key"} <= self.names:
            return TextFormat.BLE_MONITOR
        if {"mac_address", "bindkey"} <= self.names:
            return TextFormat.ESPHOME
        return TextFormat.SETTINGS

    def in_section(self, indent: int) -> bool:
        return self.section is not None and indent > self.section


class LineReader:
    """Read lines, one after the other."""

    def __init__(self, collector: Collector) -> None:
        """Hand what is found to the collector."""
        self._collector = collector
        self._block: _Block | None = None
        self._table: Table | None = None
        self._run: list[DeviceDraft] = []  # addresses and keys that stand alone
        self._run_last = 0  # its last line
        self._mixed = False  # it does not alternate
        self._spoken = 0  # the last line that says anything else

    def read(self, number: int, line: str) -> None:
        """Read the line of this number."""
        stripped = line.strip() if len(line) <= LONGEST else line
        if not stripped:
            if (block := self._block) and block.mac and block.key:
                self.close()
        elif len(line) > LONGEST:
            self._spoken = number
            self._collector.refuse(number, line[:LONGEST], Refusal.TOO_LONG)
        elif _RULER.fullmatch(stripped) or _CHATTER.match(stripped):
            self.close()
            self._spoken = number
        elif stripped.startswith(("#", "//")):
            self._spoken = number
            if not _SECRETS.isdisjoint(kinds(stripped)):
                self._collector.refuse(number, line, Refusal.COMMENT)
        elif not self._in_table(number, stripped):
            self._read(number, line)

    def close(self) -> None:
        """End the block: what follows belongs to another device."""
        block, self._block = self._block, None
        if block is None:
            return
        self._take(
            DeviceDraft(
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

    def finish(self) -> None:
        """End the text."""
        self.close()
        self._end_run()

    def _end_run(self) -> None:
        """Take the halves that wait; an address and a key are one device, whichever comes first."""
        run, self._run, self._mixed = self._run, [], False
        for one in [_joined(*run)] if len(run) == 2 else run:
            self._collector.take(one)

    def _take(self, draft: DeviceDraft) -> None:
        """Take a draft; halves that alternate in neighbouring lines are taken in pairs."""
        near = draft.line - self._run_last <= _NEIGHBOURS
        if not near or self._spoken > self._run_last or not _half(draft):
            self._end_run()
        if not _half(draft):
            self._spoken = draft.last
            self._collector.take(draft)
            return
        self._run_last = draft.last
        if self._run and _half(self._run[-1]) == _half(draft):
            # Two of a kind: nobody knows which of them belongs to what.
            self._mixed, run, self._run = True, self._run, []
            for one in run:
                self._collector.take(one)
        if self._mixed:
            self._collector.take(draft)
            return
        if len(self._run) == 2:
            self._end_run()
        self._run.append(draft)

    def pause(self, number: int) -> None:
        """Notice that a line says something that others read."""
        self._spoken = number

    def _in_table(self, number: int, line: str) -> bool:
        if self._table and (draft := self._table.row(number, line)):
            self._spoken = number
            self._collector.take(draft)
            return True
        self._table = Table.begun(line)
        return self._table is not None

    def _read(self, number: int, line: str) -> None:
        begin = _INDENT.match(line)
        indent, is_item = (begin.end(), bool(begin[1])) if begin else (0, False)
        if is_item and self._block and indent <= self._block.indent:
            self.close()
        # A device may be called so, too.
        said = line.partition(" # ")[0]
        if "mi32keys" in said.lower() and self._mi32keys(number, said):
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
            self._spoken = number
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
            unnamed = role_of(label[1]) or _NO_NAME.search(label[1])
            name = None if unnamed else label[1].rstrip("\"'")
        drafts = self._collector.drafts(number, number, line, name)
        if drafts is not None:
            self._read_drafts(number, drafts)
            return
        self._spoken = number
        if not label and not line.rstrip().endswith(":"):
            self._collector.refuse(number, line, Refusal.NOT_UNDERSTOOD)

    def _read_drafts(self, number: int, drafts: list[DeviceDraft]) -> None:
        """Take what stands in one line without settings; half a device may be the block's other half."""
        block = self._block
        lone = len(drafts) == 1 and _half(drafts[0])
        if lone and block and bool(block.mac) is not bool(block.key):
            self.close()
        if not drafts:
            self._spoken = number
        for draft in drafts:
            self._take(draft)

    def _mi32keys(self, number: int, line: str) -> bool:
        """Take pairs of address or alias and key."""
        pairs = _MI32KEYS.findall(line)
        self._spoken = number if pairs else self._spoken
        for device, key in pairs:
            known = bool(kinds(device))
            self._collector.take(
                DeviceDraft(
                    line=number,
                    last=number,
                    format=TextFormat.MI32KEYS,
                    text=f"{device}={key}",
                    mac=device if known else None,
                    key=key,
                    name=None if known else device,
                )
            )
        return bool(pairs)


def _half(draft: DeviceDraft) -> WordKind | None:
    """Return which half of a device a draft is: a good address without a key, or the other way round."""
    said = draft.text.replace(draft.mac or draft.key or "", "", 1)
    if draft.format is TextFormat.LINE and _DIGIT.search(said):
        # Something else stands there, too: perhaps the other half, with a mistake.
        return None
    if draft.mac and not draft.key:
        return WordKind.ADDRESS if address_of(draft.mac) else None
    if draft.mac or not draft.key:
        return None
    read = key_of(draft.key)
    return WordKind.KEY if not isinstance(read, Refusal) and read[1] is None else None


def _joined(first: DeviceDraft, second: DeviceDraft) -> DeviceDraft:
    mac, key = (first, second) if first.mac else (second, first)
    return DeviceDraft(
        line=first.line,
        last=second.last,
        format=TextFormat.LINE,
        text=f"{first.text} {second.text}",
        mac=mac.mac,
        key=key.key,
        name=mac.name or key.name,
        product=mac.product or key.product,
    )


def _settings(line: str) -> list[_Setting]:
    """Return the settings of known names in a line."""
    labels = list(LABEL.finditer(line))
    ends = [*(label.start() for label in labels), len(line)][1:]
    return [
        _Setting(role, label[1], value_of(line[label.end() : end]))
        for label, end in zip(labels, ends, strict=True)
        if (role := role_of(label[1]))
    ]


def _is_pair(line: str) -> bool:
    return kinds(line) >= {WordKind.ADDRESS, WordKind.KEY}
