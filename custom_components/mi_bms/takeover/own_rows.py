"""Moving a device whose entry is its own: rows and device change hands in one go, and back.

Nothing here waits: between the first change and the last one nobody else comes to see half of it. Each
step looks at what there is, so whatever a crash has left is led to the same end.
"""

from collections.abc import Iterator
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import slugify

from ..const import DOMAIN
from ..proto.takeover.journal import KeptRow, Order
from ..proto.takeover.model import OurRow, Ruling
from .kept import (
    async_device,
    async_restore_device,
    async_restore_row,
    async_row,
    async_row_again,
)

# A removed device comes back by its identifiers, unless another has got them: so it leaves with others.
_PARKED: Final = "-before"
# The type of the parameter forgets that there may be none.
_NO_PART: Final[dict[str, Any]] = {"new_config_subentry_id": None}


def unique_id_of(order: Order, ours: OurRow) -> str:
    """Return the unique id of an entity of ours."""
    return f"{order.plan.address}-{ours.key}"


def moved_ids(order: Order) -> dict[str, str]:
    """Return the unique ids of what moves, by row."""
    return {
        one.old.row_id: unique_id_of(order, one.ours)
        for one in order.plan.moving
        if one.ours is not None
    }


def _staying(order: Order) -> Iterator[KeptRow]:
    """Return the entities of the peer that have no counterpart here."""
    moving = {one.old.row_id for one in order.plan.moving}
    return (row for row in order.rows if row.row_id not in moving)


@callback
def async_is_moved(hass: HomeAssistant, order: Order, entry: ConfigEntry[Any]) -> bool:
    """Return whether everything is as it should be after the move."""
    for ruling in order.plan.moving:
        row = async_row(hass, ruling.old.row_id)
        if row and (row.platform, row.config_entry_id) != (DOMAIN, entry.entry_id):
            return False
    if any(async_row(hass, kept.row_id) for kept in _staying(order)):
        return False
    if _strays(hass, order):
        return False
    device = async_device(hass, order.device.device_id)
    own = (DOMAIN, order.plan.address)
    return device is None or (
        device.config_entry_id == entry.entry_id and own in device.identifiers
    )


@callback
def async_move(hass: HomeAssistant, order: Order, entry: ConfigEntry[Any]) -> None:
    """Give the rows and the device of the peer to our entry, neither of which is loaded."""
    registry = er.async_get(hass)
    for ruling in order.plan.moving:
        _move_row(hass, order, ruling, entry)
    for kept in _staying(order):
        row = async_row(hass, kept.row_id)
        if row and row.platform == kept.platform:
            # Home Assistant keeps it, with its id, for the case that the peer comes back.
            registry.async_remove(row.entity_id)
    _move_device(hass, order, entry)
    for stray in _strays(hass, order):
        dr.async_get(hass).async_remove_device(stray.id)
    async_add_in_style(hass, order, entry, order.device.device_id)


def _move_row(
    hass: HomeAssistant, order: Order, ruling: Ruling, entry: ConfigEntry[Any]
) -> None:
    registry, row = er.async_get(hass), async_row(hass, ruling.old.row_id)
    if row is None or ruling.ours is None:
        return
    wanted = unique_id_of(order, ruling.ours)
    taken = registry.async_get_entity_id(row.domain, DOMAIN, wanted)
    shown = ruling.ours.shown
    if taken and taken != row.entity_id:
        if former := registry.async_get(taken):
            shown = former.disabled_by is None
        registry.async_remove(taken)
    if (row.platform, row.config_entry_id) != (DOMAIN, entry.entry_id):
        # A unique id that does not change must not be named: it would be found taken, by this row.
        changed = {} if row.unique_id == wanted else {"new_unique_id": wanted}
        row = registry.async_update_entity_platform(
            row.entity_id,
            DOMAIN,
            new_config_entry_id=entry.entry_id,
            **_NO_PART,
            **changed,
        )
    if shown and row.disabled_by is er.RegistryEntryDisabler.INTEGRATION:
        registry.async_update_entity(row.entity_id, disabled_by=None)


def _move_device(hass: HomeAssistant, order: Order, entry: ConfigEntry[Any]) -> None:
    """Give the device to our entry; last, because it takes the rows of its former entry with it."""
    devices, own = dr.async_get(hass), (DOMAIN, order.plan.address)
    if (device := async_device(hass, order.device.device_id)) is None:
        return
    parked = (DOMAIN, f"{order.plan.address}{_PARKED}")
    # One is parked where a way back was begun in vain.
    for one in (own, parked):
        ours = devices.async_get_device_by_identifier(one, entry.entry_id)
        if ours and ours.id != device.id:
            _link(hass, ours.id, device.id, entry)
            devices.async_update_device(
                ours.id, new_identifiers={parked}, new_connections=set()
            )
            devices.async_remove_device(ours.id)
    devices.async_update_device(
        device.id,
        new_config_entry_id=entry.entry_id,
        new_config_subentry_id=None,
        new_identifiers={own},
        new_connections={(dr.CONNECTION_BLUETOOTH, order.plan.address)},
    )


def _link(
    hass: HomeAssistant, former: str, device_id: str, entry: ConfigEntry[Any]
) -> None:
    """Hang our entities on another device."""
    registry = er.async_get(hass)
    for row in er.async_entries_for_device(
        registry, former, include_disabled_entities=True
    ):
        if row.config_entry_id == entry.entry_id:
            registry.async_update_entity(row.entity_id, device_id=device_id)


