"""What taking a heap of keys would change, line by line, before anything is changed.

In come the lines of a text and what is set up and heard; each key is tried on what its device sent.
Out come rows, of which the user ticks some, and what is left as it is with why.
"""

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol

from ..mibeacon.devices import DEVICES
from ..mibeacon.key_check import check_key
from ..mibeacon.spec import ProductKind
from ..model.names import Words, bracketed, titled_apart
from ..model.reading import KeyCheck
from .contract import Import, KeyLine, Refusal, RefusedLine, TextFormat
from .exporter import FIRMWARE
from .ring import opens

SHOWN: Final = 300  # lines that are told one by one
OFFERED: Final = 500  # devices that can be taken at once
TRIES: Final = 20_000  # of a key without an address on a device
NEWEST: Final = 2  # packets of a device that such a key is tried on
_KEYLESS: Final = frozenset({Refusal.NO_KEY, Refusal.EMPTY_KEY})


type Frames = tuple[tuple[str, bytes], ...]  # service, data


class Change(StrEnum):
    """What taking a line would do."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"  # what is heard speaks for the key that is there


class Fit(StrEnum):
    """What the device's own packets tell of a key."""

    RIGHT = "right"
    WRONG = "wrong"
    LATER = "later"  # nothing encrypted heard yet
    NO_KEY = "no_key"  # it sends in the clear
    EITHER = (
        "either"  # address and key may be the other way round, and neither is heard
    )


_FITS: Final = {KeyCheck.RIGHT: Fit.RIGHT, KeyCheck.WRONG: Fit.WRONG}


