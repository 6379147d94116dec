"""How many devices are offered at once: strangers can send as many as they like.

Nobody is queued: when a card is gone, whoever is heard then is looked at. So nothing grows, nobody is
forgotten, and one that left takes no place.
"""

import asyncio
from bisect import bisect_right
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import SOURCE_BLUETOOTH
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..bluetooth.discovery import MIBEACON_FORMAT, is_fleeting, look_at
from ..const import DOMAIN
from ..proto.mibeacon.decoder import Sighting

CARDS: Final = 50
STRANGE_CARDS: Final = 5  # of products that nobody knows
AT_ONCE: Final = 50  # adverts looked at before others get their turn

_STRANGE: Final = "strange"  # in the context of a flow


@dataclass(slots=True)
class _Kind:
    """Hold what is known of the devices of one kind that found no room."""

    most: int  # cards
    missed: bool = False  # somebody found no room
    last: str = ""  # address that was offered last of those who had found none
    gone: set[str] = field(default_factory=set)  # whose cards ended since the last look
    look: asyncio.Task[None] | None = None


type _Kinds = dict[bool, _Kind]  # whether nobody knows the product ->

_KINDS: HassKey[_Kinds] = HassKey(f"{DOMAIN}.cards")


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
    info: BluetoothServiceInfoBleak,
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
        for number, address in enumerate(_in_turn(hass, kind)):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            if not _is_one(hass, address, strange=strange):
                continue
            if not _has_place(hass, strange=strange):
                kind.missed = True
                break
            kind.last = address
            bluetooth.async_rediscover_address(hass, address)


def _in_turn(hass: HomeAssistant, kind: _Kind) -> list[str]:
    """Return who is heard and neither offered nor set up, those after the last offered first.

    Addresses keep their order whoever comes and goes, so everybody's turn comes.
    """
    known = {one["context"].get("unique_id") for one in _cards(hass)} | kind.gone
    known |= {one.unique_id for one in hass.config_entries.async_entries(DOMAIN)}
    kind.gone = set()
    infos = bluetooth.async_discovered_service_info(hass, False)
    heard = sorted({info.address for info in infos} - known)
    first = bisect_right(heard, kind.last)
    return heard[first:] + heard[:first]


def _is_one(hass: HomeAssistant, address: str, *, strange: bool) -> bool:
    """Return whether a device is still heard, and may be offered as one of a kind."""
    info = bluetooth.async_last_service_info(hass, address, False)
    if info is None or is_fleeting(info) or not (heard := look_at(info)):
        return False
    return _is_strange(heard.sighting) is strange
