"""What taking a heap of keys would change, line by line, before anything is changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from homeassistant.core import HomeAssistant

from .adding import Wish, entry_of
from .const import CONF_KEY, CONF_KIND, KIND_BATTERY
from .heard import Heard, find, titled
from .keyring import Keys
from .proto.keys.contract import Format, Import, KeyLine, Refusal, Refused
from .proto.keys.ring import opens
from .proto.mibeacon.decoder import check_key
from .proto.mibeacon.devices import DEVICES
from .proto.model.names import clean_name
from .proto.model.reading import KeyCheck
from .words import Words

SHOWN: Final = 300  # lines that are told one by one


class Change(StrEnum):
    """Say what taking a line would do."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"  # what is heard speaks for the key that is there


class Fit(StrEnum):
    """Say what the device's own packets tell of a key."""

    RIGHT = "right"
    WRONG = "wrong"
    LATER = "later"  # nothing encrypted heard yet
    NO_KEY = "no_key"  # it sends in the clear
    EITHER = (
        "either"  # address and key may be the other way round, and neither is heard
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one device that could be taken; ``line`` is None for a key that only what is heard placed."""

    wish: Wish
    change: Change
    fit: Fit
    line: int | None = None

    @property
    def wanted(self) -> bool:
        """Say whether it is ticked to begin with."""
        doubtful = self.fit in {Fit.WRONG, Fit.EITHER}
        return self.change in {Change.ADDED, Change.UPDATED} and not doubtful

    def label(self, words: Words) -> str:
        """Give the line of the list."""
        wish, heard = self.wish, self.wish.heard
        spec = None if wish.product is None else DEVICES.get(wish.product)
        model = heard.model if heard else spec.model if spec else None
        parts = [wish.name, model, wish.address]
        parts.append(f"{heard.info.rssi} dBm" if heard else words("heard", "silent"))
        parts += [words("change", self.change), words("fit", self.fit)]
        return " · ".join(part for part in dict.fromkeys(parts) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Hold all rows by address, and what was not understood."""

    rows: dict[str, Row]
    refused: tuple[Refused, ...] = ()
    loose: tuple[bytes, ...] = field(default=(), repr=False)
    lines: int = 0
    aside: int = 0

    def takeable(self) -> list[Row]:
        """Give the rows that change something."""
        return [row for row in self.rows.values() if row.change is not Change.UNCHANGED]

    def rest(self, words: Words) -> str:
        """Tell in a list what is left as it is, and why."""
        told = [
            (row.line or 0, f"`{row.wish.address}`: {words('change', row.change)}")
            for row in self.rows.values()
            if row.change is Change.UNCHANGED
        ]
        told += [(one.line, _refused(one, words)) for one in self.refused]
        told.sort(key=lambda one: one[0])
        lines = [
            f"- {words('line', 'line', line=str(line))} {text}" if line else f"- {text}"
            for line, text in told[:SHOWN]
        ]
        if len(told) > SHOWN:
            more = str(len(told) - SHOWN)
            lines.append(f"- {words('line', 'more', more=more)}")
        return "\n".join(lines)


def _refused(one: Refused, words: Words) -> str:
    reason = words("refusal", one.reason)
    shown = one.text.replace("`", "'").strip()
    return f"`{shown}`: {reason}" if shown else reason


def look(hass: HomeAssistant, keys: Keys, found: Import) -> Preview:
    """Compare a heap of keys with what is set up and with what is heard."""
    rows = {
        row.wish.address: row for line in found.found for row in _rows(hass, keys, line)
    }
    refused = []
    for one in found.refused:
        keyless = one.reason is Refusal.NO_KEY and one.address not in rows
        heard = find(hass, one.address) if keyless and one.address else None
        if heard and heard.sighting and heard.sighting.encrypted is False:
            wish = Wish(
                address=heard.address,
                name=_shown(one.name),
                heard=heard,
                extra=one.extra,
            )
            rows[heard.address] = _row(hass, keys, wish, one.line)
        else:
            refused.append(one)
    for address, key in _placed(keys, found.loose):
        if address not in rows:
            wish = Wish(address=address, key=key, heard=find(hass, address))
            rows[address] = _row(hass, keys, wish, None)
    return Preview(
        rows=rows,
        refused=tuple(refused),
        loose=found.loose,
        lines=found.lines,
        aside=len(found.aside),
    )


def collect(hass: HomeAssistant, keys: Keys, lines: Iterable[KeyLine]) -> Preview:
    """Compare keys that came from another place than a text."""
    rows = {line.address: _row(hass, keys, _wish(hass, line), None) for line in lines}
    return Preview(rows=rows)


def _rows(hass: HomeAssistant, keys: Keys, line: KeyLine) -> Iterable[Row]:
    """Give the row of a line, or both of one that can be read in two ways if nothing tells them apart."""
    both = [line]
    if line.swapped:
        address, key = line.swapped
        both.append(replace(line, address=address, key=key))
    known = [one for one in both if _is_known(hass, one.address)]
    # Tasmota's way, if it is written in one piece as Tasmota does.
    sure = known or (both[:1] if line.format is Format.MI32KEY else [])
    for one in sure[:1] or both:
        row = _row(hass, keys, _wish(hass, one), line.line)
        yield row if sure or len(both) == 1 else replace(row, fit=Fit.EITHER)


def _is_known(hass: HomeAssistant, address: str) -> bool:
    return bool(find(hass, address) or entry_of(hass, address))


def _wish(hass: HomeAssistant, line: KeyLine) -> Wish:
    heard = find(hass, line.address)
    return Wish(
        address=line.address,
        name=_name(line, heard),
        key=line.key,
        product=line.product_id,
        heard=heard,
        extra=line.extra,
    )


def _name(line: KeyLine, heard: Heard | None) -> str | None:
    if (name := _shown(line.name)) or heard:
        return name
    spec = None if line.product_id is None else DEVICES.get(line.product_id)
    return titled(spec.model, line.address) if spec else None


def _shown(name: str | None) -> str | None:
    """Return a name that somebody else has written as it can be shown."""
    return clean_name(name or "") or None


def _placed(keys: Keys, loose: Iterable[bytes]) -> Iterable[tuple[str, bytes]]:
    """Find by trying whose keys they are."""
    for key in loose:
        for address, frames in keys.everybodys_frames().items():
            if opens(address, key, frames):
                yield address, key


def _row(hass: HomeAssistant, keys: Keys, wish: Wish, line: int | None) -> Row:
    frames = keys.frames(wish.address)
    fit = Fit.NO_KEY if wish.key is None else Fit.LATER
    if wish.key is not None:
        match check_key(wish.address, wish.key, frames):
            case KeyCheck.RIGHT:
                fit = Fit.RIGHT
            case KeyCheck.WRONG:
                fit = Fit.WRONG
    entry = entry_of(hass, wish.address)
    change = Change.UPDATED
    if entry is None:
        change = Change.ADDED
    elif entry.data[CONF_KIND] == KIND_BATTERY:
        change = Change.UNCHANGED
    else:
        known = entry.data.get(CONF_KEY)
        if wish.key is None or known == wish.key.hex():
            change = Change.UNCHANGED
        elif (
            known
            and fit is Fit.WRONG
            and opens(wish.address, bytes.fromhex(known), frames)
        ):
            change = Change.CONFLICT
    return Row(wish=wish, change=change, fit=fit, line=line)
