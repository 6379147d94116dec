"""How many devices are offered at once: strangers can send as many as they like.

A device that finds no room is offered when a card is gone.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import SOURCE_BLUETOOTH
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .heard import MIBEACON_FORMAT, is_fleeting, look_at
from .proto.mibeacon.decoder import Sighting

CARDS: Final = 50
STRANGE_CARDS: Final = 5  # of products that nobody knows
WAITING: Final = 64  # devices that found no room
LOOKED_AT: Final = 1_000  # adverts, when it is sought who else found none

_STRANGE: Final = "strange"  # in the context of a flow


@dataclass(slots=True)
class _Queue:
    """Hold who found no room: address -> whether nobody knows its product, the first one first."""

    waiting: dict[str, bool] = field(default_factory=dict)
    missed: bool = False  # some found no room here either


_QUEUE: HassKey[_Queue] = HassKey(f"{DOMAIN}.cards")


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


@callback
def async_has_room(
    hass: HomeAssistant,
    context: MutableMapping[str, Any],
    info: BluetoothServiceInfoBleak,
    sighting: Sighting | None,
) -> bool:
    """Say whether a device may be offered, and mark its flow; one without room waits for it."""
    if is_fleeting(info):
        return False
    strange = _is_strange(sighting)
    alike = [one for one in _cards(hass) if one["context"].get(_STRANGE) is strange]
    if len(alike) < (STRANGE_CARDS if strange else CARDS):
        context[_STRANGE] = strange
        return True
    queue = hass.data.setdefault(_QUEUE, _Queue())
    if len(queue.waiting) < WAITING:
        queue.waiting[info.address] = strange
    else:
        queue.missed = True
    return False


@callback
def async_gone(hass: HomeAssistant, context: MutableMapping[str, Any]) -> None:
    """Offer one that waits for a card such as is gone now; it has to be heard once more."""
    queue = hass.data.get(_QUEUE)
    if queue is None:
        return
    if queue.missed and not queue.waiting:
        _refill(hass, queue, context.get("unique_id"))
    strange = context.get(_STRANGE)
    found = next((one for one, odd in queue.waiting.items() if odd is strange), None)
    if found is not None:
        del queue.waiting[found]
        bluetooth.async_rediscover_address(hass, found)


def _refill(hass: HomeAssistant, queue: _Queue, gone: str | None) -> None:
    """Let those wait that are heard and are neither offered nor set up, nor ``gone`` just now."""
    queue.missed = False
    known = {gone, *(one["context"].get("unique_id") for one in _cards(hass))}
    known |= {one.unique_id for one in hass.config_entries.async_entries(DOMAIN)}
    for info in islice(bluetooth.async_discovered_service_info(hass, False), LOOKED_AT):
        if info.address in known or is_fleeting(info) or not (heard := look_at(info)):
            continue
        if len(queue.waiting) >= WAITING:
            queue.missed = True
            return
        queue.waiting[info.address] = _is_strange(heard.sighting)
