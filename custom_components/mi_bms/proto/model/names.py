"""Make a name that a stranger chose fit to be shown: in titles, in Markdown, in topics, in lists.

Anybody can send any name over the air. What stays is one short line of characters that can be seen,
none of which Markdown or HTML reads as more than itself.
"""

from functools import lru_cache
import re
from typing import Final
import unicodedata

LONGEST_NAME: Final = 64  # characters
_LOOKED_AT: Final = 512  # of what may be any text
_MARKS: Final = frozenset("*[]<>{}|\\`~")
# Letters and symbols that look like nothing.
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_STACKED: Final = 2  # accents on one letter; more climb over the lines above
# In this order: what one of them takes away may have hidden what the next one looks for.
_READ: Final = (
    (re.compile(r"&+(?=[#\w])"), ""),  # character references
    (re.compile(r"(?<![^\W_])_+|_+(?![^\W_])"), ""),  # emphasis around words
    (re.compile(r":/+"), " "),  # links that need no brackets: addresses, hosts, mail
    (re.compile(r"www\.", re.IGNORECASE), "www "),
    (re.compile(r"@(?=.*\.)"), " "),
    (re.compile(r"^[-+#=.\s]+"), ""),  # headings and lists
)


@lru_cache(maxsize=512)
def clean_name(name: str) -> str:
    """Return a name as it can be shown anywhere, empty if nothing of it can."""
    text = "".join(_seen(unicodedata.normalize("NFC", name[:_LOOKED_AT])))
    for pattern, instead in _READ:
        text = pattern.sub(instead, text)
    return " ".join(text.split())[:LONGEST_NAME].rstrip(" _")


def titled(name: str, address: str) -> str:
    """Return a name with its address' last two bytes, by which people tell twins apart."""
    tail = address.replace(":", "")[-4:]
    if tail in name or name == address:
        return name
    return f"{name[: LONGEST_NAME - len(tail) - 1].rstrip()} {tail}"


def _seen(text: str) -> list[str]:
    """Return the characters that can be seen; what breaks a line or is blank becomes a space."""
    kept: list[str] = []
    accents = 0
    for one in text:
        kind = unicodedata.category(one)
        accents = accents + 1 if kind in {"Mn", "Me"} else 0
        if kind in {"Cc", "Zl", "Zp", "Zs"} or one in _BLANK:
            kept.append(" ")
        elif not (kind.startswith("C") or one in _MARKS or accents > _STACKED):
            kept.append(one)
    return kept
