"""Another integration that runs: its entities go when its entry is switched off, and come back with it."""

from typing import Any

from pytest_homeassistant_custom_component.common import (
    MockModule,
    mock_integration,
    mock_platform,
)

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..home import Home
from .others import OtherDevice, OtherRow

_STATES = "states of other integrations"


class Living(OtherDevice):
    """A device of another integration whose entry is set up."""

    def __init__(self, hass: HomeAssistant, domain: str, **more: Any) -> None:
        """Have the device."""
        super().__init__(hass, domain, **more)
        self._ids: dict[str, str] = {}

    def add(self, *rows: OtherRow, disabled: bool = False) -> list[er.RegistryEntry]:
        """Add entities that show something."""
        added = super().add(*rows, disabled=disabled)
        for row, one in zip(rows, added, strict=True):
            self._ids[row.key] = one.id
        return added

    def row(self, key: str) -> er.RegistryEntry:
        """Return an entity as the registry has it now, whoever has it."""
        found = er.async_get(self.hass).entities.get_entry(self._ids[key])
        assert found is not None
        return found


async def living(home: Home, domain: str, *rows: OtherRow, **more: Any) -> Living:
    """Have another integration with one device."""
    mock_integration(
        home.hass,
        MockModule(domain, async_setup_entry=_set_up, async_unload_entry=_unload),
    )
    mock_platform(home.hass, f"{domain}.config_flow", None)
    old = Living(home.hass, domain, **more)
    old.add(*rows)
    entries = home.hass.config_entries
    assert await home.clock.wait(entries.async_setup(old.entry.entry_id))
    return old


async def _unload(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    kept = hass.data.setdefault(_STATES, {})
    for row in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        if state := hass.states.get(row.entity_id):
            kept[row.entity_id] = state
            hass.states.async_remove(row.entity_id)
    return True


async def _set_up(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    kept = hass.data.get(_STATES, {})
    for row in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        if state := kept.get(row.entity_id):
            hass.states.async_set(row.entity_id, state.state, state.attributes)
    return True
