"""Another integration of which only its entities count: it has those that it was told, with these values."""

from collections.abc import Sequence
from typing import Any

from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

DOMAIN = "old_reader"


class OldFlow(ConfigFlow):
    """Be there, to be asked to ignore something."""


class OldEntity(SensorEntity):
    """One entity of the other integration."""

    _attr_should_poll = False

    def __init__(self, unique_id: str, info: DeviceInfo, **told: Any) -> None:
        """Take what it is told to be."""
        self._attr_unique_id, self._attr_device_info = unique_id, info
        for name, value in told.items():
            setattr(self, f"_attr_{name}", value)


class OldReader:
    """The other integration; ``stuck`` keeps its entry from being unloaded."""

    def __init__(self, hass: HomeAssistant, info: DeviceInfo) -> None:
        """Install it."""
        self.hass, self.info, self.stuck = hass, info, False
        self.entities: dict[str, dict[str, Any]] = {}
        self._add: AddConfigEntryEntitiesCallback | None = None
        self.unloads = 0
        mock_integration(
            hass,
            MockModule(
                DOMAIN,
                async_setup_entry=self._set_up,
                async_unload_entry=self._unload,
            ),
        )
        mock_platform(
            hass, f"{DOMAIN}.sensor", MockPlatform(async_setup_entry=self._platform)
        )
        mock_platform(hass, f"{DOMAIN}.config_flow")
        self._flow = mock_config_flow(DOMAIN, OldFlow)
        self._flow.__enter__()

    def close(self) -> None:
        """Uninstall it."""
        self._flow.__exit__(None, None, None)

    async def _set_up(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, ["sensor"])
        return True

    async def _unload(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
        self.unloads += 1
        if self.stuck:
            return False
        return await hass.config_entries.async_unload_platforms(entry, ["sensor"])

    async def _platform(
        self,
        _hass: HomeAssistant,
        _entry: ConfigEntry[Any],
        add: AddConfigEntryEntitiesCallback,
    ) -> None:
        self._add = add
        self.announce(*self.entities)

    def announce(self, *unique_ids: str) -> None:
        """Add entities, as an announcement does; those that are there already are not added again."""
        if self._add:
            self._add(
                [OldEntity(one, self.info, **self.entities[one]) for one in unique_ids]
            )

    async def install(
        self, entities: dict[str, dict[str, Any]], **told: Any
    ) -> MockConfigEntry:
        """Add its entry, and let it come up."""
        self.entities = entities
        entry = MockConfigEntry(domain=DOMAIN, title="Old", **told)
        entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        await self.hass.async_block_till_done()
        return entry


def measured(name: str, value: float, **told: Any) -> dict[str, Any]:
    """Return an entity that measures."""
    return {
        "name": name,
        "native_value": value,
        "state_class": "measurement",
        "has_entity_name": True,
        **told,
    }


def names(found: Sequence[Any]) -> list[str]:
    """Return the entity ids of rows, sorted."""
    return sorted(one.entity_id for one in found)
