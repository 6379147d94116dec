"""Whether a move can be carried out as it was planned: looked at right before, and said in a word."""

from collections.abc import Mapping
import inspect
from typing import Any, Final

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN, KIND_BATTERY, KIND_SENSOR
from ..entries import entries_of, entry_of
from ..proto.takeover.journal import OrderState
from ..proto.takeover.model import MovePlan, Recipe, Ruling
from ..proto.takeover.peers import PEERS
from .journal import order_of
from .kept import async_device, async_row
from .units import has_two_units

# What moving rows and devices needs of Home Assistant.
_NEEDED: Final = (
    (
        er.EntityRegistry,
        "async_update_entity_platform",
        {"new_config_entry_id", "new_config_subentry_id", "new_unique_id", "new_device_id"},
    ),
    (
        dr.DeviceRegistry,
        "async_update_device",
        {"new_config_entry_id", "new_config_subentry_id", "new_identifiers", "new_connections"},
    ),
    (dr.DeviceRegistry, "async_get_device_by_identifier", {"config_entry_id"}),
    (dr.DeviceRegistry, "async_get", {"include_composite_devices"}),
)  # fmt: skip


class Refused(Exception):
    """A move was refused, before anything was changed; ``word`` says why."""

    def __init__(
        self, word: str, placeholders: Mapping[str, str] | None = None
    ) -> None:
        """Take why, and what the text of it names."""
        super().__init__(word)
        self.word, self.placeholders = word, dict(placeholders or {})


def check_plan(hass: HomeAssistant, plan: MovePlan, *, made: bool) -> None:
    """Refuse a plan that does not fit what there is by now."""
    _check_home()
    former = order_of(hass, plan.address)
    if former and former.moved and not former.open:
        raise Refused("moved_before")
    if former and former.state is OrderState.RETURNING and has_two_units(former):
        # Its statistics are not what they were yet.
        raise Refused("not_settled")
    peer = hass.config_entries.async_get_entry(plan.peer_entry)
    if peer is None or peer.domain == DOMAIN or peer.source == SOURCE_IGNORE:
        raise Refused("peer_gone")
    _check_ours(hass, plan, made=made)
    _check_device(hass, plan, peer)
    wanted: set[tuple[str, str]] = set()
    for ruling in plan.moving:
        _check_row(hass, plan, ruling, peer)
        if ruling.ours is not None:
            spot = (ruling.ours.domain, ruling.ours.key)
            if spot in wanted:
                raise Refused("taken", {"entity": ruling.old.entity_id})
            wanted.add(spot)


def _check_home() -> None:
    for owner, name, parameters in _NEEDED:
        method = getattr(owner, name, None)
        if method is None or not parameters <= set(
            inspect.signature(method).parameters
        ):
            raise Refused("too_old")


def _check_ours(hass: HomeAssistant, plan: MovePlan, *, made: bool) -> None:
    entry = entry_of(hass, plan.address)
    if entry is None:
        if not made:
            raise Refused("ours_gone")
        return
    if entry not in entries_of(hass, *_kinds(plan)):
        raise Refused("other_kind", {"name": entry.title})
    if entry.disabled_by:
        raise Refused("ours_off", {"name": entry.title})


def _kinds(plan: MovePlan) -> tuple[str, ...]:
    """Return what the device of a plan may be here: who knows types of battery reads batteries alone."""
    peer = PEERS.get(plan.peer)
    if peer is None or plan.recipe is Recipe.SHARED:
        return KIND_SENSOR, KIND_BATTERY
    return (KIND_BATTERY,) if peer.families else (KIND_SENSOR,)


def _check_device(hass: HomeAssistant, plan: MovePlan, peer: ConfigEntry[Any]) -> None:
    device = async_device(hass, plan.device_id)
    if device is None or device.config_entry_id != peer.entry_id:
        raise Refused("device_gone")
    if plan.recipe is not Recipe.OWN:
        return
    if dr.async_entries_for_parent_device(dr.async_get(hass), device.id):
        raise Refused("has_parts", {"name": device.name_by_user or device.name or ""})
    if not peer.state.recoverable:
        raise Refused("not_unloaded", {"name": peer.title})


def _check_row(
    hass: HomeAssistant, plan: MovePlan, ruling: Ruling, peer: ConfigEntry[Any]
) -> None:
    row = async_row(hass, ruling.old.row_id)
    if row is None:
        raise Refused("row_gone", {"entity": ruling.old.entity_id})
    as_planned = (peer.domain, peer.entry_id, ruling.old.unique_id)
    if (row.platform, row.config_entry_id, row.unique_id) != as_planned:
        raise Refused("row_changed", {"entity": row.entity_id})
    if ruling.ours is None or row.domain != ruling.ours.domain:
        raise Refused("row_changed", {"entity": row.entity_id})
    registry = er.async_get(hass)
    wanted = f"{plan.address}-{ruling.ours.key}"
    taken = registry.async_get_entity_id(row.domain, DOMAIN, wanted)
    other, entry = (
        registry.async_get(taken) if taken else None,
        entry_of(hass, plan.address),
    )
    if other and (entry is None or other.config_entry_id != entry.entry_id):
        raise Refused("taken", {"entity": other.entity_id})
