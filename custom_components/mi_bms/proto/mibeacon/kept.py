"""Read the parts of a kept snapshot of counters, which may be damaged or of an earlier version."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

LONGEST: Final = 1 << 32

type Kept = Mapping[str, object]
type Range = tuple[int, int]


def read_number(kept: Kept, name: str, *, least: int = 0) -> int:
    """Return a counter by its name; ``ValueError`` if it is none."""
    return read_counter(kept.get(name), least)


def read_counter(value: object, least: int = 0) -> int:
    """Return a counter of 32 bits; ``ValueError`` if it is none."""
    if type(value) is not int or not least <= value < LONGEST:
        raise ValueError
    return value


def read_rate(value: object) -> float:
    """Return a number that is not below zero; 0 if it is none, which costs nothing but the rate."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 <= value < LONGEST else 0.0


def read_text(value: object) -> str:
    """Return a text; ``ValueError`` if it is none."""
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004
    return value


def read_ranges(value: object) -> list[Range]:
    """Return ranges of counters; ``ValueError`` if one is none."""
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004
    ranges: list[Range] = []
    for one in value:
        if not isinstance(one, list) or len(one) != 2:
            raise ValueError
        low, high = (read_counter(end) for end in one)
        ranges.append((low, high))
    return ranges


def read_bytes(value: object) -> bytes:
    """Return bytes from base64; ``ValueError`` if it is none."""
    try:
        return base64.b64decode(read_text(value), validate=True)
    except binascii.Error:
        raise ValueError from None


def read_tags(value: object) -> dict[int, bytes]:
    """Return the tags by counter; ``ValueError`` if they are none."""
    if not isinstance(value, Mapping):
        raise ValueError  # noqa: TRY004
    return {
        read_counter(int(read_text(counter))): bytes.fromhex(read_text(joined))
        for counter, joined in value.items()
    }
