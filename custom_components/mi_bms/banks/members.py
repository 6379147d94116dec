"""The members of a bank: what they are called, which are gone, and which batteries may be one.

A member is a battery, by its address, or a single pack behind its BMS, with the pack's number behind
the address. An entry holds their names, too: of a battery that was removed nothing else tells its own.
"""

from collections.abc import Iterable, Mapping
import contextlib
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_PROFILE, KIND_BATTERY
from ..entries import entries_of, entry_of, name_of
from ..proto.bank.absence import Absence
from ..proto.bank.wiring import MARK, Plate, parts_of
from ..proto.model.sample import BmsSample
from ..runtime import SHARED
from ..stored import member
from ..texts import Words

CONF_MEMBERS: Final = "members"
CONF_NAMES: Final = "names"
CONF_WIRING: Final = "wiring"
CONF_LENGTH: Final = "string_length"
_FAILED: Final = frozenset(
    {
        ConfigEntryState.SETUP_ERROR,
        ConfigEntryState.SETUP_RETRY,
        ConfigEntryState.MIGRATION_ERROR,
        ConfigEntryState.FAILED_UNLOAD,
    }
)


@callback
def names_of(
    hass: HomeAssistant, members: Iterable[str], words: Words, known: Mapping[str, str]
) -> dict[str, str]:
    """Return how members are called now, or as they were ``known`` before they were removed."""
    return {one: _name(hass, one, words) or known.get(one) or one for one in members}


def _name(hass: HomeAssistant, member: str, words: Words) -> str | None:
    address, pack = parts_of(member)
    entry = entry_of(hass, address)
    if entry is None:
        return None
    battery = name_of(hass, entry)
    if pack is None:
        return battery
    return words("bank", "pack", name=battery, number=str(pack))


def members_of(entry: ConfigEntry[Any]) -> list[str]:
    """Return the members of a bank as far as they can be read; of anything else there are none."""
    stored, found = entry.data.get(CONF_MEMBERS), []
    for one in stored if isinstance(stored, list) else ():
        with contextlib.suppress(probatio.Invalid):
            found.append(member(one))
    return list(dict.fromkeys(found))


@callback
def entries_behind(hass: HomeAssistant, entry: ConfigEntry[Any]) -> list[ConfigEntry]:
    """Return the entries of the batteries of a bank, of anything else its own."""
    if CONF_MEMBERS not in entry.data:
        return [entry]
    addresses = dict.fromkeys(parts_of(one)[0] for one in members_of(entry))
    return [found for one in addresses if (found := entry_of(hass, one)) is not None]


@callback
def gone(hass: HomeAssistant, members: Iterable[str]) -> list[str]:
    """Return the members whose battery has no entry any more."""
    return [one for one in members if entry_of(hass, parts_of(one)[0]) is None]


@callback
def candidates(hass: HomeAssistant) -> list[str]:
    """Return what may be a member: each battery, and each pack of those with several."""
    found = []
    for entry in entries_of(hass, KIND_BATTERY):
        address = str(entry.unique_id)
        packs = _packs(entry)
        numbers = range(1, packs + 1) if packs > 1 else ()
        found += [address, *(f"{address}{MARK}{number}" for number in numbers)]
    return found


def _packs(entry: ConfigEntry[Any]) -> int:
    profile = entry.data.get(CONF_PROFILE)
    packs = profile.get("packs") if isinstance(profile, dict) else None
    return len(packs) if isinstance(packs, list) else 0


@callback
def said_by(hass: HomeAssistant, member: str) -> BmsSample | None:
    """Return what a member said last, None where it did not, or does not run."""
    address, pack = parts_of(member)
    post = hass.data[SHARED].board.posts.get(address)
    if post is None or post.last is None:
        return None
    if pack is None:
        return post.last.sample
    packs = post.last.sample.packs
    return packs[pack - 1] if pack <= len(packs) else None


@callback
def absence_of(hass: HomeAssistant, member: str) -> Absence | None:
    """Return why a member is not read, None where nothing is known to keep it from that."""
    address, pack = parts_of(member)
    post = hass.data[SHARED].board.posts.get(address)
    if post is None:
        entry = entry_of(hass, address)
        if entry is None:
            return Absence.GONE
        lost = entry.disabled_by is not None or entry.state in _FAILED
        return Absence.NOT_RUNNING if lost else None
    if pack is not None and post.last is not None and said_by(hass, member) is None:
        return Absence.NO_PACK
    return post.why


@callback
def plates(hass: HomeAssistant, members: Iterable[str]) -> dict[str, Plate]:
    """Return what is known of members by themselves."""
    return {
        one: Plate.of(said)
        for one in members
        if (said := said_by(hass, one)) is not None
    }
