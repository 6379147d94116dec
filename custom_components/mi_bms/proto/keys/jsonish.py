"""Read JSON that may be cut off, stand amid other text, or be what a Python program prints.

A reader of its own, because each entry has to be told by its lines, depth and size have to stay
bounded, and what stands before a break has to count: Tasmota too keeps what it has read so far.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
import json
import re
from typing import Final

from .collect import Collector, DeviceDraft
from .contract import Refusal, TextFormat
from .roles import Role, role_of
from .texts import WordKind, address_of, backwards, kinds

_DEPTH: Final = 20
_TOKENS: Final = 400_000
_HARVESTED: Final = 4096  # characters of one string
_QUOTED: Final = 400  # characters of an entry that is shown

BEGIN: Final = re.compile(r"[\[{](?=\s*+(?:[\"'\[{\]}]|$))")
_TOKEN: Final = re.compile(
    r"\s*+(?:(?P<mark>[\[\]{},:])"
    r"|(?P<string>\"(?:[^\"\\\n]++|\\.)*+\"|'(?:[^'\\\n]++|\\.)*+')"
    r"|(?:-?[0-9][0-9.eE+-]*+|true|false|null|True|False|None)(?![0-9A-Za-z_]))"
)
_OPENS: Final = {"]": "[", "}": "{"}
_SECRETS: Final = frozenset({WordKind.KEY, WordKind.BOTH})
_UNDERSTOOD: Final = frozenset({"MAC", "mac", "PID", "pid", "key", "name"})
# A lamp's or gateway's table of paired remotes has this beside each: it gives addresses as they are
# sent, last byte first, and the product as a decimal number.
_TABLE: Final = "evtid"
_PRODUCT: Final = "pid"


@dataclass(slots=True)
class _Level:
    """Gather what an object says of a device; an array only hands on."""

    bracket: str
    start: int
    wants: str  # what may come next: name, colon, value or comma
    label: str = ""  # the property whose value comes
    is_tasmota: bool = False
    is_cloud: bool = False
    is_table: bool = False
    product: str = ""  # as a plain number
    end: int = 0
    values: dict[Role, str] = field(default_factory=dict)
    # Objects in it that have a key: without an address, or with one that may be this one's.
    inner: list[_Level] = field(default_factory=list)

    def step(self, now: str, then: str) -> bool:
        """Go on if this is what may come."""
        if self.wants != now:
            return False
        self.wants = then
        return True

    def put(self, role: Role, value: str) -> None:
        """Keep the first value of each kind."""
        self.values.setdefault(role, value)
        self.is_tasmota = self.is_tasmota or self.label == "PID"
        self.is_cloud = self.is_cloud or self.label == "beaconkey"

    @property
    def mac(self) -> str | None:
        found = self.values.get(Role.MAC) or self.values.get(Role.MAYBE_MAC)
        return backwards(found) if found and self.is_table else found

    @property
    def key(self) -> str | None:
        return self.values.get(Role.KEY) or self.values.get(Role.MAYBE_KEY)

    @property
    def model(self) -> str | None:
        """Return the product's number in hex, as every other format has it."""
        if self.is_table and self.product.isdecimal():
            return f"{int(self.product[:9]):04x}"
        return self.values.get(Role.PRODUCT)

    @property
    def format(self) -> TextFormat:
        if self.is_tasmota:
            return TextFormat.MI32CFG
        return TextFormat.CLOUD_JSON if self.is_cloud else TextFormat.JSON


