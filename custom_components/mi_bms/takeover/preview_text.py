"""A plan in words: a list of the entities, and what else changes.

Names and values were chosen by strangers and other integrations: none of them is more than plain text here.
"""

from collections.abc import Iterable, Iterator, Mapping
import math
from typing import Final

from homeassistant.const import Platform

from ..const import DOMAIN
from ..proto.model.names import clean_name
from ..proto.takeover.model import Fate, MovePlan, OldRow, OurRow, Ruling, Statistic
from ..proto.takeover.peers import PEERS
from ..texts import Words
from .told import code, told_off, told_trigger
from .uses import Uses

_ROWS: Final = 60  # of the list
_NAMES: Final = 12  # in a line
_LINES: Final = 10  # of what has to be changed
_DIGITS: Final = 3
_NOTHING: Final = "\N{EN DASH}"
_GROUP: Final = "takeover_preview"


class PreviewText:
    """Say in the language of the house what would become of a device."""

    def __init__(self, words: Words, texts: Mapping[str, str], name: str) -> None:
        """Take the words, the names of entities and states as Home Assistant has them, and the device's name."""
        self._words, self._texts, self._device = words, texts, name

    def told(self, plan: MovePlan, uses: Uses) -> str:
        """Return everything as Markdown."""
        title = PEERS[plan.peer].title if plan.peer in PEERS else plan.peer
        parts = [self._count(plan), self._list(plan)]
        names = dict.fromkeys(self._name(row) for row in plan.added if row.shown)
        parts += self._listed("added", filter(None, names))
        used = (one.name for one in (*uses.automations, *uses.scripts))
        parts += self._listed("uses", used)
        parts += self._listed("by_device", (one.name for one in uses.by_device))
        parts += self._broken(uses)
        parts += self._listed("events", (one.name for one in uses.events), title)
        parts += self._listed(
            "attributes", (one.name for one in uses.attributes), title
        )
        called = {one.old.entity_id: _name_of(one.old) for one in plan.rulings}
        parts += self._listed("home", (called.get(one, one) for one in uses.home))
        if plan.moving:
            parts.append(told_off(self._words, plan))
        return "\n\n".join(filter(None, parts))

    def _say(self, word: str, **fill: str) -> str:
        return self._words(_GROUP, word, **fill)

    def _count(self, plan: MovePlan) -> str:
        moves, count = str(len(plan.moving)), str(len(plan.rulings))
        return self._say("count", moves=moves, all=count, name=self._device)

    def _list(self, plan: MovePlan) -> str:
        rulings = sorted(
            plan.rulings, key=lambda one: (one.fate is Fate.STAYS, _name_of(one.old))
        )
        lines = [self._line(one) for one in rulings[:_ROWS]]
        if (over := len(rulings) - _ROWS) > 0:
            lines.append(f"- {self._more(over)}")
        return "\n".join(lines)

    def _more(self, count: int) -> str:
        return self._say("more", count=str(count))

    def _line(self, ruling: Ruling) -> str:
        old, ours = ruling.old, ruling.ours
        here = self._name(ours) if ours else ""
        said = [self._words("takeover_fate", ruling.fate)]
        if ruling.why:
            said.append(self._words("takeover_why", ruling.why))
        if ours:
            said += [self._values(old, ours), self._statistics(old, ours)]
        head = f"**{self._short(old)}**" + (
            f" \N{RIGHTWARDS ARROW} {here}" if here else ""
        )
        return f"- {head}: {self._words.sentences(said)} `{old.entity_id}`"

    def _short(self, old: OldRow) -> str:
        """Return the name of an entity without that of its device."""
        name = _name_of(old)
        return name.removeprefix(self._device).strip() or name

    def _values(self, old: OldRow, ours: OurRow) -> str:
        there, here = self._value(old), self._value(ours)
        return (
            self._say("values", there=there or _NOTHING, here=here or _NOTHING)
            if there or here
            else ""
        )

    def _statistics(self, old: OldRow, ours: OurRow) -> str:
        if old.statistic is ours.statistic is Statistic.NONE:
            return ""
        kind = self._statistic(old.statistic)
        if ours.statistic is not old.statistic:
            new = self._statistic(ours.statistic)
            kind = self._say("changed", old=kind, new=new)
        return self._say("statistics", kind=kind)

    def _statistic(self, kind: Statistic) -> str:
        return self._words("takeover_statistic", kind)

    def _value(self, row: OldRow | OurRow) -> str:
        if row.value is None or row.domain == Platform.EVENT:
            return ""
        if row.domain == Platform.BINARY_SENSOR:
            kinds = (row.device_class or "_", "_")
            keys = (
                f"component.{row.domain}.entity_component.{one}.state" for one in kinds
            )
            said = (self._texts.get(f"{key}.{row.value}") for key in keys)
            return next(filter(None, said), clean_name(row.value))
        return f"{self._number(row.value)} {clean_name(row.unit or '')}".strip()

    def _number(self, value: str) -> str:
        try:
            number = float(value)
        except ValueError:
            return clean_name(value)
        if not math.isfinite(number):
            return clean_name(value)
        shown = f"{number:.{_DIGITS}f}".rstrip("0")
        return self._words.number(number, len(shown.partition(".")[2]))

    def _name(self, row: OurRow) -> str:
        """Return what an entity of ours is called."""
        own = f"component.{DOMAIN}.entity.{row.domain}.{row.text}.name"
        common = f"component.{row.domain}.entity_component.{row.device_class}.name"
        name = self._texts.get(own) or self._texts.get(common) or ""
        if row.number is None:
            return name
        number = str(row.number)
        if "{number}" in name:
            return name.replace("{number}", number)
        return f"{name} {number}"

    def _listed(
        self, word: str, names: Iterable[str], title: str = ""
    ) -> Iterator[str]:
        """Yield a line with some names, none where there are none; the last tells how many are left out."""
        found = [*names]
        shown = found[:_NAMES]
        if len(found) > _NAMES:
            shown.append(self._more(len(found) - _NAMES))
        if shown:
            yield self._say(word, names=self._words.listed(shown), peer=title)

    def _broken(self, uses: Uses) -> Iterator[str]:
        lines = [
            *(told_trigger(self._words, one) for one in uses.triggers),
            *(
                self._say(
                    "word",
                    name=one.where.name,
                    entity=f"`{one.entity_id}`",
                    old=code(one.old),
                    new=code(one.new),
                )
                for one in uses.words
            ),
        ]
        if lines:
            yield self._say("triggers")
        yield from lines[:_LINES]
        if len(lines) > _LINES:
            yield self._more(len(lines) - _LINES)


def _name_of(old: OldRow) -> str:
    return clean_name(old.name) or old.entity_id
