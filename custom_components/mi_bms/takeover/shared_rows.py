"""Moving a device out of an entry that holds other things, too: row by row, and back.

The entry goes on, so each row is taken out of it first, and leaves a disabled one behind: what is
announced again finds that, and comes back to no second entity.
"""

import asyncio
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import entity_sources

from ..const import DOMAIN
from ..proto.takeover.journal import KeptRow, Order, OrderState
from .kept import async_device, async_restore_row, async_row, async_row_again
from .own_rows import async_add_in_style, moved_ids, unique_id_of

_USER: Final = er.RegistryEntryDisabler.USER
_INTEGRATION: Final = er.RegistryEntryDisabler.INTEGRATION
_LEAVES: Final = 5.0  # s that entities have to leave
_LOOK: Final = 0.05  # s


def _stub(hass: HomeAssistant, kept: KeptRow) -> er.RegistryEntry | None:
    """Return what stands in the place of a row that has moved."""
    registry = er.async_get(hass)
    name = registry.async_get_entity_id(kept.domain, kept.platform, kept.unique_id)
    row = registry.async_get(name) if name else None
    return row if row and row.id != kept.row_id else None


@callback
def async_is_moved(hass: HomeAssistant, order: Order, entry: ConfigEntry[Any]) -> bool:
    """Return whether everything is as it should be after the move."""
    for kept in order.rows:
        row = async_row(hass, kept.row_id)
        if row is None:
            continue
        if (row.platform, row.config_entry_id) != (DOMAIN, entry.entry_id):
            return False
        if _stub(hass, kept) is None or not _on_device(hass, row):
            return False
    return True


def _on_device(hass: HomeAssistant, row: er.RegistryEntry) -> bool:
    return row.device_id is not None and async_device(hass, row.device_id) is not None


async def async_take_out(hass: HomeAssistant, order: Order) -> bool:
    """Have the entities of the peer leave; return whether all are gone."""
    registry, leaving = er.async_get(hass), []
    for kept in order.rows:
        row = async_row(hass, kept.row_id)
        if row and row.platform == kept.platform:
            leaving.append(row.entity_id)
            if row.disabled_by is None:
                registry.async_update_entity(row.entity_id, disabled_by=_USER)

    def there() -> bool:
        return any(name in entity_sources(hass) for name in leaving)

    for _ in range(int(_LEAVES / _LOOK)):
        if not there():
            return True
        await asyncio.sleep(_LOOK)
    return not there()


@callback
def async_move(hass: HomeAssistant, order: Order, entry: ConfigEntry[Any]) -> None:
    """Give the rows that were taken out to our entry, which is not loaded, and leave stubs behind."""
    device_id = _our_device(hass, order, entry)
    moving = {one.old.row_id: one.ours for one in order.plan.moving}
    for kept in order.rows:
        row, ours = async_row(hass, kept.row_id), moving[kept.row_id]
        if row is not None and ours is not None:
            wanted = unique_id_of(order, ours)
            _move_row(hass, kept, row, wanted, entry, device_id)
            _enable(hass, kept, shown=ours.shown)
            _leave_stub(hass, order, kept)
    async_add_in_style(hass, order, entry, device_id)


def _our_device(hass: HomeAssistant, order: Order, entry: ConfigEntry[Any]) -> str:
    """Return the id of our device; a new one stands where the old one does."""
    devices, own = dr.async_get(hass), (DOMAIN, order.plan.address)
    if device := devices.async_get_device_by_identifier(own, entry.entry_id):
        return device.id
    device = devices.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={own},
        connections={(dr.CONNECTION_BLUETOOTH, order.plan.address)},
        name=entry.title,
    )
    old = async_device(hass, order.device.device_id)
    if old and _is_whole(hass, order):
        devices.async_update_device(
            device.id,
            area_id=old.area_id,
            labels=old.labels,
            name_by_user=old.name_by_user,
        )
    return device.id


def _is_whole(hass: HomeAssistant, order: Order) -> bool:
    """Return whether the old device is the sensor or the battery, and not one that carries others, too."""
    ruled = {one.old.row_id for one in order.plan.rulings}
    rows = er.async_entries_for_device(
        er.async_get(hass), order.device.device_id, include_disabled_entities=True
    )
    stubs = {stub.id for kept in order.rows if (stub := _stub(hass, kept))}
    return {row.id for row in rows} <= ruled | stubs


