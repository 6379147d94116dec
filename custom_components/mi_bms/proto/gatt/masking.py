"""Raw notifications as they may be shown to strangers: bytes as hex, without what could be a secret or a name.

Boards put serial numbers and even passwords as plain text between binary values. Protocols that are
text as a whole carry their values in it; these stay readable.
"""

from collections.abc import Iterable
import re
from typing import Final

# Shorter runs are chance: two bytes of a voltage are often printable, too.
_TEXT: Final = re.compile(rb"[\x20-\x7e]{4,}")
_ALL_TEXT: Final = re.compile(rb"[\x20-\x7e\r\n\t]*")


def masked(chunks: Iterable[bytes], address: str) -> list[str]:
    """Return each chunk as hex; masked bytes are ``xx``, the device's own address in both orders, too."""
    parts = tuple(chunks)
    whole = b"".join(parts)
    hidden: set[int] = set()
    if not _ALL_TEXT.fullmatch(whole):
        for found in _TEXT.finditer(whole):
            hidden.update(range(*found.span()))
    digits = bytes.fromhex(address.replace(":", ""))
    spellings = (digits, digits[::-1], digits.hex().encode())
    for spelling in spellings:
        for found in re.finditer(re.escape(spelling), whole, re.IGNORECASE):
            hidden.update(range(*found.span()))
    shown = [
        "xx" if place in hidden else f"{byte:02x}" for place, byte in enumerate(whole)
    ]
    texts, begin = [], 0
    for part in parts:
        texts.append("".join(shown[begin : begin + len(part)]))
        begin += len(part)
    return texts
