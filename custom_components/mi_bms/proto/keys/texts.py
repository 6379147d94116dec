"""Words, names and values in pasted text: what they are, and how they are shown.

A word of 12 hex digits is an address, one of 24 or 32 a key, one of 36 or 44 a key followed by its
address (Tasmota's ``MI32Key``). Addresses and keys may be written in groups.
"""

from collections.abc import Iterator
from enum import Enum, auto
import re
from typing import Final, NamedTuple

from ..mibeacon.crypto import parse_key_and_mac, parse_mac_and_key
from ..model.address import parse_address
from ..model.errors import KeyFormatError
from ..model.names import clean_name
from .contract import Refusal

_PIECE: Final = 1 << 14  # characters
_SHOWN: Final = 60  # characters of a refused line
_LOOKED_AT: Final = 400
_BEHIND: Final = " ,;:=-_"
_BEFORE: Final = f"{_BEHIND}+#."
_MASK: Final = "…"

_BLANK: Final = dict.fromkeys(
    (0x00, 0x0B, 0x0C, 0x85, 0xA0, 0x2028, 0x2029, 0x3000), " "
)
_UNSEEN: Final = dict.fromkeys(
    (
        *range(0x01, 0x09),
        *range(0x0E, 0x20),
        *(0x7F, 0xAD, 0xFEFF),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
    )
)
_QUOTES: Final = {0x201C: '"', 0x201D: '"', 0x201E: '"', 0x2018: "'", 0x2019: "'"}
_PLAIN: Final = {**_BLANK, **_UNSEEN, **_QUOTES}
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

_ADDRESS: Final = re.compile(
    r"(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![:-]?[0-9A-Za-z])"
)
# Digits in groups, whatever stands between them: more groups than an address has.
_GROUPS: Final = re.compile(r"(?:[0-9A-Za-z]{1,4}[^0-9A-Za-z]{1,3}){7,}+[0-9A-Za-z]*")
_LONG_WORD: Final = re.compile(r"[0-9A-Za-z+/]{13,}=*")
_DIGIT: Final = re.compile(r"[0-9]")

_ZERO_X: Final = re.compile(r"^0[xX]")
_APART: Final = re.compile(r"[^\s,;|=<>\"'`()\[\]{}#]+")
_PAIR: Final = re.compile(r"[0-9A-Fa-f]{2}")
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
_BARE: Final = re.compile(r"[0-9A-Fa-f]{12}")
_GROUPED: Final = re.compile(
    r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2})+|[0-9A-Fa-f]{4}(?:[:.-][0-9A-Fa-f]{4})+"
)
_LIKE_ADDRESS: Final = re.compile(r"[0-9A-Za-z]{1,2}(?:[:-][0-9A-Za-z]{1,2}){4,7}")
_WORD: Final = re.compile(r"[0-9A-Za-z]+")
_SEPARATORS: Final = str.maketrans("", "", ":.-")

_KEYS: Final = frozenset({24, 32})
_WITH_ADDRESS: Final = frozenset({36, 44})
_NO_DEVICE: Final = frozenset({"00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF"})
_REFERENCE: Final = ("!", "$", "*", "&", "{{", "<")


class WordKind(Enum):
    """What a word is."""

    ADDRESS = auto()
    KEY = auto()
    BOTH = auto()
    BAD_LENGTH = auto()
    BAD_DIGITS = auto()
    BAD_ADDRESS = auto()


class Word(NamedTuple):
    """A word that means something, and where it stands in its line."""

    kind: WordKind
    text: str
    start: int
    end: int


_SHOWABLE: Final = frozenset({WordKind.ADDRESS, WordKind.BAD_ADDRESS})


def plain(text: str) -> str:
    """Return text with line feeds only, without colours and unseen characters, with plain quotes."""
    text = _COLOUR.sub("", text) if "\x1b" in text else text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Piece by piece: while the interpreter translates, no other thread has a turn.
    pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
    return "".join(map(_plain, pieces))


def _plain(text: str) -> str:
    # Half of a character pair is no text that could be stored.
    return text.encode("utf-8", "replace").decode().translate(_PLAIN)


def masked(text: str) -> str:
    """Shorten text for showing; whatever could be a key, or a mistyped one, is left out."""
    text = " ".join(plain(text[:_LOOKED_AT]).split())
    if address := _ADDRESS.search(text):
        at, end = address.span()
        shown = _hidden(text[:at]) + text[at:end] + _hidden(text[end:])
    else:
        shown = _hidden(text)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + _MASK


def _hidden(text: str) -> str:
    return _LONG_WORD.sub(_mask_word, _GROUPS.sub(_mask_group, text))


def _mask_group(found: re.Match[str]) -> str:
    # A sentence of short words has no digits.
    return _MASK if _DIGIT.search(found[0]) else found[0]