@callback
def async_add_in_style(
    hass: HomeAssistant, order: Order, entry: ConfigEntry[Any], device_id: str
) -> None:
    """Register what we have besides, so that it is called as what has moved.

    What stays keeps its id free: the history under it is its own, and it comes back to it.
    """
    moving = [one.old.entity_id for one in order.plan.moving]
    theirs = [one.old.entity_id for one in order.plan.rulings]
    if (device := async_device(hass, device_id)) is None:
        return
    # Where the ids have nothing in common, Home Assistant begins with the user's name of the device.
    own = slugify(device.name_by_user or "")
    beginning = _beginning(moving) or _beginning(theirs) or own
    if not beginning:
        return
    registry, kept = er.async_get(hass), {*theirs}
    for ours in order.plan.added:
        wanted = unique_id_of(order, ours)
        if registry.async_get_entity_id(ours.domain, DOMAIN, wanted) is None:
            registry.async_get_or_create(
                ours.domain,
                DOMAIN,
                wanted,
                config_entry=entry,
                device_id=device_id,
                suggested_object_id=_free(
                    registry, ours.domain, f"{beginning}_{slugify(ours.key)}", kept
                ),
                disabled_by=None
                if ours.shown
                else er.RegistryEntryDisabler.INTEGRATION,
            )


def _free(
    registry: er.EntityRegistry, domain: str, wanted: str, without: set[str]
) -> str:
    """Return what an entity can be called without taking one of these ids."""
    free = registry.async_get_available_entity_id(
        domain, wanted, reserved_entity_ids=without
    )
    return free.partition(".")[2]


def _beginning(entity_ids: list[str]) -> str:
    """Return the words that all ids begin with, none for a single one."""
    words = [one.partition(".")[2].split("_") for one in entity_ids]
    common: list[str] = []
    for same in zip(*words, strict=False):
        if len(set(same)) != 1:
            break
        common.append(same[0])
    return "_".join(common) if len(words) > 1 else ""


@callback
def async_put_back(
    hass: HomeAssistant,
    order: Order,
    entry: ConfigEntry[Any] | None,
    peer: ConfigEntry[Any],
) -> None:
    """Give rows and device back; ``entry`` is ours where it goes on beside, None where it ends.

    Nothing of either entry is loaded.
    """
    device = async_device(hass, order.device.device_id)
    if device:
        _remove_parts(hass, device.id)
    _return_rows(hass, order, peer)
    our_device = _our_device_again(hass, order, entry) if entry else None
    if device:
        if entry and our_device:
            _link(hass, device.id, our_device, entry)
        _return_device(hass, order, peer)
    if entry and order.our_device and our_device:
        async_restore_device(hass, order.our_device, entry.entry_id)
    for kept in order.rows:
        async_restore_row(hass, kept, peer, device.id if device else None)
    if entry:
        for kept in order.ours:
            async_restore_row(hass, kept, entry, our_device or kept.device_id)


def _remove_parts(hass: HomeAssistant, device_id: str) -> None:
    """Remove our packs: a device with parts cannot change hands; they come again with our entry."""
    devices = dr.async_get(hass)
    for part in dr.async_entries_for_parent_device(devices, device_id):
        devices.async_remove_device(part.id)


def _return_device(hass: HomeAssistant, order: Order, peer: ConfigEntry[Any]) -> None:
    for stray in _strays(hass, order):
        # What hangs on it may have come back to it.
        _link(hass, stray.id, order.device.device_id, peer)
        dr.async_get(hass).async_remove_device(stray.id)
    async_restore_device(hass, order.device, peer.entry_id)


def _strays(hass: HomeAssistant, order: Order) -> list[dr.DeviceEntry]:
    """Return what the peer has made anew while its own device was here."""
    kept = order.device
    found = dr.async_get(hass).async_get_devices(
        identifiers=set(kept.identifiers),
        connections=set(kept.connections),
        config_entry_id=order.plan.peer_entry,
    )
    return [one for one in found if one.id != kept.device_id]


def _return_rows(hass: HomeAssistant, order: Order, peer: ConfigEntry[Any]) -> None:
    moved = moved_ids(order)
    for kept in order.rows:
        if unique_id := moved.get(kept.row_id):
            async_row_again(hass, kept, unique_id, peer)
        _return_row(hass, kept, peer)


def _return_row(hass: HomeAssistant, kept: KeptRow, peer: ConfigEntry[Any]) -> None:
    registry, row = er.async_get(hass), async_row(hass, kept.row_id)
    if row is None or row.platform != DOMAIN:
        return
    other = registry.async_get_entity_id(row.domain, kept.platform, kept.unique_id)
    if other and other != row.entity_id:
        # Made by the peer while this one was here.
        registry.async_remove(other)
    same = row.unique_id == kept.unique_id
    changed = {} if same else {"new_unique_id": kept.unique_id}
    registry.async_update_entity_platform(
        row.entity_id,
        kept.platform,
        new_config_entry_id=peer.entry_id,
        **_NO_PART,
        **changed,
    )


def _our_device_again(
    hass: HomeAssistant, order: Order, entry: ConfigEntry[Any]
) -> str | None:
    """Return the id of our own former device, which is there again."""
    if order.our_device is None:
        return None
    if async_device(hass, order.our_device.device_id) is None:
        dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, f"{order.plan.address}{_PARKED}")},
            name=order.our_device.facts["name"],
        )
    found = async_device(hass, order.our_device.device_id)
    return found.id if found else None
