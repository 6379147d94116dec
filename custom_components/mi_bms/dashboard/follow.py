"""The Energy dashboard follows our entities: renamed ones, and those of an entry that is removed.

Home Assistant lets the statistics of a renamed entity follow, but not what the dashboard says of it.
Which entity is called how is kept: one may be renamed while nothing of ours runs.
"""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import CONF_NAMED, DOMAIN
from ..runtime import SHARED
from ..stored import SETTINGS
from .parts import Part
from .preferences import async_preferences
from .source import renamed
from .standing import async_take_out


async def async_follow(hass: HomeAssistant) -> None:
    """Catch up with entities that were renamed before, and begin to watch, when the integration is loaded."""
    shared = hass.data[SHARED]
    before: dict[str, str] = shared.kept.get(SETTINGS, {}).get(CONF_NAMED, {})
    now = _named(hass)
    await _async_rename(
        hass, {old: now[one] for one, old in before.items() if one in now}
    )

    @callback
    def is_ours(data: er.EventEntityRegistryUpdatedData) -> bool:
        if data["action"] != "update" or "old_entity_id" not in data:
            return False
        entity = er.async_get(hass).async_get(data["entity_id"])
        return entity is not None and entity.platform == DOMAIN

    async def rename(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        data: dict[str, Any] = {**event.data}
        await _async_rename(hass, {data["old_entity_id"]: data["entity_id"]})
        shared.async_save_soon()

    @callback
    def snapshot() -> dict[str, Any] | None:
        settings, named = shared.kept.get(SETTINGS, {}), _named(hass)
        # With the last entry all that is kept goes.
        return {**settings, CONF_NAMED: named} if named or settings else None

    shared.keep(SETTINGS, snapshot)
    hass.bus.async_listen(
        er.EVENT_ENTITY_REGISTRY_UPDATED, rename, event_filter=is_ours
    )


@callback
def _named(hass: HomeAssistant) -> dict[str, str]:
    """Return how the entities are called that can stand in the dashboard, by their unique ids."""
    ends = tuple(f"-{part}" for part in Part)
    return {
        one.unique_id: one.entity_id
        for one in er.async_get(hass).entities.values()
        if one.platform == DOMAIN
        and one.domain == Platform.SENSOR
        and one.unique_id.endswith(ends)
    }


async def _async_rename(hass: HomeAssistant, names: Mapping[str, str]) -> None:
    """Put the new names of entities, by their old ones, wherever the dashboard has these."""
    changed = {old: new for old, new in names.items() if old != new}
    if not changed:
        return
    async with async_preferences(hass) as preferences:
        if preferences is None:
            return
        before = preferences.data
        after = renamed(before, changed)
        if after != before:
            await preferences.async_store(after)


async def async_forget(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Take whatever an entry has shown out of the dashboard, since the entry is removed."""
    registry = er.async_get(hass)
    entities = er.async_entries_for_config_entry(registry, entry.entry_id)
    await async_take_out(hass, {one.entity_id for one in entities})
