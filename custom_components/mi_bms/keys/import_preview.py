"""What taking a heap of keys would change, line by line, before anything is changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.core import HomeAssistant, callback

from ..bluetooth.discovery import Heard, look_at, titled
from ..const import CONF_KEY, DOMAIN, KIND_SENSOR
from ..entries import Wish, entries_of
from ..proto.keys.contract import Format, Import, KeyLine, Refusal, Refused
from ..proto.keys.exporter import FIRMWARE
from ..proto.keys.ring import opens
from ..proto.mibeacon.decoder import check_key
from ..proto.mibeacon.devices import DEVICES
from ..proto.model.reading import KeyCheck
from ..texts import Words
from .ring import Frames, Keys

SHOWN: Final = 300  # lines that are told one by one
OFFERED: Final = 500  # devices that can be taken at once
TRIES: Final = 20_000  # of a key without an address on a device
NEWEST: Final = 2  # packets of a device that such a key is tried on
_KEYLESS: Final = frozenset({Refusal.NO_KEY, Refusal.EMPTY_KEY})


class Change(StrEnum):
    """Describe what taking a line would do."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"  # what is heard speaks for the key that is there


class Fit(StrEnum):
    """Describe what the device's own packets tell of a key."""

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
        """Return whether it is ticked to begin with."""
        doubtful = self.fit in {Fit.WRONG, Fit.EITHER}
        return self.change in {Change.ADDED, Change.UPDATED} and not doubtful

    def label(self, words: Words) -> str:
        """Return the line of the list."""
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
    spare: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    lines: int = 0
    aside: int = 0

    def takeable(self) -> list[Row]:
        """Return the rows that change something, as many as can be taken at once."""
        return self._changing()[:OFFERED]

    def _changing(self) -> list[Row]:
        return [row for row in self.rows.values() if row.change is not Change.UNCHANGED]

    def rest(self, words: Words) -> str:
        """Tell in a list what is left as it is, and why."""
        told = [
            (row.line or 0, f"`{row.wish.address}`: {words('change', row.change)}")
            for row in self.rows.values()
            if row.change is Change.UNCHANGED
        ]
        told += [(one.line, _refused(one, words)) for one in self.refused]
        told += [
            (row.line or 0, f"`{row.wish.address}`: {words('line', 'later')}")
            for row in self._changing()[OFFERED:]
        ]
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


@dataclass(slots=True)
class Around:
    """Hold what is set up and heard, as it was at one moment: it may be read beside the event loop."""

    infos: Mapping[str, BluetoothServiceInfoBleak]
    frames: Mapping[str, Frames]
    entries: Mapping[str, Mapping[str, Any]]
    sensors: frozenset[str | None]  # addresses of those entries that are sensors
    _seen: dict[str, Heard | None] = field(default_factory=dict)

    def heard(self, address: str) -> Heard | None:
        """Return a device that is heard, None if it is not heard or none of ours."""
        if address not in self._seen:
            info = self.infos.get(address)
            self._seen[address] = look_at(info) if info else None
        return self._seen[address]

    def is_known(self, address: str) -> bool:
        """Return whether a device is set up or heard."""
        return address in self.entries or self.heard(address) is not None


@callback
def _around(hass: HomeAssistant, keys: Keys, found: Import) -> Around:
    lines: list[KeyLine | Refused] = [*found.found, *found.refused]
    swapped = (line.swapped[0] for line in found.found if line.swapped)
    frames = keys.everybodys_frames()
    infos = {
        address: info
        for address in (*(one.address for one in lines), *swapped, *frames)
        if address and (info := bluetooth.async_last_service_info(hass, address, False))
    }
    entries = {
        entry.unique_id: entry.data
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.unique_id
    }
    sensors = frozenset(entry.unique_id for entry in entries_of(hass, KIND_SENSOR))
    return Around(infos, frames, entries, sensors)


async def async_look(hass: HomeAssistant, keys: Keys, found: Import) -> Preview:
    """Compare a heap of keys with what is set up and with what is heard."""
    around = _around(hass, keys, found)
    return await hass.async_add_executor_job(look, around, found)


async def async_collect(
    hass: HomeAssistant, keys: Keys, lines: Sequence[KeyLine]
) -> Preview:
    """Compare keys that came from another place than a text."""
    found = Import(found=tuple(lines), refused=(), loose=(), lines=0, aside=())
    preview = await async_look(hass, keys, found)
    rows = {address: replace(row, line=None) for address, row in preview.rows.items()}
    return replace(preview, rows=rows)