def _move_row(
    hass: HomeAssistant,
    kept: KeptRow,
    row: er.RegistryEntry,
    wanted: str,
    entry: ConfigEntry[Any],
    device_id: str,
) -> None:
    registry = er.async_get(hass)
    taken = registry.async_get_entity_id(kept.domain, DOMAIN, wanted)
    if taken and taken != row.entity_id:
        registry.async_remove(taken)
    if (row.platform, row.config_entry_id) != (DOMAIN, entry.entry_id):
        changed: dict[str, Any] = {"new_config_subentry_id": None}
        if row.unique_id != wanted:
            changed["new_unique_id"] = wanted
        registry.async_update_entity_platform(
            row.entity_id,
            DOMAIN,
            new_config_entry_id=entry.entry_id,
            new_device_id=device_id,
            **changed,
        )
    elif row.device_id != device_id:
        registry.async_update_entity(row.entity_id, device_id=device_id)


def _enable(hass: HomeAssistant, kept: KeptRow, *, shown: bool) -> None:
    """Switch a row on that was taken out; one that the user had switched off stays so."""
    row = async_row(hass, kept.row_id)
    by_integration = kept.disabled_by == _INTEGRATION
    if row is None or row.disabled_by is None or kept.disabled_by == _USER:
        return
    if not by_integration or shown:
        er.async_get(hass).async_update_entity(row.entity_id, disabled_by=None)


def _leave_stub(hass: HomeAssistant, order: Order, kept: KeptRow) -> None:
    if _stub(hass, kept) is not None:
        return
    peer = hass.config_entries.async_get_entry(order.plan.peer_entry)
    old = async_device(hass, kept.device_id) if kept.device_id else None
    object_id = kept.entity_id.partition(".")[2]
    er.async_get(hass).async_get_or_create(
        kept.domain,
        kept.platform,
        kept.unique_id,
        config_entry=peer,
        config_subentry_id=kept.subentry_id,
        device_id=old.id if old else None,
        disabled_by=_USER,
        suggested_object_id=f"{object_id}_{kept.platform}",
        original_name=kept.facts["original_name"],
        has_entity_name=kept.facts["has_entity_name"],
    )


@callback
def async_put_back(
    hass: HomeAssistant,
    order: Order,
    entry: ConfigEntry[Any] | None,
    peer: ConfigEntry[Any],
) -> None:
    """Give rows back to the entry of the peer; ``entry`` is ours where it goes on beside."""
    moved = moved_ids(order)
    for kept in order.rows:
        row = async_row_again(hass, kept, moved[kept.row_id], peer)
        if row is None:
            continue
        old = async_device(hass, kept.device_id) if kept.device_id else None
        came = row.platform == DOMAIN
        if came:
            _return_row(hass, kept, row, peer, old.id if old else None)
            async_restore_row(hass, kept, peer, old.id if old else None)
        # What has moved whole was switched off by the user since then; else it was only taken out.
        half = not came or order.state is OrderState.ORDERED
        if half and row.disabled_by is _USER and kept.disabled_by != _USER:
            er.async_get(hass).async_update_entity(row.entity_id, disabled_by=None)
    if entry:
        for kept in order.ours:
            async_restore_row(hass, kept, entry, kept.device_id)


def _return_row(
    hass: HomeAssistant,
    kept: KeptRow,
    row: er.RegistryEntry,
    peer: ConfigEntry[Any],
    device_id: str | None,
) -> None:
    registry = er.async_get(hass)
    if stub := _stub(hass, kept):
        registry.async_remove(stub.entity_id)
    same = row.unique_id == kept.unique_id
    changed = {} if same else {"new_unique_id": kept.unique_id}
    registry.async_update_entity_platform(
        row.entity_id,
        kept.platform,
        new_config_entry_id=peer.entry_id,
        new_device_id=device_id,
        **{"new_config_subentry_id": kept.subentry_id, **changed},  # type: ignore[arg-type]
    )
