"""How many devices are offered at once: strangers can send as many as they like.

A device that finds no room is offered when a card is gone.
"""

from collections import OrderedDict
from collections.abc import MutableMapping
from typing import Any, Final

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import SOURCE_BLUETOOTH
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .heard import MIBEACON_FORMAT, is_fleeting
from .proto.mibeacon.decoder import Sighting

CARDS: Final = 50
STRANGE_CARDS: Final = 5  # of products that nobody knows
WAITING: Final = 64  # devices that found no room

_STRANGE: Final = "strange"  # in the context of a flow
_WAITING: HassKey[OrderedDict[str, None]] = HassKey(f"{DOMAIN}.cards")


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
    strange = (
        sighting is not None
        and sighting.format == MIBEACON_FORMAT
        and sighting.spec is None
    )
    cards = hass.config_entries.flow.async_progress_by_handler(
        DOMAIN,
        include_uninitialized=True,
        match_context={"source": SOURCE_BLUETOOTH},
    )
    alike = [one for one in cards if one["context"].get(_STRANGE) is strange]
    if len(alike) < (STRANGE_CARDS if strange else CARDS):
        context[_STRANGE] = strange
        return True
    waiting = hass.data.setdefault(_WAITING, OrderedDict())
    waiting[info.address] = None
    if len(waiting) > WAITING:
        waiting.popitem(last=False)
    return False


@callback
def async_gone(hass: HomeAssistant) -> None:
    """Offer one that waits, now that a card is gone; it has to be heard once more."""
    if waiting := hass.data.get(_WAITING):
        bluetooth.async_rediscover_address(hass, waiting.popitem(last=False)[0])
