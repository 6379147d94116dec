"""The list of everything that is heard and not set up, in groups by what adding takes."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from homeassistant.core import HomeAssistant

from ..bluetooth.discovery import SHOWN, Heard, async_nearest
from ..entries import configured
from ..keys.ring import Frames, Keys, async_keys
from ..proto.keys.newcomers import NEAR
from ..proto.keys.ring import KeyRing
from ..proto.mibeacon.decoder import Sighting
from ..proto.model.fields import Field
from ..proto.model.names import bracketed
from ..proto.model.reading import Value
from ..takeover.find import async_found
from ..texts import async_words
from .base import names_of
from .summary import Summary, async_summary, values_of


class Group(StrEnum):
    """What adding a device takes; the value is the field of the form."""

    READY = "take"
    BATTERIES = "batteries"
    KEYLESS = "keyless"
    WEAK = "weak"

    @property
    def is_ticked(self) -> bool:
        """Return whether its devices are proposed."""
        return self in {Group.READY, Group.BATTERIES}


class ListedDevice(NamedTuple):
    """One device of the list; ``label`` is its line, ``name`` what its entry is called."""

    heard: Heard
    group: Group
    label: str
    name: str


class _Clue(NamedTuple):
    """What is known of a device beside its last advert."""

    frames: Frames
    own: bytes | None  # a key that has proven itself
    values: Mapping[Field, Value]


async def async_lines(
    hass: HomeAssistant, before: Mapping[str, ListedDevice]
) -> dict[str, ListedDevice]:
    """Return the lines by address, the nearest first.

    A device that was listed before keeps its line where it is silent now: somebody may have ticked it.
    """
    known = configured(hass)
    near = await async_nearest(hass, known)
    keys, summary = await async_keys(hass), await async_summary(hass)
    clues = {one.address: _clue(keys, one.address) for one in near}
    words = await async_words(hass)
    names = names_of(hass, near, words)
    shown = {
        one.address: bracketed(names[one.address], one.known_as(words)) for one in near
    }
    found = await hass.async_add_executor_job(_lines, near, clues, keys.ring, summary)
    found = {
        address: line._replace(
            label=f"{shown[address]} · {line.label}", name=names[address]
        )
        for address, line in found.items()
    }
    # Whoever has the same list open has ticked it in its group.
    lines = {
        address: line._replace(group=before[address].group)
        if address in before
        else line
        for address, line in found.items()
    }
    silent = [
        one for one in before.items() if one[0] not in lines and one[0] not in known
    ]
    return lines | dict(silent[: SHOWN - len(lines)])


async def async_good(hass: HomeAssistant) -> set[str]:
    """Return the addresses of those that are heard well and that nobody wants left alone."""
    ignored = (await async_keys(hass)).ignored
    near = await async_nearest(hass, configured(hass))
    heard = {one.address for one in near if one.rssi >= NEAR}
    return heard - ignored - read_elsewhere(hass)


def read_elsewhere(hass: HomeAssistant) -> set[str]:
    """Return the addresses that another integration reads: whoever wants these here moves them."""
    return {one.address for one in async_found(hass) if one.certain}


def _clue(keys: Keys, address: str) -> _Clue:
    own = keys.ring.get(address)
    if own and not keys.proofs.proves(address, own):
        own = None
    return _Clue(keys.frames(address), own, keys.said(address))


def _lines(
    near: Iterable[Heard], clues: Mapping[str, _Clue], ring: KeyRing, summary: Summary
) -> dict[str, ListedDevice]:
    return {one.address: _line(one, clues[one.address], ring, summary) for one in near}


def _line(heard: Heard, clue: _Clue, ring: KeyRing, summary: Summary) -> ListedDevice:
    address = heard.address
    key = ring.match(address, clue.frames) if clue.frames else clue.own
    now = summary.values(values_of(heard, key, clue.frames, clue.values))
    label = " · ".join((*([now] if now else []), f"{heard.rssi} dBm"))
    return ListedDevice(heard, _group(heard, key), label, "")


def _waits_for_key(sighting: Sighting) -> bool:
    """Return whether the sensor shows nothing without a key.

    Of one that has not said anything yet, such as a remote control between two presses, the model tells.
    """
    if sighting.encrypted is None and sighting.spec:
        return sighting.spec.encrypted == "yes" or sighting.paired is False
    return bool(sighting.encrypted) or sighting.paired is False


def _group(heard: Heard, key: bytes | None) -> Group:
    sighting = heard.sighting
    if sighting and key is None and _waits_for_key(sighting):
        return Group.KEYLESS
    if heard.rssi < NEAR:
        return Group.WEAK
    return Group.BATTERIES if sighting is None else Group.READY
