"""Which devices other integrations read that are, or may be, ours, and what their entries tell of them.

Where an address stands, that is certain; a serial number is as good. A name, the end of an address or
the same values only propose: the user confirms.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry
from homeassistant.const import CONF_DEVICES, CONF_MAC, CONF_PASSWORD, CONF_TYPE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..entries import configured
from ..proto.bms.profile import Profile
from ..proto.mibeacon.crypto import parse_key
from ..proto.model.address import parse_address
from ..proto.model.errors import KeyFormatError
from ..proto.model.names import clean_name
from ..proto.model.sample import BmsSample
from ..proto.takeover.journal import OrderState
from ..proto.takeover.model import Peer, Recipe
from ..proto.takeover.peers import PEERS
from .journal import orders
from .same import Known, async_known, sure
from .things import Thing, async_things, rows_of_part

_BIND_KEY: Final = "bindkey"
_LISTED_KEY: Final = "encryption_key"  # of a device in a list of an entry's options
_LONGEST: Final = 256  # characters of a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A device of another integration that is, or may be, the one with ``address``.

    ``part`` is the other's word for it where its entry holds several. ``key``, ``family`` and
    ``password`` are what that entry tells.
    """

    peer: Peer
    address: str
    device_id: str
    entry_id: str
    name: str
    certain: bool
    part: str = ""
    key: bytes | None = field(default=None, repr=False)
    family: str | None = None
    password: str | None = field(default=None, repr=False)


@callback
def async_found_of(
    hass: HomeAssistant,
    address: str,
    profile: Profile | None = None,
    sample: BmsSample | None = None,
) -> list[Found]:
    """Return who reads a device, the certain first; what a battery just said helps to find it."""
    found = []
    for peer in _own_peers():
        entry = hass.config_entries.async_entry_for_domain_unique_id(
            peer.domain, address
        )
        if entry and (one := _of_entry(hass, peer, entry)):
            found.append(one)
    if things := async_things(hass):
        known = async_known(hass, address, profile, sample)
        found += _within(hass, things, known)
    return sorted(found, key=lambda one: not one.certain)


@callback
def async_found(hass: HomeAssistant) -> list[Found]:
    """Return every device of the house that another integration reads and that is, or may be, ours."""
    found = [
        one
        for peer in _own_peers()
        for entry in hass.config_entries.async_entries(peer.domain)
        if (one := _of_entry(hass, peer, entry))
    ]
    things = async_things(hass)
    named = {thing.address for thing in things if thing.address}
    for address in sorted(named | configured(hass) if things else ()):
        found += _within(hass, things, async_known(hass, address))
    return found


@callback
def rows_of(hass: HomeAssistant, found: Found) -> list[er.RegistryEntry]:
    """Return all entities of a device that was found."""
    if found.peer.recipe is Recipe.OWN:
        return er.async_entries_for_config_entry(er.async_get(hass), found.entry_id)
    where = found.entry_id, found.device_id, found.part
    return [*rows_of_part(hass, found.peer, *where)]


def _own_peers() -> Iterator[Peer]:
    return (peer for peer in PEERS.values() if peer.recipe is Recipe.OWN)


def _of_entry(hass: HomeAssistant, peer: Peer, entry: ConfigEntry[Any]) -> Found | None:
    """Return the device of an entry that is for one device; None where there is none to move."""
    address = parse_address(str(entry.unique_id or ""))
    if address is None or entry.source == SOURCE_IGNORE:
        return None
    device = dr.async_get(hass).async_get_device_by_connection(
        (dr.CONNECTION_BLUETOOTH, address), entry.entry_id
    )
    if device is None:
        return None
    kind = _text(entry.data, CONF_TYPE)
    return Found(
        peer=peer,
        address=address,
        device_id=device.id,
        entry_id=entry.entry_id,
        name=_name(device, entry),
        certain=True,
        key=_key(_text(entry.data, _BIND_KEY)),
        family=peer.families.get(kind),
        password=_text(entry.options, CONF_PASSWORD)[:_LONGEST] or None,
    )


def _within(hass: HomeAssistant, things: list[Thing], known: Known) -> Iterator[Found]:
    gone = _moved(hass)
    for thing in things:
        certain = None if thing.unique_ids & gone else sure(hass, thing, known)
        device = dr.async_get(hass).async_get(thing.device_id)
        if certain is not None and device is not None:
            yield Found(
                peer=thing.peer,
                address=known.address,
                device_id=thing.device_id,
                entry_id=thing.entry.entry_id,
                name=_name(device, thing.entry),
                certain=certain,
                part=thing.part,
                key=_listed_key(thing.entry, known.address),
            )


def _moved(hass: HomeAssistant) -> frozenset[str]:
    """Return the ids of what is here by now; what is left of it there is no reading of its own."""
    back = {OrderState.RETURNING, OrderState.FAILED}
    return frozenset(
        one.old.unique_id
        for order in orders(hass).values()
        if order.state not in back
        for one in order.plan.moving
    )


def _listed_key(entry: ConfigEntry[Any], address: str) -> bytes | None:
    """Return the key of a device out of the list that an entry keeps of its devices."""
    listed = entry.options.get(CONF_DEVICES)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and parse_address(_text(one, CONF_MAC)) == address:
            return _key(_text(one, _LISTED_KEY))
    return None


def _name(device: dr.AnyDeviceEntry, entry: ConfigEntry[Any]) -> str:
    for name in (device.name_by_user, device.name, entry.title):
        if name and (clean := clean_name(name)):
            return clean
    return entry.domain


def _text(data: Mapping[str, Any], name: str) -> str:
    """Return a text of another integration's data, which may be anything; empty where it is none."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _key(text: str) -> bytes | None:
    try:
        return parse_key(text)
    except KeyFormatError:
        return None
