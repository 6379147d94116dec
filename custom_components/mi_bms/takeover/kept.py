"""What the registries say of rows and devices, taken for the way back and put back from it."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN
from ..proto.takeover.journal import KeptDevice, KeptRow

# What an integration says of its entities and devices; everything else is the user's, and stays.
_ROW: Final = (
    "capabilities",
    "entity_category",
    "has_entity_name",
    "object_id_base",
    "original_device_class",
    "original_icon",
    "original_name",
    "suggested_object_id",
    "supported_features",
    "translation_key",
    "unit_of_measurement",
)
_DEVICE: Final = (
    "configuration_url",
    "entry_type",
    "hw_version",
    "manufacturer",
    "model",
    "model_id",
    "name",
    "serial_number",
    "sw_version",
    "via_device_id",
)
# Of the options of a sensor these are the integration's; unit and digits are the user's.
_PRIVATE: Final = "sensor.private"
_SUGGESTED: Final = "suggested_display_precision"


def keep_row(row: er.RegistryEntry) -> KeptRow:
    """Return an entity as it is."""
    return KeptRow(
        row_id=row.id,
        entity_id=row.entity_id,
        platform=row.platform,
        unique_id=row.unique_id,
        device_id=row.device_id,
        subentry_id=row.config_subentry_id,
        disabled_by=row.disabled_by,
        facts={name: _plain(getattr(row, name)) for name in _ROW},
        options={name: dict(one) for name, one in row.options.items()},
    )


def keep_device(device: dr.DeviceEntry) -> KeptDevice:
    """Return a device as it is."""
    return KeptDevice(
        device_id=device.id,
        identifiers=_pairs(device.identifiers),
        connections=_pairs(device.connections),
        facts={name: _plain(getattr(device, name)) for name in _DEVICE},
    )


def _pairs(found: Iterable[tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    # Some integrations hold more than two parts, or numbers, in spite of their type.
    return tuple(sorted((str(one[0]), str(one[1])) for one in found))


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value


@callback
def async_row(hass: HomeAssistant, row_id: str) -> er.RegistryEntry | None:
    """Return an entity by the id that outlives its names."""
    return er.async_get(hass).entities.get_entry(row_id)


@callback
def async_row_again(
    hass: HomeAssistant, kept: KeptRow, unique_id: str, entry: ConfigEntry[Any]
) -> er.RegistryEntry | None:
    """Return an entity that is ours by now; one that was removed is there again, with all that the user set.

    The other integration would show it in any case, as a new one.
    """
    registry = er.async_get(hass)
    gone = registry.deleted_entities.get((kept.domain, DOMAIN, unique_id))
    if gone and gone.id == kept.row_id:
        registry.async_get_or_create(kept.domain, DOMAIN, unique_id, config_entry=entry)
    return async_row(hass, kept.row_id)


@callback
def async_device(hass: HomeAssistant, device_id: str) -> dr.DeviceEntry | None:
    """Return a device that is one: no part of another, and none that was taken apart."""
    return dr.async_get(hass).async_get(
        device_id, include_child_devices=False, include_composite_devices=False
    )


@callback
def async_restore_row(
    hass: HomeAssistant, kept: KeptRow, entry: ConfigEntry[Any], device_id: str | None
) -> None:
    """Make an entity what it was; one that was removed comes back with its id and all that the user set."""
    registry = er.async_get(hass)
    facts = dict(kept.facts)
    if category := facts.pop("entity_category"):
        facts["entity_category"] = EntityCategory(category)
    else:
        facts["entity_category"] = None
    row = registry.async_get_or_create(
        kept.domain,
        kept.platform,
        kept.unique_id,
        config_entry=entry,
        config_subentry_id=kept.subentry_id,
        device_id=device_id,
        **facts,
    )
    by_integration = er.RegistryEntryDisabler.INTEGRATION
    if kept.disabled_by == by_integration and not _user_disabled(row):
        registry.async_update_entity(row.entity_id, disabled_by=by_integration)
    _restore_options(registry, row, kept)


def _user_disabled(row: er.RegistryEntry) -> bool:
    return row.disabled_by is er.RegistryEntryDisabler.USER


def _restore_options(
    registry: er.EntityRegistry, row: er.RegistryEntry, kept: KeptRow
) -> None:
    """Put back the options that an integration sets; what the user has chosen since then stays."""
    wanted = {name: dict(one) for name, one in row.options.items()}
    wanted.pop(_PRIVATE, None)
    if _PRIVATE in kept.options:
        wanted[_PRIVATE] = dict(kept.options[_PRIVATE])
    own = wanted.setdefault(kept.domain, {})
    own.pop(_SUGGESTED, None)
    before = kept.options.get(kept.domain, {})
    if _SUGGESTED in before:
        own[_SUGGESTED] = before[_SUGGESTED]
    if not own and kept.domain not in kept.options:
        del wanted[kept.domain]
    for name in row.options.keys() | wanted.keys():
        if row.options.get(name) != wanted.get(name):
            registry.async_update_entity_options(row.entity_id, name, wanted.get(name))


@callback
def async_restore_device(hass: HomeAssistant, kept: KeptDevice, entry_id: str) -> None:
    """Make a device what it was, of the entry that it was of."""
    devices = dr.async_get(hass)
    facts = dict(kept.facts)
    if kind := facts.pop("entry_type"):
        facts["entry_type"] = dr.DeviceEntryType(kind)
    else:
        facts["entry_type"] = None
    via = facts["via_device_id"]
    if via and async_device(hass, via) is None:
        facts["via_device_id"] = None
    devices.async_update_device(
        kept.device_id,
        new_config_entry_id=entry_id,
        new_identifiers=set(kept.identifiers),
        new_connections=set(kept.connections),
        **facts,
    )
