"""What reading a heap of keys gives, and what writing one takes.

Keys are in no ``repr``. Texts of refused lines are shortened, and what looks like a key is masked.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class TextFormat(StrEnum):
    """How an entry was written."""

    MI32CFG = "mi32cfg"  # Tasmota's file
    MI32KEY = "mi32key"  # Tasmota's command: key and address in one word
    MI32KEYS = "mi32keys"  # Tasmota's other driver: address=key
    CLOUD_JSON = "cloud_json"  # JSON of a cloud token extractor
    CLOUD_TEXT = "cloud_text"  # its text output
    BLE_MONITOR = "ble_monitor"
    ESPHOME = "esphome"
    JSON = "json"
    SETTINGS = "settings"  # any other lines of ``name: value``
    LINE = "line"  # address and key side by side


class Refusal(StrEnum):
    """Why a text was not taken."""

    NOT_UNDERSTOOD = "not_understood"
    NO_KEY = "no_key"
    EMPTY_KEY = "empty_key"  # how the maker's cloud says that it has none
    NO_ADDRESS = "no_address"
    BAD_KEY_LENGTH = "bad_key_length"
    BAD_KEY_DIGITS = "bad_key_digits"
    BAD_ADDRESS = "bad_address"
    OTHER_ADDRESS = "other_address"  # the key names another device than its entry does
    AMBIGUOUS = (
        "ambiguous"  # several keys or addresses, and no telling which belong together
    )
    REFERENCE = (
        "reference"  # the value stands elsewhere: a secret, a substitution, an alias
    )
    COMMENT = "comment"  # a key that is commented out
    NOT_BIND_KEY = "not_bind_key"  # an identity key of a generic device
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"  # same address, other key: kept as well
    CUT_OFF = "cut_off"  # JSON that ends or breaks in the middle
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    TOO_DEEP = "too_deep"
    BINARY = "binary"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """One sensor's key as it was found in lines ``line`` to ``last``, counted from 1.

    ``product_id`` is None where the text does not name it, ``name`` likewise. ``swapped`` is the
    address and the key where both stood in one word that can be read the other way round, too;
    ``others`` are further keys that the text has for the device: what it sends decides.
    ``extra`` is what else Tasmota's file says of the device, as JSON.
    """

    address: str
    key: bytes = field(repr=False)
    name: str | None
    product_id: int | None
    line: int
    last: int
    format: TextFormat
    swapped: tuple[str, bytes] | None = field(default=None, repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)
    extra: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """Lines that were not taken, and why.

    ``address`` is the device if it is known all the same: one without a key may not need one.
    ``extra`` is what else Tasmota's file says of it, as JSON.
    """

    line: int
    last: int
    text: str
    reason: Refusal
    address: str | None = None
    name: str | None = None
    product_id: int | None = None
    extra: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What a text of ``lines`` lines gave.

    Each line belongs to an entry found, to one refused, or is put ``aside``: empty, a heading, or
    a setting that concerns no key. ``loose`` are good keys that came without an address.
    """

    found: tuple[KeyLine, ...]
    refused: tuple[RefusedLine, ...]
    loose: tuple[bytes, ...] = field(repr=False)
    lines: int
    aside: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSensor:
    """What is exported of one sensor; ``key`` is None for one that does not encrypt.

    ``firmware`` is the word of the decoder: ``atc``, ``pvvx``, ``bthome``, ``stock`` or None;
    ``extra`` is what Tasmota's file said of the sensor besides, as JSON.
    """

    address: str
    key: bytes | None = field(repr=False)
    name: str | None = None
    product_id: int | None = None
    firmware: str | None = None
    extra: str = field(default="", repr=False)
