"""Devices within entries that hold other things, too: what the rows of an entry say of each."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..proto.model.address import parse_address
from ..proto.takeover.model import Peer, Recipe
from ..proto.takeover.peers import PEERS

_KNOWN: Final[HassKey[list[Thing]]] = HassKey(f"{DOMAIN}_takeover_things")


class Thing(NamedTuple):
    """A device within an entry; ``part`` is the other integration's word for it."""

    peer: Peer
    entry: ConfigEntry[Any]
    device_id: str
    part: str
    address: str | None
    unique_ids: frozenset[str]


@callback
def async_things(hass: HomeAssistant) -> list[Thing]:
    """Return them all; the rows are walked again only when one of them has changed since."""
    known = hass.data.get(_KNOWN)
    if known is None:
        known = hass.data[_KNOWN] = [
            thing
            for peer in PEERS.values()
            if peer.recipe is Recipe.SHARED
            for entry in hass.config_entries.async_entries(peer.platform)
            if entry.source != SOURCE_IGNORE
            for thing in _things(hass, peer, entry)
        ]

        @callback
        def forget(_event: Event[er.EventEntityRegistryUpdatedData]) -> None:
            hass.data.pop(_KNOWN, None)

        hass.bus.async_listen_once(er.EVENT_ENTITY_REGISTRY_UPDATED, forget)
    return known


def rows_of_part(
    hass: HomeAssistant, peer: Peer, entry_id: str, device_id: str, part: str
) -> Iterator[er.RegistryEntry]:
    """Yield the rows of one device within an entry."""
    rows = er.async_entries_for_device(
        er.async_get(hass), device_id, include_disabled_entities=True
    )
    for row in rows:
        named = peer.named(row.unique_id)
        if row.config_entry_id == entry_id and named and named.device == part:
            yield row


def _things(
    hass: HomeAssistant, peer: Peer, entry: ConfigEntry[Any]
) -> Iterator[Thing]:
    rows: dict[tuple[str, str, str | None], list[er.RegistryEntry]] = defaultdict(list)
    registry = er.async_get(hass)
    for row in er.async_entries_for_config_entry(registry, entry.entry_id):
        if row.device_id and (named := peer.named(row.unique_id)):
            rows[row.device_id, named.device, named.address].append(row)
    for (device_id, part, address), own in rows.items():
        # Of what was moved, only rows that are switched off are left.
        if any(row.disabled_by is not er.RegistryEntryDisabler.USER for row in own):
            ids = frozenset(row.unique_id for row in own)
            said = address or _address(hass, peer, device_id)
            yield Thing(peer, entry, device_id, part, said, ids)


def _address(hass: HomeAssistant, peer: Peer, device_id: str) -> str | None:
    """Return the address by which a peer knows a device whose rows the user has named otherwise."""
    device = dr.async_get(hass).async_get(device_id)
    if not isinstance(device, dr.DeviceEntry):
        return None
    # That of a gateway is its own, not that of what it hears.
    own = {parse_address(value) for _, value in device.connections}
    for domain, identifier, *_ in device.identifiers:
        address = parse_address(identifier) if domain == peer.domain else None
        if address and address not in own:
            return address
    return None
