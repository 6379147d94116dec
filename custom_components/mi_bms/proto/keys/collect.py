"""Judge what the readers picked out of a text, and keep the good and the bad apart.

Readers hand over drafts: the texts of an address and a key that belong together, and the lines
they stand in. Here they become entries, or refusals with their reason.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
import re
from typing import Final

from ..mibeacon.makers import is_maker
from .contract import Import, KeyLine, Refusal, RefusedLine, TextFormat
from .texts import (
    Word,
    WordKind,
    address_of,
    is_reference,
    key_of,
    masked,
    name_of,
    owner_of,
    swapped_of,
    words,
)

ENTRIES: Final = 2000
OTHERS: Final = 8  # further keys of one device
REFUSALS: Final = 2000

_KEYS: Final = frozenset({WordKind.KEY, WordKind.BAD_LENGTH, WordKind.BAD_DIGITS})
_AROUND: Final = " \t,;|:=<>()[]{}#*.->\"'`/"
_NO_NAMES: Final = frozenset({"key", "mac", "bindkey", "mac address", "0x"})

# The vendor's cloud fills short keys up with these; both shapes are one key.
PADDING: Final = b"\xff" * 4
_SHORT: Final = 12
_PRODUCT: Final = re.compile(r"(?:0x)?([0-9A-Fa-f]{4})")
# Tasmota files devices without a sensor protocol under this product, with an identity key.
_GENERIC: Final = 0


def bare(key: bytes) -> bytes:
    """Return a key without the padding of short ones, for comparing."""
    return key[:_SHORT] if key.endswith(PADDING) else key


@dataclass(slots=True, kw_only=True)
class DeviceDraft:
    """What a text says of one device; ``sure`` is false for settings that may mean another thing."""

    line: int
    last: int
    format: TextFormat
    text: str
    mac: str | None = None
    key: str | None = None
    name: str | None = None
    product: str | None = None
    extra: str = ""
    sure_of_mac: bool = True
    sure_of_key: bool = True


class Collector:
    """Take drafts until there are too many."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.full = False
        self._found: dict[str, KeyLine] = {}
        self._refused: list[RefusedLine] = []
        self._loose: dict[bytes, None] = {}

    @property
    def told(self) -> int:
        """Count what was found or refused so far."""
        return len(self._found) + len(self._refused)

    def take(self, draft: DeviceDraft) -> None:
        """Judge one draft; one without address and key says nothing."""
        mac, key = draft.mac, draft.key
        if self.full:
            return
        if is_reference(mac or "") or is_reference(key or ""):
            if (mac and draft.sure_of_mac) or (key and draft.sure_of_key):
                self.refuse_draft(draft, Refusal.REFERENCE)
        elif key:
            self._take_key(draft, address_of(mac) if mac else None, key)
        elif mac and draft.sure_of_mac:
            self.refuse_draft(
                draft, Refusal.NO_KEY if address_of(mac) else Refusal.BAD_ADDRESS
            )

    def _take_key(self, draft: DeviceDraft, address: str | None, key: str) -> None:
        """Judge the key of a draft with an address, if it has one that can be read."""
        read = key_of(key)
        if isinstance(read, Refusal):
            if draft.sure_of_key or address:
                self.refuse_draft(draft, read)
            return
        other = swapped_of(key)
        if other and address == other[0] != read[1]:
            read = other[1], address
        elif other and read[1] and not address and _other_way(read[1], other[0]):
            read = other[1], other[0]
        self._keep(draft, address, *read)

    def _keep(
        self, draft: DeviceDraft, address: str | None, key: bytes, owner: str | None
    ) -> None:
        if draft.mac and draft.sure_of_mac and not address:
            self.refuse_draft(draft, Refusal.BAD_ADDRESS)
        elif address and owner and address != owner:
            self.refuse_draft(draft, Refusal.OTHER_ADDRESS)
        elif device := address or owner:
            self._enter(draft, device, key)
        else:
            self._loose[key] = None
            self.refuse_draft(draft, Refusal.NO_ADDRESS)

    def _enter(self, draft: DeviceDraft, address: str, key: bytes) -> None:
        number = _PRODUCT.fullmatch(draft.product or "")
        product = int(number[1], 16) if number else None
        if product == _GENERIC:
            self.refuse_draft(draft, Refusal.NOT_BIND_KEY)
        elif known := self._found.get(address):
            self._add(known, key)
            same = bare(key) == known.key
            self.refuse_draft(draft, Refusal.DUPLICATE if same else Refusal.CONFLICT)
        elif len(self._found) >= ENTRIES:
            self.full = True
        else:
            self._found[address] = KeyLine(
                address=address,
                key=bare(key),
                name=name_of(draft.name) if draft.name else None,
                product_id=product,
                line=draft.line,
                last=draft.last,
                format=draft.format,
                swapped=self._swapped(draft, address),
                extra=draft.extra,
            )

    def _add(self, known: KeyLine, key: bytes) -> None:
        """Keep a further key of a device: it may be in use on another server."""
        keys = (known.key, *known.others)
        if bare(key) not in keys and len(keys) <= OTHERS:
            self._found[known.address] = replace(
                known, others=(*known.others, bare(key))
            )

    @staticmethod
    def _swapped(draft: DeviceDraft, address: str) -> tuple[str, bytes] | None:
        """Return the other way to read a word with key and address, unless it is known which way it is."""
        if draft.mac or not draft.key or "mi32key" in draft.text.lower():
            return None
        other = swapped_of(draft.key)
        sure = other and (address == other[0] or is_maker(address) > is_maker(other[0]))
        return None if sure else other

    def refuse_draft(self, draft: DeviceDraft, reason: Refusal) -> None:
        """Refuse a draft, keeping what is known of its device."""
        mac = address_of(draft.mac) if draft.mac else None
        if mac is None and draft.key:
            mac = owner_of(draft.key)
        number = _PRODUCT.fullmatch(draft.product or "")
        self._refuse(
            RefusedLine(
                line=draft.line,
                last=draft.last,
                text=masked(draft.text),
                reason=reason,
                address=mac,
                name=name_of(draft.name) if draft.name else None,
                product_id=int(number[1], 16) if number else None,
                extra=draft.extra,
            )
        )

    def refuse(
        self, line: int, text: str, reason: Refusal, last: int | None = None
    ) -> None:
        """Refuse a line, or the lines to ``last``."""
        self._refuse(
            RefusedLine(line=line, last=last or line, text=masked(text), reason=reason)
        )

    def _refuse(self, refused: RefusedLine) -> None:
        self.full = self.full or len(self._refused) >= REFUSALS
        if not self.full:
            self._refused.append(refused)

    def scan(self, line: int, last: int, text: str, label: str | None = None) -> bool:
        """Take addresses and keys that stand side by side; say whether there were any."""
        drafts = self.drafts(line, last, text, label)
        for draft in drafts or ():
            self.take(draft)
        return drafts is not None

    def drafts(
        self, line: int, last: int, text: str, label: str | None = None
    ) -> list[DeviceDraft] | None:
        """Return what addresses and keys stand side by side, None if there are neither.

        ``label`` is what the line calls itself: a name for its device.
        """
        body, _, comment = text.partition(" # ")
        hits = words(body)
        if not hits:
            body, comment, hits = text, "", words(text)
        keys = _of(hits, _KEYS)
        macs = _addresses(hits, keys)
        both = _of(hits, {WordKind.BOTH})
        if not (keys or macs or both):
            return None
        if keys and macs and len(keys) != len(macs):
            self.refuse(line, text, Refusal.AMBIGUOUS, last)
            return []
        draft = partial(DeviceDraft, line=line, last=last, text=text)
        drafts = [draft(format=_format(hit), key=hit.text) for hit in both]
        for mac, key in zip_longest(_texts(macs), _texts(keys)):
            drafts.append(draft(format=TextFormat.LINE, mac=mac, key=key))
        if len(drafts) == 1 and "mi32key" not in body.lower():
            drafts[0].name = comment or label or _rest(body, hits)
        return drafts

    def finish(self, lines: int, stopped: int | None) -> Import:
        """Return what was taken of ``lines`` lines; from line ``stopped`` on nothing was read."""
        if stopped is not None:
            self._refused.append(
                RefusedLine(line=stopped, last=lines, text="", reason=Refusal.TOO_MANY)
            )
        end = stopped or lines
        aside = set(range(1, end + 1))
        parts: list[KeyLine | RefusedLine] = [*self._found.values(), *self._refused]
        for part in parts:
            aside.difference_update(range(part.line, min(part.last, end) + 1))
        return Import(
            found=tuple(sorted(self._found.values(), key=_place)),
            refused=tuple(sorted(self._refused, key=_place)),
            loose=tuple(self._loose),
            lines=lines,
            aside=tuple(sorted(aside)),
        )