def _mask_word(found: re.Match[str]) -> str:
    return found[0] if found[0].isalpha() and len(found[0]) < 20 else _MASK


def name_of(text: str) -> str | None:
    """Return a name as it may be stored, None if nothing of it is left or it holds what may be a key."""
    # Strangers write such texts: their names are as untrusted as those from the air.
    name = clean_name(plain(text)).lstrip(_BEFORE).rstrip(_BEHIND)
    if not name or not kinds(name) <= _SHOWABLE:
        return None
    return name


def value_of(text: str) -> str:
    """Return the value of a setting without quotes, separators and comment."""
    text = text.strip()
    quote = text[:1]
    if quote in {'"', "'"} and (end := text.find(quote, 1)) > 0:
        return text[1:end].strip()
    text = text.partition(" #")[0]
    return text if is_reference(text) else text.strip(" \t,;|{}[]\"'`")


def is_reference(text: str) -> bool:
    """Return whether a value only points to another place."""
    return text.startswith(_REFERENCE)


def address_of(text: str) -> str | None:
    """Read an address of a device; None for anything else, nobody's address included."""
    address = parse_address(text)
    return None if address in _NO_DEVICE else address


def backwards(text: str) -> str:
    """Return an address of bare digits from its last byte on; one with separators was put right before."""
    return bytes.fromhex(text)[::-1].hex() if _BARE.fullmatch(text) else text


def key_of(text: str) -> tuple[bytes, str | None] | Refusal:
    """Read a key and the address it may carry, or say what is wrong with it."""
    try:
        read = parse_key_and_mac(_ZERO_X.sub("", text).replace(".", ""))
    except KeyFormatError as err:
        return (
            Refusal.BAD_KEY_LENGTH if err.reason == "length" else Refusal.BAD_KEY_DIGITS
        )
    return Refusal.EMPTY_KEY if is_empty(read[0]) else read


def is_empty(key: bytes) -> bool:
    """Return whether a key is what the maker's cloud gives where it has none."""
    return not key.strip(b"\xff")


def owner_of(text: str) -> str | None:
    """Return the address that a key carries, whatever the key is worth."""
    try:
        return parse_key_and_mac(_ZERO_X.sub("", text).replace(".", ""))[1]
    except KeyFormatError:
        return None


def swapped_of(text: str) -> tuple[str, bytes] | None:
    """Read an address followed by its key, in one word; None for anything else."""
    read = parse_mac_and_key(_ZERO_X.sub("", text).replace(".", ""))
    if read is None or read[1] in _NO_DEVICE:
        return None
    return read[1], read[0]


def words(line: str) -> list[Word]:
    """Find addresses, keys and failed ones in a line; other words are not given."""
    found: list[Word] = []
    for word in _joined(line):
        kind = _kind(word.text)
        if kind is not None:
            found.append(word._replace(kind=kind))
    return found


def kinds(line: str) -> set[WordKind]:
    """Return what kinds of words a line holds."""
    return {word.kind for word in words(line)}


def _joined(line: str) -> Iterator[Word]:
    """Return the words of a line; a row of pairs of digits is one."""
    row: list[Word] = []
    for match in _APART.finditer(line):
        text = match[0]
        word = Word(WordKind.KEY, text, match.start(), match.end())
        if _PAIR.fullmatch(text):
            if row and not line[row[-1].end : word.start].isspace():
                yield from _row(row)
                row = []
            row.append(word)
            continue
        yield from _row(row)
        row = []
        text = text.strip(":.-")
        yield word._replace(text=_ZERO_X.sub("", text))
    yield from _row(row)


def _row(row: list[Word]) -> Iterator[Word]:
    if len(row) >= 5:
        text = ":".join(word.text for word in row)
        yield Word(WordKind.KEY, text, row[0].start, row[-1].end)


def _kind(word: str) -> WordKind | None:
    size = len(word)
    if size < 9:
        return None
    grouped = not _HEX.fullmatch(word)
    if grouped:
        if not _GROUPED.fullmatch(word):
            return _bad(word)
        size = len(word.translate(_SEPARATORS))
    if size == 12:
        return WordKind.ADDRESS
    if size in _KEYS:
        return WordKind.KEY
    if size in _WITH_ADDRESS:
        return WordKind.BOTH
    if size >= 16:
        return WordKind.BAD_LENGTH
    return WordKind.BAD_ADDRESS if size > 9 else None


def _bad(word: str) -> WordKind | None:
    """Recognise addresses and keys with a few wrong characters."""
    if _LIKE_ADDRESS.fullmatch(word):
        return WordKind.BAD_ADDRESS
    digits = word.translate(_SEPARATORS)
    if not 22 <= len(digits) <= 46 or not _WORD.fullmatch(digits):
        return None
    wrong = len(_HEX.sub("", digits))
    return WordKind.BAD_DIGITS if wrong * 5 <= len(digits) else None
