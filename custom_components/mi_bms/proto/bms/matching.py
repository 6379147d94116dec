"""Recognise battery families by their adverts, and tell Home Assistant what to look for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import product
import re
from typing import Final, NamedTuple

from .catalogue import IGNORED, Match
from .index import INDEX
from .uuids import NUS, expand

# What a criterion is worth: the more it narrows down, the more.
_NAME, _LITERAL, _SERVICE, _MFR, _MFR_BYTE, _OUI, _OWN, _UNSURE, _SECOND = (
    40,
    1,
    12,
    12,
    3,
    20,
    5,
    -50,
    -1,
)

# Seen on countless other devices: no matcher with nothing but one of these.
_COMMON_SERVICES: Final = frozenset({*map(expand, ("fff0", "ffe0", "180f")), NUS})
_COMMON_MFRS: Final = frozenset({0, 1, 76, 0xFFFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryAdvert:
    """What an advert says that tells batteries apart; UUIDs in full lower case, ``address`` upper case or empty."""

    address: str = ""
    name: str | None = None
    service_uuids: tuple[str, ...] = ()
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)
    service_data: Mapping[str, bytes] = field(default_factory=dict)
    connectable: bool = True


class Candidate(NamedTuple):
    """Name a family that an advert fits; unless ``sure``, a first answer has to confirm it."""

    family_id: str
    score: int
    sure: bool


def clean_name(name: str | None) -> str:
    """Cut what modules append to names: blanks, line ends, NUL. Leading blanks are kept."""
    return (name or "").rstrip(" \r\n\0")


def recognise(advert: BatteryAdvert) -> list[Candidate]:
    """Return the families that an advert fits, best first; an empty list means no battery."""
    name = clean_name(advert.name)
    if not advert.connectable or any(fnmatchcase(name, pattern) for pattern in IGNORED):
        return []
    found = []
    for family_id, entry in INDEX.items():
        scores = [
            (_score(row), row.sure) for row in entry.match if _fits(row, advert, name)
        ]
        if scores:
            score, sure = max(scores)
            found.append(Candidate(family_id, score, sure))
    return sorted(found, key=lambda candidate: -candidate.score)


def _fits(row: Match, advert: BatteryAdvert, name: str) -> bool:
    """Return whether all criteria of a row hold."""
    return (
        (row.name is None or fnmatchcase(name, row.name))
        and (row.service is None or row.service in advert.service_uuids)
        and (not row.mfr or _has_maker(row, advert))
        and (row.service_data is None or row.service_data in advert.service_data)
        and not (row.no_service_data and advert.service_data)
        and (not row.ouis or advert.address.upper().startswith(row.ouis))
        and (not row.own_address or _spells_address(advert))
    )


def _has_maker(row: Match, advert: BatteryAdvert) -> bool:
    """Return whether one of the manufacturer ids is there with the right first bytes."""
    return any(
        data.startswith(row.mfr_data)
        for mfr, data in advert.manufacturer_data.items()
        if mfr in row.mfr
    )


def _spells_address(advert: BatteryAdvert) -> bool:
    """Return whether manufacturer id and data begin with the device's own address, in either direction."""
    address = (
        bytes.fromhex(advert.address.replace(":", ""))
        if advert.address.count(":") == 5
        else b""
    )
    if not address:
        return False
    whole = [
        mfr.to_bytes(2, "little") + data
        for mfr, data in advert.manufacturer_data.items()
    ]
    return any(data.startswith((address, address[::-1])) for data in whole)


def _score(row: Match) -> int:
    """Weigh a row: names count most, then whatever narrows down."""
    score = _UNSURE * (not row.sure) + _SECOND * row.second
    if row.name is not None:
        score += _NAME + _LITERAL * len(re.sub(r"\[[^]]*\]|[*?]", "", row.name))
    score += _SERVICE * (row.service is not None) + _SERVICE * (
        row.service_data is not None
    )
    score += _MFR * bool(row.mfr) + _MFR_BYTE * len(row.mfr_data)
    score += _OUI * bool(row.ouis) + _OWN * row.own_address
    return score


