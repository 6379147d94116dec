"""Make a name that a stranger chose fit to be shown: in titles, in Markdown, in topics, in lists.

Anybody can send any name over the air. What stays is one short line of characters that can be seen,
none of which Markdown or HTML reads as more than itself.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
import re
from typing import Final
import unicodedata

type Words = Callable[..., str]  # the text of a word in a group, with what is filled in

LONGEST_NAME: Final = 64  # characters
_TAIL: Final = 4  # digits of an address by which people tell twins apart
_MORE: Final = 2  # digits that are added while two are called the same
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


def titled(name: str, address: str, taken: Collection[str] = ()) -> str:
    """Return a name with so much of its address' end, two bytes at least, that nobody is called so."""
    digits = address.replace(":", "")
    if name == address:
        return name
    for length in range(_TAIL, len(digits), _MORE):
        if (made := _ended(name, digits[-length:])) not in taken:
            return made
    return _ended(name, digits)


def titled_apart(
    plain: Mapping[str, str], taken: Collection[str] = ()
) -> dict[str, str]:
    """Return a name for each address, from its plain one: twins get as much of it as tells them apart."""
    names = {address: titled(name, address, taken) for address, name in plain.items()}
    known = {*taken}
    # As often as an address has bytes left.
    for _ in range(_TAIL):
        told = Counter(names.values())
        # A name that twins had before tells them no better apart the next time.
        known.update(told)
        names |= {
            address: titled(plain[address], address, known)
            for address, name in names.items()
            if told[name] > 1
        }
    return names


def bracketed(name: str, inside: str) -> str:
    """Return a name with what is known besides in brackets, where it is news and there is room."""
    both = f"{name} ({inside})"
    fits = inside and inside not in name and len(both) <= LONGEST_NAME
    return both if fits else name


def kinded(kind: str, name: str) -> str:
    """Return a name behind the word for what bears it, unless it begins with that."""
    return name if name.casefold().startswith(kind.casefold()) else f"{kind} {name}"


def _ended(name: str, tail: str) -> str:
    if name.casefold().endswith(tail.casefold()):
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