class JsonReader:
    """Read the JSON parts of one text."""

    def __init__(self, text: str, starts: list[int], collector: Collector) -> None:
        """Take the text and where its lines start."""
        self.text = text
        self._starts = starts
        self._collector = collector
        self._tokens = 0
        self._begin([])

    def _begin(self, levels: list[_Level]) -> None:
        self._levels = levels
        self._deeper = 0
        self._too_deep = False

    def read(self, at: int) -> int:
        """Read from an opening bracket on and give where to go on; ``at`` itself if it is no JSON."""
        self._begin([])
        before = self._collector.told
        end = solid = at
        while found := _TOKEN.match(self.text, end):
            self._tokens += 1
            if self._tokens > _TOKENS:
                self._collector.full = True
            if self._collector.full:
                return end
            if not self._take(found):
                break
            end = found.end()
            if not self._levels:
                return end
            # A number may as well be the beginning of other text.
            if found["mark"] or found["string"]:
                solid = end
        return self._break(at, solid, before)

    def _take(self, found: re.Match[str]) -> bool:
        """Take one token; false if it cannot stand here."""
        mark = found["mark"]
        if self._deeper:
            self._deeper += (mark in _OPENS.values()) - (mark in _OPENS)
            return True
        if not mark:
            return self._scalar(found)
        if mark in _OPENS:
            return self._close(mark, found.end())
        if mark in _OPENS.values():
            return self._open(mark, found.end() - 1)
        level = self._levels[-1]
        if mark == ":":
            return level.step("colon", "value")
        return level.step("comma", "name" if level.bracket == "{" else "value")

    def _open(self, mark: str, start: int) -> bool:
        above = self._levels[-1] if self._levels else None
        if above and not above.step("value", "comma"):
            return False
        if len(self._levels) >= _DEPTH:
            self._deeper = 1
            if not self._too_deep:
                self._too_deep = True
                self._collector.refuse(
                    self._line(start),
                    self.text[start : start + _QUOTED],
                    Refusal.TOO_DEEP,
                )
            return True
        level = _Level(mark, start, "name" if mark == "{" else "value")
        if above and mark == "{" and above.bracket == "{" and address_of(above.label):
            level.values[Role.MAYBE_MAC] = above.label
        self._levels.append(level)
        return True

    def _close(self, mark: str, end: int) -> bool:
        level = self._levels[-1]
        if level.bracket != _OPENS[mark] or level.wants == "colon":
            return False
        if level.bracket == "{" and level.wants == "value":
            return False
        self._levels.pop()
        self._judge(level, end)
        return True

    def _scalar(self, found: re.Match[str]) -> bool:
        level, string = self._levels[-1], found["string"]
        if level.wants == "name":
            level.label = _text(string) if string else ""
            level.is_table = level.is_table or level.label == _TABLE
            level.wants = "colon"
            return bool(string)
        if not level.step("value", "comma"):
            return False
        if string:
            self._value(level, _text(string), found.end())
        elif level.label == _PRODUCT:
            level.product = found[0].strip()
        return True

    def _value(self, level: _Level, value: str, end: int) -> None:
        role = role_of(level.label) if level.bracket == "{" else None
        if role and role is not Role.OTHER:
            level.put(role, value)
            return
        line = self._line(end)
        if role is None and level.bracket == "{" and address_of(level.label):
            draft = DeviceDraft(
                line=line, last=line, format=TextFormat.JSON, text=value
            )
            draft.mac, draft.key, draft.sure_of_mac = level.label, value, False
            if kinds(value):
                self._collector.take(draft)
        elif role is None and 16 <= len(value) <= _HARVESTED:
            seen = kinds(value)
            if WordKind.BOTH in seen or seen >= {WordKind.ADDRESS, WordKind.KEY}:
                self._collector.scan(line, line, value)

    def _judge(self, level: _Level, end: int, *, cut: bool = False) -> None:
        """Make an entry of an object that ended, or hand its key to the object around it."""
        level.end = end
        above = self._levels[-1] if self._levels else None
        outer = above if above and above.bracket == "{" else None
        self._judge_inner(level, outer)
        draft = self._draft(level)
        if cut and level.mac and not level.key:
            self._collector.refuse_draft(draft, Refusal.CUT_OFF)
        elif not outer or not level.key:
            self._collector.take(draft)
        elif draft.sure_of_key or not _SECRETS.isdisjoint(kinds(level.key)):
            outer.inner.append(level)

    def _judge_inner(self, level: _Level, outer: _Level | None) -> None:
        """Make entries of the objects in one that ended, or hand them to the object around it."""
        inner = self._adopt(level) if level.mac and not level.key else level.inner
        if outer and not level.key and not level.mac:
            outer.inner.extend(inner)
        else:
            for one in inner:
                self._collector.take(self._draft(one))

    @staticmethod
    def _adopt(level: _Level) -> list[_Level]:
        """Return an object the key that one object in it has for it; return the objects that are left."""
        own = [one for one in level.inner if not one.mac or _same(one.mac, level.mac)]
        if len(own) != 1:
            return level.inner
        (one,) = own
        level.is_cloud = level.is_cloud or one.is_cloud
        level.values = {**one.values, **level.values}
        return [other for other in level.inner if other is not one]

    def _draft(self, level: _Level) -> DeviceDraft:
        text = self.text[level.start : min(level.end, level.start + _QUOTED)]
        return DeviceDraft(
            line=self._line(level.start),
            last=self._line(level.end - 1),
            format=level.format,
            text=text,
            extra=_extra(text) if level.is_tasmota else "",
            mac=level.mac,
            key=level.key,
            name=level.values.get(Role.NAME),
            product=level.model,
            sure_of_mac=Role.MAC in level.values,
            sure_of_key=Role.KEY in level.values,
        )

    def _break(self, at: int, end: int, before: int) -> int:
        """Keep what was read before a break, and say where other text may begin."""
        cut = False
        while self._levels:
            level = self._levels.pop()
            cut = cut or bool(level.mac and not level.key)
            self._judge(level, end, cut=True)
        if self._collector.told == before:
            return at
        line = self._line(end - 1)
        after = (*self._starts[line : line + 1], len(self.text))[0]
        if not cut:
            text = self.text[self._starts[line - 1] : after]
            self._collector.refuse(line, text, Refusal.CUT_OFF)
        return after

    def _line(self, at: int) -> int:
        return bisect_right(self._starts, at)


def _same(one: str, other: str | None) -> bool:
    return other is not None and address_of(one) == address_of(other)


def _extra(text: str) -> str:
    """Return as JSON what an entry of Tasmota's file says that means nothing here, nothing of a long one."""
    try:
        said = json.loads(text)
    except ValueError, RecursionError:
        return ""
    rest = {name: value for name, value in said.items() if name not in _UNDERSTOOD}
    return json.dumps(rest) if rest else ""


def _text(string: str) -> str:
    """Return what a quoted string says; as it stands if it is not JSON's way of quoting."""
    if string[0] == '"' and "\\" in string:
        try:
            return str(json.loads(string))
        except ValueError:
            return string[1:-1]
    return string[1:-1]