def matchers() -> list[dict[str, object]]:
    """Return the Bluetooth matchers of the manifest for all families, sorted and without duplicates.

    Rows that no matcher can express get none or a narrower one: ``not_offered`` names them.
    """
    made = [
        matcher
        for entry in INDEX.values()
        for row in entry.match
        for matcher in _row_matchers(row)
    ]
    unique = [matcher for n, matcher in enumerate(made) if matcher not in made[:n]]
    kept = [
        one
        for one in unique
        if not any(_covers(other, one) for other in unique if other != one)
    ]
    return sorted(
        kept,
        key=lambda matcher: [str(item) for item in sorted(matcher.items(), key=str)],
    )


class MatcherGap(StrEnum):
    """Why Home Assistant cannot look for all devices that a row recognises."""

    ADDRESS = "address"  # nothing but the beginning of the address tells them
    NAME = "name"  # the name may begin with anything


def not_offered() -> list[tuple[str, Match, MatcherGap]]:
    """Return the rows whose devices, or some of them, no matcher of the manifest finds."""
    return [
        (family_id, row, MatcherGap.NAME if row.name else MatcherGap.ADDRESS)
        for family_id, entry in INDEX.items()
        for row in entry.match
        # "*" asks for no name at all.
        if row.discover not in (None, "*") or not any(_row_matchers(row))
    ]


def _row_matchers(row: Match) -> Iterator[dict[str, object]]:
    """Make the matchers of one row: one per name and manufacturer id, or one per address."""
    if row.own_address and row.ouis:
        yield from _address_matchers(row)
        return
    base: dict[str, object] = {}
    if row.service is not None:
        base["service_uuid"] = row.service
    if row.service_data is not None:
        base["service_data_uuid"] = row.service_data
    if row.mfr_data:
        base["manufacturer_data_start"] = list(row.mfr_data)
    pattern = row.discover or row.name
    names = list(spell_out(pattern)) if pattern else []
    for mfr, name in product(row.mfr or (None,), names or (None,)):
        matcher = dict(base)
        if mfr is not None:
            matcher["manufacturer_id"] = mfr
        if name is not None:
            matcher["local_name"] = name
        if not _too_broad(matcher):
            yield {**matcher, "connectable": True}


def _address_matchers(row: Match) -> Iterator[dict[str, object]]:
    """Make the matchers of a row whose manufacturer id and data spell the device's own address."""
    for oui in row.ouis:
        first, second, third = bytes.fromhex(oui.replace(":", ""))
        yield {
            **({"service_uuid": row.service} if row.service else {}),
            "manufacturer_id": first | second << 8,
            "manufacturer_data_start": [third],
            "connectable": True,
        }


def spell_out(pattern: str) -> Iterator[str]:
    """Return the patterns with three literal first characters; none when that is not possible.

    Brackets among the first three characters are replaced by each of their characters.
    """
    parts = re.findall(r"\[[^]]*\]|.", pattern)
    choices = [
        list(_members(part)) if part.startswith("[") else [part] for part in parts[:3]
    ]
    if len(parts) >= 3 and not any(
        choice in ("*", "?") for options in choices for choice in options
    ):
        for lead in product(*choices):
            yield "".join((*lead, *parts[3:]))


def _members(bracket: str) -> Iterator[str]:
    """Return the characters of a bracket expression such as ``[0-9A]``; commas separate, as in the facts."""
    for first, last in re.findall(r"([^,])(?:-(.))?", bracket[1:-1]):
        for code in range(ord(first), ord(last or first) + 1):
            yield chr(code)


def _too_broad(matcher: Mapping[str, object]) -> bool:
    """Return whether a matcher would claim devices of other makers."""
    if (
        "local_name" in matcher
        or "service_data_uuid" in matcher
        or "manufacturer_data_start" in matcher
    ):
        return False
    service_is_common = (
        matcher.get("service_uuid") in _COMMON_SERVICES or "service_uuid" not in matcher
    )
    if "manufacturer_id" not in matcher:
        return service_is_common
    return "service_uuid" not in matcher and matcher["manufacturer_id"] in _COMMON_MFRS


def _covers(wide: Mapping[str, object], narrow: Mapping[str, object]) -> bool:
    """Return whether one matcher catches everything that another one catches."""
    return wide.items() <= narrow.items() if _plain(wide) and _plain(narrow) else False


def _plain(matcher: Mapping[str, object]) -> bool:
    """Return whether a matcher can be compared as a set of items."""
    return "manufacturer_data_start" not in matcher
