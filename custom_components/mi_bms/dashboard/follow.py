"""The Energy dashboard follows our entities: renamed ones, and those of an entry that is removed.

Home Assistant lets the statistics of a renamed entity follow, but not what the dashboard says of it.
"""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from .preferences import async_preferences
from .source import renamed
from .standing import async_take_out


@callback
def async_follow(hass: HomeAssistant) -> None:
    """Begin to watch for renamed entities, once, when the integration is loaded."""

    @callback
    def is_ours(data: er.EventEntityRegistryUpdatedData) -> bool:
        if data["action"] != "update" or "old_entity_id" not in data:
            return False
        entity = er.async_get(hass).async_get(data["entity_id"])
        return entity is not None and entity.platform == DOMAIN

    async def rename(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        data: dict[str, Any] = {**event.data}
        async with async_preferences(hass) as preferences:
            if preferences is None:
                return
            before = preferences.data
            after = renamed(before, data["old_entity_id"], data["entity_id"])
            if after != before:
                await preferences.async_store(after)

    hass.bus.async_listen(
        er.EVENT_ENTITY_REGISTRY_UPDATED, rename, event_filter=is_ours
    )


async def async_forget(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Take whatever an entry has shown out of the dashboard, since the entry is removed."""
    registry = er.async_get(hass)
    entities = er.async_entries_for_config_entry(registry, entry.entry_id)
    await async_take_out(hass, {one.entity_id for one in entities})