def look(around: Around, found: Import) -> Preview:
    """Compare a heap of keys with what is around; heaps take their time."""
    rows = {
        row.wish.address: row for line in found.found for row in _rows(around, line)
    }
    refused = []
    for one in found.refused:
        wish = None if one.address in rows else _keyless(around, one)
        if wish is None:
            refused.append(one)
        else:
            rows[wish.address] = _row(around, wish, one.line)
    for address, key in _placed(around.frames, found.loose):
        if address not in rows:
            wish = Wish(address=address, key=key, heard=around.heard(address))
            rows[address] = _row(around, wish, None)
    return Preview(
        rows=rows,
        refused=tuple(refused),
        loose=found.loose,
        spare={
            line.address: (line.key, *line.others)
            for line in found.found
            if line.others
        },
        lines=found.lines,
        aside=len(found.aside),
    )


def _keyless(around: Around, one: Refused) -> Wish | None:
    """Return a device without a key that needs none, or may need none as far as anybody knows."""
    if one.address is None or one.reason not in _KEYLESS:
        return None
    heard = around.heard(one.address)
    if heard:
        fits = heard.sighting and heard.sighting.encrypted is False
    else:
        # Tasmota files only what it has heard; what is silent now is known by its product.
        known = one.product_id in DEVICES or one.product_id in FIRMWARE.values()
        fits = known and one.reason is Refusal.NO_KEY
    if not fits:
        return None
    spec = DEVICES.get(one.product_id or 0)
    return Wish(
        address=one.address,
        name=one.name or (titled(spec.model, one.address) if spec else None),
        product=one.product_id if spec else None,
        heard=heard,
        extra=one.extra,
    )


def _rows(around: Around, line: KeyLine) -> Iterable[Row]:
    """Return the row of a line, or both of one that can be read in two ways if nothing tells them apart."""
    both = [line]
    if line.swapped:
        address, key = line.swapped
        both.append(replace(line, address=address, key=key, others=()))
    known = [one for one in both if around.is_known(one.address)]
    # Tasmota's way, if it is written in one piece as Tasmota does.
    sure = known or (both[:1] if line.format is Format.MI32KEY else [])
    for one in sure[:1] or both:
        row = _row(around, _wish(around, one), line.line)
        yield row if sure or len(both) == 1 else replace(row, fit=Fit.EITHER)


def _wish(around: Around, line: KeyLine) -> Wish:
    heard = around.heard(line.address)
    return Wish(
        address=line.address,
        name=_name(line, heard),
        key=_best(around, line),
        product=line.product_id,
        heard=heard,
        extra=line.extra,
    )


def _best(around: Around, line: KeyLine) -> bytes:
    """Return the key that opens what the device sent, else the one that it has or that came first."""
    keys = (line.key, *line.others)
    frames = around.frames.get(line.address, ())
    for key in keys if line.others else ():
        if opens(line.address, key, frames):
            return key
    entry = around.entries.get(line.address, {})
    return next((key for key in keys if key.hex() == entry.get(CONF_KEY)), line.key)


def _name(line: KeyLine, heard: Heard | None) -> str | None:
    if line.name or heard:
        return line.name
    spec = None if line.product_id is None else DEVICES.get(line.product_id)
    return titled(spec.model, line.address) if spec else None


def _placed(
    frames: Mapping[str, Frames], loose: Iterable[bytes]
) -> Iterable[tuple[str, bytes]]:
    """Find by trying whose keys they are; those beyond ``TRIES`` are tried when a device turns up."""
    pairs = ((key, address) for key in loose for address in frames)
    for key, address in islice(pairs, TRIES):
        # The newest alone first: most keys are not this device's.
        if opens(address, key, frames[address][-NEWEST:]):
            yield address, key


def _row(around: Around, wish: Wish, line: int | None) -> Row:
    frames = around.frames.get(wish.address, ())
    fit = _fit(wish, frames)
    entry = around.entries.get(wish.address)
    change = Change.UPDATED
    if entry is None:
        change = Change.ADDED
    elif wish.address not in around.sensors:
        change = Change.UNCHANGED
    else:
        known = entry.get(CONF_KEY)
        if wish.key is None or known == wish.key.hex():
            change = Change.UNCHANGED
        elif (
            known
            and fit is Fit.WRONG
            and opens(wish.address, bytes.fromhex(known), frames)
        ):
            change = Change.CONFLICT
    return Row(wish=wish, change=change, fit=fit, line=line)


def _fit(wish: Wish, frames: Frames) -> Fit:
    if wish.key is None:
        spec = DEVICES.get(wish.product or 0)
        silent = wish.heard is None and spec is not None and spec.encrypted != "no"
        return Fit.LATER if silent else Fit.NO_KEY
    match check_key(wish.address, wish.key, frames):
        case KeyCheck.RIGHT:
            return Fit.RIGHT
        case KeyCheck.WRONG:
            return Fit.WRONG
    return Fit.LATER
