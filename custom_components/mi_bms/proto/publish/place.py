"""Where messages and lines go: topics and paths as people type them, and names as parts of topics."""

from enum import StrEnum
from typing import Final

MAX_TOPIC: Final = 1_000  # bytes; names are added, and MQTT ends at 65 535
LONGEST_TOPIC: Final = 65_535  # bytes
MAX_PATH: Final = 200  # characters
ENDING: Final = ".jsonl"
_WILDCARDS: Final = frozenset("+#")
_BELOW: Final = "/"
_INSTEAD: Final = "_"
# The web server hands out everything in this folder without asking who wants it.
_PUBLIC: Final = "www"
_CODE: Final = "custom_components"


class TopicFault(StrEnum):
    """Describe what is wrong with a topic."""

    EMPTY = "empty"
    WILDCARD = "wildcard"
    CHARACTER = "character"
    LEVEL = "level"
    RESERVED = "reserved"
    LONG = "long"


class PathFault(StrEnum):
    """Describe what is wrong with a path."""

    EMPTY = "empty"
    CHARACTER = "character"
    OUTSIDE = "outside"
    RESERVED = "reserved"
    PUBLIC = "public"
    ENDING = "ending"
    LONG = "long"


def _forbidden(character: str) -> bool:
    """Tell control characters, halves of characters and what Unicode calls noncharacters."""
    code = ord(character)
    return (
        code < 0x20
        or 0x7F <= code <= 0x9F
        or 0xD800 <= code <= 0xDFFF
        or 0xFDD0 <= code <= 0xFDEF
        or code & 0xFFFF >= 0xFFFE
    )


def topic_fault(topic: str) -> TopicFault | None:
    """Return what keeps a text from being the topic, or the beginning of one, that is published to."""
    if len(topic) > MAX_TOPIC:  # first: it may be a whole file
        return TopicFault.LONG
    if not topic.strip():
        return TopicFault.EMPTY
    if _WILDCARDS & set(topic):
        return TopicFault.WILDCARD
    if any(map(_forbidden, topic)):
        return TopicFault.CHARACTER
    if not all(topic.split(_BELOW)):
        return TopicFault.LEVEL
    if topic.startswith("$"):
        return TopicFault.RESERVED
    return TopicFault.LONG if len(topic.encode()) > MAX_TOPIC else None


def is_publishable(topic: str) -> bool:
    """Return whether a broker takes a message under this whole topic; one that does not may hang up."""
    return (
        0 < len(topic) <= LONGEST_TOPIC
        and not _WILDCARDS & set(topic)
        and not any(map(_forbidden, topic))
        and len(topic.encode()) <= LONGEST_TOPIC
    )


def level(name: str) -> str:
    """Make one level of a topic from the name of a device, whatever it holds."""
    bad = _WILDCARDS | {_BELOW}
    clean = "".join(
        _INSTEAD if one in bad or _forbidden(one) else one
        for one in name.strip()[:MAX_TOPIC]
    )
    # As many bytes as a long name has, cut where a character ends.
    return clean.encode()[:MAX_TOPIC].decode(errors="ignore") or _INSTEAD


def path_fault(path: str) -> PathFault | None:
    """Return what keeps a text from being a file below the configuration folder, with ``/`` between its parts."""
    if len(path) > MAX_PATH:  # first: it may be a whole file
        return PathFault.LONG
    if not path.strip():
        return PathFault.EMPTY
    if any(map(_forbidden, path)) or "\\" in path:
        return PathFault.CHARACTER
    parts = path.split(_BELOW)
    if not all(part.strip() for part in parts) or {".", ".."} & set(parts):
        return PathFault.OUTSIDE
    if any(part.startswith(".") for part in parts) or parts[0] == _CODE:
        return PathFault.RESERVED
    if parts[0] == _PUBLIC:
        return PathFault.PUBLIC
    if not path.endswith(ENDING):
        return PathFault.ENDING
    return PathFault.LONG if len(path.encode()) > MAX_PATH else None


def distinct(name: str, address: str, taken: set[str]) -> str:
    """Keep a name apart from others by the end of the address, or by all of it."""
    digits = address.replace(":", "").lower()
    for candidate in (name, f"{name}-{digits[-6:]}"):
        if candidate not in taken:
            return candidate
    return f"{name}-{digits}"