def _other_way(owner: str, first: str) -> bool:
    """Return whether a word with a key and its address begins with the address: makers tell."""
    return is_maker(first) and not is_maker(owner)


def _of(hits: list[Word], wanted: Collection[WordKind]) -> list[Word]:
    """Return the words that are of some kinds."""
    return [hit for hit in hits if hit.kind in wanted]


def _addresses(hits: list[Word], keys: list[Word]) -> list[Word]:
    """Return the words of a line that are the addresses to its keys."""
    macs = _of(hits, {WordKind.ADDRESS})
    if not macs and len(keys) == 1:
        macs = _of(hits, {WordKind.BAD_ADDRESS})
    if not keys:
        # A number of twelve digits alone is hardly an address.
        macs = [hit for hit in macs if not hit.text.isdecimal()]
    return macs


def _texts(hits: list[Word]) -> list[str]:
    return [hit.text for hit in hits]


def _format(both: Word) -> TextFormat:
    """Return the format of a word with a key and its address; Tasmota writes it in one piece."""
    return TextFormat.MI32KEY if both.text.isalnum() else TextFormat.LINE


def _place(part: KeyLine | RefusedLine) -> int:
    return part.line


def _rest(text: str, hits: list[Word]) -> str | None:
    """Return what else a line says, if it is said in one piece: the name of its device."""
    at, pieces = 0, []
    for hit in hits:
        pieces.append(text[at : hit.start])
        at = hit.end
    pieces.append(text[at:])
    said = [piece for piece in (_worded(piece) for piece in pieces) if piece]
    return said[0] if len(said) == 1 else None


def _worded(piece: str) -> str | None:
    said = piece.strip(_AROUND)
    letters = any(letter.isalpha() for letter in said)
    return said if letters and said.lower() not in _NO_NAMES else None