class HeardDevice(Protocol):
    """What is heard of a device."""

    def plain(self, words: Words) -> str:
        """Return what it is, as people say."""
        ...

    def known_as(self, words: Words) -> str:
        """Return its model or type, as people know it."""
        ...

    @property
    def rssi(self) -> int:
        """Return how well it was heard last, in dBm."""
        ...

    @property
    def encrypted(self) -> bool | None:
        """Return whether it encrypts, None if it does not tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """A device that could be taken; ``line`` is None for a key that only what is heard placed.

    ``extra`` is what the text says of the device besides, as JSON.
    """

    address: str
    key: bytes | None = field(default=None, repr=False)
    name: str | None = None
    product: int | None = None
    heard: HeardDevice | None = None
    extra: str = field(default="", repr=False)
    line: int | None = None
    change: Change = Change.ADDED
    fit: Fit = Fit.LATER

    @property
    def wanted(self) -> bool:
        """Return whether it is ticked to begin with."""
        doubtful = self.fit in {Fit.WRONG, Fit.EITHER}
        return self.change in {Change.ADDED, Change.UPDATED} and not doubtful

    @property
    def shown(self) -> str:
        """Return whom it is about, in Markdown."""
        return f"{self.name} (`{self.address}`)" if self.name else f"`{self.address}`"

    def plain(self, words: Words) -> str:
        """Return what it is, as people say."""
        if self.heard:
            return self.heard.plain(words)
        spec = DEVICES.get(self.product or 0)
        return words("product", spec.kind if spec else ProductKind.SENSOR)

    def label(self, words: Words, name: str) -> str:
        """Return the line of the list."""
        heard, spec = self.heard, DEVICES.get(self.product or 0)
        model = heard.known_as(words) if heard else spec.short_model if spec else ""
        parts = [bracketed(name, model), self.address]
        parts.append(f"{heard.rssi} dBm" if heard else words("heard", "silent"))
        parts += [words("change", self.change), words("fit", self.fit)]
        return " · ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """All rows by address, and what was not understood."""

    rows: dict[str, PreviewRow]
    refused: tuple[RefusedLine, ...] = ()
    loose: tuple[bytes, ...] = field(default=(), repr=False)
    spare: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    lines: int = 0
    aside: int = 0
    taken: Collection[str] = ()

    def takeable(self) -> list[PreviewRow]:
        """Return the rows that change something, as many as can be taken at once."""
        return self._changing()[:OFFERED]

    def _changing(self) -> list[PreviewRow]:
        return [row for row in self.rows.values() if row.change is not Change.UNCHANGED]

    def further(self, own: Container[str]) -> dict[str, tuple[bytes, ...]]:
        """Return the further keys of devices that have their ``own`` now."""
        return {address: keys for address, keys in self.spare.items() if address in own}

    def told(self, words: Words) -> tuple[list[str], str]:
        """Return the line of each row that can be taken, and what is left as it is, if anything."""
        rest = self.rest(words)
        left = f"{words('line', 'left')}\n\n{rest}" if rest else ""
        rows = self.takeable()
        plain = {row.address: row.plain(words) for row in rows if not row.name}
        names = titled_apart(plain, self.taken)
        lines = [row.label(words, row.name or names[row.address]) for row in rows]
        return lines, left

    def rest(self, words: Words) -> str:
        """Tell in a list what is left as it is, and why."""
        told = [
            (row.line or 0, f"{row.shown}: {words('change', row.change)}")
            for row in self.rows.values()
            if row.change is Change.UNCHANGED
        ]
        told += [(one.line, _refused(one, words)) for one in self.refused]
        told += [
            (row.line or 0, f"{row.shown}: {words('line', 'later')}")
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


def _refused(one: RefusedLine, words: Words) -> str:
    reason = words("refusal", one.reason)
    shown = one.text.replace("`", "'").strip()
    return f"`{shown}`: {reason}" if shown else reason


@dataclass(frozen=True, slots=True)
class Around:
    """What is set up and heard, as it was at one moment.

    ``heard`` returns what is heard of an address, None if nothing is or it is none of ours. ``keys``
    are those of what is set up, sensors and others, ``names`` how that is called; ``taken`` are names
    that others have.
    """

    heard: Callable[[str], HeardDevice | None]
    frames: Mapping[str, Frames]
    keys: Mapping[str, bytes | None]
    sensors: Container[str]
    names: Mapping[str, str] = field(default_factory=dict)
    taken: Collection[str] = ()

    def is_known(self, address: str) -> bool:
        """Return whether a device is set up or heard."""
        return address in self.keys or self.heard(address) is not None


def look(around: Around, found: Import) -> Preview:
    """Compare a heap of keys with what is around; heaps take their time."""
    rows = {row.address: row for line in found.found for row in _rows(around, line)}
    refused = []
    for one in found.refused:
        row = None if one.address in rows else _keyless(around, one)
        if row is None:
            refused.append(one)
        else:
            rows[row.address] = _judged(around, row)
    for address, key in _placed(around.frames, found.loose):
        if address not in rows:
            row = PreviewRow(
                address=address,
                key=key,
                name=around.names.get(address),
                heard=around.heard(address),
            )
            rows[address] = _judged(around, row)
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
        taken=around.taken,
    )


def _keyless(around: Around, one: RefusedLine) -> PreviewRow | None:
    """Return a device without a key that needs none, or may need none as far as anybody knows."""
    if one.address is None or one.reason not in _KEYLESS:
        return None
    if heard := around.heard(one.address):
        fits = heard.encrypted is False
    else:
        # Tasmota files only what it has heard; what is silent now is known by its product.
        known = one.product_id in DEVICES or one.product_id in FIRMWARE.values()
        fits = known and one.reason is Refusal.NO_KEY
    if not fits:
        return None
    spec = DEVICES.get(one.product_id or 0)
    return PreviewRow(
        address=one.address,
        name=around.names.get(one.address, one.name),
        product=one.product_id if spec else None,
        heard=heard,
        extra=one.extra,
        line=one.line,
    )


def _rows(around: Around, line: KeyLine) -> Iterator[PreviewRow]:
    """Return the row of a line, or both of one that can be read in two ways if nothing tells them apart."""
    both = [line]
    if line.swapped:
        address, key = line.swapped
        both.append(replace(line, address=address, key=key, others=()))
    known = [one for one in both if around.is_known(one.address)]
    # Tasmota's way, if it is written in one piece as Tasmota does.
    sure = known or (both[:1] if line.format is TextFormat.MI32KEY else [])
    for one in sure[:1] or both:
        row = _judged(around, _row(around, one))
        yield row if sure or len(both) == 1 else replace(row, fit=Fit.EITHER)


def _row(around: Around, line: KeyLine) -> PreviewRow:
    return PreviewRow(
        address=line.address,
        key=_best(around, line),
        name=around.names.get(line.address, line.name),
        product=line.product_id,
        heard=around.heard(line.address),
        extra=line.extra,
        line=line.line,
    )


def _best(around: Around, line: KeyLine) -> bytes:
    """Return the key that opens what the device sent, else the one that it has or that came first."""
    keys = (line.key, *line.others)
    if line.others:
        frames = around.frames.get(line.address, ())
        for key in keys:
            if opens(line.address, key, frames):
                return key
    own = around.keys.get(line.address)
    return own if own in keys else line.key


def _placed(
    frames: Mapping[str, Frames], loose: Iterable[bytes]
) -> Iterator[tuple[str, bytes]]:
    """Find by trying whose keys they are; those beyond ``TRIES`` are tried when a device turns up."""
    pairs = ((key, address) for key in loose for address in frames)
    for key, address in islice(pairs, TRIES):
        # The newest alone first: most keys are not this device's.
        if opens(address, key, frames[address][-NEWEST:]):
            yield address, key


def _judged(around: Around, row: PreviewRow) -> PreviewRow:
    """Return a row with what taking it would change, and what the device's packets tell of its key."""
    frames, known = around.frames.get(row.address, ()), around.keys.get(row.address)
    fit = _fit(row, frames)
    if row.address not in around.keys:
        change = Change.ADDED
    elif row.address not in around.sensors or row.key in {None, known}:
        change = Change.UNCHANGED
    elif known and fit is Fit.WRONG and opens(row.address, known, frames):
        change = Change.CONFLICT
    else:
        change = Change.UPDATED
    return replace(row, change=change, fit=fit)


def _fit(row: PreviewRow, frames: Frames) -> Fit:
    if row.key is not None:
        return _FITS.get(check_key(row.address, row.key, frames), Fit.LATER)
    spec = DEVICES.get(row.product or 0)
    silent = row.heard is None and spec is not None and spec.encrypted != "no"
    return Fit.LATER if silent else Fit.NO_KEY
