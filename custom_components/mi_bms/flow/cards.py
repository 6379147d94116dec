"""Which devices get a card, and how many at once: strangers can send as many as they like.

An advert that Home Assistant hands to a flow is let in or turned away here. Nobody is queued: when a
card is gone, whoever is heard then is looked at. So nothing grows, nobody is forgotten, and one that
left takes no place.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from homeassistant.config_entries import SOURCE_BLUETOOTH
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..bluetooth.adverts import FaultGuard, HeardAdvert, discover, on_news, rediscover
from ..bluetooth.discovery import MIBEACON_FORMAT, async_ours, is_fleeting, look_at
from ..const import DOMAIN
from ..proto.mibeacon.decoder import Sighting

CARDS: Final = 50
STRANGE_CARDS: Final = 5  # of products that nobody knows
WATCHED: Final = 256  # devices that were not recognised

_STRANGE: Final = "strange"  # in the context of a flow


@dataclass(slots=True)
class _Kind:
    """What is known of the devices of one kind that found no room."""

    most: int  # cards
    missed: bool = False  # somebody found no room
    last: str = ""  # address that was offered last of those who had found none
    gone: set[str] = field(default_factory=set)  # whose cards ended since the last look
    look: asyncio.Task[None] | None = None


type _Kinds = dict[bool, _Kind]  # whether nobody knows the product ->

_KINDS: HassKey[_Kinds] = HassKey(f"{DOMAIN}.cards")
_WATCHED: HassKey[dict[str, CALLBACK_TYPE]] = HassKey(f"{DOMAIN}.watched")


def _kind(hass: HomeAssistant, *, strange: bool) -> _Kind:
    kinds = hass.data.setdefault(
        _KINDS, {False: _Kind(CARDS), True: _Kind(STRANGE_CARDS)}
    )
    return kinds[strange]


def _is_strange(sighting: Sighting | None) -> bool:
    return (
        sighting is not None
        and sighting.format == MIBEACON_FORMAT
        and sighting.spec is None
    )


def _cards(hass: HomeAssistant) -> list[Any]:
    return hass.config_entries.flow.async_progress_by_handler(
        DOMAIN,
        include_uninitialized=True,
        match_context={"source": SOURCE_BLUETOOTH},
    )


def _has_place(hass: HomeAssistant, *, strange: bool) -> bool:
    alike = [one for one in _cards(hass) if one["context"].get(_STRANGE) is strange]
    return len(alike) < _kind(hass, strange=strange).most


@callback
def async_has_room(
    hass: HomeAssistant,
    context: MutableMapping[str, Any],
    info: HeardAdvert,
    sighting: Sighting | None,
) -> bool:
    """Return whether a device may be offered, and mark its flow; one without room waits for it."""
    if is_fleeting(info):
        return False
    strange = _is_strange(sighting)
    if _has_place(hass, strange=strange):
        context[_STRANGE] = strange
        return True
    kind = _kind(hass, strange=strange)
    kind.missed = True
    kind.gone.discard(info.address)
    return False


@callback
def async_gone(hass: HomeAssistant, context: MutableMapping[str, Any]) -> None:
    """Offer one that waits for a card such as is gone now."""
    strange: bool = context[_STRANGE]
    kind = _kind(hass, strange=strange)
    looks = kind.look is not None and not kind.look.done()
    if not kind.missed and not looks:
        return
    # It may be about to be set up or ignored.
    kind.gone.add(context["unique_id"])
    if not looks:
        kind.look = hass.async_create_background_task(
            _async_look(hass, strange=strange), f"{DOMAIN} cards"
        )


async def _async_look(hass: HomeAssistant, *, strange: bool) -> None:
    """Offer those who found no room while there is some, each at most once."""
    kind = _kind(hass, strange=strange)
    while kind.missed and _has_place(hass, strange=strange):
        # Whoever finds no room from now on may have been passed already.
        kind.missed = False
        heard = await async_ours(
            hass,
            lambda ours: sorted(
                one.address for one in ours if _is_strange(one.sighting) is strange
            ),
        )
        for address in _in_turn(hass, kind, heard):
            if not _has_place(hass, strange=strange):
                kind.missed = True
                break
            kind.last = address
            rediscover(hass, address)


def _in_turn(hass: HomeAssistant, kind: _Kind, heard: list[str]) -> Iterator[str]:
    """Return who is neither offered nor set up, those after the last offered first.

    Addresses keep their order whoever comes and goes, so everybody's turn comes.
    """
    known = {one["context"].get("unique_id") for one in _cards(hass)} | kind.gone
    known |= {one.unique_id for one in hass.config_entries.async_entries(DOMAIN)}
    kind.gone = set()
    first = bisect_right(heard, kind.last)
    return (one for one in chain(heard[first:], heard[:first]) if one not in known)


# --- devices whose adverts tell nothing yet --------------------------------------------------


@callback
def async_watch(hass: HomeAssistant, info: HeardAdvert) -> None:
    """Offer a device that was not recognised as soon as one of its adverts is.

    Home Assistant hands over a device once, and again only when its adverts have new parts. To
    clear that history would start a flow with each advert that tells as little.
    """
    watched, address = hass.data.setdefault(_WATCHED, {}), info.address
    if address in watched or is_fleeting(info):
        return

    @callback
    def heard(info: HeardAdvert) -> None:
        if address in watched and look_at(info):
            watched.pop(address)()
            discover(hass, info)

    watched[address] = on_news(
        hass, FaultGuard("cards").wrap(heard), replay=False, address=address
    )
    if len(watched) > WATCHED:
        watched.pop(next(iter(watched)))()
