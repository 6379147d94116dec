"""UUIDs as adverts carry them (2, 4 or 16 bytes, little-endian) and as people write them."""

from itertools import pairwise
import re
from typing import Final

_BASE: Final = "-0000-1000-8000-00805f9b34fb"
_SHORT: Final = re.compile(r"(?:0x)?([0-9a-f]{4}|[0-9a-f]{8})")
_LONG: Final = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")


def text(packed: bytes) -> str:
    """Return the full lower-case form of 2, 4 or 16 bytes."""
    digits = packed[::-1].hex()
    return f"{digits:0>8}{_BASE}" if len(packed) <= 4 else _dashed(digits)


def shortest(uuid: str) -> bytes | None:
    """Pack a full UUID into as few bytes as it needs; None when it is none."""
    if (full := parse_uuid(uuid)) is None:
        return None
    packed = bytes.fromhex(full.replace("-", ""))[::-1]
    if not full.endswith(_BASE):
        return packed
    number = packed[12:]
    return number if any(number[2:]) else number[:2]


def parse_uuid(written: str) -> str | None:
    """Read a UUID as people write it (``180f``, ``0x180F``, in full); None when it is none."""
    plain = written.strip().lower()
    if short := _SHORT.fullmatch(plain):
        return f"{short[1]:0>8}{_BASE}"
    return _dashed(plain.replace("-", "")) if _LONG.fullmatch(plain) else None


def _dashed(digits: str) -> str:
    ends = (0, 8, 12, 16, 20, 32)
    return "-".join(digits[a:b] for a, b in pairwise(ends))
