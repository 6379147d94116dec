"""What the registries hold, to compare before and after; and a device that core's integration reads."""

from collections.abc import Callable
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.proto.takeover.model import (
    Fate,
    MovePlan,
    OldRow,
    OurRow,
    Recipe,
    Ruling,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.ha.home import Home
from tests.world.peripheral import Peripheral

# When something was touched, and what it was once called: the only traces that a way back may leave.
TRACES = {"modified_at", "created_at", "previous_unique_id", "_cache"}

type Rows = dict[str, dict[str, Any]]


def said(one: Any) -> dict[str, Any]:
    """Return all that a registry holds of a row or a device."""
    return {
        name.lstrip("_"): getattr(one, name)
        for part in type(one).__mro__
        for name in getattr(part, "__slots__", ())
        if name not in TRACES and name != "__weakref__" and hasattr(one, name)
    }


def rows(hass: HomeAssistant, *entries: ConfigEntry[Any]) -> Rows:
    """Return the rows of entries by their own id."""
    ids = {one.entry_id for one in entries}
    found = er.async_get(hass).entities.values()
    return {row.id: said(row) for row in found if row.config_entry_id in ids}


def devices(hass: HomeAssistant, *entries: ConfigEntry[Any]) -> Rows:
    """Return the devices of entries by their own id."""
    registry = dr.async_get(hass)
    return {
        one.id: said(one)
        for entry in entries
        for one in dr.async_entries_for_config_entry(registry, entry.entry_id)
    }


def apart(found: Rows, wanted: Rows, but: frozenset[str] = frozenset()) -> Rows:
    """Return what of some rows or devices is not as wanted; ``but`` does not count."""
    different = {
        one: {
            name: (said.get(name), wanted[one].get(name))
            for name in wanted[one].keys() - but
            if said.get(name) != wanted[one].get(name)
        }
        for one, said in found.items()
        if one in wanted
    }
    return (
        {one: said for one, said in different.items() if said}
        | {one: {"too many": found[one]} for one in found.keys() - wanted.keys()}
        | {one: {"missing": wanted[one]} for one in wanted.keys() - found.keys()}
    )


def row_of(hass: HomeAssistant, platform: str, unique_id: str) -> er.RegistryEntry:
    """Return the one row of an integration with a unique id."""
    registry = er.async_get(hass).entities.values()
    (row,) = (
        one
        for one in registry
        if (one.platform, one.unique_id) == (platform, unique_id)
    )
    return row


async def read_by(
    home: Home, domain: str, device: Peripheral, **data: Any
) -> MockConfigEntry:
    """Have another integration read a device, and hear it."""
    peer = MockConfigEntry(
        domain=domain, unique_id=device.address, title="Attic", data=data
    )
    peer.add_to_hass(home.hass)
    if device.address not in home.air.devices:
        home.air.add(device)
    assert await home.clock.wait(home.hass.config_entries.async_setup(peer.entry_id))
    await home.listen(device, 6, every=10)
    return peer


def plan_of(
    hass: HomeAssistant,
    peer: ConfigEntry[Any],
    address: str,
    ours: Callable[[er.RegistryEntry], str | None],
    added: tuple[OurRow, ...] = (),
) -> MovePlan:
    """Return a plan that moves the rows of an entry that ``ours`` has a key for."""
    rulings = []
    found = er.async_entries_for_config_entry(er.async_get(hass), peer.entry_id)
    for row in found:
        old = OldRow(
            row_id=row.id,
            entity_id=row.entity_id,
            unique_id=row.unique_id,
            name=row.original_name or "",
        )
        key = ours(row)
        our_row = OurRow(domain=row.domain, key=key) if key else None
        fate = Fate.MOVES if key else Fate.STAYS
        rulings.append(Ruling(old=old, ours=our_row, fate=fate))
    (device,) = devices(hass, peer)
    return MovePlan(
        address=address,
        peer=peer.domain,
        recipe=Recipe.OWN,
        peer_entry=peer.entry_id,
        device_id=device,
        rulings=tuple(rulings),
        added=added,
    )
