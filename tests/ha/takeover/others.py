"""Devices of other integrations, with the rows that these would have made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

KEY = "00112233445566778899aabb"


@dataclass(frozen=True, kw_only=True)
class OtherRow:
    """One entity of another integration."""

    key: str
    domain: str = "sensor"
    value: str | None = None
    unit: str | None = None
    kind: str | None = None
    state_class: str | None = "measurement"
    name: str | None = None


TEMPERATURE = OtherRow(
    key="temperature", value="21.4", unit="°C", kind="temperature", name="Temperature"
)
HUMIDITY = OtherRow(
    key="humidity", value="40", unit="%", kind="humidity", name="Humidity"
)


class OtherDevice:
    """A device of another integration in the registries."""

    def __init__(
        self,
        hass: HomeAssistant,
        domain: str,
        *,
        address: str | None = None,
        identifier: str | None = None,
        prefix: str | None = None,
        entry: MockConfigEntry | None = None,
        name: str = "Old cellar",
        **told: Any,
    ) -> None:
        """Add entry and device; ``told`` are parts of the entry."""
        self.hass, self.domain = hass, domain
        self.prefix = f"{address}-" if prefix is None else prefix
        if entry is None:
            entry = MockConfigEntry(domain=domain, unique_id=address, **told)
            entry.add_to_hass(hass)
        self.entry = entry
        connections = {(dr.CONNECTION_BLUETOOTH, address)} if address else None
        self.device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(domain, identifier or str(address))},
            connections=connections,
            name=name,
        )

    def add(self, *rows: OtherRow, disabled: bool = False) -> list[er.RegistryEntry]:
        """Add entities, with their states where they have a value."""
        return [self._add(row, disabled=disabled) for row in rows]

    def _add(self, row: OtherRow, *, disabled: bool) -> er.RegistryEntry:
        registered = er.async_get(self.hass).async_get_or_create(
            row.domain,
            self.domain,
            f"{self.prefix}{row.key}",
            config_entry=self.entry,
            device_id=self.device.id,
            capabilities={"state_class": row.state_class} if row.state_class else None,
            original_device_class=row.kind,
            original_name=row.name or row.key,
            object_id_base=row.name or row.key,
            has_entity_name=True,
            unit_of_measurement=row.unit,
            disabled_by=er.RegistryEntryDisabler.USER if disabled else None,
        )
        if row.value is not None:
            unit: Mapping[str, str] = (
                {"unit_of_measurement": row.unit} if row.unit else {}
            )
            self.hass.states.async_set(registered.entity_id, row.value, unit)
        return registered


def switched_off() -> dict[str, Any]:
    """Return what makes an entry one that the user has switched off."""
    return {"disabled_by": ConfigEntryDisabler.USER}
